package coretest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

func testPast(b bench) {
	if rs := b.past(core.PastQuery{Key: ann}); len(rs) != 0 {
		b.Errorf("%d records of nobody", len(rs))
	}
	b.receive(ann, b.from(ann, "1"))
	b.receive(bob, b.from(bob, "other"))
	b.turn(ann, func(o *core.Outcome) {
		o.Events = []core.Event{{Kind: core.EventNoted, At: b.now, By: core.Author{Kind: core.ByAgent, ID: "a"}, Why: "w", Data: map[string]string{"text": "x"}}}
		o.Say = []core.Envelope{{Parts: text("2")}, {Channel: "desk", Parts: text("d")}}
	})
	b.receive(ann, core.Envelope{Channel: "desk", Peer: core.Peer{ID: "agent"}, Ref: "d1", Parts: text("from the desk")})
	b.receive(ann, b.from(ann, "3"))
	b.wantLog(ann, ">1", "!noted", "<2:pending", "<d:pending", ">from the desk", ">3")
	all := b.past(core.PastQuery{Key: ann})
	if e := all[1].Event; e.By.ID != "a" || e.Why != "w" || e.Data["text"] != "x" || !e.At.Equal(b.now) {
		b.Errorf("event %+v", e)
	}
	for i, r := range all {
		if i > 0 && r.Seq <= all[i-1].Seq || r.At.IsZero() {
			b.Errorf("record %d: %+v", i, r)
		}
	}
	for _, c := range []struct {
		q    core.PastQuery
		want string
	}{
		{core.PastQuery{Max: 2}, ">from the desk >3"},
		{core.PastQuery{Max: 2, Before: all[4].Seq}, "<2:pending <d:pending"},
		{core.PastQuery{Max: 2, After: all[0].Seq}, "!noted <2:pending"},
		{core.PastQuery{After: all[1].Seq, Before: all[4].Seq}, "<2:pending <d:pending"},
		{core.PastQuery{After: all[5].Seq}, ""},
		{core.PastQuery{Peer: true}, ">1 <2:pending >3"},
		{core.PastQuery{Peer: true, Max: 1}, ">3"},
		{core.PastQuery{Peer: true, After: all[0].Seq, Max: 1}, "<2:pending"},
	} {
		c.q.Key = ann
		if got := strings.Join(b.log(c.q), " "); got != strings.ReplaceAll(c.want, " desk", " desk") {
			b.Errorf("%+v: %q, want %q", c.q, got, c.want)
		}
	}
	// What was never sent is not the customer's to see.
	d := b.one(b.say(bob, "never"))
	b.turn(bob, func(o *core.Outcome) { o.Hush = true })
	b.settle(d, core.Result{Outcome: core.AttemptAgain})
	if got := b.log(core.PastQuery{Key: bob, Peer: true}); !slices.Equal(got, []string{">other"}) {
		b.Errorf("the customer sees %q", got)
	}
}

func (b bench) tickets(q core.TicketQuery) []core.TicketView {
	b.Helper()
	vs, err := b.s.Tickets(ctx, q)
	b.must(err)
	return vs
}

