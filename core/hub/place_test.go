package hub

import (
	"fmt"
	"strings"
	"testing"

	"github.com/frontdesk-im/frontdesk/core"
)

// Who asks for their place hears what the banner shows: the estimate of their
// own ticket, though they were told another number when they joined.
func TestPlaceIsTheBanners(t *testing.T) {
	s := newStage(t)
	s.onDuty("lin")
	for i := range 9 { // the first five fill the only agent
		s.says(fmt.Sprint("early", i), "human")
		if thread := s.card(); i < 5 {
			s.staff("lin", thread, core.Pick{Option: "claim"})
		}
	}
	s.says("ann", "human")
	key := core.Key{Channel: "web", Peer: "ann"}
	c, err := s.store.Conversation(t.Context(), key)
	if err != nil || c.Ticket == nil || c.Ticket.State != core.TicketWaiting {
		t.Fatalf("%+v %v", c.Ticket, err)
	}
	for i := range 2 { // those who leave the line
		s.says(fmt.Sprint("early", 5+i), "leave the line")
	}
	own := s.line.own(core.Scene{}, c.Ticket).Own
	if own == nil || own.Ahead == c.Ticket.Told.Ahead {
		t.Fatalf("told %+v, own estimate %+v", c.Ticket.Told, own)
	}
	s.web.take()
	s.says("ann", "how long")
	said := s.web.take()
	want := s.conf.Books("").Place("en", *own)
	if len(said) != 1 || !strings.Contains(said[0].Parts.Text(), want) {
		t.Errorf("said %+v, want %q", said, want)
	}
	shown := s.web.banners[len(s.web.banners)-1]
	if shown.Text != want {
		t.Errorf("the banner shows %q, the bot says %q", shown.Text, want)
	}
	if c, err = s.store.Conversation(t.Context(), key); err != nil || c.Ticket.Told.Ahead != own.Ahead {
		t.Errorf("the card says %+v, %v", c.Ticket.Told, err)
	}
}
