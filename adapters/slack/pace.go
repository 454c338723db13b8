package slack

import (
	"errors"
	"sync"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// pace keeps us below the rate at which Slack answers 429: a message a second in
// a channel, with bursts. https://docs.slack.dev/apis/web-api/rate-limits
type pace struct {
	now     func() time.Time
	several bool // channels: what is too much for one does not hold up the others

	mu   sync.Mutex
	free map[string]time.Time // when the channel's burst is paid off
}

// burst is how many messages may go at once after a silence.
const burst = 20

// take books a message to channel, or says how long it has to wait.
func (p *pace) take(channel string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if p.free == nil || len(p.free) > 1000 {
		p.free = map[string]time.Time{}
	}
	at := p.free[channel]
	if at.Before(now) {
		at = now
	}
	if wait := at.Sub(now) - (burst-1)*time.Second; wait > 0 {
		return &core.SendError{Kind: core.KindThrottled, After: wait, Only: p.several, Err: errors.New("slack: a channel takes a message a second")}
	}
	p.free[channel] = at.Add(time.Second)
	return nil
}
