// Package eval measures core/match on labelled questions, and a script on itself. It does what `frontdesk eval` prints; it
// reads no files and no clock of its own.
package eval

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"runtime"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-im/frontdesk/core/match"
)

// Line is a labelled question; At is where it stands (file:line). A question that is measured may have several right
// labels ("a|b"), None if no entry answers it, and a class of questions that it belongs to.
type Line struct{ Label, Text, At, Class string }

// None is the label of questions that no entry answers.
const None = "none"

// maxLine is the longest line that is read, in bytes.
const maxLine = 1 << 20

// Read reads "label<TAB>text" lines in UTF-8, with or without a mark at the start, whatever ends the lines. Empty lines are
// skipped, and comments: what starts with "# ", or with # and has no tab. Errors say name:line.
func Read(r io.Reader, name string) ([]Line, error) {
	var out []Line
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, maxLine)
	n := 0
	for sc.Scan() {
		n++
		s := strings.TrimRight(sc.Text(), "\r")
		if n == 1 {
			s = strings.TrimPrefix(s, "\ufeff")
		}
		at := fmt.Sprintf("%s:%d", name, n)
		if !utf8.ValidString(s) {
			return nil, fmt.Errorf("%s: this is not UTF-8; save the file as UTF-8 / 不是 UTF-8 编码，请另存为 UTF-8", at)
		}
		label, text, ok := strings.Cut(s, "\t")
		if strings.TrimSpace(s) == "" || strings.HasPrefix(s, "# ") || !ok && strings.HasPrefix(s, "#") {
			continue
		}
		if !ok || strings.TrimSpace(label) == "" {
			return nil, fmt.Errorf("%s: want label<TAB>text / 需要“标签<TAB>文字”", at)
		}
		out = append(out, Line{Label: strings.TrimSpace(label), Text: text, At: at})
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("%s:%d: %w", name, n+1, err)
	}
	return out, nil
}

// Entries makes one entry per label. A label in words ("card_arrival") is the entry's title, as it would be in a script;
// one in digits says nothing and is not.
func Entries(lines []Line) []match.Entry {
	var out []match.Entry
	at := map[string]int{}
	for _, l := range lines {
		i, ok := at[l.Label]
		if !ok {
			i = len(out)
			at[l.Label] = i
			e := match.Entry{ID: l.Label, Pos: l.At}
			if strings.ContainsFunc(l.Label, func(r rune) bool { return r > '9' && r != '_' }) {
				e.Title = strings.NewReplacer("_", " ", "-", " ", ".", " ", "/", " ").Replace(l.Label)
			}
			out = append(out, e)
		}
		out[i].Samples = append(out[i].Samples, l.Text)
		out[i].SamplePos = append(out[i].SamplePos, l.At)
	}
	return out
}

// Report is what was measured. Shares are 0..1; times as named. Its JSON also has a share "<class>_answered" for every class
// of questions.
type Report struct {
	Model string `json:"model"` // Refined or Plain

	Entries      int        `json:"entries"`
	Samples      int        `json:"samples"`
	Dropped      int        `json:"dropped"` // samples that Clean left out
	Tested       int        `json:"tested"`
	Typos        int        `json:"typos"`      // slips of the keyboard in each question that was tested
	Unknown      int        `json:"unknown"`    // questions of a label that no entry has: never right
	UnknownAt    string     `json:"unknown_at"` // the first of them
	Accuracy     float64    `json:"accuracy"`
	Plus         float64    `json:"accuracy_95"` // half width of the 95 % interval
	MacroF1      float64    `json:"macro_f1"`
	Top3         float64    `json:"top3"`
	Answered     float64    `json:"answered"`     // share answered of the questions that an entry answers
	Precision    float64    `json:"precision"`    // of those
	Clarified    float64    `json:"clarified"`    // share asked back
	Said         int        `json:"said"`         // answers to all questions, those of None and OOS too
	RightOfAll   float64    `json:"right_of_all"` // share of Said that is right
	Classes      []Class    `json:"classes,omitempty"`
	RightAnswers float64    `json:"right_answers"`
	Curve        []Point    `json:"curve"`
	ECE          float64    `json:"ece"` // over in-scope and, if given, out-of-scope questions, 10 bins
	OOS          *OOS       `json:"oos,omitempty"`
	NewMS        float64    `json:"train_ready_ms"`  // until the matcher answers
	RefineMS     float64    `json:"train_refine_ms"` // until the better model is in, in the background
	ModelBytes   int        `json:"model_bytes"`
	HeapBytes    int64      `json:"heap_bytes"` // growth of the live heap, everything included
	P50          float64    `json:"p50_us"`
	P99          float64    `json:"p99_us"`
	Confusions   []Confused `json:"confusions,omitempty"`
}

// Point of the precision/coverage curve.
type Point struct {
	Threshold float64 `json:"threshold"`
	Answered  float64 `json:"answered"`
	Precision float64 `json:"precision"`
}

