package turn

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/dialog"
)

// What is said at once is one message where the platform takes one answer: the
// answer first, the greeting behind it.
func TestJoined(t *testing.T) {
	text := func(s string) core.Part { return core.Text{Body: s} }
	list := func(prompt string) core.Part {
		return core.Choice{Prompt: prompt, Options: []core.Option{{ID: "a", Label: "A"}}}
	}
	card := core.Card{Title: "T"}
	lim := core.Limits{Text: 40, Options: 10, OneReply: true}
	taps := lim
	taps.Taps = true
	tests := []struct {
		name     string
		lim      core.Limits
		in, want core.Parts
	}{
		{"an answer", lim, core.Parts{text("hello"), text("six yuan")}, core.Parts{text("six yuan\n\nhello")}},
		{"joined already", lim, core.Parts{text("hello\n\nsix yuan"), text("ask on")}, core.Parts{text("six yuan\n\nask on\n\nhello")}},
		{"a list", lim, core.Parts{text("hello"), list("which?")}, core.Parts{list("hello\n\nwhich?")}},
		{"an answer and a list", lim, core.Parts{text("hello"), text("six"), list("else?")}, core.Parts{list("six\n\nhello\n\nelse?")}},
		{"a list and what follows", lim, core.Parts{text("hello"), list("which?"), text("or 0")}, core.Parts{list("hello\n\nwhich?\n\nor 0")}},
		{"a list that is tapped", taps, core.Parts{text("hello"), list("which?")}, core.Parts{text("hello"), list("which?")}},
		{"nothing but the greeting", lim, core.Parts{text("hello")}, core.Parts{text("hello")}},
		{"a card", lim, core.Parts{text("hello"), text("six"), card}, core.Parts{text("six\n\nhello"), card}},
		{"too long", lim, core.Parts{text("hello"), text(strings.Repeat("x", 36))}, core.Parts{text(strings.Repeat("x", 36)), text("hello")}},
		{"no greeting", lim, core.Parts{text("one"), text("two")}, core.Parts{text("one\n\ntwo")}},
	}
	for _, x := range tests {
		t.Run(x.name, func(t *testing.T) {
			if got := joined(x.lim, x.in, "hello"); !reflect.DeepEqual(got, x.want) {
				t.Errorf("got  %q\nwant %q", got, x.want)
			}
		})
	}
}

// What was said last comes first, and what has waited for longer goes with it as
// far as there is room.
func TestTogether(t *testing.T) {
	said := func(id, words string, minutes int) core.Envelope {
		return core.Envelope{ID: id, Filed: now.Add(time.Duration(minutes) * time.Minute), Parts: core.Parts{core.Text{Body: words}}}
	}
	card := core.Envelope{ID: "c", Filed: now, Parts: core.Parts{core.Card{Title: "T"}}}
	long := strings.Repeat("x", 36)
	tests := []struct {
		name       string
		waiting    []core.Envelope
		id, says   string
		left, with int
	}{
		{"one", []core.Envelope{said("1", "a", 0)}, "1", "a", 0, 1},
		{"an old one", []core.Envelope{said("1", "a", 0), said("2", "b", 1)}, "2,1", "b\n\na", 0, 2},
		{"of one turn", []core.Envelope{said("1", "a", 0), said("2", "b", 1), said("3", "c", 1)}, "2,3,1", "b\n\nc\n\na", 0, 3},
		{"no room", []core.Envelope{said("1", long, 0), said("2", "answer", 1)}, "2", "answer", 1, 1},
		{"a card before", []core.Envelope{card, said("2", "b", 1)}, "2", "b", 1, 1},
	}
	for _, x := range tests {
		t.Run(x.name, func(t *testing.T) {
			env, with := Together(core.Limits{Text: 40}, x.waiting)
			if env.ID != x.id || env.Parts.Text() != x.says || len(with) != x.with || len(x.waiting)-len(with) != x.left {
				t.Errorf("got %s %q with %v", env.ID, env.Parts.Text(), with)
			}
		})
	}
}

// The first question of a customer and the greeting that it causes are answered
// by one message on a platform that takes one answer, and by two on others.
func TestFirstAnswer(t *testing.T) {
	book := load(t, shop)
	for one, want := range map[bool][]string{
		true:  {"pong\n\nI am a robot. Say human for a person."},
		false: {"I am a robot. Say human for a person.", "pong"},
	} {
		lim := counted
		lim.OneReply = one
		out, err := Take(rules(func(string) *dialog.Engine { return book }, lim), core.Conversation{Key: core.Key{Channel: "web", Peer: "p"}, Peer: core.Peer{Lang: "en"}},
			[]core.Envelope{{Seq: 1, Channel: "web", Peer: core.Peer{ID: "p"}, Filed: now, Cause: core.CauseMessage, Parts: core.Parts{core.Text{Body: "ping 1"}}}}, Input{Scene: core.Scene{Now: now}})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, env := range out.Say {
			got = append(got, env.Parts.Text())
			if env.Greeting != "" {
				t.Error("the mark of a greeting has left the turn")
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("one reply %v: got %q", one, got)
		}
	}
}
