package hub

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// Topics of the bus. A hint on any of them may be lost: the store is searched as
// well.
const (
	topicTurn = "turn" // a conversation has something to read: which hub filed it, which knows, and the conversation's key
	topicLine = "line" // a turn has changed a ticket or an agent: which hub it was, and the conversation's key
	topicHalt = "halt" // staff have set something for those who wait
)

// Leases of the bus. Each lets one process at a time do what two would do
// against each other.
const (
	leaseLine     = "line"     // offers tickets to agents
	leaseAnnounce = "announce" // tells desks and those who wait how things stand
	leaseRun      = "run/"     // and an account's name: fetches from its platform
)

// A link is how a hub works together with the others on its bus.
type link struct {
	bus    core.Bus
	log    *slog.Logger
	meter  core.Meter
	chance Chance
	bg     *sync.WaitGroup // what is under way
}

// hold does work whenever the lease called name is ours, until ctx is done.
// work's own ctx ends when the lease is lost, too: work must then return at
// once, for somebody else does the same now. It is called again with the next
// lease.
func (k link) hold(ctx context.Context, name string, work func(ctx context.Context)) {
	for tries := 0; ctx.Err() == nil; {
		l, err := k.bus.Lease(ctx, name)
		if err != nil {
			if ctx.Err() == nil {
				k.log.Error("a lease was not given; asking again", "lease", name, "err", err)
				pause(ctx, k.chance.backoff(tries))
				tries++
			}
			continue
		}
		tries = 0
		k.meter.Set("lease_held", 1, "lease", name)
		k.log.Debug("a lease is ours", "lease", name, "fence", l.Fence())
		k.under(ctx, l, work)
		k.meter.Set("lease_held", 0, "lease", name)
		if ctx.Err() == nil {
			k.meter.Count("leases_lost_total", 1, "lease", name)
			k.log.Warn("a lease was lost; what it is for was stopped, and goes on when it is ours again", "lease", name, "fence", l.Fence())
		}
	}
}

// under does work until l is lost, and releases it.
func (k link) under(ctx context.Context, l core.Lease, work func(ctx context.Context)) {
	held, end := context.WithCancel(ctx)
	defer l.Release()
	defer end()
	k.bg.Go(func() {
		select {
		case <-l.Lost():
			end()
		case <-held.Done():
		}
	})
	work(held)
}

func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// listen calls hear with every hint on topic until ctx is done.
func (k link) listen(ctx context.Context, topic string, hear func(hint string)) {
	hints, err := k.bus.Listen(ctx, topic)
	if err != nil {
		if ctx.Err() == nil {
			k.log.Error("no hints can be heard; the work is found by searching the store", "topic", topic, "err", err)
		}
		return
	}
	for hint := range hints {
		hear(hint)
	}
}

// wake hints at work under key. A hint that is lost costs time, nothing else.
func (k link) wake(ctx context.Context, topic, key string) {
	if err := k.bus.Wake(ctx, topic, key); err != nil && ctx.Err() == nil {
		k.log.Debug("a hint was lost", "topic", topic, "err", err)
	}
}
