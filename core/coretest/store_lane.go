package coretest

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

func testLane(b bench) {
	d := b.one(b.say(ann, "1", "2"))
	if d.Parts.Text() != "1" {
		b.Errorf("leased %q first", d.Parts.Text())
	}
	if ds := b.say(ann, "3"); len(ds) != 0 {
		b.Errorf("%q overtakes", words(ds))
	}
	if ds := b.outbox(10); len(ds) != 0 {
		b.Errorf("%q overtakes or is leased twice", words(ds))
	}
	// Other lanes do not wait: the desk's of the same conversation, and other conversations'.
	ds := b.turn(ann, func(o *core.Outcome) { o.Say = []core.Envelope{{Channel: "desk", Parts: text("d1")}} }).Deliveries
	if b.one(ds).Parts.Text() != "d1" {
		b.Error("the desk's lane waits for the peer's")
	}
	b.one(b.say(bob, "b1", "b2"))
	next := b.sent(d, "r1")
	if next == nil || next.Parts.Text() != "2" || next.Key != ann || next.Tries != 0 || !next.Lease.After(b.now) {
		b.Fatalf("next is %+v", next)
	}
	next = b.sent(*next, "r2")
	if next == nil || next.Parts.Text() != "3" {
		b.Fatalf("next is %+v", next)
	}
	if n := b.sent(*next, "r3"); n != nil {
		b.Errorf("next of an empty lane: %+v", n)
	}
	b.wantLog(ann, "<1:sent", "<2:sent", "<3:sent", "<d1:pending")
	if got := b.past(core.PastQuery{Key: ann})[1].Message.Ref; got != "r2" {
		b.Errorf("ref %q", got)
	}
}

func testLaneNext(b bench) {
	d := b.one(b.say(ann, "1", "2"))
	if n := b.settle(d, core.Result{Outcome: core.AttemptAgain, Next: b.now.Add(time.Minute)}); n != nil {
		b.Errorf("2 overtakes 1, which is to be tried again: %+v", n)
	}
	b.now = b.now.Add(59 * time.Second)
	if ds := b.outbox(10); len(ds) != 0 {
		b.Errorf("%q too early", words(ds))
	}
	b.now = b.now.Add(time.Second)
	d = b.one(b.outbox(10))
	if d.Parts.Text() != "1" || d.Tries != 1 || d.Stale {
		b.Errorf("got %+v", d)
	}
	if b.sent(d, "r") == nil {
		b.Error("2 is not next")
	}
	for i := range 5 {
		b.say(core.Key{Channel: "web", Peer: string(rune('a' + i))}, "x")
	}
	b.now = b.now.Add(2 * StoreLease)
	if n := len(b.outbox(3)); n != 3 {
		b.Errorf("%d of at most 3", n)
	}
	if n := len(b.outbox(10)); n != 3 {
		b.Errorf("%d are left, want 3", n)
	}
}

func testAttempts(b bench) {
	for _, c := range []struct {
		outcome core.Attempt
		state   core.Progress
		event   core.EventKind
	}{
		{core.AttemptUnknown, core.ProgressUncertain, ""},
		{core.AttemptGaveUp, core.ProgressFailed, core.EventGaveUp},
		{core.AttemptDropped, core.ProgressDropped, core.EventDropped},
	} {
		key := core.Key{Channel: "web", Peer: string(c.outcome)}
		d := b.one(b.say(key, "1", "2"))
		next := b.settle(d, core.Result{Outcome: c.outcome, Err: errors.New("because")})
		if next == nil || next.Parts.Text() != "2" {
			b.Errorf("%s: next is %+v", c.outcome, next)
		}
		rs := b.past(core.PastQuery{Key: key})
		if rs[0].State != c.state || rs[0].Why != "because" {
			b.Errorf("%s: state %q, why %q", c.outcome, rs[0].State, rs[0].Why)
		}
		last := rs[len(rs)-1]
		if (last.Event != nil) != (c.event != "") {
			b.Errorf("%s: events %+v", c.outcome, last)
		}
		if c.event != "" && (last.Event.Kind != c.event || last.Event.Why != "because" || last.Event.Data["message"] != d.ID || !last.Event.At.Equal(b.now)) {
			b.Errorf("%s: event %+v", c.outcome, last.Event)
		}
		// A second answer changes nothing, except that it was sent after all.
		if n := b.settle(d, core.Result{Outcome: core.AttemptAgain, Next: b.now}); n != nil {
			b.Errorf("%s: settled twice", c.outcome)
		}
		b.now = b.now.Add(time.Second)
		if ds := b.outbox(10); len(ds) != 0 {
			b.Errorf("%s: %q comes back", c.outcome, words(ds))
		}
		b.sent(d, "late")
		if r := b.past(core.PastQuery{Key: key})[0]; r.State != core.ProgressSent || r.Message.Ref != "late" {
			b.Errorf("%s: sent after all, but %+v", c.outcome, r)
		}
	}
	_, err := b.s.Settle(ctx, b.now, core.Result{Delivery: core.Delivery{Envelope: core.Envelope{ID: "nobody's"}}, Outcome: core.AttemptSent})
	b.wantErr(err, core.ErrNotFound)
}

