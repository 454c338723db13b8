package console

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// board is the open tickets as all browsers see them, read at most a few times
// a second however many ask.
type board struct {
	desk     deskName
	views    core.Views
	accounts *accounts
	now      func() time.Time

	mu   sync.Mutex
	open reading
	done reading // the whole team's last closed tickets

	called   map[string]string // what agents are called
	calledAt time.Time
}

// A reading is tickets as they were at a time.
type reading struct {
	tickets []core.TicketView
	at      time.Time
	pause   time.Duration // until the next in any case
	dirty   bool          // something has changed since
}

// fresh reports whether it need not be read again: age is how old it may be if
// nothing has changed.
func (r reading) fresh(now time.Time, age time.Duration) bool {
	old := now.Sub(r.at)
	return r.tickets != nil && old >= 0 && (old < r.pause || old < max(r.pause, age) && !r.dirty)
}

// readAt is what was read from start to end: a long read costs at most a sixth
// of the time.
func readAt(vs []core.TicketView, start, end time.Time) reading {
	return reading{tickets: vs, at: end, pause: max(boardPause, 5*end.Sub(start))}
}

// How many tickets are read at once.
const (
	mostInLine = 1000 // with what was said last; those behind them without
	mostHeld   = 5000 // by everybody together
	mostRows   = 100  // of one answer; a list is read in parts
	mostClosed = 2000 // of the closed ones
	mostDone   = 200  // of one agent's, for today's figures
)

// How old what was read may be.
const (
	boardAge   = time.Second            // without a hint
	boardPause = 150 * time.Millisecond // between two reads at least
	figuresAge = 10 * time.Second
)

var (
	inLine = []core.TicketState{core.TicketWaiting, core.TicketMessage}
	held   = []core.TicketState{core.TicketRinging, core.TicketActive, core.TicketParked}
)

// stale says that something has changed.
func (b *board) stale() {
	b.mu.Lock()
	b.open.dirty, b.done.dirty = true, true
	b.mu.Unlock()
}

// openTickets are all open tickets, those who wait longest first. The result
// is shared: do not change it.
func (b *board) openTickets(ctx context.Context) ([]core.TicketView, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	start := b.now()
	if b.open.fresh(start, boardAge) {
		return b.open.tickets, nil
	}
	b.open.dirty = false
	vs, err := b.readOpen(ctx)
	if err != nil {
		b.open.dirty = true
		return nil, fmt.Errorf("console: open tickets: %w", err)
	}
	b.open = readAt(vs, start, b.now())
	return vs, nil
}

// readOpen reads those who wait and those whom somebody has by themselves: in a
// peak the line must not hide what an agent has in hand. Who waits behind a
// thousand others comes without what they said last, which would be read one by one.
func (b *board) readOpen(ctx context.Context) ([]core.TicketView, error) {
	mine, err := b.views.Tickets(ctx, core.TicketQuery{States: held, Max: mostHeld})
	if err != nil {
		return nil, err
	}
	waiting, err := b.views.Tickets(ctx, core.TicketQuery{States: inLine, Max: mostInLine})
	if err != nil {
		return nil, err
	}
	var behind []core.TicketView
	if len(waiting) == mostInLine {
		if behind, err = b.views.Tickets(ctx, core.TicketQuery{States: inLine}); err != nil {
			return nil, err
		}
	}
	seen := map[string]bool{} // one may have been given to somebody in between
	vs := []core.TicketView{}
	for _, v := range slices.Concat(waiting, mine, behind) {
		if !seen[v.Ticket.ID] {
			seen[v.Ticket.ID] = true
			vs = append(vs, v)
		}
	}
	slices.SortStableFunc(vs, func(x, y core.TicketView) int { return x.Ticket.Since.Compare(y.Ticket.Since) })
	return vs, nil
}

// ticket returns ErrNotFound for a name that no ticket has.
func (b *board) ticket(ctx context.Context, id string) (core.TicketView, error) {
	if !plainID(id, 1, 64) {
		return core.TicketView{}, core.ErrNotFound
	}
	vs, err := b.views.Tickets(ctx, core.TicketQuery{ID: id, Max: 1})
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
func (b *board) closed(ctx context.Context, q core.TicketQuery) ([]core.TicketView, error) {
	q.States, q.Newest = []core.TicketState{core.TicketClosed}, true
	vs, err := b.views.Tickets(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("console: closed tickets: %w", err)
	}
	vs = slices.Clone(vs)
	slices.SortStableFunc(vs, func(x, y core.TicketView) int { return y.Ticket.Closed.Compare(x.Ticket.Closed) })
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

// doneLately are the tickets that the team closed last: at most age old, or as
// old as reading them takes in a peak. The result is shared: do not change it.
func (b *board) doneLately(ctx context.Context, age time.Duration) ([]core.TicketView, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	start := b.now()
	last := b.done
	last.dirty = last.dirty && age < figuresAge // figures may be late
	if last.fresh(start, age) {
		return last.tickets, nil
	}
	vs, err := b.closed(ctx, core.TicketQuery{Max: mostClosed})
	if err == nil {
		b.done = readAt(vs, start, b.now())
	}
	return vs, err
}

// names are what agents are called, by Agent.ID; at most a second old. The
// result is shared: do not change it.
func (b *board) names(ctx context.Context) (map[string]string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if age := b.now().Sub(b.calledAt); b.called != nil && age >= 0 && age < boardAge {
		return b.called, nil
	}
	m, err := b.readNames(ctx)
	if err == nil {
		b.called, b.calledAt = m, b.now()
	}
	return m, err
}

func (b *board) readNames(ctx context.Context) (map[string]string, error) {
	agents, err := b.views.Agents(ctx)
	if err != nil {
		return nil, fmt.Errorf("console: agents: %w", err)
	}
	out := map[string]string{}
	for _, a := range agents {
		out[a.ID] = a.Name
	}
	as, err := b.accounts.all(ctx)
	if err != nil {
		return nil, err
	}
	for _, a := range as {
		out[b.desk.agent(a.ID)] = a.Name
	}
	return out, nil
}
