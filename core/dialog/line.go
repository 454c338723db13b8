package dialog

import (
	"cmp"
	"encoding/hex"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/match"
)

// doubt is a line that nothing is sure about.
type doubt struct {
	text  string
	d     match.Decision
	shown bool // more than words came: it is acknowledged in any case
}

// line answers one envelope of the customer. It returns the doubt if it can't
// be answered with confidence, nil if it is settled.
func (t *turn) line(env core.Envelope) *doubt {
	t.c.Gone = false
	for _, p := range env.Parts {
		switch p.(type) {
		case core.Left:
			t.gone()
			return nil
		case core.Joined:
			t.greeted()
			return nil
		}
	}
	if t.s.Now.Sub(t.m.Greeted) >= t.b.set.Greeting || t.m.Greeted.After(t.s.Now.Add(time.Minute)) {
		t.greet = true
	}
	text := strings.TrimSpace(strings.ToValidUTF8(env.Parts.Text(), "�"))
	if t.flooded() || t.repeated(env, text) {
		return nil
	}
	t.heardLang(text)
	t.unparked()
	if p, ok := pickOf(env); ok {
		t.text = p.Label
		return t.picked(p)
	}
	if text == "" {
		t.wordless(env)
		return nil
	}
	t.text = text
	if m, ok := mediaOf(env); ok && m.Words != "" && isVoice(m) {
		t.tell("voice_text", map[string]string{"text": clip(m.Words, 200)})
	}
	d := t.understand(text)
	if d != nil {
		d.shown = !onlyWords(env)
	}
	return d
}

func onlyWords(env core.Envelope) bool {
	for _, p := range env.Parts {
		if _, ok := p.(core.Text); !ok {
			return false
		}
	}
	return true
}

func pickOf(env core.Envelope) (core.Pick, bool) {
	for _, p := range env.Parts {
		if p, ok := p.(core.Pick); ok {
			return p, true
		}
	}
	return core.Pick{}, false
}

func mediaOf(env core.Envelope) (core.Media, bool) {
	for _, p := range env.Parts {
		if m, ok := p.(core.Media); ok {
			return m, true
		}
	}
	return core.Media{}, false
}

func isVoice(m core.Media) bool { return strings.HasPrefix(m.Type, "audio/") }

// gone: the customer left or blocked us; nothing waits for them. The ticket is
// the desk's to park.
func (t *turn) gone() {
	t.c.Gone = true
	t.m.Flow, t.m.Menu, t.m.Confirm, t.m.Held, t.m.Survey = nil, nil, nil, nil, nil
}

// greeted answers somebody who came.
func (t *turn) greeted() {
	if t.s.Now.Sub(t.m.Greeted) < t.b.set.Greeting && !t.m.Greeted.After(t.s.Now) {
		return
	}
	t.startMenu(true)
}

// startMenu shows the greeting, or the menu alone if the greeting is fresh.
func (t *turn) startMenu(fresh bool) {
	g := t.b.greet
	items := t.items(append(append([]string{}, g.Menu...), toHuman))
	if !fresh && !t.greet {
		t.offer("menu", t.word("menu", nil), items)
		return
	}
	x := g.Text
	if own, ok := variantFor(g.Channels, t.c.Key.Channel); ok {
		x = own
	}
	t.offer("menu", t.textOf("greeting", x), items)
	t.full = true
	t.m.Greeted = t.s.Now
	t.event(core.Greeted, "came, or first message within the greeting interval")
}

// variantFor finds the text for a channel by its name, or by the part of the
// name before a dash: weibo-main, weibo.
func variantFor(m map[string]text, channel string) (text, bool) {
	if x, ok := m[channel]; ok {
		return x, true
	}
	kind, _, _ := strings.Cut(channel, "-")
	x, ok := m[kind]
	return x, ok
}

// items makes menu items of the names of entries and flows, each once.
func (t *turn) items(ids []string) []item {
	var out []item
	seen := map[string]bool{}
	for _, id := range ids {
		if !seen[id] && t.b.knows(id) {
			out = append(out, item{id, t.b.title(id, t.m.Lang)})
		}
		seen[id] = true
	}
	return out
}

