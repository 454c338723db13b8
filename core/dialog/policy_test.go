package dialog_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/dialog"
)

var tenOClock = time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC)

func inLine(t *testing.T, e *dialog.Engine, s core.Scene) core.Conversation {
	t.Helper()
	o := said(t, e, core.Conversation{Key: core.Key{Channel: "web", Peer: "p"}}, s, "人工")
	if o.Conversation.State != core.InLine {
		t.Fatalf("not in line: %+v", o.Conversation)
	}
	return o.Conversation
}

func busy(policy bool) core.Scene {
	return core.Scene{Now: tenOClock, Policy: policy, Lines: map[string]core.LineState{"": {Waiting: 5, OnDuty: 2}}}
}

func TestGrant(t *testing.T) {
	e, s := demo(t), busy(false)
	for w, want := range map[dialog.Wish]core.TicketState{
		dialog.WishStay: core.TicketWaiting, dialog.WishMessage: core.TicketMessage,
		dialog.WishCallback: core.TicketMessage, dialog.WishExit: core.TicketClosed,
	} {
		o, err := e.Grant(inLine(t, e, s), w, s)
		if err != nil {
			t.Fatal(w, err)
		}
		k := o.Conversation.Ticket
		if k.State != want || len(o.Say) != 1 {
			t.Errorf("%s: the ticket is %s, want %s; said %v", w, k.State, want, o.Say)
		}
		if w == dialog.WishCallback != slices.Contains(k.Tags, dialog.TagCallback) {
			t.Errorf("%s: tags %v", w, k.Tags)
		}
		again, err := e.Grant(o.Conversation, dialog.WishCallback, s) // from a text that is out of date
		if err != nil || w != dialog.WishStay && again.Conversation.Ticket.State != want {
			t.Errorf("%s, then a late digit: %v, %+v", w, err, again.Conversation.Ticket)
		}
	}
	if _, err := e.Grant(inLine(t, e, s), "fly", s); err == nil {
		t.Error("a wish that nobody knows is granted")
	}
}

// Where a policy speaks the bot does not, and says it after all when the policy
// has nothing to say.
func TestQueuedByPolicy(t *testing.T) {
	e := demo(t)
	texts := func(o core.Outcome) (out string) {
		for _, env := range o.Say {
			for _, p := range env.Parts {
				if c, ok := p.(core.Choice); ok {
					out += c.Numbered()
				}
			}
		}
		return out
	}
	c := core.Conversation{Key: core.Key{Channel: "web", Peer: "p"}}
	plain, quiet := said(t, e, c, busy(false), "人工"), said(t, e, c, busy(true), "人工")
	want := texts(plain)
	if want == "" || texts(quiet) != "" {
		t.Fatalf("said %q without a policy and %q with one", want, texts(quiet))
	}
	if got := texts(e.Queued(quiet.Conversation, busy(true))); got != want {
		t.Errorf("said later %q, want %q", got, want)
	}
}

func TestListed(t *testing.T) {
	e, s := demo(t), busy(false)
	c := inLine(t, e, s)
	o := said(t, e, c, s, "还要多久")
	for text, want := range map[string]time.Time{"2": s.Now, "９": s.Now, "3": {}, "好的": {}} {
		if got := e.Listed(o.Conversation, text, s.Now.Add(time.Minute)); !got.Equal(want) {
			t.Errorf("%s was listed at %v, want %v", text, got, want)
		}
	}
	if got := e.Listed(o.Conversation, "2", s.Now.Add(time.Hour)); !got.IsZero() {
		t.Errorf("an expired list counts: %v", got)
	}
	o = said(t, e, c, s, "我要退货") // a form is filled in while waiting: its questions take digits too
	o = said(t, e, o.Conversation, s, "确定")
	if got := e.Listed(o.Conversation, "7", s.Now.Add(time.Minute)); !got.Equal(s.Now) {
		t.Errorf("a step of a form asked at %v, want %v", got, s.Now)
	}
}

// Whoever has left a message is told when it is answered, also while somebody's phone
// rings for it.
func TestRingingMessage(t *testing.T) {
	e, s := demo(t), busy(false)
	o := said(t, e, inLine(t, e, s), s, "2")
	if o.Conversation.Ticket.State != core.TicketMessage {
		t.Fatalf("%+v", o.Conversation.Ticket)
	}
	k := *o.Conversation.Ticket
	k.State, k.Agent = core.TicketRinging, "desk/bob"
	o.Conversation.Ticket = &k
	got := ""
	for _, env := range said(t, e, o.Conversation, s, "还要多久").Say {
		got += env.Parts.Text()
	}
	if !strings.Contains(got, "前答复您") && !strings.Contains(got, "前有同事") && !strings.Contains(got, "最晚") {
		t.Errorf("%s", got)
	}
}
