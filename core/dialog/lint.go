package dialog

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/frontdesk-im/frontdesk/core/match"
)

// lint looks for what can be loaded but is wrong. What would hurt a customer
// is an error; what may be meant is a warning.
func (l *loader) lint() {
	used := l.usedFlows()
	for _, f := range l.b.flowOrder {
		l.lintFlow(f)
		if !used[f.ID] {
			l.warn(f.Pos, "flow %s is never started; name it in next or replies of an entry, in the greeting's menu, or as flow:%s", f.ID, f.ID)
		}
	}
	l.conflicts()
	l.texts()
}

func (l *loader) warn(at Pos, format string, args ...any) {
	l.b.Warnings = append(l.b.Warnings, Problem{at, fmt.Sprintf(format, args...)})
}

// languages sees that every text is there in every language.
func (l *loader) languages(t text, what string) {
	if t.empty() {
		return
	}
	if len(t.by[""]) > 0 {
		if len(l.b.set.Languages) > 1 && !wordless(t.by[""]) {
			l.fail(t.Pos, "%s has no language; write %s: …", what, strings.Join(l.b.set.Languages, ": … and "))
		}
		return
	}
	for _, lang := range l.b.set.Languages {
		if len(t.by[lang]) == 0 {
			l.fail(t.Pos, "%s is missing in %s; add %s: …", what, lang, lang)
		}
	}
}

// wordless texts, like 👋 or {{ … }} alone, are the same in every language.
func wordless(vs []*template) bool {
	return !slices.ContainsFunc(vs, func(v *template) bool {
		return slices.ContainsFunc(v.parts, func(s segment) bool { return strings.ContainsFunc(s.text, unicode.IsLetter) })
	})
}

// usedFlows are those that something leads to.
func (l *loader) usedFlows() map[string]bool {
	used := map[string]bool{}
	mark := func(ids ...string) {
		for _, id := range ids {
			if l.b.entries[id] == nil {
				used[id] = true
			}
		}
	}
	mark(l.b.greet.Menu...)
	for _, e := range l.b.order {
		used[e.Next] = true
		mark(e.Replies...)
		mark(e.Related...)
	}
	for _, f := range l.b.flowOrder {
		for _, s := range f.Steps {
			mark(s.Replies...)
			for _, to := range s.exits() {
				if other, ok := strings.CutPrefix(to, "flow:"); ok {
					used[other] = true
				}
			}
		}
	}
	return used
}

// exits are the targets that a step names, "" for the next step.
func (s *step) exits() []string {
	var out []string
	switch {
	case s.Goto != "":
		return []string{s.Goto}
	case s.Handoff != "":
		return []string{toHuman}
	case s.If != "":
		return []string{s.Then, s.Else}
	case s.Call != "":
		out = append(out, "", s.OnError)
		for _, k := range sortedKeys(s.Errors) {
			out = append(out, s.Errors[k])
		}
		return out
	case s.Ask != "":
		return []string{"", orHuman(s.TooMany)}
	case s.Choose != "":
		for _, o := range s.Options {
			out = append(out, o.Goto)
		}
		return append(out, orHuman(s.TooMany))
	}
	return []string{""}
}

func orHuman(to string) string {
	if to == "" {
		return toHuman
	}
	return to
}

// waits reports whether a step waits for somebody.
func (s *step) waits() bool { return s.Ask != "" || s.Choose != "" || s.Call != "" || s.Handoff != "" }

// lintFlow finds steps that nothing leads to, circles in which nobody is
// waited for, and circles that nobody gets out of.
func (l *loader) lintFlow(f *flow) {
	n := len(f.Steps)
	to := make([][]int, n) // n is the way out
	for i, s := range f.Steps {
		for _, x := range s.exits() {
			j, ok := f.index[x]
			switch {
			case x == "":
				j = i + 1
			case !ok:
				j = n
			}
			to[i] = append(to[i], j)
		}
	}
	reached := reach(to, 0, nil)
	for i, s := range f.Steps {
		switch {
		case !reached[i]:
			l.fail(s.Pos, "flow %s: nothing leads to step %s; remove it, or go to it from somewhere", f.ID, s.ID)
		case !s.waits() && reach(to, i, func(j int) bool { return j < n && !f.Steps[j].waits() })[n+1]:
			l.fail(s.Pos, "flow %s: step %s comes back to itself without waiting for anybody; add an ask or a choose to the circle", f.ID, s.ID)
		case !reach(to, i, nil)[n]:
			l.fail(s.Pos, "flow %s: from step %s there is no way out; let one answer go to end or human", f.ID, s.ID)
		}
	}
}

