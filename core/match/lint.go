package match

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// Finding is something in a script that makes answers worse, and what to do about it.
type Finding struct {
	Kind     string // rule, hijack, duplicate, stray, overlap, thin
	Pos      string // file:line of the entry, or of the sample if known
	Entry    string
	Sample   string  // the sample or rule in question; "" for whole entries
	Other    string  // the other entry, if any
	OtherPos string  // where that is
	Weight   float64 // how clear it is, larger first; for strays the margin by which the other entry is preferred
	Near     float64 // of strays, how like a sample of the other entry it is, 0..1
	Zh, En   string  // one line for people
}

// plainNear is how like a sample of the other entry a stray must be to be told.
const plainNear = .35

// Plain reports whether a person would see the fault: a stray that is like nothing under the other entry is only said in
// a way that no sample shows, and worth keeping.
func (f Finding) Plain() bool { return f.Kind != "stray" || f.Near >= plainNear }

// String is the finding as `frontdesk check` prints it, file:line first.
func (f Finding) String() string { return fmt.Sprintf("%s: %s / %s", f.Pos, f.Zh, f.En) }

// Lint reads a script against itself: rules that two entries share, samples that another entry's rule takes away or that
// stand under two entries, samples that the rest of the script disagrees with (judged by models trained without them), and
// entries that are taken for each other. Findings are ordered by kind, the clearest first. It costs about five trainings.
func Lint(ctx context.Context, entries []Entry) ([]Finding, error) {
	rules, err := newRules(entries)
	if err != nil {
		return nil, err
	}
	l := &linter{entries: entries, rules: rules}
	l.shared()
	l.samples()
	t := newTraining(entries)
	verdicts, err := t.outOfFold(ctx, lintC)
	if err != nil {
		return nil, err
	}
	l.strays(t, verdicts)
	l.overlaps(t, verdicts)
	rank := []string{"rule", "hijack", "duplicate", "stray", "overlap", "thin"}
	slices.SortStableFunc(l.out, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(slices.Index(rank, a.Kind), slices.Index(rank, b.Kind)), cmp.Compare(b.Weight, a.Weight))
	})
	return l.out, nil
}

const lintC = .15 // a softer fit than that of service: one wrong sample must not explain itself away

const fewSamples = 30 // what leaving one out of fewer leaves is too little to judge by: see strays

// MergeFrom is how many samples each of two entries needs before it can be said that
// they are one.
const MergeFrom = 6

type linter struct {
	entries []Entry
	rules   *rules
	out     []Finding
}

func (l *linter) pos(e int32, sample int) string {
	x := l.entries[e]
	if sample >= 0 && sample < len(x.SamplePos) && x.SamplePos[sample] != "" {
		return x.SamplePos[sample]
	}
	return x.Pos
}

func (l *linter) add(f Finding, e, other int32, sample int) {
	f.Entry, f.Pos = l.entries[e].ID, l.pos(e, sample)
	if other >= 0 {
		f.Other, f.OtherPos = l.entries[other].ID, l.entries[other].Pos
	}
	l.out = append(l.out, f)
}

// shared: one rule, two entries.
func (l *linter) shared() {
	both := func(es []int32, text, zh, en string) {
		for _, e := range es[1:] {
			a, b := l.entries[es[0]], l.entries[e]
			l.add(Finding{Kind: "rule", Sample: text, Weight: 1,
				Zh: fmt.Sprintf("条目 %s 与 %s (%s) 有同一个%s“%s”，会反问而不是回答，请只留一处", b.ID, a.ID, a.Pos, zh, text),
				En: fmt.Sprintf("entries %s and %s (%s) share the %s %q: customers will be asked back; keep it in one", b.ID, a.ID, a.Pos, en, text)}, e, es[0], -1)
		}
	}
	for _, k := range l.rules.contain {
		both(k.entries, k.raw, "关键词", "keyword")
	}
	for _, e := range l.entries {
		for _, x := range e.Exact {
			var es []int32
			for _, w := range l.rules.exact[bare(Fold(x))] {
				es = append(es, w.entry)
			}
			if len(es) > 1 && l.entries[es[0]].ID == e.ID {
				both(es, x, "整句规则", "exact rule")
			}
		}
	}
}

