package hub

import (
	"errors"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// A platform that keeps failing is left alone, then tried with one message, and
// only what speaks against the platform counts.
func TestCircuit(t *testing.T) {
	var c circuit
	now := time.Date(2026, 1, 1, 8, 0, 0, 0, time.UTC)
	fails := func(k core.Kind) (changed bool) { return c.after(&core.SendError{Kind: k, Err: errors.New("no")}, now) }
	for i := range patience {
		k := core.KindTransient
		if i%2 == 1 {
			k = core.KindUnknown
		}
		if !c.closed() || c.wait(now) > 0 {
			t.Fatalf("after %d failures nothing passes", i)
		}
		if changed := fails(k); changed != (i == patience-1) {
			t.Errorf("failure %d: changed %v", i+1, changed)
		}
	}
	if c.closed() || c.wait(now) != leftAlone {
		t.Errorf("after %d failures it is asked again in %v", patience, c.wait(now))
	}
	now = now.Add(leftAlone)
	if first, second := c.wait(now), c.wait(now); first != 0 || second != leftAlone {
		t.Errorf("after the pause the first waits %v, the second %v", first, second)
	}
	if fails(core.KindTransient) || c.wait(now) != leftAlone {
		t.Error("the one that tried failed, and it is not left alone again")
	}
	back := now.Add(-time.Hour)
	if w := c.wait(back); w != leftAlone {
		t.Errorf("the clock was set back, and it waits %v", w)
	}
	if w := c.wait(back.Add(leftAlone)); w != 0 {
		t.Errorf("the clock was set back, and after the pause it waits %v", w)
	}
	if !fails(core.KindRejected) || !c.closed() || c.wait(now) != 0 {
		t.Error("the platform answered, and is left alone")
	}
	for range patience - 1 {
		fails(core.KindTransient)
	}
	if c.after(nil, now) || !c.closed() {
		t.Error("a success did not end the count")
	}
	if fails(core.KindTransient); !c.closed() {
		t.Error("what failed before a success counts still")
	}
}
