package hub

import (
	"cmp"

	"github.com/frontdesk-im/frontdesk/core"
)

// count shows in /metrics what a committed turn means for the service: how long
// somebody has waited, and how they rated it.
func (h *Hub) count(done core.Committed, said []core.Event) {
	if t := done.After.Ticket; t.Open() && !t.Claimed.IsZero() && (!done.Before.Open() || !done.Before.Claimed.Equal(t.Claimed)) {
		h.conf.Meter.Time("line_wait_seconds", t.Claimed.Sub(t.Since), "topic", t.Topic)
	}
	for _, e := range said {
		if e.Kind != core.EventRated || e.Data["words"] != "" { // words come with what was counted before them
			continue
		}
		h.conf.Meter.Count("ratings_total", 1, "answer", cmp.Or(e.Data["score"], e.Data["solved"]))
	}
}
