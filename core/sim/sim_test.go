// Package sim is the whole program under one virtual clock: hubs, the store, the
// bus, and round them platforms and people that are played. Everything goes
// wrong that may: hubs die between any two calls and are started again on the
// same store, platforms repeat themselves, tell late and out of order, refuse,
// hang and lose their answers, hints and leases are lost, the disk is slow or
// full. A fourth of the worlds has two hubs on one store and one bus.
//
// A seed is a world of more than an hour, 57 customers on three kinds of channel
// (one that drops repeats, one that does not, one that answers inside the
// platform's request and counts what may be said) and six agents at a desk. All
// chance is in the plan (plan_test.go): what a seed does is decided by it and by
// the commit. Every call of a hub takes a drawn time (gate_test.go), so that two
// things hardly ever happen in the same nanosecond and the order of things is the
// seed's. When all is done the world is held to what is promised (judge_test.go):
//
//   - what was acknowledged is filed, once;
//   - what is kept as sent was seen once; nothing is seen twice; what may have
//     been seen is marked, and never where the platform drops repeats;
//   - the customer sees messages, and staff see lines, in order;
//   - a ticket has one owner, and no bot speaks over a person;
//   - every message is answered or in line, and 人工 always works;
//   - no more is said than the platform allows.
//
// A finding prints the command that plays its world again.
package sim

import (
	"flag"
	"maps"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core/coretest"
)

var (
	seedFlag  = flag.Int64("seed", -1, "play this world only")
	seedsFlag = flag.Int("seeds", 20, "worlds that FRONTDESK_LONG=1 plays")
)

// TestSimulation plays a sample of worlds; a thousand with
//
//	FRONTDESK_LONG=1 go test ./core/sim -run Simulation -v -timeout 2h -seeds 1000
func TestSimulation(t *testing.T) {
	few := 10
	if testing.Short() {
		few = 2
	}
	if *seedFlag >= 0 {
		one(t, uint64(*seedFlag))
		return
	}
	var all result
	start := cpu()
	n := 0
	for seed := range coretest.Sample(t, *seedsFlag, few) {
		res := one(t, uint64(seed))
		n++
		all.passed += res.passed
		all.posts += res.posts
	}
	used := cpu() - start
	t.Logf("%d worlds, %.1f simulated days, %d messages written, %s of CPU: %.1f simulated days in a minute of it",
		n, all.passed.Hours()/24, all.posts, used.Round(time.Second), all.passed.Hours()/24/used.Minutes())
}

// one plays a world and fails with what was found in it.
func one(t *testing.T, seed uint64) result {
	res := play(t, seed, nil)
	n := 0
	for _, k := range res.faults {
		n += k
	}
	if len(res.findings) == 0 && (n < 10 || res.passed < time.Hour) {
		t.Errorf("seed %d: %d faults in %s", seed, n, res.passed)
	}
	if len(res.findings) > 0 {
		t.Errorf("seed %d:\n%s\nplay it again with:\n  %s", seed, strings.Join(res.findings, "\n"), replay(seed))
		if *seedFlag >= 0 {
			t.Log(strings.Join(slices.Concat(res.trace, res.records), "\n"))
		}
	}
	if *seedFlag >= 0 {
		t.Logf("seed %d: digest %x, %s, faults %v", seed, digest(res.trace), res.passed, slices.Sorted(maps.Keys(res.faults)))
	}
	return res
}

// replay is the command that plays a world again.
func replay(seed uint64) string {
	cmd := "go test ./core/sim -count=1 -run TestSimulation -seed " + strconv.FormatUint(seed, 10)
	commit, err := exec.Command("git", "rev-parse", "--short", "HEAD").Output()
	if err != nil {
		return cmd
	}
	if dirty, err := exec.Command("git", "status", "--porcelain").Output(); err == nil && len(dirty) > 0 {
		return cmd + " # with the changes that are not committed"
	}
	return "git checkout " + strings.TrimSpace(string(commit)) + " && " + cmd
}

// cpu is the processor's time that this process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
