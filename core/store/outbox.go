package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/store/driver"
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

// dueHead is a lane's head whose time has come, with its conversation.
type dueHead struct {
	pending
	conv int64
	key  core.Key
}

const dueSQL = `SELECT l.seq, l.channel, l.ref, l.at, l.body, l.due, l.owner, l.tries, l.quash, l.card, l.conv, c.channel, c.peer
	FROM log l JOIN conversation c ON c.id = l.conv WHERE `

// due finds heads whose time has come, and those that a dead process has leased.
func (t *tx) due(now time.Time, max int) (out []dueHead, err error) {
	row := func(scan func(...any) error) error {
		var h dueHead
		err := scan(append(h.dst(), &h.conv, &h.key.Channel, &h.key.Peer)...)
		out = append(out, h)
		return err
	}
	ask := func(cond string, max int) error {
		return t.rows(row, dueSQL+cond+" ORDER BY l.due LIMIT $2"+t.s.db.SkipTalk, micro(now), max, t.s.me)
	}
	if err := ask(t.s.db.Free, max); err != nil {
		return nil, err
	}
	if t.s.db.Bereaved() {
		t.s.dead.Store(true)
	}
	if n := len(out); t.s.dead.Load() && n < max {
		if err := ask(t.s.db.Orphan, max-n); err != nil {
			return nil, err
		}
		if len(out) == n {
			t.s.dead.Store(false)
		}
	}
	if !t.s.db.Shared {
		return out, nil
	}
	return t.still(out)
}

// still are those heads, whose conversations are locked, that nobody has taken
// while they were looked for.
func (t *tx) still(heads []dueHead) (out []dueHead, err error) {
	if len(heads) == 0 {
		return nil, nil
	}
	var seqs, convs []int64
	for _, h := range heads {
		seqs = append(seqs, h.seq)
		if !slices.Contains(convs, h.conv) {
			convs = append(convs, h.conv)
		}
	}
	now := map[int64]pending{}
	if err := t.rows(func(scan func(...any) error) error {
		var p pending
		err := scan(p.dst()...)
		now[p.seq] = p
		return err
	}, "SELECT "+pendingCols+" FROM log WHERE state = 'pending' AND seq"+t.s.db.Among, seqs); err != nil {
		return nil, err
	}
	for _, h := range heads {
		if p, ok := now[h.seq]; ok && p.due == h.due && p.owner == h.owner && p.tries == h.tries {
			h.pending = p
			out = append(out, h)
		}
	}
	return out, t.know(convs)
}

