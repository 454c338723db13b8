package dialog

import (
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// turn is one run of Step: the state, the scene, and what was decided.
type turn struct {
	b       *Book
	c       core.Conversation
	m       *mind
	s       core.Scene
	text    string // the line that is being answered
	out     core.Parts
	calls   []core.Envelope
	events  []core.Event
	greet   bool   // a greeting is due before whatever is said
	opening string // the words that started a flow, until it has asked something
	sorry   bool   // the customer is unhappy, and what they want is not clear
	full    bool   // the greeting with its menu was said
	more    []item // offered beside an answer that may not be all that is needed
}

// Step decides what the bot says and does about what is unread, oldest first:
// lines of the customer, and answers of business systems. With nothing unread
// it looks whether a time has come. It says nothing while an agent has the
// conversation. s.Now is its only clock.
//
// Outcome.Left of the newest lines are to stay unread until Conversation.Wake:
// more of a burst may come.
func (b *Book) Step(c core.Conversation, unread []core.Envelope, s core.Scene) (core.Outcome, error) {
	t := &turn{b: b, c: c, m: recall(c.Mind), s: s}
	if c.Ticket != nil { // the caller's ticket is not ours to write to
		k := *c.Ticket
		t.c.Ticket = &k
	}
	t.startLang()
	if t.c.State == core.WithAgent {
		for _, env := range unread {
			if t.fromSystem(env) {
				t.late(env)
			}
		}
		t.m.Flow, t.m.Burst = nil, time.Time{}
		return t.finish(0)
	}
	t.checkFlow()
	left := t.read(unread)
	t.timers()
	return t.finish(left)
}

func (t *turn) fromSystem(env core.Envelope) bool {
	return env.Channel != "" && env.Channel != t.c.Key.Channel
}

// read answers the lines in order. Lines that nothing is sure about wait for
// the end of the burst, unless something else settles the matter.
func (t *turn) read(unread []core.Envelope) (left int) {
	var doubts []doubt
	var before *turn
	first := 0
	forced := false // nothing can be left unread any more
	for i, env := range unread {
		if t.fromSystem(env) {
			forced = forced || len(doubts) > 0
			t.answered(env)
			continue
		}
		if len(doubts) == 0 {
			before, first = t.copy(), i
		}
		if t.isFirst(unread, i) {
			t.m.Bubbles, t.m.Room = 0, 0
		}
		t.m.Room += 2
		d := t.line(env)
		if d == nil {
			doubts, forced = nil, false
			continue
		}
		doubts = append(doubts, *d)
	}
	if len(unread) == 0 { // the lines of a burst, if any, come in the next call
		return 0
	}
	if len(doubts) == 0 {
		t.m.Burst = time.Time{}
		return 0
	}
	if t.settles(doubts, early) {
		t.m.Burst = time.Time{}
		return 0
	}
	if until := t.burstEnd(); !forced && t.s.Now.Before(until) {
		*t = *before
		t.m.Burst = until
		return len(unread) - first
	}
	t.m.Burst = time.Time{}
	if !t.settles(doubts, 0) {
		t.doubtful(doubts)
	}
	return 0
}

// isFirst reports whether unread[i] is the customer's first line of the turn.
func (t *turn) isFirst(unread []core.Envelope, i int) bool {
	for _, env := range unread[:i] {
		if !t.fromSystem(env) {
			return false
		}
	}
	return true
}

// burstEnd is when doubtful lines are decided. A clock that was set back does
// not make anybody wait longer, and an end long past is of another burst.
func (t *turn) burstEnd() time.Time {
	end := t.s.Now.Add(t.b.set.Burst)
	if t.m.Burst.Before(end) && t.s.Now.Sub(t.m.Burst) < time.Minute {
		return t.m.Burst
	}
	return end
}

// copy is the turn as it stands, to come back to.
func (t *turn) copy() *turn {
	n := *t
	raw, err := t.m.keep()
	if err == nil {
		n.m = recall(raw)
	}
	if t.c.Ticket != nil {
		k := *t.c.Ticket
		n.c.Ticket = &k
	}
	n.out = append(core.Parts(nil), t.out...)
	n.events = append([]core.Event(nil), t.events...)
	n.calls = append([]core.Envelope(nil), t.calls...)
	return &n
}

// timers does what is due though nobody wrote.
func (t *turn) timers() {
	if f := t.m.Flow; f != nil && f.Call != nil && !t.s.Now.Before(f.Call.Until) {
		t.event(core.Called, "no answer in time", "system", f.Call.System, "result", "timeout")
		t.callFailed("timeout")
	}
}

// finish makes the outcome of the turn.
func (t *turn) finish(left int) (core.Outcome, error) {
	parts := t.fit()
	t.m.Version = t.b.Version
	raw, err := t.m.keep()
	if err != nil {
		return core.Outcome{}, err
	}
	t.c.Mind = raw
	t.c.Wake = time.Time{}
	if t.m.Burst.After(t.s.Now) {
		t.c.Wake = t.m.Burst
	}
	if f := t.m.Flow; f != nil && f.Call != nil && (t.c.Wake.IsZero() || f.Call.Until.Before(t.c.Wake)) {
		t.c.Wake = f.Call.Until
	}
	out := core.Outcome{Conversation: t.c, Events: t.events, Left: left}
	if len(parts) > 0 {
		out.Say = append(out.Say, core.Envelope{Channel: t.c.Key.Channel, Peer: t.peer(), By: t.by(), Parts: parts})
	}
	out.Say = append(out.Say, t.calls...)
	return out, nil
}

func (t *turn) peer() core.Peer {
	p := t.c.Peer
	if p.ID == "" {
		p.ID = t.c.Key.Peer
	}
	return p
}

func (t *turn) by() core.Author {
	return core.Author{Kind: core.ByBot, Name: t.word("bot_name", nil)}
}

func (t *turn) word(id string, vars map[string]string) string { return t.b.word(t.m.Lang, id, vars) }

func (t *turn) say(s string) {
	if strings.TrimSpace(s) != "" {
		t.out = append(t.out, core.Text{Body: s})
	}
}

func (t *turn) tell(id string, vars map[string]string) { t.say(t.word(id, vars)) }

// event logs a decision. data are alternating names and values.
func (t *turn) event(kind core.EventKind, why string, data ...string) {
	m := map[string]string{"version": t.b.Version}
	for i := 0; i+1 < len(data); i += 2 {
		m[data[i]] = data[i+1]
	}
	t.events = append(t.events, core.Event{Kind: kind, At: t.s.Now, By: t.by(), Why: clip(why, 300), Data: m})
}

// fit brings what is said to the room there is: two messages for each of the
// customer's, one kept back while a business system is being asked.
func (t *turn) fit() core.Parts {
	out := t.out
	asking := t.m.Flow != nil && t.m.Flow.Call != nil
	if t.greet && !t.full && (len(out) > 0 || asking) {
		out = append(core.Parts{core.Text{Body: t.b.greeting(t)}}, out...)
		t.m.Greeted = t.s.Now
		t.event(core.Greeted, "first message within the greeting interval")
		last := len(t.events) - 1
		t.events = append([]core.Event{t.events[last]}, t.events[:last]...)
	}
	if len(t.m.Held) > 0 {
		held := core.Parts{}
		for _, s := range t.m.Held {
			held = append(held, core.Text{Body: s})
		}
		out, t.m.Held = append(held, out...), nil
	}
	if len(out) == 0 {
		return nil
	}
	room := max(t.m.Room, 2) - t.m.Bubbles
	if asking {
		room--
	}
	if room <= 0 {
		for _, p := range out {
			t.m.Held = append(t.m.Held, inWords(p))
		}
		return nil
	}
	out = squeeze(out, room)
	t.m.Bubbles += len(out)
	for _, p := range out {
		t.m.spoke(inWords(p))
	}
	return out
}

func inWords(p core.Part) string {
	switch p := p.(type) {
	case core.Text:
		return p.Body
	case core.Choice:
		return p.Numbered()
	case core.Card:
		return strings.TrimSpace(p.Title + "\n" + p.Body + "\n" + p.URL)
	}
	return ""
}

// squeeze joins messages until there are at most n.
func squeeze(ps core.Parts, n int) core.Parts {
	for len(ps) > max(n, 1) {
		i := 0
		for j := 0; j+1 < len(ps); j++ { // two texts, or a text before a list, join best
			if _, ok := ps[j].(core.Text); !ok {
				continue
			}
			if _, card := ps[j+1].(core.Card); !card {
				i = j
				break
			}
		}
		ps = append(append(append(core.Parts{}, ps[:i]...), join(ps[i], ps[i+1])), ps[i+2:]...)
	}
	return ps
}

func join(a, b core.Part) core.Part {
	first := inWords(a)
	if c, ok := a.(core.Choice); ok {
		if _, later := b.(core.Choice); !later {
			c.Prompt += "\n\n" + inWords(b)
			return c
		}
		first = c.Prompt
	}
	if c, ok := b.(core.Choice); ok {
		c.Prompt = first + "\n\n" + c.Prompt
		return c
	}
	return core.Text{Body: first + "\n\n" + inWords(b)}
}

// env are the values that expressions may name.
func (t *turn) env() map[string]any {
	form := map[string]any{}
	for k, v := range t.m.Form {
		if v == "" {
			continue
		}
		form[k] = v
		if t.b.fields[k].number {
			if n, ok := number(v); ok {
				form[k] = n
			} else {
				delete(form, k)
			}
		}
	}
	facts := map[string]any{}
	for k, kind := range t.b.facts {
		v := t.c.Peer.Facts[k]
		if v == "" {
			continue
		}
		facts[k] = v
		if kind == "number" {
			if n, ok := number(v); ok {
				facts[k] = n
			} else {
				delete(facts, k)
			}
		}
	}
	topic := t.b.set.Topic
	h := t.b.hoursOf(topic)
	now := t.s.Now
	if h != nil && h.loc != nil {
		now = now.In(h.loc)
	}
	env := map[string]any{"lang": t.m.Lang, "channel": t.c.Key.Channel, "hour": float64(now.Hour()), "weekday": float64((int(now.Weekday())+6)%7 + 1),
		"waiting": float64(t.s.Line(topic).Waiting), "open": h.open(t.s.Now), "form": form, "facts": facts}
	if t.c.Peer.Name != "" {
		env["name"] = clip(t.c.Peer.Name, 40)
	}
	if t.text != "" {
		env["text"] = clip(t.text, 500)
	}
	return env
}

// filled is env with empty texts where nothing is known, for conditions.
func (t *turn) filled() map[string]any {
	env := t.env()
	for _, k := range []string{"name", "text"} {
		if env[k] == nil {
			env[k] = ""
		}
	}
	form := env["form"].(map[string]any)
	for k, f := range t.b.fields {
		if form[k] == nil && !f.number {
			form[k] = ""
		}
	}
	facts := env["facts"].(map[string]any)
	for k, kind := range t.b.facts {
		if facts[k] == nil && kind != "number" {
			facts[k] = ""
		}
	}
	return env
}

// sayText says the next variant of t's wording.
func (t *turn) textOf(key string, x text) string {
	n := t.m.Turns[key]
	if vs := t.b.in(x, t.m.Lang); len(vs) > 1 {
		t.m.Turns[key] = (n + 1) % len(vs)
		if len(t.m.Turns) > 200 {
			t.m.Turns = map[string]int{key: t.m.Turns[key]}
		}
	}
	return t.b.pick(x, t.m.Lang, n).render(t.env())
}

// hoursOf are the business hours of a topic; nil means always.
func (b *Book) hoursOf(topic string) *hours {
	name := "default"
	if tp := b.topics[topic]; tp != nil && tp.Hours != "" {
		name = tp.Hours
	}
	return b.hours[name]
}

func (b *Book) greeting(t *turn) string { return t.textOf("greeting.short", b.greet.Short) }

// AfterClose is called in the turn that closed the ticket: the survey, or
// nothing where there is nothing to rate.
func (b *Book) AfterClose(c core.Conversation, s core.Scene) core.Outcome {
	t := &turn{b: b, c: c, m: recall(c.Mind), s: s}
	if c.Ticket != nil {
		k := *c.Ticket
		t.c.Ticket = &k
	}
	t.startLang()
	t.afterClose()
	out, err := t.finish(0)
	if err != nil { // the mind is ours: it can always be written
		return core.Outcome{Conversation: c}
	}
	return out
}
