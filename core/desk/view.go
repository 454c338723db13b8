package desk

import (
	"maps"
	"slices"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk/card"
)

// A view is what a decision knows beside the ticket. It is passed on by value,
// and nothing changes it.
type view struct {
	r     *Rules
	s     core.Scene
	c     core.Conversation // its ticket is as the turn found it: the one that is worked on is passed beside the view
	actor core.Agent        // who wrote what this turn is about; s may not know them yet
	past  []core.Envelope   // what was sent to the peer, if the turn was given it
}

func (v view) now() time.Time { return v.s.Now }

// agent is an agent as this turn knows them.
func (v view) agent(id string) (core.Agent, bool) {
	if id != "" && id == v.actor.ID {
		return v.actor, true
	}
	a, ok := v.s.Agents[id]
	return a, ok
}

// name is what an agent is called.
func (v view) name(t ticket, id string) string {
	if a, ok := v.agent(id); ok && a.Name != "" {
		return a.Name
	}
	if id == t.m.Owner && t.m.Called != "" {
		return t.m.Called
	}
	_, peer := card.DeskOf(id)
	return peer
}

// leads are those on duty.
func (v view) leads() (out []string) {
	for _, id := range slices.Sorted(maps.Keys(v.s.Agents)) {
		if a, _ := v.agent(id); a.Lead && a.Presence == core.OnDuty {
			out = append(out, id)
		}
	}
	return out
}

// lang is the customer's language.
func (v view) lang(t ticket) string {
	if t.Lang != "" {
		return t.Lang
	}
	return v.c.Peer.Lang
}

// counted reports whether the platform counts what we say to the customer.
func (v view) counted() bool { return len(v.r.limits(v.c.Key.Channel).Allowances) > 0 }

// room is how many messages the platform lets us say now.
func (v view) room() int { return v.c.Ledger.Room(v.now()) }

// pieces is how many messages of the customer's platform it takes.
func (v view) pieces(parts core.Parts) int { return len(v.r.limits(v.c.Key.Channel).Fit(parts)) }

// closing is when leads are warned that the platform's window is about to
// close; zero if they were, or need not be.
func (v view) closing(t ticket) time.Time {
	until := v.c.Ledger.Until
	if !v.counted() || until.IsZero() || t.m.Warned.Equal(until) || until.Before(v.now()) {
		return time.Time{}
	}
	return until.Add(-card.ClosingSoon)
}

// of is a text of the catalog in the language of an agent's desk.
func (v view) of(agent, id string, vars ...string) string {
	desk, _ := card.DeskOf(agent)
	return card.Words(v.r.Desks.Named(desk).Lang, id, vars...)
}

// at is a text of the catalog in the language of a desk.
func (v view) at(desk, id string, vars ...string) string {
	return card.Words(v.r.Desks.Named(desk).Lang, id, vars...)
}

// tell says something to an agent in the ticket's thread at their desk.
func (v view) tell(t ticket, agent string, parts ...core.Part) saying {
	desk, peer := card.DeskOf(agent)
	if desk == "" {
		return saying{}
	}
	return saying{desk: desk, env: core.Envelope{Channel: desk, Peer: core.Peer{ID: peer, Name: v.name(t, agent)}, Ticket: t.ID, By: bySystem, Parts: parts}}
}

// notice tells an agent a text of the catalog, in the language of their desk.
func (v view) notice(t ticket, agent, id string, vars ...string) saying {
	return v.tell(t, agent, core.Text{Body: v.of(agent, id, vars...)})
}

// ask offers an agent buttons under a text.
func (v view) ask(t ticket, agent, prompt string, options ...core.Option) saying {
	return v.tell(t, agent, core.Choice{Prompt: prompt, Options: options})
}

// button is one with a text of the catalog; arg is what its action is about.
func (v view) button(agent, action, arg, id string) core.Option {
	return card.Option(action+":"+arg, v.of(agent, id))
}

// mirror shows a message in the ticket's threads at the desks, except at one:
// where it was written.
func (v view) mirror(t ticket, except string, who core.Author, parts core.Parts) saying {
	s := saying{mirror: true, env: core.Envelope{Channel: except, Ticket: t.ID, By: who, Parts: parts}}
	if t.Agent != "" && who.Kind == core.ByPeer {
		s.owner = core.Peer{ID: t.Agent, Name: v.name(t, t.Agent)}
	}
	return s
}

// event records what happened; data are alternating keys and values, of which
// empty values are left out.
func (v view) event(kind core.EventKind, who core.Author, why string, data ...string) core.Event {
	e := core.Event{Kind: kind, At: v.now(), By: who, Why: why}
	for i := 0; i+1 < len(data); i += 2 {
		if data[i+1] == "" {
			continue
		}
		if e.Data == nil {
			e.Data = map[string]string{}
		}
		e.Data[data[i]] = data[i+1]
	}
	return e
}

// refuse tells the agent who acted why it was not done.
func (v view) refuse(t ticket, action, id string, vars ...string) done {
	return done{}.
		log(v.event(core.EventRefused, by(v.actor), card.Words("en", id, vars...), "action", action)).
		say(v.notice(t, v.actor.ID, id, vars...))
}

func by(a core.Agent) core.Author { return core.Author{Kind: core.ByAgent, ID: a.ID, Name: a.Name} }

var bySystem = core.Author{Kind: core.BySystem}
