package script

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core/spelling"
)

var askKinds = []string{"text", "number", "phone", "email", "order", "date"}

// kinds names the keys of which a step has exactly one.
func (s *Step) kinds() []string {
	var out []string
	for name, has := range map[string]bool{"say": s.Say != nil, "ask": s.Ask != "", "choose": s.Choose != "", "if": s.If != "",
		"goto": s.Goto != "", "call": s.Call != "", "handoff": s.Handoff != "", "form": s.Form != "", "set": len(s.Set) > 0} {
		if has {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

func (c *checker) checkFlow(f *Flow) {
	what := "flow " + f.ID
	c.needed(f.Title, newScope(nil), what+": title", f.Pos)
	c.ref(f.Pos, what+": topic", f.Topic, sortedKeys(c.b.Topics))
	if len(f.Steps) == 0 {
		c.fail(f.Pos, "%s has no steps", what)
	}
	f.Index = map[string]int{}
	for i, s := range f.Steps {
		if s.ID == "" {
			s.ID = unnamed(i)
		}
		if !idLike(s.ID) || slices.Contains([]string{ToEnd, ToMenu, ToHuman}, s.ID) {
			c.fail(s.Pos, "%s: %s can't be the name of a step; use small letters, digits, _ and -", what, quote(s.ID))
		}
		if j, ok := f.Index[s.ID]; ok {
			c.fail(s.Pos, "%s: step %s is already in line %d; rename one", what, s.ID, f.Steps[j].Line)
		}
		f.Index[s.ID] = i
	}
	for _, s := range f.Steps {
		c.checkStep(f, s)
	}
}

var idLike = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,39}$`).MatchString

// unnamed is what a step is called that its author gave no name.
func unnamed(i int) string { return "step" + itoa(i+1) }

func itoa(n int) string { return show(float64(n), nil) }

func (c *checker) checkStep(f *Flow, s *Step) {
	what := "flow " + f.ID + ": step " + s.ID
	switch k := s.kinds(); len(k) {
	case 1:
	case 0:
		c.fail(s.Pos, "%s does nothing; give it one of say, ask, choose, if, goto, call, handoff, form, set", what)
		return
	default:
		c.fail(s.Pos, "%s has %s; make them steps of their own", what, strings.Join(k, " and "))
		return
	}
	c.text(s.Text, c.scope, what+": text")
	c.text(s.Error, c.scope, what+": error")
	c.text(s.Label, newScope(nil), what+": label")
	c.class(s.Pos, s.Class)
	c.items(s.Pos, what+": replies", s.Replies)
	c.foreign(s, what)
	switch {
	case s.Say != nil:
		c.needed(*s.Say, c.scope, what+": say", s.Pos)
	case s.Ask != "":
		c.checkAsk(s, what)
	case s.Choose != "":
		c.checkChoose(f, s, what)
	case s.If != "":
		c.checkIf(s, what)
	case s.Goto != "":
		c.target(f, s, "goto", s.Goto)
	case s.Call != "":
		c.checkCall(f, s, what)
	case s.Form != "":
		c.checkSend(s)
	case s.Handoff != "":
		c.ref(s.Pos, what+": handoff: topic", s.Handoff, sortedKeys(c.b.Topics))
		if s.Asked != "" {
			s.About = c.assign(s.Pos, "asked", s.Asked).Value
		}
	}
	for _, name := range sortedKeys(s.Set) {
		s.Sets = append(s.Sets, c.assign(s.Pos, name, s.Set[name]))
	}
	c.target(f, s, "then", s.Then)
	c.target(f, s, "else", s.Else)
	c.target(f, s, "too_many", s.TooMany)
	c.target(f, s, "on_error", s.OnError)
}

// foreign finds keys that do nothing in a step of this kind.
func (c *checker) foreign(s *Step, what string) {
	kind := s.kinds()[0]
	for _, x := range []struct {
		key string
		set bool
		of  string
	}{
		{"text", !s.Text.Empty(), "ask choose handoff call"}, {"kind", s.Kind != "", "ask"}, {"pattern", s.Pattern != "", "ask"},
		{"min", s.Min != nil, "ask"}, {"max", s.Max != nil, "ask"}, {"label", !s.Label.Empty(), "ask choose set"},
		{"tries", s.Tries != 0, "ask choose"}, {"error", !s.Error.Empty(), "ask choose"}, {"too_many", s.TooMany != "", "ask choose"},
		{"optional", s.Skip, "ask"}, {"known", s.Known != "", "ask choose"}, {"options", len(s.Options) > 0, "choose"}, {"then", s.Then != "", "if"},
		{"else", s.Else != "", "if"}, {"send", len(s.Send) > 0, "call form"}, {"save", len(s.Save) > 0, "call"},
		{"timeout", s.Timeout != 0, "call"}, {"on_error", s.OnError != "", "call"}, {"errors", len(s.Errors) > 0, "call"},
		{"class", s.Class != nil, "handoff"}, {"asked", s.Asked != "", "handoff"}, {"replies", len(s.Replies) > 0, "say ask"},
	} {
		if x.set && !slices.Contains(strings.Fields(x.of), kind) {
			c.fail(s.Pos, "%s: %s belongs to %s, not to %s", what, x.key, strings.ReplaceAll(x.of, " ", ", "), kind)
		}
	}
}

func (c *checker) checkAsk(s *Step, what string) {
	c.needed(s.Text, c.scope, what+": text", s.Pos)
	def(&s.Kind, "text")
	def(&s.Tries, 3)
	c.ref(s.Pos, what+": kind", s.Kind, askKinds)
	c.known(s, what)
	if s.Pattern == "" {
		if s.Kind == "order" {
			c.fail(s.Pos, "%s: kind order needs a pattern, like ^XH[0-9]{8}$", what)
		}
		return
	}
	re, err := regexp.Compile(s.Pattern)
	if err != nil {
		c.fail(s.Pos, "%s: pattern %s: %s", what, quote(s.Pattern), spelling.Pattern(err))
		return
	}
	s.Re = re
}

func (c *checker) known(s *Step, what string) {
	if s.Known != "" && s.Known != "skip" {
		c.fail(s.Pos, "%s: known is skip or left out", what)
	}
	if s.Tries < 0 || s.Tries > 10 {
		c.fail(s.Pos, "%s: tries is 1 to 10", what)
	}
}

func (c *checker) checkChoose(f *Flow, s *Step, what string) {
	c.needed(s.Text, c.scope, what+": text", s.Pos)
	def(&s.Tries, 3)
	c.known(s, what)
	if len(s.Options) < 2 || len(s.Options) > 10 {
		c.fail(s.Pos, "%s: choose needs 2 to 10 options", what)
	}
	seen := map[string]bool{}
	for i := range s.Options {
		o := &s.Options[i]
		if !idLike(o.ID) || seen[o.ID] {
			c.fail(o.Pos, "%s: option %s: every option has an id of its own, of small letters, digits, _ and -", what, quote(o.ID))
		}
		seen[o.ID] = true
		c.needed(o.Label, newScope(nil), what+": option "+o.ID+": label", o.Pos)
		c.target(f, s, "option "+o.ID+": goto", o.Goto)
	}
}

func (c *checker) checkIf(s *Step, what string) {
	g, err := c.scope.guard(s.If)
	if err != nil {
		c.fail(s.Pos, "%s: if: %s: %v", what, s.If, err)
	}
	s.Cond = g
	if s.Then == "" && s.Else == "" {
		c.fail(s.Pos, "%s: if needs then or else", what)
	}
}

// maxCall is the longest that a customer is kept waiting for a business system.
const maxCall = 30 * time.Second

func (c *checker) checkCall(f *Flow, s *Step, what string) {
	if c.systems != nil {
		c.ref(s.Pos, what+": call: business system", s.Call, c.systems)
	}
	def(&s.Timeout, 5*time.Second)
	if s.Timeout > maxCall {
		c.fail(s.Pos, "%s: timeout is at most %s; nobody waits longer in a chat", what, maxCall)
	}
	if s.OnError == "" {
		c.fail(s.Pos, "%s: on_error is missing; say where to go when %s does not answer", what, s.Call)
	}
	for _, name := range sortedKeys(s.Errors) {
		c.target(f, s, "errors: "+name, s.Errors[name])
	}
	c.checkSend(s)
}

// checkSend compiles what a step sends along.
func (c *checker) checkSend(s *Step) {
	for _, name := range sortedKeys(s.Send) {
		s.Sends = append(s.Sends, c.assign(s.Pos, name, s.Send[name]))
	}
}

func (c *checker) assign(at Pos, name, src string) Assignment {
	t := &Template{Pos: at, Source: src}
	t.compile(c.scope, c.fail)
	return Assignment{name, t}
}

// target checks where a step goes: a step of the flow, end, menu, human, or
// flow:other. Empty is the next step.
func (c *checker) target(f *Flow, s *Step, key, to string) {
	if to == "" || to == ToEnd || to == ToMenu || to == ToHuman {
		return
	}
	if other, ok := strings.CutPrefix(to, "flow:"); ok {
		c.ref(s.Pos, "flow "+f.ID+": step "+s.ID+": "+key+": flow", other, sortedKeys(c.b.Flows))
		return
	}
	if _, ok := f.Index[to]; !ok {
		known := append(sortedKeys(f.Index), ToEnd, ToMenu, ToHuman)
		c.fail(s.Pos, "flow %s: step %s: %s: there is no step %s; %s", f.ID, s.ID, key, quote(to), didYouMean(to, known))
	}
}
