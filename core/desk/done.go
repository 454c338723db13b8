package desk

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk/card"
	"github.com/frontdesk-im/frontdesk/core/desk/duty"
)

// done is what a decision did beside changing the ticket, in order. It is passed
// on and returned; the zero value is nothing.
type done struct {
	said   []saying
	events []core.Event
	agents duty.Changes
	values []core.Value
	hush   bool    // what the bot has not said yet is not said
	called *string // what the customer is called from now on; empty: what they call themselves
}

// A saying is what is said, and where.
type saying struct {
	desk   string        // shows the ticket from now on; empty: none that did not
	env    core.Envelope // nothing is said if it has no parts
	mirror bool          // env goes to every desk that shows the ticket, other than env.Channel
	owner  core.Peer     // of a mirrored message: the owner's Agent.ID and name; their desk may mention them
}

// shown is a desk that shows the ticket from now on.
func shown(desk string) saying { return saying{desk: desk} }

func (d done) say(s ...saying) done {
	d.said = append(d.said, s...)
	return d
}

func (d done) log(e ...core.Event) done {
	d.events = append(d.events, e...)
	return d
}

// then is d, and after it what e did.
func (d done) then(e done) done {
	return done{append(d.said, e.said...), append(d.events, e.events...), d.agents.Append(e.agents), append(d.values, e.values...), d.hush || e.hush, cmp.Or(e.called, d.called)}
}

// end is the outcome of a turn that leaves t and did d: the cards first, because
// a card opens the thread in which the rest is said.
func (v view) end(t ticket, d done) core.Outcome {
	if d.called != nil {
		v.c.Peer = v.c.Peer.Called(*d.called)
	}
	said, cards := v.addressed(t, d.said)
	say, cards := v.cards(t, cards)
	t.m.Cards = cards
	for i := range d.events {
		if t.ID == "" {
			break
		}
		if d.events[i].Data == nil {
			d.events[i].Data = map[string]string{}
		}
		d.events[i].Data["ticket"] = t.ID
	}
	b, err := json.Marshal(t.m)
	if err != nil {
		panic("desk: a mind does not marshal: " + err.Error()) // it is made of strings
	}
	k := t.Ticket
	k.Mind = b
	c := v.c
	c.State, c.Ticket = t.holder, &k
	c.Wakes = c.Wakes.Set(core.WakeDesk, v.wake(t))
	return core.Outcome{Conversation: c, Say: append(say, said...), Events: d.events, Agents: d.agents.Against(v.s.Agents), Values: d.values, Hush: d.hush}
}

// addressed are the envelopes of what was said, and what the cards of all desks
// that now show the ticket said last; a new one's has said nothing.
func (v view) addressed(t ticket, said []saying) (out []core.Envelope, cards map[string]string) {
	cards = maps.Clone(t.m.Cards)
	for _, s := range said {
		if _, ok := cards[s.desk]; !ok && s.desk != "" {
			if cards == nil {
				cards = map[string]string{}
			}
			cards[s.desk] = ""
		}
		switch {
		case s.mirror:
			out = append(out, v.mirrored(s, cards)...)
		case len(s.env.Parts) > 0:
			out = append(out, s.env)
		}
	}
	return out, cards
}

// mirrored is a message for each desk that shows the ticket, other than the one
// where it was written.
func (v view) mirrored(s saying, cards map[string]string) (out []core.Envelope) {
	for _, name := range slices.Sorted(maps.Keys(cards)) {
		if name == s.env.Channel || v.r.Desks.Named(name).Views {
			continue
		}
		env := s.env
		env.Channel = name
		if desk, peer := card.DeskOf(s.owner.ID); desk == name {
			env.Peer = core.Peer{ID: peer, Name: s.owner.Name}
		}
		out = append(out, env)
	}
	return out
}

// cards are the cards that read differently than before, and what all of them
// say now.
func (v view) cards(t ticket, cards map[string]string) (out []core.Envelope, now map[string]string) {
	if len(cards) == 0 {
		return nil, cards
	}
	shows := v.shows(t)
	for _, name := range slices.Sorted(maps.Keys(cards)) {
		d := v.r.Desks.Named(name)
		c := shows.Case(d)
		sum := shows.Sum(d, c)
		if cards[name] == sum {
			continue
		}
		cards[name] = sum
		out = append(out, core.Envelope{Channel: name, Ticket: t.ID, By: bySystem, Parts: core.Parts{c}})
	}
	return out, cards
}

// shows is what the ticket's cards are made from.
func (v view) shows(t ticket) card.View {
	s := card.View{Ticket: t.Ticket, Key: v.c.Key, Peer: v.c.Peer, Ledger: v.c.Ledger, Gone: v.c.Gone, Counted: v.counted(),
		Tail: t.m.Tail, Until: t.m.Until, Zone: v.r.zone(), Agent: v.name(t, t.Agent), Last: v.name(t, t.LastOwn), Labels: v.r.Labels, Now: v.now()}
	if v.r.Link != nil {
		s.Link = v.r.Link(t.ID)
	}
	return s
}