// OOS: how well questions without an entry are told apart.
type OOS struct {
	Tested   int     `json:"tested"`
	AUROC    float64 `json:"auroc"`
	At95     float64 `json:"recall_at_95_in_scope"` // share refused when 95 % of the in-scope questions are let through
	Caught   float64 `json:"caught"`                // share not answered at the default threshold
	AllRight float64 `json:"all_right"`             // of all questions: answered right, or rightly not answered
}

// Confused are two entries that are taken for each other: merge or sharpen them.
type Confused struct {
	A        string `json:"a"`
	B        string `json:"b"`
	Times    int    `json:"times"`
	Example  string `json:"example"`
	PosA     string `json:"pos_a"`
	PosB     string `json:"pos_b"`
	Proposal string `json:"proposal"`
}

// Test is what to measure. Now gives the time (a clock is not part of a pure package).
type Test struct {
	Entries []match.Entry
	Test    []Line // of these labels, or None
	OOS     []Line // of no label
	Options match.Options
	Now     func() time.Time
	Plain   bool // without Refine
	Clean   bool // without the samples that match.Lint calls strays
	Typos   int  // slips of the keyboard in each question of Test

	// Talk returns what a customer who asks a question is answered: an entry, or nothing. Nil: what the matcher answers.
	Talk func(*match.Matcher) func(text string) (entry string, err error)
}

// The models.
const (
	Refined = "refined" // what serves as soon as the training in the background is done
	Plain   = "plain"   // what serves until then
)

// clean drops what the lint proposes to move, rewrite or delete.
func clean(ctx context.Context, entries []match.Entry) (kept []match.Entry, dropped int, err error) {
	found, err := match.Lint(ctx, entries)
	if err != nil {
		return nil, 0, err
	}
	stray := map[[2]string]bool{}
	for _, f := range found {
		if f.Kind == "stray" {
			stray[[2]string{f.Entry, f.Sample}] = true
		}
	}
	for _, e := range entries {
		full := e
		e.Samples, e.SamplePos = nil, nil
		for i, s := range full.Samples {
			if stray[[2]string{e.ID, s}] {
				dropped++
				continue
			}
			e.Samples = append(e.Samples, s)
			if i < len(full.SamplePos) {
				e.SamplePos = append(e.SamplePos, full.SamplePos[i])
			}
		}
		kept = append(kept, e)
	}
	return kept, dropped, nil
}

// outcome of one question.
type outcome struct {
	want, got string // want is got where that is one of the right labels, else the first of them
	said      string // the entry that the customer was answered; empty: none
	p         float64
	kind      match.Kind
	in3       bool
	text      string
	labels    []string // the right ones; none: no entry answers it
	class     string
}

// Run trains and measures.
func Run(ctx context.Context, t Test) (Report, error) {
	r := Report{Entries: len(t.Entries), Typos: t.Typos}
	t.Test = typos(t.Test, t.Typos)
	if t.Clean {
		var err error
		if t.Entries, r.Dropped, err = clean(ctx, t.Entries); err != nil {
			return r, err
		}
	}
	k := keyOf(t.Entries)
	r.Unknown, r.UnknownAt = k.unknown(t.Test)
	for _, e := range t.Entries {
		r.Samples += len(e.Samples)
	}
	before := heap()
	m, took, err := trained(ctx, t)
	if err != nil {
		return r, err
	}
	r.Model, r.NewMS, r.RefineMS = took.model, took.first, took.refine
	r.HeapBytes = heap() - before
	r.ModelBytes = m.Size()
	for i := 0; i < 1000 && len(t.Test) > 0; i++ {
		m.Match(match.Query{Text: t.Test[i%len(t.Test)].Text})
	}
	var in, out []outcome
	var each []float64
	for i, l := range slices.Concat(t.Test, t.OOS) {
		a := t.Now()
		d := m.Match(match.Query{Text: l.Text})
		each = append(each, float64(t.Now().Sub(a).Nanoseconds())/1000)
		labels := k.labels(l.Label)
		if i >= len(t.Test) {
			labels = nil
		}
		if o := judge(l, labels, d); len(labels) > 0 {
			in = append(in, o)
		} else {
			out = append(out, o)
		}
	}
	slices.Sort(each)
	if n := len(each); n > 0 {
		r.P50, r.P99 = each[n/2], each[n*99/100]
	}
	if t.Talk != nil {
		ask := t.Talk(m)
		if err := errors.Join(listen(ask, in), listen(ask, out)); err != nil {
			return r, err
		}
	}
	r.score(in, out)
	return r, ctx.Err()
}

// listen puts what a customer is answered in the place of what the matcher answers.
func listen(ask func(string) (string, error), asked []outcome) error {
	var err error
	for i := range asked {
		if asked[i].said, err = ask(asked[i].text); err != nil {
			return fmt.Errorf("%s: %w", asked[i].text, err)
		}
	}
	return nil
}

// A course is how a training went; times in milliseconds.
type course struct {
	model         string
	first, refine float64
}

