package eval

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"

	"github.com/frontdesk-im/frontdesk/core/match"
)

// Cross asks a script its own samples, each of a matcher that was trained without it (folds parts). It also names the
// entries that are taken for each other. Rules count as they do in service.
func Cross(ctx context.Context, t Test, folds int) (Report, error) {
	var all Report
	var in, out []outcome
	k := keyOf(t.Entries)
	var took []float64
	all.Entries = len(t.Entries)
	if folds < 2 {
		return all, fmt.Errorf("cross-validation needs two parts or more, not %d / 交叉验证至少分两份", folds)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	deal := make([][]int, len(t.Entries))
	for i, e := range t.Entries {
		deal[i] = rng.Perm(len(e.Samples))
		all.Samples += len(e.Samples)
	}
	for f := range folds {
		entries, ask := part(t.Entries, deal, f, folds)
		if len(ask) == 0 {
			continue
		}
		if t.Clean { // what is asked stays as it is
			cleaned, dropped, err := clean(ctx, entries)
			if err != nil {
				return all, err
			}
			entries, all.Dropped = cleaned, max(all.Dropped, dropped)
		}
		m, c, err := trained(ctx, Test{Entries: entries, Options: t.Options, Now: t.Now, Plain: t.Plain})
		if err != nil {
			return all, err
		}
		all.Model = c.model
		all.NewMS += c.first / float64(folds)
		all.RefineMS += c.refine / float64(folds)
		all.ModelBytes = max(all.ModelBytes, m.Size())
		for _, l := range ask {
			a := t.Now()
			d := m.Match(match.Query{Text: l.Text})
			took = append(took, float64(t.Now().Sub(a).Nanoseconds())/1000)
			if labels := k.labels(l.Label); len(labels) > 0 {
				in = append(in, judge(l, labels, d))
			} else { // a sample that the script has no answer to
				out = append(out, judge(l, nil, d))
			}
		}
	}
	slices.Sort(took)
	if n := len(took); n > 0 {
		all.P50, all.P99 = took[n/2], took[n*99/100]
	}
	all.score(in, out)
	all.Confusions = confusions(t.Entries, in)
	return all, nil
}

func part(entries []match.Entry, deal [][]int, f, folds int) (train []match.Entry, ask []Line) {
	for i, e := range entries {
		keep := e
		keep.Samples, keep.SamplePos = nil, nil
		for k, s := range deal[i] {
			if len(e.Samples) > 1 && (k+i)%folds == f {
				ask = append(ask, Line{Label: e.ID, Text: e.Samples[s], At: e.Pos})
				continue
			}
			keep.Samples = append(keep.Samples, e.Samples[s])
		}
		train = append(train, keep)
	}
	return train, ask
}

// confusions of both directions, most frequent first; a single slip is no pattern.
func confusions(entries []match.Entry, in []outcome) []Confused {
	pos := map[string]string{}
	size := map[string]int{}
	for _, e := range entries {
		pos[e.ID], size[e.ID] = e.Pos, len(e.Samples)
	}
	pairs := map[[2]string]*Confused{}
	for _, o := range in {
		if o.got == o.want || o.got == "" {
			continue
		}
		a, b := o.want, o.got
		if a > b {
			a, b = b, a
		}
		c := pairs[[2]string{a, b}]
		if c == nil {
			c = &Confused{A: a, B: b, PosA: pos[a], PosB: pos[b], Example: o.text}
			pairs[[2]string{a, b}] = c
		}
		c.Times++
	}
	var out []Confused
	for _, c := range pairs {
		if c.Times < 2 {
			continue
		}
		c.Proposal = "sharpen / 把两者的例句写得更分明"
		switch {
		case min(size[c.A], size[c.B]) < match.MergeFrom:
			c.Proposal = "more samples / 例句太少，先多写几句"
		case 3*c.Times >= size[c.A]+size[c.B]:
			c.Proposal = "merge / 合并"
		}
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b Confused) int {
		return cmp.Or(cmp.Compare(b.Times, a.Times), cmp.Compare(a.A, b.A), cmp.Compare(a.B, b.B))
	})
	return out[:min(len(out), 20)]
}

// remarks on what was left out and on what cannot be right.
func (r Report) remarks(w io.Writer) error {
	var errs []error
	if r.Tested == 0 {
		_, err := fmt.Fprintln(w, "nothing was tested / 没有可测的    an entry needs two samples or more, or give --test / 每个条目至少要两个例句，或用 --test 给出问题")
		errs = append(errs, err)
	}
	if r.Typos > 0 {
		_, err := fmt.Fprintf(w, "typos / 错字              %d in each question / 每个问题 %d 处\n", r.Typos, r.Typos)
		errs = append(errs, err)
	}
	if r.Dropped > 0 {
		_, err := fmt.Fprintf(w, "left out / 剔除            %d samples that the lint doubts / 条被检查认为放错的例句\n", r.Dropped)
		errs = append(errs, err)
	}
	if r.Unknown > 0 {
		_, err := fmt.Fprintf(w, "unknown label / 未知标签    %d questions, counted as wrong / 条，按答错计, e.g. / 例 %s\n", r.Unknown, r.UnknownAt)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// Print writes the report for people.
func (r Report) Print(w io.Writer) error {
	p := func(format string, args ...any) (err error) {
		_, err = fmt.Fprintf(w, format+"\n", args...)
		return err
	}
	lines := []error{
		p("entries / 条目            %d, samples / 例句 %d, tested / 测试 %d", r.Entries, r.Samples, r.Tested),
		r.remarks(w),
		p("accuracy / 准确率         %.2f%% ± %.2f   macro F1 %.2f%%   top-3 %.2f%%", 100*r.Accuracy, 100*r.Plus, 100*r.MacroF1, 100*r.Top3),
		p("answered / 直接回答       %.1f%% at precision / 正确率 %.1f%%; asked back / 反问 %.1f%%", 100*r.Answered, 100*r.Precision, 100*r.Clarified),
		r.saidLines(w),
		p("calibration error / 校准误差 %.3f", r.ECE),
	}
	for _, c := range r.Curve {
		lines = append(lines, p("  P ≥ %.1f                 answers / 回答 %5.1f%%   precision / 正确率 %5.1f%%", c.Threshold, 100*c.Answered, 100*c.Precision))
	}
	if o := r.OOS; o != nil {
		lines = append(lines, p("out of scope / 范围外      %d: AUROC %.4f, refused at 95%% in-scope kept %.1f%%, caught / 拦住 %.1f%%, all right / 总体正确 %.1f%%",
			o.Tested, o.AUROC, 100*o.At95, 100*o.Caught, 100*o.AllRight))
	}
	lines = append(lines,
		p("%s", Model(r.Model)),
		p("training / 训练           ready / 可用 %.0f ms, refined / 完善 %.0f ms (background / 后台)", r.NewMS, r.RefineMS),
		p("size / 大小              %.2f MB (heap / 内存 %.2f MB)", float64(r.ModelBytes)/1e6, float64(r.HeapBytes)/1e6),
		p("match / 匹配              p50 %.0f µs, p99 %.0f µs", r.P50, r.P99))
	for _, c := range r.Confusions {
		lines = append(lines, p("%s %s ⇄ %s %s: %d× e.g. / 例 %q → %s", c.PosA, c.A, c.PosB, c.B, c.Times, c.Example, c.Proposal))
	}
	for _, err := range lines {
		if err != nil {
			return err
		}
	}
	return nil
}
