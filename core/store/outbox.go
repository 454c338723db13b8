package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// Outbox implements core.Store.
func (s *Store) Outbox(ctx context.Context, now time.Time, max int) (out []core.Delivery, err error) {
	if max <= 0 {
		return nil, nil
	}
	err = s.do(ctx, func(t *tx) error {
		out = nil
		heads, err := t.due(now, max)
		if err != nil {
			return err
		}
		for _, h := range heads {
			c, err := t.conv(h.key)
			if err != nil {
				return err
			}
			l := lanes{t: t, c: c, key: h.key, now: now}
			given, err := l.take(h.pending)
			if err == nil && !given {
				err = l.advance(h.channel)
			}
			if err != nil {
				return err
			}
			out = append(out, l.out...)
		}
		return nil
	})
	return out, err
}

// due is a lane's head with its conversation.
type dueHead struct {
	pending
	key core.Key
}

const dueSQL = `SELECT l.seq, l.channel, l.ref, l.at, l.body, l.due, l.owner, l.tries, l.quash, l.card, c.channel, c.peer
	FROM log l JOIN conversation c ON c.id = l.conv WHERE `

// due finds heads whose time has come, and those that a dead process has leased.
func (t *tx) due(now time.Time, max int) (out []dueHead, err error) {
	row := func(scan func(...any) error) error {
		var h dueHead
		err := scan(append(h.dst(), &h.key.Channel, &h.key.Peer)...)
		out = append(out, h)
		return err
	}
	if err := t.rows(row, dueSQL+"l.due > 0 AND l.due <= $1 ORDER BY l.due LIMIT $2", micro(now), max); err != nil {
		return nil, err
	}
	if n := len(out); t.s.dead.Load() && n < max {
		err = t.rows(row, dueSQL+"l.due > 0 AND l.due > $1 AND l.owner <> 0 AND l.owner <> $2 ORDER BY l.due LIMIT $3", micro(now), t.s.me, max-n)
		if len(out) == n {
			t.s.dead.Store(false)
		}
	}
	return out, err
}

// Settle implements core.Store. An answer about a lease that somebody else
// holds by now changes nothing, unless the message was sent.
func (s *Store) Settle(ctx context.Context, now time.Time, r core.Result) (next *core.Delivery, err error) {
	seq, ok := s.ids.seq(r.Delivery.ID)
	if !ok {
		return nil, core.ErrNotFound
	}
	x := settling{Result: r, now: now, seq: seq}
	if err := s.do(ctx, x.write); err != nil {
		return nil, err
	}
	return x.next, nil
}

type settling struct {
	core.Result
	now  time.Time
	seq  int64
	next *core.Delivery

	pending
	heard int64 // conversation.seen when it was leased
	state core.Progress
	lanes lanes
}

func (x *settling) write(t *tx) error {
	x.next = nil
	c, err := t.find(x.Delivery.Key)
	if err != nil {
		return err
	}
	var id int64
	found, err := t.row([]any{&id, &x.pending.seq, &x.channel, &x.owner, &x.tries, &x.quash, &x.card, &x.heard, &x.state},
		"SELECT conv, seq, channel, owner, tries, quash, card, heard, state FROM log WHERE seq = $1 AND kind = 'out'", x.seq)
	if err != nil {
		return err
	}
	if !found || c == nil || c.id != id {
		return refused{core.ErrNotFound}
	}
	x.lanes = lanes{t: t, c: c, key: x.Delivery.Key, now: x.now}
	if x.Gone {
		if err := x.markGone(); err != nil {
			return err
		}
	}
	if x.state != core.Pending {
		return x.late()
	}
	if x.Outcome != core.AttemptSent && (x.owner == 0 || int(x.tries) != x.Delivery.Tries+1) {
		return nil
	}
	waits, err := x.settle()
	if err != nil || waits {
		return err
	}
	if err := x.lanes.advance(x.channel); err != nil {
		return err
	}
	if len(x.lanes.out) > 0 {
		x.next = &x.lanes.out[0]
	}
	return nil
}