// trained makes the matcher that is measured.
func trained(ctx context.Context, t Test) (*match.Matcher, course, error) {
	c := course{model: Plain}
	start := t.Now()
	m, err := match.New(t.Entries, t.Options)
	if err != nil {
		return nil, c, err
	}
	c.first = ms(t.Now().Sub(start))
	if t.Plain {
		return m, c, nil
	}
	start = t.Now()
	if err := m.Refine(ctx); err != nil {
		return nil, c, err
	}
	c.model, c.refine = Refined, ms(t.Now().Sub(start))
	return m, c, nil
}

// judge compares a decision with the right labels; a question without any has no right answer.
func judge(l Line, labels []string, d match.Decision) outcome {
	o := outcome{text: l.Text, class: l.Class, kind: d.Kind}
	for i, c := range d.Candidates {
		if i == 0 {
			o.got, o.p = c.Entry, c.P
		}
		o.in3 = o.in3 || i < 3 && slices.Contains(labels, c.Entry)
	}
	switch {
	case slices.Contains(labels, o.got):
		o.want = o.got
	case len(labels) > 0:
		o.want = labels[0]
	default:
		o.want = None
	}
	if d.Kind == match.Answer {
		o.said = o.got
	}
	o.labels = labels
	return o
}

func (r *Report) score(in, out []outcome) {
	n := float64(len(in))
	r.Tested = len(in)
	r.Said, r.RightOfAll = said(slices.Concat(in, out))
	r.Classes = classes(slices.Concat(in, out))
	if n == 0 {
		return
	}
	right, answered, answeredRight := 0.0, 0.0, 0.0
	for _, o := range in {
		if o.in3 {
			r.Top3 += 1 / n
		}
		if o.got == o.want {
			right++
		}
		switch {
		case o.said != "":
			answered++
			if o.right() {
				answeredRight++
			}
		case o.kind == match.Clarify:
			r.Clarified += 1 / n
		}
	}
	r.Accuracy = right / n
	r.Plus = 1.96 * math.Sqrt(r.Accuracy*(1-r.Accuracy)/n)
	r.Answered, r.RightAnswers = answered/n, answeredRight/n
	r.Precision = answeredRight / max(answered, 1)
	r.MacroF1 = macroF1(in)
	r.ECE = calibration(slices.Concat(in, out))
	for _, th := range []float64{.3, .4, .5, .6, .7, .8, .9} {
		r.Curve = append(r.Curve, point(in, th))
	}
	if len(out) > 0 {
		r.OOS = outOfScope(in, out, answeredRight)
	}
}

func macroF1(in []outcome) float64 {
	hit, got, want := map[string]float64{}, map[string]float64{}, map[string]float64{}
	for _, o := range in {
		want[o.want]++
		got[o.got]++
		if o.got == o.want {
			hit[o.want]++
		}
	}
	sum := 0.0
	for _, l := range slices.Sorted(maps.Keys(want)) { // in order: sums of fractions depend on it
		sum += 2 * hit[l] / (want[l] + got[l])
	}
	return sum / float64(len(want))
}

// calibration is the expected calibration error over ten bins; a question out of scope is never right.
func calibration(all []outcome) float64 {
	var p, hit [10]float64
	for _, o := range all {
		b := min(9, int(o.p*10))
		p[b] += o.p
		if o.got == o.want {
			hit[b]++
		}
	}
	sum := 0.0
	for b := range p {
		sum += math.Abs(p[b] - hit[b])
	}
	return sum / float64(len(all))
}

func point(in []outcome, th float64) Point {
	n, right := 0.0, 0.0
	for _, o := range in {
		if o.p >= th {
			n++
			if o.got == o.want {
				right++
			}
		}
	}
	return Point{th, n / float64(len(in)), right / max(n, 1)}
}

func outOfScope(in, out []outcome, answeredRight float64) *OOS {
	o := &OOS{Tested: len(out)}
	type mark struct {
		p  float64
		in bool
	}
	var all []mark
	var ps []float64
	for _, x := range in {
		all, ps = append(all, mark{x.p, true}), append(ps, x.p)
	}
	caught := 0.0
	for _, x := range out {
		all = append(all, mark{x.p, false})
		if x.said == "" {
			caught++
		}
	}
	slices.SortFunc(all, func(a, b mark) int { return cmp.Compare(a.p, b.p) })
	below, sum := 0.0, 0.0
	for i := 0; i < len(all); {
		j, ins, outs := i, 0.0, 0.0
		for ; j < len(all) && all[j].p == all[i].p; j++ {
			if all[j].in {
				ins++
			} else {
				outs++
			}
		}
		sum += ins * (below + outs/2)
		below += outs
		i = j
	}
	o.AUROC = sum / float64(len(in)) / float64(len(out))
	slices.Sort(ps)
	let := ps[len(ps)/20]
	for _, x := range out {
		if x.p < let {
			o.At95 += 1 / float64(len(out))
		}
	}
	o.Caught = caught / float64(len(out))
	o.AllRight = (answeredRight + caught) / float64(len(in)+len(out))
	return o
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return int64(s.HeapAlloc)
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
