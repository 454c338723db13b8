package bus

import (
	"context"
	"sync"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// buckets are the rates that are shared.
type buckets struct {
	mu   sync.Mutex
	full map[string]time.Time // when each bucket is full again
}

// Take implements core.Bus. A bucket is the time at which it will be full: what
// is taken moves it on, and it may not lie further ahead than a whole bucket
// takes to fill.
func (b *Bus) Take(ctx context.Context, name string, rate core.Rate, n int) (time.Duration, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	return b.buckets.take(b.now(), name, rate, n), nil
}

func (s *buckets) take(now time.Time, name string, rate core.Rate, n int) time.Duration {
	if rate.Tokens <= 0 || rate.Per <= 0 || n <= 0 {
		return 0
	}
	each := rate.Per / time.Duration(rate.Tokens)
	s.mu.Lock()
	defer s.mu.Unlock()
	full := s.full[name]
	if full.Before(now) {
		full = now
	}
	full = full.Add(each * time.Duration(n))
	if wait := full.Sub(now) - each*time.Duration(max(rate.Full(), n)); wait > 0 {
		return wait
	}
	s.full[name] = full
	return 0
}
