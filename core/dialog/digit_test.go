package dialog_test

import (
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/dialog"
)

// A digit means one thing in every text about the wait, whatever stands in the
// list, and what it means is printed before it.
func TestDigitsInLine(t *testing.T) {
	e := demo(t)
	now := time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC)
	scene := core.Scene{Now: now, Lines: map[string]core.LineState{"": {Waiting: 5, OnDuty: 2}}}
	waits := func(t *testing.T) core.Conversation {
		t.Helper()
		o := said(t, e, core.Conversation{Key: core.Key{Channel: "web", Peer: "p"}}, scene, "人工")
		if o.Conversation.State != core.InLine {
			t.Fatalf("not in line: %+v", o.Conversation)
		}
		return o.Conversation
	}
	for _, x := range []struct {
		text  string
		state core.TicketState
	}{
		{"2", core.TicketMessage}, {"２", core.TicketMessage}, {"二", core.TicketMessage}, {"2️⃣", core.TicketMessage}, {"选2", core.TicketMessage},
		{"9", core.TicketClosed}, {"九", core.TicketClosed},
		{"0", core.TicketWaiting}, {"3", core.TicketWaiting},
	} {
		t.Run(x.text, func(t *testing.T) {
			o := said(t, e, waits(t), scene, x.text)
			if got := o.Conversation.Ticket.State; got != x.state {
				t.Errorf("the ticket is %s, want %s: %v", got, x.state, o.Say)
			}
		})
	}
	o := said(t, e, waits(t), scene, "还要多久")
	var list core.Choice
	for _, p := range o.Say[0].Parts {
		if c, ok := p.(core.Choice); ok {
			list = c
		}
	}
	if len(list.Options) != 2 || list.Options[0].Digit != "2" || list.Options[1].Digit != "9" {
		t.Errorf("the list has %+v, want 2 and 9", list.Options)
	}
}

// said is what the bot makes of one line of the customer's.
func said(t *testing.T, e *dialog.Engine, c core.Conversation, s core.Scene, text string) core.Outcome {
	t.Helper()
	o, err := e.Step(c, []core.Envelope{{Channel: c.Key.Channel, Peer: core.Peer{ID: c.Key.Peer}, At: s.Now, Filed: s.Now, Parts: core.Parts{core.Text{Body: text}}}}, s)
	if err != nil {
		t.Fatal(err)
	}
	return o
}
