package hub

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// halts is what staff have set for those who wait, as this process knows it: what
// its own turns set at once, what others set as soon as a hint of it comes, and
// within noticed if none does.
type halts struct {
	hub *Hub
	now atomic.Pointer[core.Notice]
}

// noticed is how old the knowledge of what staff have set may be (R-15 allows two
// seconds).
const noticed = time.Second

func (s *halts) notice() core.Notice {
	if n := s.now.Load(); n != nil {
		return *n
	}
	return core.Notice{}
}

func (s *halts) read(ctx context.Context) error {
	vs, err := s.hub.store.List(ctx, core.StaffWords, 0)
	if err != nil {
		return err
	}
	n := core.ReadNotice(vs)
	s.now.Store(&n)
	return nil
}

// run keeps the knowledge current until ctx is done. What cannot be read is as it
// was known last.
func (s *halts) run(ctx context.Context) {
	tick := time.NewTicker(noticed)
	defer tick.Stop()
	hints := make(chan struct{}, 1)
	s.hub.bg.Go(func() {
		s.hub.link.listen(ctx, topicHalt, func(string) {
			select {
			case hints <- struct{}{}:
			default:
			}
		})
	})
	for failed := false; ; {
		err := s.read(ctx)
		if err != nil && ctx.Err() == nil && !failed {
			s.hub.log.Error("what staff have set for those who wait could not be read; it is as it was", "err", err)
		}
		failed = err != nil
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-hints:
		}
	}
}

// set is told what a turn of ours has set.
func (s *halts) set(ctx context.Context, vs []core.Value) {
	if len(vs) == 0 {
		return
	}
	if err := s.read(context.WithoutCancel(ctx)); err != nil {
		s.hub.log.Error("what staff have just set for those who wait could not be read", "err", err)
	}
	s.hub.link.wake(ctx, topicHalt, s.hub.id)
}

var (
	errTaken  = errors.New("the customer no longer waits")
	errHalted = errors.New("staff have stopped what policies say")
)

// overtaken reports why what a policy wanted to say is not to be said any more: it
// is asked at the moment of sending, for a turn may have taken place, or staff have
// pulled the switch, since it was decided. Nil is no reason. Where the conversation
// cannot be read it is not said: late words are worse than none.
func (a *account) overtaken(ctx context.Context, d core.Delivery) error {
	if d.Policy == "" || a.role != core.RoleChannel {
		return nil
	}
	c, err := a.hub.store.Conversation(ctx, d.Key)
	if err != nil {
		return err
	}
	t := c.Ticket
	if c.State != core.InLine || !t.Open() || c.Gone || c.Stopped {
		return errTaken
	}
	if _, ok := a.hub.halts.notice().Halted(t.Topic, d.Key); ok {
		return errHalted
	}
	return nil
}
