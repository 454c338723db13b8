package queue

import (
	"fmt"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// Band names the band that is announced for an estimate; empty if there is none.
func Band(low, high time.Duration) string {
	if low, high, ok := band(low.Minutes(), high.Minutes()); ok {
		return fmt.Sprintf("%g-%g", low, high)
	}
	return ""
}

// Place is place by ID; false for a ticket that does not wait.
func (l *Line) Place(id string) (ahead int, ok bool) {
	slot := l.index.find(&l.tickets, id)
	if slot < 0 || l.tickets.entry(slot).state != stateWaiting {
		return 0, false
	}
	return l.place(slot), true
}

// State is state at a time.
func (l *Line) State(topic string, now time.Time) core.LineState {
	l.clock.tick(now)
	return l.state(topic, now)
}
