package turn

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk"
	"github.com/frontdesk-im/frontdesk/core/dialog"
	"github.com/frontdesk-im/frontdesk/core/script"
	"github.com/frontdesk-im/frontdesk/flows"
)

const shop = `
settings: {languages: [en], confirm: 0}
greeting: {text: "I am a robot. Say human for a person.", short: "I am a robot. Say human for a person."}
topics: [{id: help}]
entries:
  - id: ping
    title: Ping
    regexp: ['^ping \d+$']
    answer: pong
  - {id: o, title: Order, exact: order, next: order}
flows:
  - id: order
    title: Order
    steps:
      - {id: n, ask: n, kind: number, min: 1, max: 9, text: How many?, error: One to nine., tries: 2, too_many: human}
      - {say: Thanks for the order.}
`

var now = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)

// counted is a channel whose platform lets us say three messages to each of the
// customer's.
var counted = core.Limits{Options: 10, Names: true, Allowances: []core.Allowance{{After: core.CauseMessage, Count: 3, Within: 48 * time.Hour}}}

func load(t *testing.T, text string) *dialog.Engine {
	t.Helper()
	b, err := script.Load(fstest.MapFS{"test.yaml": {Data: []byte(text)}}, script.Options{Base: flows.FS})
	if err != nil {
		t.Fatal(err)
	}
	return dialog.New(b)
}

func rules(books func(string) *dialog.Engine, lim core.Limits) Rules {
	limits := func(ch string) core.Limits {
		if ch == "web" {
			return lim
		}
		return core.Limits{Threads: true, Cases: true}
	}
	return Rules{
		Desk:  &desk.Rules{Words: books("").Words, Limits: limits, Desks: []desk.Desk{{Name: "desk", Lang: "en", Crowd: -1}}},
		Books: books, Limits: limits,
		Role: func(ch string) core.Role {
			return map[string]core.Role{"web": core.RoleChannel, "desk": core.RoleDesk, "shop": core.RoleSystem}[ch]
		},
	}
}

func says(seq int64, text string) core.Envelope {
	return core.Envelope{Channel: "web", Peer: core.Peer{ID: "ann", Lang: "en"}, Seq: seq, Filed: now, Cause: core.CauseMessage,
		Parts: core.Parts{core.Text{Body: text}}}
}

func ann() core.Conversation { return core.Conversation{Key: core.Key{Channel: "web", Peer: "ann"}} }

func scene(at time.Time) Input {
	lines := map[string]core.LineState{"": {OnDuty: 1, Waiting: 3}}
	return Input{Scene: core.Scene{Now: at, Lines: lines}, Past: []core.Envelope{}}
}

// toAnn is what is said to the customer.
func toAnn(o core.Outcome) string {
	var out []string
	for _, env := range o.Say {
		if env.Channel == "web" {
			out = append(out, env.Parts.Text())
		}
	}
	return strings.Join(out, "|")
}

func whys(o core.Outcome, kind core.EventKind) (out []string) {
	for _, e := range o.Events {
		if e.Kind == kind {
			out = append(out, e.Why)
		}
	}
	return out
}

func TestAsksForThePast(t *testing.T) {
	b := load(t, shop)
	r := rules(func(string) *dialog.Engine { return b }, core.Limits{Options: 10})
	in := scene(now)
	in.Past = nil
	if _, err := Take(r, ann(), []core.Envelope{says(7, "human")}, in); !errors.Is(err, ErrPast) {
		t.Fatalf("a ticket without what was said before: %v", err)
	}
	o, err := Take(r, ann(), []core.Envelope{says(7, "human")}, scene(now))
	if err != nil || o.Conversation.Ticket == nil || o.Conversation.Ticket.ID != "7" || o.Conversation.State != core.InLine {
		t.Fatalf("%+v, %v", o.Conversation, err)
	}
	if _, ok := o.Say[len(o.Say)-1].Parts[0].(core.Case); !ok {
		t.Errorf("no card: %+v", o.Say)
	}
}

// A talk that is in a flow stays on the script that the flow began with, as long
// as that is kept; outside flows every turn has the script in force.
func TestStaysOnItsScript(t *testing.T) {
	old := load(t, shop)
	force := load(t, strings.ReplaceAll(shop, "Thanks for", "The new script thanks for"))
	kept := map[string]*dialog.Engine{old.Version: old, force.Version: force}
	latest := old
	r := rules(func(v string) *dialog.Engine {
		if b := kept[v]; b != nil {
			return b
		}
		return latest
	}, core.Limits{Options: 10})
	c := ann()
	turn := func(seq int64, text string) string {
		t.Helper()
		o, err := Take(r, c, []core.Envelope{says(seq, text)}, scene(now.Add(time.Duration(seq)*time.Minute)))
		if err != nil {
			t.Fatal(err)
		}
		c = o.Conversation
		return toAnn(o)
	}
	if turn(1, "order"); c.Script != old.Version {
		t.Fatalf("in a flow of %s the talk is on %q", old.Version, c.Script)
	}
	latest = force
	if got := turn(2, "3"); !strings.Contains(got, "Thanks for") || c.Script != "" {
		t.Errorf("said %q, and is on %q", got, c.Script)
	}
	turn(3, "order")
	if got := turn(4, "3"); !strings.Contains(got, "The new script") {
		t.Errorf("a flow that began later: %q", got)
	}
	turn(5, "order")
	delete(kept, force.Version)
	if latest = old; c.Script != force.Version {
		t.Errorf("on %q", c.Script)
	}
	if got := turn(6, "3"); !strings.Contains(got, "Thanks for") {
		t.Errorf("a version that is not kept: %q", got)
	}
}

