package hub

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// A faulty store loses turns that have been decided: the disk is full.
type faulty struct {
	core.Store
	full func(core.Key, core.Outcome) bool
}

func (s *faulty) Turn(ctx context.Context, key core.Key, now time.Time, f core.TurnFunc) (core.Committed, error) {
	return s.Store.Turn(ctx, key, now, func(c core.Conversation, unread []core.Envelope) (core.Outcome, error) {
		out, err := f(c, unread)
		if err == nil && s.full(key, out) {
			err = errors.New("the disk is full")
		}
		return out, err
	})
}

// once lets the first turn fail whose outcome says something like this to a desk.
func once(like func(core.Part) bool) func(core.Key, core.Outcome) bool {
	done := false
	return func(_ core.Key, o core.Outcome) bool {
		for _, e := range o.Say {
			if !done && e.Channel == "desk" && like(e.Parts[0]) {
				done = true
				return true
			}
		}
		return false
	}
}

// A ticket whose card could not be committed is shown all the same.
func TestShownAfterFault(t *testing.T) {
	s := newStage(t)
	s.conf.Desk.Desks[0].Crowd = 0
	s.store = &faulty{s.store, once(func(p core.Part) bool { _, ok := p.(core.Case); return ok })}
	s.says("ann", "human")
	s.work(2 * time.Minute)
	if got := s.desk.take(); len(got) != 1 {
		t.Errorf("the desk shows %d cards\n%s", len(got), s.record("web", "ann"))
	}
}

// A ticket that could not be given out is given out later.
func TestAssignedAfterFault(t *testing.T) {
	s := newStage(t)
	s.store = &faulty{s.store, func() func(core.Key, core.Outcome) bool {
		done := false
		return func(_ core.Key, o core.Outcome) bool {
			if k := o.Conversation.Ticket; !done && k != nil && k.State == core.TicketRinging {
				done = true
				return true
			}
			return false
		}
	}()}
	s.onDuty("lin")
	s.says("ann", "human")
	s.work(time.Minute)
	c, err := s.store.Conversation(t.Context(), core.Key{Channel: "web", Peer: "ann"})
	if err != nil || !strings.Contains(s.record("web", "ann"), string(core.EventRang)) {
		t.Errorf("nobody's phone rang: %+v, %v", c.Ticket, err)
	}
}

// What is said in a thread that was deleted is not lost, though the turn that
// shows the ticket anew could not be committed at first.
func TestThreadDeletedAfterFault(t *testing.T) {
	s := newStage(t)
	s.onDuty("lin")
	s.says("ann", "human")
	thread := s.card()
	s.staff("lin", thread, core.Pick{Option: "claim"})
	s.desk.take()
	gone := true
	s.desk.fail = func(e core.Envelope) error {
		if _, ok := e.Parts[0].(core.Case); ok && e.Thread == "" {
			gone = false
		}
		if gone && e.Thread == thread {
			return &core.SendError{Kind: core.KindGone, Err: errors.New("the thread was deleted")}
		}
		return nil
	}
	s.store = &faulty{s.store, once(func(p core.Part) bool { x, ok := p.(core.Case); return ok && x.State == string(core.TicketActive) })}
	s.says("ann", "are you there?")
	s.work(time.Minute)
	if got := said(s.desk.take()); !strings.Contains(got, "are you there?") {
		t.Errorf("the desk shows\n%s\n%s", got, s.record("web", "ann"))
	}
}

// The process may die after a break that was said in a ticket's thread is on the
// agent's record, and before it is noted when to end it.
func TestBreakSurvives(t *testing.T) {
	s := newStage(t)
	on := core.Agent{ID: "desk/lin", Name: "Lin", Presence: core.OnBreak, Since: s.clock, Until: s.clock.Add(20 * time.Minute)}
	_, err := s.store.Turn(t.Context(), core.Key{Channel: "web", Peer: "ann"}, s.clock, func(c core.Conversation, _ []core.Envelope) (core.Outcome, error) {
		return core.Outcome{Conversation: c, Agents: []core.AgentChange{{Now: on}}}, nil
	})
	if err := errors.Join(err, s.Load(t.Context())); err != nil {
		t.Fatal(err)
	}
	s.work(21 * time.Minute)
	if a := s.line.scene().Agents["desk/lin"]; a.Presence != core.OnDuty {
		t.Errorf("%+v", a)
	}
}

// What is wrong with an account is said in one line, whatever the platform says.
func TestReasons(t *testing.T) {
	s := newStage(t)
	s.web.fail = func(core.Envelope) error {
		return &core.SendError{Kind: core.KindDenied, Err: errors.New("bad\x00 token\n\xff " + strings.Repeat("x", 10_000))}
	}
	s.says("ann", "ping 1")
	if got := s.accounts["web"].trouble(); !strings.Contains(got, "bad token � x") || len(got) > 2000 || strings.ContainsAny(got, "\x00\n") {
		t.Errorf("the account says %q", got)
	}
}