func testHeld(b bench) {
	b.receive(ann, b.from(ann, "hi"))
	d := b.one(b.say(ann, "1", "2"))
	if n := b.settle(d, core.Result{Outcome: core.AttemptHeld, Err: errors.New("window closed")}); n != nil {
		b.Errorf("2 overtakes: %+v", n)
	}
	b.now = b.now.Add(100 * time.Hour)
	if ds := b.outbox(10); len(ds) != 0 {
		b.Errorf("%q though the peer has not written", words(ds))
	}
	// What a desk writes does not count.
	b.receive(ann, core.Envelope{Channel: "desk", Peer: core.Peer{ID: "agent"}, Ref: "x", Parts: text("note")})
	if c := b.turn(ann, func(*core.Outcome) {}); len(c.Deliveries) != 0 {
		b.Errorf("%q on a desk's message", words(c.Deliveries))
	}
	if r := b.past(core.PastQuery{Key: ann})[1]; r.State != core.ProgressPending || r.Why != "window closed" {
		b.Errorf("record %+v", r)
	}
	b = b.reopened()
	b.receive(ann, b.from(ann, "back"))
	ds := b.say(ann, "3")
	ds = append(ds, b.outbox(10)...)
	d = b.one(ds)
	if d.Parts.Text() != "1" || d.Stale {
		b.Errorf("got %+v", d)
	}
	for _, want := range []string{"2", "3"} {
		n := b.sent(d, want)
		if n == nil || n.Parts.Text() != want {
			b.Fatalf("next %+v, want %s", n, want)
		}
		d = *n
	}
	b.sent(d, "r")

	// The peer writes while the message is on its way: there is nothing to wait for.
	d = b.one(b.say(ann, "4"))
	b.now = b.now.Add(time.Second)
	b.receive(ann, b.from(ann, "meanwhile"))
	b.turn(ann, func(*core.Outcome) {})
	b.settle(d, core.Result{Outcome: core.AttemptHeld})
	b.now = b.now.Add(time.Second)
	if d = b.one(b.outbox(10)); d.Parts.Text() != "4" {
		b.Errorf("got %+v", d)
	}
}

func testLease(b bench) {
	d := b.one(b.say(ann, "1", "2"))
	b.now = b.now.Add(StoreLease - time.Second)
	if ds := b.outbox(10); len(ds) != 0 {
		b.Errorf("%q before the lease ran out", words(ds))
	}
	b.must(b.s.Renew(ctx, b.now, []string{d.ID, "unknown"}))
	b.now = b.now.Add(StoreLease - time.Second)
	if ds := b.outbox(10); len(ds) != 0 {
		b.Errorf("%q before the renewed lease ran out", words(ds))
	}
	if n := b.sent(d, "r"); n == nil {
		b.Error("no next")
	}
	// Renewing what is settled does not bring it back.
	b.must(b.s.Renew(ctx, b.now, []string{d.ID}))
	b.wantLog(ann, "<1:sent", "<2:pending")
}

func testStale(b bench) {
	b.say(ann, "1", "2")
	b.now = b.now.Add(StoreLease)
	d := b.one(b.outbox(10))
	if d.Parts.Text() != "1" || !d.Stale || d.Tries != 1 {
		b.Errorf("got %+v", d)
	}
	b.settle(d, core.Result{Outcome: core.AttemptAgain, Next: b.now.Add(time.Second)})
	b.now = b.now.Add(time.Second)
	if d = b.one(b.outbox(10)); d.Stale || d.Tries != 2 {
		b.Errorf("after it was settled: %+v", d)
	}
}

