package hub

import (
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strconv"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk"
	"github.com/frontdesk-im/frontdesk/core/dialog"
)

// A mind decides one turn. It is pure: everything it knows is in it, in the
// conversation and in what is unread, so a turn may be taken again.
type mind struct {
	book  *dialog.Book
	desk  *desk.Rules
	scene core.Scene
	role  func(channel string) (Role, bool)
	limit func(channel string) core.Limits
	past  []core.Envelope   // the conversation before this turn, if asked for
	asked bool              // whether past was loaded
	mine  []core.TicketView // for staff: their open tickets

	out core.Outcome
}

// errPast asks for mind.past: only a turn that opens a ticket or corrects what
// was sent needs it.
var errPast = errors.New("hub: the turn needs what was said before")

// turn folds over the unread envelopes, oldest first. A panic of what decides
// is an error of this conversation's turn, not the end of the process.
func (m *mind) turn(c core.Conversation, unread []core.Envelope) (out core.Outcome, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("hub: deciding the turn panicked: %v\n%s", r, debug.Stack())
		}
	}()
	if c.State == "" {
		c.State = core.WithBot
	}
	m.out = core.Outcome{Conversation: c}
	if r, ok := m.role(c.Key.Channel); ok && r == Desk {
		if due(c.Wake, m.scene.Now) {
			m.apply(m.desk.Clock(c, m.scene, m.mine...))
		}
		for _, env := range unread {
			m.apply(m.desk.Duty(m.out.Conversation, env, m.scene, m.mine...))
		}
		return m.finish(), nil
	}
	if err := m.timers(); err != nil {
		return m.out, err
	}
	for i := 0; i < len(unread); {
		n := m.run(unread[i:])
		left, err := m.read(unread[i : i+n])
		if err != nil {
			return m.out, err
		}
		if left > 0 { // the burst is not over: what came behind it waits too
			m.out.Left = len(unread) - i - n + left
			break
		}
		i += n
	}
	return m.finish(), nil
}

// run is how many of the envelopes are read together: consecutive ones of the
// customer, else one; an edit is alone, and so is what nobody said.
func (m *mind) run(es []core.Envelope) int {
	n := 0
	for n < len(es) && es[n].Channel == m.out.Conversation.Key.Channel && es[n].Replaces == "" && !quiet(es[n:n+1]) {
		n++
	}
	return max(n, 1)
}

// timers lets the desk and the bot act on a time that has come.
func (m *mind) timers() error {
	if t := m.out.Conversation.Ticket; t != nil && due(t.Wake, m.scene.Now) {
		m.desked(func(c core.Conversation) core.Outcome { return m.desk.Timer(c, m.scene) })
	}
	if c := m.out.Conversation; due(c.Wake, m.scene.Now) {
		_, err := m.bot(nil)
		return err
	}
	return nil
}

func due(t, now time.Time) bool { return !t.IsZero() && !t.After(now) }

// read takes one run and returns how many of its newest envelopes are left.
func (m *mind) read(run []core.Envelope) (left int, err error) {
	r, ok := m.role(run[0].Channel)
	switch {
	case ok && r == Desk:
		if run[0].Replaces != "" && !m.asked {
			return 0, errPast // what it has become at the customer's
		}
		m.desked(func(c core.Conversation) core.Outcome { return m.desk.Staff(c, run[0], m.scene, m.past...) })
		return 0, nil
	case ok && r == System:
		return m.bot(run)
	}
	m.hear(run)
	if quiet(run) {
		return 0, nil
	}
	if t := m.out.Conversation.Ticket; t != nil && !t.Open() && !m.book.Rating(m.out.Conversation, m.scene.Now) {
		if o, ok := m.desk.Reopen(m.out.Conversation, run, m.scene); ok {
			m.apply(o)
		}
	}
	before, said := m.out.Conversation.Ticket, len(m.out.Say)
	edited := len(run) == 1 && run[0].Replaces != "" // the bot has answered; staff see what it says now
	if m.out.Conversation.State != core.WithAgent && !edited {
		if left, err = m.bot(run); err != nil {
			return 0, err
		}
	}
	run = run[:len(run)-left]
	if now := m.out.Conversation.Ticket; len(run) > 0 && before.Open() && now != nil && now.ID == before.ID {
		heard := slices.Concat(run, m.toPeer(said)) // staff see what the bot answered, too
		m.desked(func(c core.Conversation) core.Outcome { return m.desk.Relay(c, heard, m.scene) })
		m.suggest(run)
	}
	return left, nil
}

