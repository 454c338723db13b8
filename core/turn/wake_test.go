package turn

import (
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/dialog"
)

// A burst is over when the bot says so: what somebody else wants to be woken for
// earlier gives its words no early turn.
func TestBurstEndsByTheBotsTime(t *testing.T) {
	b := load(t, shop)
	r := rules(func(string) *dialog.Engine { return b }, core.Limits{Options: 10})
	c := ann()
	o, err := Take(r, c, []core.Envelope{says(1, "ping 1")}, scene(now.Add(-time.Hour)))
	if err != nil {
		t.Fatal(err)
	}
	c = o.Conversation
	earlier := now.Add(time.Second)
	c.Wakes = c.Wakes.Set("promise", earlier)
	o, err = Take(r, c, []core.Envelope{says(2, "qwzx vbnm")}, scene(now))
	if err != nil || o.Left != 1 {
		t.Fatalf("%d left unread, %v", o.Left, err)
	}
	if bot := o.Conversation.Wakes.At(core.WakeBot); !o.Until.Equal(bot) || !bot.After(earlier) {
		t.Errorf("waits until %v, the bot's time is %v, the other's %v", o.Until, bot, earlier)
	}
	if got := o.Conversation.Wakes.At("promise"); !got.Equal(earlier) {
		t.Errorf("the other's time became %v", got)
	}
}

// A time that has come and that nobody takes away, as of an owner whom only
// another version knows, causes one turn; one that is to come stays.
func TestWokenOnce(t *testing.T) {
	b := load(t, shop)
	r := rules(func(string) *dialog.Engine { return b }, core.Limits{Options: 10})
	later := now.Add(time.Hour)
	for _, key := range []core.Key{{Channel: "web", Peer: "ann"}, {Channel: "desk", Peer: "lin"}} {
		c := core.Conversation{Key: key, Wakes: core.Wakes{{Owner: "promise", At: now}, {Owner: "other", At: later}}}
		o, err := Take(r, c, nil, scene(now))
		if err != nil {
			t.Fatal(err)
		}
		if w := o.Conversation.Wakes; !w.At("promise").IsZero() || !w.At("other").Equal(later) {
			t.Errorf("%v: afterwards %v", key, w)
		}
		if len(c.Wakes) != 2 {
			t.Errorf("the argument was changed: %v", c.Wakes)
		}
	}
}

// What others want of a conversation of staff survives what duty does there.
func TestDutyKeepsOthersTimes(t *testing.T) {
	b := load(t, shop)
	r := rules(func(string) *dialog.Engine { return b }, core.Limits{Options: 10})
	lin := core.Key{Channel: "desk", Peer: "lin"}
	later := now.Add(time.Hour)
	c := core.Conversation{Key: lin, Wakes: core.Wakes{{Owner: core.WakeDesk, At: now}, {Owner: "other", At: later}}}
	for _, unread := range [][]core.Envelope{
		nil,
		{{Channel: "desk", Peer: core.Peer{ID: "lin"}, Filed: now, Parts: core.Parts{core.Text{Body: "!break 10m"}}}},
		{{Channel: "desk", Peer: core.Peer{ID: "lin"}, Filed: now, Parts: core.Parts{core.Left{}}}},
	} {
		o, err := Take(r, c, unread, scene(now))
		if err != nil {
			t.Fatal(err)
		}
		if got := o.Conversation.Wakes.At("other"); !got.Equal(later) {
			t.Errorf("after %v the other's time is %v", unread, got)
		}
	}
}
