package coretest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

func testReceive(b bench) {
	_, err := b.s.Conversation(ctx, ann)
	b.wantErr(err, core.ErrNotFound)
	env := b.from(ann, "hi")
	if !b.receive(ann, env) {
		b.Fatal("a new message is not fresh")
	}
	if env.ID != "" || env.Seq != 0 {
		b.Error("Receive changed the caller's envelope")
	}
	b = b.reopened()
	b.wantReady(ann)
	b.wantLog(ann, ">hi")
	got := b.past(core.PastQuery{Key: ann})[0].Message
	if got.ID == "" || got.Seq == 0 {
		b.Errorf("ID %q, Seq %d", got.ID, got.Seq)
	}
	got.ID, got.Seq = "", 0
	if !reflect.DeepEqual(*got, env) {
		b.Errorf("got %+v\nwant %+v", *got, env)
	}
}

func testRepeats(b bench) {
	env := b.from(ann, "hi")
	b.receive(ann, env)
	again := env
	again.Parts = text("other words")
	if b.receive(ann, again) {
		b.Error("a repeat is fresh")
	}
	b.turn(ann, func(*core.Outcome) {})
	b = b.reopened()
	if b.receive(bob, again) {
		b.Error("a repeat that was read is fresh")
	}
	b.wantReady()
	_, err := b.s.Conversation(ctx, bob)
	b.wantErr(err, core.ErrNotFound)
	other := env
	other.Channel = "app"
	if !b.receive(ann, other) {
		b.Error("the same ref on another channel is not fresh")
	}
	b.wantLog(ann, ">hi", ">hi")

	// At the same time: exactly one of them.
	env = b.from(bob, "once")
	if n := b.atOnce(func(int) (bool, error) { return b.s.Receive(ctx, bob, env) }); n != 1 {
		b.Errorf("%d of 20 repeats at the same time are fresh", n)
	}
	b.wantLog(bob, ">once")
}

// Messages and repeats of them that come together are each filed once, and the
// log of their conversation is whole.
func testTogether(b bench) {
	keys := []core.Key{ann, bob}
	var fresh atomic.Int32
	var wg sync.WaitGroup
	const callers, each = 32, 12
	for g := range callers {
		wg.Go(func() {
			for i := range each {
				key := keys[(g+i)%2]
				// Each message is sent by two callers.
				env := core.Envelope{Channel: "web", Ref: fmt.Sprintf("%d-%d", g/2, i), Filed: b.now, Parts: text("x")}
				if g%2 == 1 {
					key = keys[(g+i+1)%2]
				}
				ok, err := b.s.Receive(ctx, key, env)
				if err != nil {
					b.Error(err)
				}
				if ok {
					fresh.Add(1)
				}
			}
		})
	}
	wg.Wait()
	const want = callers * each / 2
	st, err := b.s.Stats(ctx)
	b.must(err)
	n := len(b.past(core.PastQuery{Key: ann, Max: 1000})) + len(b.past(core.PastQuery{Key: bob, Max: 1000}))
	if fresh.Load() != want || n != want || st.Unread != want {
		b.Errorf("of %d messages %d were fresh, %d are in the log and %d unread", want, fresh.Load(), n, st.Unread)
	}
	for _, key := range keys {
		_, err := b.s.Turn(ctx, key, b.now, func(c core.Conversation, unread []core.Envelope) (core.Outcome, error) {
			n -= len(unread)
			return core.Outcome{Conversation: c}, nil
		})
		b.must(err)
	}
	if n != 0 {
		b.Errorf("turns read %d too few", n)
	}
}

func testInvalid(b bench) {
	for _, edit := range []func(*core.Key, *core.Envelope){
		func(_ *core.Key, e *core.Envelope) { e.Ref = "" },
		func(_ *core.Key, e *core.Envelope) { e.Channel = "" },
		func(_ *core.Key, e *core.Envelope) { e.Ref = "\xff" },
		func(_ *core.Key, e *core.Envelope) { e.Ref = "a\x00b" },
		func(k *core.Key, _ *core.Envelope) { k.Peer = "" },
		func(k *core.Key, _ *core.Envelope) { k.Channel = "" },
	} {
		key, env := ann, b.from(ann, "hi")
		edit(&key, &env)
		_, err := b.s.Receive(ctx, key, env)
		b.wantErr(err, core.ErrInvalid)
	}
	// Text that is not text is kept as well as can be, and does not stop others.
	env := b.from(ann, "a\xffb\x00")
	b.receive(ann, env)
	b.wantLog(ann, ">a�b\x00")
}