// offer shows a list and remembers what its numbers mean.
func (t *turn) offer(kind, prompt string, items []item) {
	until := t.s.Now.Add(t.b.set.Greeting)
	if kind != "menu" {
		until = t.s.Now.Add(t.b.set.Context)
	}
	t.m.Menu = &menu{Kind: kind, Items: items, Until: until}
	c := core.Choice{Prompt: prompt}
	for _, it := range items {
		c.Options = append(c.Options, core.Option{ID: it.ID, Label: it.Label})
	}
	t.out = append(t.out, c)
}

// flooded counts lines. Over the limit the customer is warned once; then
// nothing is answered for a while.
func (t *turn) flooded() bool {
	f, set := &t.m.Flood, t.b.set.Flood
	now := t.s.Now
	if now.Before(f.Ignore) && f.Ignore.Sub(now) <= set.Ignore {
		t.event(core.Ignored, "flood: too many messages, not answered until "+f.Ignore.UTC().Format(time.TimeOnly))
		return true
	}
	if now.Sub(f.From) > set.Within || f.From.After(now) {
		*f = flood{From: now}
	}
	f.N++
	if f.N <= set.Messages {
		return false
	}
	f.Ignore, f.N = now.Add(set.Ignore), 0
	t.tell("flood", map[string]string{"minutes": itoa(int(max(1, set.Ignore/time.Minute)))})
	t.event(core.Ignored, "flood: "+itoa(set.Messages)+" messages within "+set.Within.String()+"; warned once")
	return true
}

// repeated drops what was sent twice, and our own words coming back from a
// machine at the other end.
func (t *turn) repeated(env core.Envelope, text string) bool {
	f := match.Fold(text)
	if p, ok := pickOf(env); ok {
		f = "pick:" + p.Option
	}
	if f == "" {
		return false
	}
	for _, own := range t.m.Own {
		if own == clip(f, 200) {
			t.event(core.Ignored, "the customer's side sends our own words back: another bot?")
			t.greet = false
			return true
		}
	}
	if len([]rune(f)) < 3 { // numbers and 好的 may well come twice
		return false
	}
	if p := plain(f); p != "" && !strings.HasPrefix(f, "pick:") {
		f = p // asked again with a question mark is still the same
	}
	if len(f) > 300 {
		h := fnv.New128a()
		h.Write([]byte(f))
		f = hex.EncodeToString(h.Sum(nil))
	}
	if t.m.heard(f, t.s.Now, t.b.set.Duplicate) {
		t.event(core.Ignored, "the same line came twice within "+t.b.set.Duplicate.String())
		t.greet = false
		return true
	}
	return false
}

// unparked tells somebody who writes again that they have their old place. The
// desk takes the ticket out of the park in the same turn.
func (t *turn) unparked() {
	k := t.c.Ticket
	if !k.Open() || k.State != core.TicketParked || k.Agent != "" || t.c.State != core.InLine {
		return
	}
	t.tell("back_in_line", t.ownWait())
	t.m.Acked = t.s.Now
}

// wordless acknowledges what has no words: recordings, pictures, places.
func (t *turn) wordless(env core.Envelope) {
	said := false
	for _, p := range env.Parts {
		id, vars := "", map[string]string(nil)
		switch p := p.(type) {
		case core.Media:
			switch {
			case isVoice(p):
				id = "voice"
			case strings.HasPrefix(p.Type, "image/"):
				id = "image"
			default:
				id, vars = "file", map[string]string{"name": clip(p.Name, 40)}
			}
		case core.Place:
			id = "location"
		case core.Text:
			continue
		case core.Other:
			id, vars = "unsupported", map[string]string{"kind": clip(p.Kind, 40)}
		default:
			id = "unsupported"
		}
		if said {
			continue
		}
		said = true
		if t.waiting() {
			t.tell("to_agent", nil)
			t.m.Acked = t.s.Now
		} else {
			t.tell(id, vars)
		}
		t.event(core.FellBack, "no words in it: "+id)
	}
	if !said { // nothing at all in it: still never silence
		t.tell("unsupported", nil)
		t.event(core.FellBack, "an empty message")
	}
	t.repeatQuestion()
}

