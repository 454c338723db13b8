// Package passive answers people inside the request by which their platform told
// us what they wrote, for platforms that take one answer there and repeat the
// request if they get none: WeChat and Weibo wait 5 seconds and ask 3 times.
//
// A request files its message and takes a seat at it. Answer hands an answer to
// the newest request at the oldest unanswered message of a peer; each repeat of a
// message takes the seat of the request before it, which the platform has given
// up, and gets the same answer, before and after that was written. A request that
// gets none within Wait leaves: Answer says then that no request is held, and the
// caller sends by another way (BeginOther), or waits for the next request. Where
// there is no other way (Only) a request that will be repeated is not told that
// there is nothing, but left until the platform gives it up, so that the answer
// finds the next one; what comes too late for the last of them is for the caller
// to keep.
//
// What is promised on failure: the platform is told nothing before the message
// was filed, so it repeats what we could not keep. What leaves is noted in Values
// first, so that Recall tells after a crash what became of a delivery, and so
// that a repeat gets the same answer in this process or another. That a repeat
// arrives proves that the answers to the earlier requests did not; so an answer
// whose writing broke off waits for it, and is unknown if it does not come.
//
// The rules of the platforms:
// https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Passive_user_reply_message.html
// and https://open.weibo.com/wiki/发送被动响应消息 (3 times, 5 seconds apart).
package passive

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// Holds is the requests of one account that may still be answered. It sees to it
// that exactly one answer to a message shows. All fields are required. It is safe
// for concurrent use.
type Holds struct {
	Prefix string        // of our keys in Values: unique for the account
	Wait   time.Duration // how long a request is held
	Every  time.Duration // when the platform gives a request up and repeats it
	Tries  int           // how often it asks for one message
	Only   bool          // there is no other way to write to the peer
	Values core.Values
	Now    func() time.Time

	mu    sync.Mutex
	refs  map[string]*hold
	peers map[string][]*hold // that can still be answered, oldest first
	old   []*hold            // all, oldest first, to be forgotten
}

// A Request is the platform's, about one message of a peer.
type Request struct {
	Ref  string                                // of the message: repeats have the same
	Peer string                                // who gets the answer
	At   time.Time                             // when the message was written, by the platform's clock, if it says so
	File func(context.Context) error           // files the message
	Form func(answer []byte) (Document, error) // gives an answer the form that this request asks for
}

// A Document is what a request is answered with.
type Document struct {
	Type string // MIME
	Body []byte
}

// A Verdict is what became of a request.
type Verdict int

const (
	Answered Verdict = iota // the answer was written
	Nothing                 // nothing was written: the caller tells the platform that there is no answer
	Gone                    // the platform has given the request up: there is nothing to do
)

// Serve files a message and holds its request until there is an answer or it is
// time to do without. An error means that the message was not filed, and nothing
// was written. It panics with http.ErrAbortHandler where the platform must hear
// nothing at all: an empty answer would mean that there is none.
func (h *Holds) Serve(w http.ResponseWriter, r *http.Request, q Request) (Verdict, error) {
	end, err := h.attend(r.Context(), ask{q, func(answer []byte) error {
		d, err := q.Form(answer)
		if err != nil {
			return err
		}
		return Write(w, r, d)
	}})
	switch {
	case err != nil:
		return Nothing, err
	case end == answered:
		return Answered, nil
	case r.Context().Err() != nil:
		return Gone, nil
	case end == again:
		panic(http.ErrAbortHandler)
	}
	return Nothing, nil
}

// Write answers r with d. An error means that the platform may not have it: it
// was no longer there when d was written.
func Write(w http.ResponseWriter, r *http.Request, d Document) error {
	if err := r.Context().Err(); err != nil {
		return err
	}
	w.Header().Set("Content-Type", d.Type)
	if _, err := w.Write(d.Body); err != nil {
		return err
	}
	if err := http.NewResponseController(w).Flush(); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return r.Context().Err()
}