// settle records the outcome and reports whether the message is still pending.
func (x *settling) settle() (waits bool, err error) {
	switch x.Outcome {
	case core.AttemptSent:
		return false, x.sent()
	case core.AttemptUnknown:
		return false, x.lanes.end(x.pending, core.Uncertain, x.why())
	case core.AttemptDropped:
		return false, x.lanes.end(x.pending, core.NeverSent, x.why())
	case core.AttemptAgain, core.AttemptHeld:
		if x.quash {
			if err := x.lanes.end(x.pending, core.NeverSent, hushed); err != nil {
				return false, err
			}
			return false, x.lanes.note(core.Dropped, x.seq, hushed)
		}
		return true, x.again()
	}
	if err := x.lanes.end(x.pending, core.GivenUp, x.why()); err != nil {
		return false, err
	}
	return false, x.lanes.gaveUp(x.seq, x.why())
}

func (x *settling) why() string {
	if x.Err == nil {
		return ""
	}
	return x.Err.Error()
}

// late records what is heard of a message that is not pending any more: only
// that it was sent counts.
func (x *settling) late() error {
	if x.Outcome != core.AttemptSent || x.state != core.NeverSent && x.state != core.Uncertain && x.state != core.GivenUp {
		return nil
	}
	return x.sent()
}

func (x *settling) sent() error {
	t, c := x.lanes.t, x.lanes.c
	if x.state == core.Pending {
		c.more(x.channel, -1)
	}
	if _, err := t.exec("UPDATE log SET state = $2, ref = $3, why = '', due = 0, owner = 0 WHERE seq = $1", x.seq, string(core.Sent), x.Ref); err != nil {
		return err
	}
	if x.card == "" || x.Ref == "" {
		return nil
	}
	if x.Delivery.Thread == "" {
		_, err := t.exec(`INSERT INTO thread (desk, thread, conv, ticket, card, at) VALUES ($1, $2, $3, $4, $2, $5)
			ON CONFLICT (desk, thread) DO UPDATE SET conv = excluded.conv, ticket = excluded.ticket, card = excluded.card, at = excluded.at`,
			x.channel, x.Ref, c.id, x.card, micro(x.now))
		return err
	}
	_, err := t.exec("UPDATE thread SET card = $3 WHERE desk = $1 AND thread = $2 AND card <> $3", x.channel, x.Delivery.Thread, x.Ref)
	return err
}

// again has the message wait: for the next try, or until the peer writes.
func (x *settling) again() error {
	due := cmp.Or(micro(x.Next), micro(x.now))
	if x.Outcome == core.AttemptHeld {
		wrote, err := x.wrote()
		if err != nil {
			return err
		}
		due = micro(x.now)
		if !wrote {
			due = 0
			x.lanes.c.held = true
			x.lanes.t.touch(x.lanes.c)
			if _, err := x.lanes.t.exec("UPDATE conversation SET held = $2 WHERE id = $1", x.lanes.c.id, true); err != nil {
				return err
			}
		}
	}
	_, err := x.lanes.t.exec("UPDATE log SET due = $2, owner = 0, why = $3 WHERE seq = $1", x.seq, due, x.why())
	return err
}

// wrote reports whether a turn has read a message of the peer since the
// delivery was leased: then there is nothing to wait for.
func (x *settling) wrote() (bool, error) {
	var seq int64
	return x.lanes.t.row([]any{&seq}, backSQL+"SELECT seq FROM back WHERE kind = 'in' AND channel = $3 LIMIT 1", x.lanes.c.seen, x.heard, x.channel)
}

// markGone remembers that the peer, or a desk's thread, is gone. A ticket whose
// thread is gone gets a new one with its next card.
func (x *settling) markGone() error {
	if x.channel == x.lanes.key.Channel {
		x.lanes.c.gone = true
		x.lanes.t.touch(x.lanes.c)
		_, err := x.lanes.t.exec("UPDATE conversation SET gone = $2 WHERE id = $1", x.lanes.c.id, true)
		return err
	}
	_, err := x.lanes.t.exec("DELETE FROM thread WHERE desk = $1 AND thread = $2", x.channel, x.Delivery.Thread)
	return err
}

