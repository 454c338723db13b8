package dialog

import (
	"slices"
	"strconv"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/match"
	"github.com/frontdesk-im/frontdesk/core/script"
)

// found is an entry that answers, how it was found, and why it is the one.
type found struct {
	entry string
	how   string
	p     float64
	why   string
}

// best is what a decision has found.
func best(d match.Decision) found {
	c := d.Candidates[0]
	return found{c.Entry, c.How, c.P, d.Why}
}

func (f found) data() []string {
	return []string{"entry", f.entry, "p", strconv.FormatFloat(f.p, 'f', 3, 64), "how", f.how}
}

// question is a text that an entry answers with confidence.
type question struct {
	text string
	d    match.Decision
}

func (a question) do(v view, t talk) talk {
	t.memory = t.asks(a.text, v.Now)
	t.claim = wants(v, t.claim, a.text)
	t.beside = beside(v, t, a.text, a.d)
	t = answer(v, t, best(a.d))
	return lookedUp(v, t, a.text, v.Entries[a.d.Candidates[0].Entry])
}

// answer says an entry.
func answer(v view, t talk, f found) talk {
	e := v.Entries[f.entry]
	again := 0
	if t.Last == f.entry && v.Now.Sub(t.LastAt) < v.Settings.Context && e.Next == "" { // a flow may well be wanted three times
		again = t.Again + 1
	}
	t.Last, t.LastAt, t.Again = f.entry, v.Now, again
	t.memory = t.meant(f.entry, v.Now)
	if t.Menu.passing() {
		t.Menu = menu{}
	}
	if again == 0 {
		t.Misses, t.Barren = 0, 0
	} else {
		t.Barren++
	}
	t = note(v, t, core.EventAnswered, f.why, f.data()...)
	if again >= 2 && !t.waiting() || t.Barren >= v.Settings.Barren {
		return offerHuman(v, t, e)
	}
	return follow(v, sayEntry(v, t, e), e)
}

// longText in characters says more than one entry can answer.
const longText = 120

// beside is what is offered with an answer that may not be all: the other
// questions that the same message asks, and a person where it asks several,
// tells a long story or sounds unhappy.
func beside(v view, t talk, text string, d match.Decision) []item {
	if t.waiting() {
		return nil
	}
	var ids []string
	parts := clauses(text)
	for _, s := range parts[:min(len(parts), maxClauses)] {
		if len(parts) < 2 || len([]rune(s)) < 4 {
			continue
		}
		x := v.Matcher.Match(match.Query{Text: s, Lang: t.Lang})
		if x.Kind != match.Answer || x.Candidates[0].P < early || x.Candidates[0].Entry == d.Candidates[0].Entry {
			continue
		}
		if e := v.Entries[x.Candidates[0].Entry]; e != nil && !e.Hide && e.Context == "" && !slices.Contains(ids, e.ID) && len(ids) < 3 {
			ids = append(ids, e.ID)
		}
	}
	if len(ids) == 0 && len([]rune(text)) <= longText && d.Mood.Negative < .5 {
		return nil
	}
	return v.items(t.Lang, append(ids, script.ToHuman)...)
}

// offerHuman: the same answer a third time helps nobody.
func offerHuman(v view, t talk, e *script.Entry) talk {
	t = note(v, t, core.EventFellBack, "the same question for the third time: a person is offered")
	items := v.items(t.Lang, append([]string{script.ToHuman}, e.Related...)...)
	return offer(v, t, "offer", v.Word(t.Lang, "offer_human", nil), items[:min(len(items), 5)])
}

// entryText is the next wording of an entry's answer, for this channel and customer.
func entryText(v view, t talk, e *script.Entry) (memory, string) {
	x, key := e.Answer, "entry."+e.ID
	if own, ok := variantFor(e.Channels, v.key.Channel); ok {
		x, key = own, key+"."+v.key.Channel
	}
	for i, w := range e.When {
		if w.Guard.Holds(filled(v, t.memory, t.text)) {
			x, key = w.Answer, "entry."+e.ID+"."+strconv.Itoa(i)
			break
		}
	}
	return wording(v, t, key, x)
}

func sayEntry(v view, t talk, e *script.Entry) talk {
	if e.Answer.Empty() {
		return t
	}
	m, s := entryText(v, t, e)
	t.memory = m
	if f := footer(v, t); f != "" {
		s += "\n" + f
	}
	items := v.items(t.Lang, e.Replies...)
	for _, x := range t.beside {
		if !slices.Contains(items, x) && x.ID != e.ID {
			items = append(items, x)
		}
	}
	if len(items) > 0 {
		t = offer(v, t, "menu", s, items)
	} else {
		t = say(t, s)
	}
	if l := e.Link; l != nil {
		known := values(v, t.memory, t.text)
		t.speech = t.say(core.Card{Title: v.Variant(l.Title, t.Lang, 0).Render(known), Body: v.Variant(l.Body, t.Lang, 0).Render(known), URL: l.URL, Image: l.Image})
	}
	return t
}

// follow goes where an entry leads.
func follow(v view, t talk, e *script.Entry) talk {
	switch e.Next {
	case "":
		return t
	case script.ToHuman:
		return human(v, t, request{Topic: e.Topic, Asked: t.Asked, Class: -1, Why: "entry " + e.ID + " is for a person"})
	case script.ToMenu:
		return showMenu(v, t)
	}
	return startFlow(v, t, e.Next)
}
