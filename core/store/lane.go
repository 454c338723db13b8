package store

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/store/driver"
)

// lanes is the outbox of one conversation within a transaction. out gathers
// what has been leased.
type lanes struct {
	t   *tx
	c   *conv
	key core.Key
	now time.Time
	out []core.Delivery
}

// pending is a row of the log that is still to be sent.
type pending struct {
	entry
	due, owner, tries int64
	quash             bool
	card              string
}

const pendingCols = "seq, channel, ref, at, body, due, owner, tries, quash, card"

func (p *pending) dst() []any {
	return []any{&p.seq, &p.channel, &p.ref, &p.at, &p.body, &p.due, &p.owner, &p.tries, &p.quash, &p.card}
}

// head is the oldest pending row of the lane on channel.
func (l *lanes) head(channel string) (p pending, found bool, err error) {
	if n, err := l.t.pending(l.c, channel); err != nil || n == 0 {
		return p, false, err
	}
	if err := l.t.flush(); err != nil {
		return p, false, err
	}
	found, err = l.t.row(p.dst(), "SELECT "+pendingCols+" FROM log WHERE conv = $1 AND channel = $2 AND state = 'pending' ORDER BY seq LIMIT 1", l.c.id, channel)
	return p, found, err
}

// put adds a message to its lane and leases it if nothing precedes it. A newer
// card takes the place of an older one that nobody has tried to send yet; a
// customer's line for a desk joins such a line before it.
func (l *lanes) put(s say) error {
	place := l.join
	if s.card != "" {
		place = l.replace
	}
	if taken, err := place(s); err != nil || taken {
		return err
	}
	waiting, err := l.t.pending(l.c, s.env.Channel)
	if err != nil {
		return err
	}
	r := pending{entry: entry{seq: l.t.seq(), at: micro(s.env.Filed), channel: s.env.Channel, body: s.body}, card: s.card}
	if waiting > 0 {
		l.insert(r, core.ProgressPending, "")
		return nil
	}
	d := core.Delivery{Envelope: s.env}
	d.ID, d.Seq = l.t.s.ids.name(r.seq), r.seq
	why, err := l.address(&d)
	if err != nil {
		return err
	}
	if why != "" {
		l.insert(r, core.ProgressFailed, why)
		return l.gaveUp(r.seq, why)
	}
	r.due, r.owner, r.tries = l.until(), l.t.s.me, 1
	l.lease(d, r)
	l.insert(r, core.ProgressPending, "")
	return nil
}

func (l *lanes) insert(r pending, state core.Progress, why string) {
	l.t.append(l.c, record{pending: r, kind: "out", state: state, why: why, heard: l.c.seen})
}

func (l *lanes) until() int64 { return micro(l.now.Add(l.t.s.opt.Lease)) }

// lease hands out d, which is row r.
func (l *lanes) lease(d core.Delivery, r pending) {
	d.Key, d.Tries, d.Lease, d.State = l.key, int(r.tries)-1, fromMicro(r.due), core.State(l.c.state)
	l.out = append(l.out, d)
}

// replace writes the newer card s over an older one in the same lane that was
// never tried, and drops older updates that were. It reports whether s has
// found its place.
func (l *lanes) replace(s say) (taken bool, err error) {
	if n, err := l.t.pending(l.c, s.env.Channel); err != nil || n == 0 {
		return false, err
	}
	if err := l.t.flush(); err != nil {
		return false, err
	}
	var old []pending
	err = l.t.rows(func(scan func(...any) error) error {
		var p pending
		err := scan(p.dst()...)
		old = append(old, p)
		return err
	}, "SELECT "+pendingCols+" FROM log WHERE conv = $1 AND channel = $2 AND state = 'pending' AND card = $3 ORDER BY seq", l.c.id, s.env.Channel, s.card)
	if err != nil {
		return false, err
	}
	for _, p := range old {
		switch e, err := unpack(l.key, p.body); {
		case err != nil:
			return false, err
		case e.Thread != s.env.Thread || p.owner != 0:
			continue
		case p.tries == 0:
			_, err := l.t.exec("UPDATE log SET body = $2 WHERE seq = $1", p.seq, s.body)
			return true, err
		default:
			if opens, err := l.opens(p); err != nil || opens {
				return false, err
			}
			if err := l.end(p, core.ProgressDropped, "a newer card takes its place"); err != nil {
				return false, err
			}
			if err := l.advance(s.env.Channel); err != nil {
				return false, err
			}
		}
	}
	return false, nil
}

// joined is the longest message that lines are joined into, in bytes: every desk
// takes that much at once.
const joined = 1800

