package core

import (
	"errors"
	"fmt"
	"net"
	"time"
)

// A SendError is why a message was not sent. Kind decides what happens next.
type SendError struct {
	Kind  Kind
	Code  string        // platform's own code, for the log and the documentation
	After time.Duration // for Throttled: when to try again, if the platform said
	Only  bool          // for Throttled: only this peer has to wait, others need not
	Err   error         // never contains a secret
}

// Kind is what to do about a failed message.
type Kind int

const (
	Transient Kind = iota // certainly not taken: try again later; also for errors nobody classified before the request left
	Throttled             // try again after After, and slow the account down, unless Only
	Rejected              // this message will never be accepted: give it up
	Gone                  // this peer left or blocked us (at a desk: the thread is gone): give up and mark the peer
	Closed                // the reply window or quota is used up: hold until the peer writes
	Denied                // our credentials are refused: stop the account, tell the operator
	Unknown               // it may have been taken: repeat only where the platform drops repeats
)

func (k Kind) String() string {
	if k < Transient || k > Unknown {
		return fmt.Sprintf("Kind(%d)", int(k))
	}
	return [...]string{"transient", "throttled", "rejected", "gone", "closed", "denied", "unknown"}[k]
}

func (e *SendError) Error() string {
	if e.Code != "" {
		return fmt.Sprintf("%s (%s): %v", e.Kind, e.Code, e.Err)
	}
	return fmt.Sprintf("%s: %v", e.Kind, e.Err)
}

func (e *SendError) Unwrap() error { return e.Err }

// KindOf returns the Kind of err, Unknown if it has none: an adapter that did
// not classify its failure cannot vouch that nothing was taken.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*SendError](err); ok {
		return e.Kind
	}
	return Unknown
}

// DialKind is the Kind of an error of the transport: a connection that was
// never made took nothing, after that nobody knows.
func DialKind(err error) Kind {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return Transient
	}
	return Unknown
}

var (
	// ErrNotFound is returned for something that does not exist.
	ErrNotFound = errors.New("not found")
	// ErrTooLarge is returned for a blob or a message over its limit.
	ErrTooLarge = errors.New("too large")
	// ErrInvalid is returned for an envelope that can never be filed.
	ErrInvalid = errors.New("invalid")
)
