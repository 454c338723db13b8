package core

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"
)

// A Key names a conversation: one peer on one channel. Staff have one too, with
// their desk: it holds what they write outside every thread.
type Key struct{ Channel, Peer string }

func (k Key) String() string { return k.Channel + "/" + k.Peer }

// A Conversation is what we remember about one peer on one channel.
type Conversation struct {
	Key     Key             `json:"key"`
	Peer    Peer            `json:"peer"`
	State   State           `json:"state"`
	Mind    json.RawMessage `json:"mind,omitempty"`    // of a customer's conversation: where the bot is, only core/dialog reads it; of one of staff: core/desk/duty's
	Script  string          `json:"script,omitempty"`  // version of the script that the flow it is in began with; empty outside flows
	Ticket  *Ticket         `json:"ticket,omitempty"`  // the open one, or the last one if TicketClosed
	Wakes   Wakes           `json:"wakes,omitempty"`   // when it wants a turn though nobody wrote
	Heard   time.Time       `json:"heard,omitzero"`    // when the peer last wrote
	Gone    bool            `json:"gone,omitempty"`    // the peer left or blocked us; a message from them clears it
	Stopped bool            `json:"stopped,omitempty"` // the peer wants nothing that they have not asked for; the bot notes it
	Ledger  Ledger          `json:"ledger,omitzero"`   // what the platform still lets us say
	Seen    int64           `json:"seen,omitempty"`    // Seq of the last envelope that a turn has read; the store keeps it
}

// State is who has the conversation.
type State string

const (
	WithBot   State = "bot" // also the zero value's meaning
	InLine    State = "line"
	WithAgent State = "agent"
)

// A Ledger is what the platform still lets us say to a peer without hearing
// from them. It only means something on channels whose Limits have Allowances.
type Ledger struct {
	Left  int       `json:"left,omitempty"`
	Until time.Time `json:"until,omitzero"`
	Why   string    `json:"why,omitempty"` // the Allowance.After that granted it

	Extra      int       `json:"extra,omitempty"` // of a shorter allowance on top, which is spent first
	ExtraUntil time.Time `json:"extra_until,omitzero"`
}

// A Ticket is a conversation's claim on a member of staff.
type Ticket struct {
	ID      string            `json:"id"`  // short, unique, stable: people read it aloud
	Key     Key               `json:"key"` // of its conversation
	State   TicketState       `json:"state"`
	Topic   string            `json:"topic,omitempty"`  // what it is about: the flow's hand-off name
	Lang    string            `json:"lang,omitempty"`   // what the peer speaks
	Class   int               `json:"class"`            // 0 most urgent … 3; ordinary is 2
	VIP     bool              `json:"vip,omitempty"`    // the platform or the host page says that the customer is an important one
	Intent  string            `json:"intent,omitempty"` // what the bot last understood, in words
	Asked   string            `json:"asked,omitempty"`  // the peer's words that led here
	Form    map[string]string `json:"form,omitempty"`   // what the bot found out
	Mood    string            `json:"mood,omitempty"`   // angry, negative, urgent, or the danger: selfharm, medical, violence, swindle
	Since   time.Time         `json:"since"`            // when the peer got in line; kept when the ticket returns to it
	Agent   string            `json:"agent,omitempty"`  // Agent.ID: whose phone rings, or the owner
	Rung    time.Time         `json:"rung,omitzero"`    // when it was given to Agent
	Claimed time.Time         `json:"claimed,omitzero"` // when Agent took it
	Closed  time.Time         `json:"closed,omitzero"`
	LastOwn string            `json:"last_own,omitempty"` // Agent.ID of whoever served this peer last
	Passed  []string          `json:"passed,omitempty"`   // Agent.IDs who let it ring out, since it was last claimed
	Hops    int               `json:"hops,omitempty"`     // how often it was transferred
	Front   int               `json:"front,omitempty"`    // how often it returned to the front of the line
	Tags    []string          `json:"tags,omitempty"`
	Summary string            `json:"summary,omitempty"` // the agent's, at the close
	Outcome string            `json:"outcome,omitempty"` // why it is closed: solved, left, message, spam, …
	Told    Told              `json:"told,omitzero"`     // what the peer was last promised about the wait
	Held    time.Time         `json:"held,omitzero"`     // the line passes over it until then: nobody knows whether the peer is still there
	Shown   []Shown           `json:"shown,omitempty"`   // where staff see it; the store fills it in
	Mind    json.RawMessage   `json:"mind,omitempty"`    // holds and reminders; only core/desk reads it
	Wait    json.RawMessage   `json:"wait,omitempty"`    // which steps of a policy are behind it; only core/reassure reads it
}

// TagNoSurvey is the tag of a ticket whose customer is not asked to rate it.
const TagNoSurvey = "nosurvey"

// Bare is t without anybody's words: who served it, when, and how it ended.
func (t Ticket) Bare() Ticket {
	t.Intent, t.Asked, t.Form, t.Tags, t.Summary, t.Told, t.Mind, t.Wait = "", "", nil, nil, "", Told{}, nil, nil
	return t
}

