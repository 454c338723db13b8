// Package desk is what staff's desks do, the same on every platform: who owns a
// ticket, what goes out to the customer and what stays a note, the card, the
// timers.
//
// Every function takes the conversation, what happened and the scene, and
// returns the outcome of the turn; nothing else is remembered than what is in
// the conversation (Ticket.Mind is this package's).
package desk

import (
	"time"

	"github.com/frontdesk-im/frontdesk/core"
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

	Desks  []Desk
	Canned []Canned
	Banned []string       // words that are not sent without asking
	Zone   *time.Location // for clock times in commands; nil is UTC

	Ring    time.Duration   // how long a phone rings; 45 s
	Misses  int             // tickets in a row let ring out before a break; 3
	Remind  []time.Duration // silence after which the owner is reminded; 60 s, 100 s
	Lead    time.Duration   // … after which leads are told; 3 min
	Return  time.Duration   // … after which the ticket returns to the front; 5 min
	Recall  time.Duration   // how long after its close a ticket opens again; 30 min
	Hops    int             // transfers before only a lead can be the target; 3
	Reserve int             // messages of a channel's allowance that system texts leave alone; 2
}

// A Desk is an adapter that faces staff, and how it is used.
type Desk struct {
	Name     string        // of the account
	Topics   []string      // whose tickets it shows; empty means all
	Explicit bool          // nothing goes out without a leading > or a button
	Hold     time.Duration // how long an agent's message can be taken back; chat desks: DefaultHold
	Lang     string        // zh-CN or en, of cards and notices
	Mask     bool          // hides telephone numbers, addresses and names on cards
	Crowd    int           // shows a waiting ticket only while fewer wait than this; 0 is 5, negative is always
	Views    bool          // reads messages from the store itself: gets cards and notices only (the console)
}

// DefaultHold is the undo window of a chat desk.
const DefaultHold = 5 * time.Second

// A Canned is a ready reply.
type Canned struct{ ID, Title, Text string }

// A Suggestion is a script's answer offered to the owner.
type Suggestion struct{ Entry, Title, Text string }

// A Failure is a relayed message that will not be tried again.
type Failure struct {
	Message core.Envelope // as it was in the outbox, with Via
	Kind    core.Kind
	Why     string // in the platform's words
}

// A Board is what a digest is made of.
type Board struct {
	Lines   map[string]core.LineState // by topic
	Tickets []core.TicketView         // those who wait, longest first; the first few hundred are enough
	Since   time.Time                 // when the desk got its last digest
}

// Open shows a new ticket on the desks that take its topic. past are the
// messages before it, oldest first, from and to the peer.
func (r *Rules) Open(c core.Conversation, s core.Scene, past ...core.Envelope) core.Outcome {
	return core.Outcome{Conversation: c}
}

// Assign lets the phone of an agent ring, as the line decided. If that is no
// longer possible nothing is changed: put the ticket back in line.
func (r *Rules) Assign(c core.Conversation, agent string, s core.Scene) core.Outcome {
	return core.Outcome{Conversation: c}
}

// Staff is what an agent wrote or pressed in a ticket's thread.
func (r *Rules) Staff(c core.Conversation, env core.Envelope, s core.Scene) core.Outcome {
	return core.Outcome{Conversation: c}
}

// Relay shows staff what the customer wrote, and also what the bot answered
// (envelopes whose By says so). It resumes a parked ticket and notices that the
// customer left. With no envelopes it brings the cards up to date.
func (r *Rules) Relay(c core.Conversation, envs []core.Envelope, s core.Scene) core.Outcome {
	return core.Outcome{Conversation: c}
}

// Timer does what is due: holds, rings, reminders, returns, parked tickets.
func (r *Rules) Timer(c core.Conversation, s core.Scene) core.Outcome {
	return core.Outcome{Conversation: c}
}

// Duty is what an agent wrote outside every thread: presence and desk-wide
// commands. c is the agent's own conversation with the desk; mine are their
// open tickets. If the outcome has an agent who is OffDuty, run Vacate in each
// of their tickets.
func (r *Rules) Duty(c core.Conversation, env core.Envelope, s core.Scene, mine ...core.TicketView) core.Outcome {
	return core.Outcome{Conversation: c}
}

// Vacate takes the ticket away from an agent who has gone off duty or is no
// longer a member of the desk, and puts it at the front of the line.
func (r *Rules) Vacate(c core.Conversation, agent, why string, s core.Scene) core.Outcome {
	return core.Outcome{Conversation: c}
}

// Reopen gives a ticket that was closed a short while ago back to its agent, if
// they are free and envs are not just a rating or thanks. Otherwise it reports
// false and the bot goes first. After it, Relay as usual.
func (r *Rules) Reopen(c core.Conversation, envs []core.Envelope, s core.Scene) (core.Outcome, bool) {
	return core.Outcome{Conversation: c}, false
}

// Failed tells the agent that their message did not arrive, why, and what can
// be done.
func (r *Rules) Failed(c core.Conversation, f Failure, s core.Scene) core.Outcome {
	return core.Outcome{Conversation: c}
}

// Suggest offers the owner up to three script answers.
func (r *Rules) Suggest(c core.Conversation, offers []Suggestion, s core.Scene) core.Outcome {
	return core.Outcome{Conversation: c}
}

// Digest is one line about those who wait, for a desk, instead of a ping for
// each; nil if there is nothing new. Call it at most twice a minute per desk.
func (r *Rules) Digest(desk string, b Board, now time.Time) core.Parts { return nil }

// Held are the agents' messages that wait for their undo window to pass: they
// are marked core.Waiting.
func Held(t *core.Ticket) []core.Via { return nil }

// Target is the ticket that an envelope from outside every thread names
// ("claim:T12", "!认领 T12"), so that it can be filed with its conversation.
func Target(env core.Envelope) (ticket string, ok bool) { return "", false }