// Renew implements core.Store.
func (s *Store) Renew(ctx context.Context, now time.Time, ids []string) error {
	return s.do(ctx, func(t *tx) error {
		for _, id := range ids {
			seq, ok := s.ids.seq(id)
			if !ok {
				continue
			}
			if _, err := t.exec("UPDATE log SET due = $2 WHERE seq = $1 AND state = 'pending' AND owner = $3", seq, micro(now.Add(s.opt.Lease)), s.me); err != nil {
				return err
			}
		}
		return nil
	})
}

// Report implements core.Store. A message that bounced leaves a GaveUp event.
func (s *Store) Report(ctx context.Context, r core.Receipt) error {
	return s.do(ctx, func(t *tx) error {
		var seq int64
		var key core.Key
		var state core.Progress
		found, err := t.row([]any{&seq, &state, &key.Channel, &key.Peer}, `SELECT l.seq, l.state, c.channel, c.peer FROM log l JOIN conversation c ON c.id = l.conv
			WHERE l.channel = $1 AND l.ref = $2 AND l.kind = 'out' AND l.ref <> '' ORDER BY l.seq DESC LIMIT 1`, r.Channel, r.Ref)
		if err != nil {
			return err
		}
		if !found {
			return refused{core.ErrNotFound}
		}
		to := map[core.ReceiptState]core.Progress{core.Delivered: core.MessageReceived, core.Read: core.MessageRead, core.Bounced: core.GivenUp}[r.State]
		if to == "" || to == state || state == core.MessageRead || state == core.GivenUp {
			return nil
		}
		if _, err := t.exec("UPDATE log SET state = $2, why = $3 WHERE seq = $1", seq, string(to), r.Why); err != nil || to != core.GivenUp {
			return err
		}
		c, err := t.conv(key)
		if err != nil {
			return err
		}
		l := lanes{t: t, c: c, key: key, now: cmp.Or(r.At, s.opt.Now())}
		return l.gaveUp(seq, r.Why)
	})
}

// Thread implements core.Store.
func (s *Store) Thread(ctx context.Context, desk, thread string) (key core.Key, err error) {
	err = s.query(ctx, func(scan func(...any) error) error { return scan(&key.Channel, &key.Peer) },
		"SELECT c.channel, c.peer FROM thread t JOIN conversation c ON c.id = t.conv WHERE t.desk = $1 AND t.thread = $2", desk, thread)
	if err == nil && key == (core.Key{}) {
		err = core.ErrNotFound
	}
	return key, err
}

// Ready implements core.Store.
func (s *Store) Ready(ctx context.Context, now time.Time, max int) ([]core.Key, error) {
	if max <= 0 {
		return nil, nil
	}
	type waiting struct {
		key   core.Key
		since int64
	}
	var ws []waiting
	seen := map[core.Key]int{}
	row := func(scan func(...any) error) error {
		var w waiting
		if err := scan(&w.key.Channel, &w.key.Peer, &w.since); err != nil {
			return err
		}
		if i, ok := seen[w.key]; ok {
			ws[i].since = min(ws[i].since, w.since)
			return nil
		}
		seen[w.key] = len(ws)
		ws = append(ws, w)
		return nil
	}
	err := s.query(ctx, row, "SELECT c.channel, c.peer, u.since FROM unread u JOIN conversation c ON c.id = u.conv ORDER BY u.since LIMIT $1", max)
	if err == nil {
		err = s.query(ctx, row, "SELECT channel, peer, due FROM conversation WHERE due > 0 AND due <= $1 ORDER BY due LIMIT $2", micro(now), max)
	}
	slices.SortStableFunc(ws, func(a, b waiting) int { return cmp.Compare(a.since, b.since) })
	var out []core.Key
	for _, w := range ws[:min(len(ws), max)] {
		out = append(out, w.key)
	}
	return out, err
}
