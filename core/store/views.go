package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// Conversation implements core.Views.
func (s *Store) Conversation(ctx context.Context, key core.Key) (core.Conversation, error) {
	h, err := s.load(ctx, key)
	if err == nil && h.id == 0 {
		err = core.ErrNotFound
	}
	return h.conv, err
}

const recordCols = "seq, kind, channel, ref, at, body, state, why"

// Past implements core.Views. Max 0 means 100. With Peer, what was not sent and
// never will be is left out as well. It costs the records from the newest back
// to the last one returned, so After is for what is near the end.
func (s *Store) Past(ctx context.Context, q core.PastQuery) (out []core.Record, err error) {
	h, err := s.load(ctx, q.Key)
	if err != nil || h.id == 0 {
		return nil, err
	}
	most := cmp.Or(max(q.Max, 0), 100)
	text, args := s.db.Back+"SELECT "+recordCols+" FROM back WHERE seq < $4", []any{h.last, q.After, h.id, cmp.Or(q.Before, math.MaxInt64)}
	if q.Peer {
		text += " AND channel = $5 AND kind <> 'event' AND state <> 'dropped' AND state <> 'failed'"
		args = append(args, q.Key.Channel)
	}
	text += s.db.Newest
	if q.After <= 0 {
		args = append(args, most)
		text += " LIMIT $" + strconv.Itoa(len(args))
	}
	err = s.query(ctx, func(scan func(...any) error) error {
		r, err := s.ids.record(q.Key, scan)
		out = append(out, r)
		return err
	}, text, args...)
	slices.Reverse(out)
	return out[:min(len(out), most)], err
}

// record reads a row of recordCols.
func (x *ids) record(key core.Key, scan func(...any) error) (core.Record, error) {
	var r entry
	var kind, state, why string
	if err := scan(&r.seq, &kind, &r.channel, &r.ref, &r.at, &r.body, &state, &why); err != nil {
		return core.Record{}, err
	}
	rec := core.Record{Seq: r.seq, At: fromMicro(r.at), In: kind == "in", State: core.Progress(state), Why: why}
	if kind == "event" {
		rec.Event = new(core.Event)
		if err := json.Unmarshal([]byte(r.body), rec.Event); err != nil {
			return rec, fmt.Errorf("record %d of %s does not read: %w", r.seq, key, err)
		}
		return rec, nil
	}
	e, err := x.envelope(key, r)
	rec.Message = &e
	return rec, err
}

