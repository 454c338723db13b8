package console

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// board is the open tickets as all browsers see them, read at most a few times
// a second however many ask.
type board struct {
	mu     sync.Mutex
	open   []core.TicketView
	capped bool // more wait than were read
	at     time.Time
	pause  time.Duration // until the next read in any case
	dirty  bool

	called   map[string]string // what agents are called
	calledAt time.Time
	done     []core.TicketView // the whole team's last closed tickets
	doneAt   time.Time
}

const (
	boardMax   = 1000                   // of those in line; more than that nobody reads
	heldMax    = 5000                   // of those that somebody has
	boardFresh = time.Second            // without a hint
	boardPause = 150 * time.Millisecond // between two reads at least
	closedMax  = 300
	doneMax    = 200 // of one agent's, for today's figures
	teamMax    = 2000
)

const (
	figuresFresh = 10 * time.Second
)

var (
	inLine = []core.TicketState{core.TicketWaiting, core.TicketMessage}
	held   = []core.TicketState{core.TicketRinging, core.TicketActive, core.TicketParked}
)

// stale says that something has changed.
func (b *board) stale() {
	b.mu.Lock()
	b.dirty = true
	b.mu.Unlock()
}

// openTickets are all open tickets, those who wait longest first. The result
// is shared: do not change it.
func (c *Console) openTickets(ctx context.Context) ([]core.TicketView, error) {
	b := &c.board
	b.mu.Lock()
	defer b.mu.Unlock()
	start := c.Now()
	age := start.Sub(b.at)
	if b.open != nil && age >= 0 && (age < b.pause || age < max(b.pause, boardFresh) && !b.dirty) {
		return b.open, nil
	}
	b.dirty = false
	vs, capped, err := c.readOpen(ctx)
	if err != nil {
		b.dirty = true
		return nil, fmt.Errorf("console: open tickets: %w", err)
	}
	b.open, b.capped, b.at = vs, capped, c.Now()
	b.pause = max(boardPause, 5*b.at.Sub(start)) // a long line costs at most a sixth of the time
	return vs, nil
}

// readOpen reads those who wait and those whom somebody has by themselves: in a
// peak the line must not hide what an agent has in hand.
func (c *Console) readOpen(ctx context.Context) (vs []core.TicketView, capped bool, err error) {
	mine, err := c.Views.Tickets(ctx, core.TicketQuery{States: held, Max: heldMax})
	if err != nil {
		return nil, false, err
	}
	waiting, err := c.Views.Tickets(ctx, core.TicketQuery{States: inLine, Max: boardMax})
	if err != nil {
		return nil, false, err
	}
	seen := map[string]bool{} // one may have been given to somebody in between
	vs = []core.TicketView{}
	for _, v := range slices.Concat(waiting, mine) {
		if !seen[v.Ticket.ID] {
			seen[v.Ticket.ID] = true
			vs = append(vs, v)
		}
	}
	slices.SortStableFunc(vs, func(a, b core.TicketView) int { return a.Ticket.Since.Compare(b.Ticket.Since) })
	return vs, len(waiting) == boardMax, nil
}

// isCapped reports whether more wait than openTickets returned.
func (b *board) isCapped() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.capped
}

// ticket returns ErrNotFound for a name that no ticket has.
func (c *Console) ticket(ctx context.Context, id string) (core.TicketView, error) {
	if !plainID(id, 1, 64) {
		return core.TicketView{}, core.ErrNotFound
	}
	vs, err := c.Views.Tickets(ctx, core.TicketQuery{ID: id, Max: 1})
	if err != nil {
		return core.TicketView{}, fmt.Errorf("console: ticket %s: %w", id, err)
	}
	if len(vs) == 0 {
		return core.TicketView{}, core.ErrNotFound
	}
	return vs[0], nil
}

// box is one of the lists beside the conversation.
type box string

const (
	boxWaiting box = "waiting" // wants somebody
	boxMine    box = "mine"
	boxAll     box = "all"
	boxClosed  box = "closed"
)

