// Package duty is who is on: what agents say of themselves (on, a break, off),
// breaks that end by themselves, shifts, and the record that a desk keeps of its
// members.
//
// Every function takes what a Post knows and returns what is to be said, what
// happened and whose records change. It remembers nothing but what is in the
// agent's own conversation with their desk (Conversation.Mind is this package's
// there), so a turn can be taken again. A record that another turn has changed
// meanwhile is not overwritten: see core.AgentChange.
package duty

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/calendar"
	"github.com/frontdesk-im/frontdesk/core/desk/card"
	"github.com/frontdesk-im/frontdesk/core/desk/command"
)

// A Post is what somebody's duty is decided from. Nothing changes it.
type Post struct {
	Desks  card.Desks
	Zone   *time.Location           // of clock times in commands
	Shifts map[string]calendar.Week // by Agent.ID
	Scene  core.Scene
	Mine   []core.TicketView // the agent's open tickets
	Owns   int               // of tickets that are theirs, those that the turn knows of itself
}

// Words are what an agent wrote, or the button that they pressed, at a desk.
type Words struct {
	Agent core.Agent
	Act   command.Act
	Desk  string

	Ticket *core.Ticket // in whose thread they were said; nil outside every thread
}

// A Reply is what a word about duty leads to.
type Reply struct {
	Texts  []string // to the agent, where they wrote
	Events []core.Event
	Agents Changes
	Values []core.Value
}

// Turn is what an agent wrote outside every thread. c is their own conversation
// with the desk.
func (p Post) Turn(c core.Conversation, env core.Envelope) core.Outcome {
	c.Ticket = nil
	a, agents := AgentOf(p.Scene, env)
	if slices.ContainsFunc(env.Parts, func(p core.Part) bool { _, ok := p.(core.Left); return ok }) {
		return p.removed(c, a, agents)
	}
	m := recall(c)
	if c.Gone { // they are back, and so is their shift
		c.Gone, c.Wakes = false, c.Wakes.Set(core.WakeDesk, m.Edge)
	}
	var r Reply
	act, ok := command.FromParts(env.Parts)
	switch {
	case ok:
		r = p.Do(Words{Agent: a, Act: act, Desk: env.Channel})
		r.Agents = agents.Append(r.Agents)
	case env.Replaces != "" || env.Thread != "" || !sayable(env.Parts):
		// An edit, colleagues among themselves, or nothing said.
	case p.Scene.Now.Sub(m.Hint) >= time.Hour:
		m.Hint = p.Scene.Now
		c.Mind = m.kept()
		r.Texts = []string{card.Words(p.Desks.Named(env.Channel).Lang, "hint")}
	}
	if a, ok := r.Agents.Find(c.Key.String()); ok {
		c.Wakes = c.Wakes.Set(core.WakeDesk, m.wake(a))
	}
	o := core.Outcome{Conversation: c, Events: r.Events, Agents: r.Agents.Against(p.Scene.Agents), Values: r.Values}
	for _, text := range r.Texts {
		o.Say = append(o.Say, Answer(env, text))
	}
	return o
}

// sayable reports whether somebody said something.
func sayable(parts core.Parts) bool {
	return slices.ContainsFunc(parts, func(p core.Part) bool {
		switch p := p.(type) {
		case core.Text:
			return strings.TrimSpace(p.Body) != ""
		case core.Media, core.Place, core.Card:
			return true
		}
		return false
	})
}

// Answer replies to an envelope where it was written.
func Answer(env core.Envelope, text string) core.Envelope {
	return core.Envelope{Channel: env.Channel, Peer: env.Peer, Thread: env.Thread, By: bySystem, Parts: core.Parts{core.Text{Body: text}}}
}

// removed: somebody is no longer a member of the desk. The hub returns their
// tickets.
func (p Post) removed(c core.Conversation, a core.Agent, agents Changes) core.Outcome {
	c.Gone, c.Wakes = true, c.Wakes.Set(core.WakeDesk, time.Time{})
	a.Presence, a.Since = core.OffDuty, p.Scene.Now
	e := p.event(bySystem, a, "is no longer a member of the desk")
	return core.Outcome{Conversation: c, Events: []core.Event{e}, Agents: agents.WithSaid(a).Against(p.Scene.Agents)}
}

// A mind is what this package keeps in an agent's conversation with their desk.
type mind struct {
	Hint time.Time `json:"hint,omitzero"`  // when they were last told where to write
	Edge time.Time `json:"edge,omitzero"`  // of their shift, the next one
	Over bool      `json:"over,omitempty"` // their shift is, but not their tickets: at Edge they are seen to again
}

func recall(c core.Conversation) (m mind) {
	if len(c.Mind) > 0 && json.Unmarshal(c.Mind, &m) != nil {
		return mind{}
	}
	return m
}

func (m mind) kept() json.RawMessage {
	b, err := json.Marshal(m)
	if err != nil {
		panic("duty: a time does not marshal: " + err.Error())
	}
	return b
}

