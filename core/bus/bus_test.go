package bus

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
)

// hints is what can be read from c without waiting.
func hints(c <-chan string) (out []string) {
	for {
		select {
		case h, ok := <-c:
			if !ok {
				return append(out, "closed")
			}
			out = append(out, h)
		default:
			return out
		}
	}
}

func listen(t *testing.T, b *Bus, ctx context.Context, topic string) <-chan string {
	t.Helper()
	c, err := b.Listen(ctx, topic)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func wake(t *testing.T, b *Bus, topic, key string) {
	t.Helper()
	if err := b.Wake(t.Context(), topic, key); err != nil {
		t.Fatal(err)
	}
}

func TestBus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New()
		wake(t, b, "turn", "lost: nobody listens")
		ctx, cancel := context.WithCancel(t.Context())
		one, two := listen(t, b, ctx, "turn"), listen(t, b, t.Context(), "turn")
		other := listen(t, b, t.Context(), "send")
		wake(t, b, "turn", "a")
		wake(t, b, "turn", "b")
		for _, c := range []<-chan string{one, two} {
			if got := hints(c); len(got) != 2 || got[0] != "a" || got[1] != "b" {
				t.Errorf("got %q", got)
			}
		}
		if got := hints(other); len(got) != 0 {
			t.Errorf("another topic's listener got %q", got)
		}
		cancel()
		synctest.Wait()
		wake(t, b, "turn", "c")
		if got := hints(one); len(got) != 1 || got[0] != "closed" {
			t.Errorf("after its context is done: %q", got)
		}
		if got := hints(two); len(got) != 1 || got[0] != "c" {
			t.Errorf("got %q", got)
		}
		if _, err := b.Listen(ctx, "turn"); err == nil {
			t.Error("listens with a context that is done")
		}
		if err := b.Wake(ctx, "turn", "d"); err == nil {
			t.Error("wakes with a context that is done")
		}
	})
}

// Whoever does not read misses hints, and holds up nobody.
func TestFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New()
		slow, quick := listen(t, b, t.Context(), "x"), listen(t, b, t.Context(), "x")
		n := 0
		for i := range 3 * room {
			wake(t, b, "x", strconv.Itoa(i)) // would deadlock if it blocked
			n += len(hints(quick))
		}
		if n != 3*room {
			t.Errorf("one that reads got %d of %d", n, 3*room)
		}
		got := hints(slow)
		if len(got) != room || got[0] != "0" {
			t.Errorf("one that does not read got %d, the first is %q", len(got), got[0])
		}
		wake(t, b, "x", "again")
		if got := hints(slow); len(got) != 1 || got[0] != "again" {
			t.Errorf("after it has caught up: %q", got)
		}
	})
}

// Listeners come and go while others wake: nothing is sent on a closed channel,
// and nothing is left behind.
func TestComeAndGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New()
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 200 {
					ctx, cancel := context.WithCancel(t.Context())
					c := listen(t, b, ctx, "x")
					wake(t, b, "x", "k")
					cancel()
					for range c { // ends when the channel is closed
					}
				}
			})
			wg.Go(func() {
				for range 1000 {
					wake(t, b, "x", "k")
				}
			})
		}
		wg.Wait()
		b.mu.RLock()
		defer b.mu.RUnlock()
		if len(b.topics) != 0 {
			t.Errorf("%d topics are left", len(b.topics))
		}
	})
}