// reach marks what can be reached from start, passing only where via allows;
// the entry after the way out tells whether start itself was reached again.
func reach(to [][]int, start int, via func(int) bool) []bool {
	n := len(to)
	seen := make([]bool, n+2)
	if n == 0 {
		return seen
	}
	todo := []int{start}
	seen[start] = true
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if i == n {
			continue
		}
		for _, j := range to[i] {
			if j == start {
				seen[n+1] = true
			}
			if !seen[j] && (via == nil || via(j)) {
				seen[j] = true
				todo = append(todo, j)
			}
		}
	}
	return seen
}

// conflicts finds phrasings that two entries claim.
func (l *loader) conflicts() {
	for _, kind := range []struct {
		name string
		of   func(*entry) phrases
		hard bool
	}{
		{"exact", func(e *entry) phrases { return e.Exact }, true},
		{"samples", func(e *entry) phrases { return e.Samples }, true},
		{"contains", func(e *entry) phrases { return e.Contains }, false},
	} {
		owner := map[string]*entry{}
		for _, e := range l.b.order {
			p := kind.of(e)
			for _, s := range p.all() {
				f := plain(s)
				if f == "" && len(s) <= 200 {
					l.fail(p.Pos, "entry %s: %s: %s has no letters or digits", e.ID, kind.name, quote(s))
					continue
				}
				first := owner[f]
				switch {
				case first == nil:
					owner[f] = e
				case first == e:
				case kind.hard:
					l.fail(p.Pos, "entry %s: %s: %s is also a phrase of entry %s (%s); keep it in one of them", e.ID, kind.name, quote(s), first.ID, first.Pos)
				default:
					l.warn(p.Pos, "entry %s: contains %s also belongs to entry %s (%s): customers will be asked which they mean", e.ID, quote(s), first.ID, first.Pos)
				}
			}
		}
	}
}

// texts finds what a channel would have to cut, labels that no button holds,
// and what customers take badly.
func (l *loader) texts() {
	b := l.b
	for _, e := range b.order {
		l.fits("entry "+e.ID, e.Answer, e.Channels)
		for _, lang := range sortedKeys(e.Title.by) {
			for _, v := range e.Title.by[lang] {
				if n := utf8.RuneCountInString(v.source); n > 40 {
					l.warn(v.Pos, "entry %s: the title (%s) has %d characters; it is shown on buttons, 20 is plenty", e.ID, lang, n)
				}
			}
		}
		for i := range e.When {
			l.fits("entry "+e.ID+": when", e.When[i].Answer, nil)
		}
	}
	for _, f := range b.flowOrder {
		for _, s := range f.Steps {
			what := "flow " + f.ID + ": step " + s.ID
			if s.Say != nil {
				l.fits(what, *s.Say, nil)
			}
			l.fits(what, s.Text, nil)
			l.fits(what, s.Error, nil)
		}
	}
	for _, id := range sortedKeys(b.words) {
		l.fits("words: "+id, b.words[id], nil)
	}
	l.fits("greeting", b.greet.Text, b.greet.Channels)
	l.tone("greeting: short", b.greet.Short)
	for _, name := range sortedKeys(b.channels) {
		if c := b.channels[name]; c.Options > 0 && len(b.greet.Menu)+1 > c.Options {
			l.warn(b.greet.Pos, "greeting: the menu has %d items with the way to a person, %s takes %d buttons: it becomes a numbered list there", len(b.greet.Menu)+1, name, c.Options)
		}
	}
}

// blank is how long a {{ … }} is taken to be.
const blank = 12

// filled is about what a customer will read.
func (t *template) filled() string {
	var b strings.Builder
	for _, s := range t.parts {
		b.WriteString(s.text)
		if s.main != nil {
			b.WriteString(strings.Repeat("x", blank))
		}
	}
	return b.String()
}

func (l *loader) fits(what string, t text, own map[string]text) {
	l.tone(what, t)
	for _, name := range sortedKeys(own) {
		l.tone(what+": "+name, own[name])
	}
	for _, lang := range sortedKeys(t.by) {
		for _, v := range t.by[lang] {
			full := v.filled()
			for _, name := range sortedKeys(l.b.channels) {
				if _, ok := own[name]; ok {
					continue
				}
				c := l.b.channels[name]
				if n := utf8.RuneCountInString(full); c.Text > 0 && n > c.Text {
					l.warn(v.Pos, "%s (%s) has about %d characters, %s takes %d: shorten it or give %s a text of its own under channels", what, lang, n, name, c.Text, name)
				}
				if c.Bytes > 0 && len(full) > c.Bytes {
					l.warn(v.Pos, "%s (%s) has about %d bytes, %s takes %d: shorten it or give %s a text of its own under channels", what, lang, len(full), name, c.Bytes, name)
				}
			}
		}
	}
}

// tone finds what customers take badly.
func (l *loader) tone(what string, t text) {
	for _, lang := range sortedKeys(t.by) {
		for _, v := range t.by[lang] {
			for _, f := range match.Tone(v.filled()) {
				l.warn(v.Pos, "%s: %s %s / %s", what, quote(f.Span), f.En, f.Zh)
			}
		}
	}
}
