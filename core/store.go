package core

import (
	"context"
	"time"
)

// Store keeps everything. It is use cases, not tables: a call returns when its
// own work is on disk. Calls made at the same time share a flush.
//
// There is one implementation, core/store, for SQLite and later PostgreSQL.
// The interface exists so that the hub can be tested with failures. It is safe
// for concurrent use.
type Store interface {
	// Receive files env in the inbox of conversation key. It reports false, and
	// changes nothing, if an envelope with the same Channel and Ref was filed
	// before. env.Filed is when. It sets no ID or Seq on the caller's copy.
	Receive(ctx context.Context, key Key, env Envelope) (fresh bool, err error)

	// Ready returns conversations that have unread envelopes or whose wake has
	// come, longest waiting first. Where a turn has left envelopes until a time
	// (Outcome.Until), they count from then on, or once another one comes.
	Ready(ctx context.Context, now time.Time, max int) ([]Key, error)

	// Turn loads the conversation (a new one has only its Key) and its unread
	// envelopes, oldest first, calls f, and commits the outcome in one
	// transaction. Turns for one key never overlap in any process. f has no side effects: it may
	// be called again. If f fails nothing is changed and its error is returned.
	//
	// It returns what was committed, and those of its deliveries that nothing in
	// their lane precedes, already leased to the caller.
	Turn(ctx context.Context, key Key, now time.Time, f TurnFunc) (Committed, error)

	// Outbox leases up to max deliveries that are due, at most one per lane (a
	// conversation on a channel) and always its oldest, so that order is kept.
	Outbox(ctx context.Context, now time.Time, max int) ([]Delivery, error)

	// Settle records the outcome of a leased delivery and returns the next of
	// its lane, leased, if one is due. A delivery that a Turn has dropped since
	// stays dropped unless it was sent.
	Settle(ctx context.Context, now time.Time, r Result) (next *Delivery, err error)

	// Renew extends the lease of deliveries that are still being sent.
	Renew(ctx context.Context, now time.Time, ids []string) error

	// Thread returns the conversation that a desk shows as thread, or
	// ErrNotFound.
	Thread(ctx context.Context, desk, thread string) (Key, error)

	// Report records what became of a sent message; ErrNotFound if it is not ours.
	Report(ctx context.Context, r Receipt) error

	// Stats are figures for /metrics and /readyz.
	Stats(ctx context.Context) (Stats, error)

	Views
	Values
	Close() error
}

// A TurnFunc decides one turn: from the conversation and what is unread in it
// to the outcome.
type TurnFunc func(c Conversation, unread []Envelope) (Outcome, error)

// Committed is what a turn left behind.
type Committed struct {
	Before     *Ticket      // as it was, if there was one
	After      Conversation // as it is now
	Agents     []Agent
	Values     []Value // that it set
	Deliveries []Delivery
	More       bool // unread envelopes arrived meanwhile, or are left and wait for nothing
}

// A Delivery is one message in the outbox: exactly one message on the platform.
type Delivery struct {
	Envelope
	Key   Key       // its conversation
	Tries int       // attempts begun before this lease
	Edit  string    // ref of the message to be replaced, when Envelope.Replaces or a Case says so and the platform has it
	Lease time.Time // until when it is ours
	Stale bool      // an earlier lease ran out unsettled: it may have been sent
	State State     // of the conversation, at the time of the lease
}

// A Result is what an attempt came to.
type Result struct {
	Delivery Delivery
	Ref      string // set if it was sent
	Outcome  Attempt
	Next     time.Time // for AttemptAgain
	Err      error     // nil if it was sent; its Reason is kept
	Gone     bool      // the peer cannot be written to any more
	Unsure   bool      // for AttemptAgain: it may have arrived all the same
}

// Attempt is how an attempt ended.
type Attempt string

const (
	AttemptSent    Attempt = "sent"
	AttemptAgain   Attempt = "again"   // to be tried again at Next
	AttemptHeld    Attempt = "held"    // until the peer writes again
	AttemptGaveUp  Attempt = "gave_up" // never again; staff are told
	AttemptUnknown Attempt = "unknown" // never again; it may have arrived
	AttemptDropped Attempt = "dropped" // never: it has been overtaken by events
)

// Views are what pages read. They may be a moment behind Turn.
type Views interface {
	// Conversation returns ErrNotFound for a peer who never wrote.
	Conversation(ctx context.Context, key Key) (Conversation, error)

	// Past returns records of a conversation in order: the newest Max before
	// Before (0: from the end), or the oldest Max after After if that is set.
	Past(ctx context.Context, q PastQuery) ([]Record, error)

	// Tickets returns tickets, those who wait longest first.
	Tickets(ctx context.Context, q TicketQuery) ([]TicketView, error)

	// Agents returns every agent, by ID. Load is not filled in.
	Agents(ctx context.Context) ([]Agent, error)
}

// PastQuery asks for a part of a conversation's log.
type PastQuery struct {
	Key    Key
	After  int64 // Seq
	Before int64 // Seq
	Max    int
	Peer   bool // only messages from and to the peer: what a customer may see
}

// A Record is an entry of a conversation's log: a message or an event.
type Record struct {
	Seq     int64
	At      time.Time
	In      bool      // Envelope came in; otherwise it went out
	Message *Envelope // nil for an event
	Event   *Event    // nil for a message
	State   Progress  // of an outgoing message
	Why     string    // for a message that failed, in words: a Reason
}

// Progress is how far an outgoing message got.
type Progress string

const (
	ProgressPending   Progress = "pending"
	ProgressSent      Progress = "sent"
	ProgressReceived  Progress = "delivered"
	ProgressRead      Progress = "read"
	ProgressFailed    Progress = "failed"
	ProgressUncertain Progress = "unknown"
	ProgressDropped   Progress = "dropped"
)

// TicketQuery asks for tickets. Empty fields do not restrict.
type TicketQuery struct {
	ID     string
	States []TicketState
	Agent  string
	Topic  string
	Key    Key
	Max    int
	Newest bool // the newest first, in place of those who wait longest
}

// A TicketView is a ticket with what a list shows of its conversation.
type TicketView struct {
	Ticket Ticket
	Peer   Peer
	Heard  time.Time
	Gone   bool
	Last   *Record // the newest message from or to the peer
	Ledger Ledger
}

// Stats are a store's figures.
type Stats struct {
	Unread  int64         // envelopes that no turn has read
	Since   time.Duration // age of the oldest of them, as long as its conversation has waited for a turn
	Outbox  int64         // deliveries not finished
	Oldest  time.Duration // age of the oldest delivery that is due
	Flush   time.Duration // how long the last commit took to reach the disk
	Bytes   int64         // size of the database
	Waiting int64         // open tickets in line
	Schema  int           // version of the schema

	Statements int64 // of SQL, run since the start
	Commits    int64 // transactions that have reached the disk since then
}