// suggest offers the owner what the scripts would have answered.
func (m *mind) suggest(run []core.Envelope) {
	c := m.out.Conversation
	if c.State != core.WithAgent {
		return
	}
	var offers []desk.Suggestion
	for _, s := range m.book.Suggest(c.Peer.Lang, core.Parts(run[len(run)-1].Parts).Text(), 3) {
		offers = append(offers, desk.Suggestion{Entry: s.Entry, Title: s.Title, Text: s.Answer})
	}
	if len(offers) > 0 {
		m.apply(m.desk.Suggest(c, offers, m.scene))
	}
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

// toPeer is what this turn has said to the peer from the n-th envelope on.
func (m *mind) toPeer(n int) (out []core.Envelope) {
	for _, env := range m.out.Say[n:] {
		if m.address(&env); env.Channel == m.out.Conversation.Key.Channel {
			out = append(out, env)
		}
	}
	return out
}

// hear notes what the run says of its peer, whoever reads it.
func (m *mind) hear(run []core.Envelope) {
	c := &m.out.Conversation
	for _, env := range run {
		c.Gone = slices.ContainsFunc(env.Parts, func(p core.Part) bool { _, left := p.(core.Left); return left })
		if c.Heard.Before(env.Filed) {
			c.Heard = env.Filed
		}
		c.Peer = merge(c.Peer, env.Peer)
		c.Ledger = c.Ledger.Heard(m.limit(c.Key.Channel).Allowances, env.Cause, env.Filed)
	}
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
		facts := map[string]string{}
		for k, v := range old.Facts {
			facts[k] = v
		}
		for k, v := range now.Facts {
			facts[k] = v
		}
		now.Facts = facts
	}
	return now
}

// bot lets the scripts read the run, none if only a time has come, and shows a
// ticket that they opened to the staff.
func (m *mind) bot(run []core.Envelope) (left int, err error) {
	before := m.out.Conversation.Ticket
	o, err := m.book.Step(m.out.Conversation, run, m.scene)
	if err != nil {
		return 0, err
	}
	left, o.Left = o.Left, 0
	m.apply(o)
	t := m.out.Conversation.Ticket
	if t.Open() && (!before.Open() || t.ID == "") {
		err = m.open(run)
	} else if before.Open() && !t.Open() { // the peer left the line
		m.apply(m.desk.Relay(m.out.Conversation, nil, m.scene))
	}
	return left, err
}

// open names a new ticket and shows it at the desks.
func (m *mind) open(run []core.Envelope) error {
	if !m.asked {
		return errPast
	}
	t := *m.out.Conversation.Ticket
	t.Key = m.out.Conversation.Key
	if t.ID == "" {
		seq := m.out.Conversation.Seen
		if len(run) > 0 {
			seq = run[len(run)-1].Seq
		}
		t.ID = strconv.FormatInt(seq, 10)
		if old := m.out.Conversation.Ticket; old != nil && old.ID == t.ID {
			t.ID += "b"
		}
	}
	m.out.Conversation.Ticket = &t
	m.apply(m.desk.Open(m.out.Conversation, m.scene, append(slices.Clone(m.past), run...)...))
	return nil
}

