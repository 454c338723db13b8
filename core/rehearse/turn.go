package rehearse

import (
	"slices"
	"strconv"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/reassure"
)

// Here is what a turn of the hub does with what the engine has decided.

// facts are what the engine may know of somebody's wait.
func (w *world) facts(p *person) reassure.Facts {
	k := p.talk.Ticket
	line := w.snapshot()[k.Topic]
	f := reassure.Facts{
		Now: w.now, Talk: p.talk, Line: line, Limits: p.rules.limits, Banner: p.rules.banner, Here: p.rules.banner && p.here(),
		Zone: w.scene.Start.Location(), Vars: map[string]string{"topic": k.Topic, "sla_text": "2 小时", "slot_text": "明天上午"},
	}
	if own, ok := w.line.Estimate(k.ID, w.now); ok {
		f.Own = &own
	}
	f.Peak = w.peaks.On(p.policy, k.Topic)
	return f
}

// snapshot is the lines as the hub's keeper shows them: at most 2 s old.
func (w *world) snapshot() map[string]core.LineState {
	if w.lines == nil || w.now.Sub(w.looked) >= 2*time.Second {
		w.lines, w.looked = w.line.Snapshot(w.now), w.now
		w.peaks = w.policies.Peaks(w.peaks, w.lines, w.now)
	}
	return w.lines
}

// put tells the line what has become of a ticket.
func (w *world) put(p *person) { w.line.Put(*p.talk.Ticket, w.now) }

// note adds to the log of a conversation.
func (w *world) note(p *person, kind core.EventKind, data ...string) {
	e := core.Event{Kind: kind, At: w.now, Data: map[string]string{"ticket": p.talk.Ticket.ID}}
	for i := 0; i < len(data); i += 2 {
		e.Data[data[i]] = data[i+1]
	}
	p.log = append(p.log, e)
}

// hear is that the customer has typed something.
func (w *world) hear(p *person) {
	p.talk.Heard = w.now
	p.talk.Ledger = p.talk.Ledger.Heard(p.rules.limits.Allowances, core.CauseMessage, w.now)
}

// write is a customer's message: whoever was parked is in line again, in the old
// place; an answer to what was offered goes to the engine, everything else to the
// bot, whose answer the next step keeps away from.
func (w *world) write(p *person, text string) {
	w.hear(p)
	if p.talk.Ticket.State == core.TicketParked {
		w.state(p, core.TicketWaiting)
		w.note(p, core.EventReturned)
	}
	if p.policy == nil {
		return
	}
	f := w.facts(p)
	d, ours := p.policy.Hear(f, text)
	if !ours {
		d = p.policy.Wrote(f)
	}
	w.commit(p, d, true)
}

// state changes where a ticket is on its way.
func (w *world) state(p *person, s core.TicketState) {
	k := *p.talk.Ticket
	k.State = s
	p.talk.Ticket = &k
	w.put(p)
}

// commit makes a decision come true. asked is whether it answers what the customer
// has just written: the first message is free then where the platform takes it
// inside its own request.
func (w *world) commit(p *person, d reassure.Decision, asked bool) {
	k := *p.talk.Ticket
	k.Wait = d.Wait
	if d.Told != nil {
		k.Told = *d.Told
	}
	moved := !k.Held.Equal(d.Held)
	k.Held = d.Held
	p.talk.Ticket = &k
	if moved {
		w.put(p)
	}
	p.log = append(p.log, d.Log...)
	for i, s := range d.Say {
		w.send(p, s, asked && i == 0 && p.rules.limits.OneReply)
	}
	w.wake(p, d.Wake)
	switch {
	case d.Park:
		w.park(p)
	case d.Divert == "exit":
		w.leave(p, "left")
	case d.Divert == "message", d.Divert == "callback":
		w.leave(p, d.Divert)
	}
}

// wake sets when the next step may be due: not in the moment that has just been.
func (w *world) wake(p *person, at time.Time) {
	if !at.IsZero() {
		at = later(at, w.now.Add(time.Second))
	}
	p.talk.Wakes = p.talk.Wakes.Set(core.WakeWait, at)
	if !at.IsZero() {
		w.agenda.add(at, wakes, p)
	}
}

