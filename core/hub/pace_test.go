package hub

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/bus"
)

// A full bus says that others have sent what the account's platform takes.
type fullBus struct {
	core.Bus
	wait  time.Duration
	names []string
}

func (b *fullBus) Take(_ context.Context, name string, _ core.Rate, _ int) (time.Duration, error) {
	b.names = append(b.names, name)
	return b.wait, nil
}

// All processes together keep to an account's pace; what is over it waits.
func TestSharedPace(t *testing.T) {
	s := newStage(t)
	b := &fullBus{Bus: bus.New(), wait: 7 * time.Second}
	s.conf.Bus = b
	s.accounts["web"].limits.Pace = core.Rate{Tokens: 1, Per: 10 * time.Second}
	s.in(core.Envelope{Channel: "web", Peer: core.Peer{ID: "ann", Lang: "en"}, Parts: core.Parts{core.Text{Body: "ping 1"}}})
	s.work(6 * time.Second)
	if got := said(s.web.take()); got != "" {
		t.Errorf("sent beyond the pace: %q", got)
	}
	b.wait = 0
	s.work(2 * time.Second)
	if got := said(s.web.take()); strings.Count(got, "pong") != 1 {
		t.Errorf("sent %q", got)
	}
	for _, name := range b.names {
		if name != "send/web" {
			t.Errorf("took from %q", name)
		}
	}
}

// A digest goes the way of every send: a desk that asked us to slow down, or that
// keeps failing, gets none, and its failures count.
func TestDigestWaits(t *testing.T) {
	s := newStage(t)
	s.conf.Desk.Desks[0].Crowd = 0
	s.conf.Scene = func(sc core.Scene) core.Scene {
		sc.Lines = map[string]core.LineState{"": {Waiting: 50, OnDuty: 1}}
		return sc
	}
	s.says("ann", "human") // and nobody is there to take it; the crowd hides it
	s.desk.take()
	var tries int
	var err error
	s.desk.fail = func(core.Envelope) error { tries++; return err }
	digest := func() int {
		s.clock, tries = s.clock.Add(6*time.Minute), 0
		s.digest(t.Context())
		return tries
	}
	if n := digest(); n != 1 || len(s.desk.take()) != 1 {
		t.Fatalf("%d tries while all is well", n)
	}
	err = &core.SendError{Kind: core.KindThrottled, After: 8 * time.Minute, Err: errors.New("slow down")}
	if n := digest() + digest(); n != 1 {
		t.Errorf("%d tries though the desk asked for a pause", n)
	}
	err = &core.SendError{Kind: core.KindTransient, Err: errors.New("down")}
	n := 0
	for range 2 * patience {
		n += digest()
	}
	if n != patience {
		t.Errorf("%d tries of a desk that keeps failing, want %d", n, patience)
	}
	if s.Health()["desk"] == "" {
		t.Error("nobody is told that the desk fails")
	}
}
