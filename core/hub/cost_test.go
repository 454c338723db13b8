package hub

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// Costs are what a whole message takes: filed, decided, sent, settled. They are counts, not times: the same on every machine.
type costs struct{ statements, commits, bytes, allocations int64 }

// bounds are a tenth above what is reached when each message comes alone; of many at once several share a commit.
var bounds = costs{statements: 15, commits: 3, bytes: 70_000, allocations: 415}

// settling is a store that tells when a delivery has been settled.
type settling struct {
	core.Store
	done chan struct{}
}

func (s settling) Settle(ctx context.Context, now time.Time, r core.Result) (*core.Delivery, error) {
	next, err := s.Store.Settle(ctx, now, r)
	s.done <- struct{}{}
	return next, err
}

func TestCost(t *testing.T) {
	st, err := openStore(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := settling{st, make(chan struct{})}
	h := testHub(s, time.Now)
	if err := h.Connect("web", core.RoleChannel, &sink{}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- h.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-ended, st.Close()); err != nil {
			t.Error(err)
		}
	})
	const peers, each = 50, 6
	round := func(n int) {
		for i := range peers {
			if err := h.Receive(ctx, ping(fmt.Sprint("p", i), n)); err != nil {
				t.Fatal(err)
			}
			for range 1 + max(0, 1-n) { // the first answer has a greeting before it
				<-s.done
			}
		}
	}
	for n := range 3 { // greetings, and what is made once
		round(n)
	}
	was := spent(t, st)
	again := spent(t, st) // what asking costs
	for n := range each {
		round(3 + n)
	}
	now := spent(t, st)
	per := func(of func(costs) int64) int64 {
		return (of(now) - of(again) - (of(again) - of(was)) + peers*each/2) / (peers * each)
	}
	got := costs{
		statements: per(func(c costs) int64 { return c.statements }), commits: per(func(c costs) int64 { return c.commits }),
		bytes: per(func(c costs) int64 { return c.bytes }), allocations: per(func(c costs) int64 { return c.allocations }),
	}
	t.Logf("a whole message: %d statements, %d commits, %d bytes written, %d allocations", got.statements, got.commits, got.bytes, got.allocations)
	if raceEnabled { // the detector's own are counted too
		got.allocations = 0
	}
	if got.statements > bounds.statements || got.commits > bounds.commits || got.bytes > bounds.bytes || got.allocations > bounds.allocations {
		t.Errorf("a whole message costs %+v, at most %+v", got, bounds)
	}
}

// spent is what has been counted until now. Bytes are those that the process has handed to the system; 0 where it does not say.

func spent(t *testing.T, s core.Store) (c costs) {
	st, err := s.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	c = costs{statements: st.Statements, commits: st.Commits, allocations: int64(mem.Mallocs)}
	io, err := os.ReadFile("/proc/self/io")
	if err == nil {
		for line := range strings.Lines(string(io)) {
			if n, found := strings.CutPrefix(line, "wchar: "); found {
				fmt.Sscan(n, &c.bytes)
			}
		}
	}
	return c
}