func testTickets(b bench) {
	for i, c := range []struct {
		peer, topic, agent string
		state              core.TicketState
		since              int
	}{
		{"a", "refund", "", core.TicketWaiting, 3},
		{"b", "refund", "d/1", core.TicketActive, 1},
		{"c", "order", "", core.TicketWaiting, 2},
		{"d", "order", "d/1", core.TicketClosed, 0},
	} {
		key := core.Key{Channel: "web", Peer: c.peer}
		b.receive(key, b.from(key, "words of "+c.peer))
		b.turn(key, func(o *core.Outcome) {
			o.Conversation.Peer, o.Conversation.Heard, o.Conversation.Ledger = core.Peer{ID: c.peer, Name: "N"}, b.now, core.Ledger{Left: i + 1}
			o.Conversation.Ticket = &core.Ticket{ID: "T" + c.peer, State: c.state, Topic: c.topic, Agent: c.agent, Since: b.now.Add(time.Duration(c.since) * time.Second)}
			o.Say = []core.Envelope{{Channel: "desk", Parts: text("not to the peer")}}
			o.Events = []core.Event{{Kind: core.EventQueued}}
		})
	}
	b = b.reopened()
	for _, c := range []struct {
		q    core.TicketQuery
		want string
	}{
		{core.TicketQuery{}, "Td Tb Tc Ta"},
		{core.TicketQuery{Max: 2}, "Td Tb"},
		{core.TicketQuery{Newest: true}, "Ta Tc Tb Td"},
		{core.TicketQuery{Newest: true, Max: 1, Agent: "d/1"}, "Tb"},
		{core.TicketQuery{ID: "Tc"}, "Tc"},
		{core.TicketQuery{States: []core.TicketState{core.TicketWaiting}}, "Tc Ta"},
		{core.TicketQuery{States: []core.TicketState{core.TicketWaiting, core.TicketActive}, Max: 9}, "Tb Tc Ta"},
		{core.TicketQuery{States: []core.TicketState{core.TicketClosed, core.TicketActive}}, "Td Tb"},
		{core.TicketQuery{Agent: "d/1"}, "Td Tb"},
		{core.TicketQuery{Agent: "d/1", States: []core.TicketState{core.TicketActive}}, "Tb"},
		{core.TicketQuery{Topic: "order"}, "Td Tc"},
		{core.TicketQuery{Key: core.Key{Channel: "web", Peer: "a"}}, "Ta"},
		{core.TicketQuery{ID: "nobody's"}, ""},
	} {
		var got []string
		for _, v := range b.tickets(c.q) {
			got = append(got, v.Ticket.ID)
		}
		if strings.Join(got, " ") != c.want {
			b.Errorf("%+v: %q, want %q", c.q, got, c.want)
		}
	}
	v := b.tickets(core.TicketQuery{ID: "Ta", Max: 1})[0]
	if v.Peer.Name != "N" || !v.Heard.Equal(b.now) || v.Ledger.Left != 1 || v.Ticket.Key.Peer != "a" || v.Last == nil || v.Last.Message.Parts.Text() != "words of a" {
		b.Errorf("view %+v, last %+v", v, v.Last)
	}
}

// An old ticket stays when there is a new one.
func testTicketAgain(b bench) {
	for _, id := range []string{"T1", "T2"} {
		b.turn(ann, func(o *core.Outcome) { withTicket(o, id) })
	}
	if vs := b.tickets(core.TicketQuery{Key: ann}); len(vs) != 2 {
		b.Errorf("%d tickets", len(vs))
	}
}

// Many at once, and where each is shown.
func testTicketsMany(b bench) {
	for i := range 150 {
		key := core.Key{Channel: "web", Peer: fmt.Sprint("m", i)}
		id := fmt.Sprint("M", i)
		d := b.one(b.turn(key, func(o *core.Outcome) {
			o.Conversation.Ticket = &core.Ticket{ID: id, State: core.TicketParked, Since: b.now}
			o.Say = []core.Envelope{card(id, "x")}
		}).Deliveries)
		b.sent(d, "th"+id)
	}
	vs := b.tickets(core.TicketQuery{States: []core.TicketState{core.TicketParked}})
	if len(vs) != 150 {
		b.Errorf("%d tickets", len(vs))
	}
	for _, v := range vs {
		if want := []core.Shown{{Desk: "desk", Thread: "th" + v.Ticket.ID, Card: "th" + v.Ticket.ID}}; !slices.Equal(v.Ticket.Shown, want) {
			b.Fatalf("shown %+v, want %+v", v.Ticket.Shown, want)
		}
	}
}

// A ticket cannot be taken over by another conversation.
func testTicketTaken(b bench) {
	b.turn(ann, func(o *core.Outcome) { withTicket(o, "T") })
	_, err := b.s.Turn(ctx, bob, b.now, func(c core.Conversation, _ []core.Envelope) (core.Outcome, error) {
		return core.Outcome{Conversation: core.Conversation{Ticket: &core.Ticket{ID: "T"}}}, nil
	})
	if err == nil {
		b.Error("bob has taken ann's ticket")
	}
	if c := b.conversation(ann); c.Ticket == nil || c.Ticket.State != core.TicketWaiting {
		b.Errorf("ann's ticket is %+v", c.Ticket)
	}
	_, err = b.s.Conversation(ctx, bob)
	b.wantErr(err, core.ErrNotFound)
}

