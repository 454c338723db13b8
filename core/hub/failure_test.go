package hub

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk"
	"github.com/frontdesk-im/frontdesk/core/dialog"
)

// What fails is tried again in order, given up visibly, and never said twice.
func TestFailures(t *testing.T) {
	serve := func(t *testing.T) (*stage, string) {
		s := newStage(t)
		s.onDuty("lin")
		s.says("ann", "human")
		thread := s.card()
		s.staff("lin", thread, core.Pick{Option: "claim"})
		s.web.take()
		return s, thread
	}
	t.Run("transient, then order", func(t *testing.T) {
		s, thread := serve(t)
		n := 0
		s.web.fail = func(core.Envelope) error {
			if n++; n < 4 {
				return &core.SendError{Kind: core.KindTransient, Err: errors.New("busy")}
			}
			return nil
		}
		s.staff("lin", thread, core.Text{Body: "one"})
		s.staff("lin", thread, core.Text{Body: "two"})
		s.work(time.Minute)
		if got := said(s.web.take()); got != "agent: one\nagent: two" {
			t.Errorf("got %s", got)
		}
	})
	t.Run("rejected", func(t *testing.T) {
		s, thread := serve(t)
		s.web.fail = func(e core.Envelope) error {
			if e.By.Kind == core.ByAgent {
				return &core.SendError{Kind: core.KindRejected, Err: errors.New("a word is banned there")}
			}
			return nil
		}
		s.desk.take()
		s.staff("lin", thread, core.Text{Body: "one"})
		last := s.desk.marks[len(s.desk.marks)-1]
		if !strings.Contains(last, string(core.MarkFailed)) || !strings.Contains(last, "banned") {
			t.Errorf("marks: %q", s.desk.marks)
		}
		if got := said(s.desk.take()); !strings.Contains(got, "banned") {
			t.Errorf("the agent is not told why: %s", got)
		}
	})
	t.Run("unknown is repeated where repeats are dropped", func(t *testing.T) {
		s, thread := serve(t)
		n := 0
		s.web.fail = func(e core.Envelope) error {
			if n++; n == 1 {
				s.web.sent = append(s.web.sent, e)
				s.web.seen[e.ID] = true
				return &core.SendError{Kind: core.KindUnknown, Err: errors.New("cut off")}
			}
			return nil
		}
		s.staff("lin", thread, core.Text{Body: "one"})
		s.work(time.Minute)
		if got := said(s.web.take()); got != "agent: one" {
			t.Errorf("got %s", got)
		}
		if last := s.desk.marks[len(s.desk.marks)-1]; !strings.Contains(last, string(core.MarkArrived)) {
			t.Errorf("marks: %q", s.desk.marks)
		}
	})
	t.Run("unknown is marked where they are not", func(t *testing.T) {
		s, thread := serve(t)
		s.accounts["web"].limits.Idempotent = false
		n := 0
		s.web.fail = func(core.Envelope) error {
			if n++; n == 1 {
				return &core.SendError{Kind: core.KindUnknown, Err: errors.New("cut off")}
			}
			return nil
		}
		s.staff("lin", thread, core.Text{Body: "one"})
		s.work(time.Hour)
		if got := said(s.web.take()); strings.Contains(got, "one") {
			t.Errorf("said again: %s", got)
		}
		if last := s.desk.marks[len(s.desk.marks)-1]; !strings.Contains(last, string(core.MarkUnsure)) {
			t.Errorf("marks: %q", s.desk.marks)
		}
	})
	t.Run("a panic is one failed send", func(t *testing.T) {
		s, thread := serve(t)
		s.web.fail = func(e core.Envelope) error {
			if strings.Contains(e.Parts.Text(), "boom") {
				panic("adapter bug")
			}
			return nil
		}
		s.accounts["web"].limits.Idempotent = false
		s.staff("lin", thread, core.Text{Body: "boom"})
		s.staff("lin", thread, core.Text{Body: "after"})
		if got := said(s.web.take()); got != "agent: after" {
			t.Errorf("got %s", got)
		}
	})
}

