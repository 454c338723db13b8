package script

import (
	"strings"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/match"
)

// A Book is a loaded script: data that nobody changes, for any number of
// goroutines to read. Only Matcher may become better meanwhile.
type Book struct {
	Version  string    // of the files it was loaded from; in every event
	Warnings []Problem // what is allowed but probably not meant: see lint.go

	Settings  Settings
	Greeting  *Greeting
	Topics    map[string]*Topic
	Hours     map[string]*Hours
	Entries   map[string]*Entry
	Order     []*Entry
	Flows     map[string]*Flow
	FlowOrder []*Flow
	Texts     map[string]Text
	Commands  map[string]string // folded words: command
	Channels  map[string]*Limits
	Facts     map[string]FactKind
	Fields    map[string]Field // that flows fill in
	Matcher   Matcher
	Asked     []match.Entry // what Matcher was made of: to measure them and to find those that get in each other's way
}

// A Field is what a flow finds out and keeps.
type Field struct {
	Pos
	Number  bool
	Told    bool // by the customer or the script, not by a business system
	Label   Text
	Options []Option // of the questions that it is the answer to
}

// TopicNames are those that tickets can have, in order.
func (b *Book) TopicNames() []string { return sortedKeys(b.Topics) }

// Topic is the title of a topic, its ID if it has none.
func (b *Book) Topic(lang, id string) string {
	if t, ok := b.Topics[id]; ok && !t.Title.Empty() {
		return b.Variant(t.Title, lang, 0).Render(nil)
	}
	return id
}

// Label is what a form's field is called for staff, its name if it has no label.
func (b *Book) Label(lang, name string) string {
	if f, ok := b.Fields[name]; ok && !f.Label.Empty() {
		return b.Variant(f.Label, lang, 0).Render(nil)
	}
	return name
}

// Chosen is what a form's value is called for staff: the label of the option
// that was chosen, the value itself if it is none.
func (b *Book) Chosen(lang, field, value string) string {
	for _, o := range b.Fields[field].Options {
		if o.ID == value && !o.Label.Empty() {
			return b.Variant(o.Label, lang, 0).Render(nil)
		}
	}
	return value
}

// Words returns the text id of words.yaml in the customer's language, with
// {{ name }} filled in from vars; empty or missing ones are replaced as the
// text says. An id that is not in the script gives no parts.
func (b *Book) Words(lang, id string, vars map[string]string) core.Parts {
	if s := b.Word(lang, id, vars); s != "" {
		return core.Parts{core.Text{Body: s}}
	}
	return nil
}

// Word is the text id alone; empty if the script has none.
func (b *Book) Word(lang, id string, vars map[string]string) string {
	return b.WordN(lang, id, 0, vars)
}

// WordN takes the n-th variant, and the last one when there are no more.
func (b *Book) WordN(lang, id string, n int, vars map[string]string) string {
	t, ok := b.Texts[id]
	if !ok {
		return ""
	}
	env := make(map[string]any, len(vars))
	for k, v := range vars {
		if v != "" {
			env[k] = v
		}
	}
	vs := b.Variants(t, lang)
	if len(vs) == 0 {
		return ""
	}
	return vs[min(n, len(vs)-1)].Render(env)
}

// Variants are the wordings of t for a language: the exact tag, the language
// without its region, the default, what is for all.
func (b *Book) Variants(t Text, lang string) []*Template {
	base, _, _ := strings.Cut(lang, "-")
	for _, l := range []string{lang, base, "", b.Settings.Languages[0]} {
		if vs := t.By[l]; len(vs) > 0 {
			return vs
		}
	}
	for _, l := range sortedKeys(t.By) {
		if vs := t.By[l]; len(vs) > 0 {
			return vs
		}
	}
	return nil
}

// Variant is the n-th wording, going round; an empty template if there is none.
func (b *Book) Variant(t Text, lang string, n int) *Template {
	vs := b.Variants(t, lang)
	if len(vs) == 0 {
		return &Template{}
	}
	return vs[n%len(vs)]
}

// Title is what a menu shows for an entry, a flow or a reserved name.
func (b *Book) Title(id, lang string) string {
	var t Text
	switch {
	case id == ToHuman:
		return b.Word(lang, "label_human", nil)
	case id == ToMenu:
		return b.Word(lang, "label_menu", nil)
	case b.Entries[id] != nil:
		t = b.Entries[id].Title
	case b.Flows[id] != nil:
		t = b.Flows[id].Title
	}
	if s := b.Variant(t, lang, 0).Render(nil); s != "" {
		return s
	}
	return id
}

// Knows reports whether id can stand in a menu.
func (b *Book) Knows(id string) bool {
	return id == ToHuman || id == ToMenu || b.Entries[id] != nil || b.Flows[id] != nil
}

// Command is what a whole message means as a command; "" if it is none.
func (b *Book) Command(s string) string { return b.Commands[match.Bare(s)] }

// Acting is the entry that answers an act; nil if none does.
func (b *Book) Acting(a match.Act) *Entry {
	for _, e := range b.Order {
		if e.Act == string(a) {
			return e
		}
	}
	return nil
}

// Answer is the text of an entry for staff to send; "" if there is none.
func (b *Book) Answer(lang, id string) string {
	if e := b.Entries[id]; e != nil && !e.Answer.Empty() {
		return b.Variant(e.Answer, lang, 0).Render(nil)
	}
	return ""
}

// HoursOf are the business hours of a topic; nil means always.
func (b *Book) HoursOf(topic string) *Hours {
	name := "default"
	if tp := b.Topics[topic]; tp != nil && tp.Hours != "" {
		name = tp.Hours
	}
	return b.Hours[name]
}
