// Package desk is what staff's desks do, the same on every platform: who owns a
// ticket, what goes out to the customer and what stays a note, the card, the
// timers.
//
// The rule of speech: only the plain message of the agent who owns the ticket
// goes to the customer, after a moment in which it can be taken back. What
// anybody else writes is a note, and so is every line that begins with // or
// 备注. A line that begins with ! is a command (COMMANDS.md) and never sent.
//
// Every function takes the conversation, what happened and the scene, and
// returns the outcome of the turn. It remembers nothing but what is in the
// conversation (Ticket.Mind is this package's), so a turn can be taken again.
// Two claims are two turns: the second finds an owner.
//
// What is said to a desk carries Ticket and no Thread. Its Peer, if set, is the
// agent whom it concerns: a desk may mention them or show it to them alone. A
// Case goes to every desk that shows the ticket whenever it would read
// differently than before.
//
// An agent's edit of a message arrives as an envelope with Replaces set to the
// Ref of that message; a deletion as the same without Parts.
//
// Closing with "no survey" adds NoSurvey to Ticket.Tags. Customers are spoken to
// through Rules.Words only, with the ids in WordIDs.
package desk

import (
	"cmp"
	"slices"
	"strings"
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

	// Shifts are when agents are on duty by themselves, by Agent.ID, in Zone.
	Shifts map[string]core.Week

	Desks     []Desk
	Canned    []Canned
	Templates []Template
	Banned    []string       // words that are not sent without asking
	Zone      *time.Location // for clock times in commands; nil is UTC

	Ring    time.Duration   // how long a phone rings; 45 s
	Misses  int             // tickets in a row let ring out before a break; 3
	Remind  []time.Duration // silence after which the owner is reminded; 60 s, 100 s
	Lead    time.Duration   // … after which leads are told; 3 min
	Return  time.Duration   // … after which the ticket returns to the front; 5 min
	Recall  time.Duration   // how long after its close a ticket opens again; 30 min
	Hops    int             // transfers before only a lead can be the target; 3
	Reserve int             // messages of a channel's allowance that system texts leave alone; 2
}

// WordIDs are the texts of flows/words.yaml that this package says, and the
// variables it gives them. A text that is missing is not said.
var WordIDs = map[string][]string{
	"claimed":     {"agent"},
	"returned":    {},
	"transferred": {"agent"},
	"closed":      {},
	"parked":      {},
	"reopened":    {"agent"},
	"handed_back": {},
	"correction":  {"text"}, // without it a correction is sent as it is
	"withdrawn":   {},       // in place of a message that was deleted
}

// NoSurvey is the tag of a closed ticket whose customer is not asked to rate it.
const NoSurvey = "nosurvey"

// A Desk is an adapter that faces staff, and how it is used.
type Desk struct {
	Name     string        // of the account
	Topics   []string      // whose tickets it shows; empty means all
	Channels []string      // customers' accounts whose tickets it shows; empty means all
	Explicit bool          // nothing goes out without a leading > or a button
	Hold     time.Duration // how long an agent's message can be taken back; chat desks: DefaultHold
	Lang     string        // zh-CN or en, of cards and notices
	Mask     bool          // hides telephone numbers, addresses and names on cards
	Crowd    int           // shows a waiting ticket only while fewer wait than this, see Show; 0 is 5, negative is always
	Views    bool          // reads messages from the store itself: gets cards and notices only (the console)
}

// DefaultHold is the undo window of a chat desk.
const DefaultHold = 5 * time.Second

// A Canned is a ready reply.
type Canned struct{ ID, Title, Text string }

// A Template is a form that a customers' platform shows as a message of its own,
// by a right of its own: WeChat's template messages go out though the window for
// answers has closed.
type Template struct {
	ID, Title string
	Channels  []string          // accounts that have it; empty means every one that takes forms
	Form      string            // core.Form.ID, as the adapter reads it: template:reply
	Values    map[string]string // of the form; {text} is what the agent wrote, {ticket}, {agent} and {customer} are filled in
}

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

// A Board is what a digest is made of.
type Board struct {
	Lines   map[string]core.LineState // by topic
	Tickets []core.TicketView         // those who wait, longest first; the first few hundred are enough
	New     int                       // how many have come since the desk's last digest
	Since   time.Time                 // when that was
}

func (r *Rules) ring() time.Duration { return cmp.Or(r.Ring, 45*time.Second) }
func (r *Rules) misses() int         { return cmp.Or(r.Misses, 3) }
func (r *Rules) hops() int           { return cmp.Or(r.Hops, 3) }
func (r *Rules) recall() time.Duration {
	return cmp.Or(r.Recall, 30*time.Minute)
}

// silences are the times after which something is done about a silent owner:
// the reminders, the word to the leads, the return.
func (r *Rules) silences() []time.Duration {
	remind := r.Remind
	if len(remind) == 0 {
		remind = []time.Duration{time.Minute, 100 * time.Second}
	}
	return append(slices.Clone(remind), cmp.Or(r.Lead, 3*time.Minute), cmp.Or(r.Return, 5*time.Minute))
}

// desk is how a desk is used; one that is not configured gets the defaults of a
// chat desk.
func (r *Rules) desk(name string) Desk {
	for _, d := range r.Desks {
		if d.Name == name {
			return d
		}
	}
	return Desk{Name: name, Hold: DefaultHold}
}

// takes are the desks that show tickets about topic from a customers' channel,
// any channel if it is empty; all of them if none does.
func (r *Rules) takes(topic, channel string) []Desk {
	var out []Desk
	for _, d := range r.Desks {
		if (len(d.Topics) == 0 || slices.Contains(d.Topics, topic)) && (len(d.Channels) == 0 || channel == "" || slices.Contains(d.Channels, channel)) {
			out = append(out, d)
		}
	}
	if len(out) == 0 {
		return r.Desks
	}
	return out
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

// deskOf is the desk an agent works at, and the platform's name for them there.
func deskOf(agent string) (desk, peer string) {
	desk, peer, _ = strings.Cut(agent, "/")
	return desk, peer
}
