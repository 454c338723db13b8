// Package turn decides one turn of a conversation: what becomes of it, what is
// said to whom, and what the event log notes. It is pure: everything it knows
// comes in as an argument, so that a turn may be taken again, in production, in
// a preview and in a rehearsal alike.
//
// The path of what is unread, oldest first. Down goes the conversation as the
// step before has left it, back comes an outcome; no function of another package
// is called twice for one run of envelopes:
//
//	1 Take      picks the script that the talk is on; a desk's own conversation ends here (desk.AgentDue, desk.Duty)
//	2 timers    lets the desk, the policy and the bot act on a time that has come (desk.TicketDue, reassure Decide, dialog Step)
//	3 run       takes consecutive messages of the customer together, everything else alone
//	4 read      hands a desk's message to desk.Staff, a system's answer to the bot; a close brings the survey (AfterClose)
//	5 hear      notes what the customer's run says of them: name, language, allowances, whether they left
//	6 reopen    opens a ticket again that was closed a moment ago (desk.Reopen)
//	7 bot       answers unless a person has the conversation (a digit for reassure Hear, else dialog Step), and shows a ticket it opened (desk.Open)
//	8 customer  shows run and answer to the staff who have the ticket (desk.Relay), and its owner what the scripts suggest; then the policy tells who is new in line how they stand (reassure Begin), or keeps away from what was just said (Wrote)
//	9 add       takes in what comes back from each step: hush drops what the bot said if a person has taken over, spared what is over the budget
//	10 finish   addresses what is said, marks the bot's, and cuts it into the messages of its platforms
//
// That a person has taken over is not decided here but by core/desk, which sets
// Outcome.Hush: what the bot said earlier in this turn is dropped by hush, what
// is still to be sent of earlier turns by the store, in the same commit.
//
// What it may not do: read a clock, wait, send, or change its arguments. A turn
// that fails has changed nothing; its envelopes stay unread and it is taken
// again. ErrPast says that it must be taken again with what was said before.
package turn

import (
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk"
	"github.com/frontdesk-im/frontdesk/core/dialog"
	"github.com/frontdesk-im/frontdesk/core/reassure"
)

// Rules are what every turn is decided by. None of its functions may answer
// otherwise when a turn is taken again.
type Rules struct {
	Desk *desk.Rules
	// Books gives the script of a version: the one in force for an empty version
	// and for one that is no longer kept.
	Books func(version string) *dialog.Engine
	// Role is what an account is for; empty for one that the configuration has lost.
	Role func(channel string) core.Role
	// Limits are those of an account; none for one that the configuration has lost.
	Limits func(channel string) core.Limits
	// Waits gives the policy for whoever waits in a conversation, nil if there is none
	// for them, and of the facts those that nobody here knows. Nil is no policies.
	Waits func(core.Conversation, core.Scene) (*reassure.Policy, reassure.Facts)
}

// Input is what one turn may know beside its conversation and what is unread.
type Input struct {
	Scene core.Scene
	Past  []core.Envelope   // what was said before this turn; nil means that nobody looked
	Mine  []core.TicketView // in a conversation of staff: their open tickets
}

// ErrPast asks for Input.Past: only a turn that opens a ticket or corrects what
// was sent needs it.
var ErrPast = errors.New("turn: what was said before is needed")

// Take decides what is unread in c, oldest first. A panic of what decides is an
// error of this turn, not the end of the process.
func Take(r Rules, c core.Conversation, unread []core.Envelope, in Input) (out core.Outcome, err error) {
	defer caught(&err)
	if c.State == "" {
		c.State = core.WithBot
	}
	s := begin(r, c, in)
	o := core.Outcome{Conversation: c}
	if r.Role(c.Key.Channel) == core.RoleDesk {
		return s.finish(s.woken(c.Wakes, s.duty(o, unread))), nil
	}
	if o, err = s.timers(o); err != nil {
		return core.Outcome{}, err
	}
	for i := 0; i < len(unread); {
		n := run(c.Key.Channel, unread[i:])
		var left int
		if o, left, err = s.read(o, unread[i:i+n]); err != nil {
			return core.Outcome{}, err
		}
		if left > 0 { // the burst is not over: what came behind it waits too
			o.Left, o.Until = len(unread)-i-n+left, o.Conversation.Wakes.At(core.WakeBot)
			break
		}
		i += n
	}
	o = s.woken(c.Wakes, o)
	o.Conversation = s.looked(c, o.Conversation)
	return s.finish(o), nil
}

