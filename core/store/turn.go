package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// mostUnread is how many unread envelopes one turn gets. If far more have gathered it
// gets more of them, because each turn reads the list of all.
const mostUnread = 256

// errMoved is returned for a turn that was decided on what is not so any more.
var errMoved = errors.New("another process has changed the conversation meanwhile")

// Turn implements core.Store. In one process turns of a conversation wait for
// each other; those of several processes are decided at the same time, but only
// one of them can be committed, and the others are decided anew.
func (s *Store) Turn(ctx context.Context, key core.Key, now time.Time, f core.TurnFunc) (core.Committed, error) {
	unlock, err := s.keys.lock(ctx, key)
	if err != nil {
		return core.Committed{}, err
	}
	defer unlock()
	for {
		c, err := s.turn(ctx, key, now, f)
		if !errors.Is(err, errMoved) {
			return c, err
		}
	}
}

func (s *Store) turn(ctx context.Context, key core.Key, now time.Time, f core.TurnFunc) (core.Committed, error) {
	h, err := s.load(ctx, key)
	if err != nil {
		return core.Committed{}, err
	}
	unread, err := s.ids.envelopes(key, h.unread[:min(len(h.unread), max(mostUnread, len(h.unread)/8))])
	if err != nil {
		return core.Committed{}, err
	}
	p := &turning{s: s, key: key, now: now, was: h, unread: unread}
	p.before(h.conv)
	out, err := f(h.conv, unread)
	if err != nil {
		return core.Committed{}, err
	}
	if err := p.plan(out); err != nil {
		return core.Committed{}, fmt.Errorf("store: turn of %s: %w", key, err)
	}
	if err := s.commit(ctx, &job{turn: p}); err != nil {
		return core.Committed{}, err
	}
	return p.done, nil
}

// loaded is a conversation as it was before a turn, or for a view.
type loaded struct {
	row
	conv core.Conversation
}

// load reads a conversation; a new one has only its key.
func (s *Store) load(ctx context.Context, key core.Key) (h loaded, err error) {
	h.conv.Key = key
	if v := s.queue.convs.view(key); v != nil {
		h.row = *v
	} else if h.row, err = s.loadRow(ctx, key); err != nil {
		return h, err
	}
	if h.conv, err = conversation(key, h.body, h.ticket); err != nil {
		return h, err
	}
	h.conv.State, h.conv.Seen, h.conv.Gone = core.State(h.state), h.seen, h.gone
	if h.conv.Ticket != nil {
		h.conv.Ticket.Shown, err = s.shown(ctx, h.conv.Ticket.ID)
	}
	return h, err
}

func (s *Store) loadRow(ctx context.Context, key core.Key) (r row, err error) {
	var whole bool
	err = s.query(ctx, func(scan func(...any) error) error { return scan(append(r.dst(), &whole)...) }, rowSQL, key.Channel, key.Peer)
	if err != nil || whole || r.last <= r.seen {
		return r, err
	}
	err = s.query(ctx, func(scan func(...any) error) error {
		var e entry
		err := scan(&e.seq, &e.at, &e.channel, &e.ref, &e.body)
		r.unread = append(r.unread, e)
		return err
	}, s.db.Back+"SELECT seq, at, channel, ref, body FROM back WHERE kind = 'in'"+s.db.Newest, r.last, r.seen, r.id)
	slices.Reverse(r.unread)
	return r, err
}

// conversation reads a conversation and its ticket from their bodies.
func conversation(key core.Key, body, ticket string) (c core.Conversation, err error) {
	if body != "" {
		err = json.Unmarshal([]byte(body), &c)
	}
	if ticket != "" && err == nil {
		err = json.Unmarshal([]byte(ticket), &c.Ticket)
	}
	if err == nil {
		c.Wakes, err = wakes(c.Wakes, body, ticket)
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
	}, "SELECT desk, thread, card FROM thread WHERE ticket = $1 ORDER BY desk, at", ticket)
	return out, err
}

// envelopes reads what is stored of messages.
func (x *ids) envelopes(key core.Key, es []entry) ([]core.Envelope, error) {
	var out []core.Envelope
	for _, e := range es {
		env, err := x.envelope(key, e)
		if err != nil {
			return nil, err
		}
		out = append(out, env)
	}
	return out, nil
}

func (x *ids) envelope(key core.Key, r entry) (core.Envelope, error) {
	e, err := unpack(key, r.body)
	e.ID, e.Seq, e.Channel, e.Ref, e.Filed = x.name(r.seq), r.seq, r.channel, r.ref, fromMicro(r.at)
	return e, err
}

