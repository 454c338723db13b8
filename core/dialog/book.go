package dialog

import (
	"context"
	"strings"
	"unicode"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/match"
)

// A Book is a loaded script. It never changes and may be used by any number of
// goroutines.
type Book struct {
	Version  string    // of the files it was loaded from; in every event
	Warnings []Problem // what is allowed but probably not meant: see lint.go

	set       settings
	greet     *greeting
	topics    map[string]*topic
	hours     map[string]*hours
	entries   map[string]*entry
	order     []*entry
	flows     map[string]*flow
	flowOrder []*flow
	words     map[string]text
	commands  map[string]string // folded words: command
	channels  map[string]*limits
	facts     map[string]kindOfVar
	fields    map[string]field // that flows fill in
	scope     scope
	matcher   understander
	asked     []match.Entry // what matcher was made of
}

// understander is what dialog needs of core/match.
type understander interface {
	Match(match.Query) match.Decision
}

type field struct {
	Pos
	number bool
	told   bool // by the customer or the script, not by a business system
	label  text
}

// Refine improves the understanding of a freshly loaded Book in the background
// (it takes seconds for a big script); the Book answers meanwhile.
func (b *Book) Refine(ctx context.Context) error {
	if r, ok := b.matcher.(interface{ Refine(context.Context) error }); ok {
		return r.Refine(ctx)
	}
	return nil
}

// Entries are what the script understands, as core/match is given them: to
// measure them and to find those that get in each other's way.
func (b *Book) Entries() []match.Entry { return b.asked }

// Languages are those that the script has texts in, the default first.
func (b *Book) Languages() []string { return b.set.Languages }

// Topics are the names that tickets can have.
func (b *Book) Topics() []string { return sortedKeys(b.topics) }

// Topic is the title of a topic, its ID if it has none.
func (b *Book) Topic(lang, id string) string {
	if t, ok := b.topics[id]; ok && !t.Title.empty() {
		return b.pick(t.Title, lang, 0).render(nil)
	}
	return id
}

// Label is what a form's field is called for staff, its name if it has no label.
func (b *Book) Label(lang, name string) string {
	if f, ok := b.fields[name]; ok && !f.label.empty() {
		return b.pick(f.label, lang, 0).render(nil)
	}
	return name
}

// Words returns the text id of words.yaml in the customer's language, with
// {{ name }} filled in from vars; empty or missing ones are replaced as the
// text says. An id that is not in the script gives no parts.
func (b *Book) Words(lang, id string, vars map[string]string) core.Parts {
	if s := b.word(lang, id, vars); s != "" {
		return core.Parts{core.Text{Body: s}}
	}
	return nil
}

func (b *Book) word(lang, id string, vars map[string]string) string {
	return b.wordN(lang, id, 0, vars)
}

// wordN takes the n-th variant, and the last one when there are no more.
func (b *Book) wordN(lang, id string, n int, vars map[string]string) string {
	t, ok := b.words[id]
	if !ok {
		return ""
	}
	env := make(map[string]any, len(vars))
	for k, v := range vars {
		if v != "" {
			env[k] = v
		}
	}
	vs := b.in(t, lang)
	if len(vs) == 0 {
		return ""
	}
	return vs[min(n, len(vs)-1)].render(env)
}

// in returns the variants of t for a language: the exact tag, the language
// without its region, the default, what is for all.
func (b *Book) in(t text, lang string) []*template {
	base, _, _ := strings.Cut(lang, "-")
	for _, l := range []string{lang, base, "", b.set.Languages[0]} {
		if vs := t.by[l]; len(vs) > 0 {
			return vs
		}
	}
	for _, l := range sortedKeys(t.by) {
		if vs := t.by[l]; len(vs) > 0 {
			return vs
		}
	}
	return nil
}

// pick takes variant n, going round; an empty template if there is none.
func (b *Book) pick(t text, lang string, n int) *template {
	vs := b.in(t, lang)
	if len(vs) == 0 {
		return &template{}
	}
	return vs[n%len(vs)]
}

// title is what a menu shows for an entry, a flow or a reserved name.
func (b *Book) title(id, lang string) string {
	var t text
	switch {
	case id == toHuman:
		return b.word(lang, "label_human", nil)
	case id == toMenu:
		return b.word(lang, "label_menu", nil)
	case b.entries[id] != nil:
		t = b.entries[id].Title
	case b.flows[id] != nil:
		t = b.flows[id].Title
	}
	if s := b.pick(t, lang, 0).render(nil); s != "" {
		return s
	}
	return id
}

// knows reports whether id can stand in a menu.
func (b *Book) knows(id string) bool {
	return id == toHuman || id == toMenu || b.entries[id] != nil || b.flows[id] != nil
}

// command is what a whole message means as a command; "" if it is none.
func (b *Book) command(s string) string { return b.commands[plain(s)] }

// plain is a short text without case, width, blanks and punctuation around it.
func plain(s string) string {
	if len(s) > 200 {
		return ""
	}
	return strings.TrimFunc(match.Fold(s), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsPunct(r) || unicode.IsSymbol(r)
	})
}

// A Suggestion is an entry that may answer a text, for staff to send.
type Suggestion struct {
	Entry  string
	Title  string
	Answer string
	P      float64
	Why    string
}

// Suggest returns what the script would answer to text, best first, at most
// max. Answers are without what only a conversation knows.
func (b *Book) Suggest(lang, text string, max int) []Suggestion {
	d := b.matcher.Match(match.Query{Text: text, Lang: lang})
	var out []Suggestion
	for _, c := range d.Candidates {
		e := b.entries[c.Entry]
		if len(out) == max || e == nil || e.Answer.empty() {
			continue
		}
		out = append(out, Suggestion{e.ID, b.title(e.ID, lang), b.pick(e.Answer, lang, 0).render(nil), c.P, d.Why})
	}
	return out
}

// Answer is the text of an entry for staff to send; "" if there is none.
func (b *Book) Answer(lang, id string) string {
	if e := b.entries[id]; e != nil && !e.Answer.empty() {
		return b.pick(e.Answer, lang, 0).render(nil)
	}
	return ""
}
