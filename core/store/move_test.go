package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
	"github.com/frontdesk-im/frontdesk/core/store/driver"
	"github.com/frontdesk-im/frontdesk/core/store/pgtest"
)

// lived fills a store with what a shop has after a while: messages read and unread,
// sent, pending and held, tickets, threads, agents, values.
func lived(t *testing.T, s *Store, n int) {
	t.Helper()
	for i := range n {
		peer := fmt.Sprint("p", i%(n/3))
		key, e := said(peer, fmt.Sprint("r", i))
		if _, err := s.Receive(ctx, key, e); err != nil {
			t.Fatal(err)
		}
		if i%3 == 0 {
			continue
		}
		c, err := s.Turn(ctx, key, time.Now(), func(c core.Conversation, _ []core.Envelope) (core.Outcome, error) {
			o := core.Outcome{Conversation: c, Agents: []core.AgentChange{{Now: core.Agent{ID: fmt.Sprint("desk/", i%5), Name: "林"}}}}
			if i%4 == 0 && c.Ticket == nil {
				o.Conversation.Ticket = &core.Ticket{ID: fmt.Sprint("t", i), Key: key, State: core.TicketWaiting, Since: time.Now()}
			}
			o.Say = []core.Envelope{{Parts: core.Parts{core.Text{Body: fmt.Sprint("答 ", i)}}}}
			return o, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range c.Deliveries {
			if i%5 == 0 {
				continue // it is still out
			}
			if _, err := s.Settle(ctx, time.Now(), core.Result{Delivery: d, Outcome: core.AttemptSent, Ref: fmt.Sprint("s", i)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.Put(ctx, "a/Ü", "值", time.Hour); err != nil {
		t.Fatal(err)
	}
}

// A record goes from a file to PostgreSQL and back: what it is made of is the
// same, and both go on with it.
func TestMove(t *testing.T) {
	file, back, url := Options{Path: t.TempDir()}, Options{Path: t.TempDir()}, Options{URL: pgtest.New(t)}
	s := open(t, file)
	n := 120
	if coretest.Long() {
		n = 100_000
	}
	lived(t, s, n)
	if _, err := Move(ctx, file, url); !errors.Is(err, driver.ErrInUse) {
		t.Errorf("moved while it is used: %v", err)
	}
	s.Close()
	// One that is broken off has moved nothing, and may be run again.
	short, cancel := context.WithTimeout(ctx, 30*time.Millisecond)
	_, err := Move(short, file, url)
	cancel()
	if err == nil {
		t.Log("it was done before it could be broken off")
		url.URL = pgtest.New(t)
	}
	there, err := Move(ctx, file, url)
	if err != nil {
		t.Fatal(err)
	}
	if i := slices.IndexFunc(there, func(m Moved) bool { return m.Table == "log" }); i < 0 || there[i].Rows < int64(n) {
		t.Errorf("moved %+v", there)
	}
	if _, err := Move(ctx, file, url); !errors.Is(err, ErrHasRecord) {
		t.Errorf("moved over another record: %v", err)
	}
	again, err := Move(ctx, url, back)
	if err != nil || !slices.Equal(again, there) {
		t.Errorf("back again: %+v, %v; want %+v", again, err, there)
	}
	for _, o := range []Options{url, back} {
		goesOn(t, o)
	}
	live := open(t, url)
	if _, err := Move(ctx, url, Options{Path: t.TempDir()}); !errors.Is(err, driver.ErrInUse) {
		t.Errorf("moved while a node lives: %v", err)
	}
	live.Close()
}

// goesOn checks that a store works with the record that was moved to it: new
// records come after the old ones, and what was out is sent again.
func goesOn(t *testing.T, o Options) {
	t.Helper()
	s := open(t, o)
	defer s.Close()
	key, e := said("p0", "after")
	if fresh, err := s.Receive(ctx, key, e); err != nil || !fresh {
		t.Errorf("filed %v, %v", fresh, err)
	}
	if _, e := said("p1", "r1"); true {
		if fresh, err := s.Receive(ctx, core.Key{Channel: "web", Peer: "p1"}, e); err != nil || fresh {
			t.Errorf("a repeat of what was filed before: fresh %v, %v", fresh, err)
		}
	}
	fresh, _ := said("brand new", "")
	_, e = said("brand new", "hello")
	if ok, err := s.Receive(ctx, fresh, e); err != nil || !ok {
		t.Errorf("a new person: %v, %v", ok, err)
	}
	past, err := s.Past(ctx, core.PastQuery{Key: key, Max: 1000})
	if err != nil || len(past) < 3 || past[len(past)-1].Message.Ref != "after" {
		t.Errorf("%d records, the last %+v, %v", len(past), past[len(past)-1], err)
	}
	if ds, err := s.Outbox(ctx, time.Now(), 1000); err != nil || len(ds) == 0 {
		t.Errorf("what was out is not sent again: %d, %v", len(ds), err)
	}
	if v, ok, err := s.Get(ctx, "a/Ü"); err != nil || !ok || v != "值" {
		t.Errorf("%q %v %v", v, ok, err)
	}
}
