package desk

import (
	"maps"
	"slices"
	"strconv"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk/card"
	"github.com/frontdesk-im/frontdesk/core/desk/command"
	"github.com/frontdesk-im/frontdesk/core/desk/duty"
)

// Staff is what an agent wrote or pressed in a ticket's thread. past, if it is
// given, is what was sent to the peer before, with its IDs: with it an edit of
// a message can reach the customer's screen.
func (r *Rules) Staff(c core.Conversation, env core.Envelope, s core.Scene, past ...core.Envelope) core.Outcome {
	a, agents := duty.AgentOf(s, env)
	w := writer{Agent: a, via: core.Via{Channel: env.Channel, Thread: env.Thread, Ref: env.Ref, Agent: a.ID}, peer: env.Peer}
	if c.Ticket == nil {
		o := view{r: r, s: s, c: c}.unaddressed(w, env)
		o.Agents = agents.Against(s.Agents)
		return o
	}
	v, t := r.begin(c, s)
	v.actor, v.past = a, past
	t, d := staff(v, t, w, env)
	d.agents = agents.Append(d.agents)
	return v.end(t, d)
}

// unaddressed is what was written about a ticket that there is not.
func (v view) unaddressed(w writer, env core.Envelope) core.Outcome {
	o := core.Outcome{Conversation: v.c}
	if env.Replaces != "" {
		return o
	}
	if _, isAct := command.FromParts(env.Parts); !isAct {
		if parts := spoken(env.Parts); len(parts) > 0 {
			o.Events = []core.Event{v.noted(w, parts.Text())}
		}
	}
	o.Say = []core.Envelope{duty.Answer(env, v.at(env.Channel, "no_ticket"))}
	return o
}

func staff(v view, t ticket, w writer, env core.Envelope) (ticket, done) {
	parts := spoken(env.Parts)
	if env.Replaces != "" {
		w.via.Ref = env.Replaces
		return edit(v, t, w, parts)
	}
	act, isAct := command.FromParts(env.Parts)
	switch {
	case stale(t, env):
		var d done
		if !isAct && len(parts) > 0 {
			t, d = note(v, t, w, noteText(parts.Text()))
		}
		return t, d.say(saying{env: duty.Answer(env, v.at(env.Channel, "stale_thread", "ticket", t.ID))})
	case isAct:
		return do(v, t, w, act)
	case len(parts) > 0:
		return speak(v, t, w, parts)
	}
	return t, done{}
}

// stale reports whether env is from the thread of an earlier ticket.
func stale(t ticket, env core.Envelope) bool {
	if env.Thread == "" || env.Thread == t.ID {
		return false
	}
	here := false
	for _, x := range t.Shown {
		if x.Desk == env.Channel {
			if here = true; x.Thread == env.Thread {
				return false
			}
		}
	}
	return here
}

// do does what a button, a form or a command says.
func do(v view, t ticket, w writer, act command.Act) (ticket, done) {
	switch act.Name {
	case command.ActClaim:
		return claim(v, t)
	case command.ActTake:
		return take(v, t, act)
	case command.ActRelease:
		return giveBack(v, t)
	case command.ActTransfer:
		return transfer(v, t, act)
	case command.ActNote:
		return note(v, t, w, act.Values["text"])
	case command.ActPark:
		return park(v, t, act)
	case command.ActResume:
		return unpark(v, t)
	case command.ActClose:
		return closeTicket(v, t, act)
	case command.ActReopen:
		return reopen(v, t)
	case command.ActBot:
		return toBot(v, t)
	case command.ActPriority:
		return prioritise(v, t, act)
	case command.ActTag:
		return label(v, t, act)
	case command.ActName:
		return name(v, t, act)
	}
	return doMessage(v, t, w, act)
}

// doMessage does what concerns one message, or the whole desk.
func doMessage(v view, t ticket, w writer, act command.Act) (ticket, done) {
	switch act.Name {
	case command.ActCanned:
		return canned(v, t, w, act)
	case command.ActTemplate:
		return template(v, t, w, act)
	case command.ActSuggest:
		return suggest(v, t, w, act)
	case command.ActBad:
		return t, bad(v, t, act)
	case command.ActSend, command.ActMerge:
		return sendAnyway(v, t, act)
	case command.ActDrop:
		return drop(v, t, act)
	case command.ActUndo:
		return undo(v, t, act)
	case command.ActCorrect:
		return correct(v, t, w, act)
	case command.ActRetry:
		return retry(v, t, act)
	case command.ActKeep:
		return keep(v, t, act)
	}
	return atDesk(v, t, w, act)
}

// Open shows a new ticket on the desks that take its topic. past are the
// messages before it, oldest first, from and to the peer.
func (r *Rules) Open(c core.Conversation, s core.Scene, past ...core.Envelope) core.Outcome {
	if c.Ticket == nil {
		return core.Outcome{Conversation: c}
	}
	v, t := r.begin(c, s)
	t.m = mind{Message: t.State == core.TicketMessage}
	for _, env := range past {
		x, _ := heard(v, env)
		t.m = t.m.remember(x)
	}
	t, told := alarmed(v, t)
	return v.end(t, spread(v, t).then(told))
}

