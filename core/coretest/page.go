package coretest

import (
	"context"
	"errors"
	"testing"

	"github.com/frontdesk-im/frontdesk/core"
)

// hintLost sends while the bus is down and after being told to stop. The pages
// look by themselves, so that the first is no failure; of the second nothing has
// left yet.
func (p Platform) hintLost(t *testing.T, c *kase) {
	r := p.rig(t, nil)
	r.down = errors.New("the bus is down")
	if ref, err := r.Send(t.Context(), c.envelope(t)); err != nil || ref == "" {
		t.Errorf("without a bus: ref %q, %v", ref, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Send(ctx, c.envelope(t)); !errors.Is(err, context.Canceled) || core.KindOf(err) != core.KindTransient {
		t.Errorf("told to stop: got %v, want context.Canceled and transient", err)
	}
}

// hints are a rig's bus: what the adapter tells its pages is what it asks.
type hints struct {
	core.Bus
	*rig
}

// Wake implements core.Bus.
func (h hints) Wake(_ context.Context, topic, key string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked = append(h.asked, topic+"\n"+key+"\n")
	return h.down
}

// Listen implements core.Bus: nobody else tells anything.
func (h hints) Listen(ctx context.Context, _ string) (<-chan string, error) {
	none := make(chan string)
	context.AfterFunc(ctx, func() { close(none) })
	return none, nil
}