// Who lost the lease cannot settle for whoever has it now.
func testFence(b bench) {
	old := b.one(b.say(ann, "1", "2"))
	b.now = b.now.Add(StoreLease)
	d := b.one(b.outbox(10))
	if n := b.settle(old, core.Result{Outcome: core.AttemptAgain, Next: b.now}); n != nil {
		b.Errorf("next %+v", n)
	}
	if n := b.settle(old, core.Result{Outcome: core.AttemptGaveUp}); n != nil {
		b.Errorf("next %+v", n)
	}
	b.now = b.now.Add(time.Second)
	if ds := b.outbox(10); len(ds) != 0 {
		b.Errorf("%q was released by its old owner", words(ds))
	}
	if n := b.sent(d, "r"); n == nil || n.Parts.Text() != "2" {
		b.Errorf("next %+v", n)
	}
}

func testHush(b bench) {
	d := b.one(b.say(ann, "under way", "bot's"))
	b.turn(ann, func(o *core.Outcome) {
		o.Say = []core.Envelope{{By: core.Author{Kind: core.ByAgent}, Parts: text("agent's")}, {Channel: "desk", By: core.Author{Kind: core.ByBot}, Parts: text("desk's")}}
	})
	ds := b.turn(ann, func(o *core.Outcome) {
		o.Hush = true
		o.Say = []core.Envelope{{By: core.Author{Kind: core.ByBot}, Parts: text("bot's last")}}
	}).Deliveries
	if len(ds) != 0 {
		b.Errorf("leased %q", words(ds))
	}
	b.wantLog(ann, "<under way:pending", "<bot's:dropped", "<agent's:pending", "<desk's:pending", "!dropped", "<bot's last:pending")
	if n := b.sent(d, "r"); n == nil || n.Parts.Text() != "agent's" {
		b.Errorf("next %+v", n)
	}

	// Held or waiting for its next try, it is dropped, and the next one goes.
	d = b.one(b.say(bob, "waits"))
	b.settle(d, core.Result{Outcome: core.AttemptAgain, Next: b.now.Add(time.Hour)})
	ds = b.turn(bob, func(o *core.Outcome) {
		o.Hush = true
		o.Say = []core.Envelope{{By: core.Author{Kind: core.ByAgent}, Parts: text("agent's")}}
	}).Deliveries
	if b.one(ds).Parts.Text() != "agent's" {
		b.Errorf("leased %q", words(ds))
	}
}

func testHushUnderWay(b bench) {
	for i, c := range []struct {
		outcome core.Attempt
		want    core.Progress
	}{{core.AttemptSent, core.ProgressSent}, {core.AttemptAgain, core.ProgressDropped}, {core.AttemptHeld, core.ProgressDropped}, {core.AttemptUnknown, core.ProgressUncertain}} {
		key := core.Key{Channel: "web", Peer: string(rune('a' + i))}
		d := b.one(b.say(key, "1"))
		b.turn(key, func(o *core.Outcome) {
			o.Hush = true
			o.Say = []core.Envelope{{By: core.Author{Kind: core.ByAgent}, Parts: text("2")}}
		})
		n := b.settle(d, core.Result{Outcome: c.outcome, Ref: "r", Next: b.now})
		if n == nil || n.Parts.Text() != "2" {
			b.Errorf("%s: next %+v", c.outcome, n)
		}
		if r := b.past(core.PastQuery{Key: key})[0]; r.State != c.want {
			b.Errorf("%s: %q, want %q", c.outcome, r.State, c.want)
		}
	}
	// Its sender crashed: nobody knows, and nobody sends it again.
	b.say(ann, "1")
	b.turn(ann, func(o *core.Outcome) {
		o.Hush = true
		o.Say = []core.Envelope{{By: core.Author{Kind: core.ByAgent}, Parts: text("2")}}
	})
	b.now = b.now.Add(StoreLease)
	ds := b.outbox(10)
	if !slices.Contains(words(ds), "2") || slices.ContainsFunc(ds, func(d core.Delivery) bool { return d.Key == ann && d.Parts.Text() == "1" }) {
		b.Errorf("leased %q", words(ds))
	}
}

