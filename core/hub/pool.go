package hub

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk"
)

// A pool takes turns: as many conversations at a time as it has workers, each
// one turn at a time, first come first served. Workers are started on demand;
// a conversation with nothing to do costs nothing.
type pool struct {
	hub  *Hub
	most int

	mu      sync.Mutex
	busy    map[core.Key]bool // taking a turn; true if another was wanted meanwhile
	queued  []core.Key
	waiting map[core.Key]struct{}
	bursts  map[core.Key]time.Time // conversations whose unread lines wait for more until then
	workers int
}

// want asks for a turn of key, soon.
func (p *pool) want(key core.Key) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.bursts, key)
	if _, ok := p.busy[key]; ok {
		p.busy[key] = true
		return
	}
	if _, ok := p.waiting[key]; ok || p.hub.held.Load() {
		return
	}
	if p.waiting == nil {
		p.waiting = map[core.Key]struct{}{}
	}
	p.waiting[key] = struct{}{}
	p.queued = append(p.queued, key)
	p.hire()
}

// hire starts a worker if there is work for one more; p.mu is held.
func (p *pool) hire() {
	if p.workers < p.most && p.workers < len(p.queued)+len(p.busy) && p.hub.running.Load() {
		p.workers++
		p.hub.bg.Go(p.work)
	}
}

// start begins with what was asked for before Run.
func (p *pool) start() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for range p.queued {
		p.hire()
	}
}

// end lets nothing new begin. Whoever was about to begin something has done so
// when it returns, so that it is waited for.
func (p *pool) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hub.held.Store(true)
}

// burst notes that a turn has left lines unread until t, so that the search for
// unread ones passes it over. A new line or the time ends it.
func (p *pool) burst(key core.Key, t time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bursts == nil {
		p.bursts = map[core.Key]time.Time{}
	}
	p.bursts[key] = t
}

// waits reports whether key is in a burst.
func (p *pool) waits(key core.Key) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	t, ok := p.bursts[key]
	if ok && !p.hub.now().Before(t) {
		delete(p.bursts, key)
		return false
	}
	return ok
}

// at asks for a turn of key when t has come. Far times are left to polling.
func (p *pool) at(key core.Key, t time.Time) {
	p.hub.note(t)
	if d := t.Sub(p.hub.now()); d <= 2*p.hub.conf.Poll && p.hub.running.Load() {
		time.AfterFunc(max(d, 0), func() { p.want(key) })
	}
}

func (p *pool) next() (core.Key, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.queued) == 0 {
		p.workers--
		return core.Key{}, false
	}
	key := p.queued[0]
	if p.queued = p.queued[1:]; len(p.queued) == 0 {
		p.queued = nil
	}
	delete(p.waiting, key)
	p.busy[key] = false
	return key, true
}

func (p *pool) done(key core.Key) {
	p.mu.Lock()
	again := p.busy[key]
	delete(p.busy, key)
	p.mu.Unlock()
	if again {
		p.want(key)
	}
}

func (p *pool) work() {
	for {
		key, ok := p.next()
		if !ok {
			return
		}
		if err := p.hub.turn(p.hub.ctx, key); err != nil && p.hub.ctx.Err() == nil {
			p.hub.log.Error("a turn failed; it will be taken again", "conversation", key.String(), "in", again, "err", err)
			p.burst(key, p.hub.now().Add(again))
		}
		p.done(key)
	}
}

// again is when a turn that failed is taken again, if nobody writes before.
const again = 5 * time.Second

// turn takes one turn of a conversation: steps 4 to 6.
func (h *Hub) turn(ctx context.Context, key core.Key) error {
	start := time.Now()
	m := h.mind()
	if a := h.accounts[key.Channel]; a != nil && a.role == Desk {
		mine, err := h.store.Tickets(ctx, core.TicketQuery{Agent: key.String(), States: held, Max: 200})
		if err != nil {
			return err
		}
		m.mine = mine
	}
	done, err := h.store.Turn(ctx, key, m.scene.Now, m.turn)
	if errors.Is(err, errPast) {
		if m.past, err = h.past(ctx, key); err != nil {
			return err
		}
		m.asked = true
		done, err = h.store.Turn(ctx, key, m.scene.Now, m.turn)
	}
	if err != nil {
		return err
	}
	h.conf.Meter.Time("turn_seconds", time.Since(start))
	if due := done.After.Due(); m.out.Left > 0 && due.After(m.scene.Now) {
		h.turns.burst(key, due)
		done.More = false // they are known; newer ones ask for themselves
	}
	h.committed(ctx, key, done)
	return nil
}

