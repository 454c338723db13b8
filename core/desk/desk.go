// Package desk is what staff's desks do, the same on every platform: who owns a
// ticket, what goes out to the customer and what stays a note, the card, the
// timers.
//
// The rule of speech: only the plain message of the agent who owns the ticket
// goes to the customer, after a moment in which it can be taken back. What
// anybody else writes is a note, and so is every line that begins with // or
// 备注. A line that begins with ! is a command (command/COMMANDS.md) and never sent.
//
// Every method of Rules takes the conversation, what happened and the scene, and
// returns the outcome of the turn. It remembers nothing but what is in the
// conversation (Ticket.Mind is this package's), so a turn can be taken again.
// Two claims are two turns: the second finds an owner.
//
// Inside, a decision is a function of a view, which nothing changes, and of the
// ticket so far. It returns the ticket as decided and what else is to be done
// (done): what is said, what is recorded, whose record changes. A function can
// change only what it returns. At the end of the turn what is said is addressed,
// in order, and cards that would now read differently are renewed.
//
// A new owner hushes the bot (Outcome.Hush): what it has not yet said is dropped,
// by core/turn what is of the same turn, by the store what is of earlier ones.
//
// What staff see is core/desk/card, what they type core/desk/command, who is on
// core/desk/duty.
//
// What is said to a desk carries Ticket and no Thread. Its Peer, if set, is the
// agent whom it concerns: a desk may mention them or show it to them alone. A
// Case goes to every desk that shows the ticket whenever it would read
// differently than before.
//
// An agent's edit of a message arrives as an envelope with Replaces set to the
// Ref of that message; a deletion as the same without Parts.
//
// Closing with "no survey" adds core.TagNoSurvey to Ticket.Tags. Customers are
// spoken to through Rules.Words only, with the ids in WordIDs.
package desk

import (
	"cmp"
	"slices"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/calendar"
	"github.com/frontdesk-im/frontdesk/core/desk/card"
	"github.com/frontdesk-im/frontdesk/core/desk/duty"
)

// Rules is how desks behave. Zero values take the defaults named.
type Rules struct {
	// Words are the customer-facing texts of flows/words.yaml, in the peer's
	// language; no parts means that nothing is said. The ids used are listed in
	// WordIDs.
	Words func(lang, id string, vars map[string]string) core.Parts
	// Limits are a customers' channel's, for allowances and message counts; nil
	// means none have any.
	Limits func(channel string) core.Limits
	// Edits reports whether a customers' channel can replace a sent message.
	Edits func(channel string) bool
	// Link is the address of a ticket's history, shown on the card; may be nil.
	Link func(ticket string) string
	// Labels are what cards call topics, fields and answers.
	Labels card.Labels

	// Shifts are when agents are on duty by themselves, by Agent.ID, in Zone.
	Shifts map[string]calendar.Week

	Desks     card.Desks
	Canned    []Canned
	Templates []core.Template
	Banned    []string       // words that are not sent without asking
	Zone      *time.Location // for clock times in commands; nil is UTC

	Ring         time.Duration   // how long a phone rings; 45 s
	Misses       int             // times in a row that a phone rings out before its agent is asked, and at the next set to a break; 3
	Remind       []time.Duration // silence after which the owner is reminded; 60 s, 100 s
	TellLead     time.Duration   // … after which leads are told; 3 min
	ReturnAfter  time.Duration   // … after which the ticket returns to the front; 5 min
	ReopenWithin time.Duration   // how long after its close a ticket opens again; 30 min
	Hops         int             // transfers before only a lead can be the target; 3
	Reserve      int             // messages of a channel's allowance that the bot, system texts and policies leave alone; 2
}

// WordIDs are the texts of flows/words.yaml that this package says, and the
// variables it gives them. A text that is missing is not said.
var WordIDs = map[string][]string{
	"claimed":     {"agent"},
	"returned":    {},
	"transferred": {"agent"},
	"closed":      {"agent"},
	"parked":      {},
	"reopened":    {"agent"},
	"handed_back": {},
	"correction":  {"text"}, // without it a correction is sent as it is
	"withdrawn":   {},       // in place of a message that was deleted
}

// A Desk is an adapter that faces staff, and how it is used.
type Desk = card.Desk

// DefaultHold is the undo window of a chat desk.
const DefaultHold = card.DefaultHold

// A Canned is a ready reply.
type Canned struct{ ID, Title, Text string }

// A Suggestion is a script's answer offered to the owner.
type Suggestion struct {
	Entry string `json:"entry"`
	Title string `json:"title"`
	Text  string `json:"text"`
}

// A Failure is a relayed message that will not be tried again.
type Failure struct {
	Message core.Envelope // as it was in the outbox, with Via
	Kind    core.Kind
	Why     string // in the platform's words
}

func (r *Rules) ring() time.Duration { return cmp.Or(r.Ring, 45*time.Second) }
func (r *Rules) misses() int         { return cmp.Or(r.Misses, 3) }
func (r *Rules) hops() int           { return cmp.Or(r.Hops, 3) }
func (r *Rules) reopenWithin() time.Duration {
	return cmp.Or(r.ReopenWithin, 30*time.Minute)
}

// silences are the times after which something is done about a silent owner:
// the reminders, the word to the leads, the return.
func (r *Rules) silences() []time.Duration {
	remind := r.Remind
	if len(remind) == 0 {
		remind = []time.Duration{time.Minute, 100 * time.Second}
	}
	return append(slices.Clone(remind), cmp.Or(r.TellLead, 3*time.Minute), cmp.Or(r.ReturnAfter, 5*time.Minute))
}

func (r *Rules) limits(channel string) core.Limits {
	if r.Limits == nil {
		return core.Limits{}
	}
	return r.Limits(channel)
}

func (r *Rules) zone() *time.Location {
	if r.Zone == nil {
		return time.UTC
	}
	return r.Zone
}

// post is what an agent's duty is decided from.
func (r *Rules) post(s core.Scene) duty.Post {
	return duty.Post{Desks: r.Desks, Zone: r.zone(), Shifts: r.Shifts, Scene: s}
}

// Duty is what an agent wrote outside every thread: presence and desk-wide
// commands. c is the agent's own conversation with the desk; mine are their
// open tickets. If the outcome, or one of Staff, changes an agent's presence to
// OffDuty, run Vacate in each of their tickets.
func (r *Rules) Duty(c core.Conversation, env core.Envelope, s core.Scene, mine ...core.TicketView) core.Outcome {
	p := r.post(s)
	p.Mine = mine
	return p.Turn(c, env)
}

// AgentDue does what is due in an agent's own conversation with their desk: a break
// ends, a shift begins or ends. mine are their open tickets. Call it when the
// conversation wants to be woken, and once when the shifts are read: it sets the
// next time.
func (r *Rules) AgentDue(c core.Conversation, s core.Scene, mine ...core.TicketView) core.Outcome {
	p := r.post(s)
	p.Mine = mine
	return p.Due(c)
}
