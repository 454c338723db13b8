package hub

import (
	"context"
	"sync"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/queue"
)

// A line keeps the waiting line in memory and offers tickets to agents. What it
// decides becomes true in a turn of the ticket's conversation, so two of them
// could never give one ticket to two agents.
type line struct {
	hub  *Hub
	kick chan struct{} // something may be given out

	mu    sync.Mutex
	queue *queue.Line
	lines map[string]core.LineState
	at    time.Time // of lines
	stale bool      // lines may have changed since
}

func newLine(h *Hub) *line {
	return &line{hub: h, kick: make(chan struct{}, 1), queue: queue.New(h.conf.Line), stale: true}
}

// load fills the line from the store.
func (l *line) load(ctx context.Context) error {
	agents, err := l.hub.store.Agents(ctx)
	if err != nil {
		return err
	}
	ts, err := l.hub.store.Tickets(ctx, core.TicketQuery{States: []core.TicketState{
		core.TicketWaiting, core.TicketRinging, core.TicketActive, core.TicketParked, core.TicketMessage}})
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range agents {
		l.queue.Agent(a)
	}
	now := l.hub.now()
	for _, v := range ts {
		l.queue.Put(v.Ticket, now)
	}
	l.changed()
	return nil
}

func (l *line) put(t core.Ticket) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.queue.Put(t, l.hub.now())
	l.changed()
}

// agent tells the line about an agent and returns what their presence was. News
// that was overtaken by newer is none.
func (l *line) agent(a core.Agent) (was core.Presence) {
	l.mu.Lock()
	defer l.mu.Unlock()
	old := l.queue.Agents()[a.ID]
	if old.Rev > a.Rev {
		return a.Presence
	}
	l.queue.Agent(a)
	l.changed()
	return old.Presence
}

func (l *line) changed() {
	l.stale = true
	select {
	case l.kick <- struct{}{}:
	default:
	}
}

// estimate is the place and the time left of a ticket that waits.
func (l *line) estimate(id string) (queue.Estimate, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.queue.Estimate(id, l.hub.now())
}

// scene is a snapshot for one turn. The lines in it are made anew when they
// have changed, else once a second, for time changes them too.
func (l *line) scene() core.Scene {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.hub.now()
	if age := now.Sub(l.at); l.stale && age >= fresh || age >= time.Second || age < 0 || l.lines == nil {
		l.lines, l.at, l.stale = l.queue.Snapshot(now), now, false
	}
	s := core.Scene{Now: now, Lines: l.lines, Agents: l.queue.Agents()}
	if l.hub.conf.Scene != nil {
		s = l.hub.conf.Scene(s)
	}
	return s
}

// fresh is how old a snapshot may be though the line has changed.
const fresh = 20 * time.Millisecond

// run offers tickets until ctx is done.
func (l *line) run(ctx context.Context) {
	tick := time.NewTicker(l.hub.conf.Poll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.kick:
		case <-tick.C:
		}
		l.offer(ctx)
	}
}

// offer gives out every ticket that somebody can serve now, several at a time
// so that they share the store's flush.
func (l *line) offer(ctx context.Context) (given int) {
	var wg sync.WaitGroup
	slots := make(chan struct{}, 32)
	for ctx.Err() == nil {
		l.mu.Lock()
		o, ok := l.queue.Next(l.hub.now())
		l.mu.Unlock()
		if !ok {
			break
		}
		given++
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			l.assign(ctx, o)
		})
	}
	wg.Wait()
	return given
}

// assign makes an offer true, if its ticket is still as the line thought.
func (l *line) assign(ctx context.Context, o queue.Offer) {
	kept := l.hub.alter(ctx, o.Ticket.Key, func(m *mind, c core.Conversation) core.Outcome {
		t := c.Ticket
		if !t.Open() || t.ID != o.Ticket.ID || t.State != core.TicketWaiting && t.State != core.TicketMessage {
			l.drop(o.Ticket.ID)
			if t != nil {
				l.back(*t)
			}
			return core.Outcome{Conversation: c}
		}
		out := m.desk.Assign(c, o.Agent, m.scene)
		if now := out.Conversation.Ticket; now != nil && now.Agent == "" {
			l.back(*now)
		}
		return out
	})
	if !kept {
		l.back(o.Ticket)
	}
}

func (l *line) drop(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.queue.Drop(id)
}

// back puts a ticket back that was not given out after all.
func (l *line) back(t core.Ticket) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.queue.Put(t, l.hub.now())
	l.stale = true
}
