package card

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// A Board is what a digest is made of.
type Board struct {
	Lines   map[string]core.LineState // by topic
	Tickets []core.TicketView         // those who wait, longest first; the first few hundred are enough
	New     int                       // how many have come since the desk's last digest
	Since   time.Time                 // when that was
}

// Digest is one message about those who wait, for a desk, instead of a ping for
// each; nil if the desk shows them all, or if nobody has come since the
// last one and that is not long ago. Call it at most twice a minute per desk.
func (all Desks) Digest(desk string, b Board, now time.Time) core.Parts {
	d := all.Named(desk)
	mine := func(topic, channel string) bool {
		return slices.ContainsFunc(all.Taking(topic, channel), func(x Desk) bool { return x.Name == desk })
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
		if k.Class <= 1 || k.Mood == "angry" {
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
	lines := []string{Words(d.Lang, "digest", "n", strconv.Itoa(waiting), "new", strconv.Itoa(b.New), "head", Span(now.Sub(oldest)), "duty", strconv.Itoa(duty), "free", strconv.Itoa(free))}
	if urgent > 0 {
		lines[0] += Words(d.Lang, "digest_urgent", "n", strconv.Itoa(urgent))
	}
	for _, v := range first {
		name := v.Peer.Name
		if d.Mask {
			name = maskName(name)
		}
		asked := OneLine(v.Ticket.Asked)
		if d.Mask {
			asked = mask(asked)
		}
		lines = append(lines, strings.Join(strings.Fields("#"+v.Ticket.ID+" "+name+" · "+Span(now.Sub(v.Ticket.Since))+" · "+Clip(asked, 40)), " "))
	}
	return core.Parts{core.Text{Body: strings.Join(lines, "\n")}}
}