// has reports whether an open ticket is in the box of agent.
func (b box) has(t core.Ticket, agent string) bool {
	switch b {
	case boxWaiting:
		return t.State == core.TicketWaiting || t.State == core.TicketRinging || t.State == core.TicketMessage ||
			t.State == core.TicketParked && t.Agent == ""
	case boxMine:
		return t.Agent == agent && t.State != core.TicketWaiting && t.State != core.TicketMessage
	}
	return b == boxAll
}

// counts are how many open tickets each box has.
func counts(open []core.TicketView, agent string) map[box]int {
	out := map[box]int{}
	for _, b := range []box{boxWaiting, boxMine, boxAll} {
		out[b] = 0
		for _, v := range open {
			if b.has(v.Ticket, agent) {
				out[b]++
			}
		}
	}
	return out
}

// closed are the tickets that were closed last, the newest first.
func (c *Console) closed(ctx context.Context, q core.TicketQuery) ([]core.TicketView, error) {
	q.States, q.Newest = []core.TicketState{core.TicketClosed}, true
	if q.Max == 0 {
		q.Max = closedMax
	}
	vs, err := c.Views.Tickets(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("console: closed tickets: %w", err)
	}
	vs = slices.Clone(vs)
	slices.SortStableFunc(vs, func(a, b core.TicketView) int { return b.Ticket.Closed.Compare(a.Ticket.Closed) })
	return vs, nil
}

// urgency orders a list: those whom somebody talks to or who wait, before those
// who do not look at their screen; then by class, then who waits longest.
func urgency(a, b core.TicketView) int {
	later := func(t core.Ticket) int {
		if t.State == core.TicketMessage || t.State == core.TicketParked {
			return 1
		}
		return 0
	}
	return cmp.Or(later(a.Ticket)-later(b.Ticket), cmp.Compare(a.Ticket.Class, b.Ticket.Class), a.Ticket.Since.Compare(b.Ticket.Since), cmp.Compare(a.Ticket.ID, b.Ticket.ID))
}

// says reports whether a ticket has the words that somebody looks for.
func says(v core.TicketView, words string) bool {
	t := v.Ticket
	text := []string{t.ID, v.Peer.ID, v.Peer.Name, v.Peer.Person, t.Key.Channel, t.Topic, t.Intent, t.Asked, t.Summary, t.Outcome, strings.Join(t.Tags, " ")}
	for _, s := range t.Form {
		text = append(text, s)
	}
	if v.Last != nil && v.Last.Message != nil {
		text = append(text, v.Last.Message.Parts.Text())
	}
	all := strings.ToLower(strings.Join(text, "\n"))
	for w := range strings.FieldsSeq(strings.ToLower(words)) {
		if !strings.Contains(all, w) {
			return false
		}
	}
	return true
}

// doneLately are the tickets that the team closed last, at most a few seconds
// old: it is read for figures only.
func (c *Console) doneLately(ctx context.Context) ([]core.TicketView, error) {
	b := &c.board
	b.mu.Lock()
	defer b.mu.Unlock()
	if age := c.Now().Sub(b.doneAt); b.done != nil && age >= 0 && age < figuresFresh {
		return b.done, nil
	}
	vs, err := c.closed(ctx, core.TicketQuery{Max: teamMax})
	if err == nil {
		b.done, b.doneAt = vs, c.Now()
	}
	return vs, err
}

// names are what agents are called, by Agent.ID; at most a second old. The
// result is shared: do not change it.
func (c *Console) names(ctx context.Context) (map[string]string, error) {
	b := &c.board
	b.mu.Lock()
	defer b.mu.Unlock()
	if age := c.Now().Sub(b.calledAt); b.called != nil && age >= 0 && age < boardFresh {
		return b.called, nil
	}
	m, err := c.readNames(ctx)
	if err == nil {
		b.called, b.calledAt = m, c.Now()
	}
	return m, err
}

func (c *Console) readNames(ctx context.Context) (map[string]string, error) {
	agents, err := c.Views.Agents(ctx)
	if err != nil {
		return nil, fmt.Errorf("console: agents: %w", err)
	}
	out := map[string]string{}
	for _, a := range agents {
		out[a.ID] = a.Name
	}
	as, err := c.everybody(ctx)
	if err != nil {
		return nil, err
	}
	for _, a := range as {
		out[c.agent(a.ID)] = a.Name
	}
	return out, nil
}
