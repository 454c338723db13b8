package store

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

// TestModel compares the store with a plain model of what it promises, over
// random sequences of calls, restarts and passing time.
func TestModel(t *testing.T) {
	if !coretest.Long() {
		t.Log("a sample of 25 sequences of 500; FRONTDESK_LONG=1 runs all")
	}
	n := 0
	root := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		n++
		m := newMachine(t, filepath.Join(root, fmt.Sprint(n)))
		defer func() { m.s.Close() }()
		t.Repeat(map[string]func(*rapid.T){
			"receive": m.receive,
			"turn":    m.turn,
			"outbox":  m.outbox,
			"settle":  m.settle,
			"tick":    func(t *rapid.T) { m.now = m.now.Add(time.Duration(rapid.IntRange(0, 50).Draw(t, "s")) * time.Second) },
			"reopen":  m.reopen,
			"forget":  func(*rapid.T) { m.s.queue.convs.forget() },
			"":        m.check,
		})
	})
}

// mConv is the model of a conversation.
type mConv struct {
	key    core.Key
	log    []string
	in     []mIn
	seen   int       // how many of in have been read
	until  time.Time // until when the others wait for more
	lanes  map[string][]*mOut
	exists bool
	gone   bool
}

type mIn struct{ channel, text string }

// mOut is the model of a message on its way out.
type mOut struct {
	conv    *mConv
	channel string
	text    string
	bot     bool
	at      int // its place in the log
	id      string
	due     time.Time // zero: waits for those before it, or is held
	leased  bool
	quash   bool
	tries   int
	heard   int // conv.seen when it was leased
}

type machine struct {
	dir    string
	s      *Store
	now    time.Time
	n      int
	refs   map[string]bool
	convs  []*mConv
	leases []lease
}

type lease struct {
	d   core.Delivery
	out *mOut
}

const mLease = time.Minute

func newMachine(t *rapid.T, dir string) *machine {
	m := &machine{dir: dir, now: time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC), refs: map[string]bool{}}
	for _, peer := range []string{"ann", "bob", "carl"} {
		m.convs = append(m.convs, &mConv{key: core.Key{Channel: "web", Peer: peer}, lanes: map[string][]*mOut{}})
	}
	m.open(t)
	return m
}

func (m *machine) open(t *rapid.T) {
	s, err := Open(ctx, Options{Path: m.dir, Now: func() time.Time { return m.now }, Lease: mLease})
	if err != nil {
		t.Fatal(err)
	}
	m.s = s
}

func (m *machine) reopen(t *rapid.T) {
	if err := m.s.Close(); err != nil {
		t.Fatal(err)
	}
	m.open(t)
	for _, c := range m.convs {
		for _, lane := range c.lanes {
			if len(lane) > 0 && lane[0].leased {
				lane[0].due = m.now // the lease is void, but nobody knows what became of it
			}
		}
	}
}

func (m *machine) conv(t *rapid.T) *mConv { return rapid.SampledFrom(m.convs).Draw(t, "conv") }

func (m *machine) receive(t *rapid.T) {
	c := m.conv(t)
	channel := rapid.SampledFrom([]string{"web", "web", "desk"}).Draw(t, "channel")
	m.n++
	ref := fmt.Sprint("r", rapid.IntRange(max(0, m.n-3), m.n).Draw(t, "ref"))
	fresh, err := m.s.Receive(ctx, c.key, core.Envelope{Channel: channel, Ref: ref, Parts: core.Parts{core.Text{Body: ref}}})
	if err != nil {
		t.Fatal(err)
	}
	if want := !m.refs[channel+ref]; fresh != want {
		t.Fatalf("fresh is %v, want %v", fresh, want)
	}
	if fresh {
		m.refs[channel+ref] = true
		c.exists = true
		c.until = time.Time{}
		c.in = append(c.in, mIn{channel, ref})
		c.log = append(c.log, ">"+ref)
	}
}

