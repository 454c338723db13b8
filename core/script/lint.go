package script

import (
	"strings"
	"unicode/utf8"

	"github.com/frontdesk-im/frontdesk/core/match"
)

// A linter looks for what can be loaded but is wrong.
type linter struct {
	*report
	b    *Book
	file string // the only one to look at; all if empty
}

// lint looks for what can be loaded but is wrong. What would hurt a customer
// is an error; what may be meant is a warning.
func (l *linter) lint() {
	used := l.usedFlows()
	for _, f := range l.b.FlowOrder {
		if !mine(l.file, f.Pos) {
			continue
		}
		l.lintFlow(f)
		if !used[f.ID] {
			l.warn(f.Pos, "flow %s is never started; name it in next or replies of an entry, in the greeting's menu, or as flow:%s", f.ID, f.ID)
		}
	}
	l.conflicts()
	l.texts()
}

// usedFlows are those that something leads to.
func (l *linter) usedFlows() map[string]bool {
	used := map[string]bool{}
	mark := func(ids ...string) {
		for _, id := range ids {
			if l.b.Entries[id] == nil {
				used[id] = true
			}
		}
	}
	mark(l.b.Greeting.Menu...)
	for _, e := range l.b.Order {
		used[e.Next] = true
		mark(e.Replies...)
		mark(e.Related...)
	}
	for _, f := range l.b.FlowOrder {
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
func (s *Step) exits() []string {
	var out []string
	switch {
	case s.Goto != "":
		return []string{s.Goto}
	case s.Handoff != "":
		return []string{ToHuman}
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
		return ToHuman
	}
	return to
}

// waits reports whether a step waits for somebody.
func (s *Step) waits() bool { return s.Ask != "" || s.Choose != "" || s.Call != "" || s.Handoff != "" }

// lintFlow finds steps that nothing leads to, circles in which nobody is
// waited for, and circles that nobody gets out of.
func (l *linter) lintFlow(f *Flow) {
	n := len(f.Steps)
	to := make([][]int, n) // n is the way out
	for i, s := range f.Steps {
		for _, x := range s.exits() {
			j, ok := f.Index[x]
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
	told := make([]bool, n+2) // steps of which something was said, and the way out
	for i, s := range f.Steps {
		if !reached[i] {
			l.fail(s.Pos, "flow %s: nothing leads to %s; remove it, or go to it from somewhere", f.ID, f.named(i))
			told[i] = true
		} else if ring := f.ring(to, i); len(ring) > 0 && !told[i] {
			l.fail(s.Pos, "flow %s: %s comes back to itself without waiting for anybody%s; add an ask or a choose to the circle", f.ID, f.named(i), f.through(ring))
			for _, j := range ring {
				told[j] = true
			}
		}
	}
	for i, s := range f.Steps {
		from := reach(to, i, nil)
		if from[n] || touches(from[:n], told) {
			continue
		}
		l.fail(s.Pos, "flow %s: from %s there is no way out; let one answer go to end or human", f.ID, f.named(i))
		for j := range n {
			told[j] = told[j] || from[j]
		}
	}
}

// touches reports whether both mark one.
func touches(a, b []bool) bool {
	for i := range a {
		if a[i] && b[i] {
			return true
		}
	}
	return false
}

// ring are the steps through which one comes back to itself without waiting for
// anybody, in the order of the flow; none if it does not.
func (f *Flow) ring(to [][]int, i int) (out []int) {
	n := len(f.Steps)
	quick := func(j int) bool { return j < n && !f.Steps[j].waits() }
	if !quick(i) || !reach(to, i, quick)[n+1] {
		return nil
	}
	from := reach(to, i, quick)
	for j := range n {
		if from[j] && reach(to, j, quick)[i] && (j == i || reach(to, j, quick)[n+1]) {
			out = append(out, j)
		}
	}
	return out
}

// through names the other steps of a ring.
func (f *Flow) through(ring []int) string {
	if len(ring) < 2 {
		return ""
	}
	var names []string
	for _, j := range ring[1:] {
		names = append(names, f.named(j))
	}
	return " (through " + strings.Join(names, ", ") + ")"
}

// named is what a step is called by its author: by its place, if they gave it no
// name.
func (f *Flow) named(i int) string {
	if s := f.Steps[i]; s.ID == unnamed(i) {
		return "the step in line " + itoa(s.Line)
	}
	return "step " + f.Steps[i].ID
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
func (l *linter) conflicts() {
	for _, kind := range []struct {
		name string
		of   func(*Entry) Phrases
		hard bool
	}{
		{"exact", func(e *Entry) Phrases { return e.Exact }, true},
		{"samples", func(e *Entry) Phrases { return e.Samples }, true},
		{"contains", func(e *Entry) Phrases { return e.Contains }, false},
	} {
		owner := map[string]*Entry{}
		for _, e := range l.b.Order {
			p := kind.of(e)
			for _, s := range p.All() {
				f := match.Bare(s)
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
func (l *linter) texts() {
	b := l.b
	for _, e := range b.Order {
		if !mine(l.file, e.Pos) {
			continue
		}
		l.fits("entry "+e.ID, e.Answer, e.Channels)
		for _, lang := range sortedKeys(e.Title.By) {
			for _, v := range e.Title.By[lang] {
				if n := utf8.RuneCountInString(v.Source); n > 40 {
					l.warn(v.Pos, "entry %s: the title (%s) has %d characters; it is shown on buttons, 20 is plenty", e.ID, lang, n)
				}
			}
		}
		for i := range e.When {
			l.fits("entry "+e.ID+": when", e.When[i].Answer, nil)
		}
	}
	for _, f := range b.FlowOrder {
		if !mine(l.file, f.Pos) {
			continue
		}
		for _, s := range f.Steps {
			what := "flow " + f.ID + ": step " + s.ID
			if s.Say != nil {
				l.fits(what, *s.Say, nil)
			}
			l.fits(what, s.Text, nil)
			l.fits(what, s.Error, nil)
		}
	}
	for _, id := range sortedKeys(b.Texts) {
		if t := b.Texts[id]; mine(l.file, t.Pos) {
			l.fits("words: "+id, t, nil)
		}
	}
	if !mine(l.file, b.Greeting.Pos) {
		return
	}
	l.fits("greeting", b.Greeting.Text, b.Greeting.Channels)
	l.tone("greeting: short", b.Greeting.Short)
	for _, name := range sortedKeys(b.Channels) {
		if c := b.Channels[name]; c.Options > 0 && len(b.Greeting.Menu)+1 > c.Options {
			l.warn(b.Greeting.Pos, "greeting: the menu has %d items with the way to a person, %s takes %d buttons: it becomes a numbered list there", len(b.Greeting.Menu)+1, name, c.Options)
		}
	}
}

// blank is how long a {{ … }} is taken to be.
const blank = 12

// filled is about what a customer will read.
func (t *Template) filled() string {
	var b strings.Builder
	for _, s := range t.parts {
		b.WriteString(s.text)
		if s.main != nil {
			b.WriteString(strings.Repeat("x", blank))
		}
	}
	return b.String()
}

func (l *linter) fits(what string, t Text, own map[string]Text) {
	l.tone(what, t)
	for _, name := range sortedKeys(own) {
		l.tone(what+": "+name, own[name])
	}
	for _, lang := range sortedKeys(t.By) {
		for _, v := range t.By[lang] {
			full := v.filled()
			for _, name := range sortedKeys(l.b.Channels) {
				if _, ok := own[name]; ok {
					continue
				}
				c := l.b.Channels[name]
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
func (l *linter) tone(what string, t Text) {
	for _, lang := range sortedKeys(t.By) {
		for _, v := range t.By[lang] {
			for _, f := range match.Tone(v.filled()) {
				l.warn(v.Pos, "%s: %s %s / %s", what, quote(f.Span), f.En, f.Zh)
			}
		}
	}
}
