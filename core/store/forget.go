package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// Keep is how long what was said is kept; 0 is for ever.
type Keep struct {
	Messages time.Duration // messages, and what a closed ticket and a quiet conversation remember of them
	Media    time.Duration // their files; never longer than the messages
	Events   time.Duration // the words of events; what can be counted stays
}

// Forgotten is what a Forget took away.
type Forgotten struct{ Messages, Files, Events, Tickets int }

// cuts are times of records; what is older goes. 0: nothing does.
type cuts struct{ messages, media, events int64 }

func (k Keep) cuts(now time.Time) cuts {
	at := func(d time.Duration) int64 {
		if d <= 0 {
			return 0
		}
		return micro(now.Add(-d))
	}
	c := cuts{at(k.Messages), at(k.Media), at(k.Events)}
	c.media = max(c.media, c.messages)
	return c
}

// forgetStep is how many records are looked at in one reading.
const forgetStep = 5000

// Forget deletes what was said on a channel and is older than k allows, with its
// files. What nobody has read or sent yet stays, and so does everything
// of a conversation whose ticket is open. A crash leaves some of it to the next
// call; it may be called at any time.
func (s *Store) Forget(ctx context.Context, channel string, k Keep, files Files) (sum Forgotten, err error) {
	cut := k.cuts(s.opt.Now())
	if cut == (cuts{}) {
		return sum, nil
	}
	for from := int64(0); ; {
		var to int64
		if err := s.query(ctx, func(scan func(...any) error) error { return scan(&to) },
			stepSQL, from, forgetStep); err != nil || to == 0 {
			return sum, err
		}
		var keys []core.Key
		if err := s.query(ctx, func(scan func(...any) error) error {
			k := core.Key{Channel: channel}
			err := scan(&k.Peer)
			keys = append(keys, k)
			return err
		}, oldSQL, from, to, channel, cut.messages, cut.media, cut.events); err != nil {
			return sum, err
		}
		for _, key := range keys {
			n, err := s.forget(ctx, key, cut, files)
			if err != nil {
				return sum, err
			}
			sum = Forgotten{sum.Messages + n.Messages, sum.Files + n.Files, sum.Events + n.Events, sum.Tickets + n.Tickets}
		}
		from = to
	}
}

// stepSQL is the seq of the last of the next $2 records after $1; 0 if there is none.
const stepSQL = "SELECT coalesce(max(seq), 0) FROM (SELECT seq FROM log WHERE seq > $1 ORDER BY seq LIMIT $2) AS next"

// oldSQL finds the peers of a channel with records to be forgotten. An event
// that has lost its words has no "why".
const oldSQL = `SELECT DISTINCT c.peer FROM log l JOIN conversation c ON c.id = l.conv WHERE l.seq > $1 AND l.seq <= $2 AND c.channel = $3
	AND (l.kind <> 'event' AND (l.at < $4 OR l.at < $5 AND l.body LIKE '%"handle":%') OR l.kind = 'event' AND l.at < $6 AND l.body LIKE '%"why":%')`

// forget does one conversation. Its files go first: a message that names a file
// which is gone is found again by the next call, a file without a message is not.
func (s *Store) forget(ctx context.Context, key core.Key, cut cuts, files Files) (sum Forgotten, err error) {
	unlock, err := s.keys.lock(ctx, key)
	if err != nil {
		return sum, err
	}
	defer unlock()
	h, err := s.load(ctx, key)
	if err != nil || h.conv.Ticket.Open() {
		return sum, err
	}
	var rows []aged
	if err := s.query(ctx, agedRows(&rows), s.db.Back+agedSQL+s.db.Newest, h.last, 0, h.id); err != nil {
		return sum, err
	}
	var newest int64
	if err := s.query(ctx, func(scan func(...any) error) error { return scan(&newest) }, newestSQL); err != nil {
		return sum, err
	}
	p, err := cut.plan(key, rows, h.seen, newest)
	if err != nil {
		return sum, err
	}
	if sum.Files, err = files.Remove(ctx, p.files); err != nil {
		return sum, err
	}
	var late []string
	err = s.commit(ctx, &job{key: key, do: func(t *tx) error {
		sum.Messages, sum.Events, sum.Tickets = 0, 0, 0
		late, err = t.forget(key, cut, &sum)
		return err
	}})
	if err != nil {
		return sum, err
	}
	n, err := files.Remove(ctx, late)
	sum.Files += n
	return sum, err
}