// Unshown are the desks that should show a ticket which waits for somebody, and
// do not yet. When they may, call Show.
func (r *Rules) Unshown(t *core.Ticket) (desks []string) {
	if t == nil || t.State != core.TicketWaiting && t.State != core.TicketMessage {
		return nil
	}
	m := read(t)
	for _, d := range r.Desks.Taking(t.Topic, t.Key.Channel) {
		if _, ok := m.Cards[d.Name]; !ok && d.Crowd >= 0 {
			desks = append(desks, d.Name)
		}
	}
	return desks
}

// Crowded reports whether so many wait for topic that desk shows none of them:
// its digest tells of them.
func (r *Rules) Crowded(desk, topic string, s core.Scene) bool {
	return r.Desks.Named(desk).Crowded(s.Line(topic).Waiting)
}

// Show lets a desk show a ticket that waits.
func (r *Rules) Show(c core.Conversation, desk string, s core.Scene) core.Outcome {
	if c.Ticket == nil {
		return core.Outcome{Conversation: c}
	}
	v, t := r.begin(c, s)
	var d done
	if slices.Contains(r.Unshown(c.Ticket), desk) {
		d = d.say(shown(desk))
	}
	return v.end(t, d)
}

// Reshow shows an open ticket anew at a desk where its thread is gone, deleted or
// moved: the card with what was said last, and that this happened.
func (r *Rules) Reshow(c core.Conversation, desk string, s core.Scene) core.Outcome {
	if c.Ticket == nil {
		return core.Outcome{Conversation: c}
	}
	v, t := r.begin(c, s)
	if !t.Open() {
		return v.end(t, done{})
	}
	t.m.Cards = maps.Clone(t.m.Cards)
	delete(t.m.Cards, desk)
	lost := core.Envelope{Channel: desk, Ticket: t.ID, By: bySystem, Parts: core.Parts{core.Text{Body: v.at(desk, "thread_lost")}}}
	return v.end(t, done{}.
		log(v.event(core.EventNoted, bySystem, "its thread is gone; it is shown in a new one", "desk", desk)).
		say(saying{desk: desk, env: lost}))
}

// Assign lets the phone of an agent ring, as the line decided. If that is no
// longer possible nothing is changed: put the ticket back in line.
func (r *Rules) Assign(c core.Conversation, agent string, s core.Scene) core.Outcome {
	none := core.Outcome{Conversation: c}
	if c.Ticket == nil {
		return none
	}
	v, t := r.begin(c, s)
	if t.Open() && c.Gone { // nobody's phone rings for somebody who is not there
		return v.end(left(v, t))
	}
	a, ok := v.agent(agent)
	if !ok || a.Presence != core.OnDuty || a.Max > 0 && a.Load > a.Max || t.State != core.TicketWaiting && t.State != core.TicketMessage {
		return none
	}
	t, d := ring(v, t, agent, "assigned by the line")
	desk, _ := card.DeskOf(agent)
	who := v.shows(t).Who(r.Desks.Named(desk))
	return v.end(t, d.say(v.notice(t, agent, "ring", "who", who, "seconds", strconv.Itoa(int(r.ring().Seconds())))))
}

// Vacate returns the ticket of an agent who has gone off duty, or is no longer a
// member of the desk, to the front of the line.
func (r *Rules) Vacate(c core.Conversation, agent, why string, s core.Scene) core.Outcome {
	if !c.Ticket.Open() || c.Ticket.Agent != agent || agent == "" {
		return core.Outcome{Conversation: c}
	}
	v, t := r.begin(c, s)
	return v.end(vacate(v, t, agent, why))
}

// Failed tells the agent that their message did not arrive, why, and what can
// be done.
func (r *Rules) Failed(c core.Conversation, f Failure, s core.Scene) core.Outcome {
	if c.Ticket == nil || f.Message.Via == nil {
		return core.Outcome{Conversation: c}
	}
	v, t := r.begin(c, s)
	via := *f.Message.Via
	a := via.Agent
	drafts, n := t.m.ask(draft{Kind: draftRetry, Via: via, Name: f.Message.By.Name, Parts: f.Message.Parts, ID: f.Message.ID})
	t.m.drafts = drafts
	num := strconv.Itoa(n)
	options := []core.Option{v.button(a, command.ActRetry, num, "btn_retry")}
	if f.Kind == core.KindClosed || f.Kind == core.KindGone {
		options = []core.Option{v.button(a, command.ActKeep, num, "btn_keep")}
	}
	if f.Kind == core.KindClosed {
		options = append(options, byTemplate(v, a, num)...)
	}
	options = append(options, v.button(a, command.ActDrop, num, "btn_drop"))
	prompt := v.of(a, "failed", "text", card.Clip(card.Gist(f.Message.Parts), 80), "why", v.of(a, "kind_"+f.Kind.String()), "words", f.Why, "n", num)
	d := done{}.say(v.ask(t, a, prompt, options...))
	if f.Kind == core.KindGone {
		var gone done
		v.c.Gone = true
		t, gone = left(v, t)
		d = d.then(gone)
	}
	return v.end(t, d)
}
