package desk

import (
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// Digest is one message about those who wait, for a desk, instead of a ping for
// each; nil if the desk shows them all, or if nobody has come since the
// last one and that is not long ago. Call it at most twice a minute per desk.
func (r *Rules) Digest(desk string, b Board, now time.Time) core.Parts {
	d := r.desk(desk)
	mine := func(topic, channel string) bool {
		return slices.ContainsFunc(r.takes(topic, channel), func(x Desk) bool { return x.Name == desk })
	}
	hidden, urgent := 0, 0
	var oldest time.Time
	var first []core.TicketView
	for _, v := range b.Tickets {
		k := v.Ticket
		if k.State != core.TicketWaiting || !mine(k.Topic, k.Key.Channel) {
			continue
		}
		if !slices.ContainsFunc(k.Shown, func(x core.Shown) bool { return x.Desk == desk }) {
			hidden++
		}
		if k.Class <= 1 || k.Mood == "angry" || k.Mood == "distress" {
			urgent++
		}
		if oldest.IsZero() || k.Since.Before(oldest) {
			oldest = k.Since
		}
		if len(first) < 3 {
			first = append(first, v)
		}
	}
	if hidden == 0 || b.New == 0 && now.Sub(b.Since) < 5*time.Minute {
		return nil
	}
	waiting, duty, free := 0, 0, 0
	for _, v := range b.Tickets {
		if v.Ticket.State == core.TicketWaiting && mine(v.Ticket.Topic, v.Ticket.Key.Channel) {
			waiting++
		}
	}
	for topic, l := range b.Lines {
		if mine(topic, "") && len(d.Channels) == 0 {
			waiting, duty, free = max(waiting, l.Waiting), max(duty, l.OnDuty), max(free, l.Free)
		}
	}
	lines := []string{words(d.Lang, "digest", "n", itoa(waiting), "new", itoa(b.New), "head", span(now.Sub(oldest)), "duty", itoa(duty), "free", itoa(free))}
	if urgent > 0 {
		lines[0] += words(d.Lang, "digest_urgent", "n", itoa(urgent))
	}
	for _, v := range first {
		name := v.Peer.Name
		if d.Mask {
			name = maskName(name)
		}
		asked := oneLine(v.Ticket.Asked)
		if d.Mask {
			asked = mask(asked)
		}
		lines = append(lines, strings.Join(strings.Fields("#"+v.Ticket.ID+" "+name+" · "+span(now.Sub(v.Ticket.Since))+" · "+clip(asked, 40)), " "))
	}
	return core.Parts{core.Text{Body: strings.Join(lines, "\n")}}
}
