package coretest

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// Store is what every core.Store must do. open opens the store that is kept at
// path, an empty directory the first time; the suite closes what it opens and
// opens it again. Leases must last StoreLease, and the store's clock must be
// the real one.
func Store(t *testing.T, open func(t *testing.T, path string) core.Store) {
	for _, c := range []struct {
		name string
		run  func(bench)
	}{
		{"Receive", testReceive}, {"ReceiveRepeats", testRepeats}, {"ReceiveTogether", testTogether}, {"ReceiveInvalid", testInvalid},
		{"Turn", testTurn}, {"TurnFails", testTurnFails}, {"TurnLeft", testTurnLeft}, {"TurnRoundTrip", testRoundTrip},
		{"TurnAlone", testTurnAlone}, {"TurnReopened", testReopened},
		{"Ready", testReady}, {"ReadyBursts", testReadyBursts}, {"ReadyArrived", testReadyArrived}, {"ReadyRead", testReadyRead}, {"Lane", testLane}, {"LaneNext", testLaneNext}, {"Attempts", testAttempts}, {"Held", testHeld},
		{"Lease", testLease}, {"Stale", testStale}, {"Fence", testFence}, {"Hush", testHush}, {"HushUnderWay", testHushUnderWay},
		{"Thread", testThread}, {"ThreadCards", testThreadCards}, {"ThreadNever", testThreadNever}, {"ThreadGone", testThreadGone}, {"ThreadHealed", testThreadHealed}, {"Coalesce", testCoalesce}, {"Joined", testJoined}, {"Replaces", testReplaces},
		{"Gone", testGone}, {"Report", testReport}, {"Reasons", testReasons}, {"Past", testPast}, {"Tickets", testTickets}, {"TicketAgain", testTicketAgain}, {"TicketsMany", testTicketsMany}, {"TicketTaken", testTicketTaken}, {"Agents", testAgents},
		{"Values", testValues}, {"Add", testAdd}, {"Stats", testStats}, {"IDs", testIDs}, {"Closed", testClosed}, {"Canceled", testCanceled},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := t.TempDir()
			var last core.Store
			b := bench{T: t, now: time.Now().Truncate(time.Microsecond).UTC(), open: func() core.Store {
				last = open(t, path)
				return last
			}}
			b.s = b.open()
			defer func() {
				if err := last.Close(); err != nil {
					t.Error("Close:", err)
				}
			}()
			c.run(b)
		})
	}
}

// StoreLease is how long leases must last in stores under test.
const StoreLease = time.Minute

// bench is a store under test with a clock of its own. A value, so that only the
// test itself lets time pass or opens the store again.
type bench struct {
	*testing.T
	open func() core.Store
	s    core.Store
	now  time.Time
}

var (
	ctx = context.Background()
	ann = core.Key{Channel: "web", Peer: "ann"}
	bob = core.Key{Channel: "web", Peer: "bob"}
)

func (b bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// reopened is the bench after the store was closed and opened again.
func (b bench) reopened() bench {
	b.Helper()
	b.must(b.s.Close())
	b.s = b.open()
	return b
}

func text(s string) core.Parts { return core.Parts{core.Text{Body: s}} }

// from is a message of key's peer.
func (b bench) from(key core.Key, words string) core.Envelope {
	return core.Envelope{Channel: key.Channel, Peer: core.Peer{ID: key.Peer, Name: "Name"}, Ref: key.Peer + "-" + rand.Text(), At: b.now, Filed: b.now, Parts: text(words)}
}

func (b bench) receive(key core.Key, env core.Envelope) bool {
	b.Helper()
	fresh, err := b.s.Receive(ctx, key, env)
	b.must(err)
	return fresh
}

// atOnce calls f 20 times at the same time, and counts how often it was true.
func (b bench) atOnce(f func(i int) (bool, error)) int32 {
	b.Helper()
	var n atomic.Int32
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			ok, err := f(i)
			if err != nil {
				b.Error(err)
			}
			if ok {
				n.Add(1)
			}
		})
	}
	wg.Wait()
	return n.Load()
}

// turn runs a turn that leaves the conversation as edit makes it.
func (b bench) turn(key core.Key, edit func(o *core.Outcome)) core.Committed {
	b.Helper()
	c, err := b.s.Turn(ctx, key, b.now, func(c core.Conversation, _ []core.Envelope) (core.Outcome, error) {
		o := core.Outcome{Conversation: c}
		edit(&o)
		return o, nil
	})
	b.must(err)
	return c
}

// say has a turn say something to the peer.
func (b bench) say(key core.Key, words ...string) []core.Delivery {
	b.Helper()
	return b.turn(key, func(o *core.Outcome) {
		for _, w := range words {
			o.Say = append(o.Say, core.Envelope{Channel: key.Channel, Peer: core.Peer{ID: key.Peer}, By: core.Author{Kind: core.ByBot}, Parts: text(w)})
		}
	}).Deliveries
}

func (b bench) outbox(max int) []core.Delivery {
	b.Helper()
	ds, err := b.s.Outbox(ctx, b.now, max)
	b.must(err)
	return ds
}

func (b bench) settle(d core.Delivery, r core.Result) *core.Delivery {
	b.Helper()
	r.Delivery = d
	next, err := b.s.Settle(ctx, b.now, r)
	b.must(err)
	return next
}

func (b bench) sent(d core.Delivery, ref string) *core.Delivery {
	b.Helper()
	return b.settle(d, core.Result{Outcome: core.AttemptSent, Ref: ref})
}

// one is the only delivery of ds.
func (b bench) one(ds []core.Delivery) core.Delivery {
	b.Helper()
	if len(ds) != 1 {
		b.Fatalf("%d deliveries, want 1: %v", len(ds), words(ds))
	}
	return ds[0]
}

func words(ds []core.Delivery) (out []string) {
	for _, d := range ds {
		out = append(out, d.Parts.Text())
	}
	return out
}

func (b bench) past(q core.PastQuery) []core.Record {
	b.Helper()
	rs, err := b.s.Past(ctx, q)
	b.must(err)
	return rs
}

// log is the conversation in short: ">hi" came in, "<hello:sent" went out,
// "!gave_up" happened.
func (b bench) log(q core.PastQuery) (out []string) {
	b.Helper()
	for _, r := range b.past(q) {
		switch {
		case r.Event != nil:
			out = append(out, "!"+string(r.Event.Kind))
		case r.In:
			out = append(out, ">"+r.Message.Parts.Text())
		default:
			out = append(out, "<"+r.Message.Parts.Text()+":"+string(r.State))
		}
	}
	return out
}

func (b bench) wantLog(key core.Key, want ...string) {
	b.Helper()
	if got := b.log(core.PastQuery{Key: key}); !slices.Equal(got, want) {
		b.Errorf("log of %v:\n got %q\nwant %q", key, got, want)
	}
}

func (b bench) ready(max int) []core.Key {
	b.Helper()
	ks, err := b.s.Ready(ctx, b.now, max)
	b.must(err)
	return ks
}

func (b bench) wantReady(want ...core.Key) {
	b.Helper()
	if got := b.ready(10); !slices.Equal(got, want) {
		b.Errorf("Ready: %v, want %v", got, want)
	}
}

func (b bench) conversation(key core.Key) core.Conversation {
	b.Helper()
	c, err := b.s.Conversation(ctx, key)
	b.must(err)
	return c
}

func (b bench) wantErr(err, want error) {
	b.Helper()
	if !errors.Is(err, want) {
		b.Errorf("error %v, want %v", err, want)
	}
}
