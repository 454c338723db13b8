package coretest

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// A BusPlan says what Bus has to know of a bus.
type BusPlan struct {
	// Open makes one more end of the bus that the test uses: another process's, or
	// the same one again where all is in one process.
	Open func(t *testing.T) core.Bus
	// Settle waits until what was sent has arrived; nil where it does at once.
	Settle func()
	// Pass lets time go by: sleeping under virtual time, or for real.
	Pass func(d time.Duration)
	// Term is how long a lease runs if it is not renewed; 0 means a minute.
	Term time.Duration
}

// Bus is what every bus has to do, from two ends of it. Each test has names of
// its own, so that a bus may be shared by several runs.
func Bus(t *testing.T, p BusPlan) {
	if p.Settle == nil {
		p.Settle = func() {}
	}
	p.hints(t)
	p.leases(t)
	p.rates(t)
}

func (p BusPlan) hints(t *testing.T) {
	one, two := p.Open(t), p.Open(t)
	topic := t.Name() + " hints"
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var heard [2]<-chan string
	for i, b := range []core.Bus{one, two} {
		c, err := b.Listen(ctx, topic)
		if err != nil {
			t.Fatal(err)
		}
		heard[i] = c
	}
	other, err := two.Listen(ctx, topic+" other")
	if err != nil {
		t.Fatal(err)
	}
	p.Settle()
	keys := []string{"web/ann", "web/张三", "web/a/b c"}
	for _, key := range keys {
		if err := one.Wake(ctx, topic, key); err != nil {
			t.Error(err)
		}
	}
	p.Settle()
	for i, c := range heard {
		if got := waiting(c); !slices.Equal(got, keys) {
			t.Errorf("listener %d heard %q", i, got)
		}
	}
	if got := waiting(other); len(got) != 0 {
		t.Errorf("on another topic: %q", got)
	}
	cancel()
	for _, c := range append(heard[:], other) {
		for range c { // ends when the channel is closed
		}
	}
	if err := one.Wake(ctx, topic, "late"); err == nil {
		t.Error("wakes with a context that is done")
	}
	if _, err := one.Listen(ctx, topic); err == nil {
		t.Error("listens with a context that is done")
	}
}

// waiting is what can be read from c without waiting.
func waiting(c <-chan string) (out []string) {
	for {
		select {
		case h, ok := <-c:
			if !ok {
				return out
			}
			out = append(out, h)
		default:
			return out
		}
	}
}

func (p BusPlan) leases(t *testing.T) {
	one, two := p.Open(t), p.Open(t)
	name := t.Name() + " lease"
	first, err := one.Lease(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	other, err := two.Lease(t.Context(), name+" other")
	if err != nil {
		t.Fatalf("a name of its own: %v", err)
	}
	other.Release()
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	go func() { _, err := two.Lease(ctx, name); gone <- err }()
	next := make(chan core.Lease, 1)
	go func() {
		if l, err := two.Lease(t.Context(), name); err == nil {
			next <- l
		}
	}()
	p.Settle()
	if cancel(); !errors.Is(<-gone, context.Canceled) {
		t.Error("who no longer waits gets no lease")
	}
	p.Pass(4 * cmp.Or(p.Term, time.Minute)) // it is renewed
	select {
	case <-next:
		t.Fatal("two hold one lease")
	case <-first.Lost():
		t.Fatal("a lease that is held was lost")
	default:
	}
	first.Release()
	first.Release()
	<-first.Lost()
	second := <-next
	defer second.Release()
	if second.Fence() <= first.Fence() {
		t.Errorf("the fence of the next holder is %d, after %d", second.Fence(), first.Fence())
	}
	first.Release()
	select {
	case <-second.Lost():
		t.Error("an old holder's release took the lease away from the next")
	default:
	}
}

func (p BusPlan) rates(t *testing.T) {
	ends := []core.Bus{p.Open(t), p.Open(t)}
	name := t.Name() + " rate"
	rate := core.Rate{Tokens: 10, Per: 10 * time.Second, Burst: 3}
	take := func(b core.Bus, n int) time.Duration {
		t.Helper()
		wait, err := b.Take(t.Context(), name, rate, n)
		if err != nil {
			t.Fatal(err)
		}
		return wait
	}
	if take(ends[0], 2) != 0 || take(ends[1], 1) != 0 {
		t.Error("a full bucket made somebody wait")
	}
	for _, b := range ends { // what is refused takes nothing
		if wait := take(b, 1); wait <= 0 || wait > time.Second {
			t.Errorf("an empty bucket: wait %s", wait)
		}
	}
	p.Pass(time.Second + 100*time.Millisecond)
	if wait := take(ends[1], 1); wait != 0 {
		t.Errorf("a second later: wait %s", wait)
	}
	if wait := take(ends[0], 1); wait <= 0 {
		t.Error("both ends took one token")
	}
	if wait, err := ends[0].Take(t.Context(), name, core.Rate{}, 1); err != nil || wait != 0 {
		t.Errorf("without a rate: wait %s, %v", wait, err)
	}
}
