package turn

import (
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/dialog"
	"github.com/frontdesk-im/frontdesk/core/match"
	"github.com/frontdesk-im/frontdesk/core/reassure"
)

// Here a policy has its say about who waits. What it says because the customer has
// just written (Begin, Hear) is an answer like the bot's; what it says of itself
// (Decide) carries Envelope.Policy, and may be stopped until the moment it is sent.

// wait is the policy that looks after the ticket of c, and what it may know; false
// if none does: the ticket is not in line, an agent has it, it is set aside, or its
// customer is in danger, to whom only the bot's own words and people speak.
func (s steps) wait(c core.Conversation) (p *reassure.Policy, f reassure.Facts, ok bool) {
	t := c.Ticket
	if s.Waits == nil || c.State != core.InLine || !t.Open() || t.State == core.TicketParked || match.Danger(t.Mood).Known() {
		return nil, f, false
	}
	p, f = s.Waits(c, s.Scene)
	if p == nil {
		return nil, f, false
	}
	f.Now, f.Talk, f.Limits = s.Scene.Now, c, s.Limits(c.Key.Channel)
	f.Line, f.Own = s.Scene.Line(t.Topic), s.Scene.Own
	f.Zone = s.book.Clock(c, t.Topic)
	f.Closes, f.Vars, f.Cause = s.book.Closes(t.Topic, f.Now), s.book.WaitVars(c, s.Scene), s.Scene.Notice.Cause(t.Topic)
	if h, halted := s.Scene.Notice.Halted(t.Topic, c.Key); halted {
		f.Muted = "halted: " + h.Scope
	}
	return p, f, true
}

// waited lets the policy know what a run of the customer's, or a time, has brought:
// somebody new in line, who is told how they stand, or an answer to somebody who
// waits, from which its next step keeps a distance. before is the conversation as it
// was.
func (s steps) waited(before core.Conversation, o core.Outcome) core.Outcome {
	switch c := o.Conversation; {
	case c.State != core.InLine || !c.Ticket.Open():
		return o
	case before.State != core.InLine || !before.Ticket.Open() || before.Ticket.ID != c.Ticket.ID:
		return s.queued(o)
	}
	p, f, ok := s.wait(o.Conversation)
	if !ok {
		return o
	}
	return s.apply(o, p.Wrote(f), "")
}

// queued says to somebody who has just got in line how they stand: in the words of
// the policy, else of the script.
func (s steps) queued(o core.Outcome) core.Outcome {
	if !s.Scene.Policy || match.Danger(o.Conversation.Ticket.Mood).Known() {
		return o // the bot has said it
	}
	p, f, ok := s.wait(o.Conversation)
	if !ok {
		return s.add(o, s.book.Queued(o.Conversation, s.Scene))
	}
	d := p.Begin(f)
	if len(d.Say) == 0 {
		o = s.add(o, s.book.Queued(o.Conversation, s.Scene))
	}
	o = s.apply(o, d, "")
	o, _, _ = s.granted(o, d)
	return o
}

// rings is how long a policy is silent when somebody's phone rings for the ticket.
const rings = 30 * time.Second

// due lets the policy decide what is said now that a time of its has come.
func (s steps) due(o core.Outcome) (core.Outcome, error) {
	p, f, ok := s.wait(o.Conversation)
	if !ok {
		return o, nil
	}
	if o.Conversation.Ticket.State == core.TicketRinging {
		o.Conversation.Wakes = o.Conversation.Wakes.Set(core.WakeWait, f.Now.Add(rings))
		return o, nil
	}
	d := p.Decide(f)
	o, _, err := s.granted(s.apply(o, d, p.Name), d)
	return o, err
}

// digit takes what the customer wrote as an answer to a text about the wait, and
// reports whether it is one: it was the newest that offered the digit.
func (s steps) digit(o core.Outcome, run []core.Envelope) (core.Outcome, bool, error) {
	if len(run) != 1 {
		return o, false, nil
	}
	p, f, ok := s.wait(o.Conversation)
	if !ok {
		return o, false, nil
	}
	text := run[0].Parts.Text()
	f.Listed = s.book.Listed(o.Conversation, text, f.Now)
	d, ours := p.Hear(f, text)
	if !ours {
		return o, false, nil
	}
	return s.granted(s.apply(o, d, ""), d)
}

// granted does what a decision asks for, and reports whether it was done: the
// customer's own matter is for the script, as if they had asked for it in words.
// What the policy has said itself is not said again.
func (s steps) granted(o core.Outcome, d reassure.Decision) (core.Outcome, bool, error) {
	switch d.Divert {
	case "":
		return o, true, nil
	case "self":
		return o, false, nil
	}
	x, err := s.book.Grant(o.Conversation, dialog.Wish(d.Divert), s.Scene)
	if err != nil {
		return o, false, err
	}
	if len(d.Say) > 0 {
		x.Say = nil
	}
	return s.add(o, x), true, nil
}

// apply is o after what a policy decided, said in its name or, without one, as an
// answer.
func (s steps) apply(o core.Outcome, d reassure.Decision, name string) core.Outcome {
	c := o.Conversation
	t := *c.Ticket
	t.Wait, t.Held = d.Wait, d.Held
	if d.Told != nil {
		t.Told = *d.Told
	}
	c.Ticket, c.Wakes = &t, c.Wakes.Set(core.WakeWait, d.Wake)
	x := core.Outcome{Conversation: c, Events: d.Log}
	for _, l := range d.Say {
		x.Say = append(x.Say, core.Envelope{Policy: name, By: s.book.Voice(c.Peer.Lang), Parts: core.Parts{core.Text{Body: l.Text}}})
	}
	o = s.add(o, x)
	if d.Park {
		o = s.add(o, s.Desk.Park(o.Conversation, "did not answer whether they are still there", s.Scene))
	}
	return o
}

// again is how soon a policy looks at somebody who is back in line.
const again = 30 * time.Second

// looked takes the policy's time away from a conversation whose ticket waits no more,
// and gives one to somebody who is back in line. before is the conversation as the
// turn found it.
func (s steps) looked(before, c core.Conversation) core.Conversation {
	t := c.Ticket
	switch waits := c.State == core.InLine && t.Open() && t.State != core.TicketParked; {
	case !waits:
		c.Wakes = c.Wakes.Set(core.WakeWait, time.Time{})
	case s.Scene.Policy && before.State != core.InLine && c.Wakes.At(core.WakeWait).IsZero():
		c.Wakes = c.Wakes.Set(core.WakeWait, s.Scene.Now.Add(again))
	}
	return c
}
