package coretest

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

func card(ticket, title string) core.Envelope {
	return core.Envelope{Channel: "desk", Ticket: ticket, Parts: core.Parts{core.Case{Ticket: ticket, Title: title}}}
}

func relay(ticket, words string) core.Envelope {
	return core.Envelope{Channel: "desk", Ticket: ticket, Parts: text(words)}
}

func withTicket(o *core.Outcome, id string) {
	o.Conversation.Ticket = &core.Ticket{ID: id, State: core.TicketWaiting}
}

func testThread(b bench) {
	c := b.turn(ann, func(o *core.Outcome) {
		withTicket(o, "T")
		o.Say = []core.Envelope{card("T", "new"), relay("T", "hi"), relay("T", "there")}
	})
	d := b.one(c.Deliveries)
	if d.Thread != "" || d.Edit != "" {
		b.Errorf("the card that opens the thread: %+v", d)
	}
	_, err := b.s.Thread(ctx, "desk", "th1")
	b.wantErr(err, core.ErrNotFound)
	n := b.sent(d, "th1")
	if n == nil || n.Thread != "th1" || n.Edit != "" || n.Parts.Text() != "hi" {
		b.Fatalf("next %+v", n)
	}
	b = b.reopened()
	key, err := b.s.Thread(ctx, "desk", "th1")
	if err != nil || key != ann {
		b.Errorf("thread of %v, %v", key, err)
	}
	_, err = b.s.Thread(ctx, "other", "th1")
	b.wantErr(err, core.ErrNotFound)
	want := []core.Shown{{Desk: "desk", Thread: "th1", Card: "th1"}}
	if got := b.conversation(ann).Ticket.Shown; !slices.Equal(got, want) {
		b.Errorf("shown %+v", got)
	}
	ts, err := b.s.Tickets(ctx, core.TicketQuery{ID: "T"})
	b.must(err)
	if len(ts) != 1 || !slices.Equal(ts[0].Ticket.Shown, want) {
		b.Errorf("tickets %+v", ts)
	}
	// A turn that does not know does not take it away.
	after := b.turn(ann, func(o *core.Outcome) { o.Conversation.Ticket.Shown = nil }).After
	if !slices.Equal(after.Ticket.Shown, want) {
		b.Errorf("after a turn: shown %+v", after.Ticket.Shown)
	}
}

// The card is edited where it stands; a card sent anew is the card from then on.
func testThreadCards(b bench) {
	d := b.one(b.turn(ann, func(o *core.Outcome) { withTicket(o, "T"); o.Say = []core.Envelope{card("T", "new")} }).Deliveries)
	b.sent(d, "th1")
	d = b.one(b.turn(ann, func(o *core.Outcome) { o.Say = []core.Envelope{card("T", "claimed")} }).Deliveries)
	if d.Thread != "th1" || d.Edit != "th1" {
		b.Errorf("card update: %+v", d)
	}
	b.sent(d, "card2")
	up := card("T", "closed")
	up.Thread = "th1"
	d = b.one(b.turn(ann, func(o *core.Outcome) { o.Say = []core.Envelope{up} }).Deliveries)
	if d.Thread != "th1" || d.Edit != "card2" {
		b.Errorf("card update: %+v", d)
	}
	// A second desk has a thread of its own.
	other := card("T", "x")
	other.Channel = "desk2"
	d = b.one(b.turn(ann, func(o *core.Outcome) { o.Say = []core.Envelope{other} }).Deliveries)
	if d.Thread != "" || d.Edit != "" {
		b.Errorf("second desk: %+v", d)
	}
	b.sent(d, "th1")
	if got := b.conversation(ann).Ticket.Shown; len(got) != 2 {
		b.Errorf("shown %+v", got)
	}
}

