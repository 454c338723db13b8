package bus

import (
	"context"
	"sync"

	"github.com/frontdesk-im/frontdesk/core"
)

// leases are who holds which name. Within one process a lease is never lost: it
// ends when it is released.
type leases struct {
	mu    sync.Mutex
	fence int64
	held  map[string]*lease
}

type lease struct {
	all   *leases
	name  string
	fence int64
	once  sync.Once
	lost  chan struct{}
}

// Lease implements core.Bus.
func (b *Bus) Lease(ctx context.Context, name string) (core.Lease, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		l, holder := b.leases.take(name)
		if l != nil {
			return l, nil
		}
		select {
		case <-ctx.Done():
		case <-holder.lost:
		}
	}
}

// take gives name to the caller, or tells who holds it.
func (s *leases) take(name string) (mine, holder *lease) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.held[name]; l != nil {
		return nil, l
	}
	s.fence++
	l := &lease{all: s, name: name, fence: s.fence, lost: make(chan struct{})}
	s.held[name] = l
	return l, nil
}

// Fence implements core.Lease.
func (l *lease) Fence() int64 { return l.fence }

// Lost implements core.Lease.
func (l *lease) Lost() <-chan struct{} { return l.lost }

// Release implements core.Lease.
func (l *lease) Release() {
	l.once.Do(func() {
		l.all.mu.Lock()
		delete(l.all.held, l.name)
		l.all.mu.Unlock()
		close(l.lost)
	})
}
