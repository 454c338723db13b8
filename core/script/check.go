package script

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/expr-lang/expr/types"

	"github.com/frontdesk-im/frontdesk/core/match"
)

// An Assignment gives a name a value.
type Assignment struct {
	Name  string
	Value *Template
}

// A checker compiles what was read and follows every reference.
type checker struct {
	*report
	b       *Book
	file    string             // the only one to check; all if empty
	scope   scope              // what expressions may name
	systems []string           // business systems; nil if they are not known
	where   map[string]Pos     // of what was read
	cmds    map[string]Phrases // words of commands
}

// check compiles everything and follows every reference.
func (c *checker) check() {
	b := c.b
	b.Settings.defaults()
	c.checkSettings()
	c.scopes()
	for _, id := range sortedKeys(b.Hours) {
		if h := b.Hours[id]; mine(c.file, h.Pos) {
			h.compile(c.fail)
		}
	}
	for _, id := range sortedKeys(b.Topics) {
		t := b.Topics[id]
		if !mine(c.file, t.Pos) {
			continue
		}
		c.text(t.Title, newScope(nil), "topic "+id+": title")
		c.ref(t.Pos, "hours", t.Hours, sortedKeys(b.Hours))
		c.class(t.Pos, t.Class)
	}
	c.checkWords()
	c.checkGreeting()
	for _, e := range b.Order {
		if mine(c.file, e.Pos) {
			c.checkEntry(e)
		}
	}
	for _, f := range b.FlowOrder {
		if mine(c.file, f.Pos) {
			c.checkFlow(f)
		}
	}
	(&linter{c.report, b, c.file}).lint()
}

// mine reports whether a node is to be checked: nodes of other files than the
// one that is being written belong to a Book in use.
func mine(file string, at Pos) bool { return file == "" || at.File == file }

func (c *checker) checkSettings() {
	s := &c.b.Settings
	at := s.Pos
	for _, lang := range s.Languages {
		if !langTag(lang) {
			c.fail(at, "languages: %s is not a language; write zh, en, ja …", quote(lang))
		}
	}
	if s.Answer < 0 || s.Answer > 1 || s.Clarify < 0 || s.Clarify > 1 || s.Clarify > s.Answer && s.Answer > 0 || s.Clarify > .5 && s.Answer == 0 {
		c.fail(at, "answer and clarify are probabilities: 0 ≤ clarify ≤ answer ≤ 1")
	}
	if s.ClarifyMax < 2 || s.ClarifyMax > 5 {
		c.fail(at, "clarify_max is 2 to 5: nobody reads longer lists")
	}
	if s.OnMisses != "handoff" && s.OnMisses != "offer" {
		c.fail(at, "on_misses is handoff or offer")
	}
	if s.Misses < 1 || s.Barren < 2 || s.Confirm < 0 {
		c.fail(at, "misses is 1 or more, barren 2 or more, confirm 0 or more")
	}
	c.ref(at, "topic", s.Topic, sortedKeys(c.b.Topics))
}

// scopes collects what expressions may name.
func (c *checker) scopes() {
	b := c.b
	b.Fields = map[string]Field{}
	form := types.Map{}
	put := func(name string, f Field) {
		if !fieldName(name) {
			c.fail(f.Pos, "%s can't be a field; use small letters, digits and _, starting with a letter", quote(name))
			return
		}
		if old, ok := b.Fields[name]; ok {
			if old.Number != f.Number {
				c.fail(f.Pos, "field %s is a number in one place and a text in another (%s); use two names", name, old.Pos)
			}
			if f.Label.Empty() {
				f.Label = old.Label
			}
			f.Told = f.Told || old.Told
			f.Options = slices.Concat(old.Options, f.Options)
		}
		b.Fields[name] = f
		form[name] = types.String
		if f.Number {
			form[name] = types.Float
		}
	}
	for _, f := range b.FlowOrder {
		for _, s := range f.Steps {
			switch {
			case s.Ask != "":
				put(s.Ask, Field{Pos: s.Pos, Number: s.Kind == "number", Told: true, Label: s.Label})
			case s.Choose != "":
				put(s.Choose, Field{Pos: s.Pos, Told: true, Label: s.Label, Options: s.Options})
			}
		}
	}
	for _, f := range b.FlowOrder { // these take the kind of the question, if there is one
		for _, s := range f.Steps {
			for _, name := range sortedKeys(s.Set) {
				put(name, Field{Pos: s.Pos, Number: b.Fields[name].Number, Told: true, Label: s.Label})
			}
			for _, name := range sortedKeys(s.Save) {
				put(name, Field{Pos: s.Pos, Number: b.Fields[name].Number, Label: s.Label})
			}
		}
	}
	facts := types.Map{}
	for name, k := range b.Facts {
		facts[name] = types.String
		if k == "number" {
			facts[name] = types.Float
		}
	}
	c.scope = scope{types.Map{"name": types.String, "lang": types.String, "channel": types.String, "text": types.String,
		"hour": types.Float, "weekday": types.Float, "waiting": types.Float, "open": types.Bool, "form": form, "facts": facts}}
}

