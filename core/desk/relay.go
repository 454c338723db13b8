package desk

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk/card"
)

// Relay shows staff what the customer wrote, and also what the bot answered
// (envelopes whose By says so). It resumes a parked ticket and notices that the
// customer left. With no envelopes it brings the cards up to date.
func (r *Rules) Relay(c core.Conversation, envs []core.Envelope, s core.Scene) core.Outcome {
	if c.Ticket == nil {
		return core.Outcome{Conversation: c}
	}
	v, t := r.begin(c, s)
	if !t.Open() {
		return v.end(over(v, t))
	}
	var d done
	if t.Agent != "" && (t.State == core.TicketWaiting || t.State == core.TicketMessage) {
		// The bot's turn changed what rang: the customer left a message instead.
		d = d.say(v.notice(t, t.Agent, "customer_out"))
		t.Agent, t.Rung = "", time.Time{}
	}
	if c.Gone {
		var gone done
		t, gone = left(v, t)
		d = d.then(gone)
	}
	for _, env := range envs {
		x, ok := heard(v, env)
		if t.m = t.m.remember(x); ok && x.Kind == core.ByPeer && !c.Gone {
			var out done
			t, out = customer(v, t, env)
			d = d.then(out)
		}
	}
	t, told := alarmed(v, t)
	return v.end(t, d.then(told))
}

// over: the customer ended the ticket themselves, in a turn of the bot's.
func over(v view, t ticket) (ticket, done) {
	var d done
	if t.Agent != "" && !t.Rung.IsZero() && t.Claimed.Before(t.Rung) {
		d = d.say(v.notice(t, t.Agent, "customer_out"))
	}
	t.Rung = time.Time{}
	t.m.Held, t.m.Asked, t.m.Kept, t.m.Open, t.m.Until = nil, nil, nil, time.Time{}, time.Time{}
	return t, d
}

// heard is a message as a card shows it; false if nobody said anything.
func heard(v view, env core.Envelope) (card.Remark, bool) {
	parts := slices.DeleteFunc(slices.Clone(env.Parts), quiet)
	if len(parts) == 0 {
		return card.Remark{}, false
	}
	x := card.Remark{At: env.At, Kind: cmp.Or(env.By.Kind, core.ByPeer), Name: env.By.Name, Text: strings.TrimSpace(card.Above(env) + "\n" + card.Heard(parts))}
	if x.At.IsZero() {
		x.At = v.now()
	}
	return x, true
}

// quiet parts are nobody's words.
func quiet(p core.Part) bool {
	switch p := p.(type) {
	case core.Joined, core.Left, core.Case:
		return true
	case core.Other:
		return p.Quiet
	}
	return false
}

// customer: the customer wrote to an open ticket.
func customer(v view, t ticket, env core.Envelope) (ticket, done) {
	who := core.Author{Kind: core.ByPeer, ID: v.c.Key.Peer}
	var d done
	nod := t.m.nods(env)
	if t.m.Gone || t.State == core.TicketParked && (!nod || t.Agent == "") {
		t, d = resume(v, t, cause{who, "the customer wrote"})
	}
	if t.State != core.TicketActive {
		return t, d
	}
	if t.m.Open.IsZero() && !nod {
		t.m.Open, t.m.Nags = v.now(), 0
	}
	parts := slices.DeleteFunc(slices.Clone(env.Parts), quiet)
	for i, p := range parts {
		if pick, ok := p.(core.Pick); ok { // a button of ours: staff read its words
			parts[i] = core.Text{Body: cmp.Or(pick.Label, pick.Option)}
		}
	}
	who.Name = v.c.Peer.Name
	d = d.say(v.mirror(t, "", who, card.Under(card.Above(env), parts)))
	t, kept := sendKept(v, t)
	return t, d.then(kept)
}

// left: the customer left the channel. The ticket is set aside: they may come
// back.
func left(v view, t ticket) (ticket, done) {
	if t.m.Gone || !t.Open() {
		return t, done{}
	}
	t.m.Gone = true
	var d done
	if t.Agent != "" {
		d = d.say(v.notice(t, t.Agent, "gone"))
	}
	if t.State == core.TicketParked {
		return t, d
	}
	t, unsent := discard(v, t)
	who := core.Author{Kind: core.ByPeer, ID: v.c.Key.Peer}
	return t.parked(time.Time{}), d.then(unsent).log(v.event(core.EventParked, who, "the customer left the channel"))
}

// Reopen gives a ticket that was closed a short while ago back to its agent, if
// they are free and envs are not just a rating or thanks. Otherwise it reports
// false and the bot goes first. After it, Relay as usual.
func (r *Rules) Reopen(c core.Conversation, envs []core.Envelope, s core.Scene) (core.Outcome, bool) {
	none := core.Outcome{Conversation: c}
	k := c.Ticket
	if k == nil || k.Open() || k.LastOwn == "" || k.Claimed.IsZero() || k.Closed.IsZero() ||
		s.Now.Sub(k.Closed) > r.reopenWithin() || !slices.Contains([]string{"solved", "unsolved"}, k.Outcome) ||
		!slices.ContainsFunc(envs, more) {
		return none, false
	}
	v, t := r.begin(c, s)
	a, ok := v.agent(t.LastOwn)
	if !ok || a.Presence != core.OnDuty || a.Max > 0 && a.Load >= a.Max {
		return none, false
	}
	who := core.Author{Kind: core.ByPeer, ID: c.Key.Peer}
	t, d := revive(v, t, a, cause{who, "the customer wrote again soon after the close"})
	t, told := toPeer(v, t, "reopened", map[string]string{"agent": a.Name})
	return v.end(t, d.then(told).say(v.notice(t, a.ID, "reopened"))), true
}
