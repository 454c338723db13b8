package hub

import (
	"sync"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// A pool takes turns: as many conversations at a time as it has workers, each
// one turn at a time, first come first served. Workers are started on demand;
// a conversation with nothing to do costs nothing.
type pool struct {
	hub  *Hub
	crew crew

	mu      sync.Mutex
	busy    map[core.Key]bool // taking a turn; true if another was wanted meanwhile
	queued  []wanted
	waiting map[core.Key]struct{}
	failed  map[core.Key]time.Time // conversations whose turn failed, and when it is taken again
}

// wanted is a conversation that waits for its turn, since a time by the clock.
type wanted struct {
	key   core.Key
	since time.Time
}

// age is how long the conversation that comes next has waited.
func (p *pool) age() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.queued) == 0 || !p.hub.running.Load() {
		return 0
	}
	return time.Since(p.queued[0].since)
}

// under reports whether a turn of key is under way. It sees for itself whether
// there is more to read when it ends.
func (p *pool) under(key core.Key) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, ok := p.busy[key]
	return ok
}

// want asks for a turn of key, soon.
func (p *pool) want(key core.Key) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.failed, key)
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
	p.queued = append(p.queued, wanted{key, time.Now()})
	p.hire()
}

// hire starts a worker if there is work for one more; p.mu is held.
func (p *pool) hire() {
	if p.crew.busy() < len(p.queued)+len(p.busy) && p.hub.running.Load() {
		p.crew.hire(func() { p.hub.bg.Go(p.work) })
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
	p.crew.dismiss()
}

// fail notes that a turn has failed and is taken again at t, so that the search
// passes the conversation over. A new line or the time ends it.
func (p *pool) fail(key core.Key, t time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed == nil {
		p.failed = map[core.Key]time.Time{}
	}
	p.failed[key] = t
}

// failing reports whether a turn of key has failed and its time has not come.
func (p *pool) failing(key core.Key) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	t, ok := p.failed[key]
	if ok && !p.hub.now().Before(t) {
		delete(p.failed, key)
		return false
	}
	return ok
}

// failures is how many conversations the search may have to pass over.
func (p *pool) failures() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.failed)
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
	for len(p.queued) == 0 {
		if !p.crew.rest() {
			return core.Key{}, false
		}
	}
	key := p.queued[0].key
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
			p.hub.log.Error("a turn failed; it will be taken again", "conversation", key.String(), "in", retryTurn, "err", err)
			p.fail(key, p.hub.now().Add(retryTurn))
		}
		p.done(key)
	}
}

// retryTurn is when a turn that failed is taken again, if nobody writes before.
const retryTurn = 5 * time.Second
