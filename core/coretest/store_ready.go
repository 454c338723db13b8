package coretest

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

func testReady(b bench) {
	start := b.now
	b.turn(bob, func(o *core.Outcome) {
		o.Conversation.Wakes = o.Conversation.Wakes.Set(core.WakeBot, start.Add(time.Minute))
	})
	b.wantReady()
	b.now = start.Add(time.Second)
	b.receive(ann, b.from(ann, "hi"))
	b.wantReady(ann)
	b.now = start.Add(2 * time.Minute)
	carl := core.Key{Channel: "web", Peer: "carl"}
	b.receive(carl, b.from(carl, "hi"))
	b.receive(bob, b.from(bob, "both due and unread"))
	b.wantReady(ann, bob, carl)
	if got := b.ready(1); len(got) != 1 || got[0] != ann {
		b.Errorf("Ready of one: %v", got)
	}
	b.turn(ann, func(*core.Outcome) {})
	b.turn(bob, func(o *core.Outcome) { o.Conversation.Wakes = o.Conversation.Wakes.Set(core.WakeBot, time.Time{}) })
	b.wantReady(carl)
	// The earliest time counts, whoever wants it.
	b.turn(carl, func(o *core.Outcome) {
		o.Conversation.Wakes = core.Wakes{{Owner: core.WakeBot, At: b.now.Add(time.Hour)}, {Owner: core.WakeDesk, At: b.now}}
	})
	b.wantReady(carl)
	// What is unread waits for no clock.
	b.turn(carl, func(o *core.Outcome) { o.Conversation.Wakes = o.Conversation.Wakes.Set(core.WakeDesk, time.Time{}) })
	b.receive(ann, b.from(ann, "hi"))
	b.now = start.Add(-time.Hour)
	b.wantReady(ann)
}

// Conversations whose lines wait for the rest of a burst, however many, do not
// take the place of one that a turn could read.
func testReadyBursts(b bench) {
	const bursts = 600
	until := b.now.Add(2 * time.Second)
	at := func(i int) core.Key { return core.Key{Channel: "web", Peer: fmt.Sprint("burst", i)} }
	var wg sync.WaitGroup
	for i := range bursts {
		wg.Go(func() {
			key := at(i)
			_, err := b.s.Receive(ctx, key, core.Envelope{Channel: "web", Ref: key.Peer, Filed: b.now, Parts: text("well")})
			c, err2 := b.s.Turn(ctx, key, b.now, func(c core.Conversation, unread []core.Envelope) (core.Outcome, error) {
				c.Wakes = c.Wakes.Set(core.WakeBot, until)
				return core.Outcome{Conversation: c, Left: len(unread), Until: until}, nil
			})
			if err := errors.Join(err, err2); err != nil || c.More {
				b.Errorf("%s: %v; More is %v, though what is left waits", key, err, c.More)
			}
		})
	}
	wg.Wait()
	b.now = b.now.Add(time.Second)
	b.receive(ann, b.from(ann, "hi"))
	b.wantReady(ann)
	b = b.reopened()
	b.wantReady(ann)
	// Another line ends the wait.
	b.receive(at(5), b.from(at(5), "a moment"))
	b.wantReady(at(5), ann)
	// So does its time.
	b.now = until
	if n := len(b.ready(bursts + 10)); n != bursts+1 {
		b.Errorf("%d are ready when the bursts are over, want %d", n, bursts+1)
	}
	st, err := b.s.Stats(ctx)
	b.must(err)
	if st.Unread != bursts+2 {
		b.Errorf("%d unread, want %d", st.Unread, bursts+2)
	}
}

// What arrives while a turn is decided does not wait for a burst that this turn
// could not know to go on.
func testReadyArrived(b bench) {
	b.receive(ann, b.from(ann, "1"))
	until := b.now.Add(time.Minute)
	c, err := b.s.Turn(ctx, ann, b.now, func(c core.Conversation, unread []core.Envelope) (core.Outcome, error) {
		b.receive(ann, b.from(ann, "2"))
		return core.Outcome{Conversation: c, Left: 1, Until: until}, nil
	})
	b.must(err)
	if !c.More {
		b.Error("More is not set, though another one has come")
	}
	b.wantReady(ann)
}

// A turn that reads nothing and names no time leaves a burst as it is. One that
// reads the first lines of it ends it, unless it names a new time; a time that
// has passed is none.
func testReadyRead(b bench) {
	for _, w := range []string{"1", "2", "3"} {
		b.receive(ann, b.from(ann, w))
	}
	until := b.now.Add(time.Minute)
	left := func(n int, until time.Time) bool {
		b.Helper()
		return b.turn(ann, func(o *core.Outcome) { o.Left, o.Until = n, until }).More
	}
	left(3, until)
	b.wantReady()
	left(3, time.Time{})
	b.wantReady()
	if left(2, until.Add(time.Minute)) {
		b.Error("More is set, though what is left waits")
	}
	b.wantReady()
	b.now = until
	b.wantReady()
	if !left(1, time.Time{}) {
		b.Error("More is not set, though one is left and waits for nothing")
	}
	b.wantReady(ann)
	left(1, b.now)
	b.wantReady(ann)
	if left(0, until.Add(time.Hour)) {
		b.Error("More is set, though all is read")
	}
	b.wantReady()
}
