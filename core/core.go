// Package core is the vocabulary of the program: envelopes, the adapters that
// carry them, the conversations they belong to, and the store that keeps them.
// It imports the standard library only.
//
// The journey of one message, in eight steps:
//
//	1 adapters/x   ServeHTTP or Run   the platform's bytes become an Envelope
//	2 core/hub     Receive            validated, and its conversation found
//	3 core/store   Receive            kept once: a repeated Ref is dropped; only now the platform is answered
//	4 core/hub     turn               woken by the bus or by polling, one turn per conversation
//	5 core/turn    Take               pure: conversation + unread envelopes + now -> outcome (core/dialog for the bot, core/desk for staff)
//	6 core/store   Turn               conversation, ticket, event log and outbox in one commit (5 runs inside 6)
//	7 core/hub     send               the oldest delivery of each lane is leased
//	8 adapters/y   Send               one attempt; the outcome is settled in the store
//
// Nothing goes back up the list. Everything that can fail is retried from the
// last step that was committed (3 or 6), so a crash at any point is repaired by
// running the next step again.
package core

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"time"
)

// An Adapter connects one account on one platform.
//
// What it receives it hands to the Inbox it was made with; see Webhook and
// Runner for the two ways of receiving. Whether it faces customers (a channel)
// or staff (a desk) is decided by the configuration, not by the adapter.
//
// All methods may be called concurrently.
type Adapter interface {
	// Limits reports what the platform can carry. It does no I/O and its
	// result never changes.
	Limits() Limits

	// Send delivers one message and returns the platform's name for it, never
	// empty with a nil error. The envelope has been fitted to Limits and has an
	// ID that stays the same when the same message is sent again: platforms
	// with idempotency keys get it.
	//
	// Send makes one attempt: it does not retry, sleep or queue, and returns
	// soon after ctx is done. A failure is a *SendError, whose Kind is KindUnknown
	// if the platform may have taken the message.
	//
	// To a desk: an envelope whose first part is a Case and whose Thread is
	// empty opens a thread, and ref names that thread.
	Send(ctx context.Context, env Envelope) (ref string, err error)
}

// Role is what an account is for. The configuration says it, not the adapter.
type Role string

// The roles. An account that the configuration has lost has none.
const (
	RoleChannel Role = "channel" // faces customers
	RoleDesk    Role = "desk"    // faces staff
	RoleSystem  Role = "system"  // answers questions of flows
)

// A Webhook is an adapter that the platform calls. It is mounted at
// /hook/<name>/ with that prefix stripped, and must check that the caller is
// the platform before it believes anything.
type Webhook interface {
	Adapter
	http.Handler
}

// A Site is an adapter with pages of its own. It is mounted at Prefix, which
// starts and ends with a slash and is not stripped.
type Site interface {
	Adapter
	http.Handler
	Prefix() string
}

// A Runner is an adapter that fetches: by long poll, socket or IMAP. Run
// returns when ctx is done, or with an error after which it is run again.
type Runner interface {
	Adapter
	Run(ctx context.Context) error
}

// A Typist can show the peer that somebody is typing. At a desk thread names
// where; elsewhere it is empty. Best effort: an error is only logged.
type Typist interface {
	Adapter
	Typing(ctx context.Context, to Peer, thread string) error
}

// A Fetcher can open media whose Handle only it understands. Adapters that copy
// what arrives into Deps.Blobs need not be one.
type Fetcher interface {
	Adapter
	Fetch(ctx context.Context, m Media) (io.ReadCloser, error)
}

// An Editor can replace a message it sent earlier. Desks use it to keep a
// ticket's card up to date; channels to correct a text. ref is what Send
// returned. A message that no longer exists is a *SendError with KindGone.
type Editor interface {
	Adapter
	Edit(ctx context.Context, ref string, env Envelope) error
}

// A Marker can show what became of an agent's message on that message.
// Best effort: an error is only logged.
type Marker interface {
	Adapter
	Mark(ctx context.Context, at Via, m Mark, why string) error
}

// A Bannerer can show one replaceable line about the wait, beside the messages.
// An empty Text takes it away. Setting the same banner again is not an error.
// The hub repeats it after a restart, so the adapter may keep it in memory.
type Bannerer interface {
	Adapter
	Banner(ctx context.Context, to Peer, b Banner) error
}

// A Banner is what somebody who waits is shown.
type Banner struct {
	Text  string // in the peer's language; empty takes the banner away
	State State  // who has the conversation
	Name  string // of the agent, while State is WithAgent
}

// A Replier can answer inside a request of the platform's that is held open. That
// is no call: it works while the platform's API is down or slows us down.
type Replier interface {
	Adapter
	// Reply is Send that calls nobody. ref is empty without an error if no request of
	// the peer's is open, or env has no such form: Send takes it then, now or later.
	Reply(ctx context.Context, env Envelope) (ref string, err error)
}

// A Recaller can tell, after a crash, what became of a delivery whose lease ran
// out, because it notes durably what it is about to send. began is false if
// nothing of it ever left: it may be sent. If it did leave, ref is its name if
// the platform has it, and empty if nobody can know.
type Recaller interface {
	Adapter
	Recall(ctx context.Context, env Envelope) (ref string, began bool, err error)
}

// A Mark is what an agent sees on their own message.
type Mark string

// The marks, in the order in which a message goes through them.
const (
	MarkWaiting Mark = "waiting" // ⏳ on its way
	MarkArrived Mark = "arrived" // ✅ the platform took it
	MarkFailed  Mark = "failed"  // ⚠ with the reason
	MarkUnsure  Mark = "unsure"  // ⚠ it may have arrived; look before repeating it
)

