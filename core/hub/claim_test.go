package hub

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk"
)

// Of fifty claims from three desks, made at the same moment on a hub that
// runs, one wins; each of the others is told who.
func TestClaimRaceDesks(t *testing.T) {
	st, err := openStore(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	h := testHub(st, time.Now)
	h.conf.Desk.Desks = nil
	desks := map[string]*pipe{}
	if err := h.Connect("web", core.RoleChannel, &pipe{name: "web", lim: core.Limits{Names: true}}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"console", "slack", "telegram"} {
		desks[name] = &pipe{name: name, lim: core.Limits{Threads: true, Cases: true}}
		h.conf.Desk.Desks = append(h.conf.Desk.Desks, desk.Desk{Name: name, Lang: "en", Crowd: -1})
		if err := h.Connect(name, core.RoleDesk, desks[name]); err != nil {
			t.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	key := core.Key{Channel: "web", Peer: "ann"}
	until := func(what string, ok func(core.Conversation, []core.Record) bool) {
		t.Helper()
		for end := time.Now().Add(time.Minute); time.Now().Before(end); runtime.Gosched() {
			c, _ := st.Conversation(t.Context(), key)
			rs, err := st.Past(t.Context(), core.PastQuery{Key: key, Max: 1000})
			if err == nil && ok(c, rs) {
				return
			}
		}
		rs, _ := st.Past(t.Context(), core.PastQuery{Key: key, Max: 1000})
		t.Fatalf("not within a minute: %s\n%s", what, written(rs))
	}
	err = h.Receive(t.Context(), core.Envelope{Channel: "web", Ref: "m1", Peer: core.Peer{ID: "ann", Lang: "en"}, Parts: core.Parts{core.Text{Body: "human"}}})
	if err != nil {
		t.Fatal(err)
	}
	until("three desks show it", func(c core.Conversation, _ []core.Record) bool { return c.Ticket != nil && len(c.Ticket.Shown) == 3 })
	names := slices.Sorted(maps.Keys(desks))
	var wg sync.WaitGroup
	begin := make(chan struct{})
	for i := range 50 {
		wg.Go(func() {
			<-begin
			err := h.Receive(t.Context(), core.Envelope{Channel: names[i%3], Thread: "t" + ticketOf(t, st, key), Ref: fmt.Sprint("claim", i),
				Peer: core.Peer{ID: fmt.Sprint("a", i), Name: fmt.Sprint("Agent", i)}, Parts: core.Parts{core.Pick{Option: "claim"}}})
			if err != nil {
				t.Error(err)
			}
		})
	}
	close(begin)
	wg.Wait()
	count := func(rs []core.Record, kind core.EventKind) (n int) {
		for _, r := range rs {
			if r.Event != nil && r.Event.Kind == kind {
				n++
			}
		}
		return n
	}
	until("fifty are answered", func(_ core.Conversation, rs []core.Record) bool {
		return count(rs, core.EventClaimed) > 0 && count(rs, core.EventClaimed)+count(rs, core.EventRefused) == 50
	})
	until("everything is sent", func(core.Conversation, []core.Record) bool {
		st, err := st.Stats(t.Context())
		return err == nil && st.Outbox == 0
	})
	until("one owner", func(c core.Conversation, rs []core.Record) bool {
		return count(rs, core.EventClaimed) == 1 && c.Ticket.State == core.TicketActive && c.Ticket.Agent != ""
	})
	c, err := st.Conversation(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	told, winner := 0, h.line.scene().Agents[c.Ticket.Agent].Name
	for _, d := range desks {
		for _, e := range d.take() {
			if e.Parts.Text() == winner+" has claimed it already." && e.Peer.ID != "" && e.Peer.ID != strings.ToLower(winner) {
				told++
			}
		}
	}
	if told != 49 {
		t.Errorf("%d of 49 losers were told that %q has it", told, winner)
	}
}

// Of fifty claims at the same moment one wins; the others are told who.
func TestClaimRace(t *testing.T) {
	s := newStage(t)
	var all []string
	for i := range 50 {
		all = append(all, fmt.Sprint("a", i))
	}
	s.says("ann", "human")
	thread := s.card()
	s.onDuty(all[0])
	for i := range 50 {
		s.in(core.Envelope{Channel: "desk", Thread: thread, Peer: core.Peer{ID: fmt.Sprint("a", i), Name: fmt.Sprint("Agent", i)},
			Parts: core.Parts{core.Pick{Option: "claim"}}})
	}
	s.work(time.Second)
	rs, err := s.store.Past(t.Context(), core.PastQuery{Key: core.Key{Channel: "web", Peer: "ann"}, Max: 1000})
	if err != nil {
		t.Fatal(err)
	}
	claims := 0
	for _, r := range rs {
		if r.Event != nil && r.Event.Kind == core.EventClaimed {
			claims++
		}
	}
	c, _ := s.store.Conversation(t.Context(), core.Key{Channel: "web", Peer: "ann"})
	told := strings.Count(said(s.desk.take()), s.line.scene().Agents[c.Ticket.Agent].Name)
	if claims != 1 || told < 49 {
		t.Errorf("%d claims, %d were told who has it\n%s", claims, told, s.record("web", "ann"))
	}
}
