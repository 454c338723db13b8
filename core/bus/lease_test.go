package bus

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

func TestLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New()
		first, err := b.Lease(t.Context(), "line")
		if err != nil {
			t.Fatal(err)
		}
		if other, err := b.Lease(t.Context(), "mailbox"); err != nil || other.Fence() == first.Fence() {
			t.Errorf("a name of its own: %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		gone := make(chan error, 1)
		go func() { _, err := b.Lease(ctx, "line"); gone <- err }()
		next := make(chan core.Lease, 1)
		go func() { l, _ := b.Lease(t.Context(), "line"); next <- l }()
		synctest.Wait()
		if cancel(); !errors.Is(<-gone, context.Canceled) {
			t.Error("who no longer waits gets no lease")
		}
		select {
		case <-next:
			t.Fatal("two hold one lease")
		case <-first.Lost():
			t.Fatal("a lease that is held is lost")
		default:
		}
		first.Release()
		first.Release()
		<-first.Lost()
		if l := <-next; l.Fence() <= first.Fence() {
			t.Errorf("the fence of the next holder is %d, after %d", l.Fence(), first.Fence())
		}
	})
}

func TestTake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New()
		rate := core.Rate{Tokens: 10, Per: time.Second, Burst: 3}
		take := func(n int, want time.Duration) {
			t.Helper()
			if got, err := b.Take(t.Context(), "slack", rate, n); err != nil || got != want {
				t.Errorf("wait %s, %v; want %s", got, err, want)
			}
		}
		take(2, 0)
		take(1, 0)
		take(1, 100*time.Millisecond)
		take(1, 100*time.Millisecond) // what was refused took nothing
		if got, _ := b.Take(t.Context(), "telegram", rate, 3); got != 0 {
			t.Errorf("another bucket: %s", got)
		}
		time.Sleep(100 * time.Millisecond)
		take(2, 100*time.Millisecond)
		take(1, 0)
		time.Sleep(time.Hour)
		take(3, 0)
		take(3, 300*time.Millisecond)
		time.Sleep(300 * time.Millisecond)
		take(5, 0) // more than it holds: as soon as it is full
		take(1, 300*time.Millisecond)
	})
}