// held are the states in which a ticket is somebody's.
var held = []core.TicketState{core.TicketRinging, core.TicketActive, core.TicketParked}

func (h *Hub) mind() *mind {
	return &mind{
		book: h.conf.Book(), desk: h.conf.Desk, scene: h.line.scene(),
		role: func(ch string) (Role, bool) {
			a, ok := h.accounts[ch]
			if !ok {
				return Channel, false
			}
			return a.role, true
		},
		limit: h.limits,
	}
}

// limits are those of an account, none for one that the configuration has lost.
func (h *Hub) limits(channel string) core.Limits {
	if a := h.accounts[channel]; a != nil {
		return a.limits
	}
	return core.Limits{}
}

// past is what was said with the peer, for a ticket's card.
func (h *Hub) past(ctx context.Context, key core.Key) ([]core.Envelope, error) {
	records, err := h.store.Past(ctx, core.PastQuery{Key: key, Max: 12, Peer: true})
	if err != nil {
		return nil, err
	}
	c, err := h.store.Conversation(ctx, key)
	if err != nil && !errors.Is(err, core.ErrNotFound) {
		return nil, err
	}
	var out []core.Envelope
	for _, r := range records {
		if r.Message != nil && (!r.In || r.Seq <= c.Seen) { // what is unread comes with the turn
			out = append(out, *r.Message)
		}
	}
	return out, nil
}

// committed passes on what a turn has changed.
func (h *Hub) committed(ctx context.Context, key core.Key, done core.Committed) {
	for _, d := range done.Deliveries {
		h.send(d)
	}
	for _, a := range done.Agents {
		if was := h.line.agent(a); a.Presence == core.OffDuty && (was == core.OnDuty || was == core.OnBreak) {
			h.vacate(ctx, a.ID) // they have just gone home
		}
		if a.ID != key.String() { // said in a ticket's thread
			h.rests(ctx, a)
		}
	}
	if t := done.After.Ticket; t != nil && (done.Before.Open() || t.Open()) {
		h.line.put(*t)
		h.board.put(t)
		h.banners.show(ctx, done.After)
	}
	for _, via := range desk.Held(done.After.Ticket) {
		h.mark(via, core.Waiting, "")
	}
	if done.More {
		h.turns.want(key)
	}
	if due := done.After.Due(); !due.IsZero() {
		h.turns.at(key, due)
	}
}

// rests lets a break that has an end be looked after.
func (h *Hub) rests(ctx context.Context, a core.Agent) {
	if a.Presence != core.OnBreak || a.Until.IsZero() {
		return
	}
	desk, peer, _ := strings.Cut(a.ID, "/")
	if acc := h.accounts[desk]; acc != nil && acc.role == Desk {
		h.alter(ctx, core.Key{Channel: desk, Peer: peer}, func(m *mind, c core.Conversation) core.Outcome { return m.desk.Clock(c, m.scene) })
	}
}

// vacate takes an agent's tickets back who has gone home.
func (h *Hub) vacate(ctx context.Context, agent string) {
	ts, err := h.store.Tickets(ctx, core.TicketQuery{Agent: agent, States: held[:2]})
	if err != nil {
		h.log.Error("tickets of an agent who went off duty were not returned", "agent", agent, "err", err)
		return
	}
	for _, v := range ts {
		h.alter(ctx, v.Ticket.Key, func(m *mind, c core.Conversation) core.Outcome {
			if c.Ticket.Open() && c.Ticket.Agent == agent {
				return m.desk.Vacate(c, agent, "off duty", m.scene)
			}
			return core.Outcome{Conversation: c}
		})
	}
}

// alter is a turn that reads nothing: f decides, what is unread stays so. It
// reports whether that was kept.
func (h *Hub) alter(ctx context.Context, key core.Key, f func(*mind, core.Conversation) core.Outcome) (kept bool) {
	m := h.mind()
	done, err := h.store.Turn(ctx, key, m.scene.Now, func(c core.Conversation, unread []core.Envelope) (core.Outcome, error) {
		m.out = core.Outcome{Conversation: c}
		m.desked(func(c core.Conversation) core.Outcome { return f(m, c) })
		out := m.finish()
		out.Left = len(unread)
		return out, nil
	})
	if err != nil {
		if ctx.Err() == nil {
			h.log.Error("a change to a conversation was not kept", "conversation", key.String(), "err", err)
		}
		return false
	}
	h.committed(ctx, key, done)
	return true
}
