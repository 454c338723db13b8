package hub

import (
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/reassure"
	"github.com/frontdesk-im/frontdesk/flows"
)

// looked is a stage with the policies that come with the program, and one agent who
// has as many customers as they take.
func looked(t *testing.T) *stage {
	ps, err := reassure.Load(flows.Policies, flows.Policies)
	if err != nil {
		t.Fatal(err)
	}
	s := newStage(t)
	s.conf.Policies = func() reassure.Policies { return ps }
	s.rules.Waits = s.waits.of
	s.onDuty("bob")
	for _, p := range []string{"c1", "c2", "c3", "c4", "c5"} {
		s.says(p, "human")
		thread := s.card()
		s.staff("bob", thread, core.Pick{Option: "claim"})
		s.staff("bob", thread, core.Text{Body: "hello"})
	}
	s.web.take()
	return s
}

// hears is what ann has been told since it was last asked for.
func (s *stage) hears() string {
	var out []core.Envelope
	for _, env := range s.web.take() {
		if env.Peer.ID == "ann" {
			out = append(out, env)
		}
	}
	return said(out)
}

// ticket is the one of a customer as it is kept.
func (s *stage) ticket(peer string) core.Ticket {
	s.t.Helper()
	c, err := s.store.Conversation(s.t.Context(), core.Key{Channel: "web", Peer: peer})
	if err != nil {
		s.t.Fatal(err)
	}
	return *c.Ticket
}

// A wait as its customer reads it: how they stand, whether they are still there,
// their digits, and silence from the moment an agent has them.
func TestWait(t *testing.T) {
	s := looked(t)
	s.says("ann", "human")
	got := s.hears()
	if !strings.Contains(got, "You are in line") || !strings.Contains(got, "9 leave the line") || strings.Count(got, "in line") > 2 {
		t.Fatalf("on getting in line:\n%s", got)
	}
	s.work(5 * time.Minute)
	if got := s.hears(); strings.Count(got, "bot:") != 1 || !strings.Contains(got, "Are you still there?") {
		t.Fatalf("after 5 min:\n%s", got)
	}
	if k := s.ticket("ann"); k.Held.IsZero() {
		t.Error("the line does not pass over somebody who may be gone")
	}
	s.says("ann", "1")
	if got := s.hears(); !strings.Contains(got, "I keep your place") {
		t.Errorf("1: %s", got)
	}
	if k := s.ticket("ann"); !k.Held.IsZero() || k.State != core.TicketWaiting {
		t.Errorf("1: %+v", k)
	}
	thread := "t" + s.ticket("ann").ID
	s.staff("bob", thread, core.Pick{Option: "claim"})
	s.staff("bob", thread, core.Text{Body: "hello"})
	s.web.take()
	s.work(30 * time.Minute)
	for _, env := range s.web.take() {
		if env.Policy != "" || strings.Contains(env.Parts.Text(), "still there") {
			t.Errorf("after the pickup: %s", env.Parts.Text())
		}
	}
}

// Nobody answers: set aside, not lost. A word brings the old place back, and the
// policy looks after them again.
func TestSetAside(t *testing.T) {
	s := looked(t)
	s.says("ann", "human")
	came := s.ticket("ann").Since
	s.work(12 * time.Minute)
	if k := s.ticket("ann"); k.State != core.TicketParked || !k.Since.Equal(came) {
		t.Fatalf("%+v\n%s", k, s.record("web", "ann"))
	}
	s.web.take()
	s.work(time.Hour)
	if got := s.hears(); got != "" {
		t.Errorf("to somebody set aside:\n%s", got)
	}
	s.says("ann", "hello?")
	if k := s.ticket("ann"); k.State != core.TicketWaiting || !k.Since.Equal(came) || !strings.Contains(s.hears(), "old place") {
		t.Fatalf("%+v\n%s", k, s.record("web", "ann"))
	}
	c, err := s.store.Conversation(t.Context(), core.Key{Channel: "web", Peer: "ann"})
	if err != nil || c.Wakes.At(core.WakeWait).IsZero() {
		t.Errorf("nobody looks after them: %v %v", c.Wakes, err)
	}
}

