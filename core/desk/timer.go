package desk

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk/card"
	"github.com/frontdesk-im/frontdesk/core/desk/command"
)

// TicketDue does what is due of a ticket: holds, rings, reminders, returns, parked tickets.
// What became due while nobody was there to do it is decided as things are now,
// not caught up with.
func (r *Rules) TicketDue(c core.Conversation, s core.Scene) core.Outcome {
	if c.Ticket == nil {
		return core.Outcome{Conversation: c}
	}
	v, t := r.begin(c, s)
	if !t.Open() {
		return v.end(t, done{})
	}
	t, d := sendDue(v, t)
	var out done
	switch t.State {
	case core.TicketRinging:
		if !v.now().Before(t.Rung.Add(r.ring())) {
			t, out = missed(v, t)
		}
	case core.TicketParked:
		if !t.m.Until.IsZero() && !v.now().Before(t.m.Until) {
			t, out = resume(v, t, cause{bySystem, "the time it was parked for is over"})
		}
	case core.TicketActive:
		var warned done
		t, out = unanswered(v, t)
		t, warned = warn(v, t)
		out = out.then(warned)
	}
	return v.end(t, d.then(out))
}

// Park sets a ticket aside that waits for nobody in particular: its customer has
// not answered whether they are still there. It keeps its arrival, and joins the
// line at its old place when they write. A ticket that does not wait stays as it is.
func (r *Rules) Park(c core.Conversation, why string, s core.Scene) core.Outcome {
	if c.Ticket == nil || c.Ticket.State != core.TicketWaiting {
		return core.Outcome{Conversation: c}
	}
	v, t := r.begin(c, s)
	return v.end(t.parked(time.Time{}), done{}.log(v.event(core.EventParked, bySystem, why)))
}

// wake is when the ticket next needs a turn though nobody wrote.
func (v view) wake(t ticket) (at time.Time) {
	soonest := func(x time.Time) {
		if !x.IsZero() && (at.IsZero() || x.Before(at)) {
			at = x
		}
	}
	if !t.Open() {
		return at
	}
	if len(t.m.Held) > 0 {
		soonest(t.m.Held[0].Due)
	}
	switch t.State {
	case core.TicketRinging:
		soonest(t.Rung.Add(v.r.ring()))
	case core.TicketParked:
		soonest(t.m.Until)
	case core.TicketActive:
		if steps := v.r.silences(); !t.m.Open.IsZero() && len(t.m.Held) == 0 && t.m.Nags < len(steps) {
			soonest(t.m.Open.Add(steps[t.m.Nags]))
		}
		soonest(v.closing(t))
	}
	return at
}

// missed returns a ticket whose phone rang out to the line, for the next agent.
// Whatever rang while an agent was away is one miss. Who has missed as many in a
// row as Rules.Misses is asked in the ticket's thread whether they are there;
// who then misses one more is set to a break, and the leads are told.
func missed(v view, t ticket) (ticket, done) {
	id, rung := t.Agent, t.Rung
	next := follows(v, t)
	a, ok := v.agent(id)
	if !ok {
		a = core.Agent{ID: id, Name: v.name(t, id), Presence: core.OffDuty}
	}
	t, d := back(v, t, 0, cause{bySystem, "nobody took it in time"})
	d = done{}.log(v.event(core.EventMissed, bySystem, "nobody took it in time", "agent", id)).then(d)
	if next {
		d = d.say(v.notice(t, id, "missed"))
	} else {
		d = d.say(v.notice(t, id, "missed_alone"))
	}
	t, told := alarm(v, t)
	d = d.then(told)
	if rung.Before(a.Missed) {
		return t, d
	}
	a.Misses, a.Missed = a.Misses+1, v.now()
	n := strconv.Itoa(a.Misses)
	switch {
	case a.Presence != core.OnDuty || a.Misses < v.r.misses():
	case a.Misses == v.r.misses():
		d = d.say(v.ask(t, id, v.of(id, "misses_ask", "agent", a.Name, "n", n),
			card.Option(command.ActOn, v.of(id, "btn_here")), card.Option(command.ActBreak, v.of(id, "btn_break"))))
	default:
		a.Presence, a.Since = core.OnBreak, v.now()
		d = d.log(v.event(core.EventPresence, bySystem, "missed "+n+" times in a row, and did not answer when asked", "agent", id, "presence", string(core.OnBreak))).
			say(v.notice(t, id, "misses", "n", n))
		for _, lead := range v.leads() {
			if lead != id {
				d = d.say(v.notice(t, lead, "misses_lead", "agent", a.Name, "n", n))
			}
		}
	}
	d.agents = d.agents.With(a)
	return t, d
}

// follows reports whether anybody but the ticket's agent is on duty, has room
// and takes its topic and language.
func follows(v view, t ticket) bool {
	lang, _, _ := strings.Cut(strings.ToLower(v.lang(t)), "-")
	for id, a := range v.s.Agents {
		if id != t.Agent && a.Presence == core.OnDuty && (a.Max <= 0 || a.Load < a.Max) && !slices.Contains(t.Passed, id) &&
			(len(a.Topics) == 0 || t.Topic == "" || slices.Contains(a.Topics, t.Topic)) &&
			(len(a.Langs) == 0 || lang == "" || slices.ContainsFunc(a.Langs, func(s string) bool {
				s, _, _ = strings.Cut(strings.ToLower(s), "-")
				return s == lang
			})) {
			return true
		}
	}
	return false
}

// unanswered reminds an owner who does not answer, then the leads, then gives
// the ticket to somebody else.
func unanswered(v view, t ticket) (ticket, done) {
	steps := v.r.silences()
	if t.m.Open.IsZero() || len(t.m.Held) > 0 {
		return t, done{}
	}
	waited, due := v.now().Sub(t.m.Open), t.m.Nags
	for due < len(steps) && waited >= steps[due] {
		due++
	}
	if due == t.m.Nags {
		return t, done{}
	}
	t.m.Nags = due
	owner, wait := t.Agent, card.Span(waited)
	var d done
	switch due {
	case len(steps):
		d = d.say(v.notice(t, owner, "returned", "wait", wait))
		t, returned := backFirst(v, t, cause{bySystem, "the owner was silent for " + waited.Round(time.Second).String()})
		return t, d.then(returned)
	case len(steps) - 1:
		for _, lead := range v.leads() {
			if lead != owner {
				d = d.say(v.notice(t, lead, "silent_lead", "owner", v.name(t, owner), "wait", wait))
			}
		}
		if len(d.said) > 0 {
			return t, d
		}
	}
	return t, d.say(v.notice(t, owner, "remind", "wait", wait))
}

// warn tells owner and leads that the platform will soon let us say nothing.
func warn(v view, t ticket) (ticket, done) {
	at := v.closing(t)
	if at.IsZero() || v.now().Before(at) {
		return t, done{}
	}
	t.m.Warned = v.c.Ledger.Until
	left := card.Span(v.c.Ledger.Until.Sub(v.now()))
	d := done{}.say(v.notice(t, t.Agent, "closing", "left", left))
	for _, lead := range v.leads() {
		if lead != t.Agent {
			d = d.say(v.notice(t, lead, "closing", "left", left))
		}
	}
	return t, d
}