// An adapter that hangs holds up nobody but itself.
func TestHangingAdapter(t *testing.T) {
	s := newStage(t)
	hang := make(chan struct{})
	stuck := &pipe{lim: core.Limits{Names: true, Idempotent: true}, fail: func(core.Envelope) error { <-hang; return nil }}
	if err := s.Connect("stuck", core.RoleChannel, stuck); err != nil {
		t.Fatal(err)
	}
	answered := make(chan struct{})
	s.web.fail = func(core.Envelope) error { close(answered); return nil }
	s.Hub.now = time.Now
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	for i := range 100 {
		s.in(core.Envelope{Channel: "stuck", Peer: core.Peer{ID: fmt.Sprint(i), Lang: "en"}, Parts: core.Parts{core.Text{Body: "ping 1"}}})
	}
	s.in(core.Envelope{Channel: "web", Peer: core.Peer{ID: "ann", Lang: "en"}, Parts: core.Parts{core.Text{Body: "ping 1"}}})
	<-answered
	close(hang)
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// A turn that cannot be decided harms nobody else and is not tried all the time.
func TestPoison(t *testing.T) {
	s := newStage(t)
	good := s.rules.Books("")
	var tries int
	s.rules.Books = func(string) *dialog.Engine {
		if tries++; tries < 3 {
			return nil // a nil script panics when it is asked
		}
		return good
	}
	s.in(core.Envelope{Channel: "web", Peer: core.Peer{ID: "ann", Lang: "en"}, Parts: core.Parts{core.Text{Body: "ping 1"}}})
	for range 2 {
		if err := s.turn(t.Context(), core.Key{Channel: "web", Peer: "ann"}); err == nil || !strings.Contains(err.Error(), "panicked") {
			t.Fatalf("got %v", err)
		}
	}
	s.work(10 * time.Second)
	if got := said(s.web.take()); !strings.Contains(got, "pong") {
		t.Errorf("not answered after the script was mended: %s", got)
	}
}

// A message that may have arrived is counted like one that has, and what costs
// nothing is not: the platform's own count is never exceeded.
func TestLedgerIsCharged(t *testing.T) {
	s := newStage(t)
	a := s.accounts["web"]
	a.limits.Idempotent, a.limits.Allowances = false, []core.Allowance{{After: "message", Count: 5, Within: time.Hour}}
	s.in(core.Envelope{Channel: "web", Peer: core.Peer{ID: "ann", Lang: "en"}, Cause: "message", Parts: core.Parts{core.Text{Body: "hello"}}})
	key := core.Key{Channel: "web", Peer: "ann"}
	left := func() int {
		t.Helper()
		c, err := s.store.Conversation(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		return c.Ledger.Room(s.clock)
	}
	s.work(2 * time.Second)
	had := left()
	for _, c := range []struct {
		outcome core.Attempt
		ref     string
		err     error
		cost    int
	}{
		{core.AttemptSent, "r1", nil, 1},
		{core.AttemptSent, core.FreeRef + "r2", nil, 0},
		{core.AttemptAgain, "", &core.SendError{Kind: core.KindTransient, Err: errors.New("busy")}, 0},
		{core.AttemptUnknown, "", &core.SendError{Kind: core.KindUnknown, Err: errors.New("cut off")}, 1},
		{core.AttemptGaveUp, "", &core.SendError{Kind: core.KindClosed, Err: errors.New("out of quota")}, had - 2},
	} {
		a.charge(t.Context(), core.Result{Delivery: core.Delivery{Key: key}, Outcome: c.outcome, Ref: c.ref, Err: c.err})
		if had -= c.cost; left() != had {
			t.Errorf("after %s %q %v: %d are left, want %d", c.outcome, c.ref, c.err, left(), had)
		}
	}
}

// A ticket's thread is deleted while its customer waits: the ticket is
// shown in a new one with what was said last, and nothing is lost, neither what
// the customer wrote meanwhile nor what the agent has just said.
func TestThreadDeleted(t *testing.T) {
	s := newStage(t)
	s.conf.Desk.Desks[0].Hold = desk.DefaultHold
	s.onDuty("lin")
	s.says("ann", "human")
	thread := s.card()
	s.staff("lin", thread, core.Pick{Option: "claim"})
	s.in(core.Envelope{Channel: "desk", Thread: thread, Peer: core.Peer{ID: "lin", Name: "LIN"}, Parts: core.Parts{core.Text{Body: "one moment"}}})
	s.work(time.Second) // it is held
	s.desk.take()
	s.web.take()
	gone := true
	s.desk.fail = func(e core.Envelope) error {
		if c, ok := e.Parts[0].(core.Case); ok && e.Thread == "" {
			if gone = false; !strings.Contains(strings.Join(c.Lines, "\n"), "human") {
				t.Errorf("the new card does not say what was said: %q", c.Lines)
			}
		}
		if gone && e.Thread == thread {
			return &core.SendError{Kind: core.KindGone, Err: errors.New("the thread was deleted")}
		}
		return nil
	}
	s.says("ann", "are you there?")
	s.says("ann", "hello?")
	s.work(30 * time.Second)
	var got []string
	for _, e := range s.desk.take() {
		if _, ok := e.Parts[0].(core.Case); ok {
			got = append(got, "card in "+e.Thread)
		} else {
			got = append(got, e.Parts.Text())
		}
	}
	text := strings.Join(got, "\n")
	if len(got) == 0 || got[0] != "card in " || strings.Index(text, "are you there?") > strings.Index(text, "hello?") || strings.Count(text, "are you there?") != 1 || !strings.Contains(text, "thread was deleted") {
		t.Errorf("the desk shows\n%s\n%s", text, s.record("web", "ann"))
	}
	if got := said(s.web.take()); got != "agent: one moment" {
		t.Errorf("the customer reads %q", got)
	}
}

// A platform that lets one customer wait does not hold up the others, unless it
// says so of the account.
func TestThrottledPeer(t *testing.T) {
	for _, only := range []bool{true, false} {
		s := newStage(t)
		busy := true
		s.web.fail = func(e core.Envelope) error {
			if busy && e.Peer.ID == "ann" {
				return &core.SendError{Kind: core.KindThrottled, After: time.Minute, Only: only, Err: errors.New("429")}
			}
			return nil
		}
		s.says("ann", "ping 1")
		s.says("ben", "ping 2")
		if got := said(s.web.take()); strings.Contains(got, "pong") != only {
			t.Errorf("only one peer: %v, and the other reads %q", only, got)
		}
		busy = false
		s.work(2 * time.Minute)
		if got := said(s.web.take()); !strings.Contains(got, "pong") {
			t.Errorf("after the time nobody reads anything: %q", got)
		}
	}
}
