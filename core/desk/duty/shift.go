package duty

import (
	"strconv"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk/card"
)

// recheck is when somebody whose shift is over, but who has open tickets, is
// seen to again.
const recheck = 10 * time.Minute

// Due does what is due in an agent's own conversation with their desk: a break
// that has a time ends, a shift begins or ends. What they said themselves holds
// until the next edge of their shift.
func (p Post) Due(c core.Conversation) core.Outcome {
	c.Ticket = nil
	if c.Gone { // no longer a member of the desk
		c.Wakes = c.Wakes.Set(core.WakeDesk, time.Time{})
		return core.Outcome{Conversation: c}
	}
	a, ok := p.Scene.Agents[c.Key.String()]
	if !ok {
		a = core.Agent{ID: c.Key.String(), Name: c.Peer.Name, Presence: core.OffDuty}
	}
	var r Reply
	if a.Presence == core.OnBreak && !a.Until.IsZero() && !p.Scene.Now.Before(a.Until) {
		a.Until = time.Time{}
		a, r = p.clocked(a, core.OnDuty, "the break is over", "break_over")
	}
	m := recall(c)
	if _, ok := p.Shifts[a.ID]; ok {
		var edge Reply
		a, m, edge = p.shift(a, m)
		r = r.then(edge)
	} else {
		m.Edge, m.Over = time.Time{}, false
	}
	c.Mind = m.kept()
	c.Wakes = c.Wakes.Set(core.WakeDesk, m.wake(a))
	o := core.Outcome{Conversation: c, Events: r.Events, Agents: r.Agents.Against(p.Scene.Agents)}
	for _, text := range r.Texts {
		o.Say = append(o.Say, core.Envelope{Channel: c.Key.Channel, Peer: core.Peer{ID: c.Key.Peer, Name: a.Name}, By: bySystem, Parts: core.Parts{core.Text{Body: text}}})
	}
	return o
}

// shift begins or ends the agent's shift, if that is due, and finds its next
// edge.
func (p Post) shift(a core.Agent, m mind) (core.Agent, mind, Reply) {
	var r Reply
	week, now := p.Shifts[a.ID], p.Scene.Now.In(p.Zone)
	due := !m.Edge.IsZero() && !now.Before(m.Edge) || m.Edge.IsZero() && a.Since.IsZero()
	if m.Over && a.Presence == core.OnDuty { // they have said that they go on
		due = false
	}
	switch {
	case due && week.At(now) && a.Presence != core.OnDuty && a.Until.IsZero():
		a, r = p.clocked(a, core.OnDuty, "their shift begins", "shift_on")
	case due && !week.At(now):
		a, r = p.home(a)
	}
	m.Edge = week.Edge(now)
	if m.Over = due && !week.At(now) && a.Presence != core.OffDuty; m.Over {
		m.Edge = sooner(m.Edge, now.Add(recheck))
	}
	return a, m, r
}

// wake is when Due has something to do.
func (m mind) wake(a core.Agent) time.Time {
	if a.Presence == core.OnBreak {
		return sooner(m.Edge, a.Until)
	}
	return m.Edge
}

// home ends a shift. Who still has customers gets no new ones, and is told.
func (p Post) home(a core.Agent) (core.Agent, Reply) {
	mine := unparked(p.Mine)
	switch {
	case a.Presence != core.OnDuty && a.Presence != core.OnBreak:
	case len(mine) == 0 && a.Load == 0:
		a.Until = time.Time{}
		return p.clocked(a, core.OffDuty, "their shift is over", "shift_off")
	case a.Presence == core.OnDuty:
		desk, _ := card.DeskOf(a.ID)
		lang := p.Desks.Named(desk).Lang
		return p.clocked(a, core.OnBreak, "their shift is over", "shift_open", "n", strconv.Itoa(max(a.Load, len(mine))), "list", card.Mine(lang, mine))
	case !a.Until.IsZero(): // a break that would end after the shift
		a.Until = time.Time{}
		return a, Reply{Agents: Changes{{agent: a}}}
	}
	return a, Reply{}
}

// clocked sets a presence that nobody has just said, and tells the agent.
func (p Post) clocked(a core.Agent, now core.Presence, why, id string, vars ...string) (core.Agent, Reply) {
	a.Presence, a.Since = now, p.Scene.Now
	if now == core.OnDuty {
		a.Misses = 0
	}
	desk, _ := card.DeskOf(a.ID)
	return a, Reply{
		Texts:  []string{card.Words(p.Desks.Named(desk).Lang, id, vars...)},
		Events: []core.Event{p.event(bySystem, a, why)},
		Agents: Changes{{agent: a}},
	}
}

// then is r, and after it what else happened.
func (r Reply) then(s Reply) Reply {
	return Reply{append(r.Texts, s.Texts...), append(r.Events, s.Events...), r.Agents.Append(s.Agents), append(r.Values, s.Values...)}
}

// sooner is the earlier of two times; zero is never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
