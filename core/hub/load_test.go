package hub

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

func TestSlowdown(t *testing.T) {
	for _, c := range []struct{ age, want time.Duration }{
		{0, 0}, {calm, 0}, {calm + 200*time.Millisecond, 100 * time.Millisecond}, {time.Minute, time.Second},
	} {
		if got := slowdown(c.age); got != c.want {
			t.Errorf("somebody has waited %v: filing waits %v, want %v", c.age, got, c.want)
		}
	}
}

// A forgetful store records no outcome until it is let.
type forgetful struct {
	core.Store
	gate chan struct{}
}

func (f forgetful) Settle(ctx context.Context, now time.Time, r core.Result) (*core.Delivery, error) {
	<-f.gate
	return f.Store.Settle(ctx, now, r)
}

// Nobody waits for the disk to send the next message: more than an account sends
// at a time go out while no outcome is recorded. Each is recorded in the end.
func TestSettledBehind(t *testing.T) {
	st, err := openStore(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	f := forgetful{st, make(chan struct{})}
	h := testHub(f, time.Now)
	s := &sink{tell: map[string]chan time.Time{}}
	if err := h.Connect("web", core.RoleChannel, s); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- h.Run(ctx) }()
	const customers = 3 * atATime
	answered := make(chan time.Time, 2*customers) // with their greetings
	for i := range customers {
		peer := "p" + strconv.Itoa(i)
		s.mu.Lock()
		s.tell[peer] = answered
		s.mu.Unlock()
		if err := h.Receive(t.Context(), ping(peer, 1)); err != nil {
			t.Fatal(err)
		}
	}
	for range customers {
		<-answered
	}
	close(f.gate)
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if st, err := st.Stats(t.Context()); err != nil || st.Unread+st.Outbox > 0 {
		t.Errorf("%d are unread and %d unsettled, %v", st.Unread, st.Outbox, err)
	}
}

// A message that waits here for longer than its lease stays ours: it is sent
// once, and not as one whose sender may have died.
func TestLeaseWhileWaiting(t *testing.T) {
	s := newStage(t)
	s.in(core.Envelope{Channel: "web", Peer: core.Peer{ID: "ann", Lang: "en"}, Parts: core.Parts{core.Text{Body: "ping 1"}}})
	if err := s.turn(t.Context(), core.Key{Channel: "web", Peer: "ann"}); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		s.clock = s.clock.Add(15 * time.Second)
		s.search(t.Context())
	}
	if n := len(s.accounts["web"].queued); n != 1 {
		t.Errorf("%d wait, want the one", n)
	}
	s.work(0)
	if got := said(s.web.take()); strings.Count(got, "pong") != 1 {
		t.Errorf("sent %q", got)
	}
	if got := s.record("web", "ann"); strings.Contains(got, string(core.ProgressUncertain)) {
		t.Errorf("the outcome is not known:\n%s", got)
	}
}