// waiting reports whether the customer waits for a person, in line or for an
// answer to a message.
func (t *turn) waiting() bool {
	return t.c.Ticket.Open()
}

// understand settles a text, or returns what is known of it.
func (t *turn) understand(text string) *doubt {
	if t.wantsHuman(text) {
		t.human(request{Asked: t.asked(text), Why: "asked for a person: " + clip(text, 60), Class: -1})
		return nil
	}
	if t.m.Menu != nil && t.choose(text) || t.rates(text) || t.inLine(text) {
		return nil
	}
	d := t.match(text)
	if t.moody(text, d) {
		return nil
	}
	if t.m.Flow != nil && t.inFlow(text, d) {
		return nil
	}
	if t.m.Survey != nil && t.surveyWords(text, d) {
		return nil
	}
	switch t.b.command(text) {
	case "menu":
		t.m.Misses = 0
		t.startMenu(false)
		t.event(core.Flowed, "asked for the menu", "flow", toMenu, "step", "")
		return nil
	case "message":
		t.leaveMessage(request{Asked: t.asked(text), Why: "asked to leave a message", Class: -1})
		return nil
	case "cancel", "exit":
		if t.c.Ticket.Open() && t.c.Ticket.State == core.TicketMessage {
			t.dropMessage()
			return nil
		}
	}
	if d.Kind == match.Answer && t.b.entries[d.Candidates[0].Entry] != nil {
		c := d.Candidates[0]
		t.m.Asked, t.m.AskedAt = clip(text, 500), t.s.Now
		t.wants(text)
		t.more = t.beside(text, d)
		t.answer(c.Entry, how{c.How, c.P, d.Why})
		return nil
	}
	return &doubt{text: text, d: d}
}

// wantsHuman: the words for a person, or 0 where that does not answer a question of ours.
func (t *turn) wantsHuman(text string) bool {
	if t.b.command(text) == "human" {
		return true
	}
	if _, ok := match.Handoff(text); ok {
		return true
	}
	if plain(text) != "0" {
		return false
	}
	if f := t.m.Flow; f != nil && !f.Paused {
		if s := t.stepAt(f); s != nil && s.Ask != "" && f.Call == nil {
			_, ok := t.valid(s, text, "")
			return !ok
		}
	}
	return true
}

// asked are the words that led to a wish for a person: the last real question
// if it is fresh, else the wish itself.
func (t *turn) asked(text string) string {
	if t.m.Asked != "" && t.s.Now.Sub(t.m.AskedAt) < 3*t.b.set.Context && len([]rune(text)) < 12 {
		return t.m.Asked
	}
	return clip(text, 500)
}

func (t *turn) match(text string) match.Decision {
	q := match.Query{Text: clip(text, 2000), Lang: t.m.Lang}
	if t.m.Last != "" && t.s.Now.Sub(t.m.LastAt) < t.b.set.Context {
		q.Context = t.m.Last
	}
	return t.b.inContext(t.b.matcher.Match(q), q.Context)
}

// inContext drops entries that only follow up another one, when that was not
// the last.
func (b *Book) inContext(d match.Decision, last string) match.Decision {
	n := len(d.Candidates)
	rest := slices.DeleteFunc(slices.Clone(d.Candidates), func(c match.Candidate) bool {
		e := b.entries[c.Entry]
		return e == nil || e.Context != "" && e.Context != last
	})
	if len(rest) == n || n == 0 {
		return d
	}
	first := len(rest) > 0 && rest[0] == d.Candidates[0]
	d.Candidates = rest
	switch {
	case first && (d.Kind == match.Answer || len(rest) > 1):
	case len(rest) > 0 && rest[0].P >= cmp.Or(b.set.Answer, .5):
		d.Kind = match.Answer
	case len(rest) > 0 && rest[0].P >= cmp.Or(b.set.Clarify, .3):
		d.Kind = match.Clarify
	default:
		d.Kind = match.Fallback
	}
	return d
}