func testTurn(b bench) {
	b.receive(ann, b.from(ann, "one"))
	b.receive(ann, b.from(ann, "two"))
	var ran bool
	c, err := b.s.Turn(ctx, ann, b.now, func(c core.Conversation, unread []core.Envelope) (core.Outcome, error) {
		ran = true
		if !reflect.DeepEqual(c, core.Conversation{Key: ann}) {
			b.Errorf("a new conversation is %+v", c)
		}
		if len(unread) != 2 || unread[0].Parts.Text() != "one" || unread[1].Parts.Text() != "two" || unread[0].Seq >= unread[1].Seq {
			b.Errorf("unread: %+v", unread)
		}
		c.State, c.Peer, c.Heard = core.InLine, unread[0].Peer, b.now
		c.Seen = 1 << 40 // the store keeps it
		c.Ticket = &core.Ticket{ID: "T1", State: core.TicketWaiting, Since: b.now}
		return core.Outcome{Conversation: c,
			Say:    []core.Envelope{{Parts: text("hello")}, {Channel: "desk", Parts: text("to the desk")}},
			Events: []core.Event{{Kind: core.EventAnswered, Why: "rule"}},
			Values: []core.Value{{Key: "wait/cause/", Value: "rain"}, {Key: "wait/halt/all", Value: "{}"}},
			Agents: []core.AgentChange{{Now: core.Agent{ID: "desk/a", Name: "A"}}}}, nil
	})
	b.must(err)
	if !ran || c.Before != nil || c.After.State != core.InLine || c.After.Ticket.ID != "T1" || c.After.Ticket.Key != ann || c.More || len(c.Agents) != 1 {
		b.Errorf("committed %+v", c)
	}
	if len(c.Deliveries) != 2 {
		b.Fatalf("deliveries %v", words(c.Deliveries))
	}
	d := c.Deliveries[0]
	if d.ID == "" || d.Channel != "web" || d.Peer.ID != "ann" || d.Key != ann || d.Tries != 0 || d.Stale || d.State != core.InLine || !d.Lease.After(b.now) {
		b.Errorf("delivery %+v", d)
	}
	b = b.reopened()
	got := b.conversation(ann)
	if got.Seen == 0 || got.Seen >= 1<<40 {
		b.Errorf("Seen is %d", got.Seen)
	}
	if !reflect.DeepEqual(got, c.After) {
		b.Errorf("kept\n%+v, committed\n%+v", got, c.After)
	}
	b.wantReady()
	b.wantLog(ann, ">one", ">two", "!answered", "<hello:pending", "<to the desk:pending")
	b.wantValues("wait/", core.Value{Key: "wait/cause/", Value: "rain"}, core.Value{Key: "wait/halt/all", Value: "{}"})
	c = b.turn(ann, func(o *core.Outcome) {
		o.Conversation.Ticket.State = core.TicketClosed
		o.Values = []core.Value{{Key: "wait/cause/", Value: "snow"}, {Key: "wait/halt/all"}, {Key: "wait/halt/never"}}
	})
	b.wantValues("wait/", core.Value{Key: "wait/cause/", Value: "snow"})
	if c.Before == nil || c.Before.State != core.TicketWaiting || c.After.Ticket.State != core.TicketClosed {
		b.Errorf("before %+v, after %+v", c.Before, c.After.Ticket)
	}
	if len(c.Deliveries) != 0 {
		b.Error("a turn returns the deliveries of another")
	}
}

// wantValues compares the values that have a prefix.
func (b bench) wantValues(prefix string, want ...core.Value) {
	b.Helper()
	got, err := b.s.List(ctx, prefix, 0)
	b.must(err)
	if !slices.Equal(got, want) {
		b.Errorf("values %v, want %v", got, want)
	}
}

