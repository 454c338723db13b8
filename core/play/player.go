package play

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/script"
)

// A Bot decides the customers' side of a conversation, as a dialog.Engine does.
type Bot interface {
	Step(c core.Conversation, unread []core.Envelope, scene core.Scene) (core.Outcome, error)
	AfterClose(c core.Conversation, scene core.Scene) core.Outcome
}

// A Player plays one file: the customers, the bot, and as much of the rest as a
// script needs. It is the inbox of the business systems that are connected to it.
type Player struct {
	bot     Bot
	zone    *time.Location
	systems map[string]core.Adapter
	now     time.Time
	line    core.LineState
	lang    string // what the devices of new customers speak; empty: unknown
	people  map[core.Key]*person
	at      *person // who spoke last
	refs    int
	faults  []error
}

// A person is a customer with their conversation.
type person struct {
	c      core.Conversation
	unread []core.Envelope
	shown  []string // not yet expected
	last   core.Choice
	why    []core.Event // of the last turns
}

var _ core.Inbox = (*Player)(nil)

// New returns a Player of one file. It starts on a Monday at ten o'clock in
// zone, with two agents on duty, one of them free.
func New(bot Bot, zone *time.Location) *Player {
	return &Player{
		bot: bot, zone: zone, systems: map[string]core.Adapter{}, people: map[core.Key]*person{},
		now: time.Date(2026, 11, 23, 10, 0, 0, 0, zone), line: core.LineState{OnDuty: 2, Free: 1},
	}
}

// Now is the time in the conversation.
func (p *Player) Now() time.Time { return p.now }

// Connect lets scripts ask a business system by its name.
func (p *Player) Connect(name string, a core.Adapter) { p.systems[name] = a }

// Receive implements core.Inbox: a business system answers.
func (p *Player) Receive(_ context.Context, env core.Envelope) error {
	for key, who := range p.people {
		if key.String() == env.Thread {
			env.At, env.Filed = p.now, p.now
			who.unread = append(who.unread, env)
			return nil
		}
	}
	return fmt.Errorf("%w: an answer for nobody: %s", core.ErrInvalid, env.Thread)
}

// Report implements core.Inbox.
func (*Player) Report(context.Context, core.Receipt) error { return nil }

// Typing implements core.Inbox.
func (*Player) Typing(context.Context, core.Envelope) {}

// Play returns what differs.
func (p *Player) Play(ctx context.Context, c *script.Chat) []error {
	for i, s := range c.Steps {
		speaks := s.Kind == script.ChatSay || s.Kind == script.ChatAgent
		if speaks && i > 0 && c.Steps[i-1].Kind != script.ChatSay && p.at != nil {
			p.at.shown = nil // what nobody expected may have been said
		}
		if err := p.step(ctx, s); err != nil {
			p.faults = append(p.faults, fmt.Errorf("%s: %w", s.Pos, err))
		}
	}
	return p.faults
}

func (p *Player) step(ctx context.Context, s script.ChatStep) error {
	if p.at == nil && s.Kind != script.ChatSay && s.Kind != script.ChatSet && s.Kind != script.ChatComment && s.Kind != script.ChatPass {
		return errors.New("nobody has said anything yet; begin with @web name> text")
	}
	switch s.Kind {
	case script.ChatSay:
		return p.say(ctx, s)
	case script.ChatAgent:
		return p.agent(ctx, s.Text)
	case script.ChatPass:
		return p.pass(ctx, s.Pass)
	case script.ChatExpect:
		return p.expect(s)
	case script.ChatNothing:
		if len(p.at.shown) > 0 {
			return fmt.Errorf("shown %q, want nothing more%s", p.at.shown, p.at.reasons())
		}
	case script.ChatSet:
		return p.set(s)
	case script.ChatDesk, script.ChatOutage:
		return errors.New("what staff are shown and what breaks is not played here")
	}
	return nil
}

func (p *Player) say(ctx context.Context, s script.ChatStep) error {
	key := core.Key{Channel: cmp.Or(s.Channel, "web"), Peer: cmp.Or(s.Who, "customer")}
	who, ok := p.people[key]
	if !ok {
		who = &person{c: core.Conversation{Key: key, Peer: core.Peer{ID: key.Peer, Name: s.Who, Lang: p.lang}}}
		p.people[key] = who
	}
	p.at = who
	parts := s.Parts()
	for i, x := range parts {
		if pick, ok := x.(core.Pick); ok && pick.Option == "" {
			o := slices.IndexFunc(who.last.Options, func(o core.Option) bool { return o.Label == pick.Label })
			if o < 0 {
				return fmt.Errorf("there is no button %q; the last list has %v", pick.Label, who.last.Options)
			}
			parts[i] = core.Pick{Option: who.last.Options[o].ID, Label: pick.Label}
		}
	}
	p.refs++
	who.c.Heard = p.now
	who.unread = append(who.unread, core.Envelope{
		Channel: key.Channel, Peer: who.c.Peer, Ref: strconv.Itoa(p.refs), At: p.now, Filed: p.now, Parts: parts,
	})
	return p.turn(ctx, who)
}

// turn lets the bot decide, and again while business systems answer.
func (p *Player) turn(ctx context.Context, who *person) error {
	for range 20 {
		n := len(who.unread)
		out, err := p.bot.Step(who.c, who.unread, core.Scene{Now: p.now, Lines: map[string]core.LineState{"": p.line}})
		if err != nil {
			return err
		}
		who.unread = who.unread[n-out.Left:]
		if err := p.take(ctx, who, out); err != nil || len(who.unread) == out.Left {
			return err
		}
	}
	return errors.New("the business system is asked again and again")
}

