package console

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk/card"
)

// row is a ticket as the lists and the context card show it. Times are RFC 3339,
// durations seconds.
type row struct {
	ID       string                  `json:"id"`
	Channel  string                  `json:"channel"`
	Peer     core.Peer               `json:"peer"`
	State    core.TicketState        `json:"state"`
	Topic    string                  `json:"topic,omitempty"`
	Lang     string                  `json:"lang,omitempty"`
	Class    int                     `json:"class"`
	Intent   string                  `json:"intent,omitempty"`
	Asked    string                  `json:"asked,omitempty"`
	Form     map[string]string       `json:"form,omitempty"`
	Labelled map[string][]core.Field `json:"labelled,omitempty"` // the form in the script's words, by language
	Mood     string                  `json:"mood,omitempty"`
	Since    time.Time               `json:"since"`
	Rung     time.Time               `json:"rung,omitzero"`
	Claimed  time.Time               `json:"claimed,omitzero"`
	Closed   time.Time               `json:"closed,omitzero"`
	Heard    time.Time               `json:"heard,omitzero"`
	Gone     bool                    `json:"gone,omitempty"`
	Agent    string                  `json:"agent,omitempty"` // Agent.ID
	Owner    string                  `json:"owner,omitempty"` // what they are called
	LastOwn  string                  `json:"lastOwn,omitempty"`
	Hops     int                     `json:"hops,omitempty"`
	Tags     []string                `json:"tags,omitempty"`
	Summary  string                  `json:"summary,omitempty"`
	Outcome  string                  `json:"outcome,omitempty"`
	Promised *promise                `json:"promised,omitempty"`
	Left     *allowed                `json:"left,omitempty"` // what the platform still lets us say
	Last     *last                   `json:"last,omitempty"`
}

type promise struct {
	At    time.Time `json:"at"`
	Ahead int       `json:"ahead"`
	Upper int       `json:"upper,omitempty"`
}

type allowed struct {
	N     int       `json:"n"`
	Any   bool      `json:"any,omitempty"` // as many as we like, until Until
	Until time.Time `json:"until,omitzero"`
	Why   string    `json:"why,omitempty"`
}

type last struct {
	Seq  int64           `json:"seq"`
	At   time.Time       `json:"at"`
	In   bool            `json:"in"`
	By   core.AuthorKind `json:"by"`
	Text string          `json:"text"`
	Kind string          `json:"kind,omitempty"` // of what has no words: image, file, …
}

// A viewer is somebody who looks at tickets and conversations.
type viewer struct {
	desk      deskName
	who       account
	names     map[string]string // what agents are called, by Agent.ID
	catalogue *catalogue
	now       time.Time
}

// row is v as a viewer sees it.
func (w viewer) row(v core.TicketView) row {
	t, names := v.Ticket, w.names
	r := row{
		ID: t.ID, Channel: t.Key.Channel, Peer: v.Peer, State: t.State, Topic: t.Topic, Lang: t.Lang, Class: t.Class,
		Intent: t.Intent, Asked: t.Asked, Form: t.Form, Labelled: w.catalogue.labelled(t.Form), Mood: t.Mood, Since: t.Since, Rung: t.Rung, Claimed: t.Claimed,
		Closed: t.Closed, Heard: v.Heard, Gone: v.Gone, Agent: t.Agent, Owner: names[t.Agent], LastOwn: names[t.LastOwn],
		Hops: t.Hops, Tags: slices.DeleteFunc(slices.Clone(t.Tags), func(s string) bool { return s == core.TagNoSurvey }), Summary: t.Summary, Outcome: t.Outcome,
	}
	if r.Owner == "" {
		r.Owner = t.Agent
	}
	if r.LastOwn == "" {
		r.LastOwn = t.LastOwn
	}
	if !t.Told.At.IsZero() {
		r.Promised = &promise{At: t.Told.At, Ahead: t.Told.Ahead, Upper: int(t.Told.Upper.Seconds())}
	}
	if l, ok := w.catalogue.limits(t.Key.Channel); ok && len(l.Allowances) > 0 || !ok && !v.Ledger.Until.IsZero() {
		r.Left = allow(v.Ledger, w.now)
	}
	if m := v.Last; m != nil && m.Message != nil {
		r.Last = lastOf(*m)
	}
	return r
}

// rows are the open tickets that f wants: every list carries the agent's own,
// so that the page can ring whatever is on show.
func (w viewer) rows(open []core.TicketView, f func(core.Ticket) bool) []row {
	out := []row{}
	for _, v := range open {
		if f(v.Ticket) {
			out = append(out, w.row(v))
		}
	}
	return out
}

func allow(l core.Ledger, now time.Time) *allowed {
	a := &allowed{N: l.Room(now), Until: l.Until, Why: l.Why}
	if a.Any = a.N >= core.AnyNumber; a.Any {
		a.N = 0
	}
	if !now.Before(l.Until) && now.Before(l.ExtraUntil) {
		a.Until = l.ExtraUntil
	}
	return a
}

func lastOf(r core.Record) *last {
	m := r.Message
	out := &last{Seq: r.Seq, At: r.At, In: r.In, By: m.By.Kind, Text: clip(m.Parts.Text(), 120)}
	if r.In {
		out.By = core.ByPeer
	}
	if out.Text == "" && len(m.Parts) > 0 {
		switch p := m.Parts[0].(type) {
		case core.Media:
			out.Kind = p.Type
		case core.Card:
			out.Text = p.Title
		case core.Choice:
			out.Text = clip(p.Prompt, 120)
		case core.Place:
			out.Kind, out.Text = "place", p.Name
		case core.Form:
			out.Kind, out.Text = "form", clip(strings.Join(formLines(p.Values), " "), 120)
		}
	}
	return out
}