// aged is a record of the log as forgetting looks at it.
type aged struct {
	seq, prev, at     int64
	kind, state, body string
}

const agedSQL = "SELECT seq, prev, at, kind, state, body FROM back"

func agedRows(out *[]aged) func(scan func(...any) error) error {
	return func(scan func(...any) error) error {
		var l aged
		err := scan(&l.seq, &l.prev, &l.at, &l.kind, &l.state, &l.body)
		*out = append(*out, l)
		return err
	}
}

const newestSQL = "SELECT coalesce(max(seq), 0) FROM log"

// A plan is what is to become of a conversation's records.
type plan struct {
	drop   []int64          // seqs
	link   map[int64]int64  // prev, by seq, of those that stood before a dropped one
	body   map[int64]string // by seq
	last   int64            // seq of the newest record that is left
	events int              // of body
	files  []string         // handles that nothing names any more
}

// plan decides about the records of a conversation, the newest first, of which
// those up to seen have been read. The newest record of the whole log stays: the
// next start counts on from it.
func (c cuts) plan(key core.Key, rows []aged, seen, newest int64) (p plan, err error) {
	p.link, p.body = map[int64]int64{}, map[int64]string{}
	var still []string // handles that are named on
	above := int64(0)  // the record left before this one
	for _, l := range rows {
		if l.kind == "event" {
			if bare := bareEvent(l.body); l.at < c.events && bare != l.body {
				p.body[l.seq] = bare
				p.events++
			}
		} else {
			e, err := unpack(key, l.body)
			if err != nil {
				return p, err
			}
			free := l.state != string(core.ProgressPending) && (l.kind != "in" || l.seq <= seen) && l.seq != newest
			if free && l.at < c.messages {
				p.drop, p.files = append(p.drop, l.seq), append(p.files, handles(e)...)
				continue
			}
			if had := handles(e); free && l.at < c.media && len(had) > 0 {
				if p.body[l.seq], err = pack(key, withoutFiles(e)); err != nil {
					return p, err
				}
				p.files = append(p.files, had...)
			} else {
				still = append(still, had...)
			}
		}
		if above == 0 {
			p.last = l.seq
		} else {
			p.link[above] = l.seq
		}
		above = l.seq
	}
	if above != 0 {
		p.link[above] = 0
	}
	for _, l := range rows { // those that follow each other as they did
		if p.link[l.seq] == l.prev {
			delete(p.link, l.seq)
		}
	}
	p.files = slices.DeleteFunc(p.files, func(h string) bool { return slices.Contains(still, h) })
	return p, nil
}

// handles are the blobs that e names.
func handles(e core.Envelope) (out []string) {
	for _, p := range e.Parts {
		if m, ok := p.(core.Media); ok && m.Handle != "" {
			out = append(out, m.Handle)
		}
	}
	return out
}

// withoutFiles is e with what is said of its files, but not where they are.
func withoutFiles(e core.Envelope) core.Envelope {
	e.Parts = slices.Clone(e.Parts)
	for i, p := range e.Parts {
		if m, ok := p.(core.Media); ok {
			m.Handle, m.URL = "", ""
			e.Parts[i] = m
		}
	}
	e.Raw = nil
	return e
}

// bareEvent is an event's body without words; one that does not read is as it was.
func bareEvent(body string) string {
	var e core.Event
	if json.Unmarshal([]byte(body), &e) != nil {
		return body
	}
	b, err := json.Marshal(e.Bare())
	if err != nil {
		return body
	}
	return string(b)
}

