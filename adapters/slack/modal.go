package slack

import (
	"slices"

	api "github.com/slack-go/slack"
)

// forms are the actions that need more than a press. Their fields are named as
// core/desk names an action's values; submitted, each comes back as a core.Form.
// colleagues are whom a ticket can be given to.
var forms = map[string]func(l lang, colleagues []*api.OptionBlockObject) []api.Block{
	"close": func(l lang, _ []*api.OptionBlockObject) []api.Block {
		return []api.Block{
			l.pick("outcome", "solved", "solved", "unsolved", "spam", "duplicate", "gone"),
			l.lines("summary", "summary"), l.line("tags", "tags"), l.tick("survey", "no", "nosurvey"),
		}
	},
	"transfer": func(l lang, colleagues []*api.OptionBlockObject) []api.Block {
		var out []api.Block
		if len(colleagues) > 0 {
			s := api.NewOptionsSelectBlockElement(api.OptTypeStatic, nil, "to", colleagues...)
			out = append(out, l.optional("to/1", "colleague", s))
		}
		return append(out, l.optional("to/2", "topic", api.NewPlainTextInputBlockElement(nil, "to")), l.lines("note", "why"))
	},
	"note": func(l lang, _ []*api.OptionBlockObject) []api.Block {
		return []api.Block{l.demand("text", "text")}
	},
	"park": func(l lang, _ []*api.OptionBlockObject) []api.Block {
		return []api.Block{l.line("until", "until"), l.lines("note", "note")}
	},
	"canned": func(l lang, _ []*api.OptionBlockObject) []api.Block {
		return []api.Block{l.line("id", "canned_id")}
	},
}

// optional is a field that may stay empty.
func (l lang) optional(block, label string, e api.BlockElement) *api.InputBlock {
	b := api.NewInputBlock(block, text(l.say(label)), nil, e)
	b.Optional = true
	return b
}

// lines is a field for a few lines, which may stay empty.
func (l lang) lines(name, label string) *api.InputBlock {
	e := api.NewPlainTextInputBlockElement(nil, name)
	e.Multiline, e.MaxLength = true, 2000
	return l.optional(name, label, e)
}

// demand is a field for a few lines that must be filled in.
func (l lang) demand(name, label string) *api.InputBlock {
	b := l.lines(name, label)
	b.Optional = false
	return b
}

// line is a field for one line, which may stay empty.
func (l lang) line(name, label string) api.Block {
	return l.optional(name, label, api.NewPlainTextInputBlockElement(nil, name))
}

// choice is one entry of a menu.
func choice(value, label string) *api.OptionBlockObject {
	return api.NewOptionBlockObject(value, text(clip(label, 75)), nil)
}

// pick is one of several words, the first of them chosen.
func (l lang) pick(name string, ids ...string) api.Block {
	var os []*api.OptionBlockObject
	for _, id := range slices.Compact(ids) {
		os = append(os, choice(id, l.say(id)))
	}
	s := api.NewOptionsSelectBlockElement(api.OptTypeStatic, nil, name, os...)
	s.InitialOption = os[0]
	return api.NewInputBlock(name, text(l.say(name)), nil, s)
}

// tick is a box to be ticked.
func (l lang) tick(name, value, label string) api.Block {
	return l.optional(name, name, api.NewCheckboxGroupsBlockElement(name, choice(value, l.say(label))))
}
