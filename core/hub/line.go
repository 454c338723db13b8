package hub

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
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
	at    time.Time              // of lines
	stale bool                   // lines may have changed since
	news  map[string]core.Ticket // by ID, what has changed since a load began; nil while none is under way

	others atomic.Bool // other hubs have changed something since the last load
}

func newLine(h *Hub) *line {
	return &line{hub: h, kick: make(chan struct{}, 1), queue: queue.New(h.conf.Line), stale: true}
}

// load makes the line anew from the store. Tickets and agents that have changed
// while it reads are newer than what it has read. What the old line had learned
// about waits is learned again.
func (l *line) load(ctx context.Context) error {
	l.others.Store(false)
	l.mu.Lock()
	l.news = map[string]core.Ticket{}
	l.mu.Unlock()
	agents, err := l.hub.store.Agents(ctx)
	ts, err2 := l.hub.store.Tickets(ctx, core.TicketQuery{States: []core.TicketState{
		core.TicketWaiting, core.TicketRinging, core.TicketActive, core.TicketParked, core.TicketMessage}})
	l.mu.Lock()
	defer l.mu.Unlock()
	news := l.news
	if l.news = nil; err != nil || err2 != nil {
		return errors.Join(err, err2)
	}
	q, now := queue.New(l.hub.conf.Line), l.hub.now()
	known := l.queue.Agents()
	for _, a := range agents {
		if k := known[a.ID]; k.Rev > a.Rev {
			a = k
		}
		q.Agent(a)
	}
	for _, v := range ts {
		if _, newer := news[v.Ticket.ID]; !newer {
			q.Put(v.Ticket, now)
		}
	}
	for _, t := range news {
		q.Put(t, now)
	}
	l.queue = q
	l.changed()
	return nil
}

func (l *line) put(t core.Ticket) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.queue.Put(t, l.hub.now())
	if l.news != nil {
		l.news[t.ID] = t
	}
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
	if a.Presence != old.Presence {
		l.lines = nil // nobody is told of an old snapshot that no one is there
	}
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
func (l *line) estimate(id string) (core.Estimate, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.queue.Estimate(id, l.hub.now())
}

// own is s with what the ticket of a conversation may expect while it waits. A
// scene that is made up has its own.
func (l *line) own(s core.Scene, t *core.Ticket) core.Scene {
	if t == nil || t.State != core.TicketWaiting || l.hub.conf.Scene != nil {
		return s
	}
	if est, ok := l.estimate(t.ID); ok {
		s.Own = &est
	}
	return s
}

// scene is a snapshot for one turn. The lines in it are made anew when they
// have changed, else once a second, for time changes them too.
func (l *line) scene() core.Scene {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.hub.now()
	if age := now.Sub(l.at); l.stale && age >= snapshotAge || age >= time.Second || age < 0 || l.lines == nil {
		l.lines, l.at, l.stale = l.queue.Snapshot(now), now, false
	}
	s := core.Scene{Now: now, Lines: l.lines, Agents: l.queue.Agents(), Notice: l.hub.halts.notice()}
	if l.hub.conf.Scene != nil {
		s = l.hub.conf.Scene(s)
	}
	return s
}

// snapshotAge is how old a snapshot may be though the line has changed.
const snapshotAge = 20 * time.Millisecond

// keep offers tickets until ctx is done: only who holds the lease does. The line
// is read from the store first, and again every few minutes while other hubs
// change it too, for their hints may be lost.
func (l *line) keep(ctx context.Context) {
	l.reload(ctx)
	tick := time.NewTicker(l.hub.conf.Poll)
	defer tick.Stop()
	anew := time.NewTicker(5 * time.Minute)
	defer anew.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.kick:
		case <-tick.C:
		case <-anew.C:
			if l.others.Load() {
				l.reload(ctx)
			}
		}
		l.offer(ctx)
	}
}

func (l *line) reload(ctx context.Context) {
	if err := l.load(ctx); err != nil && ctx.Err() == nil {
		l.hub.log.Error("the waiting line could not be read; it goes on as it was known here", "err", err)
	}
}

// tell lets the other hubs know that a turn of key has changed something.
func (l *line) tell(ctx context.Context, key core.Key) {
	l.hub.link.wake(ctx, topicLine, l.hub.id+" "+key.Channel+"/"+key.Peer)
}

// hear learns what another hub's turn has changed, as if it had been ours: the
// lease may be ours next, and every turn is told of the line.
func (l *line) hear(ctx context.Context, hint string) {
	if hint == "" { // some were missed
		l.others.Store(true)
		l.reload(ctx)
		return
	}
	from, key, _ := strings.Cut(hint, " ")
	channel, peer, ok := strings.Cut(key, "/")
	if !ok || from == l.hub.id {
		return
	}
	l.others.Store(true)
	c, err := l.hub.store.Conversation(ctx, core.Key{Channel: channel, Peer: peer})
	if err == nil && c.Ticket != nil {
		l.put(*c.Ticket)
		l.hub.board.put(c.Ticket)
		l.hub.banners.show(ctx, c)
	}
	agents, err2 := l.hub.store.Agents(ctx)
	for _, a := range agents {
		l.agent(a)
	}
	if err = errors.Join(err, err2); err != nil && ctx.Err() == nil {
		l.hub.log.Warn("what another process has changed in the line could not be read", "conversation", key, "err", err)
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
	kept := l.hub.alter(ctx, o.Ticket.Key, func(c core.Conversation, s core.Scene) core.Outcome {
		t := c.Ticket
		if !t.Open() || t.ID != o.Ticket.ID || t.State != core.TicketWaiting && t.State != core.TicketMessage {
			l.drop(o.Ticket.ID)
			if t != nil {
				l.back(*t)
			}
			return core.Outcome{Conversation: c}
		}
		out := l.hub.conf.Desk.Assign(c, o.Agent, s)
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
