package dialog

import (
	"fmt"
	"slices"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/calendar"
	"github.com/frontdesk-im/frontdesk/core/match"
)

// A Wish is what somebody who waits asks for by a digit of a policy's text.
type Wish string

const (
	WishStay     Wish = "stay"     // to go on waiting: they are told how long
	WishMessage  Wish = "message"  // to leave a message in place of waiting
	WishCallback Wish = "callback" // to be called back: a message with a number and a time
	WishExit     Wish = "exit"     // to leave the line
)

// Grant does what somebody in line asked for by a digit. It fails for a wish that
// it does not know, and says that the list has expired where nobody waits.
func (e *Engine) Grant(c core.Conversation, w Wish, s core.Scene) (core.Outcome, error) {
	v, t := begin(e.Book, c, s)
	t.text = string(w)
	t.Bubbles, t.Room = 0, 2 // they wrote
	switch w {
	case WishStay:
		t = lineWish("place").do(v, t)
	case WishMessage:
		t = lineWish("message").do(v, t)
	case WishExit:
		t = lineWish("leave").do(v, t)
	case WishCallback:
		t = callBack(v, t)
	default:
		return core.Outcome{}, fmt.Errorf("dialog: nobody in line can wish for %q", w)
	}
	return finish(v, t, c), nil
}

// Closes is when nobody takes customers of a topic any more, by its hours; zero if
// nobody does now or the hours have no end.
func (e *Engine) Closes(topic string, now time.Time) time.Time {
	at, ok := e.HoursOf(topic).Calendar().Closes(now)
	if !ok || e.Settings.Overtime {
		return time.Time{}
	}
	return at
}

// Clock is the time zone of the customer of c, as far as it is known; else of those
// who take customers of the topic; nil if they have no hours.
func (e *Engine) Clock(c core.Conversation, topic string) *time.Location {
	if zone, err := calendar.Zone(c.Peer.Facts[core.FactZone]); err == nil {
		return zone
	}
	if c := e.HoursOf(topic).Calendar(); c != nil {
		return c.Zone
	}
	return nil
}

// WaitVars are what the script knows for the texts of a policy about the wait of c:
// topic, by when a message is answered and how long that is, when people are there
// again. What it does not know is left out.
func (e *Engine) WaitVars(c core.Conversation, s core.Scene) map[string]string {
	v, t := begin(e.Book, c, s)
	topic := t.Ticket.Topic
	vars := map[string]string{}
	for name, words := range map[string]string{"topic": v.Topic(t.Lang, topic), "intent": t.Ticket.Intent} {
		if words != "" {
			vars[name] = words
		}
	}
	open := openWords(v, t.Lang, topic, t.Ticket.Since)
	for name, from := range map[string]string{"promise_text": "promise", "hours_text": "opens", "slot_text": "promise"} {
		if words := open[from]; words != "" {
			vars[name] = words
		}
	}
	if at, ok := v.HoursOf(topic).Promise(s.Now); ok {
		vars["sla_text"] = lasts(t.Lang, at.Sub(s.Now))
	}
	return vars
}

// lasts is a time in words, rounded up: to five minutes, then to hours, then to days.
func lasts(lang string, d time.Duration) string {
	n, zh, en := int((d+5*time.Minute-1)/(5*time.Minute))*5, "分钟", "min"
	switch {
	case d > 23*time.Hour:
		n, zh, en = int((d+24*time.Hour-1)/(24*time.Hour)), "天", "d"
	case d > 55*time.Minute:
		n, zh, en = int((d+time.Hour-1)/time.Hour), "小时", "h"
	}
	if lang == "zh" {
		return fmt.Sprintf("%d %s", max(n, 1), zh)
	}
	return fmt.Sprintf("%d %s", max(n, 1), en)
}

// Voice is who says what a policy says to somebody who speaks lang.
func (e *Engine) Voice(lang string) core.Author { return view{Book: e.Book}.by(lang) }

// TagCallback is the tag of a ticket whose customer wants to be called.
const TagCallback = "callback"

// callBack keeps a message that asks to be called: what the customer writes next,
// their number and a time, belongs to it.
func callBack(v view, t talk) talk {
	if !t.inLine() {
		return tell(v, t, "expired")
	}
	k := *t.Ticket
	if !slices.Contains(k.Tags, TagCallback) {
		k.Tags = append(slices.Clone(k.Tags), TagCallback)
	}
	k.State = core.TicketMessage
	vars := openWords(v, t.Lang, k.Topic, k.Since)
	t.Ticket, t.State = &k, core.WithBot
	t.memory = t.left().settled()
	t.Menu, t.Confirm, t.Message, t.Survey, t.Kept = menu{}, request{}, true, rating{}, 0
	t = note(v, t, core.EventLeftMessage, "asked to be called back instead of waiting", "topic", k.Topic, "promise", vars["promise"])
	return tellWith(v, t, "callback", vars)
}

// Queued says in the script's words that the customer is in line, for a turn
// whose Scene.Policy has kept the bot from it and whose policy says nothing.
func (e *Engine) Queued(c core.Conversation, s core.Scene) core.Outcome {
	v, t := begin(e.Book, c, s)
	return finish(v, sayQueued(v, t), c)
}

// Listed is when the bot last asked for something that text may answer: a list of
// which it is a number, or a step of a flow; zero if it did not, or it is too late.
// Whoever else has offered digits knows by it whose the customer means.
func (e *Engine) Listed(c core.Conversation, text string, now time.Time) (at time.Time) {
	t := recall(c.Mind)
	if t.Flow.on() {
		at = t.Flow.Asked
	}
	m := t.Menu
	if !m.on() || now.After(m.Until) || pickItem(match.Listen(text), m.Items) < 0 {
		return at
	}
	lasts := e.Settings.Context
	switch m.Kind {
	case "menu":
		lasts = e.Settings.Greeting
	case "choose":
		lasts = e.Settings.Resume
	}
	if shown := m.Until.Add(-lasts); shown.After(at) {
		return shown
	}
	return at
}
