package hub

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// Run does the work until ctx is done, then finishes what is under way: turns
// are taken to their end, sends are waited for, nothing new is begun. It
// returns an error only if it could not start. Adapters must not be handed new
// requests by then; those that come all the same are kept and read next time.
func (h *Hub) Run(ctx context.Context) error {
	if err := errors.Join(h.line.load(ctx), h.halts.read(ctx)); err != nil {
		return err
	}
	h.resume(ctx)
	h.running.Store(true)
	for _, a := range h.accounts {
		a.mu.Lock()
		a.begun = time.Now()
		for range a.queued {
			a.hire()
		}
		a.mu.Unlock()
		if r, ok := a.Adapter.(core.Runner); ok {
			h.bg.Go(func() { h.link.hold(ctx, leaseRun+a.name, func(ctx context.Context) { h.keep(ctx, a, r) }) })
		}
	}
	h.turns.start()
	h.bg.Go(func() { h.link.listen(ctx, topicTurn, h.hinted) })
	h.bg.Go(func() { h.link.listen(ctx, topicLine, func(hint string) { h.line.hear(ctx, hint) }) })
	h.bg.Go(func() { h.link.hold(ctx, leaseLine, h.line.keep) })
	h.bg.Go(func() { h.halts.run(ctx) })
	h.bg.Go(func() { h.link.hold(ctx, leaseAnnounce, h.announce) })
	h.poll(ctx)

	h.turns.end()
	for _, a := range h.accounts {
		a.mu.Lock()
		a.crew.dismiss()
		a.mu.Unlock()
	}
	h.drain()
	return nil
}

// hinted takes a turn of the conversation that a hint names.
func (h *Hub) hinted(hint string) {
	from, key, _ := strings.Cut(hint, " ")
	if channel, peer, ok := strings.Cut(key, "/"); ok && from != h.id {
		h.turns.want(core.Key{Channel: channel, Peer: peer})
	}
}

// announce tells desks and those who wait how things stand until ctx is done.
// What others have told is read from the store first.
func (h *Hub) announce(ctx context.Context) {
	if err := errors.Join(h.board.load(ctx), h.banners.load(ctx)); err != nil && ctx.Err() == nil {
		h.log.Error("who waits could not be read in full; what changes is told", "err", err)
	}
	var all sync.WaitGroup
	all.Go(func() { h.board.run(ctx) })
	all.Go(func() { h.banners.run(ctx) })
	if h.conf.Policies != nil {
		all.Go(func() { h.waits.run(ctx) })
	}
	all.Go(func() { h.digests(ctx) })
	all.Wait()
}

// resume sees to breaks whose end the last process may not have noted.
func (h *Hub) resume(ctx context.Context) {
	agents := h.line.scene().Agents
	for _, id := range slices.Sorted(maps.Keys(agents)) {
		h.rests(ctx, agents[id])
	}
}

// drain waits for what is under way, at most as long as one attempt may take.
// What is still leased then is found again by its lease.
func (h *Hub) drain() {
	done := make(chan struct{})
	go func() {
		h.bg.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(h.conf.Send + 2*time.Second):
		h.log.Warn("some sends did not end in time; they go on after the next start")
	}
	h.stop()
}

// poll finds the work that no hint told of: after a start, from other
// processes, when a time has come.
func (h *Hub) poll(ctx context.Context) {
	tick := time.NewTicker(h.conf.Poll)
	defer tick.Stop()
	for {
		h.search(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

const perSearch = 512 // conversations or deliveries looked for at a time

func (h *Hub) search(ctx context.Context) {
	keys, err := h.store.Ready(ctx, h.now(), perSearch+h.turns.failures())
	if err != nil && ctx.Err() == nil {
		h.log.Error("the store could not be searched for conversations; trying again", "err", err)
	}
	for _, k := range keys {
		if !h.turns.failing(k) && !h.turns.under(k) {
			h.turns.want(k)
		}
	}
	h.renew(ctx)
	for ctx.Err() == nil {
		ds, err := h.store.Outbox(ctx, h.now(), perSearch)
		if err != nil && ctx.Err() == nil {
			h.log.Error("the store could not be searched for messages; trying again", "err", err)
		}
		for _, d := range ds {
			h.send(d)
		}
		if len(ds) < perSearch || backlog(h.accounts) > 4*perSearch {
			return
		}
	}
}

// renew keeps deliveries that wait for a worker ours: their leases run from the
// commit that made them, and one that runs out here would count as sent by a
// process that died.
func (h *Hub) renew(ctx context.Context) {
	now := h.now()
	for _, a := range h.accounts {
		ids := a.renewed(now)
		if len(ids) == 0 {
			continue
		}
		if err := h.store.Renew(ctx, now, ids); err != nil && ctx.Err() == nil {
			h.log.Error("the leases of messages that wait were not renewed", "channel", a.name, "messages", len(ids), "err", err)
		}
	}
}

// backlog is how many leased deliveries wait for a worker. Too many would let
// their leases run out.
func backlog(accounts map[string]*account) (n int) {
	for _, a := range accounts {
		a.mu.Lock()
		n += len(a.queued)
		a.mu.Unlock()
	}
	return n
}

// keep runs an adapter's own loop and starts it again when it fails.
func (h *Hub) keep(ctx context.Context, a *account, r core.Runner) {
	for tries := 0; ctx.Err() == nil; tries++ {
		start := h.now()
		err := guard(func() error { return r.Run(ctx) })
		if ctx.Err() != nil {
			return
		}
		if h.now().Sub(start) > time.Minute {
			tries = 0
		}
		wait := h.conf.Chance.backoff(tries)
		if err != nil {
			a.set(err.Error())
			h.log.Error("an account's connection ended; it is made again", "channel", a.name, "in", wait, "err", err)
		}
		pause(ctx, wait)
		a.set("")
	}
}

// digests tell each desk about those who wait, at most twice a minute.
func (h *Hub) digests(ctx context.Context) {
	tick := time.NewTicker(30 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			h.digest(ctx)
		}
	}
}
