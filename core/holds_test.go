package core

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// notes is the part of Values that Holds uses.
type notes struct {
	Values
	mu sync.Mutex
	m  map[string]string
}

func (n *notes) Get(_ context.Context, k string) (string, bool, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	v, ok := n.m[k]
	return v, ok, nil
}

func (n *notes) Put(_ context.Context, k, v string, _ time.Duration) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.m[k] = v
	return nil
}

func (n *notes) Delete(_ context.Context, k string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.m, k)
	return nil
}

func (n *notes) List(_ context.Context, prefix string, _ int) (out []Value, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for k, v := range n.m {
		if strings.HasPrefix(k, prefix) {
			out = append(out, Value{k, v})
		}
	}
	return out, nil
}

// asked is one request for message ref and what became of it.
type asked struct {
	verdict Verdict
	err     error
	got     string
}

type held struct {
	*Holds
	filed int
	fail  error // of the next filing
	cut   error // of the next write
	slow  time.Duration
	mine  sync.Mutex
}

func newHeld(v Values, only bool) *held {
	return &held{Holds: &Holds{Prefix: "t/", Wait: 4 * time.Second, Every: 5 * time.Second, Tries: 3, Only: only, Values: v, Now: time.Now}}
}

// ask makes a request, as the platform does with its deadline.
func (h *held) ask(ref string) chan asked {
	out := make(chan asked, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), h.Every)
		defer cancel()
		var a asked
		a.verdict, a.err = h.Hold(ctx, Ask{
			Ref: ref, Peer: "u", At: time.Now(),
			File: func(context.Context) error {
				err := h.fail
				if h.fail = nil; err == nil {
					h.filed++
				}
				return err
			},
			Write: func(b []byte) error {
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
	run := func(name string, only bool, f func(t *testing.T, h *held, v *notes)) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := &notes{m: map[string]string{}}
				f(t, newHeld(v, only), v)
			})
		})
	}
	expect := func(t *testing.T, c chan asked, v Verdict, s string) {
		t.Helper()
		if a := <-c; a.verdict != v || a.got != s || a.err != nil {
			t.Errorf("got %+v, want %v %q", a, v, s)
		}
	}
	run("an answer in time", false, func(t *testing.T, h *held, _ *notes) {
		c := h.ask("m")
		h.answer(t, "d1", "A", "free/m")
		expect(t, c, HoldAnswered, "A")
		h.answer(t, "d2", "B", "")               // one answer per request
		expect(t, h.ask("m"), HoldAnswered, "A") // a repeat gets the same
		if h.filed != 1 {                        // and is not filed again
			t.Errorf("filed %d times", h.filed)
		}
	})
	run("too late", false, func(t *testing.T, h *held, _ *notes) {
		start := time.Now()
		expect(t, h.ask("m"), HoldNothing, "")
		if d := time.Since(start); d != h.Wait {
			t.Errorf("held for %v", d)
		}
		c := h.ask("m") // the platform did not hear that there is nothing
		h.answer(t, "d1", "A", "free/m")
		expect(t, c, HoldAnswered, "A")
	})
	run("answered another way", false, func(t *testing.T, h *held, _ *notes) {
		expect(t, h.ask("m"), HoldNothing, "")
		h.answer(t, "d1", "A", "")
		start := time.Now()
		expect(t, h.ask("m"), HoldNothing, "")
		if time.Since(start) != 0 {
			t.Error("a repeat was held though its answer is out")
		}
	})
	run("at the same time", false, func(t *testing.T, h *held, _ *notes) {
		a, b, c := h.ask("m"), h.ask("m"), h.ask("m")
		h.answer(t, "d1", "A", "free/m")
		expect(t, a, HoldNothing, "")
		expect(t, b, HoldNothing, "")
		expect(t, c, HoldAnswered, "A") // the platform has given the others up
	})
	run("the oldest first", false, func(t *testing.T, h *held, _ *notes) {
		a, b := h.ask("m1"), h.ask("m2")
		h.answer(t, "d1", "A", "free/m1")
		h.answer(t, "d2", "B", "free/m2")
		expect(t, a, HoldAnswered, "A")
		expect(t, b, HoldAnswered, "B")
	})
	run("not filed", false, func(t *testing.T, h *held, _ *notes) {
		h.fail = errors.New("disk full")
		if a := <-h.ask("m"); a.err == nil {
			t.Error("no error though it was not filed")
		}
		c := h.ask("m")
		h.answer(t, "d1", "A", "free/m")
		expect(t, c, HoldAnswered, "A")
	})
	run("the connection breaks while it is written", false, func(t *testing.T, h *held, _ *notes) {
		h.cut = errors.New("reset")
		a := h.ask("m")
		done := make(chan bool)
		go func() { h.answer(t, "d1", "A", "free/m"); close(done) }() // waits for the repeat: only that proves what the platform has
		expect(t, a, HoldAnswered, "")
		expect(t, h.ask("m"), HoldAnswered, "A")
		<-done
	})
	run("the platform reads slowly", false, func(t *testing.T, h *held, _ *notes) {
		h.slow = time.Minute
		a := h.ask("m")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if ref, err := h.Answer(ctx, "u", "d1", []byte("A")); ref != "" || err == nil || KindOf(err) != Unknown || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("ref %q, %v, want unknown", ref, err)
		}
		expect(t, h.ask("m"), HoldAnswered, "A") // it gets it the second time
		<-a
	})
	run("it breaks and nothing is repeated", false, func(t *testing.T, h *held, _ *notes) {
		h.cut = errors.New("reset")
		a := h.ask("m")
		if ref, err := h.Answer(t.Context(), "u", "d1", []byte("A")); ref != "" || err == nil || KindOf(err) != Unknown {
			t.Errorf("ref %q, %v, want unknown", ref, err)
		}
		expect(t, a, HoldAnswered, "")
	})
	run("a process dies before it wrote", false, func(t *testing.T, h *held, v *notes) {
		v.m["t/held/u/m"] = "d1\nA"
		if ref, began, err := h.Recall(t.Context(), "u", "d1"); ref != "" || !began || err != nil {
			t.Errorf("recalls %q %v %v, want that it began", ref, began, err)
		}
		expect(t, h.ask("m"), HoldAnswered, "A")
		if ref, began, err := h.Recall(t.Context(), "u", "d1"); ref != "free/m" || !began || err != nil {
			t.Errorf("recalls %q %v %v, want that it was sent", ref, began, err)
		}
		if h.filed != 0 {
			t.Error("what was answered before was filed again")
		}
		if _, began, _ := h.Recall(t.Context(), "u", "d2"); began {
			t.Error("recalls what never began")
		}
	})
	run("another way is noted", false, func(t *testing.T, h *held, _ *notes) {
		if err := h.Begin(t.Context(), "d1"); err != nil {
			t.Fatal(err)
		}
		if _, began, _ := h.Recall(t.Context(), "u", "d1"); !began {
			t.Error("not recalled")
		}
		if err := h.Undo(t.Context(), "d1"); err != nil {
			t.Fatal(err)
		}
		if _, began, _ := h.Recall(t.Context(), "u", "d1"); began {
			t.Error("recalled though it was taken back")
		}
	})
	run("no other way", true, func(t *testing.T, h *held, _ *notes) {
		a := h.ask("m")
		if v := <-a; v.verdict == HoldAnswered { // the platform gives up after 5 s
			t.Errorf("got %+v", v)
		}
		go func() { time.Sleep(100 * time.Millisecond); h.ask("m") }()
		h.answer(t, "d1", "A", "free/m") // between two requests: it waits for the next
	})
	run("no other way and too late", true, func(t *testing.T, h *held, _ *notes) {
		for range 2 {
			<-h.ask("m")
		}
		start := time.Now()
		expect(t, h.ask("m"), HoldNothing, "") // the last: something must be said
		if d := time.Since(start); d != h.Wait {
			t.Errorf("the last request was held for %v", d)
		}
		h.answer(t, "d1", "A", "")
	})
}