func testGone(b bench) {
	b.receive(ann, b.from(ann, "hi"))
	d := b.one(b.say(ann, "1"))
	b.settle(d, core.Result{Outcome: core.AttemptGaveUp, Gone: true, Err: errors.New("blocked")})
	if !b.conversation(ann).Gone {
		b.Error("not marked")
	}
	b.turn(ann, func(o *core.Outcome) {
		if !o.Conversation.Gone {
			b.Error("a turn does not see it")
		}
	})
	if !b.conversation(ann).Gone {
		b.Error("a turn that left it alone cleared it")
	}
	b.turn(ann, func(o *core.Outcome) { o.Conversation.Gone = false })
	if b.conversation(ann).Gone {
		b.Error("a turn cannot clear it")
	}
	// Found out while a turn is under way that knows nothing of it.
	d = b.one(b.say(ann, "2"))
	b.turn(ann, func(o *core.Outcome) {
		b.settle(d, core.Result{Outcome: core.AttemptGaveUp, Gone: true, Err: errors.New("blocked")})
	})
	if !b.conversation(ann).Gone {
		b.Error("a turn that was under way cleared it")
	}
}

func testReport(b bench) {
	d := b.one(b.say(ann, "1"))
	b.wantErr(b.s.Report(ctx, core.Receipt{Channel: "web", Ref: "r", State: core.ReceiptDelivered}), core.ErrNotFound)
	b.sent(d, "r")
	b.wantErr(b.s.Report(ctx, core.Receipt{Channel: "other", Ref: "r", State: core.ReceiptDelivered}), core.ErrNotFound)
	report := func(s core.ReceiptState, want core.Progress) {
		b.Helper()
		b.must(b.s.Report(ctx, core.Receipt{Channel: "web", Ref: "r", State: s, At: b.now, Why: "y"}))
		if got := b.past(core.PastQuery{Key: ann})[0].State; got != want {
			b.Errorf("after %s: %q, want %q", s, got, want)
		}
	}
	report(core.ReceiptDelivered, core.ProgressReceived)
	report(core.ReceiptRead, core.ProgressRead)
	report(core.ReceiptDelivered, core.ProgressRead)
	d = b.one(b.say(bob, "1"))
	b.sent(d, "r2")
	b.must(b.s.Report(ctx, core.Receipt{Channel: "web", Ref: "r2", State: core.ReceiptBounced, At: b.now, Why: "no such user"}))
	b.wantLog(bob, "<1:failed", "!gave_up")
	if r := b.past(core.PastQuery{Key: bob})[0]; r.Why != "no such user" {
		b.Errorf("%+v", r)
	}
	// A peer's own ref is not ours.
	env := b.from(ann, "hi")
	b.receive(ann, env)
	b.wantErr(b.s.Report(ctx, core.Receipt{Channel: "web", Ref: env.Ref, State: core.ReceiptRead}), core.ErrNotFound)
}

// What platforms say of failures is kept as one line of text that every database
// takes.
func testReasons(b bench) {
	said := "<html>\x00\r\n\tno such \xff user " + strings.Repeat("长", 100_000)
	d := b.one(b.say(ann, "1", "2"))
	b.settle(d, core.Result{Outcome: core.AttemptAgain, Next: b.now, Err: errors.New(said)})
	d = b.one(b.outbox(1))
	d = *b.settle(d, core.Result{Outcome: core.AttemptGaveUp, Err: errors.New(said)})
	b.sent(d, "r")
	b.must(b.s.Report(ctx, core.Receipt{Channel: "web", Ref: "r", State: core.ReceiptBounced, At: b.now, Why: said}))
	b = b.reopened()
	b.wantLog(ann, "<1:failed", "<2:failed", "!gave_up", "!gave_up")
	for _, r := range b.past(core.PastQuery{Key: ann}) {
		why := r.Why
		if r.Event != nil {
			why = r.Event.Why
		}
		if !strings.HasPrefix(why, "<html> no such � user 长") || why != core.Reason(said) || len(why) > 2000 {
			b.Errorf("record %d says %.60q, %d bytes", r.Seq, why, len(why))
		}
	}
}
