package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// most is how many unread envelopes one turn gets.
const most = 256

// Turn implements core.Store.
func (s *Store) Turn(ctx context.Context, key core.Key, now time.Time, f core.TurnFunc) (core.Committed, error) {
	unlock, err := s.keys.lock(ctx, key)
	if err != nil {
		return core.Committed{}, err
	}
	defer unlock()
	h, err := s.load(ctx, key)
	if err != nil {
		return core.Committed{}, err
	}
	unread, err := s.unread(ctx, h)
	if err != nil {
		return core.Committed{}, err
	}
	p := &turn{s: s, key: key, now: now, head: h, unread: unread}
	p.before(h.conv)
	out, err := f(h.conv, unread)
	if err != nil {
		return core.Committed{}, err
	}
	if err := p.plan(out); err != nil {
		return core.Committed{}, fmt.Errorf("store: turn of %s: %w", key, err)
	}
	if err := s.commit(ctx, p.write); err != nil {
		return core.Committed{}, err
	}
	return p.done, nil
}

// head is a conversation as it was loaded.
type head struct {
	id   int64 // 0: there is no row yet
	held bool
	conv core.Conversation
	body string // of the ticket, as stored
}

const headSQL = `SELECT c.id, c.state, c.seen, c.gone, c.held, c.body, coalesce(t.body, '')
	FROM conversation c LEFT JOIN ticket t ON t.id = c.ticket WHERE c.channel = $1 AND c.peer = $2`

// load reads a conversation; a new one has only its key.
func (s *Store) load(ctx context.Context, key core.Key) (head, error) {
	h := head{conv: core.Conversation{Key: key}}
	var state, body string
	var seen int64
	var gone bool
	err := s.query(ctx, func(scan func(...any) error) error {
		return scan(&h.id, &state, &seen, &gone, &h.held, &body, &h.body)
	}, headSQL, key.Channel, key.Peer)
	if err != nil || h.id == 0 {
		return h, err
	}
	if h.conv, err = conversation(key, body, h.body); err != nil {
		return h, err
	}
	h.conv.State, h.conv.Seen, h.conv.Gone = core.State(state), seen, gone
	if h.conv.Ticket != nil {
		h.conv.Ticket.Shown, err = s.shown(ctx, h.conv.Ticket.ID)
	}
	return h, err
}

// conversation reads a conversation and its ticket from their bodies.
func conversation(key core.Key, body, ticket string) (c core.Conversation, err error) {
	if body != "" {
		err = json.Unmarshal([]byte(body), &c)
	}
	if ticket != "" && err == nil {
		err = json.Unmarshal([]byte(ticket), &c.Ticket)
	}
	c.Key = key
	if err != nil {
		err = fmt.Errorf("store: conversation %s does not read: %w", key, err)
	}
	return c, err
}

func (s *Store) shown(ctx context.Context, ticket string) (out []core.Shown, err error) {
	err = s.query(ctx, func(scan func(...any) error) error {
		var x core.Shown
		err := scan(&x.Desk, &x.Thread, &x.Card)
		out = append(out, x)
		return err
	}, "SELECT desk, thread, card FROM thread WHERE ticket = $1 ORDER BY desk, thread", ticket)
	return out, err
}

func (s *Store) unread(ctx context.Context, h head) (out []core.Envelope, err error) {
	if h.id == 0 {
		return nil, nil
	}
	err = s.query(ctx, func(scan func(...any) error) error {
		var r row
		if err := scan(&r.seq, &r.channel, &r.ref, &r.at, &r.body); err != nil {
			return err
		}
		e, err := s.envelope(h.conv.Key, r)
		out = append(out, e)
		return err
	}, "SELECT seq, channel, ref, at, body FROM log WHERE conv = $1 AND seq > $2 AND kind = 'in' ORDER BY seq LIMIT $3", h.id, h.conv.Seen, most)
	return out, err
}

// row is a record as it is stored.
type row struct {
	seq                int64
	at                 int64
	channel, ref, body string
}

