package desk

import (
	"slices"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// Clock does what is due in an agent's own conversation with their desk: a break
// that has a time ends, a shift begins or ends. mine are their open tickets.
// What they said themselves holds until the next edge of their shift. Call it
// when the conversation's Wake has come, and once when the shifts are read: it
// sets Wake.
func (r *Rules) Clock(c core.Conversation, s core.Scene, mine ...core.TicketView) core.Outcome {
	c.Ticket = nil
	t := r.begin(c, s)
	if c.Gone { // no longer a member of the desk
		t.c.Wake = time.Time{}
		return t.end()
	}
	a, ok := s.Agents[c.Key.String()]
	if !ok {
		a = core.Agent{ID: c.Key.String(), Name: c.Peer.Name, Presence: core.OffDuty}
	}
	if a.Presence == core.OnBreak && !a.Until.IsZero() && !t.now().Before(a.Until) {
		a.Until = time.Time{}
		a = t.clocked(a, core.OnDuty, "the break is over", "break_over")
	}
	m := t.readOwn()
	if week, ok := r.Shifts[a.ID]; ok {
		now := t.now().In(r.zone())
		due := !m.Edge.IsZero() && !now.Before(m.Edge) || m.Edge.IsZero() && a.Since.IsZero()
		if m.Over && a.Presence == core.OnDuty { // they have said that they go on
			due = false
		}
		switch {
		case due && week.At(now) && a.Presence != core.OnDuty && a.Until.IsZero():
			a = t.clocked(a, core.OnDuty, "their shift begins", "shift_on")
		case due && !week.At(now):
			a = t.home(a, mine)
		}
		m.Edge = week.Edge(now)
		if m.Over = due && !week.At(now) && a.Presence != core.OffDuty; m.Over {
			m.Edge = sooner(m.Edge, now.Add(again))
		}
	} else {
		m.Edge, m.Over = time.Time{}, false
	}
	t.keepOwn(m)
	t.c.Wake = m.wake(a)
	return t.end()
}

// wake is when Clock has something to do.
func (m own) wake(a core.Agent) time.Time {
	if a.Presence == core.OnBreak {
		return sooner(m.Edge, a.Until)
	}
	return m.Edge
}

// again is when somebody whose shift is over, but who has open tickets, is seen
// to again.
const again = 10 * time.Minute

// home ends a shift. Who still has customers gets no new ones, and is told.
func (t *turn) home(a core.Agent, mine []core.TicketView) core.Agent {
	mine = slices.DeleteFunc(slices.Clone(mine), func(v core.TicketView) bool { return v.Ticket.State == core.TicketParked })
	switch {
	case a.Presence != core.OnDuty && a.Presence != core.OnBreak:
		return a
	case len(mine) == 0 && a.Load == 0:
		a.Until = time.Time{}
		return t.clocked(a, core.OffDuty, "their shift is over", "shift_off")
	case a.Presence == core.OnDuty:
		lang := t.r.desk(t.c.Key.Channel).Lang
		a = t.clocked(a, core.OnBreak, "their shift is over", "shift_open", "n", itoa(max(a.Load, len(mine))), "list", t.list(lang, mine))
	case !a.Until.IsZero(): // a break that would end after the shift
		a.Until = time.Time{}
		t.agents[a.ID] = a
	}
	return a
}

// clocked sets a presence that nobody has just said, and tells the agent.
func (t *turn) clocked(a core.Agent, p core.Presence, why, id string, vars ...string) core.Agent {
	a.Presence, a.Since = p, t.now()
	if p == core.OnDuty {
		a.Misses = 0
	}
	t.agents[a.ID] = a
	t.event(core.PresenceSet, bySystem, why, "agent", a.ID, "presence", string(p))
	t.out.Say = append(t.out.Say, core.Envelope{Channel: t.c.Key.Channel, Peer: core.Peer{ID: t.c.Key.Peer, Name: a.Name}, By: bySystem,
		Parts: core.Parts{core.Text{Body: words(t.r.desk(t.c.Key.Channel).Lang, id, vars...)}}})
	return a
}

// sooner is the earlier of two times; zero is never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