// join adds a line of the customer to the one before it in the same lane, if
// nobody has tried to send that yet: what waits because a desk takes only so
// many posts goes out as one.
func (l *lanes) join(s say) (taken bool, err error) {
	line, ok := l.line(s.env)
	if !ok {
		return false, nil
	}
	if n, err := l.t.pending(l.c, s.env.Channel); err != nil || n == 0 {
		return false, err
	}
	if err := l.t.flush(); err != nil {
		return false, err
	}
	var p pending
	found, err := l.t.row(p.dst(), "SELECT "+pendingCols+" FROM log WHERE conv = $1 AND channel = $2 AND state = 'pending' ORDER BY seq DESC LIMIT 1", l.c.id, s.env.Channel)
	if err != nil || !found || p.tries != 0 {
		return false, err
	}
	e, err := l.t.s.ids.envelope(l.key, p.entry)
	if err != nil {
		return false, err
	}
	first, ok := l.line(e)
	if !ok || e.Ticket != s.env.Ticket || e.By != s.env.By || e.Peer.ID != s.env.Peer.ID || len(first)+len(line) >= joined {
		return false, nil
	}
	e.Parts = core.Parts{core.Text{Body: first + "\n" + line}}
	body, err := pack(l.key, e)
	if err != nil {
		return false, err
	}
	_, err = l.t.exec("UPDATE log SET body = $2 WHERE seq = $1", p.seq, body)
	return true, err
}

// line is the text of e if it is a line of the customer's that a desk shows in
// its ticket's thread, and nothing else.
func (l *lanes) line(e core.Envelope) (text string, ok bool) {
	if e.Channel == l.key.Channel || e.Ticket == "" || e.Thread != "" || e.Replaces != "" || e.By.Kind != core.ByPeer || len(e.Parts) != 1 {
		return "", false
	}
	p, ok := e.Parts[0].(core.Text)
	return p.Body, ok
}

// opens reports whether the card p opens its ticket's thread.
func (l *lanes) opens(p pending) (bool, error) {
	e, err := unpack(l.key, p.body)
	if err != nil || e.Thread != "" {
		return false, err
	}
	_, found, err := l.thread(p.channel, p.card)
	return !found, err
}

// thread is where desk shows ticket.
func (l *lanes) thread(desk, ticket string) (x core.Shown, found bool, err error) {
	x.Desk = desk
	found, err = l.t.row([]any{&x.Thread, &x.Card}, "SELECT thread, card FROM thread WHERE ticket = $1 AND desk = $2 ORDER BY at DESC LIMIT 1", ticket, desk)
	return x, found, err
}

// address fills in what is only known when d is about to be sent: the thread,
// and the message that it replaces. why is set if it can never be sent.
func (l *lanes) address(d *core.Delivery) (why string, err error) {
	card, ticket := caseTicket(d.Envelope), d.Ticket
	if card != "" {
		ticket = card
	}
	switch {
	case d.Channel == l.key.Channel: // to the peer: no threads
	case d.Thread == "" && ticket != "":
		x, found, err := l.thread(d.Channel, ticket)
		if err != nil {
			return "", err
		}
		if !found && card == "" {
			return fmt.Sprintf("ticket %s has no thread at %s: the message that should have opened it was not sent", ticket, d.Channel), nil
		}
		d.Thread = x.Thread
		if card != "" {
			d.Edit = x.Card
		}
	case card != "":
		if _, err := l.t.row([]any{&d.Edit}, "SELECT card FROM thread WHERE desk = $1 AND thread = $2", d.Channel, d.Thread); err != nil {
			return "", err
		}
	}
	if seq, ok := l.t.s.ids.seq(d.Replaces); ok {
		_, err = l.t.row([]any{&d.Edit}, "SELECT ref FROM log WHERE seq = $1 AND channel = $2 AND kind = 'out'", seq, d.Channel)
	}
	return "", err
}

// advance leases the head of the lane on channel if it was waiting for those
// before it. What can never be sent is given up on the way.
func (l *lanes) advance(channel string) error {
	for {
		p, found, err := l.head(channel)
		if err != nil || !found || p.due != 0 {
			return err
		}
		if given, err := l.take(p); err != nil || given {
			return err
		}
	}
}