// TicketState is where a ticket is on its way.
type TicketState string

const (
	TicketWaiting TicketState = "waiting" // in line
	TicketRinging TicketState = "ringing" // offered to Agent, who has not taken it yet
	TicketActive  TicketState = "active"  // Agent owns it
	TicketParked  TicketState = "parked"  // skipped by the line until the peer writes; keeps its arrival time
	TicketMessage TicketState = "message" // the peer left a message; answered when somebody is on duty
	TicketClosed  TicketState = "closed"
)

// Open reports whether the ticket still wants something from staff.
func (t *Ticket) Open() bool { return t != nil && t.State != TicketClosed }

// Told is what a peer was promised about their place: when they got in line, and
// when they asked for it since. The line under the bot's other answers says the
// estimate as it is then and is no new promise, so that the card tells an agent
// what the customer goes by.
type Told struct {
	At    time.Time     `json:"at,omitzero"`
	Ahead int           `json:"ahead,omitempty"`
	Upper time.Duration `json:"upper,omitempty"` // longest wait announced; 0 if none was
}

// Shown is where a desk shows a ticket.
type Shown struct {
	Desk   string `json:"desk"`
	Thread string `json:"thread"`
	Card   string `json:"card,omitempty"` // ref of the Case message, for Editor
}

// An Agent is a member of staff at a desk.
type Agent struct {
	ID       string    `json:"id"` // desk channel + "/" + platform's name for them
	Name     string    `json:"name"`
	Lead     bool      `json:"lead,omitempty"`
	Topics   []string  `json:"topics,omitempty"` // what they take; empty means anything
	Langs    []string  `json:"langs,omitempty"`  // what they speak; empty means anything
	Max      int       `json:"max"`              // tickets they want at most
	Presence Presence  `json:"presence"`
	Since    time.Time `json:"since,omitzero"`   // of Presence
	Until    time.Time `json:"until,omitzero"`   // when a break ends by itself
	Idle     time.Time `json:"idle,omitzero"`    // when they were last given a ticket or closed one
	Misses   int       `json:"misses,omitempty"` // times in a row that they let their phone ring out
	Missed   time.Time `json:"missed,omitzero"`  // the last of these; what rang before it is part of it
	Rev      int64     `json:"rev,omitempty"`    // grows with every change; the store keeps it
	Load     int       `json:"-"`                // tickets they have now; the line counts it
}

// An AgentChange is what a turn changes of an agent's record: what differs
// between Was, the record as the turn knew it, and Now. A turn knows agents from
// a snapshot, and they belong to no conversation: written as a whole, the record
// would undo what another turn has changed since.
type AgentChange struct{ Was, Now Agent }

// Apply makes the change to the record as it is now; the zero Agent if there is
// none. Presence changes only if it still is Was.Presence, so that an
// agent who has just gone home is not sent on a break; where Was.Presence is
// empty it changes whatever it is.
func (c AgentChange) Apply(a Agent) Agent {
	was, now := c.Was, c.Now
	a.ID = now.ID
	if now.Name != was.Name {
		a.Name = now.Name
	}
	if now.Lead != was.Lead {
		a.Lead = now.Lead
	}
	if !slices.Equal(now.Topics, was.Topics) {
		a.Topics = now.Topics
	}
	if !slices.Equal(now.Langs, was.Langs) {
		a.Langs = now.Langs
	}
	if now.Max != was.Max {
		a.Max = now.Max
	}
	if is := cmp.Or(a.Presence, OffDuty); now.Presence != was.Presence && now.Presence != is && (was.Presence == "" || was.Presence == is) {
		a.Presence, a.Since = now.Presence, now.Since
	}
	if !now.Until.Equal(was.Until) {
		a.Until = now.Until
	}
	if a.Presence != OnBreak { // of a break that the turn did not know of
		a.Until = time.Time{}
	}
	if !now.Idle.Equal(was.Idle) {
		a.Idle = now.Idle
	}
	if now.Misses != was.Misses {
		a.Misses = now.Misses
	}
	if !now.Missed.Equal(was.Missed) {
		a.Missed = now.Missed
	}
	return a
}

// Presence is whether an agent takes tickets.
type Presence string

const (
	OnDuty  Presence = "on"    // 上班
	OnBreak Presence = "break" // 小休
	OffDuty Presence = "off"   // 下班; also the zero value's meaning
)

// A Scene is what a turn may know beside its conversation and what is unread.
// It is a snapshot: decisions that must not race are made on the conversation.
type Scene struct {
	Now    time.Time
	Lines  map[string]LineState // by Ticket.Topic; "" for topics that have no line of their own
	Agents map[string]Agent     // by ID, with Load
	Own    *Estimate            // of the conversation's own ticket; nil unless it waits in line
	Notice Notice               // what staff have set for those who wait
	Policy bool                 // what somebody who gets in line is told is said by a policy, not by the bot
}

// Line is the state of the line for topic.
func (s Scene) Line(topic string) LineState {
	if l, ok := s.Lines[topic]; ok {
		return l
	}
	return s.Lines[""]
}

