package hub

import (
	"context"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// Run does the work until ctx is done, then finishes what is under way: turns
// are taken to their end, sends are waited for, nothing new is begun. It
// returns an error only if it could not start. Adapters must not be handed new
// requests by then; those that come all the same are kept and read next time.
func (h *Hub) Run(ctx context.Context) error {
	if err := h.line.load(ctx); err != nil {
		return err
	}
	if err := h.board.load(ctx); err != nil {
		return err
	}
	if err := h.banners.load(ctx); err != nil {
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
			h.bg.Go(func() { h.keep(ctx, a, r) })
		}
	}
	h.turns.start()
	h.bg.Go(func() { h.line.run(ctx) })
	h.bg.Go(func() { h.board.run(ctx) })
	h.bg.Go(func() { h.banners.run(ctx) })
	h.bg.Go(func() { h.digests(ctx) })
	h.poll(ctx)

	h.turns.end()
	h.drain()
	return nil
}

// resume sees to breaks whose end the last process may not have noted.
func (h *Hub) resume(ctx context.Context) {
	for _, a := range h.line.scene().Agents {
		h.rests(ctx, a)
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

const batch = 512 // conversations or deliveries looked for at a time

func (h *Hub) search(ctx context.Context) {
	keys, err := h.store.Ready(ctx, h.now(), batch)
	if err != nil && ctx.Err() == nil {
		h.log.Error("the store could not be searched for conversations; trying again", "err", err)
	}
	for _, k := range keys {
		if !h.turns.waits(k) {
			h.turns.want(k)
		}
	}
	for ctx.Err() == nil {
		ds, err := h.store.Outbox(ctx, h.now(), batch)
		if err != nil && ctx.Err() == nil {
			h.log.Error("the store could not be searched for messages; trying again", "err", err)
		}
		for _, d := range ds {
			h.send(d)
		}
		if len(ds) < batch || h.backlog() > 4*batch {
			return
		}
	}
}

// backlog is how many leased deliveries wait for a worker. Too many would let
// their leases run out.
func (h *Hub) backlog() (n int) {
	for _, a := range h.accounts {
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
		wait := backoff(tries)
		if err != nil {
			a.set(err.Error())
			h.log.Error("an account's connection ended; it is made again", "channel", a.name, "in", wait, "err", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
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
