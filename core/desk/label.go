package desk

import (
	"strings"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk/card"
	"github.com/frontdesk-im/frontdesk/core/desk/command"
)

const (
	mostTags    = 10
	longestName = 40 // characters of a name that an agent gives
)

// tagsIn are the tags in what an agent wrote.
func tagsIn(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" ,，、;；#＃", r) })
}

// label gives the ticket the tags that an agent names, in place of those that it has.
func label(v view, t ticket, act command.Act) (ticket, done) {
	if d, ok := mayDispose(v, t, command.ActTag); !ok {
		return t, d
	}
	t.Tags = nil
	for _, tag := range tagsIn(act.Values["tags"]) {
		if len(t.Tags) < mostTags {
			t = t.tagged(tag)
		}
	}
	said := "–"
	if len(t.Tags) > 0 {
		said = "#" + strings.Join(t.Tags, " #")
	}
	return t, labelled(v, t, "tags set", "tagged", said)
}

// name has the customer called what an agent says, here and when they come again;
// nothing: what they call themselves.
func name(v view, t ticket, act command.Act) (ticket, done) {
	if d, ok := mayDispose(v, t, command.ActName); !ok {
		return t, d
	}
	name := card.Clip(card.OneLine(act.Values["name"]), longestName)
	said := name
	if said == "" {
		said = "–"
	}
	d := labelled(v, t, "named by an agent", "named", said)
	d.called = &name
	return t, d
}

// labelled notes what the ticket says now, for everybody. Who did it at a desk
// that does not show the log is told.
func labelled(v view, t ticket, why, word, said string) done {
	d := done{}.log(v.event(core.EventNoted, by(v.actor), why, "text", v.of(v.actor.ID, word, "said", said)))
	if desk, _ := card.DeskOf(v.actor.ID); v.r.Desks.Named(desk).Views {
		return d
	}
	return d.say(v.notice(t, v.actor.ID, word, "said", said))
}
