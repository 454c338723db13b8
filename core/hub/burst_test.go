package hub

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// Customers whose lines wait for the rest of a burst, more of them than are
// looked for at a time, keep nobody else waiting.
func TestBursts(t *testing.T) {
	s := newStage(t)
	for i := range 600 {
		s.in(core.Envelope{Channel: "web", Peer: core.Peer{ID: fmt.Sprint("p", i), Lang: "en"}, Parts: core.Parts{core.Text{Body: "well"}}})
	}
	begin := s.clock
	s.clock = begin.Add(time.Millisecond)
	s.in(core.Envelope{Channel: "web", Peer: core.Peer{ID: "ann", Lang: "en"}, Parts: core.Parts{core.Text{Body: "ping 1"}}})
	s.work(0)
	if got := said(s.web.take()); strings.Count(got, "pong") != 1 || strings.Count(got, "bot:") > 2 {
		t.Errorf("said while 600 wait: %q", got)
	}
	st, err := s.store.Stats(t.Context())
	if err != nil || st.Unread != 600 {
		t.Fatalf("%d are left unread, %v", st.Unread, err)
	}

	// Another process has filed this one: only the poll can find it.
	bob := core.Key{Channel: "web", Peer: "bob"}
	_, err = s.store.Receive(t.Context(), bob, core.Envelope{Channel: "web", Ref: "b", Filed: s.clock, Peer: core.Peer{ID: "bob", Lang: "en"}, Parts: core.Parts{core.Text{Body: "ping 2"}}})
	if err != nil {
		t.Fatal(err)
	}
	s.search(t.Context())
	if !slices.Equal(s.turns.keys(), []core.Key{bob}) {
		t.Errorf("the poll wants turns of %v", s.turns.keys())
	}

	// One line more is read with the first one; the others are read when their time has come.
	s.in(core.Envelope{Channel: "web", Peer: core.Peer{ID: "p7", Lang: "en"}, Parts: core.Parts{core.Text{Body: "ping 3"}}})
	s.work(0)
	if got := said(s.web.take()); strings.Count(got, "pong") != 2 {
		t.Errorf("said to bob and p7: %q", got)
	}
	s.work(10 * time.Second)
	if st, err := s.store.Stats(t.Context()); err != nil || st.Unread != 0 {
		t.Errorf("%d were never read, %v", st.Unread, err)
	}
}

// A line that waits for the rest of its burst when the program stops is answered
// by the next one when the time has come, not when somebody writes.
func TestBurstThroughRestart(t *testing.T) {
	s := newStage(t)
	s.in(core.Envelope{Channel: "web", Peer: core.Peer{ID: "ann", Lang: "en"}, Parts: core.Parts{core.Text{Body: "well"}}})
	s.work(0)
	s.Hub = testHub(s.store, func() time.Time { return s.clock })
	if err := errors.Join(s.Connect("web", core.RoleChannel, s.web), s.Connect("desk", core.RoleDesk, s.desk), s.Load(t.Context())); err != nil {
		t.Fatal(err)
	}
	s.work(3 * time.Hour)
	if st, err := s.store.Stats(t.Context()); err != nil || st.Unread != 0 || len(s.web.take()) == 0 {
		t.Errorf("%d are left unread, %v", st.Unread, err)
	}
}

// Conversations whose turns fail, and are taken again later, hide no other one
// from the poll.
func TestFailingTurns(t *testing.T) {
	s := newStage(t)
	for i := range perSearch {
		key := core.Key{Channel: "web", Peer: fmt.Sprint("p", i)}
		_, err := s.store.Receive(t.Context(), key, core.Envelope{Channel: "web", Ref: key.Peer, Filed: s.clock, Parts: core.Parts{core.Text{Body: "ping"}}})
		if err != nil {
			t.Fatal(err)
		}
		s.turns.fail(key, s.clock.Add(retryTurn))
	}
	ann := core.Key{Channel: "web", Peer: "ann"}
	_, err := s.store.Receive(t.Context(), ann, core.Envelope{Channel: "web", Ref: "a", Filed: s.clock.Add(time.Millisecond), Parts: core.Parts{core.Text{Body: "ping"}}})
	if err := errors.Join(err, s.Load(t.Context())); err != nil {
		t.Fatal(err)
	}
	s.search(t.Context())
	if !slices.Equal(s.turns.keys(), []core.Key{ann}) {
		t.Errorf("the poll wants turns of %v", s.turns.keys())
	}
}

// keys are those of the conversations that wait for a turn.
func (p *pool) keys() (out []core.Key) {
	for _, w := range p.queued {
		out = append(out, w.key)
	}
	return out
}