// desked applies what the desk decides, and a survey if that closed the ticket.
func (m *mind) desked(f func(core.Conversation) core.Outcome) {
	before := m.out.Conversation.Ticket.Open()
	m.apply(f(m.out.Conversation))
	if t := m.out.Conversation.Ticket; before && t != nil && !t.Open() {
		m.apply(m.book.AfterClose(m.out.Conversation, m.scene))
	}
}

func (m *mind) apply(o core.Outcome) {
	if o.Hush { // what the bot said earlier in this turn is overtaken, too
		m.out.Say = slices.DeleteFunc(m.out.Say, func(env core.Envelope) bool {
			m.address(&env)
			over := env.Channel == m.out.Conversation.Key.Channel && env.By.Kind == core.ByBot
			if over {
				m.dropped("a person has taken over", env)
			}
			return over
		})
	}
	m.out.Conversation = o.Conversation
	m.out.Say = append(m.out.Say, o.Say...)
	m.out.Events = append(m.out.Events, o.Events...)
	m.out.Agents = append(m.out.Agents, o.Agents...)
	m.out.Hush = m.out.Hush || o.Hush
}

// finish addresses what is said and cuts it into the messages of its platforms.
func (m *mind) finish() core.Outcome {
	var say []core.Envelope
	for _, env := range m.out.Say {
		m.address(&env)
		toPeer := env.Channel == m.out.Conversation.Key.Channel
		if toPeer && m.out.Conversation.Gone {
			m.dropped("the customer has left the channel", env)
			continue
		}
		for _, parts := range m.fit(env) {
			one := env
			one.Parts = parts
			say = append(say, one)
		}
	}
	m.out.Say = say
	for i := range m.out.Events {
		if m.out.Events[i].At.IsZero() {
			m.out.Events[i].At = m.scene.Now
		}
	}
	return m.out
}

// fit cuts what is said into the messages of its platform. A case stays one
// whatever the desk can show: the store opens and keeps threads by it.
func (m *mind) fit(env core.Envelope) []core.Parts {
	if len(env.Parts) > 0 {
		if _, ok := env.Parts[0].(core.Case); ok {
			return []core.Parts{env.Parts}
		}
	}
	lim := m.limit(env.Channel)
	mark := m.sign(env, lim)
	if lim.Text > 0 {
		lim.Text -= lim.Unit.Len(mark)
	}
	out := lim.Fit(env.Parts)
	for i, ps := range out {
		out[i] = prefixed(mark, ps)
	}
	return out
}

// sign is what marks every message of a bot to the peer on platforms that show
// no name (C-11).
func (m *mind) sign(env core.Envelope, lim core.Limits) string {
	c := m.out.Conversation
	if env.Channel != c.Key.Channel || env.By.Kind != core.ByBot || lim.Names {
		return ""
	}
	return m.book.Words(c.Peer.Lang, "bot_prefix", nil).Text()
}

func (m *mind) address(env *core.Envelope) {
	c := m.out.Conversation
	if env.Channel == "" {
		env.Channel, env.Peer = c.Key.Channel, c.Peer
		env.Peer.ID = c.Key.Peer
		env.Peer.Facts = nil
	}
	if env.By.Kind == "" {
		env.By.Kind = core.ByBot
	}
	env.Filed = m.scene.Now
}

// prefixed puts mark before the first words of ps.
func prefixed(mark string, ps core.Parts) core.Parts {
	if mark == "" {
		return ps
	}
	ps = slices.Clone(ps)
	for i, p := range ps {
		switch p := p.(type) {
		case core.Text:
			ps[i] = core.Text{Body: mark + p.Body}
			return ps
		case core.Choice:
			p.Prompt = mark + p.Prompt
			ps[i] = p
			return ps
		}
	}
	return ps
}

func (m *mind) dropped(why string, env core.Envelope) {
	m.out.Events = append(m.out.Events, core.Event{
		Kind: core.Dropped, By: core.Author{Kind: core.BySystem}, Why: why,
		Data: map[string]string{"text": env.Parts.Text()},
	})
}