// Nothing that is passed in is changed: a turn may be taken again.
func TestTakenAgain(t *testing.T) {
	b := load(t, shop)
	r := rules(func(string) *dialog.Engine { return b }, core.Limits{Options: 10})
	c := ann()
	o, err := Take(r, c, []core.Envelope{says(1, "human")}, scene(now))
	if err != nil {
		t.Fatal(err)
	}
	c = o.Conversation
	unread := []core.Envelope{says(2, "ping 1"), {Channel: "web", Seq: 3, Filed: now, Peer: core.Peer{ID: "ann", Facts: map[string]string{"page": "/"}},
		Parts: core.Parts{core.Other{Kind: "opened", Quiet: true}}}, says(4, "ping 2")}
	first, err := Take(r, c, unread, scene(now.Add(time.Minute)))
	if err != nil {
		t.Fatal(err)
	}
	again, err := Take(r, c, unread, scene(now.Add(time.Minute)))
	if err != nil || toAnn(first) != toAnn(again) || len(first.Events) != len(again.Events) || len(first.Say) != len(again.Say) {
		t.Errorf("first %q\nagain %q, %v", toAnn(first), toAnn(again), err)
	}
	if strings.Count(toAnn(first), "pong") != 2 {
		t.Errorf("answered %q", toAnn(first))
	}
}

// The policy that wanted a message is still known when it goes out.
func TestPolicySurvives(t *testing.T) {
	b := load(t, shop)
	r := rules(func(string) *dialog.Engine { return b }, core.Limits{Text: 20})
	o, err := Alter(r, ann(), nil, scene(now), func(c core.Conversation, s core.Scene) core.Outcome {
		return core.Outcome{Conversation: c, Say: []core.Envelope{{Policy: "sorry", Parts: core.Parts{core.Text{Body: "We are sorry that you wait. It won't be long."}}}}}
	})
	if err != nil || len(o.Say) < 2 {
		t.Fatalf("%+v, %v", o.Say, err)
	}
	for _, env := range o.Say {
		if env.Policy != "sorry" || env.Channel != "web" || env.Peer.ID != "ann" {
			t.Errorf("%+v", env)
		}
	}
}

// Who has asked to be left alone is told nothing that a policy wants.
func TestStopped(t *testing.T) {
	b := load(t, shop)
	r := rules(func(string) *dialog.Engine { return b }, core.Limits{})
	c := ann()
	c.Stopped = true
	o, err := Alter(r, c, nil, scene(now), func(c core.Conversation, s core.Scene) core.Outcome {
		return core.Outcome{Conversation: c, Say: []core.Envelope{{Policy: "sorry", Parts: core.Parts{core.Text{Body: "Still there?"}}}, {Parts: core.Parts{core.Text{Body: "Your answer."}}}}}
	})
	if err != nil || len(o.Say) != 1 || o.Say[0].Policy != "" || len(o.Events) != 1 || o.Events[0].Kind != core.EventDropped {
		t.Errorf("%+v %+v, %v", o.Say, o.Events, err)
	}
}

// A customer's edit reaches the bot while no ticket is open, and staff alone from then on.
func TestCustomersEdit(t *testing.T) {
	b := load(t, shop)
	r := rules(func(string) *dialog.Engine { return b }, core.Limits{Options: 10})
	edit := says(2, "ping 1")
	edit.Replaces = "m1"
	o, err := Take(r, ann(), []core.Envelope{edit}, scene(now))
	if err != nil || !strings.Contains(toAnn(o), "pong") {
		t.Errorf("%q, %v", toAnn(o), err)
	}
	o, err = Take(r, ann(), []core.Envelope{says(1, "human")}, scene(now))
	if err != nil {
		t.Fatal(err)
	}
	if o, err = Take(r, o.Conversation, []core.Envelope{edit}, scene(now)); err != nil || strings.Contains(toAnn(o), "pong") {
		t.Errorf("answered to who waits: %q, %v", toAnn(o), err)
	}
}

