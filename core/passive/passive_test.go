package passive

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// shelf is the part of core.Values that Holds uses.
type shelf struct {
	core.Values
	mu sync.Mutex
	m  map[string]string
}

func (n *shelf) Get(_ context.Context, k string) (string, bool, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	v, ok := n.m[k]
	return v, ok, nil
}

func (n *shelf) Put(_ context.Context, k, v string, _ time.Duration) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.m[k] = v
	return nil
}

func (n *shelf) Delete(_ context.Context, k string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.m, k)
	return nil
}

func (n *shelf) List(_ context.Context, prefix string, _ int) (out []core.Value, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for k, v := range n.m {
		if strings.HasPrefix(k, prefix) {
			out = append(out, core.Value{Key: k, Value: v})
		}
	}
	return out, nil
}

// slowShelf takes its time to look.
type slowShelf struct{ *shelf }

func (n slowShelf) Get(ctx context.Context, k string) (string, bool, error) {
	time.Sleep(time.Second)
	return n.shelf.Get(ctx, k)
}

// Words that were on their way when a message came do not keep it from being
// filed: they took its request before it was known that nobody had answered it.
func TestFiledThoughAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &shelf{m: map[string]string{}}
		h := newHeld(slowShelf{v}, false)
		m := h.ask("m")
		h.answer(t, "older", "older words", "")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if h.filed != 1 {
			t.Errorf("filed %d times", h.filed)
		}
		h.answer(t, "d", "answer", core.FreeRef+"m")
		if got := <-m; got.got != "answer" || got.err != nil {
			t.Errorf("the platform got %+v", got)
		}
	})
}

// Whoever answers may die before the message is filed: the next process files it.
func TestFiledThoughNoted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &shelf{m: map[string]string{"t/held/u/m": "older\nolder words"}}
		h := newHeld(v, false)
		if got := <-h.ask("m"); got.got != "older words" || got.err != nil || h.filed != 1 {
			t.Errorf("the platform got %+v, filed %d times", got, h.filed)
		}
	})
}

// asked is one request for message ref and what became of it.
type asked struct {
	end end
	err error
	got string
}

type held struct {
	*Holds
	filed int
	fail  error // of the next filing
	cut   error // of the next write
	slow  time.Duration
	mine  sync.Mutex
}

func newHeld(v core.Values, only bool) *held {
	return &held{Holds: &Holds{Prefix: "t/", Wait: 4 * time.Second, Every: 5 * time.Second, Tries: 3, Only: only, Values: v, Now: time.Now}}
}

// ask makes a request, as the platform does with its deadline.
func (h *held) ask(ref string) chan asked {
	out := make(chan asked, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), h.Every)
		defer cancel()
		var a asked
		a.end, a.err = h.attend(ctx, ask{Request: Request{
			Ref: ref, Peer: "u", At: time.Now(),
			File: func(context.Context) error {
				err := h.fail
				if h.fail = nil; err == nil {
					h.filed++
				}
				return err
			},
		}, write: func(b []byte) error {
			h.mine.Lock()
			d, err := h.slow, h.cut
			h.slow, h.cut = 0, nil
			h.mine.Unlock()
			time.Sleep(d)
			if err == nil {
				a.got = string(b)
			}
			return err
		},
		})
		out <- a
	}()
	synctest.Wait()
	return out
}

func (h *held) answer(t *testing.T, id, s, want string) {
	t.Helper()
	ref, err := h.Answer(t.Context(), "u", id, []byte(s))
	if ref != want || err != nil {
		t.Errorf("%s: ref %q, %v, want %q", id, ref, err, want)
	}
}

