package rehearse

import (
	"fmt"
	"math"
	"sort"
	"strconv"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// Each figure is what a slower look at the log of everybody says.
func TestFigures(t *testing.T) {
	for _, n := range names(t) {
		s := scenario(t, n)
		shorten(s, 60)
		e := play(t, s, live(t))
		got := e.Figures()
		for name, x := range recount(e) {
			have, ok := map[string]float64{
				"queued": float64(got.Queued), "waited": float64(got.Waited), "coverage": got.Coverage, "shown": got.Shown, "overstated": got.Overstated,
				"told_worse": float64(got.ToldWorse), "short": float64(got.ReserveShort + got.RefusedShort), "after": float64(got.AfterPickup),
				"ghosts": got.GhostPickups, "mean": got.Messages.Mean, "p95": got.Messages.P95, "max": float64(got.Messages.Max), "p50": got.Wait.P50, "p80": got.Wait.P80,
				"served": float64(got.Served), "told_us": float64(got.ToldUs), "silent": float64(got.LeftSilently), "parked": float64(got.Parked), "waiting": float64(got.Waiting),
				"diverted": float64(got.Diverted), "present": got.ParkedPresent,
			}[name]
			if !ok || math.Abs(have-x) > 1e-4 {
				t.Errorf("%s: %s is %v, the log says %v", n, name, have, x)
			}
		}
		queued, picked, ghosts := 0, 0, 0
		for _, x := range e.Series() {
			queued, picked, ghosts = queued+x.Came, picked+x.Picked, ghosts+x.Ghosts
		}
		if queued != got.Queued || picked != got.Served+ghosts {
			t.Errorf("%s: the series has %d customers, %d taken, %d ghosts: %+v", n, queued, picked, ghosts, got)
		}
	}
}

// shorten cuts a scenario off.
func shorten(s *Scenario, minutes int) { s.Minutes = min(s.Minutes, minutes) }

// recount works figures out from what was logged of each customer.
func recount(e *Evening) map[string]float64 {
	out := map[string]float64{"told_worse": 0, "short": 0, "after": 0, "served": 0, "told_us": 0, "silent": 0, "parked": 0, "waiting": 0, "waited": 0, "diverted": 0}
	var judged, kept, named, actual, told, picked, ghosts, checked, present float64
	var sent, waits []float64
	for _, c := range e.Customers {
		at := map[core.EventKind]time.Time{}
		var aside []time.Time
		outcome, left := "", math.MaxInt
		for _, x := range c.Log {
			at[x.Kind] = x.At
			switch x.Kind {
			case core.EventParked:
				aside = append(aside, x.At)
			case core.EventClaimed:
				left, _ = strconv.Atoi(x.Data["left"])
			case core.EventClosed:
				outcome = x.Data["outcome"]
			case core.EventExited:
				outcome = x.Data["outcome"]
			}
		}
		came := at[core.EventQueued]
		taken, isTaken := at[core.EventClaimed]
		exited, isOut := at[core.EventExited]
		out["queued"]++
		here := c.Gone.IsZero() || isTaken && c.Gone.After(taken)
		if isTaken {
			picked++
			if here {
				out["served"]++
				waits = append(waits, taken.Sub(came).Minutes())
			} else {
				ghosts++
			}
			if rulesOf[c.Key.Channel].limits.Allowances != nil && left < 2 {
				out["short"]++
			}
		}
		if isOut && outcome == "left" {
			out["told_us"]++
		}
		if isOut && (outcome == "message" || outcome == "callback") {
			out["diverted"]++
		}
		if !c.Gone.IsZero() {
			out["silent"]++
		}
		if len(aside) > 0 {
			out["parked"]++
		}
		if !isTaken && !isOut {
			out["waiting"]++
		}
		if c.Checked {
			checked++
		}
		for i, x := range aside {
			if c.Gone.IsZero() || x.Before(c.Gone) {
				present++
				break
			}
			_ = i
		}
		if isTaken && taken.Equal(came) || isOut && exited.Equal(came) {
			continue
		}
		out["waited"]++
		n, before := 0.0, time.Time{}
		some := false
		for _, s := range c.Said {
			if s.Lost {
				continue
			}
			n++
			if isTaken && s.At.After(taken) || isOut && s.At.After(exited) {
				out["after"]++
			}
			if s.Upper == 0 {
				continue
			}
			some = true
			edge := s.At.Add(s.Upper)
			if !before.IsZero() && edge.After(before) && !s.Sorry {
				out["told_worse"]++
			}
			before = edge
			stop := e.End
			switch {
			case isTaken:
				stop = taken
			case isOut:
				stop = exited
			}
			wasAside := false
			for _, x := range aside {
				if !wasAside && !x.Before(s.At) && x.Before(stop) {
					wasAside, stop = true, x
				}
			}
			switch {
			case stop.After(edge):
				judged++
			case isTaken && !wasAside:
				judged++
				kept++
			}
			if isTaken && !wasAside {
				named += s.Upper.Minutes()
				actual += taken.Sub(s.At).Minutes()
			}
		}
		if some {
			told++
		}
		sent = append(sent, n)
	}
	ratio := func(a, b float64) float64 {
		if b == 0 {
			return 0
		}
		return a / b
	}
	out["coverage"] = 1
	if judged > 0 {
		out["coverage"] = kept / judged
	}
	if actual > 0 {
		out["overstated"] = named/actual - 1
	}
	out["shown"], out["ghosts"], out["present"] = ratio(told, out["waited"]), ratio(ghosts, picked), ratio(present, checked)
	rank := func(v []float64, p float64) float64 {
		sort.Float64s(v)
		for i, x := range v {
			if float64(i+1) >= p*float64(len(v)) {
				return x
			}
		}
		return 0
	}
	sum := 0.0
	for _, x := range sent {
		sum += x
	}
	out["mean"], out["p95"], out["max"] = ratio(sum, float64(len(sent))), rank(sent, 0.95), rank(sent, 1)
	out["p50"], out["p80"] = rank(waits, 0.5), rank(waits, 0.8)
	return out
}

// The ten evenings, with another seed, in a table: go test ./core/rehearse -run Scenarios -v
func TestScenarios(t *testing.T) {
	t.Logf("%-8s %4s %8s %6s %6s %6s %6s %6s %6s %6s %7s %6s %6s %6s", "", "seed", "coverage", "shown", "over", "worse", "short", "after", "ghosts", "parked", "served", "mean", "max", "p50")
	for _, n := range names(t) {
		s := scenario(t, n)
		s.Seed++
		f := play(t, s, live(t)).Figures()
		t.Logf("%-8s %4d %8.3f %6.3f %6.2f %6d %6d %6d %6.3f %6.3f %7d %6.2f %6d %6.1f", n, s.Seed, f.Coverage, f.Shown, f.Overstated, f.ToldWorse, f.ReserveShort, f.AfterPickup,
			f.GhostPickups, f.ParkedPresent, f.Served, f.Messages.Mean, f.Messages.Max, f.Wait.P50)
		if f.ToldWorse != 0 || f.ReserveShort != 0 || f.AfterPickup != 0 {
			t.Errorf("%s, seed %d: %d told worse, %d with the reserve short, %d messages after the wait", n, s.Seed, f.ToldWorse, f.ReserveShort, f.AfterPickup)
		}
		least := 0.8
		if n == "night" { // some 200 promises
			least = 0.75
		}
		if f.Coverage < least {
			t.Errorf("%s, seed %d: %.0f %% of what was named was kept", n, s.Seed, 100*f.Coverage)
		}
	}
}

// 11.11 with checks whether people are still there, against the same evening without.
func TestEleven(t *testing.T) {
	if testing.Short() {
		t.Skip("four long evenings")
	}
	for seed := range uint64(2) {
		s := scenario(t, "eleven")
		s.Seed += seed
		with, without := play(t, s, live(t)).Figures(), play(t, s, unchecked(t)).Figures()
		times := float64(with.Served) / float64(without.Served)
		t.Logf("seed %d: ghosts %.3f → %.3f, served %d → %d (%.2f ×), present and parked %.3f, messages %.2f", s.Seed,
			without.GhostPickups, with.GhostPickups, without.Served, with.Served, times, with.ParkedPresent, with.Messages.Mean)
		for what, bad := range map[string]bool{
			fmt.Sprintf("%.1f %% ghost pickups, at most 22", 100*with.GhostPickups):      with.GhostPickups > 0.22,
			fmt.Sprintf("%.2f times as many served, at least 1.3", times):                times < 1.3,
			fmt.Sprintf("%.1f %% parked while there, at most 8", 100*with.ParkedPresent): with.ParkedPresent > 0.08,
			fmt.Sprintf("%.2f messages each, at most 4", with.Messages.Mean):             with.Messages.Mean > 4,
		} {
			if bad {
				t.Errorf("seed %d: %s", s.Seed, what)
			}
		}
	}
}
