package dialog

import (
	"maps"
	"unicode/utf8"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/match"
)

// inLine understands what somebody in line can say about it.
func (t *turn) inLine(text string) bool {
	cmd := t.b.command(text)
	if t.m.Confirm != nil {
		switch cmd {
		case "yes":
			t.actConfirm("yes")
			return true
		case "no", "exit", "cancel":
			t.actConfirm("no")
			return true
		case "message":
			t.actConfirm("message")
			return true
		}
	}
	if t.c.State != core.InLine || !t.c.Ticket.Open() {
		return false
	}
	switch cmd {
	case "exit":
		t.exitLine()
	case "cancel":
		if t.m.Flow != nil {
			return false
		}
		t.exitLine()
	case "place":
		t.sayPlace("asked about the place in line")
	case "message":
		t.actLine("message")
	default:
		return false
	}
	return true
}

func (t *turn) actLine(what string) {
	if t.c.State != core.InLine || !t.c.Ticket.Open() {
		t.tell("expired", nil)
		return
	}
	switch what {
	case "leave":
		t.exitLine()
	case "message":
		t.m.Flow = nil
		t.leaveMessage(request{Topic: t.c.Ticket.Topic, Class: t.c.Ticket.Class, Asked: t.c.Ticket.Asked, Why: "chose to leave a message instead of waiting"})
	}
}

// exitLine gives the place up; it can be had back for a while.
func (t *turn) exitLine() {
	k := t.c.Ticket
	t.m.Exit = exit{At: t.s.Now, Since: k.Since, Topic: k.Topic}
	k.State, k.Closed, k.Outcome = core.TicketClosed, t.s.Now, "left"
	t.c.State = core.WithBot
	t.m.Menu, t.m.Confirm = nil, nil
	t.event(core.ExitedLine, "left the line: "+clip(t.text, 40), "topic", k.Topic)
	t.tell("left_line", nil)
}

func (t *turn) actConfirm(what string) {
	r := t.m.Confirm
	if r == nil {
		t.tell("expired", nil)
		return
	}
	t.m.Menu, t.m.Confirm = nil, nil
	switch what {
	case "yes":
		t.queue(*r)
	case "message":
		t.leaveMessage(*r)
	default:
		t.event(core.ExitedLine, "did not join the long line", "topic", r.Topic)
		t.tell("confirm_off", nil)
	}
}

// leaveMessage keeps what the customer wants for when somebody is there. What
// they write from now on belongs to it.
func (t *turn) leaveMessage(r request) {
	if r.Topic == "" {
		r.Topic = t.topic()
	}
	h := t.b.hoursOf(r.Topic)
	vars := map[string]string{}
	if at, ok := h.promise(t.s.Now); ok {
		vars["promise"] = t.b.when(t.m.Lang, h, at, t.s.Now)
	}
	if at, ok := h.opens(t.s.Now); ok && at.After(t.s.Now) {
		vars["opens"] = t.b.when(t.m.Lang, h, at, t.s.Now)
	}
	t.m.Flow, t.m.Menu, t.m.Confirm = nil, nil, nil
	if k := t.c.Ticket; k.Open() && t.c.State != core.InLine {
		t.event(core.LeftMessage, r.Why+"; the message is already kept", "topic", k.Topic)
		t.tell("message_kept", vars)
		return
	}
	if k := t.c.Ticket; k.Open() && t.c.State == core.InLine {
		k.State = core.TicketMessage
	} else {
		r.Class = t.classOf(r)
		t.c.Ticket = t.ticket(r, core.TicketMessage)
	}
	t.c.State = core.WithBot
	t.m.Message, t.m.Survey = true, nil
	t.m.Misses, t.m.Barren, t.m.Again = 0, 0, 0
	t.m.Acked = t.s.Now
	id := "nobody"
	switch {
	case vars["promise"] == "":
		id = "nobody_unknown"
	case t.served(r.Topic): // they chose to leave one
		id = "message_kept"
	case !h.open(t.s.Now):
		id = "closed_hours"
	}
	t.event(core.LeftMessage, r.Why, "topic", t.c.Ticket.Topic, "promise", vars["promise"])
	t.tell(id, vars)
}

// dropMessage: the customer does not need an answer any more.
func (t *turn) dropMessage() {
	k := t.c.Ticket
	k.State, k.Closed, k.Outcome = core.TicketClosed, t.s.Now, "left"
	t.c.State = core.WithBot
	t.m.Message = false
	t.event(core.ExitedLine, "took the message back", "topic", k.Topic)
	t.tell("message_cancelled", nil)
}

// noted acknowledges what somebody who waits writes for the agent, but not
// every line of it.
func (t *turn) noted(d doubt) {
	k := t.c.Ticket
	t.wants(d.text)
	if t.m.Flow == nil {
		maps.Copy(t.formOf(k), t.form())
	}
	t.event(core.FellBack, "kept for the agent: "+d.d.Why)
	if t.s.Now.Sub(t.m.Acked) < t.b.set.Ack && k.State != core.TicketMessage && !d.shown {
		return
	}
	t.m.Acked = t.s.Now
	if k.State == core.TicketMessage {
		t.tell("message_more", nil)
		return
	}
	t.say(t.word("noted", nil) + t.footer())
}

// wants notes on a message that so far only asked for a person what it is about.
func (t *turn) wants(text string) {
	k := t.c.Ticket
	if k.Open() && k.State == core.TicketMessage && (k.Asked == "" || t.isWish(k.Asked)) && !t.isWish(text) {
		k.Asked = clip(text, 500)
	}
}

// isWish: the words only ask for a person.
func (t *turn) isWish(s string) bool {
	span, ok := match.Handoff(s)
	if n := utf8.RuneCountInString(s); n > 12 { // most of it is the wish: I want to talk to a person
		return ok && n <= 2*utf8.RuneCountInString(span)
	}
	return ok || t.b.command(s) != "" || plain(s) == "0"
}

func (t *turn) formOf(k *core.Ticket) map[string]string {
	k.Form = maps.Clone(k.Form)
	if k.Form == nil {
		k.Form = map[string]string{}
	}
	return k.Form
}
