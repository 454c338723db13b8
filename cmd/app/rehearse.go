package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core/reassure"
	"github.com/frontdesk-im/frontdesk/core/rehearse"
	"github.com/frontdesk-im/frontdesk/flows"
)

// A Rehearsal is an evening to be played.
type Rehearsal struct {
	Scenario string // a file, or the name of one that comes with the program
	Policy   string // a file; empty: the policy that comes with the program
	Against  string // a file, to compare with; empty: nothing
	Seed     uint64 // 0: the scenario's
	Lang     string // the reader's; empty: the environment's
	JSON     bool
}

// rehearsed is what --json prints.
type rehearsed struct {
	rehearse.Figures
	Policy  string            `json:"policy"`
	Seed    uint64            `json:"seed"`
	Series  []rehearse.Slot   `json:"series"`
	Against *rehearse.Figures `json:"against,omitempty"`
}

// Rehearse plays r and writes what it came to. bar is where progress is shown; nil
// if nobody watches.
func Rehearse(out, bar io.Writer, r Rehearsal) error {
	s, err := scenario(r.Scenario)
	if err != nil {
		return err
	}
	if r.Seed != 0 {
		s.Seed = r.Seed
	}
	ps, err := policies(r.Policy)
	if err != nil {
		return err
	}
	e, f := perform(bar, s, ps)
	var other *rehearse.Figures
	if r.Against != "" {
		qs, err := policies(r.Against)
		if err != nil {
			return err
		}
		_, x := perform(bar, s, qs)
		other = &x
	}
	if r.JSON {
		j := json.NewEncoder(out)
		j.SetIndent("", "  ")
		return j.Encode(rehearsed{Figures: f, Policy: e.Policy, Seed: e.Seed, Series: e.Series(), Against: other})
	}
	zh := chinese(r.Lang)
	if other != nil {
		return (&rehearse.Page{Zh: zh}).Compare(out, f, *other)
	}
	return (&rehearse.Page{Zh: zh}).Write(out, e, f)
}

// scenario reads one.
func scenario(name string) (*rehearse.Scenario, error) {
	src, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		if b, ok := rehearse.Example(name); ok {
			return rehearse.Parse(name+".yaml", b)
		}
		return nil, fmt.Errorf("there is no scenario %s: give a file, or one of %s / 没有情景 %s：请给一个文件，或者其中之一", name, strings.Join(rehearse.Names(), ", "), name)
	}
	if err != nil {
		return nil, err
	}
	return rehearse.Parse(name, src)
}

// policies are those that come with the program; file, if there is one, instead of
// what it has the name or the customers of.
func policies(file string) (reassure.Policies, error) {
	ps, err := reassure.Load(flows.Policies, flows.Policies)
	if err != nil || file == "" {
		return ps, err
	}
	src, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("the policy %s cannot be read: %w / 读不了策略文件", file, unpath(err))
	}
	p, err := reassure.Parse(file, src, ps.Texts())
	if err != nil {
		return nil, err
	}
	ps = slices.DeleteFunc(ps, func(q *reassure.Policy) bool { return q.Name == p.Name || len(q.Match.Channels) == 0 })
	return append(ps, p), nil
}

// perform plays an evening and times it.
func perform(bar io.Writer, s *rehearse.Scenario, ps reassure.Policies) (*rehearse.Evening, rehearse.Figures) {
	begun, shown := time.Now(), -1
	r := rehearse.Rehearsal{Scenario: s, Policies: ps}
	if bar != nil {
		r.Watch = func(share float64) {
			if n := int(share * 40); n != shown {
				shown = n
				fmt.Fprintf(bar, "\r[%s%s] %3.0f %%", strings.Repeat("█", n), strings.Repeat("·", 40-n), 100*share)
			}
		}
	}
	e := r.Run()
	if bar != nil {
		fmt.Fprint(bar, "\r"+strings.Repeat(" ", 50)+"\r")
	}
	f := e.Figures()
	f.Seconds = time.Since(begun).Seconds()
	return e, f
}

// chinese reports whether somebody reads Chinese: as they say, else as their
// environment does.
func chinese(lang string) bool {
	for _, v := range []string{lang, os.Getenv("LC_ALL"), os.Getenv("LC_MESSAGES"), os.Getenv("LANG")} {
		if v != "" {
			return strings.HasPrefix(strings.ToLower(v), "zh")
		}
	}
	return false
}
