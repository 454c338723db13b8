package eval

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"

	"github.com/frontdesk-im/frontdesk/core/match"
)

// A Draw is what is left of a script for one measurement of what a script of its kind is worth when it has few samples, or
// is asked what it does not know. The same seed draws the same.
type Draw struct {
	Seed     uint64
	Withhold int // every so many entries one is left out, and its questions are asked as questions that no entry answers; 0: none is
	Samples  int // of each entry; 0: all
}

// withheldClass is the class of the questions whose entry was left out.
const withheldClass = "withheld"

// Of leaves out entries and samples, and marks the questions of test whose entry is left out.
func (d Draw) Of(entries []match.Entry, test []Line) ([]match.Entry, []Line) {
	rng := rand.New(rand.NewPCG(d.Seed, 3))
	gone := map[string]bool{}
	if d.Withhold > 0 {
		for i, e := range rng.Perm(len(entries)) {
			if i%d.Withhold == 0 {
				gone[entries[e].ID] = true
			}
		}
	}
	var kept []match.Entry
	for _, e := range entries {
		if gone[e.ID] {
			continue
		}
		if n := len(e.Samples); d.Samples > 0 && d.Samples < n {
			all, pos := e.Samples, e.SamplePos
			e.Samples, e.SamplePos = nil, nil
			for _, i := range rng.Perm(n)[:d.Samples] {
				e.Samples = append(e.Samples, all[i])
				if i < len(pos) {
					e.SamplePos = append(e.SamplePos, pos[i])
				}
			}
		}
		kept = append(kept, e)
	}
	asked := slices.Clone(test)
	for i, l := range asked {
		if gone[l.Label] {
			asked[i].Label, asked[i].Class = None, withheldClass
		}
	}
	return kept, asked
}

// Drawn is what each draw gave, and their mean.
type Drawn struct {
	Withhold int     `json:"withhold"`
	Samples  int     `json:"samples"`
	Draws    []Taken `json:"draws"`
	Mean     Taken   `json:"mean"`
}

// Taken is what one draw gave, in shares.
type Taken struct {
	Answered  float64 `json:"answered"`  // of the questions that an entry answers
	Precision float64 `json:"precision"` // of those
	Withheld  float64 `json:"withheld"`  // answered of the questions whose entry was left out
	ECE       float64 `json:"ece"`
}

// RunDraws measures n draws, seeded 1 to n.
func RunDraws(ctx context.Context, t Test, d Draw, n int) (Drawn, error) {
	out := Drawn{Withhold: d.Withhold, Samples: d.Samples}
	if n < 1 || d.Withhold < 0 || d.Withhold == 1 || d.Samples < 0 || d.Withhold+d.Samples == 0 {
		return out, errors.New("eval: a draw leaves out every second entry or fewer, or samples, and there is one at least / 抽样至少一次，每两个以上条目去掉一个，或者减少例句")
	}
	for i := range n {
		one := t
		d.Seed = uint64(i + 1)
		one.Entries, one.Test = d.Of(t.Entries, t.Test)
		r, err := Run(ctx, one)
		if err != nil {
			return out, err
		}
		got := Taken{Answered: r.Answered, Precision: r.Precision, ECE: r.ECE}
		for _, c := range r.Classes {
			if c.Name == withheldClass {
				got.Withheld = c.Answered
			}
		}
		out.Draws = append(out.Draws, got)
		out.Mean.Answered += got.Answered / float64(n)
		out.Mean.Precision += got.Precision / float64(n)
		out.Mean.Withheld += got.Withheld / float64(n)
		out.Mean.ECE += got.ECE / float64(n)
	}
	return out, nil
}

// Print writes a line for each draw and one for their mean.
func (d Drawn) Print(w io.Writer) error {
	_, err := fmt.Fprintf(w, "%-8s %10s %10s %10s %8s\n", "draw", "answered", "precision", "withheld", "ece")
	for i, t := range append(slices.Clone(d.Draws), d.Mean) {
		name := fmt.Sprint(i + 1)
		if i == len(d.Draws) {
			name = "mean"
		}
		_, e := fmt.Fprintf(w, "%-8s %9.1f%% %9.1f%% %9.1f%% %8.3f\n", name, 100*t.Answered, 100*t.Precision, 100*t.Withheld, t.ECE)
		err = errors.Join(err, e)
	}
	return err
}
