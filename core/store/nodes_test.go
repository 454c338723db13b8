package store

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
	"github.com/frontdesk-im/frontdesk/core/store/pgtest"
)

// nodes are two stores on one database, as two processes have it.
func nodes(t *testing.T) [2]*Store {
	t.Helper()
	url := pgtest.New(t)
	return [2]*Store{open(t, Options{URL: url}), open(t, Options{URL: url})}
}

// both has each of two nodes do work at the same instant.
func both(t *testing.T, s [2]*Store, work func(i int, s *Store) error) {
	t.Helper()
	var ready, all sync.WaitGroup
	ready.Add(len(s))
	for i := range s {
		all.Go(func() {
			ready.Done()
			ready.Wait()
			if err := work(i, s[i]); err != nil {
				t.Errorf("node %d: %v", i, err)
			}
		})
	}
	all.Wait()
}

// said is an envelope of a person on the web.
func said(peer, ref string) (core.Key, core.Envelope) {
	key := core.Key{Channel: "web", Peer: peer}
	return key, core.Envelope{Channel: "web", Ref: ref, Peer: core.Peer{ID: peer}, Filed: time.Now(), Parts: core.Parts{core.Text{Body: ref}}}
}

// Two nodes file into one conversation: a turn reads all of it, in one order, and
// what one of them reads is gone for the other.
func TestNodesFile(t *testing.T) {
	s := nodes(t)
	const each = 100
	var key core.Key
	for n := range 10 {
		peer := fmt.Sprint("ann", n)
		both(t, s, func(i int, s *Store) error {
			var all sync.WaitGroup
			for k := range each {
				all.Go(func() {
					key, e := said(peer, fmt.Sprint(peer, "/", i, "/", k))
					if fresh, err := s.Receive(ctx, key, e); err != nil || !fresh {
						t.Errorf("%s: filed %v, %v", e.Ref, fresh, err)
					}
				})
			}
			all.Wait()
			return nil
		})
		key, _ = said(peer, "")
		read := map[string]bool{}
		last := int64(0)
		for len(read) < 2*each {
			before := len(read)
			_, err := s[n%2].Turn(ctx, key, time.Now(), func(c core.Conversation, unread []core.Envelope) (core.Outcome, error) {
				for _, e := range unread {
					if read[e.Ref] || e.Seq <= last {
						t.Errorf("%s is read as number %d, after %d", e.Ref, e.Seq, last)
					}
					read[e.Ref], last = true, e.Seq
				}
				return core.Outcome{Conversation: c}, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if len(read) == before {
				t.Fatalf("%d of %d were read", before, 2*each)
			}
		}
	}
	if ready, err := s[0].Ready(ctx, time.Now(), 10); err != nil || len(ready) != 0 {
		t.Errorf("still to be read: %v, %v", ready, err)
	}
}

// Two nodes file the same repeat: one of them is fresh.
func TestNodesRepeat(t *testing.T) {
	s := nodes(t)
	for n := range coretest.Sample(t, 1000, 100) {
		var fresh [2]bool
		both(t, s, func(i int, s *Store) (err error) {
			key, e := said(fmt.Sprint("ann", n%7), strconv.Itoa(n))
			fresh[i], err = s.Receive(ctx, key, e)
			return err
		})
		if fresh[0] == fresh[1] {
			t.Errorf("repeat %d: fresh %v", n, fresh)
		}
	}
}

// Two nodes hear a new person first: there is one conversation, with both lines.
func TestNodesPeer(t *testing.T) {
	s := nodes(t)
	for n := range coretest.Sample(t, 300, 60) {
		peer := fmt.Sprint("new", n)
		both(t, s, func(i int, s *Store) error {
			key, e := said(peer, fmt.Sprint(peer, i))
			_, err := s.Receive(ctx, key, e)
			return err
		})
		key, _ := said(peer, "")
		past, err := s[0].Past(ctx, core.PastQuery{Key: key, Max: 10})
		if err != nil || len(past) != 2 {
			t.Errorf("%s has %d lines, %v", peer, len(past), err)
		}
	}
}

// Two nodes take turns of one conversation: each is decided on what the other has
// committed, and every line is read by one.
func TestNodesTurn(t *testing.T) {
	s := nodes(t)
	key, _ := said("ann", "")
	const each = 100
	var mu sync.Mutex
	read := map[string]int{}
	both(t, s, func(i int, s *Store) error {
		for k := range each {
			_, e := said("ann", fmt.Sprint(i, "/", k))
			if _, err := s.Receive(ctx, key, e); err != nil {
				return err
			}
			var got []string
			_, err := s.Turn(ctx, key, time.Now(), func(c core.Conversation, unread []core.Envelope) (core.Outcome, error) {
				got = nil // it may be called again
				for _, e := range unread {
					got = append(got, e.Ref)
				}
				n, _ := strconv.Atoi(string(c.Mind))
				c.Mind = []byte(strconv.Itoa(n + 1))
				return core.Outcome{Conversation: c}, nil
			})
			if err != nil {
				return err
			}
			mu.Lock()
			for _, ref := range got {
				read[ref]++
			}
			mu.Unlock()
		}
		return nil
	})
	c, err := s[0].Conversation(ctx, key)
	if err != nil || string(c.Mind) != strconv.Itoa(2*each) {
		t.Errorf("%s turns were taken, %v; want %d", c.Mind, err, 2*each)
	}
	for ref, n := range read {
		if n != 1 {
			t.Errorf("%s was read %d times", ref, n)
		}
	}
	if len(read) != 2*each {
		t.Errorf("%d lines were read of %d", len(read), 2*each)
	}
}

// Two agents take one ticket on two nodes: one has it. Each agent has as many as
// they took.
func TestNodesClaim(t *testing.T) {
	s := nodes(t)
	for n := range coretest.Sample(t, 300, 60) {
		key, _ := said(fmt.Sprint("ann", n), "")
		if _, err := s[0].Turn(ctx, key, time.Now(), func(c core.Conversation, _ []core.Envelope) (core.Outcome, error) {
			c.Ticket = &core.Ticket{ID: fmt.Sprint("t", n), Key: key, State: core.TicketWaiting, Since: time.Now()}
			return core.Outcome{Conversation: c}, nil
		}); err != nil {
			t.Fatal(err)
		}
		taken := errors.New("somebody has it")
		var got [2]bool
		both(t, s, func(i int, s *Store) error {
			_, err := s.Turn(ctx, key, time.Now(), func(c core.Conversation, _ []core.Envelope) (core.Outcome, error) {
				if c.Ticket.Agent != "" {
					return core.Outcome{}, taken
				}
				k := *c.Ticket
				k.Agent, k.State = fmt.Sprint("desk/", i), core.TicketActive
				c.Ticket = &k
				return core.Outcome{Conversation: c}, nil
			})
			got[i] = err == nil
			if errors.Is(err, taken) {
				return nil
			}
			return err
		})
		c, err := s[1].Conversation(ctx, key)
		if err != nil || got[0] == got[1] || c.Ticket.Agent != fmt.Sprint("desk/", slices.Index(got[:], true)) {
			t.Errorf("ticket %d: claimed %v, it is %s's, %v", n, got, c.Ticket.Agent, err)
		}
	}
}

// One agent's record is changed in turns of two nodes: no change is lost.
func TestNodesAgent(t *testing.T) {
	s := nodes(t)
	const each = 100
	both(t, s, func(i int, s *Store) error {
		for k := range each {
			key, _ := said(fmt.Sprint(i, "/", k), "")
			_, err := s.Turn(ctx, key, time.Now(), func(c core.Conversation, _ []core.Envelope) (core.Outcome, error) {
				lin := core.Agent{ID: "desk/lin"}
				return core.Outcome{Conversation: c, Agents: []core.AgentChange{{Was: lin, Now: lin}}}, nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	agents, err := s[0].Agents(ctx)
	if err != nil || len(agents) != 1 || agents[0].Rev != 2*each {
		t.Errorf("%+v, %v; want the change of number %d", agents, err, 2*each)
	}
}

// The double send: both nodes see the same due delivery at the same instant, ten
// thousand times, and it is sent once.
func TestNodesDoubleSend(t *testing.T) {
	s := nodes(t)
	at := time.Now()
	for n := range coretest.Sample(t, 10_000, 200) {
		key, _ := said(fmt.Sprint("ann", n%50), "")
		c, err := s[n%2].Turn(ctx, key, at, func(c core.Conversation, _ []core.Envelope) (core.Outcome, error) {
			return core.Outcome{Conversation: c, Say: []core.Envelope{{Parts: core.Parts{core.Text{Body: strconv.Itoa(n)}}}}}, nil
		})
		if err != nil || len(c.Deliveries) != 1 {
			t.Fatalf("%d deliveries, %v", len(c.Deliveries), err)
		}
		if _, err := s[n%2].Settle(ctx, at, core.Result{Delivery: c.Deliveries[0], Outcome: core.AttemptAgain, Next: at}); err != nil {
			t.Fatal(err)
		}
		var leased [2][]core.Delivery
		both(t, s, func(i int, s *Store) (err error) {
			leased[i], err = s.Outbox(ctx, at, 10)
			return err
		})
		all := slices.Concat(leased[:]...)
		if len(all) != 1 {
			t.Fatalf("delivery %d was leased %d times: %+v", n, len(all), all)
		}
		holder := slices.IndexFunc(leased[:], func(ds []core.Delivery) bool { return len(ds) == 1 })
		if _, err := s[holder].Settle(ctx, at, core.Result{Delivery: all[0], Outcome: core.AttemptSent, Ref: fmt.Sprint("r", n)}); err != nil {
			t.Fatal(err)
		}
	}
}

// What a node has leased is its own for as long as it lives, whatever time the
// others think it is, and anybody's when it is dead.
func TestNodesDead(t *testing.T) {
	s := nodes(t)
	key, _ := said("ann", "")
	if _, err := s[0].Turn(ctx, key, time.Now(), func(c core.Conversation, _ []core.Envelope) (core.Outcome, error) {
		return core.Outcome{Conversation: c, Say: []core.Envelope{{Parts: core.Parts{core.Text{Body: "x"}}}}}, nil
	}); err != nil { // which leases it
		t.Fatal(err)
	}
	for _, off := range []time.Duration{-10 * time.Minute, 0, 10 * time.Minute} {
		if ds, err := s[1].Outbox(ctx, time.Now().Add(off), 10); err != nil || len(ds) != 0 {
			t.Errorf("by a clock that is %s off it is taken from the living: %v, %v", off, ds, err)
		}
	}
	if err := s[0].Close(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		ds, err := s[1].Outbox(ctx, time.Now(), 10)
		if err != nil {
			t.Fatal(err)
		}
		if len(ds) == 1 {
			return
		}
		if time.Now().After(end) {
			t.Fatal("nobody takes over what the dead had leased")
		}
	}
}

// Texts that PostgreSQL refuses are kept as well as can be: a person's words, and
// why a platform refused ours.
func TestNodesOddTexts(t *testing.T) {
	s := nodes(t)
	key, e := said("ann", "1")
	e.Parts = core.Parts{core.Text{Body: "x\x00y\xffz"}}
	for i, want := range []bool{true, false} {
		if fresh, err := s[i].Receive(ctx, key, e); err != nil || fresh != want {
			t.Errorf("filed %v, %v", fresh, err)
		}
	}
	c, err := s[0].Turn(ctx, key, time.Now(), func(c core.Conversation, _ []core.Envelope) (core.Outcome, error) {
		return core.Outcome{Conversation: c, Say: []core.Envelope{{Parts: core.Parts{core.Text{Body: "a\x00b"}}}}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	why := errors.New("refused\x00 \xff")
	if _, err := s[0].Settle(ctx, time.Now(), core.Result{Delivery: c.Deliveries[0], Outcome: core.AttemptGaveUp, Err: why}); err != nil {
		t.Fatal(err)
	}
	past, err := s[1].Past(ctx, core.PastQuery{Key: key, Max: 10})
	if err != nil || len(past) != 3 || past[1].State != core.ProgressFailed {
		t.Fatalf("%+v, %v", past, err)
	}
	if got, ok := past[0].Message.Parts[0].(core.Text); !ok || got.Body[:1] != "x" || got.Body[len(got.Body)-1:] != "z" {
		t.Errorf("%q", past[0].Message.Parts)
	}
}