func testThreadNever(b bench) {
	d := b.one(b.turn(ann, func(o *core.Outcome) {
		withTicket(o, "T")
		o.Say = []core.Envelope{card("T", "new"), relay("T", "1"), relay("T", "2"), {Channel: "desk", Thread: "t9", Parts: text("elsewhere")}}
	}).Deliveries)
	n := b.settle(d, core.Result{Outcome: core.AttemptGaveUp, Err: errors.New("no such group")})
	if n == nil || n.Parts.Text() != "elsewhere" || n.Thread != "t9" {
		b.Fatalf("next %+v", n)
	}
	b.sent(*n, "r")
	rs := b.past(core.PastQuery{Key: ann})
	for _, r := range rs[1:3] {
		if r.State != core.ProgressFailed || r.Why == "" {
			b.Errorf("record %+v", r)
		}
	}
	gave := 0
	for _, r := range rs {
		if r.Event != nil && r.Event.Kind == core.EventGaveUp {
			gave++
		}
	}
	if gave != 3 {
		b.Errorf("%d of 3 were reported as given up", gave)
	}
	if ds := b.turn(ann, func(o *core.Outcome) { o.Say = []core.Envelope{relay("T", "3")} }).Deliveries; len(ds) != 0 {
		b.Errorf("leased %q without a thread", words(ds))
	}
	// The next card opens it.
	d = b.one(b.turn(ann, func(o *core.Outcome) { o.Say = []core.Envelope{card("T", "again"), relay("T", "4")} }).Deliveries)
	if n := b.sent(d, "th"); n == nil || n.Thread != "th" {
		b.Errorf("next %+v", n)
	}
}

func testThreadGone(b bench) {
	d := b.one(b.turn(ann, func(o *core.Outcome) { withTicket(o, "T"); o.Say = []core.Envelope{card("T", "new"), relay("T", "1")} }).Deliveries)
	d = *b.sent(d, "th")
	b.settle(d, core.Result{Outcome: core.AttemptGaveUp, Gone: true, Err: errors.New("thread deleted")})
	if b.conversation(ann).Gone {
		b.Error("the peer is gone because a desk's thread is")
	}
	_, err := b.s.Thread(ctx, "desk", "th")
	b.wantErr(err, core.ErrNotFound)
	d = b.one(b.turn(ann, func(o *core.Outcome) { o.Say = []core.Envelope{card("T", "again")} }).Deliveries)
	if d.Thread != "" {
		b.Errorf("%+v", d)
	}
}

// What could not be said because the thread was deleted waits for the card that
// opens a new one, though that stands behind it.
func testThreadHealed(b bench) {
	d := b.one(b.turn(ann, func(o *core.Outcome) {
		withTicket(o, "T")
		o.Say = []core.Envelope{card("T", "new"), relay("T", "1"), relay("T", "2")}
	}).Deliveries)
	d = *b.sent(d, "th")
	if ds := b.turn(ann, func(o *core.Outcome) { o.Say = []core.Envelope{card("T", "again"), relay("T", "3")} }).Deliveries; len(ds) != 0 {
		b.Fatalf("leased %q", words(ds))
	}
	b.settle(d, core.Result{Outcome: core.AttemptAgain, Next: b.now, Gone: true, Err: errors.New("thread deleted")})
	c := b.one(b.outbox(10))
	if _, ok := c.Parts[0].(core.Case); !ok || c.Thread != "" {
		b.Fatalf("first %+v", c)
	}
	if ds := b.outbox(10); len(ds) != 0 {
		b.Errorf("leased %q before the thread is there", words(ds))
	}
	b.settle(c, core.Result{Outcome: core.AttemptAgain, Next: b.now.Add(time.Second), Err: errors.New("busy")})
	b.now = b.now.Add(time.Second)
	c = b.one(b.outbox(10))
	next := b.sent(c, "th2")
	for _, want := range []string{"1", "2", "3"} {
		if next == nil || next.Thread != "th2" || next.Parts.Text() != want {
			b.Fatalf("next %+v, want %s", next, want)
		}
		next = b.sent(*next, "r"+want)
	}
}

func titles(rs []core.Record) (out []string) {
	for _, r := range rs {
		if r.Message != nil && len(r.Message.Parts) > 0 {
			if c, ok := r.Message.Parts[0].(core.Case); ok {
				out = append(out, c.Title+":"+string(r.State))
			}
		}
	}
	return out
}

func testCoalesce(b bench) {
	say := func(es ...core.Envelope) []core.Delivery {
		return b.turn(ann, func(o *core.Outcome) { withTicket(o, "T"); o.Say = es }).Deliveries
	}
	opening := b.one(say(card("T", "1")))
	say(relay("T", "hi"), card("T", "2"))
	say(card("T", "3"), card("U", "other ticket"))
	say(card("T", "4"))
	if got, want := titles(b.past(core.PastQuery{Key: ann})), []string{"1:pending", "4:pending", "other ticket:pending"}; !slices.Equal(got, want) {
		b.Errorf("cards %q, want %q", got, want)
	}
	d := *b.sent(opening, "th")
	if d.Parts.Text() != "hi" {
		b.Errorf("next %+v", d)
	}
	d = *b.sent(d, "r")
	if d.Edit != "th" || d.Parts[0].(core.Case).Title != "4" {
		b.Errorf("next %+v", d)
	}
	// One that failed once is overtaken.
	b.settle(d, core.Result{Outcome: core.AttemptAgain, Next: b.now.Add(time.Hour)})
	say(card("T", "5"))
	if got, want := titles(b.past(core.PastQuery{Key: ann})), []string{"1:sent", "4:dropped", "other ticket:pending", "5:pending"}; !slices.Equal(got, want) {
		b.Errorf("cards %q, want %q", got, want)
	}
}

