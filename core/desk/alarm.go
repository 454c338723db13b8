package desk

import (
	"maps"
	"slices"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/match"
)

// alarm tells the leads, once for a ticket, that a customer is in danger and that
// nobody on duty has taken it: those on duty, or else all of them, and where there
// is no lead everybody. What was said to the customer is that somebody looks first.
func alarm(v view, t ticket) (ticket, done) {
	if t.m.Alarmed || !match.Danger(t.Mood).Known() || t.State != core.TicketWaiting && t.State != core.TicketMessage {
		return t, done{}
	}
	to := v.leads()
	if len(to) == 0 {
		all := slices.Sorted(maps.Keys(v.s.Agents))
		to = slices.DeleteFunc(slices.Clone(all), func(id string) bool { return !v.s.Agents[id].Lead })
		if len(to) == 0 {
			to = all
		}
	}
	var d done
	for _, id := range to {
		d = d.say(v.notice(t, id, "danger_lead", "mood", v.of(id, "mood_"+t.Mood)))
	}
	t.m.Alarmed = true
	return t, d
}

// alarmed is alarm where nobody on duty could take the ticket.
func alarmed(v view, t ticket) (ticket, done) {
	if t.State == core.TicketWaiting && v.s.Line(t.Topic).OnDuty > 0 {
		return t, done{}
	}
	return alarm(v, t)
}
