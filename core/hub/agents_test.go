package hub

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk"
)

// Who goes home, by a command in any thread, keeps no ticket and gets no
// new one.
func TestGoingHome(t *testing.T) {
	s := newStage(t)
	s.onDuty("lin")
	s.says("ann", "human")
	thread := s.card()
	s.staff("lin", thread, core.Pick{Option: "claim"})
	s.says("ben", "human")
	s.staff("lin", s.card(), core.Text{Body: "!off force"})
	for _, peer := range []string{"ann", "ben"} {
		c, err := s.store.Conversation(t.Context(), core.Key{Channel: "web", Peer: peer})
		if err != nil || c.Ticket.Agent != "" {
			t.Errorf("%s is still with %s, %v", peer, c.Ticket.Agent, err)
		}
	}
}

// What an agent has written goes out once, though the program dies while
// it is held and the platform is busy afterwards.
func TestHoldSurvives(t *testing.T) {
	s := newStage(t)
	s.conf.Desk.Desks[0].Hold = desk.DefaultHold
	s.onDuty("lin")
	s.says("ann", "human")
	thread := s.card()
	s.staff("lin", thread, core.Pick{Option: "claim"})
	s.in(core.Envelope{Channel: "desk", Thread: thread, Peer: core.Peer{ID: "lin", Name: "LIN"}, Parts: core.Parts{core.Text{Body: "one moment"}}})
	s.work(time.Second)
	s.web.take()
	old := s.Hub
	s.Hub = testHub(s.store, func() time.Time { return s.clock })
	n := 0
	s.web.fail = func(core.Envelope) error {
		if n++; n < 3 {
			return &core.SendError{Kind: core.KindThrottled, After: 20 * time.Second, Err: errors.New("429")}
		}
		return nil
	}
	if err := errors.Join(s.Connect("web", core.RoleChannel, s.web), s.Connect("desk", core.RoleDesk, s.desk), s.Load(t.Context())); err != nil {
		t.Fatal(err)
	}
	old.stop()
	s.work(10 * time.Second) // a hub that has just begun has noted no times yet
	s.work(time.Minute)
	if got := said(s.web.take()); got != "agent: one moment" || n != 3 {
		t.Errorf("the customer reads %q after %d attempts\n%s", got, n, s.record("web", "ann"))
	}
	if last := s.desk.marks[len(s.desk.marks)-1]; !strings.Contains(last, string(core.MarkArrived)) {
		t.Errorf("marks: %q", s.desk.marks)
	}
}

// A break said in a ticket's thread ends by itself all the same.
func TestBreakFromThread(t *testing.T) {
	s := newStage(t)
	s.onDuty("lin")
	s.says("ann", "human")
	thread := s.card()
	s.staff("lin", thread, core.Pick{Option: "claim"})
	s.staff("lin", thread, core.Text{Body: "!break 20m"})
	is := func(want core.Presence) {
		t.Helper()
		if a := s.line.scene().Agents["desk/lin"]; a.Presence != want {
			t.Errorf("%s: %+v", s.clock.Format("15:04:05"), a)
		}
	}
	is(core.OnBreak)
	s.work(19 * time.Minute)
	is(core.OnBreak)
	s.desk.take()
	s.work(2 * time.Minute)
	is(core.OnDuty)
	if got := said(s.desk.take()); !strings.Contains(got, "break is over") {
		t.Errorf("said %s", got)
	}
}