// take writes the state and reads it again, and hands on what is said.
func (p *Player) take(ctx context.Context, who *person, out core.Outcome) error {
	raw, err := json.Marshal(out.Conversation)
	if err != nil {
		return err
	}
	who.c = core.Conversation{}
	if err := json.Unmarshal(raw, &who.c); err != nil {
		return err
	}
	p.refs++
	if k := who.c.Ticket; k != nil && k.ID == "" {
		k.ID = strconv.Itoa(p.refs)
	}
	who.why = append(who.why, out.Events...)
	for i, env := range out.Say {
		if a := p.systems[env.Channel]; a != nil {
			env.ID = fmt.Sprintf("%d-%d", p.refs, i)
			if _, err := a.Send(ctx, env); err != nil {
				return fmt.Errorf("%s: %w", env.Channel, err)
			}
			continue
		}
		for _, part := range env.Parts {
			if c, ok := part.(core.Choice); ok {
				who.last = c
			}
			who.shown = append(who.shown, inWords(part))
		}
	}
	return nil
}

// pass lets time go by, with the turns that the conversations asked for, whoever
// of theirs did. A time that is not the bot's has had its turn with that.
func (p *Player) pass(ctx context.Context, d time.Duration) error {
	end := p.now.Add(d)
	for {
		var next *person
		var wake core.Wake
		for _, who := range p.people {
			for _, w := range who.c.Wakes {
				if !w.At.After(end) && (next == nil || w.At.Before(wake.At)) {
					next, wake = who, w
				}
			}
		}
		if next == nil {
			p.now = end
			return nil
		}
		if wake.At.After(p.now) {
			p.now = wake.At
		}
		if err := p.turn(ctx, next); err != nil {
			return err
		}
		switch still := next.c.Wakes.At(wake.Owner).Equal(wake.At); {
		case still && wake.Owner == core.WakeBot:
			return fmt.Errorf("the script wants to be woken at %s again and again", wake.At)
		case still:
			next.c.Wakes = next.c.Wakes.Set(wake.Owner, time.Time{})
		}
	}
}

// agent does what staff do, as far as the customer notices.
func (p *Player) agent(ctx context.Context, text string) error {
	k := p.at.c.Ticket
	if k == nil {
		return errors.New("there is no ticket that staff could answer; the customer has to ask for a person first")
	}
	cmd, _, _ := strings.Cut(text, " ")
	switch cmd {
	case "!claim", "!认领":
		p.at.c.State, k.State, k.Claimed, k.Agent = core.WithAgent, core.TicketActive, p.now, "desk/agent"
	case "!close", "!结束":
		p.at.c.State, k.State, k.Closed, k.Outcome = core.WithBot, core.TicketClosed, p.now, "solved"
		return p.take(ctx, p.at, p.bot.AfterClose(p.at.c, core.Scene{Now: p.now, Lines: map[string]core.LineState{"": p.line}}))
	default:
		p.at.shown = append(p.at.shown, text)
	}
	return nil
}

func (p *Player) expect(s script.ChatStep) error {
	for i, got := range p.at.shown {
		ok, err := s.Matches(got)
		if err != nil {
			return err
		}
		if ok {
			p.at.shown = p.at.shown[i+1:]
			return nil
		}
	}
	return fmt.Errorf("want %q\n      shown %q%s", s.Text, p.at.shown, p.at.reasons())
}

// reasons are the last events: why the bot said what it said.
func (who *person) reasons() string {
	var b strings.Builder
	for _, e := range who.why[max(0, len(who.why)-4):] {
		fmt.Fprintf(&b, "\n      why %s: %s", e.Kind, e.Why)
	}
	return b.String()
}

// set changes the scene.
func (p *Player) set(s script.ChatStep) error {
	f := strings.Fields(s.Text)
	switch {
	case f[0] == "start" && len(f) == 3:
		at, err := time.ParseInLocation("2006-01-02 15:04", f[1]+" "+f[2], p.zone)
		if err != nil {
			return fmt.Errorf("%q is not a time; write = start 2026-11-23 10:00", f[1]+" "+f[2])
		}
		p.now = at
	case f[0] == "staff" && len(f) == 2:
		n, err := strconv.Atoi(f[1])
		if err != nil || n < 0 {
			return fmt.Errorf("%q is not a number; write = staff 2", f[1])
		}
		p.line.OnDuty, p.line.Free = n, n
	case f[0] == "line" && (len(f) == 2 || len(f) == 3):
		return p.queue(f[1:])
	case f[0] == "lang" && len(f) == 2:
		p.lang = f[1]
	default:
		return fmt.Errorf("= %s is not played here; known are = start, = staff, = line and = lang", s.Text)
	}
	return nil
}

// queue sets how many wait and how long, like 30 8m-12m.
func (p *Player) queue(f []string) error {
	n, err := strconv.Atoi(f[0])
	if err != nil || n < 0 {
		return fmt.Errorf("%q is not a number; write = line 30 8m-12m", f[0])
	}
	p.line.Waiting, p.line.Free, p.line.Known = n, 0, len(f) == 2
	if len(f) == 1 {
		return nil
	}
	low, high, _ := strings.Cut(f[1], "-")
	var err1, err2 error
	p.line.Low, err1 = time.ParseDuration(low)
	p.line.High, err2 = time.ParseDuration(high)
	if err1 != nil || err2 != nil {
		return fmt.Errorf("%q is not a span; write 8m-12m", f[1])
	}
	return nil
}