// Do does what concerns the whole desk.
func (p Post) Do(w Words) Reply {
	lang := p.Desks.Named(w.Desk).Lang
	switch w.Act.Name {
	case command.ActOn:
		return p.present(w, core.OnDuty, "on_now")
	case command.ActBreak:
		r := p.rest(w)
		if len(p.Mine) > 0 {
			r.Texts = append(r.Texts, card.Words(lang, "mine", "list", card.Mine(lang, p.Mine)))
		}
		return r
	case command.ActOff:
		return p.off(w)
	case command.ActMine:
		if len(p.Mine) == 0 {
			return told(card.Words(lang, "mine_none", "n", strconv.Itoa(w.Agent.Load)))
		}
		return told(card.Words(lang, "mine", "list", card.Mine(lang, p.Mine)))
	case command.ActQueue:
		return told(card.Queue(lang, p.Scene.Lines))
	case command.ActStats:
		return told(card.Stats(lang, p.Scene.Agents))
	case command.ActReassure:
		return p.reassure(w)
	case command.ActCause:
		return p.cause(w)
	case command.ActHelp:
		return told(card.Help(lang, w.Act.Values["unknown"]))
	}
	if _, ok := command.ForAction(w.Act.Name); ok { // of one ticket, and this is not its thread
		return told(card.Words(lang, "in_thread"))
	}
	return told(card.Help(lang, w.Act.Name))
}

func told(text string) Reply { return Reply{Texts: []string{text}} }

// rest begins a break, until the agent says so or until a time.
func (p Post) rest(w Words) Reply {
	id, until, vars := "break_now", time.Time{}, []string(nil)
	if w.Agent.Load > 0 {
		id = "break_load"
	}
	if s := w.Act.Values["until"]; s != "" {
		at, ok := command.Until(s, p.Scene.Now, p.Zone)
		if !ok || at.Sub(p.Scene.Now) > 24*time.Hour {
			return told(card.Words(p.Desks.Named(w.Desk).Lang, "bad_break", "word", card.Clip(s, 40)))
		}
		id, until = "break_until", at
		vars = []string{"time", at.In(p.Zone).Format("15:04")}
	}
	w.Agent.Until = until
	return p.present(w, core.OnBreak, id, vars...)
}

// present sets the presence that an agent says they have.
func (p Post) present(w Words, now core.Presence, id string, vars ...string) (r Reply) {
	a := w.Agent
	if a.Presence != now {
		a.Presence, a.Since = now, p.Scene.Now
		r.Events = []core.Event{p.event(by(a), a, "said so")}
	}
	if now != core.OnBreak {
		a.Until = time.Time{}
	}
	if now == core.OnDuty {
		a.Misses = 0
	}
	r.Agents = r.Agents.WithSaid(a)
	r.Texts = []string{card.Words(p.Desks.Named(w.Desk).Lang, id, append(vars, "n", strconv.Itoa(a.Load))...)}
	return r
}

// off ends a shift. Tickets that are still open are handed over first, or given
// back by force.
func (p Post) off(w Words) (r Reply) {
	a, lang, mine := w.Agent, p.Desks.Named(w.Desk).Lang, unparked(p.Mine) // what is parked may stay
	open := max(a.Load, len(mine), p.Owns)
	switch {
	case open == 0:
		return p.present(w, core.OffDuty, "off_now")
	case w.Act.Values["force"] == "yes":
		return p.present(w, core.OffDuty, "off_forced")
	}
	text := card.Words(lang, "off_refused", "n", strconv.Itoa(open))
	if len(mine) > 0 {
		text += "\n" + card.Mine(lang, mine)
	}
	r.Texts = []string{text}
	r.Events = []core.Event{{Kind: core.EventRefused, At: p.Scene.Now, By: by(a), Why: "still has open tickets",
		Data: map[string]string{"action": command.ActOff, "tickets": strconv.Itoa(open)}}}
	// Nothing new meanwhile: they want to go.
	if a.Presence == core.OnDuty || !a.Until.IsZero() {
		a.Presence, a.Since, a.Until = core.OnBreak, p.Scene.Now, time.Time{}
		r.Agents = r.Agents.With(a)
		r.Events = append(r.Events, p.event(by(a), a, "wants to go off duty"))
	}
	return r
}

// unparked are the tickets that somebody works on.
func unparked(mine []core.TicketView) []core.TicketView {
	return slices.DeleteFunc(slices.Clone(mine), func(v core.TicketView) bool { return v.Ticket.State == core.TicketParked })
}

// event records the presence that an agent now has.
func (p Post) event(who core.Author, a core.Agent, why string) core.Event {
	return core.Event{Kind: core.EventPresence, At: p.Scene.Now, By: who, Why: why, Data: map[string]string{"agent": a.ID, "presence": string(a.Presence)}}
}

func by(a core.Agent) core.Author { return core.Author{Kind: core.ByAgent, ID: a.ID, Name: a.Name} }

var bySystem = core.Author{Kind: core.BySystem}