func (s *Store) envelope(key core.Key, r row) (core.Envelope, error) {
	e, err := unpack(key, r.body)
	e.ID, e.Seq, e.Channel, e.Ref, e.Filed = s.ids.name(r.seq), r.seq, r.channel, r.ref, fromMicro(r.at)
	return e, err
}

// turn is one turn on its way to the disk.
type turn struct {
	s      *Store
	key    core.Key
	now    time.Time
	head   head
	unread []core.Envelope

	conv   core.Conversation // to be written
	read   int64             // seq of the last envelope read
	left   int64             // when the first of those left was filed; 0 if none is
	count  int               // how many were read
	hush   bool
	gone   bool // Gone has been changed
	body   string
	ticket string // the ticket's body, empty if it need not be written
	says   []say
	events []string
	agents [][2]string
	heard  bool // the peer wrote

	old  *core.Ticket
	done core.Committed
}

// say is a message to be committed.
type say struct {
	env  core.Envelope
	body string
	card string
}

// before keeps a copy of what f may change.
func (p *turn) before(c core.Conversation) {
	if c.Ticket != nil {
		t := *c.Ticket
		p.old = &t
	}
}

var errOutcome = errors.New("the outcome cannot be committed")

// plan checks an outcome and writes its documents.
func (p *turn) plan(o core.Outcome) error {
	if o.Left < 0 || o.Left > len(p.unread) {
		return fmt.Errorf("%w: Left is %d of %d", errOutcome, o.Left, len(p.unread))
	}
	p.hush = o.Hush
	p.conv = o.Conversation
	p.conv.Key = p.key
	p.gone = o.Conversation.Gone != p.head.conv.Gone
	p.count = len(p.unread) - o.Left
	p.read = p.head.conv.Seen
	for _, e := range p.unread[:p.count] {
		p.read = e.Seq
		p.heard = p.heard || e.Channel == p.key.Channel
	}
	if o.Left > 0 {
		p.left = micro(p.unread[p.count].Filed)
	}
	p.conv.Seen = p.read
	return errors.Join(p.planTicket(), p.planBody(), p.planSays(o.Say), p.planEvents(o.Events), p.planAgents(o.Agents))
}

func (p *turn) planTicket() error {
	t := p.conv.Ticket
	if t == nil {
		return nil
	}
	if t.ID == "" {
		return fmt.Errorf("%w: a ticket without an ID", errOutcome)
	}
	c := *t
	c.Key, c.Shown = p.key, nil
	b, err := json.Marshal(c)
	if string(b) != p.head.body {
		p.ticket = string(b)
	}
	if p.old != nil && p.old.ID == c.ID {
		c.Shown = p.old.Shown
	}
	p.conv.Ticket = &c
	return err
}

func (p *turn) planBody() error {
	c := p.conv
	c.Key, c.State, c.Ticket, c.Gone, c.Seen = core.Key{}, "", nil, false, 0
	b, err := json.Marshal(c)
	p.body = string(b)
	return err
}

func (p *turn) planSays(es []core.Envelope) error {
	for _, e := range es {
		if e.Channel == "" {
			e.Channel = p.key.Channel
		}
		if e.Peer.ID == "" && e.Channel == p.key.Channel {
			e.Peer = core.Peer{ID: p.key.Peer}
		}
		if e.Filed.IsZero() {
			e.Filed = p.now
		}
		e.Filed = fromMicro(micro(e.Filed))
		e.ID, e.Seq, e.Ref = "", 0, ""
		body, err := pack(p.key, e)
		if err != nil {
			return err
		}
		p.says = append(p.says, say{e, body, caseTicket(e)})
	}
	return nil
}

func (p *turn) planEvents(es []core.Event) error {
	for _, e := range es {
		if e.At.IsZero() {
			e.At = p.now
		}
		b, err := json.Marshal(e)
		if err != nil {
			return err
		}
		p.events = append(p.events, string(b))
	}
	return nil
}

