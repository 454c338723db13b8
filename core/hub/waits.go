package hub

import (
	"context"
	"sync"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/reassure"
)

// waits knows what the policies for those who wait may know beside the
// conversation: which is for whom, and whether a line is at its peak. Every process
// knows it from its own view of the line.
type waits struct {
	hub *Hub

	mu    sync.Mutex
	peaks reassure.Peaks
	at    time.Time // when they were looked at
}

// peaksAge is how old the knowledge of peaks may be.
const peaksAge = 2 * time.Second

// of implements turn.Rules.Waits.
func (w *waits) of(c core.Conversation, s core.Scene) (*reassure.Policy, reassure.Facts) {
	h, key := w.hub, c.Key
	kind := h.conf.Kind(key.Channel)
	p := h.conf.Policies().For(c.Ticket.Topic, kind)
	if p == nil {
		return nil, reassure.Facts{}
	}
	return p, reassure.Facts{Kind: kind, Peak: w.look(s.Lines, s.Now).On(p, c.Ticket.Topic)}
}

// look brings the peaks up to date with lines.
func (w *waits) look(lines map[string]core.LineState, now time.Time) reassure.Peaks {
	w.mu.Lock()
	defer w.mu.Unlock()
	if age := now.Sub(w.at); w.peaks == nil || age >= peaksAge || age < 0 {
		w.peaks, w.at = w.hub.conf.Policies().Peaks(w.peaks, lines, now), now
	}
	return w.peaks
}

// run looks at the peaks until ctx is done: a peak is one that has lasted.
func (w *waits) run(ctx context.Context) {
	tick := time.NewTicker(peaksAge)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			w.look(w.hub.line.scene().Lines, w.hub.now())
		}
	}
}