// park takes somebody who did not answer out of the way; whoever is still there
// may look at their phone again.
func (w *world) park(p *person) {
	w.state(p, core.TicketParked)
	w.note(p, core.EventParked)
	p.past.parked = true
	if p.here() {
		p.past.there = true
		if p.rnd.Float64() < w.scene.Presence.Answer {
			w.agenda.add(within(p.rnd, w.now, p.patient), returns, p)
		}
	}
}

// leave ends a wait without an agent.
func (w *world) leave(p *person, why string) {
	w.note(p, core.EventExited, "topic", p.talk.Ticket.Topic, "outcome", why)
	p.past.why, p.past.ended = why, w.now
	w.finish(p, why)
}

// assign gives customers to agents who have room.
func (w *world) assign() {
	for {
		o, ok := w.line.Next(w.now)
		if !ok {
			return
		}
		w.claim(w.byID[o.Ticket.ID], o.Agent)
	}
}

// claim is that an agent takes a customer, or finds that nobody is there.
func (w *world) claim(p *person, agent string) {
	k := *p.talk.Ticket
	k.State, k.Agent, k.Claimed = core.TicketActive, agent, w.now
	p.talk.Ticket, p.talk.State = &k, core.WithAgent
	w.put(p)
	w.wake(p, time.Time{})
	p.past.why, p.past.ended, p.past.picked = "picked", w.now, w.now
	left := p.talk.Ledger.Room(w.now)
	w.note(p, core.EventClaimed, "agent", agent, "left", strconv.Itoa(left))
	p.past.short = len(p.rules.limits.Allowances) > 0 && p.policy != nil && left < p.policy.Reserve.Agent
	takes := p.serve
	if !p.here() {
		takes = p.ghost
	}
	w.agenda.add(w.now.Add(takes), ends, p)
}

// close is that an agent is done with a customer.
func (w *world) close(p *person) {
	outcome := "solved"
	if !p.here() {
		outcome = "silent"
	}
	w.note(p, core.EventClosed, "outcome", outcome)
	w.finish(p, outcome)
}

// finish closes a ticket.
func (w *world) finish(p *person, outcome string) {
	k := *p.talk.Ticket
	k.State, k.Closed, k.Outcome = core.TicketClosed, w.now, outcome
	p.talk.Ticket = &k
	w.wake(p, time.Time{})
	w.put(p)
	delete(w.byID, k.ID)
}

// send is a message on its way to somebody; free if it costs nothing of what the
// platform lets us say.
func (w *world) send(p *person, l reassure.Line, free bool) {
	s := Said{At: w.now, Step: l.Step, Text: l.Text, Upper: l.Upper, Sorry: l.Sorry, Late: !w.inLine(p)}
	if !free {
		s.Lost = w.refuses(p)
	}
	switch {
	case s.Lost:
		p.refused = true
	case !free:
		p.talk.Ledger = p.talk.Ledger.Spend(w.now)
	}
	p.said = append(p.said, s)
	if !s.Lost && slices.ContainsFunc(l.Options, func(o reassure.Option) bool { return o.Key == "keep" }) {
		w.asked(p)
	}
}

// asked is that somebody reads the question whether they are still there.
func (w *world) asked(p *person) {
	if !p.here() {
		return
	}
	p.past.checked = true
	if p.rnd.Float64() < w.scene.Presence.Answer {
		w.agenda.add(within(p.rnd, w.now, w.now.Add(w.scene.Presence.Within)), answers, p)
	}
}

// refuses reports whether the platform takes nothing just now. The codes that say
// that nothing is left of what it lets us say are believed.
func (w *world) refuses(p *person) bool {
	for _, r := range w.scene.Refuses {
		if r.Channel != p.talk.Key.Channel || w.now.Before(w.scene.at(r.From)) || !w.now.Before(w.scene.at(r.Until)) || p.rnd.Float64() >= r.Share {
			continue
		}
		if r.Code == 45047 || r.Code == 45015 {
			p.talk.Ledger = p.talk.Ledger.Shut()
		}
		return true
	}
	return false
}
