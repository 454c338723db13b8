// Package rehearse plays an evening that is made up, or one that is over, under a
// virtual clock: customers who come, wait, lose patience and leave without a word,
// agents who come and go, platforms that refuse. The line (core/queue), what
// those who wait are told (core/reassure) and what a platform still lets us say
// (core.Ledger) are those of a running frontdesk; only people are made up.
//
// It is a function of a scenario, a policy and a seed: the same three give the same
// log. A seed brings the same people with the same patience whatever they are
// told, so that two policies are compared on one evening. How patient people are,
// who leaves without a word and who answers is what the scenario assumes; it is
// not a forecast.
//
// Beside the scenario there is this much of assumption: agents take a customer at
// once, it takes them two to three minutes to find out that nobody is there, and
// whoever was parked while still there looks at their phone again as often as they
// answer (presence.answer), at some moment before their patience ends.
package rehearse

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/reassure"
)

// An Evening is what was played.
type Evening struct {
	Scenario  *Scenario
	Policy    string // names and versions
	Seed      uint64
	End       time.Time
	Customers []Customer // in the order in which they came
}

// A Customer is somebody who got in line, and what became of their wait.
type Customer struct {
	Key    core.Key
	Topic  string
	VIP    bool
	Came   time.Time
	Gone   time.Time // when they left without a word; zero: they did not
	Picked time.Time // when an agent took them; zero: nobody did
	Ended  time.Time // when the wait ended; zero: it goes on
	Why    string    // how it ended: picked, left, message, callback; empty: it goes on
	Said   []Said
	Log    []core.Event

	Checked bool // was asked, while still there, whether they are
	Parked  bool // was set aside, once or more
	Present bool // was so while still there
	Short   bool // was taken with less than the reserve left, though the platform had refused nothing
	Refused bool // the platform has refused a message to them
}

// Here reports whether they were there at a moment.
func (c *Customer) Here(at time.Time) bool { return c.Gone.IsZero() || at.Before(c.Gone) }

// Ghost reports whether an agent took them and nobody was there.
func (c *Customer) Ghost() bool { return !c.Picked.IsZero() && !c.Here(c.Picked) }

// Served reports whether an agent took them while they were there.
func (c *Customer) Served() bool { return !c.Picked.IsZero() && c.Here(c.Picked) }

// Waited reports whether they were not taken at once.
func (c *Customer) Waited() bool { return !c.Ended.Equal(c.Came) }

// A Rehearsal is what is to be played.
type Rehearsal struct {
	Scenario *Scenario
	Policies reassure.Policies
	Watch    func(share float64) // is told how much is over; nil: nobody wants to know
}

// Run plays it, from the seed of its scenario.
func (r Rehearsal) Run() *Evening {
	watch := r.Watch
	if watch == nil {
		watch = func(float64) {}
	}
	w := newWorld(r.Scenario, r.Policies)
	w.play(watch)
	e := &Evening{Scenario: r.Scenario, Policy: title(r.Policies), Seed: r.Scenario.Seed, End: w.end}
	for _, p := range w.crowd {
		e.Customers = append(e.Customers, p.customer())
	}
	return e
}

//go:embed scenarios/*.yaml
var files embed.FS

// Names are the scenarios that come with the program.
func Names() (out []string) {
	names, err := fs.Glob(files, "scenarios/*.yaml")
	if err != nil {
		panic(err) // the pattern is wrong
	}
	for _, n := range names {
		out = append(out, strings.TrimSuffix(strings.TrimPrefix(n, "scenarios/"), ".yaml"))
	}
	return out
}

// Example is the source of a scenario that comes with the program.
func Example(name string) ([]byte, bool) {
	b, err := files.ReadFile("scenarios/" + name + ".yaml")
	return b, err == nil
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// title is what policies are called.
func title(ps reassure.Policies) string {
	var out []string
	for _, p := range ps {
		out = append(out, fmt.Sprintf("%s v%d", p.Name, p.Version))
	}
	return strings.Join(out, ", ")
}