func (p *turn) planAgents(as []core.Agent) error {
	for _, a := range as {
		if a.ID == "" {
			return fmt.Errorf("%w: an agent without an ID", errOutcome)
		}
		b, err := json.Marshal(a)
		if err != nil {
			return err
		}
		p.agents = append(p.agents, [2]string{a.ID, string(b)})
	}
	p.done.Agents = as
	return nil
}

// write commits the turn. It may run twice.
func (p *turn) write(t *tx) error {
	p.done = core.Committed{Before: p.old, After: p.conv, Agents: p.done.Agents}
	id, err := p.writeConversation(t)
	if err != nil {
		return err
	}
	if err := p.markRead(t, id); err != nil {
		return err
	}
	for _, a := range p.agents {
		if _, err := t.exec("INSERT INTO agent (id, body) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET body = excluded.body", a[0], a[1]); err != nil {
			return err
		}
	}
	l := lanes{t: t, key: p.key, conv: id, now: p.now, state: p.conv.State, seen: p.read, busy: map[string]bool{}}
	if p.hush {
		if err := l.hush(); err != nil {
			return err
		}
	}
	for _, b := range p.events {
		if err := t.event(id, p.now, b); err != nil {
			return err
		}
	}
	if p.heard && p.head.held {
		if err := l.release(); err != nil {
			return err
		}
	}
	for _, s := range p.says {
		if err := l.put(s); err != nil {
			return err
		}
	}
	p.done.Deliveries = l.out
	return nil
}

func (p *turn) writeConversation(t *tx) (id int64, err error) {
	c, ticket := p.conv, ""
	if c.Ticket != nil {
		ticket = c.Ticket.ID
	}
	due := micro(c.Due())
	if id = p.head.id; id == 0 {
		if id, err = t.conversation(p.key); err != nil {
			return 0, err
		}
	}
	if _, err := t.exec("UPDATE conversation SET state = $2, due = $3, seen = $4, ticket = $5, body = $6 WHERE id = $1",
		id, string(c.State), due, c.Seen, ticket, p.body); err != nil {
		return 0, err
	}
	if p.gone {
		if _, err := t.exec("UPDATE conversation SET gone = $2 WHERE id = $1", id, c.Gone); err != nil {
			return 0, err
		}
	}
	if p.ticket == "" {
		return id, nil
	}
	r, err := t.exec(`INSERT INTO ticket (id, conv, state, topic, agent, since, body) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (id) DO UPDATE SET conv = excluded.conv, state = excluded.state, topic = excluded.topic,
		agent = excluded.agent, since = excluded.since, body = excluded.body WHERE ticket.conv = excluded.conv`,
		ticket, id, string(c.Ticket.State), c.Ticket.Topic, c.Ticket.Agent, micro(c.Ticket.Since), p.ticket)
	if err != nil {
		return id, err
	}
	if n, err := r.RowsAffected(); err != nil || n == 0 {
		return id, cmp.Or(err, fmt.Errorf("%w: ticket %s belongs to another conversation", errOutcome, ticket))
	}
	return id, nil
}

// markRead takes the conversation off the list of those with unread envelopes,
// unless some arrived meanwhile or are left.
func (p *turn) markRead(t *tx, id int64) error {
	if p.count > 0 {
		if _, err := t.exec("DELETE FROM unread WHERE conv = $1 AND last <= $2", id, p.read); err != nil {
			return err
		}
	}
	var last int64
	found, err := t.row([]any{&last}, "SELECT last FROM unread WHERE conv = $1", id)
	if err != nil || !found {
		return err
	}
	p.done.More = true
	if p.count == 0 {
		return nil
	}
	since := p.left
	if since == 0 {
		since = micro(p.now)
	}
	_, err = t.exec("UPDATE unread SET since = $2, n = n - $3 WHERE conv = $1", id, since, p.count)
	return err
}

// event adds an event to the log of conversation conv.
func (t *tx) event(conv int64, at time.Time, body string) error {
	_, err := t.exec("INSERT INTO log (seq, conv, kind, at, body) VALUES ($1, $2, 'event', $3, $4)", t.s.ids.next(), conv, micro(at), body)
	return err
}