func (m *machine) turn(t *rapid.T) {
	c := m.conv(t)
	unread := c.in[c.seen:]
	o := core.Outcome{
		Left: rapid.IntRange(0, len(unread)).Draw(t, "left"),
		Hush: rapid.IntRange(0, 4).Draw(t, "hush") == 0,
	}
	if rapid.Bool().Draw(t, "waits") {
		o.Until = m.now.Add(time.Duration(rapid.IntRange(-1, 60).Draw(t, "until")) * time.Second)
	}
	var says []*mOut
	for range rapid.IntRange(0, 3).Draw(t, "says") {
		m.n++
		out := &mOut{conv: c, text: fmt.Sprint("o", m.n), channel: rapid.SampledFrom([]string{"web", "desk"}).Draw(t, "to"), bot: rapid.Bool().Draw(t, "bot")}
		by := core.ByAgent
		if out.bot {
			by = core.ByBot
		}
		o.Say = append(o.Say, core.Envelope{Channel: out.channel, By: core.Author{Kind: by}, Parts: core.Parts{core.Text{Body: out.text}}})
		says = append(says, out)
	}
	fails := rapid.IntRange(0, 5).Draw(t, "fails") == 0
	oops := errors.New("oops")
	got, err := m.s.Turn(ctx, c.key, m.now, func(conv core.Conversation, es []core.Envelope) (core.Outcome, error) {
		var in []mIn
		for _, e := range es {
			in = append(in, mIn{e.Channel, e.Parts.Text()})
		}
		if !slices.Equal(in, unread) || conv.Gone != c.gone {
			t.Fatalf("unread %v, want %v; gone %v", in, unread, conv.Gone)
		}
		o.Conversation = conv
		if fails {
			return o, oops
		}
		return o, nil
	})
	if fails {
		if !errors.Is(err, oops) {
			t.Fatal(err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	waits := o.Left > 0 && o.Until.After(m.now)
	if got.More != (o.Left > 0 && !waits) {
		t.Fatalf("More is %v, %d are left until %v", got.More, o.Left, o.Until)
	}
	switch {
	case waits:
		c.until = o.Until
	case o.Left < len(unread): // some were read
		c.until = time.Time{}
	}
	m.wantLeased(t, got.Deliveries, m.modelTurn(c, unread[:len(unread)-o.Left], o.Hush, says))
}

// modelTurn is what a turn does to the model; it returns what it leases.
func (m *machine) modelTurn(c *mConv, read []mIn, hush bool, says []*mOut) (leased []*mOut) {
	c.exists = true
	c.seen += len(read)
	if hush {
		for _, out := range slices.Clone(c.lanes["web"]) {
			switch {
			case !out.bot:
			case out.leased:
				out.quash = true
			default:
				m.end(out, core.ProgressDropped)
				c.log = append(c.log, "!dropped "+out.text)
			}
		}
		leased = append(leased, m.advance(c, "web")...)
	}
	var heard []string
	for _, in := range read {
		if !slices.Contains(heard, in.channel) {
			heard = append(heard, in.channel)
			leased = append(leased, m.advance(c, in.channel)...)
		}
	}
	for _, out := range says {
		out.at = len(c.log)
		c.log = append(c.log, "<"+out.text+":pending")
		c.lanes[out.channel] = append(c.lanes[out.channel], out)
		if len(c.lanes[out.channel]) == 1 {
			leased = append(leased, m.lease(out))
		}
	}
	return leased
}

func (m *machine) lease(out *mOut) *mOut {
	out.due, out.leased, out.heard = m.now.Add(mLease), true, out.conv.seen
	out.tries++
	return out
}

func (m *machine) end(out *mOut, state core.Progress) {
	lane := out.conv.lanes[out.channel]
	out.conv.lanes[out.channel] = slices.DeleteFunc(lane, func(x *mOut) bool { return x == out })
	out.conv.log[out.at] = "<" + out.text + ":" + string(state)
	out.due = time.Time{}
}

// advance leases the lane's head if it has no time of its own.
func (m *machine) advance(c *mConv, channel string) []*mOut {
	if lane := c.lanes[channel]; len(lane) > 0 && lane[0].due.IsZero() {
		return []*mOut{m.lease(lane[0])}
	}
	return nil
}

// wantLeased compares deliveries with what the model leases.
func (m *machine) wantLeased(t *rapid.T, got []core.Delivery, want []*mOut) {
	if len(got) != len(want) {
		t.Fatalf("%d deliveries, want %d", len(got), len(want))
	}
	for i, d := range got {
		m.leased(t, d, want[i], false)
	}
}

// leased checks one delivery.
func (m *machine) leased(t *rapid.T, d core.Delivery, out *mOut, stale bool) {
	if d.Parts.Text() != out.text || d.Key != out.conv.key || d.Channel != out.channel || d.Tries != out.tries-1 || d.Stale != stale || !d.Lease.Equal(out.due) {
		t.Fatalf("delivery %+v\nwant %+v, stale %v", d, out, stale)
	}
	if out.id != "" && out.id != d.ID {
		t.Fatalf("%s was %s", d.ID, out.id)
	}
	out.id = d.ID
	m.leases = append(m.leases, lease{d, out})
}

func (m *machine) outbox(t *rapid.T) {
	max := rapid.IntRange(1, 4).Draw(t, "max")
	due := map[string]*mOut{}
	quashed := false
	for _, c := range m.convs {
		for _, lane := range c.lanes {
			if len(lane) > 0 && !lane[0].due.IsZero() && !lane[0].due.After(m.now) {
				due[lane[0].text] = lane[0]
				quashed = quashed || lane[0].quash
			}
		}
	}
	if quashed {
		max = 100 // all of them, so that the model need not know which
	}
	got, err := m.s.Outbox(ctx, m.now, max)
	if err != nil {
		t.Fatal(err)
	}
	want := len(due)
	stale := map[string]bool{}
	was := map[string]mOut{}
	for text, out := range maps.Clone(due) {
		stale[text], was[text] = out.leased, *out
		if !out.quash {
			m.lease(out)
			continue
		}
		// Dropped while it was under way, and nobody says what became of it.
		m.end(out, core.ProgressUncertain)
		want--
		for _, next := range m.advance(out.conv, out.channel) {
			due[next.text] = next
			want++
		}
		delete(due, text)
	}
	if len(got) != min(want, max) {
		t.Fatalf("%d deliveries, want %d", len(got), min(want, max))
	}
	for _, d := range got {
		out := due[d.Parts.Text()]
		if out == nil {
			t.Fatalf("%+v is not due", d)
		}
		m.leased(t, d, out, stale[out.text])
		delete(due, out.text)
	}
	for _, out := range due { // those beyond max were not leased after all
		*out = was[out.text]
	}
}

func (m *machine) settle(t *rapid.T) {
	if len(m.leases) == 0 {
		t.Skip("nothing leased")
	}
	i := rapid.IntRange(0, len(m.leases)-1).Draw(t, "lease")
	l := m.leases[i]
	if rapid.IntRange(0, 3).Draw(t, "once") > 0 {
		m.leases = slices.Delete(m.leases, i, i+1) // otherwise it is settled again later
	}
	r := core.Result{Delivery: l.d, Ref: "sent-" + l.d.ID, Next: m.now.Add(time.Duration(rapid.IntRange(0, 90).Draw(t, "next")) * time.Second),
		Outcome: rapid.SampledFrom([]core.Attempt{core.AttemptSent, core.AttemptSent, core.AttemptAgain, core.AttemptHeld, core.AttemptGaveUp, core.AttemptUnknown}).Draw(t, "outcome"),
		Gone:    rapid.IntRange(0, 9).Draw(t, "gone") == 0}
	next, err := m.s.Settle(ctx, m.now, r)
	if err != nil {
		t.Fatal(err)
	}
	var got []core.Delivery
	if next != nil {
		got = append(got, *next)
	}
	m.wantLeased(t, got, m.modelSettle(l, r))
}

func (m *machine) modelSettle(l lease, r core.Result) []*mOut {
	out, c := l.out, l.out.conv
	if r.Gone && out.channel == "web" {
		c.gone = true
	}
	sent := r.Outcome == core.AttemptSent
	if !slices.Contains(c.lanes[out.channel], out) {
		switch c.log[out.at] {
		case "<" + out.text + ":dropped", "<" + out.text + ":failed", "<" + out.text + ":unknown":
			if sent {
				c.log[out.at] = "<" + out.text + ":sent"
			}
		}
		return nil
	}
	if !sent && (!out.leased || l.d.Tries != out.tries-1) {
		return nil
	}
	again := r.Outcome == core.AttemptAgain || r.Outcome == core.AttemptHeld
	switch {
	case again && out.quash:
		m.end(out, core.ProgressDropped)
		c.log = append(c.log, "!dropped "+out.text)
	case again:
		out.leased = false
		out.due = r.Next
		if r.Outcome == core.AttemptHeld {
			out.due = time.Time{}
			if slices.ContainsFunc(c.in[out.heard:c.seen], func(in mIn) bool { return in.channel == out.channel }) {
				out.due = m.now
			}
		}
		return nil
	case r.Outcome == core.AttemptGaveUp:
		m.end(out, core.ProgressFailed)
		c.log = append(c.log, "!gave_up "+out.text)
	default:
		m.end(out, map[core.Attempt]core.Progress{core.AttemptSent: core.ProgressSent, core.AttemptUnknown: core.ProgressUncertain}[r.Outcome])
	}
	return m.advance(c, out.channel)
}

func (m *machine) check(t *rapid.T) {
	var ready []core.Key
	unread, waiting := 0, 0
	for _, c := range m.convs {
		unread += len(c.in) - c.seen
		if len(c.in) > c.seen && !c.until.After(m.now) {
			ready = append(ready, c.key)
		}
		for _, lane := range c.lanes {
			waiting += len(lane)
		}
		m.checkLog(t, c)
	}
	got, err := m.s.Ready(ctx, m.now, 10)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(got, func(a, b core.Key) int { return cmp.Compare(a.Peer, b.Peer) })
	if !slices.Equal(got, ready) {
		t.Fatalf("ready %v, want %v", got, ready)
	}
	st, err := m.s.Stats(ctx)
	if err != nil || st.Unread != int64(unread) || st.Outbox != int64(waiting) {
		t.Fatalf("stats %+v, want %d unread, %d waiting; %v", st, unread, waiting, err)
	}
}

func (m *machine) checkLog(t *rapid.T, c *mConv) {
	conv, err := m.s.Conversation(ctx, c.key)
	if c.exists != (err == nil) || conv.Gone != c.gone {
		t.Fatalf("%v: %v, gone %v, want %v", c.key, err, conv.Gone, c.gone)
	}
	past, err := m.s.Past(ctx, core.PastQuery{Key: c.key, Max: 1000})
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	var got []string
	for _, r := range past {
		switch {
		case r.Event != nil:
			got = append(got, "!"+string(r.Event.Kind)+" "+texts[r.Event.Data["message"]])
		case r.In:
			got = append(got, ">"+r.Message.Parts.Text())
		default:
			texts[r.Message.ID] = r.Message.Parts.Text()
			got = append(got, "<"+r.Message.Parts.Text()+":"+string(r.State))
		}
	}
	if !slices.Equal(got, c.log) {
		t.Fatalf("%v:\n got %q\nwant %q", c.key, got, c.log)
	}
}
