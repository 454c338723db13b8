package dialog

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/expr-lang/expr/types"
)

// compiled is what loading makes of a step.
type compiled struct {
	guard *guard
	set   []assignment
	send  []assignment
	asked *template
	re    *regexp.Regexp
}

type assignment struct {
	name  string
	value *template
}

// check compiles everything and follows every reference.
func (l *loader) check() {
	b := l.b
	b.set.defaults()
	l.checkSettings()
	l.scopes()
	for _, id := range sortedKeys(b.hours) {
		b.hours[id].compile(l.fail)
	}
	for _, id := range sortedKeys(b.topics) {
		t := b.topics[id]
		l.text(t.Title, newScope(nil), "topic "+id+": title")
		l.ref(t.Pos, "hours", t.Hours, sortedKeys(b.hours))
		l.class(t.Pos, t.Class)
	}
	l.checkWords()
	l.checkGreeting()
	for _, e := range b.order {
		l.checkEntry(e)
	}
	for _, f := range b.flowOrder {
		l.checkFlow(f)
	}
	l.lint()
	l.matcher()
}

func (l *loader) checkSettings() {
	s := &l.b.set
	at := s.Pos
	for _, lang := range s.Languages {
		if !langTag(lang) {
			l.fail(at, "languages: %s is not a language; write zh, en, ja …", quote(lang))
		}
	}
	if s.Answer < 0 || s.Answer > 1 || s.Clarify < 0 || s.Clarify > 1 || s.Clarify > s.Answer && s.Answer > 0 || s.Clarify > .5 && s.Answer == 0 {
		l.fail(at, "answer and clarify are probabilities: 0 ≤ clarify ≤ answer ≤ 1")
	}
	if s.ClarifyMax < 2 || s.ClarifyMax > 5 {
		l.fail(at, "clarify_max is 2 to 5: nobody reads longer lists")
	}
	if s.OnMisses != "handoff" && s.OnMisses != "offer" {
		l.fail(at, "on_misses is handoff or offer")
	}
	if s.Misses < 1 || s.Barren < 2 || s.Confirm < 0 {
		l.fail(at, "misses is 1 or more, barren 2 or more, confirm 0 or more")
	}
	l.ref(at, "topic", s.Topic, sortedKeys(l.b.topics))
}

// scopes collects what expressions may name.
func (l *loader) scopes() {
	b := l.b
	b.fields = map[string]field{}
	form := types.Map{}
	put := func(name string, f field) {
		if !fieldName(name) {
			l.fail(f.Pos, "%s can't be a field; use small letters, digits and _, starting with a letter", quote(name))
			return
		}
		if old, ok := b.fields[name]; ok {
			if old.number != f.number {
				l.fail(f.Pos, "field %s is a number in one place and a text in another (%s); use two names", name, old.Pos)
			}
			if f.label.empty() {
				f.label = old.label
			}
			f.told = f.told || old.told
		}
		b.fields[name] = f
		form[name] = types.String
		if f.number {
			form[name] = types.Float
		}
	}
	for _, f := range b.flowOrder {
		for _, s := range f.Steps {
			switch {
			case s.Ask != "":
				put(s.Ask, field{s.Pos, s.Kind == "number", true, s.Label})
			case s.Choose != "":
				put(s.Choose, field{s.Pos, false, true, s.Label})
			}
		}
	}
	for _, f := range b.flowOrder { // these take the kind of the question, if there is one
		for _, s := range f.Steps {
			for _, name := range sortedKeys(s.Set) {
				put(name, field{s.Pos, b.fields[name].number, true, s.Label})
			}
			for _, name := range sortedKeys(s.Save) {
				put(name, field{s.Pos, b.fields[name].number, false, s.Label})
			}
		}
	}
	facts := types.Map{}
	for name, k := range b.facts {
		facts[name] = types.String
		if k == "number" {
			facts[name] = types.Float
		}
	}
	b.scope = scope{types.Map{"name": types.String, "lang": types.String, "channel": types.String, "text": types.String,
		"hour": types.Float, "weekday": types.Float, "waiting": types.Float, "open": types.Bool, "form": form, "facts": facts}}
}