// samples whose like never reaches the model: another entry's rule is first; and those that stand under two entries.
func (l *linter) samples() {
	first := map[string]int32{}
	for i, e := range l.entries {
		for k, s := range e.Samples {
			f := Fold(s)
			if hits, _ := l.rules.find(f, []rune(f)); len(hits) > 0 && hits[0].entry != int32(i) && !hits[0].fuzzy { // what only sounds like a rule asks back
				h := hits[0]
				l.add(Finding{Kind: "hijack", Sample: s, Weight: float64(h.size),
					Zh: fmt.Sprintf("条目 %s 的例句“%s”换个说法就会被条目 %s 的规则“%s”截走，请改规则或移走例句", e.ID, s, l.entries[h.entry].ID, h.pattern),
					En: fmt.Sprintf("sample %q of %s, in any other words, is taken by the rule %q of %s; sharpen the rule or move the sample", s, e.ID, h.pattern, l.entries[h.entry].ID)}, int32(i), h.entry, k)
			}
			b := bare(f)
			if j, ok := first[b]; !ok {
				first[b] = int32(i)
			} else if j != int32(i) {
				l.add(Finding{Kind: "duplicate", Sample: s, Weight: 1,
					Zh: fmt.Sprintf("例句“%s”同时在条目 %s 与 %s 里，请只留一处", s, l.entries[j].ID, e.ID),
					En: fmt.Sprintf("sample %q stands under %s and %s; keep it in one", s, l.entries[j].ID, e.ID)}, int32(i), j, k)
			}
		}
		if n := len(e.Samples) + len(e.Exact) + len(e.Contains) + len(e.Regexp); n == 0 {
			l.add(Finding{Kind: "thin", Weight: 1,
				Zh: fmt.Sprintf("条目 %s 没有例句也没有规则，只能靠标题猜到它", e.ID),
				En: fmt.Sprintf("entry %s has neither samples nor rules: only its title can find it", e.ID)}, int32(i), -1, -1)
		}
	}
}

// strays: the models speak clearly for another entry. Where an entry has few samples, leaving one out leaves too little to
// judge by, so a sample of the other entry must also be plainly nearer than any of its own.
func (l *linter) strays(t *training, vs []verdict) {
	size := t.sizes()
	for _, v := range vs {
		s := t.samples[v.sample]
		if v.margin() >= doubt || size[s.class] < fewSamples && (v.close < .45 || v.close <= v.home) {
			continue
		}
		if bare(Fold(v.near)) == bare(string(s.text)) {
			continue // a duplicate, told as such
		}
		e, o := t.entry[s.class], t.entry[v.rival]
		l.add(Finding{Kind: "stray", Sample: s.raw, Weight: float64(-v.margin()), Near: v.close,
			Zh: fmt.Sprintf("例句“%s”放在 %s，但其余例句都认为它属于 %s（如“%s”），请移过去、改写或删除", s.raw, l.entries[e].ID, l.entries[o].ID, v.near),
			En: fmt.Sprintf("sample %q stands under %s, but the rest of the script takes it for %s (as %q): move, rewrite or delete it", s.raw, l.entries[e].ID, l.entries[o].ID, v.near)}, e, o, s.ref)
	}
}

func (t *training) sizes() []int {
	n := make([]int, len(t.entry))
	for _, s := range t.samples {
		if !s.fixed {
			n[s.class]++
		}
	}
	return n
}

// overlaps: pairs of entries whose samples are taken for each other, in both directions together.
func (l *linter) overlaps(t *training, vs []verdict) {
	size := t.sizes()
	type pair struct{ a, b int32 }
	count := map[pair]int{}
	example := map[pair]string{}
	for _, v := range vs {
		if v.margin() >= 0 {
			continue
		}
		s := t.samples[v.sample]
		p := pair{min(s.class, v.rival), max(s.class, v.rival)}
		count[p]++
		example[p] = s.raw
	}
	for p, n := range count {
		all := size[p.a] + size[p.b]
		if n < 3 || 5*n < all {
			continue
		}
		a, b := t.entry[p.a], t.entry[p.b]
		zh, en := "请把例句写得更分明", "sharpen their samples"
		switch {
		case min(size[p.a], size[p.b]) < MergeFrom:
			zh, en = fmt.Sprintf("例句太少，先各写到 %d 句以上再看", MergeFrom), fmt.Sprintf("they have too few samples to tell: write %d or more for each", MergeFrom)
		case 5*n >= 2*all:
			zh, en = "建议合并", "consider merging them"
		}
		l.add(Finding{Kind: "overlap", Sample: example[p], Weight: float64(n) / float64(all),
			Zh: fmt.Sprintf("条目 %s 与 %s (%s) 难以分清：%d 个例句里有 %d 个互相认错（如“%s”），%s", l.entries[a].ID, l.entries[b].ID, l.entries[b].Pos, all, n, example[p], zh),
			En: fmt.Sprintf("entries %s and %s (%s) are hard to tell apart: %d of %d samples are taken for the other (as %q); %s", l.entries[a].ID, l.entries[b].ID, l.entries[b].Pos, n, all, example[p], en)}, a, b, -1)
	}
}
