package core

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"time"
	"unicode"
)

// A SendError is why a message was not sent. Kind decides what happens next.
type SendError struct {
	Kind  Kind
	Code  string        // platform's own code, for the log and the documentation
	After time.Duration // for KindThrottled: when to try again, if the platform said
	Only  bool          // for KindThrottled: only this peer has to wait, others need not
	Err   error         // never contains a secret
}

// Kind is what to do about a failed message.
type Kind int

const (
	KindTransient Kind = iota // certainly not taken: try again later; also for errors nobody classified before the request left
	KindThrottled             // try again after After, and slow the account down, unless Only
	KindRejected              // this message will never be accepted: give it up
	KindGone                  // this peer left or blocked us (at a desk: the thread is gone): give up and mark the peer
	KindClosed                // the reply window or quota is used up: hold until the peer writes
	KindDenied                // our credentials are refused: stop the account, tell the operator
	KindUnknown               // it may have been taken: repeat only where the platform drops repeats
)

func (k Kind) String() string {
	if k < KindTransient || k > KindUnknown {
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

// KindOf returns the Kind of err, KindUnknown if it has none: an adapter that did
// not classify its failure cannot vouch that nothing was taken.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*SendError](err); ok {
		return e.Kind
	}
	return KindUnknown
}

// longestReason is how many characters of a reason are kept.
const longestReason = 500

// Reason is what a platform says of a failure as it may be kept and shown: one
// line of text. Broken UTF-8 is marked, what cannot be seen is left out, and what
// is too long ends in "…".
func Reason(s string) string {
	var b strings.Builder
	n, gap := 0, 0 // written, and a space to come
	for _, r := range s {
		if unicode.Is(unicode.Cf, r) { // a direction, a joiner
			continue
		}
		if unicode.IsSpace(r) || !unicode.IsGraphic(r) {
			gap = min(n, 1)
			continue
		}
		if n+gap >= longestReason {
			b.WriteString("…")
			break
		}
		b.WriteString(" "[:gap])
		b.WriteRune(r)
		n, gap = n+gap+1, 0
	}
	return b.String()
}

// DialKind is the Kind of an error of the transport: a connection that was
// never made took nothing, after that nobody knows.
func DialKind(err error) Kind {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return KindTransient
	}
	return KindUnknown
}

// Unreached is the error of an adapter, who, for what a transport says when it
// reached nobody or lost the answer. Of its words only those are kept that cannot
// hold an address or anything that was sent.
func Unreached(who string, err error) *SendError {
	return &SendError{Kind: DialKind(err), Err: fmt.Errorf("%s: %w", who, bare(err))}
}

// bare is what lies at the bottom of a transport's error.
func bare(err error) error {
	if no, ok := errors.AsType[syscall.Errno](err); ok {
		return no
	}
	for _, known := range []error{context.Canceled, context.DeadlineExceeded, io.ErrUnexpectedEOF, io.EOF, net.ErrClosed} {
		if errors.Is(err, known) {
			return known
		}
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return errors.New("the host's name cannot be resolved")
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return errors.New("the host's certificate is not valid")
	}
	if t, ok := errors.AsType[net.Error](err); ok && t.Timeout() {
		return os.ErrDeadlineExceeded
	}
	return errors.New("the connection failed")
}

var (
	// ErrNotFound is returned for something that does not exist.
	ErrNotFound = errors.New("not found")
	// ErrTooLarge is returned for a blob or a message over its limit.
	ErrTooLarge = errors.New("too large")
	// ErrInvalid is returned for an envelope that can never be filed.
	ErrInvalid = errors.New("invalid")
	// ErrFull says that there is no room left for a blob. It is an ErrTooLarge: what
	// is said about it can be kept, and the rest will not come.
	ErrFull = fmt.Errorf("no room is left: %w", ErrTooLarge)
)