// forget commits what cut says of a conversation, and counts it.
func (t *tx) forget(key core.Key, cut cuts, sum *Forgotten) (files []string, err error) {
	c, err := t.find(key)
	if err != nil || c == nil {
		return nil, err
	}
	var rows []aged
	if err := t.rows(agedRows(&rows), t.s.db.Back+agedSQL+t.s.db.Newest, c.last, 0, c.id); err != nil {
		return nil, err
	}
	var newest int64
	if _, err := t.row([]any{&newest}, newestSQL); err != nil {
		return nil, err
	}
	p, err := cut.plan(key, rows, c.seen, newest)
	if err != nil {
		return nil, err
	}
	for seq, body := range p.body {
		if _, err := t.exec("UPDATE log SET body = $2 WHERE seq = $1", seq, body); err != nil {
			return nil, err
		}
	}
	for seq, prev := range p.link {
		if _, err := t.exec("UPDATE log SET prev = $2 WHERE seq = $1", seq, prev); err != nil {
			return nil, err
		}
	}
	for _, seq := range p.drop {
		if _, err := t.exec("DELETE FROM log WHERE seq = $1", seq); err != nil {
			return nil, err
		}
	}
	sum.Messages, sum.Events = len(p.drop), p.events
	if c.last != p.last {
		c.last = p.last
		t.touch(c)
		if _, err := t.exec("UPDATE conversation SET last = $2 WHERE id = $1", c.id, c.last); err != nil {
			return nil, err
		}
	}
	if sum.Tickets, err = t.bareTickets(c, cut); err != nil {
		return nil, err
	}
	return p.files, t.bareTalk(key, c, cut)
}

// bareTickets takes the words off the closed tickets of c that are old enough.
func (t *tx) bareTickets(c *conv, cut cuts) (n int, err error) {
	bare := map[string]string{}
	err = t.rows(func(scan func(...any) error) error {
		var id, body string
		if err := scan(&id, &body); err != nil {
			return err
		}
		var k core.Ticket
		if err := json.Unmarshal([]byte(body), &k); err != nil {
			return fmt.Errorf("ticket %s does not read: %w", id, err)
		}
		if k.Open() || micro(k.Closed) >= cut.messages {
			return nil
		}
		b, err := json.Marshal(k.Bare())
		if string(b) != body {
			bare[id] = string(b)
		}
		if body == c.ticket {
			c.ticket = string(b)
			t.touch(c)
		}
		return err
	}, "SELECT id, body FROM ticket WHERE conv = $1", c.id)
	if err != nil {
		return 0, err
	}
	for id, body := range bare {
		if _, err := t.exec("UPDATE ticket SET body = $2 WHERE id = $1", id, body); err != nil {
			return 0, err
		}
	}
	return len(bare), nil
}

// bareTalk takes what the bot remembers, the peer's name and what is known of
// them off a conversation in which nobody has written for long enough, and
// nothing is to be done.
func (t *tx) bareTalk(key core.Key, c *conv, cut cuts) error {
	if c.body == "" {
		return nil
	}
	v, err := conversation(key, c.body, c.ticket)
	if err != nil || v.Ticket.Open() || micro(v.Heard) >= cut.messages || !v.Wakes.Next().IsZero() || len(c.unread) > 0 || !c.whole {
		return err
	}
	v.Key, v.Ticket, v.Mind, v.Script = core.Key{}, nil, nil, ""
	v.Peer.Name, v.Peer.Facts = "", nil
	b, err := json.Marshal(v)
	if err != nil || string(b) == c.body {
		return err
	}
	c.body = string(b)
	t.touch(c)
	_, err = t.exec("UPDATE conversation SET body = $2 WHERE id = $1", c.id, c.body)
	return err
}

// Shrink gives the room of what was deleted back to the disk, a little at a time
// between writes, where the database does not do that by itself.
func (s *Store) Shrink(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	return s.explain(s.db.Shrink(ctx, func(f func(*sql.Conn) error) error {
		return s.commit(ctx, &job{alone: f})
	}))
}