// An Estimate is how long a ticket that waits will go on waiting. It is the one
// source of what is said about it: the banner, the bot's answer and the line
// under its messages say the same. The card shows what was promised, Ticket.Told.
type Estimate struct {
	Ahead     int           // tickets that will be served before it
	Low, High time.Duration // rounded bounds of the time left; meaningless unless Known
	Known     bool          // whether the time may be said: recent bounds have held
	Nobody    bool          // nobody is on duty who could take it
	Busy      bool          // whoever could has as many as they can take
}

// LineState is the waiting line for one topic as its keeper last saw it.
type LineState struct {
	Waiting int           // tickets in line, those ahead of a new ordinary one included
	OnDuty  int           // agents on duty who take this topic
	Free    int           // of those, how many have room
	Head    time.Duration // how long the first in line has waited
	Low     time.Duration // estimate for somebody who joins now; meaningless unless Known
	High    time.Duration
	Known   bool // whether the estimate may be shown
}

// An Outcome is what a turn decided. The store commits all of it or nothing.
type Outcome struct {
	Conversation Conversation
	Say          []Envelope // to the peer, to desks, to business systems; sent in order per channel
	Events       []Event
	Agents       []AgentChange
	Values       []Value   // kept for all, taken away where there is nothing in it
	Left         int       // this many of the unread, the newest, stay unread: the turn waits for the rest of a burst
	Until        time.Time // until when, unless another envelope comes; zero: they want a turn at once
	Hush         bool      // bot messages to the peer that have not gone out yet are dropped: a person has taken over
}

// WhyHushed is the reason of EventDropped for what Outcome.Hush drops.
const WhyHushed = "a person has taken over"

// An Event is an entry of the event log: who did what, when and why.
type Event struct {
	Kind EventKind         `json:"kind"`
	At   time.Time         `json:"at"`
	By   Author            `json:"by"`
	Why  string            `json:"why,omitempty"` // one line: the rule, the button, the timer
	Data map[string]string `json:"data,omitempty"`
}

// Bare is e without anybody's words: what can be counted.
func (e Event) Bare() Event {
	data := map[string]string{}
	for _, k := range countable {
		if v, ok := e.Data[k]; ok {
			data[k] = v
		}
	}
	e.Why, e.Data, e.By.Name = "", data, ""
	return e
}

// countable are the keys of Event.Data whose values are numbers, and names that
// scripts, staff's accounts and this program give.
var countable = []string{
	"version", "ticket", "topic", "class", "ahead", "entry", "entries", "p", "how", "flow", "step", "system", "result", "misses",
	"agent", "from", "to", "presence", "tickets", "action", "verdict", "outcome", "score", "solved", "desk", "kept", "until",
	"policy", "left", "upper", "lower", "arm", "scope",
}

// EventKind is what happened.
type EventKind string

// The event log's vocabulary. Data keys are named behind; a dash says what it is
// where the name does not. Those of the bot have the version of the script too,
// those of a desk about a ticket its ticket.
const (
	EventGreeted     EventKind = "greeted"
	EventAnswered    EventKind = "answered"     // entry, p, how
	EventClarified   EventKind = "clarified"    // entries
	EventFellBack    EventKind = "fellback"     // misses
	EventFlowed      EventKind = "flowed"       // flow, step
	EventCalled      EventKind = "called"       // system, result
	EventHandedOff   EventKind = "handed_off"   // topic, class
	EventQueued      EventKind = "queued"       // topic, ahead
	EventExited      EventKind = "exited"       // topic - the customer left the line, or took a message back
	EventLeftMessage EventKind = "left_message" // topic, promise
	EventRang        EventKind = "rang"         // agent
	EventMissed      EventKind = "missed"       // agent
	EventClaimed     EventKind = "claimed"      // agent
	EventReturned    EventKind = "returned"     // agent who had it - to the line
	EventTransferred EventKind = "transferred"  // from, to
	EventParked      EventKind = "parked"       // until, note
	EventNoted       EventKind = "noted"        // text, via, desk; class where the priority was set - an internal note
	EventRelayed     EventKind = "relayed"      // via; kept, replaces - an agent's words to the peer
	EventSuggested   EventKind = "suggested"    // entries; entry and verdict once it is judged - a bot answer shown to the agent, not the peer
	EventRefused     EventKind = "refused"      // action - it was not allowed
	EventClosed      EventKind = "closed"       // outcome, tags
	EventReopened    EventKind = "reopened"     // agent
	EventSurvey      EventKind = "survey"
	EventRated       EventKind = "rated"     // score, solved, words
	EventReassured   EventKind = "reassured" // policy, version, step, result, left, upper - a step of a policy was due: sent, or why not
	EventHalted      EventKind = "halted"    // action - stop, resume or cause; scope or topic
	EventPresence    EventKind = "presence"  // agent, presence
	EventGaveUp      EventKind = "gave_up"   // message - it will not be tried again
	EventDropped     EventKind = "dropped"   // one of message, text and via; agent - overtaken by events, never sent
	EventIgnored     EventKind = "ignored"   // flood, an echo, a repeat
)