// Settle implements core.Store. An answer about a lease that somebody else
// holds by now changes nothing, unless the message was sent.
func (s *Store) Settle(ctx context.Context, now time.Time, r core.Result) (next *core.Delivery, err error) {
	seq, ok := s.ids.seq(r.Delivery.ID)
	if !ok {
		return nil, core.ErrNotFound
	}
	x := settling{Result: r, now: now, seq: seq}
	if err := s.commit(ctx, &job{do: x.write, key: r.Delivery.Key}); err != nil {
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
	if c == nil {
		return refused{core.ErrNotFound}
	}
	x.lanes = lanes{t: t, c: c, key: x.Delivery.Key, now: x.now}
	if waits, err := x.record(); err != nil || waits {
		return err
	}
	if err := x.lanes.advance(x.Delivery.Channel); err != nil {
		return err
	}
	if len(x.lanes.out) > 0 {
		x.next = &x.lanes.out[0]
	}
	return nil
}

// record records the outcome and reports whether there is nothing to go on with:
// the message is still pending, or was not any more.
func (x *settling) record() (waits bool, err error) {
	if plain, err := x.plain(); plain || err != nil {
		return false, err
	}
	t, c := x.lanes.t, x.lanes.c
	var id int64
	found, err := t.row([]any{&id, &x.pending.seq, &x.channel, &x.owner, &x.tries, &x.quash, &x.card, &x.heard, &x.state},
		"SELECT conv, seq, channel, owner, tries, quash, card, heard, state FROM log WHERE seq = $1 AND kind = 'out'", x.seq)
	if err != nil {
		return false, err
	}
	if !found || c.id != id {
		return false, refused{core.ErrNotFound}
	}
	if x.Gone {
		if err := x.markGone(); err != nil {
			return false, err
		}
	}
	if x.state != core.ProgressPending {
		return true, x.late()
	}
	if x.Outcome != core.AttemptSent && (x.owner <= 0 || int(x.tries) != x.Delivery.Tries+1) {
		return true, nil
	}
	return x.settle()
}

// plain records what most outcomes are, in one statement: what was pending was
// sent, and it was no card. It reports false if that is not so.
func (x *settling) plain() (done bool, err error) {
	if x.Outcome != core.AttemptSent || x.Gone {
		return false, nil
	}
	c := x.lanes.c
	r, err := x.lanes.t.exec("UPDATE log SET state = $2, ref = $3, why = '', due = 0, owner = 0 WHERE seq = $1 AND conv = $4 AND channel = $5 AND kind = 'out' AND state = 'pending' AND card = ''",
		x.seq, string(core.ProgressSent), x.Ref, c.id, x.Delivery.Channel)
	if err != nil {
		return false, err
	}
	n, err := r.RowsAffected()
	if n > 0 {
		c.more(x.Delivery.Channel, -1)
	}
	return n > 0, err
}

// settle records the outcome and reports whether the message is still pending.
func (x *settling) settle() (waits bool, err error) {
	switch x.Outcome {
	case core.AttemptSent:
		return false, x.sent()
	case core.AttemptUnknown:
		return false, x.lanes.end(x.pending, core.ProgressUncertain, x.why())
	case core.AttemptAgain, core.AttemptHeld:
		if x.quash && x.maybe() {
			return false, x.lanes.end(x.pending, core.ProgressUncertain, whyUnsure)
		}
		if x.quash {
			return false, x.drop(core.WhyHushed)
		}
		return true, x.again()
	case core.AttemptDropped:
		return false, x.drop(x.why())
	}
	if err := x.lanes.end(x.pending, core.ProgressFailed, x.why()); err != nil {
		return false, err
	}
	return false, x.lanes.gaveUp(x.seq, x.why())
}

// drop ends a message that was never sent and never will be.
func (x *settling) drop(why string) error {
	if err := x.lanes.end(x.pending, core.ProgressDropped, why); err != nil {
		return err
	}
	return x.lanes.note(core.EventDropped, x.seq, why)
}

// whyUnsure is said of a message that was not to be sent any more, when it may
// have been.
const whyUnsure = "nobody said what became of it, and it was dropped meanwhile"

// maybe reports whether this attempt may have arrived, or one before it.
func (x *settling) maybe() bool {
	return x.Delivery.Stale || x.Unsure
}

func (x *settling) why() string {
	if x.Err == nil {
		return ""
	}
	return core.Reason(x.Err.Error())
}

// late records what is heard of a message that is not pending any more: only
// that it was sent counts.
func (x *settling) late() error {
	if x.Outcome != core.AttemptSent || x.state != core.ProgressDropped && x.state != core.ProgressUncertain && x.state != core.ProgressFailed {
		return nil
	}
	return x.sent()
}

func (x *settling) sent() error {
	t, c := x.lanes.t, x.lanes.c
	if x.state == core.ProgressPending {
		c.more(x.channel, -1)
	}
	if _, err := t.exec("UPDATE log SET state = $2, ref = $3, why = '', due = 0, owner = 0 WHERE seq = $1", x.seq, string(core.ProgressSent), x.Ref); err != nil {
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

// again lets the message wait: for the next try, or until the peer writes.
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
	owner := 0
	if x.Unsure {
		owner = driver.Unsure
	}
	_, err := x.lanes.t.exec("UPDATE log SET due = $2, owner = $4, why = $3 WHERE seq = $1", x.seq, due, x.why(), owner)
	return err
}

// wrote reports whether a turn has read a message of the peer since the
// delivery was leased: then there is nothing to wait for.
func (x *settling) wrote() (bool, error) {
	var seq int64
	t, c := x.lanes.t, x.lanes.c
	return t.row([]any{&seq}, t.s.db.Back+"SELECT seq FROM back WHERE kind = 'in' AND channel = $4 LIMIT 1", c.seen, x.heard, c.id, x.channel)
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
		to := map[core.ReceiptState]core.Progress{core.ReceiptDelivered: core.ProgressReceived, core.ReceiptRead: core.ProgressRead, core.ReceiptBounced: core.ProgressFailed}[r.State]
		if to == "" || to == state || state == core.ProgressRead || state == core.ProgressFailed {
			return nil
		}
		why := core.Reason(r.Why)
		if _, err := t.exec("UPDATE log SET state = $2, why = $3 WHERE seq = $1", seq, string(to), why); err != nil || to != core.ProgressFailed {
			return err
		}
		c, err := t.conv(key)
		if err != nil {
			return err
		}
		l := lanes{t: t, c: c, key: key, now: cmp.Or(r.At, s.opt.Now())}
		return l.gaveUp(seq, why)
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

// What Ready looks for: envelopes that wait for nothing, and times that have come.
const (
	unreadSQL = "SELECT c.channel, c.peer, u.since FROM unread u JOIN conversation c ON c.id = u.conv WHERE u.until <= $1 ORDER BY u.since LIMIT $2"
	wokenSQL  = "SELECT channel, peer, due FROM conversation WHERE due > 0 AND due <= $1 ORDER BY due LIMIT $2"
)

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
	err := s.query(ctx, row, unreadSQL, micro(now), max)
	if err == nil {
		err = s.query(ctx, row, wokenSQL, micro(now), max)
	}
	slices.SortStableFunc(ws, func(a, b waiting) int { return cmp.Compare(a.since, b.since) })
	var out []core.Key
	for _, w := range ws[:min(len(ws), max)] {
		out = append(out, w.key)
	}
	return out, err
}
