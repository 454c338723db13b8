package rehearse

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/frontdesk-im/frontdesk/core/reassure"
	"github.com/frontdesk-im/frontdesk/flows"
)

func scenario(t testing.TB, name string) *Scenario {
	t.Helper()
	src, ok := Example(name)
	if !ok {
		t.Fatalf("no scenario %s", name)
	}
	s, err := Parse(name+".yaml", src)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// names are the scenarios to be played: a few small ones where time is short.
func names(testing.TB) []string {
	if testing.Short() {
		return []string{"night", "rush", "small"}
	}
	return Names()
}

func play(t testing.TB, s *Scenario, ps reassure.Policies) *Evening {
	t.Helper()
	return Rehearsal{Scenario: s, Policies: ps}.Run()
}

// live is the policy that comes with the program.
func live(t testing.TB) reassure.Policies { return variant(t, func(s string) string { return s }) }

// unchecked is the same without the question whether somebody is still there.
func unchecked(t testing.TB) reassure.Policies {
	return variant(t, func(s string) string {
		var out []string
		for _, line := range strings.Split(s, "\n") {
			if !strings.Contains(line, "{id: M2") {
				out = append(out, line)
			}
		}
		return strings.Join(out, "\n")
	})
}

func variant(t testing.TB, change func(string) string) reassure.Policies {
	t.Helper()
	src, err := fs.ReadFile(flows.Policies, "policies/default.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := reassure.Parse("default.yaml", []byte(change(string(src))), nil)
	if err != nil {
		t.Fatal(err)
	}
	ps, err := reassure.Load(flows.Policies, flows.Policies)
	if err != nil {
		t.Fatal(err)
	}
	for i := range ps {
		if ps[i].Name == p.Name {
			ps[i] = p
		}
	}
	return ps
}

// What the policy that comes with the program promises and spends, in the scenarios
// that come with it.
func TestScenarioFigures(t *testing.T) {
	for _, n := range names(t) {
		f := play(t, scenario(t, n), live(t)).Figures()
		t.Logf("%-8s kept %.3f, shown %.3f, overstated %.2f, ghosts %.3f, parked though there %.3f, messages %.2f, served %d of %d",
			n, f.Coverage, f.Shown, f.Overstated, f.GhostPickups, f.ParkedPresent, f.Messages.Mean, f.Served, f.Queued)
		if f.ToldWorse != 0 || f.ReserveShort != 0 || f.AfterPickup != 0 {
			t.Errorf("%s: %d promises that grew, %d pickups short of the reserve, %d messages too late", n, f.ToldWorse, f.ReserveShort, f.AfterPickup)
		}
		kept, shown, over := 0.85, 0.95, 0.5
		switch n {
		case "eleven":
			kept, shown, over = 0.8, 0.8, 0.4
		case "night": // few come, and most wait less than the minute that is the shortest promise
			kept, shown, over = 0.8, 0.85, 1.2
		case "noon", "rush": // what the agents do next cannot be known from what was
			over = 1.6
		}
		if f.Coverage < kept || f.Shown < shown || f.Overstated > over {
			t.Errorf("%s: %.3f kept, %.3f shown, %.2f overstated", n, f.Coverage, f.Shown, f.Overstated)
		}
		if f.ParkedPresent > 0.08 || f.Messages.Mean > 4 {
			t.Errorf("%s: %.3f parked though there, %.2f messages each", n, f.ParkedPresent, f.Messages.Mean)
		}
	}
}
