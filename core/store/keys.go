package store

import (
	"context"
	"sync"

	"github.com/frontdesk-im/frontdesk/core"
)

// keys keeps turns of one conversation apart. A conversation without a turn
// under way costs nothing.
type keys struct {
	mu   sync.Mutex
	held map[core.Key]*hold
}

type hold struct {
	n    int           // holders and those who wait
	turn chan struct{} // 1: free
}

// lock waits for its turn.
func (k *keys) lock(ctx context.Context, key core.Key) (unlock func(), err error) {
	k.mu.Lock()
	if k.held == nil {
		k.held = map[core.Key]*hold{}
	}
	h := k.held[key]
	if h == nil {
		h = &hold{turn: make(chan struct{}, 1)}
		h.turn <- struct{}{}
		k.held[key] = h
	}
	h.n++
	k.mu.Unlock()
	leave := func() {
		k.mu.Lock()
		if h.n--; h.n == 0 {
			delete(k.held, key)
		}
		k.mu.Unlock()
	}
	select {
	case <-h.turn:
		return func() { h.turn <- struct{}{}; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}