// formLines are the values of a form that are read, not those that are opened.
func formLines(values map[string]string) []string {
	out := []string{}
	for _, k := range slices.Sorted(maps.Keys(values)) {
		if v := values[k]; v != "" && !slices.Contains([]string{"url", "page", "appid", "pagepath"}, k) {
			out = append(out, v)
		}
	}
	return out
}

// entry is one line of a conversation.
type entry struct {
	Seq      int64             `json:"seq"`
	At       time.Time         `json:"at"`
	Kind     entryKind         `json:"kind"`
	ID       string            `json:"id,omitempty"`
	By       string            `json:"by,omitempty"`   // what the speaker is called
	Mine     bool              `json:"mine,omitempty"` // said by who looks at it
	Parts    core.Parts        `json:"parts,omitempty"`
	Template string            `json:"template,omitempty"` // what the template is called that this was sent by
	Lines    []string          `json:"lines,omitempty"`    // what it says
	State    core.Progress     `json:"state,omitempty"`
	Why      string            `json:"why,omitempty"`
	Ref      string            `json:"ref,omitempty"` // of the agent's own message that this carries on
	Replaces string            `json:"replaces,omitempty"`
	Event    core.EventKind    `json:"event,omitempty"`
	Data     map[string]string `json:"data,omitempty"`
}

type entryKind string

const (
	entryPeer   entryKind = "peer"
	entryBot    entryKind = "bot"
	entryAgent  entryKind = "agent"
	entryNotice entryKind = "notice" // for staff, from the program
	entryNote   entryKind = "note"   // from one member of staff to the others
	entryEvent  entryKind = "event"
)

// entry is what the viewer may see of a record of the conversation key; ok is
// false for nothing: what other desks were sent, cards, what was meant for a
// colleague alone.
func (w viewer) entry(r core.Record, key core.Key) (e entry, ok bool) {
	e = entry{Seq: r.Seq, At: r.At, State: r.State, Why: r.Why}
	if r.Event != nil {
		return w.event(e, *r.Event)
	}
	m := r.Message
	if m == nil {
		return e, false
	}
	e.ID, e.Parts, e.Replaces = m.ID, m.Parts, m.Replaces
	switch {
	case r.In && m.Channel == key.Channel:
		e.Parts = card.Under(card.Above(*m), m.Parts)
		if e.Kind, e.State = entryPeer, ""; len(m.Parts) == 1 {
			o, ok := m.Parts[0].(core.Other)
			return e, !ok || !o.Quiet
		}
	case r.In:
		return e, false // from staff or a system: seen as what became of it
	case m.Channel == key.Channel:
		return w.said(e, *m), true
	case m.Channel == string(w.desk) && (m.By.Kind == core.BySystem || m.By.Kind == core.ByBot) && !withCase(m.Parts):
		e.Kind, e.State, e.Why = entryNotice, "", ""
		return e, m.Peer.ID == "" || m.Peer.ID == w.who.ID
	default:
		return e, false
	}
	return e, true
}

// said is a message to the customer.
func (w viewer) said(e entry, m core.Envelope) entry {
	e.Kind = entryBot
	if m.By.Kind == core.ByAgent {
		e.Kind, e.By = entryAgent, w.names[m.By.ID]
		if e.By == "" {
			e.By = m.By.Name
		}
		e.Mine = m.By.ID == w.desk.agent(w.who.ID)
	}
	if m.Via != nil && m.Via.Channel == string(w.desk) {
		e.Ref = m.Via.Ref
	}
	if len(m.Parts) == 1 {
		if f, ok := m.Parts[0].(core.Form); ok {
			all := w.catalogue.templatesOf(m.Channel)
			if i := slices.IndexFunc(all, func(x core.Template) bool { return x.Form == f.ID }); i >= 0 {
				e.Template, e.Lines = all[i].Title, formLines(f.Values)
			}
		}
	}
	return e
}

// event is one that the conversation shows.
func (w viewer) event(e entry, ev core.Event) (entry, bool) {
	e.Kind, e.Event, e.Why, e.At, e.State = entryEvent, ev.Kind, ev.Why, ev.At, ""
	e.By = w.names[ev.By.ID]
	if e.By == "" {
		e.By = ev.By.Name
	}
	e.Mine = ev.By.ID == w.desk.agent(w.who.ID)
	e.Data = maps.Clone(ev.Data)
	if ev.Kind == core.EventNoted && ev.Data["desk"] == string(w.desk) || ev.Kind == core.EventRefused || ev.Kind == core.EventDropped {
		e.Ref = ev.Data["via"] // what became of a message that this browser still shows as on its way
	}
	for _, k := range []string{"agent", "from", "to"} {
		if n := w.names[e.Data[k]]; n != "" {
			e.Data[k] = n
		}
	}
	switch ev.Kind {
	case core.EventNoted:
		e.Kind, e.Parts = entryNote, core.Parts{core.Text{Body: ev.Data["text"]}}
		delete(e.Data, "text")
	case core.EventRelayed, core.EventGreeted, core.EventSuggested, core.EventAnswered, core.EventClarified, core.EventFlowed, core.EventSurvey:
		return e, false // the message itself is seen
	case core.EventCalled:
		return e, ev.Data["result"] != "asked" // what came of it is seen
	case core.EventRefused:
		mine := e.Mine || ev.By.Kind == core.BySystem && ev.Data["agent"] == w.desk.agent(w.who.ID)
		return e, mine || w.who.Role.leads()
	}
	return e, true
}

func withCase(ps core.Parts) bool {
	return slices.ContainsFunc(ps, func(p core.Part) bool { _, ok := p.(core.Case); return ok })
}
