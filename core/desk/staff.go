package desk

import (
	"slices"

	"github.com/frontdesk-im/frontdesk/core"
)

// Staff is what an agent wrote or pressed in a ticket's thread. past, if it is
// given, is what was sent to the peer before, with its IDs: with it an edit of
// a message can reach the customer's screen.
func (r *Rules) Staff(c core.Conversation, env core.Envelope, s core.Scene, past ...core.Envelope) core.Outcome {
	t := r.begin(c, s)
	t.past = past
	t.staff(env)
	return t.end()
}

func (t *turn) staff(env core.Envelope) {
	a := t.actor(env)
	via := core.Via{Channel: env.Channel, Thread: env.Thread, Ref: env.Ref, Agent: a.ID}
	if env.Replaces != "" {
		if t.t != nil {
			t.edit(a, env)
		}
		return
	}
	act, command := actOf(env.Parts)
	parts := spoken(env.Parts)
	switch {
	case t.t == nil:
		if !command && len(parts) > 0 {
			t.note(a, via, parts.Text())
		}
		t.out.Say = append(t.out.Say, reply(env, words(t.r.desk(env.Channel).Lang, "no_ticket")))
	case t.stale(env):
		if !command && len(parts) > 0 {
			t.note(a, via, noteText(parts.Text()))
		}
		t.out.Say = append(t.out.Say, reply(env, words(t.r.desk(env.Channel).Lang, "stale_thread", "ticket", t.t.ID)))
	case command:
		t.act(a, via, act, env)
	case len(parts) > 0:
		t.speak(a, via, parts)
	}
}

// stale reports whether env is from the thread of an earlier ticket.
func (t *turn) stale(env core.Envelope) bool {
	if env.Thread == "" || env.Thread == t.t.ID {
		return false
	}
	here := false
	for _, x := range t.t.Shown {
		if x.Desk == env.Channel {
			if here = true; x.Thread == env.Thread {
				return false
			}
		}
	}
	return here
}

// act does what a button, a form or a command says.
func (t *turn) act(a core.Agent, via core.Via, act Act, env core.Envelope) {
	switch act.Name {
	case ActClaim:
		t.claim(a)
	case ActTake:
		t.take(a, act)
	case ActRelease:
		t.giveBack(a)
	case ActTransfer:
		t.transfer(a, act)
	case ActNote:
		t.note(a, via, act.Values["text"])
	case ActPark:
		t.park(a, act)
	case ActResume:
		if t.t.State != core.TicketParked {
			t.refuse(a, ActResume, "not_parked")
		} else if t.mayDispose(a, ActResume) {
			t.resume("an agent said so", by(a))
		}
	case ActClose:
		t.close(a, act)
	case ActReopen:
		t.reopen(a)
	case ActBot:
		t.toBot(a)
	case ActPriority:
		t.priority(a, act)
	default:
		t.actMessage(a, via, act, env)
	}
}

// actMessage does what concerns one message, or the whole desk.
func (t *turn) actMessage(a core.Agent, via core.Via, act Act, env core.Envelope) {
	switch act.Name {
	case ActCanned:
		t.canned(a, via, act)
	case ActTemplate:
		t.template(a, via, act)
	case ActSuggest:
		t.suggest(a, via, act)
	case ActBad:
		t.bad(a, act)
	case ActSend, ActMerge:
		t.sendAnyway(a, act)
	case ActDrop:
		t.drop(a, act)
	case ActUndo:
		t.undo(a, act)
	case ActCorrect:
		t.correct(a, via, act)
	case ActRetry:
		t.retry(a, act)
	case ActKeep:
		t.keep(a, act)
	default:
		t.duty(a, act, env, nil)
	}
}

// Open shows a new ticket on the desks that take its topic. past are the
// messages before it, oldest first, from and to the peer.
func (r *Rules) Open(c core.Conversation, s core.Scene, past ...core.Envelope) core.Outcome {
	t := r.begin(c, s)
	if t.t == nil {
		return t.end()
	}
	t.m = mind{Message: t.t.State == core.TicketMessage}
	for _, env := range past {
		t.heard(env)
	}
	t.spread()
	return t.end()
}

// Reshow shows an open ticket anew at a desk where its thread is gone, deleted or
// moved: the card with what was said last, and that this happened.
func (r *Rules) Reshow(c core.Conversation, desk string, s core.Scene) core.Outcome {
	t := r.begin(c, s)
	if !t.t.Open() {
		return t.end()
	}
	delete(t.m.Cards, desk)
	t.show(desk)
	t.event(core.Noted, bySystem, "its thread is gone; it is shown in a new one", "desk", desk)
	t.out.Say = append(t.out.Say, core.Envelope{Channel: desk, Ticket: t.t.ID, By: bySystem,
		Parts: core.Parts{core.Text{Body: words(r.desk(desk).Lang, "thread_lost")}}})
	return t.end()
}