// take leases the head p, or the card that must open its thread first, and
// reports true; or it gives p up.
func (l *lanes) take(p pending) (given bool, err error) {
	if p.quash {
		return false, l.end(p, core.ProgressUncertain, whyUnsure)
	}
	e, err := l.t.s.ids.envelope(l.key, p.entry)
	if err != nil {
		return false, err
	}
	d := core.Delivery{Envelope: e, Stale: p.owner != 0}
	why, err := l.address(&d)
	if err != nil {
		return false, err
	}
	if why != "" {
		if given, err := l.waits(p, d.Ticket); err != nil || given {
			return given, err
		}
		if err := l.end(p, core.ProgressFailed, why); err != nil {
			return false, err
		}
		return false, l.gaveUp(p.seq, why)
	}
	p.due, p.owner, p.tries = l.until(), l.t.s.me, p.tries+1
	l.lease(d, p)
	_, err = l.t.exec("UPDATE log SET due = $2, owner = $3, tries = $4, heard = $5 WHERE seq = $1", p.seq, p.due, p.owner, p.tries, l.c.seen)
	return true, err
}

// waits lets the head p, whose ticket has lost its thread, wait for a card
// behind it that opens a new one, and leases that. It reports false if there is
// none.
func (l *lanes) waits(p pending, ticket string) (found bool, err error) {
	if err := l.t.flush(); err != nil {
		return false, err
	}
	var c pending
	found, err = l.t.row(c.dst(), "SELECT "+pendingCols+" FROM log WHERE conv = $1 AND channel = $2 AND state = 'pending' AND card = $3 ORDER BY seq LIMIT 1", l.c.id, p.channel, ticket)
	if err != nil || !found {
		return false, err
	}
	if p.due != 0 {
		if _, err := l.t.exec("UPDATE log SET due = 0, owner = 0 WHERE seq = $1", p.seq); err != nil {
			return false, err
		}
	}
	if c.due != 0 { // it is under way, or has its time
		return true, nil
	}
	return l.take(c)
}

// end takes p out of its lane.
func (l *lanes) end(p pending, state core.Progress, why string) error {
	l.c.more(p.channel, -1)
	_, err := l.t.exec("UPDATE log SET state = $2, why = $3, due = 0, owner = 0 WHERE seq = $1", p.seq, string(state), why)
	return err
}

// hush drops the bot's messages to the peer that have not been sent. Those
// under way are dropped if they come back.
func (l *lanes) hush() error {
	if n, err := l.t.pending(l.c, l.key.Channel); err != nil || n == 0 {
		return err
	}
	var ps []pending
	err := l.t.rows(func(scan func(...any) error) error {
		var p pending
		err := scan(p.dst()...)
		ps = append(ps, p)
		return err
	}, "SELECT "+pendingCols+" FROM log WHERE conv = $1 AND channel = $2 AND state = 'pending' ORDER BY seq", l.c.id, l.key.Channel)
	if err != nil {
		return err
	}
	for _, p := range ps {
		e, err := unpack(l.key, p.body)
		if err != nil {
			return err
		}
		if e.By.Kind != core.ByBot {
			continue
		}
		if p.owner == driver.Unsure {
			if err := l.end(p, core.ProgressUncertain, whyUnsure); err != nil {
				return err
			}
			continue
		}
		if p.owner != 0 {
			if _, err := l.t.exec("UPDATE log SET quash = $2 WHERE seq = $1", p.seq, true); err != nil {
				return err
			}
			continue
		}
		if err := l.end(p, core.ProgressDropped, core.WhyHushed); err != nil {
			return err
		}
		if err := l.note(core.EventDropped, p.seq, core.WhyHushed); err != nil {
			return err
		}
	}
	return l.advance(l.key.Channel)
}

// release leases the heads of lanes that were held until somebody writes: on
// these channels somebody has.
func (l *lanes) release(channels []string) error {
	for _, channel := range channels {
		if err := l.advance(channel); err != nil {
			return err
		}
	}
	if _, err := l.t.pending(l.c, l.key.Channel); err != nil || len(l.c.lanes) > 0 {
		return err // perhaps another lane is held still
	}
	l.c.held = false
	_, err := l.t.exec("UPDATE conversation SET held = $2 WHERE id = $1", l.c.id, false)
	return err
}

func (l *lanes) gaveUp(seq int64, why string) error { return l.note(core.EventGaveUp, seq, why) }

// note records in the log what became of the message seq.
func (l *lanes) note(kind core.EventKind, seq int64, why string) error {
	b, err := json.Marshal(core.Event{Kind: kind, At: l.now, By: core.Author{Kind: core.BySystem}, Why: why,
		Data: map[string]string{"message": l.t.s.ids.name(seq)}})
	if err != nil {
		return err
	}
	l.t.event(l.c, l.now, string(b))
	_, err = l.t.exec("UPDATE conversation SET last = $2 WHERE id = $1", l.c.id, l.c.last)
	return err
}
