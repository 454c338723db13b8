package hub

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// Work does all that is due now, in the caller's goroutine, until nothing is
// left: for tests, plays and the terminal, where time is not the clock's. It
// must not be called while Run runs. next is when there is something to do
// again though nobody writes; zero means never.
func (h *Hub) Work(ctx context.Context) (next time.Time, err error) {
	for round := 0; ; round++ {
		n, err := h.once(ctx)
		if err != nil {
			return next, err
		}
		if n == 0 {
			break
		}
		if round > mostRounds {
			return next, fmt.Errorf("hub: there is always something to do at %s: %d things after %d rounds", h.now().Format(time.RFC3339), n, round)
		}
	}
	h.banners.refresh(ctx)
	return h.later(), nil
}

// mostRounds is how often Work looks for more before it gives up: a turn that wants
// itself again at once would never end.
const mostRounds = 10_000

// Load fills the line from the store, as Run does when it starts, and learns
// when the conversations of an earlier hub want a turn: Work does not poll.
func (h *Hub) Load(ctx context.Context) error {
	err := errors.Join(h.line.load(ctx), h.halts.read(ctx), h.board.load(ctx), h.wakes(ctx))
	h.resume(ctx)
	return err
}

// wakes notes the times that conversations wait for.
func (h *Hub) wakes(ctx context.Context) error {
	keys, err := h.store.Ready(ctx, h.now().Add(farthest), perSearch)
	for _, k := range keys {
		c, err := h.store.Conversation(ctx, k)
		if err != nil {
			return err
		}
		h.note(c.Wakes.Next())
	}
	return err
}

// farthest is how far ahead Load looks.
const farthest = 7 * 24 * time.Hour

func (h *Hub) once(ctx context.Context) (n int, err error) {
	keys, err := h.store.Ready(ctx, h.now(), perSearch)
	if err != nil {
		return 0, err
	}
	for _, k := range keys {
		if err := h.turn(ctx, k); err != nil {
			return n, err
		}
		n++
	}
	n += h.line.offer(ctx)
	n += h.board.show(ctx)
	h.turns.clear()
	ds, err := h.store.Outbox(ctx, h.now(), perSearch)
	if err != nil {
		return n, err
	}
	for _, d := range ds {
		h.send(d)
	}
	for _, a := range h.accounts {
		for d, ok := a.pop(); ok; d, ok = a.pop() {
			a.deliver(ctx, d)
			n++
		}
	}
	return n, nil
}

// pop takes the next delivery without a worker.
func (a *account) pop() (core.Delivery, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.take()
}

// clear forgets the hints: Work finds everything by asking the store.
func (p *pool) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.waiting)
	p.queued = nil
}

// note remembers, while nothing runs in the background, when to look again.
func (h *Hub) note(t time.Time) {
	if t.IsZero() || h.running.Load() {
		return
	}
	h.alarms.Lock()
	defer h.alarms.Unlock()
	h.alarms.at = append(h.alarms.at, t)
}

// later is the first time noted that is still to come, and forgets the others
// before it.
func (h *Hub) later() (next time.Time) {
	h.alarms.Lock()
	defer h.alarms.Unlock()
	now, kept := h.now(), h.alarms.at[:0]
	for _, t := range h.alarms.at {
		if t.After(now) {
			kept = append(kept, t)
			if next.IsZero() || t.Before(next) {
				next = t
			}
		}
	}
	h.alarms.at = kept
	return next
}
