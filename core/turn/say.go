package turn

import (
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk"
)

// add is o after a step that came to x. What the bot said earlier in this turn
// is dropped if the step says that a person has taken over (Outcome.Hush).
func (s steps) add(o, x core.Outcome) core.Outcome {
	if x.Hush {
		o = s.hush(o)
	}
	waits := o.Conversation.Ticket.Open() || x.Conversation.Ticket.Open()
	o.Conversation = x.Conversation
	o.Events = append(o.Events, x.Events...)
	o.Agents = append(o.Agents, x.Agents...)
	o.Values = append(o.Values, x.Values...)
	o.Hush = o.Hush || x.Hush
	spare := s.Desk.Spare(o.Conversation, s.Scene.Now)
	if spare >= core.AnyNumber {
		o.Say = append(o.Say, x.Say...)
		return o
	}
	for _, env := range x.Say {
		if (waits || env.Policy != "") && !s.spared(o, env, spare) {
			o.Events = append(o.Events, dropped(desk.NotSpared, env))
			continue
		}
		o.Say = append(o.Say, env)
	}
	return o
}

// spared reports whether env may be said beside what this turn has said, of
// which spare messages may go out: what no agent wrote leaves of the platform's
// allowance what the agent will need, while a ticket is open, and what a policy
// wants always. All of a message goes out or nothing.
func (s steps) spared(o core.Outcome, env core.Envelope, spare int) bool {
	c := o.Conversation
	if env = s.address(env, c); !toPeer(env, c) || env.By.Kind == core.ByAgent {
		return true
	}
	for _, said := range s.heard(o, 0) {
		spare -= len(s.fit(said, c))
	}
	return len(s.fit(env, c)) <= spare
}

// hush drops what the bot has said to the peer.
func (s steps) hush(o core.Outcome) core.Outcome {
	var say []core.Envelope
	for _, env := range o.Say {
		if to := s.address(env, o.Conversation); toPeer(to, o.Conversation) && to.By.Kind == core.ByBot {
			o.Events = append(o.Events, dropped(core.WhyHushed, env))
			continue
		}
		say = append(say, env)
	}
	o.Say = say
	return o
}

// address completes an envelope: without a channel it is for the peer of c.
func (s steps) address(env core.Envelope, c core.Conversation) core.Envelope {
	if env.Channel == "" {
		env.Channel, env.Peer = c.Key.Channel, c.Peer
		env.Peer.ID = c.Key.Peer
		env.Peer.Facts = nil
	}
	if env.By.Kind == "" {
		env.By.Kind = core.ByBot
	}
	env.Filed = s.Scene.Now
	return env
}

// toPeer reports whether an addressed envelope is for the peer of c.
func toPeer(env core.Envelope, c core.Conversation) bool { return env.Channel == c.Key.Channel }

// fit cuts what is said into the messages of its platform. A case stays one
// whatever the desk can show: the store opens and keeps threads by it.
func (s steps) fit(env core.Envelope, c core.Conversation) []core.Parts {
	if len(env.Parts) > 0 {
		if _, ok := env.Parts[0].(core.Case); ok {
			return []core.Parts{env.Parts}
		}
	}
	lim := s.Limits(env.Channel)
	mark := ""
	if toPeer(env, c) && env.By.Kind == core.ByBot && !lim.Names { // nobody takes a bot for a person
		mark = s.book.Words(c.Peer.Lang, "bot_prefix", nil).Text()
	}
	if lim.Text > 0 {
		lim.Text -= lim.Unit.Len(mark)
	}
	parts := env.Parts
	if lim.OneReply && toPeer(env, c) {
		parts = joined(lim, parts, env.Greeting)
	}
	out := lim.Fit(parts)
	for i, ps := range out {
		out[i] = ps.Marked(mark)
	}
	return out
}

// dropped notes a message that is not sent.
func dropped(why string, env core.Envelope) core.Event {
	return core.Event{Kind: core.EventDropped, By: core.Author{Kind: core.BySystem}, Why: why,
		Data: map[string]string{"text": env.Parts.Text()}}
}
