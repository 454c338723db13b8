package redis

import (
	"context"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// room is how many hints may wait to be published before one is dropped.
const room = 8192

// batch is how many hints are published in one round trip.
const batch = 128

type hint struct{ topic, key string }

// Wake implements core.Bus. Listeners of this process have the hint when it
// returns; the others get it over the server, in the order of the calls.
func (b *Bus) Wake(ctx context.Context, topic, key string) error {
	if err := b.local.Wake(ctx, topic, key); err != nil {
		return err
	}
	select {
	case b.outbox <- hint{topic, key}:
	default: // far behind, or the server is away
	}
	return nil
}

// Listen implements core.Bus.
func (b *Bus) Listen(ctx context.Context, topic string) (<-chan string, error) {
	return b.local.Listen(ctx, topic)
}

// publish sends what Wake left until ctx is done, and what is left then.
func (b *Bus) publish(ctx context.Context) {
	for {
		select {
		case h := <-b.outbox:
			if err := b.send(h); err != nil {
				select { // what gathers meanwhile is dropped when there is no more room
				case <-time.After(200 * time.Millisecond):
				case <-ctx.Done():
				}
			}
		case <-ctx.Done():
			for len(b.outbox) > 0 && b.send(<-b.outbox) == nil {
			}
			return
		}
	}
}

// send publishes first and what waits behind it in one round trip.
func (b *Bus) send(first hint) error {
	ctx, done := context.WithTimeout(context.Background(), patience)
	defer done()
	p := b.db.Pipeline()
	for h, n := first, 1; ; n++ {
		p.Publish(ctx, b.key("hint", h.topic), b.me+" "+h.key)
		if n == batch || len(b.outbox) == 0 {
			break
		}
		h = <-b.outbox
	}
	_, err := p.Exec(ctx)
	b.state.note(err)
	return err
}

// subscribe passes on what other processes hint at until ctx is done. When the
// connection was lost and is there again, every listener is told to look.
func (b *Bus) subscribe(ctx context.Context) {
	sub := b.db.PSubscribe(ctx, b.key("hint", "*"))
	defer sub.Close()
	in := sub.ChannelWithSubscriptions(redis.WithChannelSize(room), redis.WithChannelHealthCheckInterval(patience))
	for first := true; ; {
		select {
		case <-ctx.Done():
			return
		case m, ok := <-in:
			if !ok {
				return
			}
			switch m := m.(type) {
			case *redis.Subscription:
				if !first {
					b.state.note(nil)
					b.local.WakeAll()
				}
				first = false
			case *redis.Message:
				topic := strings.TrimPrefix(m.Channel, b.key("hint", ""))
				if from, key, ok := strings.Cut(m.Payload, " "); ok && from != b.me {
					b.local.Wake(ctx, topic, key)
				}
			}
		}
	}
}