func testAgents(b bench) {
	at := b.now
	as := []core.Agent{{ID: "d/b", Name: "B", Lead: true, Topics: []string{"t"}, Langs: []string{"zh"}, Max: 3, Presence: core.OnDuty, Since: at, Idle: at, Misses: 1}, {ID: "d/a", Name: "A"}}
	change := func(cs ...core.AgentChange) {
		b.turn(ann, func(o *core.Outcome) { o.Agents = cs })
	}
	change(core.AgentChange{Now: as[0]}, core.AgentChange{Now: as[1]})
	renamed, home := as[1], as[1]
	renamed.Name = "A2"
	change(core.AgentChange{Was: as[1], Now: renamed})
	// A turn that knows the agent from before changes only what it means to.
	home.Presence, home.Since = core.OffDuty, at
	home.Misses = 2
	change(core.AgentChange{Was: core.Agent{ID: "d/a", Name: "A"}, Now: home})
	b = b.reopened()
	got, err := b.s.Agents(ctx)
	b.must(err)
	home.Name, home.Rev, as[0].Rev = "A2", 3, 1
	home.Presence, home.Since = "", time.Time{} // off duty already
	if want := []core.Agent{home, as[0]}; !reflect.DeepEqual(got, want) {
		b.Errorf("agents\n got %+v\nwant %+v", got, want)
	}
}

func testValues(b bench) {
	get := func(key, want string, wantOK bool) {
		b.Helper()
		v, ok, err := b.s.Get(ctx, key)
		b.must(err)
		if v != want || ok != wantOK {
			b.Errorf("Get(%q) = %q, %v", key, v, ok)
		}
	}
	get("k", "", false)
	b.must(b.s.Put(ctx, "k", "v", 0))
	b.must(b.s.Put(ctx, "k", "v2", time.Hour))
	b.must(b.s.Put(ctx, "short", "v", time.Nanosecond))
	b.must(b.s.Put(ctx, "k/2", "", 0))
	b.must(b.s.Put(ctx, "l", "x", 0))
	b.must(b.s.Put(ctx, "汉/字", "值", 0))
	b = b.reopened()
	get("k", "v2", true)
	get("short", "", false)
	get("k/2", "", true)
	get("汉/字", "值", true)
	list := func(prefix string, max int, want ...core.Value) {
		b.Helper()
		got, err := b.s.List(ctx, prefix, max)
		b.must(err)
		if !slices.Equal(got, want) {
			b.Errorf("List(%q, %d) = %q, want %q", prefix, max, got, want)
		}
	}
	list("k", 10, core.Value{Key: "k", Value: "v2"}, core.Value{Key: "k/2"})
	list("k", 1, core.Value{Key: "k", Value: "v2"})
	list("k/", 10, core.Value{Key: "k/2"})
	list("s", 10)
	list("汉", 10, core.Value{Key: "汉/字", Value: "值"})
	b.must(b.s.Delete(ctx, "k"))
	b.must(b.s.Delete(ctx, "k"))
	get("k", "", false)
}

func testAdd(b bench) {
	if n := b.atOnce(func(i int) (bool, error) { return b.s.Add(ctx, "k", fmt.Sprint(i), 0) }); n != 1 {
		b.Errorf("%d of 20 were added", n)
	}
	b.must(b.s.Put(ctx, "old", "v", time.Nanosecond))
	if ok, err := b.s.Add(ctx, "old", "new", time.Hour); !ok || err != nil {
		b.Errorf("an expired value is in the way: %v, %v", ok, err)
	}
	if ok, err := b.s.Add(ctx, "old", "newer", 0); ok || err != nil {
		b.Errorf("a value was replaced: %v, %v", ok, err)
	}
	if v, _, err := b.s.Get(ctx, "old"); v != "new" || err != nil {
		b.Errorf("%q, %v", v, err)
	}
}

