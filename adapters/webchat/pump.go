package webchat

import (
	"context"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// wake has the pump read the record after the cursor.
func (s *socket) wake() { s.ask(func() { s.want.lines = true }) }

func (s *socket) typing() { s.ask(func() { s.want.typing = true }) }

func (s *socket) banner(b *core.Banner) { s.ask(func() { s.want.banner = b }) }

// ask notes what the pump has to do and starts it if it does not run.
func (s *socket) ask(note func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead {
		return
	}
	note()
	if !s.busy {
		s.busy = true
		go s.pump()
	}
}

// pump sends until there is nothing to send. There is one at a time, so that
// the cursor only moves on.
func (s *socket) pump() {
	for {
		s.mu.Lock()
		want := s.want
		s.want.lines, s.want.typing, s.want.banner = false, false, nil
		if s.dead || !want.lines && !want.typing && want.banner == nil {
			s.busy = false
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		if want.banner != nil {
			s.write(reply{Op: "banner", Banner: &banner{want.banner.Text}, Who: s.c.staff.whoBy(*want.banner)})
		}
		if want.typing {
			s.write(reply{Op: "typing"})
		}
		if want.lines {
			s.catchUp()
		}
	}
}

// catchUp sends the next piece of the record.
func (s *socket) catchUp() {
	ctx, cancel := context.WithTimeout(context.Background(), workLimit)
	defer cancel()
	at := s.cursor // only hello and the one pump write it
	v, err := s.c.history.after(ctx, s.guest, at)
	if err != nil {
		s.c.report("reading a conversation", err)
		s.later()
		return
	}
	if v.Seq > at && s.write(reply{Op: "lines", Seq: v.Seq, Lines: v.Lines}) != nil {
		return // the widget comes back with its own cursor
	}
	s.mu.Lock()
	s.cursor = v.Seq
	s.want.lines = s.want.lines || v.More && at > 0
	if v.Seq > at {
		s.held = 0
	}
	s.mu.Unlock()
	if v.Held {
		s.later()
	}
}

// later wakes the socket in a moment: a hint that a message is on its way may
// have been lost, or gone to another process before this one listened.
func (s *socket) later() {
	s.mu.Lock()
	d := 250 * time.Millisecond << min(s.held, 5)
	s.held = min(s.held+1, 5)
	s.mu.Unlock()
	time.AfterFunc(d, s.wake)
}