// turning is one turn on its way to the disk.
type turning struct {
	s      *Store
	key    core.Key
	now    time.Time
	was    loaded
	unread []core.Envelope

	conv   core.Conversation // to be written
	read   int64             // seq of the last envelope read
	left   int64             // when the first of those left was filed; 0 if none is
	until  int64             // until when those left wait for more; 0 if they do not wait
	count  int               // how many were read
	hush   bool
	gone   bool // Gone has been changed
	body   string
	ticket string // the ticket's body, empty if it need not be written
	says   []say
	events []string
	agents []core.AgentChange
	values []core.Value
	from   []string // channels that something was read from

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
func (p *turning) before(c core.Conversation) {
	if c.Ticket != nil {
		t := *c.Ticket
		p.old = &t
	}
}

var errOutcome = errors.New("the outcome cannot be committed")

// plan checks an outcome and writes its documents.
func (p *turning) plan(o core.Outcome) error {
	if o.Left < 0 || o.Left > len(p.unread) {
		return fmt.Errorf("%w: Left is %d of %d", errOutcome, o.Left, len(p.unread))
	}
	p.hush = o.Hush
	p.conv = o.Conversation
	p.conv.Key = p.key
	p.gone = o.Conversation.Gone != p.was.conv.Gone
	p.values = o.Values
	p.count = len(p.unread) - o.Left
	p.read = p.was.conv.Seen
	for _, e := range p.unread[:p.count] {
		p.read = e.Seq
		if !slices.Contains(p.from, e.Channel) {
			p.from = append(p.from, e.Channel)
		}
	}
	if o.Left > 0 {
		p.left = micro(p.unread[p.count].Filed)
		if o.Until.After(p.now) {
			p.until = micro(o.Until)
		}
	}
	p.conv.Seen = p.read
	return errors.Join(p.planTicket(), p.planBody(), p.planSays(o.Say), p.planEvents(o.Events), p.planAgents(o.Agents))
}

func (p *turning) planTicket() error {
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
	if string(b) != p.was.ticket {
		p.ticket = string(b)
	}
	if p.old != nil && p.old.ID == c.ID {
		c.Shown = p.old.Shown
	}
	p.conv.Ticket = &c
	return err
}

func (p *turning) planBody() error {
	c := p.conv
	c.Key, c.State, c.Ticket, c.Gone, c.Seen = core.Key{}, "", nil, false, 0
	b, err := json.Marshal(c)
	p.body = string(b)
	return err
}

func (p *turning) planSays(es []core.Envelope) error {
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

func (p *turning) planEvents(es []core.Event) error {
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

func (p *turning) planAgents(as []core.AgentChange) error {
	for _, a := range as {
		if a.Now.ID == "" {
			return fmt.Errorf("%w: an agent without an ID", errOutcome)
		}
	}
	p.agents = as
	return nil
}

// write commits the turn. It may run twice.
func (p *turning) write(t *tx) error {
	p.done = core.Committed{Before: p.old, After: p.conv}
	c, err := t.conv(p.key)
	if err != nil {
		return err
	}
	if was := p.was; c.seen != was.seen || c.state != was.state || c.body != was.body || c.ticket != was.ticket {
		return refused{errMoved}
	}
	if err := p.writeTicket(t, c); err != nil {
		return err
	}
	if err := p.markRead(t, c); err != nil {
		return err
	}
	if err := p.writeAgents(t); err != nil {
		return err
	}
	if err := t.setValues(p.values); err != nil {
		return err
	}
	p.done.Values = p.values
	l := lanes{t: t, c: c, key: p.key, now: p.now}
	if p.hush {
		if err := l.hush(); err != nil {
			return err
		}
	}
	for _, b := range p.events {
		t.event(c, p.now, b)
	}
	if c.held {
		if err := l.release(p.from); err != nil {
			return err
		}
	}
	for _, s := range p.says {
		if err := l.put(s); err != nil {
			return err
		}
	}
	p.done.Deliveries = l.out
	return p.writeConversation(t, c)
}

// writeAgents changes the records of agents as they are now: other turns may
// have changed them since this one began.
func (p *turning) writeAgents(t *tx) error {
	for _, c := range p.agents {
		var body string
		var a core.Agent
		found, err := t.agent(c.Now.ID, &body)
		if err != nil {
			return err
		}
		if found {
			if err := json.Unmarshal([]byte(body), &a); err != nil {
				return fmt.Errorf("the record of agent %s: %w", c.Now.ID, err)
			}
		}
		a = c.Apply(a)
		a.Rev++
		b, err := json.Marshal(a)
		if err != nil {
			return err
		}
		if _, err := t.exec("INSERT INTO agent (id, body) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET body = excluded.body", a.ID, string(b)); err != nil {
			return err
		}
		p.done.Agents = append(p.done.Agents, a)
	}
	return nil
}

// agent reads an agent's record, which nobody else changes until the end of the
// transaction. Where others might, one that is new is made at once.
func (t *tx) agent(id string, body *string) (found bool, err error) {
	q := "SELECT body FROM agent WHERE id = $1" + t.s.db.Wait
	if found, err = t.row([]any{body}, q, id); err != nil || found || !t.s.db.Shared {
		return found, err
	}
	if _, err := t.exec("INSERT INTO agent (id, body) VALUES ($1, '{}') ON CONFLICT (id) DO NOTHING", id); err != nil {
		return false, err
	}
	return t.row([]any{body}, q, id)
}

// writeConversation is last, because it writes which record is the newest.
func (p *turning) writeConversation(t *tx, row *conv) error {
	t.touch(row)
	c, ticket := p.conv, ""
	if c.Ticket != nil {
		ticket = c.Ticket.ID
	}
	if _, err := t.exec("UPDATE conversation SET state = $2, due = $3, seen = $4, last = $5, ticket = $6, body = $7 WHERE id = $1",
		row.id, row.state, micro(c.Wakes.Next()), c.Seen, row.last, ticket, p.body); err != nil {
		return err
	}
	if row.body = p.body; !p.gone {
		return nil
	}
	row.gone = c.Gone
	_, err := t.exec("UPDATE conversation SET gone = $2 WHERE id = $1", row.id, c.Gone)
	return err
}

func (p *turning) writeTicket(t *tx, row *conv) error {
	c := p.conv.Ticket
	if c == nil {
		row.ticket = ""
	}
	if p.ticket == "" {
		return nil
	}
	row.ticket = p.ticket
	r, err := t.exec(`INSERT INTO ticket (id, conv, state, topic, agent, since, body) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (id) DO UPDATE SET conv = excluded.conv, state = excluded.state, topic = excluded.topic,
		agent = excluded.agent, since = excluded.since, body = excluded.body WHERE ticket.conv = excluded.conv`,
		c.ID, row.id, string(c.State), c.Topic, c.Agent, micro(c.Since), p.ticket)
	if err != nil {
		return err
	}
	if n, err := r.RowsAffected(); err != nil || n == 0 {
		return cmp.Or(err, fmt.Errorf("%w: ticket %s belongs to another conversation", errOutcome, c.ID))
	}
	return nil
}

// markRead takes the conversation off the list of those with unread envelopes,
// unless some arrived meanwhile or are left.
func (p *turning) markRead(t *tx, c *conv) error {
	c.state, c.seen = string(p.conv.State), p.read
	if c.whole && len(c.unread) == 0 && p.count == 0 {
		return nil
	}
	if p.count > 0 {
		if _, err := t.exec("DELETE FROM unread WHERE conv = $1 AND last <= $2", c.id, p.read); err != nil {
			return err
		}
	}
	var newest int64 // of the unread ones
	if c.whole {
		if len(c.unread) < p.count {
			return fmt.Errorf("%s: %d messages were read, but %d are unread", p.key, p.count, len(c.unread))
		}
		c.unread = slices.Clone(c.unread[p.count:])
		if n := len(c.unread); n > 0 {
			newest = c.unread[n-1].seq
		}
	} else {
		var last int64
		found, err := t.row([]any{&last}, "SELECT last FROM unread WHERE conv = $1", c.id)
		if err != nil {
			return err
		}
		newest, c.whole = last, !found
	}
	until := p.until
	if until > 0 && newest > p.unread[len(p.unread)-1].Seq {
		until = 0 // another one has come
	}
	p.done.More = newest > 0 && until == 0
	if newest == 0 || p.count == 0 && until == 0 {
		return nil
	}
	_, err := t.exec("UPDATE unread SET since = $2, n = n - $3, until = $4 WHERE conv = $1", c.id, cmp.Or(p.left, micro(p.now)), p.count, until)
	return err
}

// event adds an event to the log of c.
func (t *tx) event(c *conv, at time.Time, body string) {
	t.append(c, record{pending: pending{entry: entry{seq: t.seq(), at: micro(at), body: body}}, kind: "event"})
}