var fieldName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`).MatchString

// text compiles all wordings of t and sees that no language is missing.
func (c *checker) text(t Text, sc scope, what string) {
	for _, lang := range sortedKeys(t.By) {
		for _, v := range t.By[lang] {
			v.compile(sc, c.fail)
		}
	}
	c.languages(t, what)
}

// needed is text that must be there.
func (c *checker) needed(t Text, sc scope, what string, at Pos) {
	if t.Empty() {
		c.fail(at, "%s is missing", what)
		return
	}
	c.text(t, sc, what)
}

// ref checks a name against those there are; empty is allowed.
func (c *checker) ref(at Pos, what, name string, known []string) {
	if name != "" && !slices.Contains(known, name) {
		c.fail(at, "%s %s does not exist; %s", what, quote(name), didYouMean(name, known))
	}
}

func (c *checker) class(at Pos, n *int) {
	if n != nil && (*n < 0 || *n > 3) {
		c.fail(at, "class is 0 (most urgent) to 3; ordinary is 2")
	}
}

func (c *checker) checkWords() {
	b := c.b
	at := Pos{"words.yaml", 1}
	for _, id := range sortedKeys(b.Texts) {
		if !mine(c.file, b.Texts[id].Pos) {
			continue
		}
		vars, ok := wordings[id]
		if !ok {
			c.fail(b.Texts[id].Pos, "words: %s is not a text that the program uses; %s", id, didYouMean(id, sortedKeys(wordings)))
			continue
		}
		at.File = b.Texts[id].File
		c.text(b.Texts[id], newScope(vars), "words: "+id)
	}
	for _, id := range sortedKeys(wordings) {
		if _, ok := b.Texts[id]; !ok && !strings.HasPrefix(id, "act_") {
			c.fail(at, "words: %s is missing; copy it from the demo's words.yaml", id)
		}
	}
	for _, id := range sortedKeys(c.cmds) {
		p := c.cmds[id]
		if !slices.Contains(commandNames, id) {
			c.fail(p.Pos, "commands: %s is not a command; %s", id, didYouMean(id, commandNames))
			continue
		}
		for _, w := range p.All() {
			f := match.Bare(w)
			if other, ok := b.Commands[f]; ok && other != id {
				c.fail(p.Pos, "commands: %s means both %s and %s; keep one", quote(w), other, id)
			}
			if f == "" {
				c.fail(p.Pos, "commands: %s has no letters or digits", quote(w))
				continue
			}
			b.Commands[f] = id
		}
	}
}

func (c *checker) checkGreeting() {
	g := c.b.Greeting
	if g == nil {
		g = &Greeting{Pos: Pos{".", 1}}
		if len(c.where) > 0 {
			c.fail(c.anywhere(), "greeting is missing; say who the bot is and how to reach a person")
		}
		c.b.Greeting = g
		return
	}
	if !mine(c.file, g.Pos) {
		return
	}
	c.needed(g.Text, c.scope, "greeting: text", g.Pos)
	c.needed(g.Short, c.scope, "greeting: short", g.Pos)
	for _, ch := range sortedKeys(g.Channels) {
		c.text(g.Channels[ch], c.scope, "greeting: "+ch)
	}
	c.items(g.Pos, "greeting: menu", g.Menu)
	for _, t := range append([]Text{g.Text}, textsOf(g.Channels)...) {
		c.honest(t, "it is a bot (机器人, bot)", "机器人", "bot", "robot")
		c.honest(t, "how to reach a person (人工, human)", "人工", "human", "person", "agent", "people")
	}
	c.honest(g.Short, "it is a bot (机器人, bot)", "机器人", "bot", "robot")
}

func textsOf(m map[string]Text) []Text {
	var out []Text
	for _, k := range sortedKeys(m) {
		out = append(out, m[k])
	}
	return out
}

// anywhere is a place to report what is nowhere.
func (c *checker) anywhere() Pos {
	var best Pos
	for _, p := range c.where {
		if best.File == "" || p.File < best.File || p.File == best.File && p.Line < best.Line {
			best = p
		}
	}
	return Pos{best.File, 1}
}

// honest: a greeting names the bot as one and says how to reach a person.
func (c *checker) honest(t Text, what string, words ...string) {
	for _, lang := range sortedKeys(t.By) {
		for _, v := range t.By[lang] {
			if !containsAny(strings.ToLower(v.Source), words...) {
				c.fail(v.Pos, "the greeting must say %s", what)
			}
		}
	}
}

func containsAny(s string, words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(s, w) })
}

// items checks the names in a menu.
func (c *checker) items(at Pos, what string, ids []string) {
	for _, id := range ids {
		if !c.b.Knows(id) {
			known := append(append(sortedKeys(c.b.Entries), sortedKeys(c.b.Flows)...), ToMenu, ToHuman)
			c.fail(at, "%s: %s is no entry and no flow; %s", what, quote(id), didYouMean(id, known))
		}
	}
}

func (c *checker) checkEntry(e *Entry) {
	b := c.b
	what := "entry " + e.ID
	c.needed(e.Title, newScope(nil), what+": title", e.Pos)
	if e.Answer.Empty() && e.Next == "" {
		c.fail(e.Pos, "%s has neither answer nor next; say something or go somewhere", what)
	}
	c.text(e.Answer, c.scope, what+": answer")
	for i := range e.When {
		w := &e.When[i]
		g, err := c.scope.guard(w.If)
		if err != nil {
			c.fail(w.Pos, "if: %s: %v", w.If, err)
		}
		w.Guard = g
		c.needed(w.Answer, c.scope, what+": when: answer", w.Pos)
	}
	for _, ch := range sortedKeys(e.Channels) {
		c.text(e.Channels[ch], c.scope, fmt.Sprintf("%s: channels: %s", what, ch))
	}
	if e.Link != nil {
		c.needed(e.Link.Title, c.scope, what+": link: title", e.Link.Pos)
		c.text(e.Link.Body, c.scope, what+": link: body")
		if e.Link.URL == "" {
			c.fail(e.Link.Pos, "%s: the link has no url", what)
		}
	}
	c.items(e.Pos, what+": replies", e.Replies)
	c.items(e.Pos, what+": related", e.Related)
	if e.Next != "" && e.Next != ToMenu && e.Next != ToHuman {
		c.ref(e.Pos, what+": next: flow", e.Next, append(sortedKeys(b.Flows), ToMenu, ToHuman))
	}
	if e.Context != "" && b.Entries[e.Context] == nil { // all their names are sorted for a fault only: it would take n² time
		c.ref(e.Pos, what+": context: entry", e.Context, sortedKeys(b.Entries))
	}
	c.ref(e.Pos, what+": topic", e.Topic, sortedKeys(b.Topics))
	c.checkAct(e)
}

// checkAct sees that an act is one, and answered by one entry.
func (c *checker) checkAct(e *Entry) {
	if e.Act == "" {
		return
	}
	names := make([]string, 0, len(match.Acts()))
	for _, a := range match.Acts() {
		names = append(names, string(a))
	}
	slices.Sort(names)
	c.ref(e.Pos, "entry "+e.ID+": act", e.Act, names)
	if first := c.b.Acting(match.Act(e.Act)); first != nil && first != e {
		c.fail(e.Pos, "entry %s: act %s is answered by %s already (%s); keep one", e.ID, e.Act, first.ID, first.Pos)
	}
}

// languages sees that every text is there in every language.
func (c *checker) languages(t Text, what string) {
	if t.Empty() {
		return
	}
	if len(t.By[""]) > 0 {
		if len(c.b.Settings.Languages) > 1 && !wordless(t.By[""]) {
			c.fail(t.Pos, "%s has no language; write %s: …", what, strings.Join(c.b.Settings.Languages, ": … and "))
		}
		return
	}
	for _, lang := range c.b.Settings.Languages {
		if len(t.By[lang]) == 0 {
			c.fail(t.Pos, "%s is missing in %s; add %s: …", what, lang, lang)
		}
	}
}

// wordless texts, like 👋 or {{ … }} alone, are the same in every language.
func wordless(vs []*Template) bool {
	return !slices.ContainsFunc(vs, func(v *Template) bool {
		return slices.ContainsFunc(v.parts, func(s segment) bool { return strings.ContainsFunc(s.text, unicode.IsLetter) })
	})
}