func testTurnFails(b bench) {
	b.receive(ann, b.from(ann, "hi"))
	oops := errors.New("oops")
	_, err := b.s.Turn(ctx, ann, b.now, func(c core.Conversation, _ []core.Envelope) (core.Outcome, error) {
		return core.Outcome{Conversation: c, Say: []core.Envelope{{Parts: text("no")}}}, oops
	})
	b.wantErr(err, oops)
	for _, o := range []core.Outcome{{Left: -1}, {Left: 2}, {Conversation: core.Conversation{Ticket: &core.Ticket{}}}, {Agents: []core.AgentChange{{}}}} {
		_, err := b.s.Turn(ctx, ann, b.now, func(core.Conversation, []core.Envelope) (core.Outcome, error) { return o, nil })
		if err == nil {
			b.Errorf("outcome %+v was committed", o)
		}
	}
	b.wantLog(ann, ">hi")
	b.wantReady(ann)

	// Those that fail do not fail their neighbours.
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			key := core.Key{Channel: "web", Peer: "p" + string(rune('a'+i))}
			_, err := b.s.Turn(ctx, key, b.now, func(c core.Conversation, _ []core.Envelope) (core.Outcome, error) {
				// A ticket that belongs to whoever comes first: the others fail while they are written.
				return core.Outcome{Conversation: core.Conversation{Ticket: &core.Ticket{ID: "same", State: core.TicketWaiting}}, Say: []core.Envelope{{Parts: text("mine")}}}, nil
			})
			other := core.Key{Channel: "web", Peer: "q" + string(rune('a'+i))}
			if _, err2 := b.s.Receive(ctx, other, core.Envelope{Channel: "web", Ref: other.Peer, Parts: text("x")}); err2 != nil {
				b.Error(err2)
			}
			past, _ := b.s.Past(ctx, core.PastQuery{Key: key})
			if (err == nil) != (len(past) == 1) {
				b.Errorf("turn: %v, but %d records", err, len(past))
			}
		})
	}
	wg.Wait()
	ts, err := b.s.Tickets(ctx, core.TicketQuery{})
	b.must(err)
	if len(ts) != 1 {
		b.Errorf("%d tickets", len(ts))
	}
}

func testTurnLeft(b bench) {
	for _, w := range []string{"1", "2", "3"} {
		b.receive(ann, b.from(ann, w))
		b.now = b.now.Add(time.Second)
	}
	if c := b.turn(ann, func(o *core.Outcome) { o.Left = 2 }); !c.More {
		b.Error("More is not set though two are left")
	}
	b.wantReady(ann)
	_, err := b.s.Turn(ctx, ann, b.now, func(c core.Conversation, unread []core.Envelope) (core.Outcome, error) {
		if len(unread) != 2 || unread[0].Parts.Text() != "2" {
			b.Errorf("unread %+v", unread)
		}
		if _, err := b.s.Receive(ctx, ann, b.from(ann, "4")); err != nil {
			b.Error(err)
		}
		return core.Outcome{Conversation: c}, nil
	})
	b.must(err)
	b.wantReady(ann)
	if c := b.turn(ann, func(o *core.Outcome) {}); c.More {
		b.Error("More is set though nothing is left")
	}
	b.wantReady()
	st, err := b.s.Stats(ctx)
	b.must(err)
	if st.Unread != 0 {
		b.Errorf("%d unread", st.Unread)
	}
}

