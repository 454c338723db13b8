package desk

import (
	"slices"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk/card"
)

// A ticket is a core.Ticket while a turn works on it: with what this package
// remembers of it, and who has its conversation. It is passed on and returned;
// the methods below are all its changes of state, and say nothing to anybody.
type ticket struct {
	core.Ticket
	m      mind
	holder core.State // Conversation.State
}

// begin is what a turn starts from: c has a ticket.
func (r *Rules) begin(c core.Conversation, s core.Scene) (view, ticket) {
	t := ticket{Ticket: *c.Ticket, m: read(c.Ticket), holder: c.State}
	if t.State == core.TicketWaiting { // who had left a message joined the line in a turn of the bot's
		t.m.Message = false
	}
	return view{r: r, s: s, c: c}, t
}

// ownedBy reports whether an agent owns the ticket.
func (t ticket) ownedBy(agent string) bool { return t.State == core.TicketActive && t.Agent == agent }

// owned is the ticket once it is the agent's.
func (t ticket) owned(a core.Agent, v view) ticket {
	message := t.State == core.TicketMessage || t.m.Message
	same := t.Agent == a.ID && t.State == core.TicketParked
	if t.State == core.TicketParked {
		t.m.Until, t.m.Gone = time.Time{}, v.c.Gone
	}
	if !t.m.Open.IsZero() || !message && !same {
		t.m.Open = v.now() // the new owner's time begins now
	}
	t.m.Message, t.m.Nags, t.m.Offers = message, 0, nil
	t.m.Owner, t.m.Called = a.ID, a.Name
	t.State, t.Agent, t.Claimed, t.Rung, t.Passed = core.TicketActive, a.ID, v.now(), time.Time{}, nil
	t.holder = core.WithAgent
	return t
}

// rung is the ticket while the phone of an agent rings.
func (t ticket) rung(agent string, now time.Time) ticket {
	t.m.Message = t.m.Message || t.State == core.TicketMessage
	t.State, t.Agent, t.Rung = core.TicketRinging, agent, now
	return t
}

// waiting is the ticket in line, or among the messages if nobody waits for the
// answer.
func (t ticket) waiting() ticket {
	t.State, t.holder = core.TicketWaiting, core.InLine
	if t.m.Message {
		t.State, t.holder = core.TicketMessage, core.WithBot
	}
	return t
}

// idle is the ticket when nobody is late with an answer.
func (t ticket) idle() ticket {
	t.m.Open, t.m.Nags, t.m.Until, t.m.Offers = time.Time{}, 0, time.Time{}, nil
	return t
}

// returned is the ticket back in line. It keeps its arrival; front counts it
// among those that go first.
func (t ticket) returned(front int) ticket {
	was := t.Agent
	if t.State == core.TicketActive {
		t.LastOwn = was
	}
	t = t.waiting().idle()
	t.Agent, t.Rung = "", time.Time{}
	t.Front += front
	if was != "" && !slices.Contains(t.Passed, was) {
		t.Passed = append(slices.Clip(t.Passed), was)
	}
	return t
}

// moved is the ticket on its way to somebody else: in line, for the moment.
func (t ticket) moved() ticket {
	if t.State == core.TicketActive || t.State == core.TicketParked {
		t.LastOwn = t.Agent
	}
	t.m.Message = t.m.Message || t.State == core.TicketMessage
	t.Hops++
	t.Passed, t.Rung, t.Agent = nil, time.Time{}, ""
	return t.waiting().idle()
}

// parked is the ticket set aside. Whose phone rang does not keep it.
func (t ticket) parked(until time.Time) ticket {
	t.m.Message = t.m.Message || t.State == core.TicketMessage
	if t.State == core.TicketRinging {
		t.Agent, t.Rung = "", time.Time{}
	}
	t.State = core.TicketParked
	t.m.Until, t.m.Open, t.m.Nags = until, time.Time{}, 0
	return t
}

// unparked is the ticket that goes on: with its owner if they are there, else in
// line where it was.
func (t ticket) unparked(owner core.Presence) ticket {
	t.m.Until, t.m.Gone = time.Time{}, false
	if owner == core.OnDuty && t.Agent != "" {
		t.State, t.holder = core.TicketActive, core.WithAgent
		return t
	}
	if t.Agent != "" {
		t.LastOwn = t.Agent
	}
	t.Agent = ""
	return t.waiting()
}

// closed is the ticket at its end. What was on its way is forgotten.
func (t ticket) closed(outcome string, now time.Time) ticket {
	t.State, t.Closed, t.Outcome, t.Rung = core.TicketClosed, now, outcome, time.Time{}
	t.holder = core.WithBot
	t.m.Asked, t.m.Kept = nil, nil
	return t.idle()
}

// revived is the closed ticket once it goes on with an agent.
func (t ticket) revived(a core.Agent, now time.Time) ticket {
	t.State, t.Agent, t.Claimed, t.Closed, t.Outcome = core.TicketActive, a.ID, now, time.Time{}, ""
	t.Tags = slices.DeleteFunc(slices.Clone(t.Tags), func(s string) bool { return s == core.TagNoSurvey })
	t.holder = core.WithAgent
	t.m.Message, t.m.Gone = false, false
	return t
}

// tagged is the ticket with one tag more.
func (t ticket) tagged(tag string) ticket {
	if !slices.Contains(t.Tags, tag) {
		t.Tags = append(slices.Clip(t.Tags), card.Clip(tag, 60))
	}
	return t
}