func TestHolds(t *testing.T) {
	run := func(name string, only bool, f func(t *testing.T, h *held, v *shelf)) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := &shelf{m: map[string]string{}}
				f(t, newHeld(v, only), v)
			})
		})
	}
	expect := func(t *testing.T, c chan asked, v end, s string) {
		t.Helper()
		if a := <-c; a.end != v || a.got != s || a.err != nil {
			t.Errorf("got %+v, want %v %q", a, v, s)
		}
	}
	run("an answer in time", false, func(t *testing.T, h *held, _ *shelf) {
		c := h.ask("m")
		h.answer(t, "d1", "A", "free/m")
		expect(t, c, answered, "A")
		h.answer(t, "d2", "B", "")           // one answer per request
		expect(t, h.ask("m"), answered, "A") // a repeat gets the same
		if h.filed != 1 {                    // and is not filed again
			t.Errorf("filed %d times", h.filed)
		}
	})
	run("too late", false, func(t *testing.T, h *held, _ *shelf) {
		start := time.Now()
		expect(t, h.ask("m"), nothing, "")
		if d := time.Since(start); d != h.Wait {
			t.Errorf("held for %v", d)
		}
		c := h.ask("m") // the platform did not hear that there is nothing
		h.answer(t, "d1", "A", "free/m")
		expect(t, c, answered, "A")
	})
	run("answered another way", false, func(t *testing.T, h *held, _ *shelf) {
		expect(t, h.ask("m"), nothing, "")
		h.answer(t, "d1", "A", "")
		if err := h.BeginOther(t.Context(), "u", "d1"); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		expect(t, h.ask("m"), nothing, "")
		if time.Since(start) != 0 {
			t.Error("a repeat was held though its answer is out")
		}
	})
	run("not yet answered another way", false, func(t *testing.T, h *held, _ *shelf) {
		expect(t, h.ask("m"), nothing, "")
		h.answer(t, "d1", "A", "") // the other way is shut just now
		c := h.ask("m")
		h.answer(t, "d1", "A", "free/m")
		expect(t, c, answered, "A")
	})
	run("at the same time", false, func(t *testing.T, h *held, _ *shelf) {
		a, b, c := h.ask("m"), h.ask("m"), h.ask("m")
		h.answer(t, "d1", "A", "free/m")
		expect(t, a, nothing, "")
		expect(t, b, nothing, "")
		expect(t, c, answered, "A") // the platform has given the others up
	})
	run("the oldest first", false, func(t *testing.T, h *held, _ *shelf) {
		a, b := h.ask("m1"), h.ask("m2")
		h.answer(t, "d1", "A", "free/m1")
		h.answer(t, "d2", "B", "free/m2")
		expect(t, a, answered, "A")
		expect(t, b, answered, "B")
	})
	run("not filed", false, func(t *testing.T, h *held, _ *shelf) {
		h.fail = errors.New("disk full")
		if a := <-h.ask("m"); a.err == nil {
			t.Error("no error though it was not filed")
		}
		c := h.ask("m")
		h.answer(t, "d1", "A", "free/m")
		expect(t, c, answered, "A")
	})
	run("the connection breaks while it is written", false, func(t *testing.T, h *held, _ *shelf) {
		h.cut = errors.New("reset")
		a := h.ask("m")
		done := make(chan bool)
		go func() { h.answer(t, "d1", "A", "free/m"); close(done) }() // waits for the repeat: only that proves what the platform has
		expect(t, a, answered, "")
		expect(t, h.ask("m"), answered, "A")
		<-done
	})
	run("the platform reads slowly", false, func(t *testing.T, h *held, _ *shelf) {
		h.slow = time.Minute
		a := h.ask("m")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if ref, err := h.Answer(ctx, "u", "d1", []byte("A")); ref != "" || err == nil || core.KindOf(err) != core.KindUnknown || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("ref %q, %v, want unknown", ref, err)
		}
		expect(t, h.ask("m"), answered, "A") // it gets it the second time
		<-a
	})
	run("it breaks and nothing is repeated", false, func(t *testing.T, h *held, _ *shelf) {
		h.cut = errors.New("reset")
		a := h.ask("m")
		if ref, err := h.Answer(t.Context(), "u", "d1", []byte("A")); ref != "" || err == nil || core.KindOf(err) != core.KindUnknown {
			t.Errorf("ref %q, %v, want unknown", ref, err)
		}
		expect(t, a, answered, "")
	})
	run("a process dies before it wrote", false, func(t *testing.T, h *held, v *shelf) {
		v.m["t/held/u/m"] = "d1\nA"
		if ref, began, err := h.Recall(t.Context(), "u", "d1"); ref != "" || !began || err != nil {
			t.Errorf("recalls %q %v %v, want that it began", ref, began, err)
		}
		expect(t, h.ask("m"), answered, "A")
		if ref, began, err := h.Recall(t.Context(), "u", "d1"); ref != "free/m" || !began || err != nil {
			t.Errorf("recalls %q %v %v, want that it was sent", ref, began, err)
		}
		if h.filed != 1 { // to file it twice is no error, and the dead process may not have
			t.Errorf("filed %d times by the next process", h.filed)
		}
		if _, began, _ := h.Recall(t.Context(), "u", "d2"); began {
			t.Error("recalls what never began")
		}
	})
	run("another way is noted", false, func(t *testing.T, h *held, _ *shelf) {
		if err := h.BeginOther(t.Context(), "u", "d1"); err != nil {
			t.Fatal(err)
		}
		if _, began, _ := h.Recall(t.Context(), "u", "d1"); !began {
			t.Error("not recalled")
		}
		if err := h.CancelOther(t.Context(), "d1"); err != nil {
			t.Fatal(err)
		}
		if _, began, _ := h.Recall(t.Context(), "u", "d1"); began {
			t.Error("recalled though it was taken back")
		}
	})
	run("no other way", true, func(t *testing.T, h *held, _ *shelf) {
		a := h.ask("m")
		if v := <-a; v.end == answered { // the platform gives up after 5 s
			t.Errorf("got %+v", v)
		}
		go func() { time.Sleep(100 * time.Millisecond); h.ask("m") }()
		h.answer(t, "d1", "A", "free/m") // between two requests: it waits for the next
	})
	run("no other way and too late", true, func(t *testing.T, h *held, _ *shelf) {
		for range 2 {
			<-h.ask("m")
		}
		start := time.Now()
		expect(t, h.ask("m"), nothing, "") // the last: something must be said
		if d := time.Since(start); d != h.Wait {
			t.Errorf("the last request was held for %v", d)
		}
		h.answer(t, "d1", "A", "")
	})
}