// When a person takes over, what the bot said in the same turn is dropped, and the
// store is told to drop what is still on its way.
func TestHush(t *testing.T) {
	b := load(t, shop)
	r := rules(func(string) *dialog.Engine { return b }, core.Limits{Options: 10})
	o, err := Take(r, ann(), []core.Envelope{says(1, "human")}, scene(now))
	if err != nil || o.Conversation.Ticket == nil || o.Hush {
		t.Fatalf("%+v, %v", o, err)
	}
	o.Conversation.Ticket.ID = "7"
	claim := core.Envelope{Channel: "desk", Thread: "7", Seq: 3, Filed: now, Peer: core.Peer{ID: "lin", Name: "Lin"}, Parts: core.Parts{core.Text{Body: "!claim"}}}
	o, err = Take(r, o.Conversation, []core.Envelope{says(2, "ping 1"), claim}, scene(now.Add(time.Second)))
	if err != nil || o.Conversation.State != core.WithAgent || !o.Hush {
		t.Errorf("%s, hush %v, %v", o.Conversation.State, o.Hush, err)
	}
	if strings.Contains(toAnn(o), "pong") || !slices.Contains(whys(o, core.EventDropped), core.WhyHushed) {
		t.Errorf("said %q, dropped for %v", toAnn(o), whys(o, core.EventDropped))
	}
}

func TestPanicIsAnError(t *testing.T) {
	b := load(t, shop)
	r := rules(func(string) *dialog.Engine { return b }, core.Limits{})
	_, err := Alter(r, ann(), nil, scene(now), func(core.Conversation, core.Scene) core.Outcome { panic("no") })
	if err == nil || !strings.Contains(err.Error(), "panicked: no") {
		t.Errorf("got %v", err)
	}
}

// While a ticket is open, what no agent wrote leaves the agent what the platform
// still lets us say: the bot's answers, the desk's texts and policies alike, and
// each is noted. An agent's words, and the bot's while no ticket is open, go out.
func TestOneBudget(t *testing.T) {
	b := load(t, shop)
	r := rules(func(string) *dialog.Engine { return b }, counted)
	left := func(n int) core.Ledger {
		return core.Ledger{Left: n, Until: now.Add(time.Hour), Why: string(core.CauseMessage)}
	}
	text := func(kind core.AuthorKind, policy string) core.Envelope {
		return core.Envelope{By: core.Author{Kind: kind}, Policy: policy, Parts: core.Parts{core.Text{Body: "hello"}}}
	}
	waiting := &core.Ticket{ID: "7", Key: ann().Key, State: core.TicketWaiting, Topic: "help"}
	for _, c := range []struct {
		name   string
		left   int
		ticket *core.Ticket
		say    []core.Envelope
		want   string
		drops  int
	}{
		{"room for one", 3, waiting, []core.Envelope{text(core.ByBot, "")}, "hello", 0},
		{"room for one of two", 3, waiting, []core.Envelope{text(core.ByBot, ""), text(core.BySystem, "")}, "hello", 1},
		{"the reserve", 2, waiting, []core.Envelope{text(core.ByBot, "")}, "", 1},
		{"a policy", 2, waiting, []core.Envelope{text(core.ByBot, "sorry")}, "", 1},
		{"a policy without a ticket", 2, nil, []core.Envelope{text(core.ByBot, "sorry")}, "", 1},
		{"an agent", 1, waiting, []core.Envelope{text(core.ByAgent, "")}, "hello", 0},
		{"an agent and a text", 3, waiting, []core.Envelope{text(core.ByAgent, ""), text(core.ByBot, "")}, "hello", 1},
		{"no ticket", 1, nil, []core.Envelope{text(core.ByBot, "")}, "hello", 0},
	} {
		conv := ann()
		conv.Ticket, conv.Ledger, conv.State = c.ticket, left(c.left), core.InLine
		o, err := Alter(r, conv, nil, scene(now), func(c2 core.Conversation, s core.Scene) core.Outcome {
			return core.Outcome{Conversation: c2, Say: c.say}
		})
		if drops := whys(o, core.EventDropped); err != nil || toAnn(o) != c.want || len(drops) != c.drops || c.drops > 0 && drops[0] != desk.NotSpared {
			t.Errorf("%s: said %q, dropped %q, %v", c.name, toAnn(o), drops, err)
		}
	}

	// The desk's own text, through the desk's own decision.
	conv := ann()
	conv.State, conv.Ledger = core.WithAgent, left(2)
	conv.Ticket = &core.Ticket{ID: "7", Key: conv.Key, State: core.TicketActive, Topic: "help", Agent: "desk/lin"}
	o, err := Alter(r, conv, nil, scene(now), func(c core.Conversation, s core.Scene) core.Outcome {
		return r.Desk.Vacate(c, "desk/lin", "off duty", s)
	})
	if drops := whys(o, core.EventDropped); err != nil || toAnn(o) != "" || len(drops) != 1 {
		t.Errorf("returned to the line: said %q, dropped %q, %v", toAnn(o), drops, err)
	}

	// The bot's answer to a time that has come, and to what was said before.
	conv = ann()
	conv.State, conv.Ticket = core.InLine, waiting
	said := says(9, "ping 3")
	said.Cause = ""
	conv.Ledger = left(2)
	o, err = Take(r, conv, []core.Envelope{said}, scene(now))
	if drops := whys(o, core.EventDropped); err != nil || toAnn(o) != "" || len(drops) != 1 {
		t.Errorf("a bot's answer: said %q, dropped %q, %v", toAnn(o), drops, err)
	}
}
