package desk

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk/card"
	"github.com/frontdesk-im/frontdesk/core/desk/command"
	"github.com/frontdesk-im/frontdesk/core/desk/duty"
)

// own makes an agent the ticket's owner. It is the only way to become one.
func own(v view, t ticket, a core.Agent, why string) (ticket, done) {
	var d done
	if t.State == core.TicketRinging && t.Agent != "" && t.Agent != a.ID {
		d = d.say(v.notice(t, t.Agent, "taken", "owner", a.Name))
	}
	same := t.Agent == a.ID && t.State == core.TicketParked
	t = t.owned(a, v)
	d.hush = true
	d = d.log(v.event(core.EventClaimed, by(a), why, "agent", a.ID))
	if a.Misses > 0 {
		a.Misses = 0
		d.agents = d.agents.With(a)
	}
	desk, _ := card.DeskOf(a.ID)
	d = d.say(shown(desk))
	if !t.m.Quiet && !t.m.Message && !same && !v.counted() {
		var told done
		t, told = toPeer(v, t, "claimed", map[string]string{"agent": a.Name})
		d = d.then(told)
	}
	t.m.Quiet = false
	return t, d
}

// toPeer says a text of flows/words.yaml to the customer, unless that would use
// up what their agent needs.
func toPeer(v view, t ticket, id string, vars map[string]string) (ticket, done) {
	if v.r.Words == nil || v.c.Gone {
		return t, done{}
	}
	parts := v.r.Words(v.lang(t), id, vars)
	if len(parts) == 0 {
		return t, done{}
	}
	if v.r.Spare(v.c, v.now()) == 0 {
		return t, done{}.log(v.event(core.EventDropped, bySystem, NotSpared, "text", parts.Text()))
	}
	t.m = t.m.remember(card.Remark{At: v.now(), Kind: core.ByBot, Text: parts.Text()})
	return t, done{}.say(saying{env: core.Envelope{By: core.Author{Kind: core.ByBot}, Parts: parts}})
}

// claim takes a ticket that nobody has. The loser of a race is told who won.
func claim(v view, t ticket) (ticket, done) {
	a := v.actor
	switch {
	case !t.Open():
		return t, v.refuse(t, command.ActClaim, "closed_already")
	case t.ownedBy(a.ID):
		return t, done{}.say(v.notice(t, a.ID, "yours_already"))
	case t.State == core.TicketActive, t.State == core.TicketParked && t.Agent != "" && t.Agent != a.ID:
		return t, v.refuse(t, command.ActClaim, "owned", "owner", v.name(t, t.Agent))
	}
	return own(v, t, a, "claimed")
}

// takeOver gives the ticket to who acts, from whoever has it. The earlier owner
// is told.
func takeOver(v view, t ticket) (ticket, done) {
	a := v.actor
	if t.ownedBy(a.ID) {
		return t, done{}
	}
	if !t.Open() {
		return revive(v, t, a, cause{by(a), "opened again by an agent"})
	}
	var d done
	if t.Agent != "" && t.Agent != a.ID {
		d = d.say(v.notice(t, t.Agent, "taken_over", "owner", a.Name))
		switch t.State {
		case core.TicketActive, core.TicketParked:
			t.LastOwn = t.Agent
		case core.TicketRinging:
			t.Agent = ""
		}
	}
	t, unsent := discard(v, t)
	t, owned := own(v, t, a, "took over")
	return t, d.then(unsent).then(owned)
}

// mayDispose reports whether who acts may decide what becomes of the ticket: its
// owner, a lead, or anybody while nobody has it. Others are told who does.
func mayDispose(v view, t ticket, action string) (done, bool) {
	switch {
	case !t.Open():
		return v.refuse(t, action, "closed_already"), false
	case t.Agent == "" || t.Agent == v.actor.ID || v.actor.Lead:
		return done{}, true
	}
	return v.refuse(t, action, "not_yours", "owner", v.name(t, t.Agent)), false
}

// A cause is who brought something about, and why.
type cause struct {
	who core.Author
	why string
}

// back returns the ticket to the line; front counts it among those that go
// first.
func back(v view, t ticket, front int, c cause) (ticket, done) {
	was := t.Agent
	t, d := discard(v, t)
	return t.returned(front), d.log(v.event(core.EventReturned, c.who, c.why, "agent", was))
}

// backFirst returns the ticket to the front of the line, and tells the customer
// once that their agent is gone and they go first.
func backFirst(v view, t ticket, c cause) (ticket, done) {
	t, d := back(v, t, 1, c)
	if t.m.Sorry || t.m.Message {
		return t, d
	}
	t.m.Sorry = true
	t, told := toPeer(v, t, "returned", nil)
	return t, d.then(told)
}

