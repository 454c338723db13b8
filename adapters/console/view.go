package console

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk"
)

// row is a ticket as the lists and the context card show it. Times are RFC 3339,
// durations seconds.
type row struct {
	ID       string            `json:"id"`
	Channel  string            `json:"channel"`
	Peer     core.Peer         `json:"peer"`
	State    core.TicketState  `json:"state"`
	Topic    string            `json:"topic,omitempty"`
	Lang     string            `json:"lang,omitempty"`
	Class    int               `json:"class"`
	Intent   string            `json:"intent,omitempty"`
	Asked    string            `json:"asked,omitempty"`
	Form     map[string]string `json:"form,omitempty"`
	Mood     string            `json:"mood,omitempty"`
	Since    time.Time         `json:"since"`
	Rung     time.Time         `json:"rung,omitzero"`
	Claimed  time.Time         `json:"claimed,omitzero"`
	Closed   time.Time         `json:"closed,omitzero"`
	Heard    time.Time         `json:"heard,omitzero"`
	Gone     bool              `json:"gone,omitempty"`
	Agent    string            `json:"agent,omitempty"` // Agent.ID
	Owner    string            `json:"owner,omitempty"` // what they are called
	LastOwn  string            `json:"lastOwn,omitempty"`
	Hops     int               `json:"hops,omitempty"`
	Tags     []string          `json:"tags,omitempty"`
	Summary  string            `json:"summary,omitempty"`
	Outcome  string            `json:"outcome,omitempty"`
	Promised *promise          `json:"promised,omitempty"`
	Left     *allowed          `json:"left,omitempty"` // what the platform still lets us say
	Last     *last             `json:"last,omitempty"`
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

// row shows v to staff; names are by Agent.ID.
func (c *Console) row(v core.TicketView, names map[string]string) row {
	t := v.Ticket
	r := row{
		ID: t.ID, Channel: t.Key.Channel, Peer: v.Peer, State: t.State, Topic: t.Topic, Lang: t.Lang, Class: t.Class,
		Intent: t.Intent, Asked: t.Asked, Form: t.Form, Mood: t.Mood, Since: t.Since, Rung: t.Rung, Claimed: t.Claimed,
		Closed: t.Closed, Heard: v.Heard, Gone: v.Gone, Agent: t.Agent, Owner: names[t.Agent], LastOwn: names[t.LastOwn],
		Hops: t.Hops, Tags: slices.DeleteFunc(slices.Clone(t.Tags), func(s string) bool { return s == desk.NoSurvey }), Summary: t.Summary, Outcome: t.Outcome,
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
	if l, ok := c.limits(t.Key.Channel); ok && len(l.Allowances) > 0 || !ok && !v.Ledger.Until.IsZero() {
		r.Left = allow(v.Ledger, c.Now())
	}
	if m := v.Last; m != nil && m.Message != nil {
		r.Last = lastOf(*m)
	}
	return r
}

func allow(l core.Ledger, now time.Time) *allowed {
	a := &allowed{N: l.Room(now), Until: l.Until, Why: l.Why}
	if a.Any = a.N >= core.Any; a.Any {
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

func (c *Console) limits(channel string) (core.Limits, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l, ok := c.channels[channel]
	return l, ok
}

// carries is what the composer must know of a channel.
type carries struct {
	Text      int      `json:"text,omitempty"`
	Unit      string   `json:"unit"`
	Media     []string `json:"media,omitempty"`
	MediaSize int64    `json:"mediaSize,omitempty"`
	Known     bool     `json:"known"`
}

func (c *Console) carries(channel string) carries {
	l, ok := c.limits(channel)
	unit := map[core.Unit]string{core.Bytes: "bytes", core.UTF16: "utf16"}[l.Unit]
	if unit == "" {
		unit = "runes"
	}
	return carries{Text: l.Text, Unit: unit, Media: l.Media, MediaSize: l.MediaSize, Known: ok}
}

// offer is a template as the composer shows it before it is sent.
type offer struct {
	ID    string   `json:"id"`
	Title string   `json:"title"`
	Lines []string `json:"lines"`          // what the customer will read, with {text}, {ticket}, {agent}, {customer}
	Text  bool     `json:"text,omitempty"` // the agent has to write something
}

func (c *Console) offers(channel string) []offer {
	out := []offer{}
	for _, x := range c.templatesOf(channel) {
		o := offer{ID: x.ID, Title: x.Title, Lines: formLines(x.Values)}
		for _, v := range x.Values {
			o.Text = o.Text || strings.Contains(v, "{text}")
		}
		out = append(out, o)
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

// entry is what who may see of a record; ok is false for nothing: what other
// desks were sent, cards, what was meant for a colleague alone.
func (c *Console) entry(r core.Record, key core.Key, who signedIn, names map[string]string) (e entry, ok bool) {
	e = entry{Seq: r.Seq, At: r.At, State: r.State, Why: r.Why}
	if r.Event != nil {
		return c.event(e, *r.Event, who, names)
	}
	m := r.Message
	if m == nil {
		return e, false
	}
	e.ID, e.Parts, e.Replaces = m.ID, m.Parts, m.Replaces
	switch {
	case r.In && m.Channel == key.Channel:
		if e.Kind, e.State = entryPeer, ""; len(m.Parts) == 1 {
			o, ok := m.Parts[0].(core.Other)
			return e, !ok || !o.Quiet
		}
	case r.In:
		return e, false // from staff or a system: seen as what became of it
	case m.Channel == key.Channel:
		return c.said(e, *m, who, names), true
	case m.Channel == c.Name && (m.By.Kind == core.BySystem || m.By.Kind == core.ByBot) && !withCase(m.Parts):
		e.Kind, e.State, e.Why = entryNotice, "", ""
		return e, m.Peer.ID == "" || m.Peer.ID == who.account.ID
	default:
		return e, false
	}
	return e, true
}

// said is a message to the customer.
func (c *Console) said(e entry, m core.Envelope, who signedIn, names map[string]string) entry {
	e.Kind = entryBot
	if m.By.Kind == core.ByAgent {
		e.Kind, e.By = entryAgent, names[m.By.ID]
		if e.By == "" {
			e.By = m.By.Name
		}
		e.Mine = m.By.ID == c.agent(who.account.ID)
	}
	if m.Via != nil && m.Via.Channel == c.Name {
		e.Ref = m.Via.Ref
	}
	if len(m.Parts) == 1 {
		if f, ok := m.Parts[0].(core.Form); ok {
			i := slices.IndexFunc(c.templatesOf(m.Channel), func(x desk.Template) bool { return x.Form == f.ID })
			if i >= 0 {
				e.Template, e.Lines = c.templatesOf(m.Channel)[i].Title, formLines(f.Values)
			}
		}
	}
	return e
}

func (c *Console) event(e entry, ev core.Event, who signedIn, names map[string]string) (entry, bool) {
	e.Kind, e.Event, e.Why, e.At, e.State = entryEvent, ev.Kind, ev.Why, ev.At, ""
	e.By = names[ev.By.ID]
	if e.By == "" {
		e.By = ev.By.Name
	}
	e.Mine = ev.By.ID == c.agent(who.account.ID)
	e.Data = maps.Clone(ev.Data)
	if ev.Kind == core.Noted && ev.Data["desk"] == c.Name || ev.Kind == core.Refused || ev.Kind == core.Dropped {
		e.Ref = ev.Data["via"] // what became of a message that this browser still shows as on its way
	}
	for _, k := range []string{"agent", "from", "to"} {
		if n := names[e.Data[k]]; n != "" {
			e.Data[k] = n
		}
	}
	switch ev.Kind {
	case core.Noted:
		e.Kind, e.Parts = entryNote, core.Parts{core.Text{Body: ev.Data["text"]}}
		delete(e.Data, "text")
	case core.Relayed, core.Greeted, core.Suggested, core.Answered, core.Clarified, core.Flowed, core.SurveySent:
		return e, false // the message itself is seen
	case core.Refused:
		mine := e.Mine || ev.By.Kind == core.BySystem && ev.Data["agent"] == c.agent(who.account.ID)
		return e, mine || who.account.Role.leads()
	}
	return e, true
}

func withCase(ps core.Parts) bool {
	return slices.ContainsFunc(ps, func(p core.Part) bool { _, ok := p.(core.Case); return ok })
}

const pageSize = 60

// past is a page of a conversation, oldest first, and whether there is more
// before it. Much of a log is not for this page, so it may take several reads.
func (c *Console) past(ctx context.Context, v core.TicketView, before int64, who signedIn) (es []entry, more bool, err error) {
	names, err := c.names(ctx)
	if err != nil {
		return nil, false, err
	}
	more = true
	for round := 0; more && round < 6 && len(es) < pageSize*2/3; round++ {
		rs, err := c.Views.Past(ctx, core.PastQuery{Key: v.Ticket.Key, Before: before, Max: pageSize * 2})
		if err != nil {
			return nil, false, fmt.Errorf("console: the conversation of ticket %s: %w", v.Ticket.ID, err)
		}
		more = len(rs) == pageSize*2
		var page []entry
		for _, r := range rs {
			if e, ok := c.entry(r, v.Ticket.Key, who, names); ok {
				page = append(page, e)
			}
		}
		es = append(page, es...)
		if len(rs) > 0 {
			before = rs[0].Seq
		}
	}
	if es == nil {
		es = []entry{}
	}
	return es, more, nil
}
