// Package bus is what the goroutines of one process share beside the store. A
// hint says that there may be work; whoever misses one finds the work by
// polling. A lease lets one holder at a time do something, a bucket limits the
// rate of all of them together.
package bus

import (
	"context"
	"sync"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// A Bus is a core.Bus within one process. Its zero value is not usable; New
// makes one.
type Bus struct {
	mu     sync.RWMutex
	topics map[string]map[*ear]struct{}

	leases  leases
	buckets buckets
	now     func() time.Time
}

var _ core.Bus = (*Bus)(nil)

// ear is one listener.
type ear struct{ hints chan string }

// room is how many hints a listener can be behind before it misses some.
const room = 1024

// New makes a bus that nobody listens to yet.
func New() *Bus {
	return &Bus{topics: map[string]map[*ear]struct{}{}, leases: leases{held: map[string]*lease{}},
		buckets: buckets{full: map[string]time.Time{}}, now: time.Now}
}

// Wake implements core.Bus. It never blocks: a listener that is behind by more
// than it has room for misses the hint.
func (b *Bus) Wake(ctx context.Context, topic, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	b.tell(topic, key)
	return nil
}

// WakeAll gives every listener the empty hint, by which it looks for what it
// missed.
func (b *Bus) WakeAll() {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for topic := range b.topics {
		b.tell(topic, "")
	}
}

func (b *Bus) tell(topic, key string) {
	for e := range b.topics[topic] {
		select {
		case e.hints <- key:
		default:
		}
	}
}

// Listen implements core.Bus.
func (b *Bus) Listen(ctx context.Context, topic string) (<-chan string, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	e := &ear{make(chan string, room)}
	b.mu.Lock()
	if b.topics[topic] == nil {
		b.topics[topic] = map[*ear]struct{}{}
	}
	b.topics[topic][e] = struct{}{}
	b.mu.Unlock()
	context.AfterFunc(ctx, func() { b.leave(topic, e) })
	return e.hints, nil
}

func (b *Bus) leave(topic string, e *ear) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.topics[topic], e)
	if len(b.topics[topic]) == 0 {
		delete(b.topics, topic)
	}
	close(e.hints)
}