// Inbox takes what adapters receive.
type Inbox interface {
	// Receive files env durably before it returns. Only after it returns nil
	// may the platform be told that the message has arrived. Filing the same
	// Ref twice is not an error.
	Receive(ctx context.Context, env Envelope) error

	// Report records what became of a message that was sent earlier.
	Report(ctx context.Context, r Receipt) error

	// Typing passes on that env.Peer is typing (at a desk: in env.Thread).
	// Nothing is kept.
	Typing(ctx context.Context, env Envelope)
}

// Deps is what the program lends to an adapter.
type Deps struct {
	Name   string       // of this account in the configuration
	Lang   string       // of what the adapter itself says to staff: en, else Chinese; set for desks
	Inbox  Inbox        // where arriving envelopes go
	Views  Views        // what was said before and who waits, for pages
	Values Values       // small durable values, shared by all processes: access tokens, accounts
	Blobs  Blobs        // pictures and files, copied in and served out
	Bus    Bus          // for adapters whose peers hold a socket to one process
	HTTP   *http.Client // for calling the platform; has a timeout
	Log    *slog.Logger
	Meter  Meter
	Now    func() time.Time
}

// A Maker makes an adapter from its own part of the configuration. decode
// fills in a struct and fails on unknown keys.
type Maker func(decode func(any) error, d Deps) (Adapter, error)

// Make turns an adapter's typed constructor into a Maker. If *C has a Validate
// method it is called before open; it also sets defaults.
func Make[C any, A Adapter](open func(C, Deps) (A, error)) Maker {
	return func(decode func(any) error, d Deps) (Adapter, error) {
		var c C
		if err := decode(&c); err != nil {
			return nil, err
		}
		if v, ok := any(&c).(interface{ Validate() error }); ok {
			if err := v.Validate(); err != nil {
				return nil, err
			}
		}
		return open(c, d)
	}
}

// Bus is what goroutines and processes share beside the store: hints, leases and
// rates. A hint says that there may be work under a key. Hints may be lost,
// repeated or late: the store is the truth and is polled as well.
type Bus interface {
	// Wake never blocks for long; a hint that cannot be taken is dropped.
	Wake(ctx context.Context, topic, key string) error
	// Listen delivers hints until ctx is done, then closes the channel. The empty
	// hint says that some may have been missed: whoever gets it looks for work.
	Listen(ctx context.Context, topic string) (<-chan string, error)

	// Lease waits until nobody else holds name and returns with the caller
	// holding it, or with ctx's error. It is renewed in the background until it
	// is released or lost.
	Lease(ctx context.Context, name string) (Lease, error)

	// Take takes n tokens from the bucket called name, which all processes share
	// and which fills at rate. It reports how long to wait for them: 0 if they
	// were there and are taken; otherwise none is taken.
	Take(ctx context.Context, name string, rate Rate, n int) (wait time.Duration, err error)
}

// A Lease says that its holder is the only one who does something: keeps the
// waiting line, polls a mailbox. Whoever may have lost one must stop at once.
type Lease interface {
	// Fence grows with every holder of the name, on whatever process: the log says
	// it, so that it can be told which of two holders was the later. Nothing is
	// refused by it: the decisions that must not race are made in turns.
	Fence() int64
	// Lost is closed when it can no longer be taken for granted that nobody else
	// holds it, or when it was released.
	Lost() <-chan struct{}
	// Release lets the next one have it. It may be called more than once.
	Release()
}

// A Rate is how fast a bucket fills, and how much it holds.
type Rate struct {
	Tokens int           // in Per
	Per    time.Duration //
	Burst  int           // what a full bucket holds; 0 means Tokens
}

// Full is what a full bucket holds.
func (r Rate) Full() int {
	if r.Burst <= 0 {
		return r.Tokens
	}
	return r.Burst
}

// Values keeps small values for all processes, through crashes.
type Values interface {
	// Get reports ok = false for a key that is absent or has expired.
	Get(ctx context.Context, key string) (value string, ok bool, err error)
	// Put keeps value for ttl, or until it is deleted if ttl is 0. It returns
	// when the value is on disk.
	Put(ctx context.Context, key, value string, ttl time.Duration) error
	// Add is Put that changes nothing and reports false if the key is there.
	Add(ctx context.Context, key, value string, ttl time.Duration) (added bool, err error)
	Delete(ctx context.Context, key string) error
	// List returns what has a key with this prefix, ordered by key.
	List(ctx context.Context, prefix string, max int) ([]Value, error)
}

// A Value is one of Values.
type Value struct{ Key, Value string }

// Blobs keeps media. A blob never changes and is named by its Handle, which
// cannot be guessed.
type Blobs interface {
	// Save reads r to its end and returns a Media with Handle and Size set. It
	// fails with ErrTooLarge, keeping nothing, if there are more than max bytes,
	// and with ErrFull if blobs have filled their part of the disk.
	Save(ctx context.Context, m Media, r io.Reader, max int64) (Media, error)
	// Open fails with ErrNotFound for a handle it does not know.
	Open(ctx context.Context, handle string) (io.ReadSeekCloser, Media, error)
}

// Meter counts and times, for /metrics. Labels are alternating names and
// values; every call for one name has the same label names.
type Meter interface {
	Count(name string, n float64, labels ...string)
	Set(name string, v float64, labels ...string)
	Time(name string, d time.Duration, labels ...string)
}