// giveBack is release: an owner lets go, or a phone is silenced.
func giveBack(v view, t ticket) (ticket, done) {
	d, ok := mayDispose(v, t, command.ActRelease)
	if !ok {
		return t, d
	}
	a := v.actor
	switch t.State {
	case core.TicketRinging:
		t, d = back(v, t, 0, cause{by(a), "declined"})
	case core.TicketActive:
		var returned done
		t, d = flush(v, t)
		t, returned = backFirst(v, t, cause{by(a), "released"})
		d = d.then(returned)
	case core.TicketParked:
		t, d = back(v, t, 0, cause{by(a), "released"})
	default:
		return t, done{}.say(v.notice(t, a.ID, "waits_already"))
	}
	return t, d.say(v.notice(t, a.ID, "released"))
}

// park sets the ticket aside until a time, or until the customer writes.
func park(v view, t ticket, act command.Act) (ticket, done) {
	if d, ok := mayDispose(v, t, command.ActPark); !ok {
		return t, d
	}
	until := time.Time{}
	if s := act.Values["until"]; s != "" {
		at, ok := command.Until(s, v.now(), v.r.zone())
		if !ok {
			return t, v.refuse(t, command.ActPark, "bad_time", "word", card.Clip(s, 40))
		}
		until = at
	}
	a, told := v.actor, t.State == core.TicketActive
	t, d := flush(v, t)
	t = t.parked(until)
	d = d.log(v.event(core.EventParked, by(a), "set aside", "until", stamp(until), "note", act.Values["note"]))
	t.m = t.m.remember(noteOf(v, a.Name, act.Values["note"]))
	if told {
		var peer done
		t, peer = toPeer(v, t, "parked", nil)
		d = d.then(peer)
	}
	if until.IsZero() {
		return t, d.say(v.notice(t, a.ID, "parked"))
	}
	return t, d.say(v.notice(t, a.ID, "parked_until", "time", until.In(v.r.zone()).Format("01-02 15:04")))
}

// noteOf is an agent's note as a card shows it.
func noteOf(v view, name, text string) card.Remark {
	return card.Remark{At: v.now(), Kind: core.ByAgent, Note: true, Name: name, Text: text}
}

// resume lets a parked ticket go on: with its owner if they are on duty,
// otherwise in line where it was.
func resume(v view, t ticket, c cause) (ticket, done) {
	owner, _ := v.agent(t.Agent)
	t = t.unparked(owner.Presence)
	if t.State == core.TicketActive {
		return t, done{}.log(v.event(core.EventReopened, c.who, c.why, "agent", owner.ID)).say(v.notice(t, owner.ID, "resumed"))
	}
	return t, spread(v, t).log(v.event(core.EventReturned, c.who, c.why))
}

// unpark is resume because an agent says so.
func unpark(v view, t ticket) (ticket, done) {
	if t.State != core.TicketParked {
		return t, v.refuse(t, command.ActResume, "not_parked")
	}
	if d, ok := mayDispose(v, t, command.ActResume); !ok {
		return t, d
	}
	return resume(v, t, cause{by(v.actor), "an agent said so"})
}

// spread shows the ticket at every desk that takes its topic and always shows who
// waits. The others get it when Show says so.
func spread(v view, t ticket) (d done) {
	for _, x := range v.r.Desks.Taking(t.Topic, v.c.Key.Channel) {
		if x.Crowd < 0 {
			d = d.say(shown(x.Name))
		}
	}
	return d
}

// closeTicket ends the ticket because an agent says so.
func closeTicket(v view, t ticket, act command.Act) (ticket, done) {
	if d, ok := mayDispose(v, t, command.ActClose); !ok {
		return t, d
	}
	a := v.actor
	t, d := flush(v, t)
	if t.State == core.TicketActive || t.State == core.TicketParked {
		t.LastOwn = t.Agent
	} else {
		t.Agent = a.ID
	}
	t.Summary = card.Clip(act.Values["summary"], 2000)
	for _, tag := range tagsIn(act.Values["tags"]) {
		t = t.tagged(tag)
	}
	if s := strings.ToLower(act.Values["survey"]); s == "no" || s == "false" || s == "0" || s == "off" {
		t = t.tagged(core.TagNoSurvey)
	}
	outcome := act.Values["outcome"]
	if outcome == "" {
		outcome = "solved"
	}
	t, ended := finish(v, t, outcome, cause{by(a), "closed by an agent"})
	d = d.then(ended)
	if outcome == "solved" || outcome == "unsolved" {
		var told done
		t, told = toPeer(v, t, "closed", map[string]string{"agent": v.name(t, t.Agent)})
		d = d.then(told)
	}
	return t, d.say(v.notice(t, a.ID, "closed"))
}

