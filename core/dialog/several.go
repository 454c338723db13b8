package dialog

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/match"
	"github.com/frontdesk-im/frontdesk/core/script"
)

// A questions is a message that asks several things, each of which an entry
// answers for certain: two or three of them, in the order in which they were
// asked, but for one that begins a form, which is last.
type questions struct {
	text  string
	found []found
	left  []string // what else was asked, and is not sure
}

const mostAnswers = 3 // to one message

// several takes a text as such. A clause that is an act, like a greeting, is none
// of the questions.
func several(v view, t talk, text string) act {
	parts := clauses(text)
	if t.Flow.on() || t.waiting() || len(parts) < 2 || len(parts) > maxClauses || utf8.RuneCountInString(text) > longText {
		return nil
	}
	a := questions{text: text}
	forms := 0
	for _, s := range parts {
		s = strings.TrimSpace(s)
		if rest, ok := unlinked(s); ok {
			s = rest
		}
		u := match.Listen(s)
		if _, polite := u.Act(); polite || utf8.RuneCountInString(s) < 2 {
			continue
		}
		d := matched(v, t.memory, u)
		switch {
		case sure(v, d) && asksOne(v, s, d):
			f := best(d)
			if slices.ContainsFunc(a.found, func(x found) bool { return x.entry == f.entry }) {
				continue
			}
			if v.Flows[v.Entries[f.entry].Next] != nil {
				forms++
			}
			a.found = append(a.found, f)
		case questioning(s):
			a.left = append(a.left, s)
		}
	}
	if len(a.found) < 2 || len(a.found) > mostAnswers || forms > 1 {
		return nil
	}
	return a
}

// asksOne reports whether a clause is a question by itself: its words ask, or are
// a rule of the entry.
func asksOne(v view, s string, d match.Decision) bool {
	c := d.Candidates[0]
	e := v.Entries[c.Entry]
	if e.Hide || e.Context != "" || e.Next != "" && v.Flows[e.Next] == nil {
		return false
	}
	return c.How != "samples" || c.P >= early && questioning(s)
}

// do answers them, with a person beside the last answer: who wants several things
// may want to talk to one.
func (a questions) do(v view, t talk) talk {
	t.memory = t.asks(a.text, v.Now).settled()
	slices.SortStableFunc(a.found, func(x, y found) int { return len(v.Entries[x.entry].Next) - len(v.Entries[y.entry].Next) })
	var more []string
	for i, f := range a.found {
		e := v.Entries[f.entry]
		t.Last, t.LastAt = f.entry, v.Now
		t.memory = t.meant(f.entry, v.Now)
		t = note(v, t, core.EventAnswered, f.why, f.data()...)
		if i < len(a.found)-1 {
			m, s := entryText(v, t, e)
			t.memory = m
			t = say(t, s)
			more = append(more, e.Replies...)
			continue
		}
		if len(a.left) > 0 {
			t = tellWith(v, t, "left_over", map[string]string{"text": clip(a.left[0], 30)})
		}
		t.beside = v.items(t.Lang, append(more, script.ToHuman)...)
		t = follow(v, sayEntry(v, t, e), e)
	}
	return t
}