func testRoundTrip(b bench) {
	at := time.Date(2026, 11, 21, 3, 4, 5, 678000, time.UTC)
	b.receive(ann, b.from(ann, "hi"))
	want := core.Conversation{
		Key: ann, Peer: core.Peer{ID: "ann", Name: "安", Lang: "zh-CN", Person: "p", Facts: map[string]string{"a": "b"}},
		State: core.WithAgent, Mind: []byte(`{"a":1}`), Wakes: core.Wakes{{Owner: core.WakeBot, At: at}, {Owner: core.WakeDesk, At: at.Add(time.Hour)}}, Heard: at, Gone: true,
		Ledger: core.Ledger{Left: 3, Until: at, Why: "message"},
		Ticket: &core.Ticket{ID: "T", Key: ann, State: core.TicketActive, Topic: "refund", Lang: "zh", Class: 1, Intent: "i", Asked: "人工",
			Form: map[string]string{"x": "y"}, Mood: "angry", Since: at, Agent: "d/a", Rung: at, Claimed: at, Closed: at, LastOwn: "d/b",
			Passed: []string{"d/c"}, Hops: 1, Front: 2, Tags: []string{"t"}, Summary: "s", Outcome: "solved",
			Told: core.Told{At: at, Ahead: 2, Upper: time.Minute}, Mind: []byte(`[1]`)},
	}
	env := core.Envelope{Channel: "web", Peer: core.Peer{ID: "ann", Facts: map[string]string{"k": "v"}}, At: at, Filed: at,
		By: core.Author{Kind: core.ByAgent, ID: "d/a", Name: "小李"}, Ticket: "T", Via: &core.Via{Channel: "d", Thread: "t", Ref: "r", Agent: "d/a"}, Raw: []byte{0, 1},
		Parts: core.Parts{core.Text{Body: "你好"}, core.Media{Type: "image/png", Handle: "h", Size: 3}, core.Place{Lat: 1.5, Lon: 2.5, Name: "n"},
			core.Card{Title: "t"}, core.Choice{Prompt: "p", Options: []core.Option{{ID: "1", Label: "一"}}}, core.Pick{Option: "1", Label: "一"},
			core.Form{ID: "f", Values: map[string]string{"a": "b"}}, core.Joined{From: "qr"}, core.Left{}, core.Other{Kind: "k"}}}
	c := b.turn(ann, func(o *core.Outcome) {
		want.Seen = o.Conversation.Seen
		o.Conversation, o.Say = want, []core.Envelope{env}
	})
	want.Seen = c.After.Seen
	b = b.reopened()
	got := b.conversation(ann)
	if !reflect.DeepEqual(got, want) {
		b.Errorf("conversation\n got %+v\nwant %+v", got, want)
	}
	rs := b.past(core.PastQuery{Key: ann})
	m := rs[len(rs)-1].Message
	env.ID, env.Seq = c.Deliveries[0].ID, c.Deliveries[0].Seq
	if !reflect.DeepEqual(*m, env) {
		b.Errorf("envelope\n got %+v\nwant %+v", *m, env)
	}
	if !reflect.DeepEqual(c.Deliveries[0].Envelope, env) {
		b.Errorf("delivery\n got %+v\nwant %+v", c.Deliveries[0].Envelope, env)
	}
}

// Turns of one conversation never overlap; those of others do not wait.
func testTurnAlone(b bench) {
	var inside, count atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 10 {
				_, err := b.s.Turn(ctx, ann, b.now, func(c core.Conversation, _ []core.Envelope) (core.Outcome, error) {
					if inside.Add(1) != 1 {
						b.Error("two turns of one conversation at the same time")
					}
					defer inside.Add(-1)
					n := 0
					if len(c.Mind) > 0 {
						n = len(c.Mind) - 2
					}
					c.Mind = append(append([]byte(`"`), make([]byte, n+1)...), '"')
					for i := range n + 1 {
						c.Mind[i+1] = 'x'
					}
					count.Add(1)
					return core.Outcome{Conversation: c}, nil
				})
				if err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := len(b.conversation(ann).Mind) - 2; n != 80 {
		b.Errorf("80 turns left %d marks", n)
	}
	// While a turn of ann runs, one of bob gets through, and ann's next one gives up when told to.
	_, err := b.s.Turn(ctx, ann, b.now, func(c core.Conversation, _ []core.Envelope) (core.Outcome, error) {
		b.turn(bob, func(*core.Outcome) {})
		short, cancel := context.WithCancel(ctx)
		cancel()
		_, err := b.s.Turn(short, ann, b.now, func(core.Conversation, []core.Envelope) (core.Outcome, error) {
			b.Error("overlapping turn")
			return core.Outcome{}, nil
		})
		b.wantErr(err, context.Canceled)
		return core.Outcome{Conversation: c}, nil
	})
	b.must(err)
}

func testReopened(b bench) {
	b.receive(ann, b.from(ann, "hi"))
	first := b.one(b.say(ann, "hello", "again"))
	b = b.reopened()
	// The lease of the process before us is void at once, and what it sent is not known.
	d := b.one(b.outbox(10))
	if d.ID != first.ID || !d.Stale || d.Tries != 1 {
		b.Errorf("got %+v", d)
	}
	if len(b.outbox(10)) != 0 {
		b.Error("leased twice")
	}
	next := b.sent(d, "r1")
	if next == nil || next.Parts.Text() != "again" || next.Stale {
		b.Errorf("next %+v", next)
	}
}