var fieldName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`).MatchString

// text compiles all wordings of t and sees that no language is missing.
func (l *loader) text(t text, sc scope, what string) {
	for _, lang := range sortedKeys(t.by) {
		for _, v := range t.by[lang] {
			v.compile(sc, l.fail)
		}
	}
	l.languages(t, what)
}

// needed is text that must be there.
func (l *loader) needed(t text, sc scope, what string, at Pos) {
	if t.empty() {
		l.fail(at, "%s is missing", what)
		return
	}
	l.text(t, sc, what)
}

// ref checks a name against those there are; empty is allowed.
func (l *loader) ref(at Pos, what, name string, known []string) {
	if name != "" && !slices.Contains(known, name) {
		l.fail(at, "%s %s does not exist; %s", what, quote(name), didYouMean(name, known))
	}
}

func (l *loader) class(at Pos, c *int) {
	if c != nil && (*c < 0 || *c > 3) {
		l.fail(at, "class is 0 (most urgent) to 3; ordinary is 2")
	}
}

func (l *loader) checkWords() {
	b := l.b
	at := Pos{"words.yaml", 1}
	for _, id := range sortedKeys(b.words) {
		vars, ok := wordings[id]
		if !ok {
			l.fail(b.words[id].Pos, "words: %s is not a text that the program uses; %s", id, didYouMean(id, sortedKeys(wordings)))
			continue
		}
		at.File = b.words[id].File
		l.text(b.words[id], newScope(vars), "words: "+id)
	}
	for _, id := range sortedKeys(wordings) {
		if _, ok := b.words[id]; !ok {
			l.fail(at, "words: %s is missing; copy it from the demo's words.yaml", id)
		}
	}
	for _, id := range sortedKeys(l.cmds) {
		p := l.cmds[id]
		if !slices.Contains(commandNames, id) {
			l.fail(p.Pos, "commands: %s is not a command; %s", id, didYouMean(id, commandNames))
			continue
		}
		for _, w := range p.all() {
			f := plain(w)
			if other, ok := b.commands[f]; ok && other != id {
				l.fail(p.Pos, "commands: %s means both %s and %s; keep one", quote(w), other, id)
			}
			if f == "" {
				l.fail(p.Pos, "commands: %s has no letters or digits", quote(w))
				continue
			}
			b.commands[f] = id
		}
	}
}

func (l *loader) checkGreeting() {
	g := l.b.greet
	if g == nil {
		g = &greeting{Pos: Pos{".", 1}}
		if len(l.where) > 0 {
			l.fail(l.anywhere(), "greeting is missing; say who the bot is and how to reach a person")
		}
		l.b.greet = g
		return
	}
	l.needed(g.Text, l.b.scope, "greeting: text", g.Pos)
	l.needed(g.Short, l.b.scope, "greeting: short", g.Pos)
	for _, ch := range sortedKeys(g.Channels) {
		l.text(g.Channels[ch], l.b.scope, "greeting: "+ch)
	}
	l.items(g.Pos, "greeting: menu", g.Menu)
	for _, t := range append([]text{g.Text}, textsOf(g.Channels)...) {
		l.honest(t, "it is a bot (机器人, bot)", "机器人", "bot", "robot")
		l.honest(t, "how to reach a person (人工, human)", "人工", "human", "person", "agent", "people")
	}
	l.honest(g.Short, "it is a bot (机器人, bot)", "机器人", "bot", "robot")
}

func textsOf(m map[string]text) []text {
	var out []text
	for _, k := range sortedKeys(m) {
		out = append(out, m[k])
	}
	return out
}

// anywhere is a place to report what is nowhere.
func (l *loader) anywhere() Pos {
	var best Pos
	for _, p := range l.where {
		if best.File == "" || p.File < best.File || p.File == best.File && p.Line < best.Line {
			best = p
		}
	}
	return Pos{best.File, 1}
}

// honest: a greeting names the bot as one and says how to reach a person.
func (l *loader) honest(t text, what string, words ...string) {
	for _, lang := range sortedKeys(t.by) {
		for _, v := range t.by[lang] {
			if !containsAny(strings.ToLower(v.source), words...) {
				l.fail(v.Pos, "the greeting must say %s", what)
			}
		}
	}
}

func containsAny(s string, words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(s, w) })
}

// items checks the names in a menu.
func (l *loader) items(at Pos, what string, ids []string) {
	for _, id := range ids {
		if !l.b.knows(id) {
			known := append(append(sortedKeys(l.b.entries), sortedKeys(l.b.flows)...), toMenu, toHuman)
			l.fail(at, "%s: %s is no entry and no flow; %s", what, quote(id), didYouMean(id, known))
		}
	}
}

func (l *loader) checkEntry(e *entry) {
	b := l.b
	what := "entry " + e.ID
	l.needed(e.Title, newScope(nil), what+": title", e.Pos)
	if e.Answer.empty() && e.Next == "" {
		l.fail(e.Pos, "%s has neither answer nor next; say something or go somewhere", what)
	}
	l.text(e.Answer, b.scope, what+": answer")
	for i := range e.When {
		w := &e.When[i]
		g, err := b.scope.guard(w.If)
		if err != nil {
			l.fail(w.Pos, "if: %s: %v", w.If, err)
		}
		w.guard = g
		l.needed(w.Answer, b.scope, what+": when: answer", w.Pos)
	}
	for _, ch := range sortedKeys(e.Channels) {
		l.text(e.Channels[ch], b.scope, fmt.Sprintf("%s: channels: %s", what, ch))
	}
	if e.Link != nil {
		l.needed(e.Link.Title, b.scope, what+": link: title", e.Link.Pos)
		l.text(e.Link.Body, b.scope, what+": link: body")
		if e.Link.URL == "" {
			l.fail(e.Link.Pos, "%s: the link has no url", what)
		}
	}
	l.items(e.Pos, what+": replies", e.Replies)
	l.items(e.Pos, what+": related", e.Related)
	if e.Next != "" && e.Next != toMenu && e.Next != toHuman {
		l.ref(e.Pos, what+": next: flow", e.Next, append(sortedKeys(b.flows), toMenu, toHuman))
	}
	l.ref(e.Pos, what+": context: entry", e.Context, sortedKeys(b.entries))
	l.ref(e.Pos, what+": topic", e.Topic, sortedKeys(b.topics))
}