// Assign lets the phone of an agent ring, as the line decided. If that is no
// longer possible nothing is changed: put the ticket back in line.
func (r *Rules) Assign(c core.Conversation, agent string, s core.Scene) core.Outcome {
	t := r.begin(c, s)
	a, ok := t.agent(agent)
	if t.t.Open() && t.c.Gone {
		t.left() // nobody's phone rings for somebody who is not there
		return t.end()
	}
	if t.t == nil || !ok || a.Presence != core.OnDuty ||
		t.t.State != core.TicketWaiting && t.t.State != core.TicketMessage || a.Max > 0 && a.Load > a.Max {
		return core.Outcome{Conversation: c}
	}
	t.ringAt(agent, "assigned by the line")
	t.notice(agent, "ring", "who", t.who(t.r.desk(deskName(agent))), "seconds", itoa(int(r.ring().Seconds())))
	return t.end()
}

func deskName(agent string) string {
	d, _ := deskOf(agent)
	return d
}

// Vacate takes the ticket away from an agent who has gone off duty or is no
// longer a member of the desk, and puts it at the front of the line.
func (r *Rules) Vacate(c core.Conversation, agent, why string, s core.Scene) core.Outcome {
	t := r.begin(c, s)
	if !t.t.Open() || t.t.Agent != agent || agent == "" {
		return core.Outcome{Conversation: c}
	}
	t.vacate(agent, why)
	return t.end()
}

func (t *turn) vacate(agent, why string) {
	switch t.t.State {
	case core.TicketRinging:
		t.back(0, why, bySystem)
	case core.TicketActive:
		t.back(1, why, bySystem)
		t.sorry()
	case core.TicketParked:
		t.discard()
		t.t.LastOwn, t.t.Agent = agent, ""
		t.event(core.Returned, bySystem, why, "agent", agent)
	}
}

// Suggest offers the owner up to three script answers.
func (r *Rules) Suggest(c core.Conversation, offers []Suggestion, s core.Scene) core.Outcome {
	t := r.begin(c, s)
	if len(offers) > 3 {
		offers = offers[:3]
	}
	if t.t == nil || t.t.State != core.TicketActive || len(offers) == 0 || slices.Equal(offers, t.m.Offers) {
		return core.Outcome{Conversation: c}
	}
	t.m.Offers = slices.Clone(offers)
	prompt, options, entries := t.of(t.t.Agent, "suggest_ask"), []core.Option{}, ""
	for i, o := range offers {
		num := itoa(i + 1)
		prompt += "\n" + num + ". " + clip(o.Text, 160)
		options = append(options, option(ActSuggest+":"+num, t.of(t.t.Agent, "btn_suggest", "n", num, "title", clip(o.Title, 20))))
		if entries += o.Entry; i < len(offers)-1 {
			entries += ","
		}
	}
	t.event(core.Suggested, bySystem, "the customer wrote", "entries", entries)
	t.ask(t.t.Agent, prompt, options...)
	return t.end()
}

// Failed tells the agent that their message did not arrive, why, and what can
// be done.
func (r *Rules) Failed(c core.Conversation, f Failure, s core.Scene) core.Outcome {
	t := r.begin(c, s)
	if t.t == nil || f.Message.Via == nil {
		return core.Outcome{Conversation: c}
	}
	via := *f.Message.Via
	a := via.Agent
	n := t.keepDraft(draft{Kind: draftRetry, Via: via, Name: f.Message.By.Name, Parts: f.Message.Parts, ID: f.Message.ID})
	num := itoa(n)
	options := []core.Option{option(ActRetry+":"+num, t.of(a, "btn_retry"))}
	if f.Kind == core.Closed || f.Kind == core.Gone {
		options = []core.Option{option(ActKeep+":"+num, t.of(a, "btn_keep"))}
	}
	if f.Kind == core.Closed {
		options = append(options, t.byTemplate(a, num)...)
	}
	t.ask(a, t.of(a, "failed", "text", clip(gist(f.Message.Parts), 80), "why", t.of(a, "kind_"+f.Kind.String()), "words", f.Why, "n", num),
		append(options, option(ActDrop+":"+num, t.of(a, "btn_drop")))...)
	if f.Kind == core.Gone {
		t.c.Gone = true
		t.left()
	}
	return t.end()
}
