package dialog

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

var askKinds = []string{"text", "number", "phone", "email", "order", "date"}

// kinds names the keys of which a step has exactly one.
func (s *step) kinds() []string {
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

func (l *loader) checkFlow(f *flow) {
	what := "flow " + f.ID
	l.needed(f.Title, newScope(nil), what+": title", f.Pos)
	l.ref(f.Pos, what+": topic", f.Topic, sortedKeys(l.b.topics))
	if len(f.Steps) == 0 {
		l.fail(f.Pos, "%s has no steps", what)
	}
	f.index = map[string]int{}
	for i, s := range f.Steps {
		if s.ID == "" {
			s.ID = "step" + itoa(i+1)
		}
		if !idLike(s.ID) || slices.Contains([]string{toEnd, toMenu, toHuman}, s.ID) {
			l.fail(s.Pos, "%s: %s can't be the name of a step; use small letters, digits, _ and -", what, quote(s.ID))
		}
		if j, ok := f.index[s.ID]; ok {
			l.fail(s.Pos, "%s: step %s is already in line %d; rename one", what, s.ID, f.Steps[j].Line)
		}
		f.index[s.ID] = i
	}
	for _, s := range f.Steps {
		l.checkStep(f, s)
	}
}

var idLike = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,39}$`).MatchString

func itoa(n int) string { return show(float64(n), nil) }

func (l *loader) checkStep(f *flow, s *step) {
	what := "flow " + f.ID + ": step " + s.ID
	switch k := s.kinds(); len(k) {
	case 1:
	case 0:
		l.fail(s.Pos, "%s does nothing; give it one of say, ask, choose, if, goto, call, handoff, form, set", what)
		return
	default:
		l.fail(s.Pos, "%s has %s; make them steps of their own", what, strings.Join(k, " and "))
		return
	}
	l.text(s.Text, l.b.scope, what+": text")
	l.text(s.Error, l.b.scope, what+": error")
	l.text(s.Label, newScope(nil), what+": label")
	l.class(s.Pos, s.Class)
	l.items(s.Pos, what+": replies", s.Replies)
	l.foreign(s, what)
	switch {
	case s.Say != nil:
		l.needed(*s.Say, l.b.scope, what+": say", s.Pos)
	case s.Ask != "":
		l.checkAsk(s, what)
	case s.Choose != "":
		l.checkChoose(f, s, what)
	case s.If != "":
		l.checkIf(s, what)
	case s.Goto != "":
		l.target(f, s, "goto", s.Goto)
	case s.Call != "":
		l.checkCall(f, s, what)
	case s.Form != "":
		l.checkSend(s)
	case s.Handoff != "":
		l.ref(s.Pos, what+": handoff: topic", s.Handoff, sortedKeys(l.b.topics))
		if s.Asked != "" {
			s.c.asked = l.assign(s.Pos, "asked", s.Asked).value
		}
	}
	for _, name := range sortedKeys(s.Set) {
		s.c.set = append(s.c.set, l.assign(s.Pos, name, s.Set[name]))
	}
	l.target(f, s, "then", s.Then)
	l.target(f, s, "else", s.Else)
	l.target(f, s, "too_many", s.TooMany)
	l.target(f, s, "on_error", s.OnError)
}

// foreign finds keys that do nothing in a step of this kind.
func (l *loader) foreign(s *step, what string) {
	kind := s.kinds()[0]
	for _, x := range []struct {
		key string
		set bool
		of  string
	}{
		{"text", !s.Text.empty(), "ask choose handoff call"}, {"kind", s.Kind != "", "ask"}, {"pattern", s.Pattern != "", "ask"},
		{"min", s.Min != nil, "ask"}, {"max", s.Max != nil, "ask"}, {"label", !s.Label.empty(), "ask choose set"},
		{"tries", s.Tries != 0, "ask choose"}, {"error", !s.Error.empty(), "ask choose"}, {"too_many", s.TooMany != "", "ask choose"},
		{"optional", s.Skip, "ask"}, {"known", s.Known != "", "ask choose"}, {"options", len(s.Options) > 0, "choose"}, {"then", s.Then != "", "if"},
		{"else", s.Else != "", "if"}, {"send", len(s.Send) > 0, "call form"}, {"save", len(s.Save) > 0, "call"},
		{"timeout", s.Timeout != 0, "call"}, {"on_error", s.OnError != "", "call"}, {"errors", len(s.Errors) > 0, "call"},
		{"class", s.Class != nil, "handoff"}, {"asked", s.Asked != "", "handoff"}, {"replies", len(s.Replies) > 0, "say ask"},
	} {
		if x.set && !slices.Contains(strings.Fields(x.of), kind) {
			l.fail(s.Pos, "%s: %s belongs to %s, not to %s", what, x.key, strings.ReplaceAll(x.of, " ", ", "), kind)
		}
	}
}

func (l *loader) checkAsk(s *step, what string) {
	l.needed(s.Text, l.b.scope, what+": text", s.Pos)
	def(&s.Kind, "text")
	def(&s.Tries, 3)
	l.ref(s.Pos, what+": kind", s.Kind, askKinds)
	l.known(s, what)
	if s.Pattern == "" {
		if s.Kind == "order" {
			l.fail(s.Pos, "%s: kind order needs a pattern, like ^XH[0-9]{8}$", what)
		}
		return
	}
	re, err := regexp.Compile(s.Pattern)
	if err != nil {
		l.fail(s.Pos, "%s: pattern: %v", what, err)
		return
	}
	s.c.re = re
}

func (l *loader) known(s *step, what string) {
	if s.Known != "" && s.Known != "skip" {
		l.fail(s.Pos, "%s: known is skip or left out", what)
	}
	if s.Tries < 0 || s.Tries > 10 {
		l.fail(s.Pos, "%s: tries is 1 to 10", what)
	}
}

func (l *loader) checkChoose(f *flow, s *step, what string) {
	l.needed(s.Text, l.b.scope, what+": text", s.Pos)
	def(&s.Tries, 3)
	l.known(s, what)
	if len(s.Options) < 2 || len(s.Options) > 10 {
		l.fail(s.Pos, "%s: choose needs 2 to 10 options", what)
	}
	seen := map[string]bool{}
	for i := range s.Options {
		o := &s.Options[i]
		if !idLike(o.ID) || seen[o.ID] {
			l.fail(o.Pos, "%s: option %s: every option has an id of its own, of small letters, digits, _ and -", what, quote(o.ID))
		}
		seen[o.ID] = true
		l.needed(o.Label, newScope(nil), what+": option "+o.ID+": label", o.Pos)
		l.target(f, s, "option "+o.ID+": goto", o.Goto)
	}
}

func (l *loader) checkIf(s *step, what string) {
	g, err := l.b.scope.guard(s.If)
	if err != nil {
		l.fail(s.Pos, "%s: if: %s: %v", what, s.If, err)
	}
	s.c.guard = g
	if s.Then == "" && s.Else == "" {
		l.fail(s.Pos, "%s: if needs then or else", what)
	}
}

// maxCall is the longest that a customer is kept waiting for a business system.
const maxCall = 30 * time.Second

func (l *loader) checkCall(f *flow, s *step, what string) {
	if l.opt.Systems != nil {
		l.ref(s.Pos, what+": call: business system", s.Call, l.opt.Systems)
	}
	def(&s.Timeout, 5*time.Second)
	if s.Timeout > maxCall {
		l.fail(s.Pos, "%s: timeout is at most %s; nobody waits longer in a chat", what, maxCall)
	}
	if s.OnError == "" {
		l.fail(s.Pos, "%s: on_error is missing; say where to go when %s does not answer", what, s.Call)
	}
	for _, name := range sortedKeys(s.Errors) {
		l.target(f, s, "errors: "+name, s.Errors[name])
	}
	l.checkSend(s)
}

// checkSend compiles what a step sends along.
func (l *loader) checkSend(s *step) {
	for _, name := range sortedKeys(s.Send) {
		s.c.send = append(s.c.send, l.assign(s.Pos, name, s.Send[name]))
	}
}

func (l *loader) assign(at Pos, name, src string) assignment {
	t := &template{Pos: at, source: src}
	t.compile(l.b.scope, l.fail)
	return assignment{name, t}
}

// target checks where a step goes: a step of the flow, end, menu, human, or
// flow:other. Empty is the next step.
func (l *loader) target(f *flow, s *step, key, to string) {
	if to == "" || to == toEnd || to == toMenu || to == toHuman {
		return
	}
	if other, ok := strings.CutPrefix(to, "flow:"); ok {
		l.ref(s.Pos, "flow "+f.ID+": step "+s.ID+": "+key+": flow", other, sortedKeys(l.b.flows))
		return
	}
	if _, ok := f.index[to]; !ok {
		known := append(sortedKeys(f.index), toEnd, toMenu, toHuman)
		l.fail(s.Pos, "flow %s: step %s: %s: there is no step %s; %s", f.ID, s.ID, key, quote(to), didYouMean(to, known))
	}
}
