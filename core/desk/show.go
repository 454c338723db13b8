package desk

import (
	"slices"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// PostsPerMinute is how many posts nobody asked for a desk gets in a minute:
// cards of tickets that wait, and digests. A desk with a negative Crowd, where
// cards disturb nobody, is not counted.
const PostsPerMinute = 2

// Unshown are the desks that should show a ticket which waits for somebody, and
// do not yet. When they may, call Show.
func (r *Rules) Unshown(t *core.Ticket) (desks []string) {
	if t == nil || t.State != core.TicketWaiting && t.State != core.TicketMessage {
		return nil
	}
	m := read(t)
	for _, d := range r.takes(t.Topic, t.Key.Channel) {
		if _, ok := m.Cards[d.Name]; !ok && d.Crowd >= 0 {
			desks = append(desks, d.Name)
		}
	}
	return desks
}

// Crowded reports whether so many wait for topic that desk shows none of them:
// its digest tells of them.
func (r *Rules) Crowded(desk, topic string, s core.Scene) bool {
	most := r.desk(desk).Crowd
	if most == 0 {
		most = 5
	}
	return s.Line(topic).Waiting >= most
}

// Show lets a desk show a ticket that waits.
func (r *Rules) Show(c core.Conversation, desk string, s core.Scene) core.Outcome {
	t := r.begin(c, s)
	if slices.Contains(r.Unshown(t.t), desk) {
		t.show(desk)
	}
	return t.end()
}

// Posts are when a desk got what nobody asked for.
type Posts []time.Time

// Room reports whether there may be one more, and if not, when.
func (p Posts) Room(now time.Time) (ok bool, at time.Time) {
	if len(p) < PostsPerMinute {
		return true, now
	}
	at = p[len(p)-PostsPerMinute].Add(time.Minute)
	return !now.Before(at), at
}

// Add is p with one more.
func (p Posts) Add(now time.Time) Posts {
	if len(p) >= PostsPerMinute {
		p = p[len(p)-PostsPerMinute+1:]
	}
	return append(slices.Clone(p), now)
}