func testStats(b bench) {
	b.receive(ann, b.from(ann, "1"))
	b.receive(ann, b.from(ann, "2"))
	b.receive(bob, b.from(bob, "3"))
	carl := core.Key{Channel: "web", Peer: "carl"}
	b.turn(carl, func(o *core.Outcome) {
		withTicket(o, "T")
		o.Say = []core.Envelope{{Parts: text("x")}, {Parts: text("y")}}
	})
	b.turn(ann, func(o *core.Outcome) { o.Left = 1 })
	st, err := b.s.Stats(ctx)
	b.must(err)
	if st.Unread != 2 || st.Outbox != 2 || st.Oldest != 0 || st.Waiting != 1 || st.Bytes == 0 || st.Flush <= 0 || st.Schema < 1 {
		b.Errorf("%+v", st)
	}
	if st.Since > time.Minute {
		b.Errorf("what came just now has waited for %s", st.Since)
	}
	waits := b.from(core.Key{Channel: "web", Peer: "dora"}, "4")
	waits.Filed = b.now.Add(-time.Hour)
	b.receive(core.Key{Channel: "web", Peer: "dora"}, waits)
	if st, err = b.s.Stats(ctx); err != nil || st.Since < time.Hour || st.Since > 2*time.Hour {
		b.Errorf("%+v, %v", st, err)
	}
	old := b.now.Add(-time.Hour)
	env := core.Envelope{Filed: old, Parts: text("late")}
	d := b.one(b.turn(bob, func(o *core.Outcome) { o.Say = []core.Envelope{env} }).Deliveries)
	b.settle(d, core.Result{Outcome: core.AttemptAgain, Next: old})
	if st, err = b.s.Stats(ctx); err != nil || st.Oldest < time.Hour || st.Oldest > 2*time.Hour {
		b.Errorf("%+v, %v", st, err)
	}
}

// IDs stay the same, are unique, and are not given out again by a store that
// was rebuilt or restored.
func testIDs(b bench) {
	seen := map[string]bool{}
	var ids []string
	for range 3 {
		b.receive(ann, b.from(ann, "x"))
		b.say(ann, "y")
		for i, r := range b.past(core.PastQuery{Key: ann}) {
			switch {
			case i < len(ids) && ids[i] != r.Message.ID:
				b.Errorf("record %d was %s and is now %s", i, ids[i], r.Message.ID)
			case i >= len(ids):
				if seen[r.Message.ID] {
					b.Errorf("%s is not unique", r.Message.ID)
				}
				seen[r.Message.ID] = true
				ids = append(ids, r.Message.ID)
			}
		}
		b = b.reopened()
	}
	// After some starts in which nothing happened.
	b = b.reopened()
	b = b.reopened()
	d := b.one(b.say(bob, "z"))
	if seen[d.ID] {
		b.Errorf("%s is not unique", d.ID)
	}
	b.sent(d, "r")
	b.wantLog(bob, "<z:sent")
}

func testClosed(b bench) {
	b.must(b.s.Close())
	_, err := b.s.Receive(ctx, ann, b.from(ann, "hi"))
	if err == nil {
		b.Error("a closed store takes messages")
	}
	b.s = b.open()
	b.wantReady()
}

func testCanceled(b bench) {
	done, cancel := context.WithCancel(ctx)
	cancel()
	_, err := b.s.Receive(done, ann, b.from(ann, "hi"))
	b.wantErr(err, context.Canceled)
	_, err = b.s.Past(done, core.PastQuery{Key: ann})
	b.wantErr(err, context.Canceled)
	// Cancelled at any moment, a call that says it failed may be repeated, and what it says it did is there.
	var wg sync.WaitGroup
	var kept atomic.Int32
	for i := range 50 {
		wg.Go(func() {
			short, cancel := context.WithTimeout(ctx, time.Duration(i)*20*time.Microsecond)
			defer cancel()
			env := core.Envelope{Channel: "web", Ref: fmt.Sprint("r", i), Parts: text(fmt.Sprint(i))}
			fresh, err := b.s.Receive(short, bob, env)
			if err != nil && !errors.Is(err, context.DeadlineExceeded) {
				b.Error(err)
			}
			if err == nil && fresh {
				kept.Add(1)
			}
			if err != nil {
				if _, err := b.s.Receive(ctx, bob, env); err != nil {
					b.Error(err)
				}
				kept.Add(1)
			}
		})
	}
	wg.Wait()
	if n := len(b.past(core.PastQuery{Key: bob})); n != 50 || kept.Load() != 50 {
		b.Errorf("%d records, %d calls that kept one", n, kept.Load())
	}
}