// Lines of a customer that wait for a desk go out as one; what others said, and
// what was tried already, stays as it is.
func testJoined(b bench) {
	peer := core.Author{Kind: core.ByPeer, Name: "Ann"}
	say := func(by core.Author, words string) {
		env := relay("T", words)
		env.By = by
		b.turn(ann, func(o *core.Outcome) { withTicket(o, "T"); o.Say = []core.Envelope{env} })
	}
	opening := b.one(b.turn(ann, func(o *core.Outcome) { withTicket(o, "T"); o.Say = []core.Envelope{card("T", "1")} }).Deliveries)
	say(peer, "a")
	say(peer, "b")
	say(core.Author{Kind: core.ByAgent, Name: "Lin"}, "c")
	say(core.Author{Kind: core.ByAgent, Name: "Lin"}, "d")
	say(peer, "e")
	next := b.sent(opening, "th")
	b.settle(*next, core.Result{Outcome: core.AttemptAgain, Next: b.now})
	say(peer, "f")
	say(peer, strings.Repeat("长", 700))
	b = b.reopened()
	next = &b.outbox(10)[0]
	for _, want := range []string{"a\nb", "c", "d", "e\nf", strings.Repeat("长", 700)} {
		if next == nil || next.Parts.Text() != want {
			b.Fatalf("next %+v, want %q", next, want)
		}
		next = b.sent(*next, "r"+want)
	}
	if next != nil {
		b.Errorf("and %+v", next)
	}
	// To the customer every line is a message of its own.
	b.turn(ann, func(o *core.Outcome) {
		o.Say = []core.Envelope{{By: peer, Parts: text("1")}, {By: peer, Parts: text("2")}, {By: peer, Parts: text("3")}}
	})
	if rs := b.past(core.PastQuery{Key: ann, Max: 3}); rs[2].Message.Parts.Text() != "3" {
		b.Errorf("%+v", rs)
	}
}

func testReplaces(b bench) {
	d := b.one(b.say(ann, "wrng"))
	c := b.turn(ann, func(o *core.Outcome) {
		o.Say = []core.Envelope{{Replaces: d.ID, Parts: text("wrong")}, {Replaces: "nobody's", Parts: text("x")}}
	})
	if len(c.Deliveries) != 0 {
		b.Fatal("a correction overtakes")
	}
	n := b.sent(d, "r1")
	if n == nil || n.Edit != "r1" {
		b.Fatalf("correction %+v", n)
	}
	if n = b.sent(*n, "r1"); n == nil || n.Edit != "" {
		b.Errorf("%+v", n)
	}
	// The platform does not have it.
	d = b.one(b.say(bob, "lost"))
	b.turn(bob, func(o *core.Outcome) { o.Say = []core.Envelope{{Replaces: d.ID, Parts: text("found")}} })
	if n := b.settle(d, core.Result{Outcome: core.AttemptGaveUp}); n == nil || n.Edit != "" {
		b.Errorf("%+v", n)
	}
	// An opening card that failed once stays the one that opens.
	open := b.one(b.turn(ann, func(o *core.Outcome) { withTicket(o, "T"); o.Say = []core.Envelope{card("T", "1")} }).Deliveries)
	b.settle(open, core.Result{Outcome: core.AttemptAgain, Next: b.now.Add(time.Second)})
	b.turn(ann, func(o *core.Outcome) { o.Say = []core.Envelope{relay("T", "hi"), card("T", "2")} })
	b.now = b.now.Add(time.Second)
	ds := b.outbox(10)
	i := slices.IndexFunc(ds, func(d core.Delivery) bool { return d.Channel == "desk" })
	if i < 0 || ds[i].ID != open.ID {
		b.Fatalf("leased %+v", ds)
	}
	if n := b.sent(ds[i], "th"); n == nil || n.Thread != "th" {
		b.Errorf("next %+v", n)
	}
}