// finish closes the ticket, whoever says so, and forgets what was on its way.
func finish(v view, t ticket, outcome string, c cause) (ticket, done) {
	var d done
	if t.Agent != "" {
		for _, x := range slices.Concat(t.m.Asked, t.m.Kept) {
			if x.Kind != draftTake {
				d = d.log(v.event(core.EventDropped, bySystem, "the ticket was closed before it was sent", "via", x.Via.Ref, "agent", x.Via.Agent))
			}
		}
	}
	t, unsent := discard(v, t)
	t = t.closed(outcome, v.now())
	return t, d.then(unsent).log(v.event(core.EventClosed, c.who, c.why, "outcome", outcome, "tags", strings.Join(t.Tags, " ")))
}

// toBot hands the customer back to the scripts.
func toBot(v view, t ticket) (ticket, done) {
	if d, ok := mayDispose(v, t, command.ActBot); !ok {
		return t, d
	}
	t, d := flush(v, t)
	if t.Agent != "" {
		t.LastOwn = t.Agent
	}
	t, ended := finish(v, t.tagged(core.TagNoSurvey), "bot", cause{by(v.actor), "handed back to the bot"})
	t, told := toPeer(v, t, "handed_back", nil)
	return t, d.then(ended).then(told).say(v.notice(t, v.actor.ID, "to_bot"))
}

// reopen lets a closed ticket go on with who acts.
func reopen(v view, t ticket) (ticket, done) {
	if t.Open() {
		return t, done{}.say(v.notice(t, v.actor.ID, "open_already"))
	}
	return revive(v, t, v.actor, cause{by(v.actor), "opened again by an agent"})
}

func revive(v view, t ticket, a core.Agent, c cause) (ticket, done) {
	desk, _ := card.DeskOf(a.ID)
	d := done{hush: true}.say(shown(desk)).log(v.event(core.EventReopened, c.who, c.why, "agent", a.ID))
	return t.revived(a, v.now()), d
}

// prioritise sets how urgent the ticket is.
func prioritise(v view, t ticket, act command.Act) (ticket, done) {
	if d, ok := mayDispose(v, t, command.ActPriority); !ok {
		return t, d
	}
	a := v.actor
	if act.Values["class"] == "" {
		var options []core.Option
		for i := range 4 {
			options = append(options, card.Option(command.ActPriority+":P"+strconv.Itoa(i), "P"+strconv.Itoa(i)))
		}
		return t, done{}.say(v.ask(t, a.ID, v.of(a.ID, "bad_class"), options...))
	}
	n, ok := command.Class(act.Values["class"])
	if !ok {
		return t, v.refuse(t, command.ActPriority, "bad_class")
	}
	t.Class = n
	class := "P" + strconv.Itoa(n)
	return t, done{}.
		log(v.event(core.EventNoted, by(a), "priority set", "class", class, "text", class)).
		say(v.notice(t, a.ID, "priority", "class", class))
}

// vacate returns the ticket of an agent who has gone home to the front of the
// line.
func vacate(v view, t ticket, agent, why string) (ticket, done) {
	switch t.State {
	case core.TicketRinging:
		return back(v, t, 0, cause{bySystem, why})
	case core.TicketActive:
		return backFirst(v, t, cause{bySystem, why})
	case core.TicketParked:
		t, d := discard(v, t)
		t.LastOwn, t.Agent = agent, ""
		return t, d.log(v.event(core.EventReturned, bySystem, why, "agent", agent))
	}
	return t, done{}
}

// atDesk does what concerns the whole desk, said in the thread of a ticket.
func atDesk(v view, t ticket, w writer, act command.Act) (ticket, done) {
	p := v.r.post(v.s)
	if t.ownedBy(w.ID) {
		p.Owns = 1
	}
	r := p.Do(duty.Words{Agent: w.Agent, Act: act, Desk: w.via.Channel, Ticket: &core.Ticket{ID: t.ID, Key: v.c.Key, Topic: t.Topic}})
	d := done{events: r.Events, agents: r.Agents, values: r.Values}
	for _, text := range r.Texts {
		d = d.say(saying{desk: w.via.Channel, env: core.Envelope{Channel: w.via.Channel, Peer: w.peer, Ticket: t.ID, By: bySystem, Parts: core.Parts{core.Text{Body: text}}}})
	}
	if a, ok := r.Agents.Find(w.ID); ok && a.Presence == core.OffDuty && t.Open() && t.Agent == w.ID {
		t, left := vacate(v, t, w.ID, "went off duty")
		return t, d.then(left)
	}
	return t, d
}

func stamp(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}
