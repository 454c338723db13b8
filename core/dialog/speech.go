package dialog

import (
	"slices"
	"strings"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/script"
)

// A speech is what a turn has said and noted so far.
type speech struct {
	parts  core.Parts      // to the customer
	sent   []core.Envelope // beside that: questions to business systems, forms
	events []core.Event
	greet  bool   // a greeting is due before whatever is said
	full   bool   // the greeting with its menu was said
	grave  bool   // a danger was spoken of
	short  string // the greeting that was said before the rest
}

// say adds a part to what is said.
func (s speech) say(p core.Part) speech {
	if x, ok := p.(core.Text); ok && strings.TrimSpace(x.Body) == "" {
		return s
	}
	s.parts = append(slices.Clip(s.parts), p)
	return s
}

func say(t talk, words string) talk {
	t.speech = t.say(core.Text{Body: words})
	return t
}

// tell says a text of words.yaml.
func tell(v view, t talk, id string) talk { return tellWith(v, t, id, nil) }

func tellWith(v view, t talk, id string, vars map[string]string) talk {
	return say(t, v.Word(t.Lang, id, vars))
}

// note logs a decision. data are alternating names and values.
func note(v view, t talk, kind core.EventKind, why string, data ...string) talk {
	m := map[string]string{"version": v.Version}
	for i := 0; i+1 < len(data); i += 2 {
		m[data[i]] = data[i+1]
	}
	t.events = append(slices.Clip(t.events), core.Event{Kind: kind, At: v.Now, By: v.by(t.Lang), Why: clip(why, 300), Data: m})
	return t
}

// wording is the next variant of a text.
func wording(v view, t talk, key string, x script.Text) (memory, string) {
	m, n := t.memory, t.Turns[key]
	if vs := v.Variants(x, t.Lang); len(vs) > 1 {
		m = m.turned(key, (n+1)%len(vs))
	}
	return m, v.Variant(x, t.Lang, n).Render(values(v, m, t.text))
}

// turning is the next variant of a text of words.yaml.
func turning(v view, t talk, id string, vars map[string]string) (talk, string) {
	n := t.Turns[id]
	t.memory = t.turned(id, (n+1)%max(1, len(v.Variants(v.Texts[id], t.Lang))))
	return t, v.WordN(t.Lang, id, n, vars)
}

// sayNext says the next variant of a text.
func sayNext(v view, t talk, key string, x script.Text) talk {
	m, s := wording(v, t, key, x)
	t.memory = m
	return say(t, s)
}

// offerNext shows a list under the next variant of a text.
func offerNext(v view, t talk, kind, key string, x script.Text, items []item) talk {
	m, s := wording(v, t, key, x)
	t.memory = m
	return offer(v, t, kind, s, items)
}

// offer shows a list and remembers what its numbers mean.
func offer(v view, t talk, kind, prompt string, items []item) talk {
	until := v.Now.Add(v.Settings.Greeting)
	if kind != "menu" {
		until = v.Now.Add(v.Settings.Context)
	}
	t.Menu = menu{Kind: kind, Items: items, Until: until}
	t.speech = t.say(choice(prompt, items))
	return t
}

func choice(prompt string, items []item) core.Choice {
	c := core.Choice{Prompt: prompt}
	for _, it := range items {
		c.Options = append(c.Options, core.Option{ID: it.ID, Label: it.Label, Digit: it.Digit})
	}
	return c
}

// fit brings what is said to the room there is: two messages for each of the
// customer's, one kept back while a business system is being asked.
func fit(v view, t talk) (talk, core.Parts) {
	out := t.parts
	if t.greet && !t.full && (len(out) > 0 || t.Call.on()) {
		m, s := wording(v, t, "greeting.short", v.Greeting.Short)
		t.memory, t.short = m, s
		out = append(core.Parts{core.Text{Body: s}}, out...)
		t.Greeted = v.Now
		events := t.events
		t.events = nil
		t = note(v, t, core.EventGreeted, "first message within the greeting interval")
		t.events = append(t.events, events...)
	}
	if len(t.Held) > 0 {
		held := core.Parts{}
		for _, s := range t.Held {
			held = append(held, core.Text{Body: s})
		}
		out, t.Held = append(held, out...), nil
	}
	if len(out) == 0 {
		return t, nil
	}
	room := max(t.Room, 2) - t.Bubbles
	if t.Call.on() {
		room--
	}
	if room <= 0 {
		for _, p := range out {
			t.Held = append(t.Held, inWords(p))
		}
		return t, nil
	}
	out = squeeze(out, room)
	t.Bubbles += len(out)
	for _, p := range out {
		t.memory = t.spoke(inWords(p))
	}
	return t, out
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
