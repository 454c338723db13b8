package rehearse

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// story is the whole log of an evening, as text.
func story(e *Evening) string {
	b, err := json.Marshal(e.Customers)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func TestSameSeedSameLog(t *testing.T) {
	for _, n := range []string{"night", "refused", "small"} {
		a, b := play(t, scenario(t, n), live(t)), play(t, scenario(t, n), live(t))
		if story(a) != story(b) {
			t.Errorf("%s is not the same evening twice", n)
		}
		s := scenario(t, n)
		s.Seed++
		if story(a) == story(play(t, s, live(t))) {
			t.Errorf("%s: another seed is the same evening", n)
		}
	}
}

// Two policies meet the same people: who comes when, on which channel, and until
// when they have patience.
func TestSamePeople(t *testing.T) {
	s := scenario(t, "eleven")
	if testing.Short() {
		s = scenario(t, "small")
	}
	a, b := play(t, s, live(t)), play(t, s, unchecked(t))
	if len(a.Customers) != len(b.Customers) {
		t.Fatalf("%d and %d customers", len(a.Customers), len(b.Customers))
	}
	for i, x := range a.Customers {
		y := b.Customers[i]
		if x.Key != y.Key || !x.Came.Equal(y.Came) || x.VIP != y.VIP || x.Topic != y.Topic {
			t.Fatalf("%+v\n%+v", x, y)
		}
		if !x.Gone.IsZero() && !y.Gone.IsZero() && !x.Gone.Equal(y.Gone) {
			t.Fatalf("the patience of %v ends at %v and at %v", x.Key, x.Gone, y.Gone)
		}
	}
}

// What happens, happens in order, and of one moment in the order in which it was planned.
func TestAgenda(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	var a agenda
	for range 2000 {
		a.add(time.Unix(rnd.Int64N(50), 0), comes, nil)
		if rnd.IntN(3) == 0 {
			a.next()
		}
	}
	last, ok := a.next()
	for ok {
		var h happening
		if h, ok = a.next(); ok && !last.before(h) {
			t.Fatalf("%v after %v", h, last)
		}
		last = h
	}
}

// As many come as the scenario says, in each of its pieces.
func TestArrivals(t *testing.T) {
	s := scenario(t, "eleven")
	var n [3]float64
	const seeds = 20
	for seed := range uint64(seeds) {
		s.Seed = seed
		w := newWorld(s, live(t))
		for {
			h, ok := w.agenda.next()
			if !ok {
				break
			}
			w.now = h.at
			if h.what == comes {
				m := h.at.Sub(s.Start).Minutes()
				n[slices.IndexFunc(s.Arrivals, func(a Arrivals) bool { return m < a.Until })]++
				w.expect()
			}
		}
	}
	for i, want := range []float64{300, 2700, 480} {
		if got, far := n[i]/seeds, 4*math.Sqrt(want/seeds); math.Abs(got-want) > far {
			t.Errorf("piece %d: %.0f come, want %.0f ± %.0f", i, got, want, far)
		}
	}
}

// Nobody is given a customer before they come or after they have gone home, beyond
// their slots, or for a queue that is not theirs.
func TestAgents(t *testing.T) {
	all := []string{"noon", "shared", "humps"}
	if testing.Short() {
		all = all[:1]
	}
	for _, n := range all {
		s := scenario(t, n)
		e := play(t, s, live(t))
		type span struct{ from, to time.Time }
		busy := map[string][]span{}
		for _, c := range e.Customers {
			for _, x := range c.Log {
				agent := x.Data["agent"]
				switch x.Kind {
				case core.EventClaimed:
					set, i := crewOf(agent)
					a := s.Agents[slices.IndexFunc(s.Agents, func(a Agents) bool {
						return fmt.Sprint(slices.Sorted(slices.Values(a.Skills))) == fmt.Sprint(set) && x.At.Before(s.at(a.Until))
					})]
					if i > a.Count {
						t.Fatalf("%s: %s takes a customer at %v, when %d are on duty", n, agent, x.At, a.Count)
					}
					if len(set) > 0 && !slices.Contains(set, c.Topic) {
						t.Fatalf("%s: %s takes %s", n, agent, c.Topic)
					}
					over := e.End
					if last := c.Log[len(c.Log)-1]; last.Kind == core.EventClosed {
						over = last.At
					}
					busy[agent] = append(busy[agent], span{x.At, over})
				}
			}
		}
		for agent, spans := range busy {
			for _, x := range spans {
				load := 0
				for _, y := range spans {
					load += number(!y.from.After(x.from) && y.to.After(x.from))
				}
				if load > 5 {
					t.Fatalf("%s: %s has %d at %v", n, agent, load, x.from)
				}
			}
		}
	}
}

func crewOf(agent string) (skills []string, number int) {
	rest := agent[len("desk/"):]
	i := len(rest) - 1
	for rest[i] != '/' {
		i--
	}
	number, _ = strconv.Atoi(rest[i+1:])
	for at, from := 0, 0; at <= i; at++ {
		if rest[at] == '+' || at == i {
			if at > from {
				skills = append(skills, rest[from:at])
			}
			from = at + 1
		}
	}
	return skills, number
}

// An evening is played at some 100 times the speed that is asked for: ten hours in
// five seconds.
func BenchmarkTenHours(b *testing.B) {
	s := scenario(b, "eleven")
	s.Minutes = 600
	s.Arrivals = []Arrivals{{60, 10}, {500, 30}, {600, 8}}
	s.Agents[0].Until = 600
	p := live(b)
	for b.Loop() {
		Rehearsal{Scenario: s, Policies: p}.Run().Figures()
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/evening")
}
