package hub

import (
	"context"
	"slices"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// marked is a mark to be shown on an agent's message.
type marked struct {
	at  core.Via
	is  core.Mark
	why string
}

// mostMarks is how many marks of an account may wait. Beyond it the oldest are
// dropped: a mark is best effort, and a platform that hangs holds up nobody.
const mostMarks = 1000

// mark shows what became of an agent's message, best effort, one after the
// other for each account and beside everything else. A newer mark takes the
// place of one on the same message that still waits.
func (h *Hub) mark(at core.Via, m core.Mark, why string) {
	a := h.accounts[at.Channel]
	if a == nil || a.marker == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.marks = slices.DeleteFunc(a.marks, func(x marked) bool { return x.at == at })
	if a.marks = append(a.marks, marked{at, m, why}); len(a.marks) > mostMarks {
		a.marks = a.marks[1:]
	}
	if a.marking {
		return
	}
	if a.marking = true; h.running.Load() {
		h.bg.Go(a.showMarks)
		return
	}
	a.mu.Unlock() // nothing runs in the background
	a.showMarks()
	a.mu.Lock()
}

func (a *account) showMarks() {
	for {
		a.mu.Lock()
		if len(a.marks) == 0 || a.hub.ctx.Err() != nil {
			a.marking = false
			a.mu.Unlock()
			return
		}
		m := a.marks[0]
		a.marks = a.marks[1:]
		a.mu.Unlock()
		ctx, cancel := context.WithTimeout(a.hub.ctx, 5*time.Second)
		if err := guard(func() error { return a.marker.Mark(ctx, m.at, m.is, m.why) }); err != nil {
			a.hub.log.Debug("a mark was not shown", "channel", a.name, "err", err)
		}
		cancel()
	}
}
