package turn

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk"
)

// run is how many of the envelopes are read together: consecutive ones of the
// customer on channel, else one; an edit is alone, and so is what nobody said.
func run(channel string, es []core.Envelope) int {
	n := 0
	for n < len(es) && es[n].Channel == channel && es[n].Replaces == "" && !quiet(es[n:n+1]) {
		n++
	}
	return max(n, 1)
}

// quiet reports whether nobody spoke: a page was opened, a position reported.
func quiet(run []core.Envelope) bool {
	for _, env := range run {
		for _, p := range env.Parts {
			if o, ok := p.(core.Other); !ok || !o.Quiet {
				return false
			}
		}
	}
	return true
}

// read hands one run to whom it is for. This many of its newest envelopes are
// left unread.
func (s steps) read(o core.Outcome, run []core.Envelope) (_ core.Outcome, left int, err error) {
	switch s.Role(run[0].Channel) {
	case core.RoleDesk:
		if run[0].Replaces != "" && s.Past == nil {
			return o, 0, ErrPast // what it has become at the customer's
		}
		return s.closing(o, func(c core.Conversation) core.Outcome { return s.Desk.Staff(c, run[0], s.Scene, s.Past...) }), 0, nil
	case core.RoleSystem:
		return s.answered(o, run)
	}
	o.Conversation = s.hear(o.Conversation, run)
	if quiet(run) {
		return o, 0, nil
	}
	return s.customer(s.reopen(o, run), run)
}

// hear notes what the run says of its peer, whoever reads it.
func (s steps) hear(c core.Conversation, run []core.Envelope) core.Conversation {
	for _, env := range run {
		c.Gone = slices.ContainsFunc(env.Parts, func(p core.Part) bool { _, left := p.(core.Left); return left })
		if c.Heard.Before(env.Filed) {
			c.Heard = env.Filed
		}
		c.Peer = merge(c.Peer, env.Peer)
		c.Ledger = c.Ledger.Heard(s.Limits(c.Key.Channel).Allowances, env.Cause, env.Filed)
	}
	if t := c.Ticket; t.Open() && !t.Held.IsZero() && !quiet(run) { // they are there
		here := *t
		here.Held = time.Time{}
		c.Ticket = &here
	}
	return c
}

// merge keeps what was known of a peer where the newer envelope says nothing.
func merge(old, now core.Peer) core.Peer {
	if now.Name == "" {
		now.Name = old.Name
	}
	if now.Lang == "" {
		now.Lang = old.Lang
	}
	if now.Person == "" {
		now.Person = old.Person
	}
	if len(old.Facts) > 0 {
		facts := maps.Clone(old.Facts)
		maps.Copy(facts, now.Facts)
		now.Facts = facts
	}
	return now
}

// reopen opens the last ticket again if the run goes on with it. Words that a
// survey has asked for do not.
func (s steps) reopen(o core.Outcome, run []core.Envelope) core.Outcome {
	c := o.Conversation
	if c.Ticket == nil || c.Ticket.Open() || s.book.Rating(c, s.Scene.Now) {
		return o
	}
	if x, ok := s.Desk.Reopen(c, run, s.Scene); ok {
		return s.add(o, x)
	}
	return o
}

// customer lets the bot answer what the customer says, and staff who have the
// ticket see both. An edit is for whoever has them: staff see it, and the bot
// corrects what it understood only while no ticket is open.
func (s steps) customer(o core.Outcome, run []core.Envelope) (_ core.Outcome, left int, err error) {
	was, said := o.Conversation, len(o.Say)
	before := was.Ticket
	edited := len(run) == 1 && run[0].Replaces != ""
	chosen := false
	if !edited {
		if o, chosen, err = s.digit(o, run); err != nil {
			return o, 0, err
		}
	}
	if !chosen && was.State != core.WithAgent && (!edited || !before.Open()) {
		if o, left, err = s.bot(o, run); err != nil {
			return o, 0, err
		}
	}
	run = run[:len(run)-left]
	if now := o.Conversation.Ticket; len(run) > 0 && before.Open() && now != nil && now.ID == before.ID {
		heard := slices.Concat(run, s.heard(o, said))
		o = s.closing(o, func(c core.Conversation) core.Outcome { return s.Desk.Relay(c, heard, s.Scene) })
		o = s.suggest(o, run)
	} else if before.Open() && !now.Open() {
		o = s.add(o, s.Desk.Relay(o.Conversation, nil, s.Scene))
	}
	if left == 0 && !chosen {
		o = s.waited(was, o)
	}
	return o, left, nil
}

// heard is what was said to the peer from the n-th envelope on.
func (s steps) heard(o core.Outcome, n int) (out []core.Envelope) {
	for _, env := range o.Say[min(n, len(o.Say)):] {
		if env = s.address(env, o.Conversation); toPeer(env, o.Conversation) {
			out = append(out, env)
		}
	}
	return out
}

// suggest offers the owner what the scripts would have answered.
func (s steps) suggest(o core.Outcome, run []core.Envelope) core.Outcome {
	c := o.Conversation
	if c.State != core.WithAgent {
		return o
	}
	var offers []desk.Suggestion
	for _, x := range s.book.Suggest(c.Peer.Lang, run[len(run)-1].Parts.Text(), 3) {
		offers = append(offers, desk.Suggestion{Entry: x.Entry, Title: x.Title, Text: x.Answer})
	}
	if len(offers) == 0 {
		return o
	}
	return s.add(o, s.Desk.Suggest(c, offers, s.Scene))
}

// answered lets the bot act on what is not the customer's: a system's answer, or
// a time that has come. Staff see it if that gave up the place in line.
func (s steps) answered(o core.Outcome, run []core.Envelope) (_ core.Outcome, left int, err error) {
	was := o.Conversation
	if o, left, err = s.bot(o, run); err != nil {
		return o, 0, err
	}
	if was.Ticket.Open() && !o.Conversation.Ticket.Open() {
		o = s.add(o, s.Desk.Relay(o.Conversation, nil, s.Scene))
	}
	if left == 0 {
		o = s.waited(was, o)
	}
	return o, left, nil
}

// bot lets the scripts read the run, and shows a ticket that they opened to the
// staff.
func (s steps) bot(o core.Outcome, run []core.Envelope) (_ core.Outcome, left int, err error) {
	before := o.Conversation.Ticket
	x, err := s.book.Step(o.Conversation, run, s.Scene)
	if err != nil {
		return o, 0, err
	}
	left, x.Left = x.Left, 0
	o = s.add(o, x)
	if t := o.Conversation.Ticket; t.Open() && (!before.Open() || t.ID == "") {
		o, err = s.open(o, run)
	}
	return o, left, err
}

// open names a new ticket and shows it at the desks.
func (s steps) open(o core.Outcome, run []core.Envelope) (core.Outcome, error) {
	if s.Past == nil {
		return o, ErrPast
	}
	t := *o.Conversation.Ticket
	t.Key = o.Conversation.Key
	t.VIP = o.Conversation.Peer.VIP() != ""
	if t.ID == "" {
		seq := o.Conversation.Seen
		if len(run) > 0 {
			seq = run[len(run)-1].Seq
		}
		t.ID = strconv.FormatInt(seq, 10)
		if old := o.Conversation.Ticket; old != nil && old.ID == t.ID {
			t.ID += "b"
		}
	}
	o.Conversation.Ticket = &t
	return s.add(o, s.Desk.Open(o.Conversation, s.Scene, append(slices.Clone(s.Past), run...)...)), nil
}