// Tickets implements core.Views. Last is filled in only if Max is set: the
// whole line is read without it.
func (s *Store) Tickets(ctx context.Context, q core.TicketQuery) ([]core.TicketView, error) {
	where, args := ticketFilter(q)
	order := " ORDER BY t.since, t.id"
	if q.Newest {
		order = " ORDER BY t.since DESC, t.id DESC"
	}
	text := `SELECT t.body, c.id, CASE WHEN u.last > c.last THEN u.last ELSE c.last END, c.channel, c.peer, c.gone, c.body
		FROM ticket t JOIN conversation c ON c.id = t.conv LEFT JOIN unread u ON u.conv = c.id` + where + order
	if q.Max > 0 {
		args = append(args, q.Max)
		text += " LIMIT $" + strconv.Itoa(len(args))
	}
	var out []core.TicketView
	var lasts []newest
	at := map[string]int{}
	err := s.query(ctx, func(scan func(...any) error) error {
		var last newest
		var body, ticket string
		var key core.Key
		var v core.TicketView
		if err := scan(&ticket, &last.conv, &last.seq, &key.Channel, &key.Peer, &v.Gone, &body); err != nil {
			return err
		}
		c, err := conversation(key, body, ticket)
		if err != nil {
			return err
		}
		v.Ticket, v.Peer, v.Heard, v.Ledger = *c.Ticket, c.Peer, c.Heard, c.Ledger
		at[c.Ticket.ID] = len(out)
		out, lasts = append(out, v), append(lasts, last)
		return nil
	}, text, args...)
	if err != nil {
		return nil, err
	}
	if err := s.ticketThreads(ctx, q, out, at); err != nil {
		return nil, err
	}
	for i := range out {
		if q.Max <= 0 {
			break
		}
		if out[i].Last, err = s.last(ctx, lasts[i], out[i].Ticket.Key); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func ticketFilter(q core.TicketQuery) (where string, args []any) {
	var conds []string
	add := func(cond string, v any) {
		args = append(args, v)
		conds = append(conds, cond+"$"+strconv.Itoa(len(args)))
	}
	for _, f := range []struct{ cond, v string }{{"t.id = ", q.ID}, {"t.agent = ", q.Agent}, {"t.topic = ", q.Topic}} {
		if f.v != "" {
			add(f.cond, f.v)
		}
	}
	if q.Key != (core.Key{}) {
		add("c.channel = ", q.Key.Channel)
		add("c.peer = ", q.Key.Peer)
	}
	if len(q.States) > 0 {
		var in []string
		for _, st := range q.States {
			args = append(args, string(st))
			in = append(in, "$"+strconv.Itoa(len(args)))
		}
		conds = append(conds, "t.state IN ("+strings.Join(in, ", ")+")")
		if !slices.Contains(q.States, core.TicketClosed) {
			conds = append(conds, "t.state <> 'closed'") // lets the index of open tickets be used
		}
	}
	if len(conds) == 0 {
		return "", nil
	}
	return " WHERE " + strings.Join(conds, " AND "), args
}

// ticketThreads fills in where the tickets are shown: one by one if they are
// few, otherwise with one query.
func (s *Store) ticketThreads(ctx context.Context, q core.TicketQuery, out []core.TicketView, at map[string]int) (err error) {
	if len(out) <= 100 {
		for i := range out {
			if out[i].Ticket.Shown, err = s.shown(ctx, out[i].Ticket.ID); err != nil {
				return err
			}
		}
		return nil
	}
	where, args := ticketFilter(q)
	return s.query(ctx, func(scan func(...any) error) error {
		var ticket string
		var x core.Shown
		err := scan(&ticket, &x.Desk, &x.Thread, &x.Card)
		if i, ok := at[ticket]; ok {
			out[i].Ticket.Shown = append(out[i].Ticket.Shown, x)
		}
		return err
	}, "SELECT t.id, h.desk, h.thread, h.card FROM ticket t JOIN conversation c ON c.id = t.conv JOIN thread h ON h.ticket = t.id"+
		where+" ORDER BY h.desk, h.at", args...)
}

// newest is the newest record of a conversation.
type newest struct{ conv, seq int64 }

// last is the newest message from or to the peer, nil if there is none.
func (s *Store) last(ctx context.Context, n newest, key core.Key) (out *core.Record, err error) {
	err = s.query(ctx, func(scan func(...any) error) error {
		r, err := s.ids.record(key, scan)
		out = &r
		return err
	}, s.db.Back+"SELECT "+recordCols+" FROM back WHERE channel = $4 AND kind <> 'event'"+s.db.Newest+" LIMIT 1", n.seq, 0, n.conv, key.Channel)
	return out, err
}

// Agents implements core.Views.
func (s *Store) Agents(ctx context.Context) (out []core.Agent, err error) {
	err = s.query(ctx, func(scan func(...any) error) error {
		var body string
		var a core.Agent
		if err := scan(&body); err != nil {
			return err
		}
		err := json.Unmarshal([]byte(body), &a)
		out = append(out, a)
		return err
	}, "SELECT body FROM agent ORDER BY id")
	return out, err
}

// Stats implements core.Store. It costs what is unfinished, not what is stored.
func (s *Store) Stats(ctx context.Context) (core.Stats, error) {
	st := core.Stats{Flush: time.Duration(s.flush.Load()), Statements: s.statements.Load(), Commits: s.commits.Load()}
	now := s.opt.Now()
	var oldest, since int64
	for _, q := range []struct {
		dst  any
		text string
		args []any
	}{
		{&st.Unread, "SELECT coalesce(sum(n), 0) FROM unread", nil},
		{&since, "SELECT since FROM unread ORDER BY since LIMIT 1", nil},
		{&st.Outbox, "SELECT count(*) FROM log WHERE state = 'pending'", nil},
		{&oldest, "SELECT at FROM log WHERE due > 0 AND due <= $1 ORDER BY due LIMIT 1", []any{micro(now)}},
		{&st.Waiting, "SELECT count(*) FROM ticket WHERE state = 'waiting'", nil},
		{&st.Schema, s.db.Version, nil},
	} {
		if err := s.query(ctx, func(scan func(...any) error) error { return scan(q.dst) }, q.text, q.args...); err != nil {
			return st, err
		}
	}
	if since != 0 {
		st.Since = max(0, now.Sub(fromMicro(since)))
	}
	if oldest != 0 {
		st.Oldest = max(0, now.Sub(fromMicro(oldest)))
	}
	st.Bytes = s.db.Size(ctx)
	return st, nil
}
