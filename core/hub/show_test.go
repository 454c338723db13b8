package hub

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk"
	"github.com/frontdesk-im/frontdesk/core/desk/card"
)

// A thousand customers ask for a person within ten minutes at two chat
// desks, whose two agents serve one each at a time. No desk gets more than two
// posts a minute besides those of the tickets that its own agents are given.
func TestThousandInLine(t *testing.T) {
	s := newStage(t)
	s.conf.Desk.Desks = []desk.Desk{{Name: "desk", Lang: "en"}, {Name: "night", Lang: "zh-CN"}}
	night := &pipe{name: "night", lim: core.Limits{Threads: true, Cases: true}}
	if err := s.Connect("night", core.RoleDesk, night); err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{"desk", "night"} {
		s.in(core.Envelope{Channel: d, Peer: core.Peer{ID: "lin", Name: "Lin", Facts: map[string]string{"role": "agent", "max": "1"}}, Parts: core.Parts{core.Pick{Option: "on"}}})
	}
	s.work(time.Second)
	for _, d := range []*pipe{s.desk, night} {
		d.take()
		busy := fmt.Sprint("busy at ", d.name) // one each, so that everybody else waits
		s.says(busy, "human")
		c, err := s.store.Conversation(t.Context(), core.Key{Channel: "web", Peer: busy})
		if err != nil || c.Ticket.Agent == "" {
			t.Fatalf("%+v, %v", c, err)
		}
		name, _, _ := strings.Cut(c.Ticket.Agent, "/")
		for _, p := range []core.Part{core.Pick{Option: "claim"}, core.Text{Body: "Hello!"}} {
			s.in(core.Envelope{Channel: name, Thread: "t" + c.Ticket.ID, Peer: core.Peer{ID: "lin"}, Parts: core.Parts{p}})
			s.work(10 * time.Second)
		}
	}
	posts := map[string][]time.Time{}
	for _, d := range []*pipe{s.desk, night} {
		d.fail = func(e core.Envelope) error {
			if c, card := e.Parts[0].(core.Case); e.Ticket == "" && !card || card && e.Thread == "" && c.State == string(core.TicketWaiting) {
				posts[d.name] = append(posts[d.name], s.clock)
			}
			return nil
		}
	}
	s.work(2 * time.Minute)
	clear(posts)
	start := s.clock
	for i := range 1000 {
		s.in(core.Envelope{Channel: "web", Peer: core.Peer{ID: fmt.Sprint("c", i), Lang: "en"}, Parts: core.Parts{core.Text{Body: "human"}}})
		if i%50 == 49 {
			s.work(30 * time.Second)
			s.digest(t.Context())
		}
	}
	for range 20 {
		s.work(30 * time.Second)
		s.digest(t.Context())
	}
	st, err := s.store.Stats(t.Context())
	if err != nil || st.Waiting < 900 {
		t.Fatalf("%d wait, %v", st.Waiting, err)
	}
	for name, at := range posts {
		for i := range at {
			if i >= card.PostsPerMinute && at[i].Sub(at[i-card.PostsPerMinute]) < time.Minute {
				t.Errorf("%s got a third post within a minute, at %s", name, at[i].Sub(start))
			}
		}
	}
	for _, name := range []string{"desk", "night"} {
		if len(posts[name]) < 10 {
			t.Errorf("%s got %d posts in twenty minutes: it is not told of the line", name, len(posts[name]))
		}
	}
}

// In calm times a customer who asks for a person is on the desk's wall at once,
// the third within a minute a little later; nobody is forgotten.
func TestShownInTurn(t *testing.T) {
	s := newStage(t)
	s.conf.Desk.Desks[0].Crowd = 0
	cards := func() (n int) {
		for _, e := range s.desk.take() {
			if _, ok := e.Parts[0].(core.Case); ok && e.Thread == "" {
				n++
			}
		}
		return n
	}
	for i, want := range []int{1, 1, 0} {
		s.says(fmt.Sprint("c", i), "human")
		if n := cards(); n != want {
			t.Errorf("after customer %d: %d cards", i, n)
		}
	}
	// A new process does not forget who is not shown.
	s.Hub = testHub(s.store, func() time.Time { return s.clock })
	s.conf.Desk.Desks[0].Crowd = 0
	if err := errors.Join(s.Connect("web", core.RoleChannel, s.web), s.Connect("desk", core.RoleDesk, s.desk), s.Load(t.Context())); err != nil {
		t.Fatal(err)
	}
	s.work(time.Minute)
	if n := cards(); n != 1 {
		t.Errorf("after a restart: %d cards", n)
	}
}

// Where a crowd waits for one topic and a few at a time for another, the cards of
// these leave room for the digest that tells of the crowd.
func TestDigestHasRoom(t *testing.T) {
	s := newStage(t)
	s.conf.Desk.Desks[0].Crowd = 0
	s.conf.Scene = func(sc core.Scene) core.Scene {
		sc.Lines = map[string]core.LineState{"crowd": {Waiting: 50}, "few": {Waiting: 3}}
		return sc
	}
	put := func(topic string, n int) {
		s.board.put(&core.Ticket{ID: fmt.Sprint(topic, n), Topic: topic, State: core.TicketWaiting})
	}
	put("crowd", 0)
	cards, digests := 0, 0
	for n := range 600 {
		if n%10 == 0 {
			put("few", n)
		}
		if u, ok := s.board.next("desk"); ok {
			cards++
			s.board.shown(u.ticket, "desk")
		}
		if n%30 == 29 && s.board.told("desk", s.clock) {
			digests++
		}
		s.clock = s.clock.Add(time.Second)
	}
	if cards < 8 || digests < 8 || cards+digests > 20 {
		t.Errorf("%d cards and %d digests in ten minutes", cards, digests)
	}
}