// Alter is a turn that reads nothing: f decides, what is unread stays so.
func Alter(r Rules, c core.Conversation, unread []core.Envelope, in Input, f func(core.Conversation, core.Scene) core.Outcome) (out core.Outcome, err error) {
	defer caught(&err)
	s := begin(r, c, in)
	o := s.closing(core.Outcome{Conversation: c}, func(c core.Conversation) core.Outcome { return f(c, in.Scene) })
	o.Conversation = s.looked(c, o.Conversation)
	o = s.finish(o)
	o.Left = len(unread)
	return o, nil
}

func caught(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("turn: deciding it panicked: %v\n%s", r, debug.Stack())
	}
}

// The steps of a turn know the rules, the input and the script; what they decide
// is in the outcome that is passed on from one to the next.
type steps struct {
	Rules
	Input
	book *dialog.Engine
}

func begin(r Rules, c core.Conversation, in Input) steps {
	in.Scene.Policy = r.Waits != nil
	return steps{Rules: r, Input: in, book: r.Books(c.Script)}
}

// duty is a turn of staff outside every ticket.
func (s steps) duty(o core.Outcome, unread []core.Envelope) core.Outcome {
	if at := o.Conversation.Wakes.Next(); !at.IsZero() && !at.After(s.Scene.Now) { // whoever's: versions before 0.9 did not say
		o = s.add(o, s.Desk.AgentDue(o.Conversation, s.Scene, s.Mine...))
	}
	for _, env := range unread {
		o = s.add(o, s.Desk.Duty(o.Conversation, env, s.Scene, s.Mine...))
	}
	return o
}

// timers lets the desk and the bot act on a time that has come.
func (s steps) timers(o core.Outcome) (core.Outcome, error) {
	if c := o.Conversation; c.Ticket != nil && c.Wakes.Due(core.WakeDesk, s.Scene.Now) {
		o = s.closing(o, func(c core.Conversation) core.Outcome { return s.Desk.TicketDue(c, s.Scene) })
	}
	if o.Conversation.Wakes.Due(core.WakeWait, s.Scene.Now) {
		var err error
		if o, err = s.due(o); err != nil {
			return o, err
		}
	}
	if !o.Conversation.Wakes.Due(core.WakeBot, s.Scene.Now) {
		return o, nil
	}
	o, _, err := s.answered(o, nil)
	return o, err
}

// woken takes the times away that had come when the turn began and that still
// stand: their owners have had their turn, or nobody here knows them. A time that
// nobody takes away would ask for a turn again and again.
func (s steps) woken(were core.Wakes, o core.Outcome) core.Outcome {
	for _, w := range were {
		if were.Due(w.Owner, s.Scene.Now) && o.Conversation.Wakes.At(w.Owner).Equal(w.At) {
			o.Conversation.Wakes = o.Conversation.Wakes.Set(w.Owner, time.Time{})
		}
	}
	return o
}

// closing adds what the desk decides, and a survey if that closed the ticket.
func (s steps) closing(o core.Outcome, f func(core.Conversation) core.Outcome) core.Outcome {
	before := o.Conversation.Ticket.Open()
	o = s.add(o, f(o.Conversation))
	if t := o.Conversation.Ticket; before && t != nil && !t.Open() {
		o = s.add(o, s.book.AfterClose(o.Conversation, s.Scene))
	}
	return o
}

// finish addresses what is said and cuts it into the messages of its platforms.
func (s steps) finish(o core.Outcome) core.Outcome {
	var say []core.Envelope
	for _, env := range s.merged(o.Say, o.Conversation) {
		if o.Conversation.Gone && toPeer(env, o.Conversation) {
			o.Events = append(o.Events, dropped("the customer has left the channel", env))
			continue
		}
		if o.Conversation.Stopped && env.Policy != "" && toPeer(env, o.Conversation) {
			o.Events = append(o.Events, dropped("the customer wants nothing that they have not asked for", env))
			continue
		}
		for _, parts := range s.fit(env, o.Conversation) {
			one := env
			one.Parts, one.Greeting = parts, ""
			say = append(say, one)
		}
	}
	o.Say = say
	for i := range o.Events {
		if o.Events[i].At.IsZero() {
			o.Events[i].At = s.Scene.Now
		}
	}
	return o
}