// Digits do what the text says.
func TestWaitDigits(t *testing.T) {
	for digit, want := range map[string]struct {
		state core.TicketState
		says  string
	}{
		"2": {core.TicketMessage, "answer"}, "3": {core.TicketMessage, "call you"}, "9": {core.TicketClosed, "left the line"}, "0": {core.TicketWaiting, "still in line"},
	} {
		s := looked(t)
		s.says("ann", "human")
		s.web.take()
		s.work(time.Minute)
		s.says("ann", digit)
		if got := strings.ToLower(s.hears()); !strings.Contains(got, strings.ToLower(want.says)) || strings.Count(got, "bot:") != 1 {
			t.Errorf("%s: %s", digit, got)
		}
		if k := s.ticket("ann"); k.State != want.state {
			t.Errorf("%s: %s", digit, k.State)
		}
		s.work(time.Hour)
		if c, err := s.store.Conversation(t.Context(), core.Key{Channel: "web", Peer: "ann"}); err != nil || want.state != core.TicketWaiting && !c.Wakes.At(core.WakeWait).IsZero() {
			t.Errorf("%s: still looked after: %v %v", digit, c.Wakes, err)
		}
	}
}

// With nobody waiting and somebody free, the customer is told just that a phone rings.
func TestRingsAtOnce(t *testing.T) {
	s := looked(t)
	s.onDuty("eve")
	s.says("ann", "human")
	if got := s.hears(); strings.Contains(got, "in line") || !strings.Contains(strings.ToLower(got), "connect") {
		t.Errorf("%s", got)
	}
}

// The switch stops what policies say, and nothing of that comes later.
func TestWaitHalted(t *testing.T) {
	s := looked(t)
	s.says("ann", "human")
	s.web.take()
	s.staff("bob", "", core.Text{Body: "!reassure stop"})
	s.work(7 * time.Minute)
	if got := s.hears(); got != "" {
		t.Errorf("stopped: %s", got)
	}
	if log := s.record("web", "ann"); !strings.Contains(log, "M2: halted") {
		t.Errorf("nothing says why:\n%s", log)
	}
	s.staff("bob", "", core.Text{Body: "!reassure resume all it was a slip"})
	s.work(time.Minute)
	if got := s.hears(); got != "" {
		t.Errorf("said later: %s", got)
	}
}

// Whoever an agent gives back is looked after again.
func TestWaitAgain(t *testing.T) {
	s := looked(t)
	s.says("ann", "human")
	thread := "t" + s.ticket("ann").ID
	s.staff("bob", thread, core.Pick{Option: "claim"})
	s.work(2 * time.Minute)
	s.staff("bob", thread, core.Pick{Option: "release"})
	if k := s.ticket("ann"); k.State != core.TicketWaiting && k.State != core.TicketRinging {
		t.Fatalf("%+v", k)
	}
	s.staff("bob", "", core.Pick{Option: "on"})
	s.web.take()
	s.work(8 * time.Minute)
	if got := s.hears(); !strings.Contains(got, "still there") && !strings.Contains(got, "Still there") {
		t.Errorf("%s\n%s", got, s.record("web", "ann"))
	}
}

// Whoever is in danger is passed over by nobody, however silent they were before.
func TestWaitDanger(t *testing.T) {
	s := looked(t)
	s.says("ann", "human")
	s.work(5 * time.Minute)
	if k := s.ticket("ann"); k.Held.IsZero() {
		t.Fatal("nobody asked whether she is still there")
	}
	s.says("ann", "I want to kill myself")
	if k := s.ticket("ann"); !k.Held.IsZero() || k.Mood != "selfharm" {
		t.Errorf("%+v", k)
	}
}
