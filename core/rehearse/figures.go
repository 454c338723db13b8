package rehearse

import (
	"math"
	"slices"
	"time"
)

// Figures are what an evening came to. Shares are from 0 to 1, waits in minutes;
// of who waited means those who were not taken at once.
type Figures struct {
	Queued int `json:"queued"` // customers who got in line
	Waited int `json:"waited"` // of those, not taken at once

	Coverage   float64 `json:"coverage"`   // of the longest waits that were named, the share that was kept
	Shown      float64 `json:"shown"`      // of those who waited, the share who were told a number
	Overstated float64 `json:"overstated"` // mean longest wait named / mean wait from then on − 1, of those who were taken
	ToldWorse  int     `json:"told_worse"` // times that a longer wait was named than before, without an apology

	ReserveShort int     `json:"reserve_short"` // taken with fewer messages left than the reserve
	RefusedShort int     `json:"refused_short"` // the same, but because the platform had refused
	AfterPickup  int     `json:"after_pickup"`  // messages about the wait when it was over
	GhostPickups float64 `json:"ghost_pickups"` // of those who were taken, the share who were no longer there

	ParkedPresent float64  `json:"parked_present"` // of those still there when asked whether they are, the share that was parked
	Messages      Messages `json:"messages"`       // about the wait, to each who waited
	Wait          Wait     `json:"wait"`           // of those who were served

	Served       int `json:"served"` // taken while they were there
	ToldUs       int `json:"told_us"`
	LeftSilently int `json:"left_silently"`
	Parked       int `json:"parked"`
	Returned     int `json:"returned"` // of those, who were served after all
	Diverted     int `json:"diverted"`
	Refused      int `json:"refused"` // customers to whom the platform refused a message
	Waiting      int `json:"waiting"` // still in line at the end, those who are set aside included

	First   Promise `json:"first"`   // coverage and overstated of the first number only
	Seconds float64 `json:"seconds"` // that it took, by the wall clock
	Assumed string  `json:"assumed"` // what is no measurement
}

// Messages is how many each was sent.
type Messages struct {
	Mean float64 `json:"mean"`
	P95  float64 `json:"p95"`
	Max  int     `json:"max"`
}

// Wait is how long, in minutes.
type Wait struct {
	P50  float64 `json:"p50"`
	P80  float64 `json:"p80"`
	P95  float64 `json:"p95"`
	Mean float64 `json:"minutes"`
}

// Promise is how good the numbers were.
type Promise struct {
	Coverage   float64 `json:"coverage"`
	Overstated float64 `json:"overstated"`
}

// Assumed labels what a scenario only supposes.
const Assumed = "patience, silent leavers and answers are assumptions of the scenario, no forecast"

// Figures works them out.
func (e *Evening) Figures() Figures {
	f := Figures{Queued: len(e.Customers), Assumed: Assumed}
	var waits, sent []float64
	var all, first tally
	shown, picked, ghosts, checked, present := 0, 0, 0, 0, 0
	for i := range e.Customers {
		c := &e.Customers[i]
		f.count(c)
		picked += number(!c.Picked.IsZero())
		ghosts += number(c.Ghost())
		checked += number(c.Checked)
		present += number(c.Present)
		if c.Served() {
			waits = append(waits, c.Picked.Sub(c.Came).Minutes())
		}
		if !c.Waited() {
			continue
		}
		f.Waited++
		told, n := c.numbers(), 0
		for j, s := range told {
			o := c.outcome(s, e.End)
			all.add(s, o)
			if j == 0 {
				first.add(s, o)
				continue
			}
			f.ToldWorse += number(!s.Sorry && s.Until().After(told[j-1].Until()))
		}
		shown += number(len(told) > 0)
		for _, s := range c.Said {
			n += number(!s.Lost)
			f.AfterPickup += number(s.Late)
		}
		sent = append(sent, float64(n))
	}
	f.Coverage, f.Overstated = all.coverage(), all.overstated()
	f.First = Promise{first.coverage(), first.overstated()}
	f.Shown, f.GhostPickups, f.ParkedPresent = share(shown, f.Waited), share(ghosts, picked), share(present, checked)
	slices.Sort(waits)
	slices.Sort(sent)
	f.Messages = Messages{Mean: mean(sent), P95: percentile(sent, 0.95), Max: int(percentile(sent, 1))}
	f.Wait = Wait{percentile(waits, 0.5), percentile(waits, 0.8), percentile(waits, 0.95), mean(waits)}
	return f
}

// count is what became of a customer.
func (f *Figures) count(c *Customer) {
	f.Served += number(c.Served())
	f.ToldUs += number(c.Why == "left")
	f.LeftSilently += number(!c.Gone.IsZero())
	f.Parked += number(c.Parked)
	f.Returned += number(c.Parked && c.Served())
	f.Diverted += number(c.Why == "message" || c.Why == "callback")
	f.Refused += number(c.Refused)
	f.Waiting += number(c.Why == "")
	f.ReserveShort += number(c.Short && !c.Refused)
	f.RefusedShort += number(c.Short && c.Refused)
}

// Until is when the longest wait that was named is over.
func (s Said) Until() time.Time { return s.At.Add(s.Upper) }

// numbers are the messages that named a wait.
func (c *Customer) numbers() (out []Said) {
	for _, s := range c.Said {
		if s.Upper > 0 && !s.Lost {
			out = append(out, s)
		}
	}
	return out
}

// An outcome is what became of a number that was named.
type outcome struct {
	judged, kept bool
	actual       time.Duration // from then on; 0 if nobody took them
}

// outcome judges a number: it is kept if an agent took them by then, and broken if
// they still waited then. Whoever left or did not answer before then is no
// judge of it.
func (c *Customer) outcome(s Said, end time.Time) outcome {
	over := c.Ended
	if over.IsZero() {
		over = end
	}
	if at := c.aside(s.At); !at.IsZero() && at.Before(over) {
		return outcome{judged: at.After(s.Until())}
	}
	late := over.After(s.Until())
	if c.Picked.IsZero() {
		return outcome{judged: late}
	}
	return outcome{judged: true, kept: !late, actual: c.Picked.Sub(s.At)}
}

// A tally adds up how good numbers were.
type tally struct {
	judged, kept  int
	named, actual time.Duration // of those who were taken
}

func (t *tally) add(s Said, o outcome) {
	t.judged += number(o.judged)
	t.kept += number(o.kept)
	if o.actual > 0 {
		t.named += s.Upper
		t.actual += o.actual
	}
}

// coverage of numbers that nobody was told is whole.
func (t *tally) coverage() float64 {
	if t.judged == 0 {
		return 1
	}
	return share(t.kept, t.judged)
}

func (t *tally) overstated() float64 {
	if t.actual == 0 {
		return 0
	}
	return round(float64(t.named)/float64(t.actual) - 1)
}

func number(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

func share(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return round(float64(n) / float64(of))
}

// round keeps four digits behind the point: more would be no knowledge.
func round(x float64) float64 { return math.Round(x*1e4) / 1e4 }

func mean(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return round(sum / float64(len(v)))
}

// percentile of sorted values, nearest rank.
func percentile(v []float64, p float64) float64 {
	if len(v) == 0 {
		return 0
	}
	return round(v[max(0, int(math.Ceil(p*float64(len(v))))-1)])
}
