package hub

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// A stage is a hub on a real store with pipes at both ends and a clock of its
// own. Work is done when the test says so.
type stage struct {
	*Hub
	t         *testing.T
	web, desk *pipe
	clock     time.Time
	n         int
}

func newStage(t *testing.T) *stage {
	st, err := openStore(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	s := &stage{t: t, clock: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)}
	s.web = &pipe{name: "web", lim: core.Limits{Options: 10, Idempotent: true, Names: true}}
	s.desk = &pipe{name: "desk", lim: core.Limits{Threads: true, Cases: true}}
	s.Hub = testHub(st, func() time.Time { return s.clock })
	if err := errors.Join(s.Connect("web", core.RoleChannel, s.web), s.Connect("desk", core.RoleDesk, s.desk)); err != nil {
		t.Fatal(err)
	}
	return s
}

// work lets the given time pass, doing what falls due on the way.
func (s *stage) work(pass time.Duration) {
	s.t.Helper()
	for end := s.clock.Add(pass); ; {
		next, err := s.Work(s.t.Context())
		if err != nil {
			s.t.Fatal(err)
		}
		if next.IsZero() || next.After(end) {
			s.clock = end
			break
		}
		s.clock = next
	}
	if _, err := s.Work(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) in(env core.Envelope) {
	s.t.Helper()
	s.n++
	if env.Ref == "" {
		env.Ref = fmt.Sprint("ref", s.n)
	}
	if err := s.Receive(s.t.Context(), env); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) says(peer, text string) {
	s.t.Helper()
	s.in(core.Envelope{Channel: "web", Peer: core.Peer{ID: peer, Lang: "en"}, Parts: core.Parts{core.Text{Body: text}}})
	s.work(2 * time.Second)
}

func (s *stage) staff(agent, thread string, p core.Part) {
	s.t.Helper()
	s.in(core.Envelope{Channel: "desk", Thread: thread, Peer: core.Peer{ID: agent, Name: strings.ToUpper(agent)}, Parts: core.Parts{p}})
	s.work(10 * time.Second)
}

// onDuty lets agents begin their day.
func (s *stage) onDuty(agents ...string) {
	s.t.Helper()
	for _, a := range agents {
		s.staff(a, "", core.Pick{Option: "on"})
	}
	s.desk.take()
}

// card is the thread of the newest case shown at the desk.
func (s *stage) card() string {
	s.t.Helper()
	for _, env := range s.desk.take() {
		if c, ok := env.Parts[0].(core.Case); ok && env.Thread == "" {
			return "t" + c.Ticket
		}
	}
	s.t.Fatal("no case was shown at the desk")
	return ""
}

// record is the conversation as it was kept, for a failing test's words.
func (s *stage) record(channel, peer string) string {
	rs, err := s.store.Past(s.t.Context(), core.PastQuery{Key: core.Key{Channel: channel, Peer: peer}, Max: 10_000})
	if err != nil {
		return err.Error()
	}
	return written(rs)
}

// written is a conversation's record in lines.
func written(rs []core.Record) string {
	var b strings.Builder
	for _, r := range rs {
		switch {
		case r.Event != nil:
			fmt.Fprintf(&b, "%d  * %s %s: %s %v\n", r.Seq, r.Event.Kind, r.Event.By.ID, r.Event.Why, r.Event.Data)
		case r.In:
			fmt.Fprintf(&b, "%d  > %s %s %v\n", r.Seq, r.Message.Channel, r.Message.Thread, r.Message.Parts)
		default:
			fmt.Fprintf(&b, "%d  < %s %s %s %v %s\n", r.Seq, r.Message.Channel, r.Message.Thread, r.State, r.Message.Parts, r.Why)
		}
	}
	return b.String()
}

func said(es []core.Envelope) string {
	var out []string
	for _, e := range es {
		out = append(out, fmt.Sprintf("%s: %s", e.By.Kind, e.Parts.Text()))
	}
	return strings.Join(out, "\n")
}

func ticketOf(t *testing.T, st core.Store, key core.Key) string {
	c, err := st.Conversation(t.Context(), key)
	if err != nil {
		t.Error(err)
	}
	return c.Ticket.ID
}
