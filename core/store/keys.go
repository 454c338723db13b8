package store

import (
	"context"
	"sync"

	"github.com/frontdesk-im/frontdesk/core"
)

// keys keeps turns of one conversation apart. A conversation without a turn
// under way costs nothing.
type keys struct {
	mu    sync.Mutex
	gates map[core.Key]*gate
}

// A gate lets one through at a time.
type gate struct {
	n    int           // holders and those who wait
	turn chan struct{} // 1: free
}

// lock waits for its turn.
func (k *keys) lock(ctx context.Context, key core.Key) (unlock func(), err error) {
	k.mu.Lock()
	if k.gates == nil {
		k.gates = map[core.Key]*gate{}
	}
	g := k.gates[key]
	if g == nil {
		g = &gate{turn: make(chan struct{}, 1)}
		g.turn <- struct{}{}
		k.gates[key] = g
	}
	g.n++
	k.mu.Unlock()
	leave := func() {
		k.mu.Lock()
		if g.n--; g.n == 0 {
			delete(k.gates, key)
		}
		k.mu.Unlock()
	}
	select {
	case <-g.turn:
		return func() { g.turn <- struct{}{}; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}
