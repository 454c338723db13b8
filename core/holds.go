package core

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"
)

// Holds lets an adapter answer a peer inside the request by which the platform
// told us what they wrote, for platforms that take one answer there and repeat
// the request if they get none. It sees to it that exactly one answer shows:
//
//   - a request is held until Answer hands it one, at most Wait;
//   - the platform's repeats of a message attach to the same answer, before and
//     after it was written, in this process or, through Values, in another;
//   - what leaves is noted durably first, so that Recall can tell after a crash
//     what became of a delivery. That a repeat arrives proves that the answers
//     to the earlier requests did not.
//
// All fields are required. It is safe for concurrent use.
type Holds struct {
	Prefix string        // of our keys in Values: unique for the account
	Wait   time.Duration // how long a request is held
	Every  time.Duration // when the platform gives a request up and repeats it
	Tries  int           // how often it asks for one message
	Only   bool          // there is no other way to write to the peer: a request that is not the last is held until the platform gives it up
	Values Values
	Now    func() time.Time

	mu    sync.Mutex
	refs  map[string]*hold
	peers map[string][]*hold // that can still be answered, oldest first
	old   []*hold            // all, oldest first, to be forgotten
}

// An Ask is a request that may be answered.
type Ask struct {
	Ref   string                      // of the message: repeats have the same
	Peer  string                      // who gets the answer
	At    time.Time                   // when the message was written, by the platform's clock
	File  func(context.Context) error // files the message
	Write func(answer []byte) error   // writes the answer to the platform and flushes it
}

// A Verdict is what is left to do for the handler of a held request.
type Verdict int

const (
	HoldAnswered Verdict = iota // nothing: the answer was written
	HoldNothing                 // tell the platform that there is no answer
	HoldAgain                   // tell the platform nothing: let it repeat the request
)

// A hold is one message of a peer.
type hold struct {
	ref, peer string
	at, since time.Time
	gate      chan struct{} // holds a token while somebody files it
	filed     bool
	tries     int
	seat      *seat         // the newest request, while it can be answered
	news      chan struct{} // closed when seat changes
	owner     string        // Envelope.ID of the delivery that answers it
	answer    []byte        // as it was written, for repeats
	again     bool          // a repeat got the answer
	done      bool          // answered, here or by another way
}

// A seat is one request of a hold.
type seat struct {
	answer chan []byte   // one
	result chan error    // one: what became of writing it
	over   chan struct{} // closed when a later request takes its place, or nothing will come
	taken  bool          // the answer is on its way to it
	ended  bool          // over is closed
}

func (s *seat) end() {
	if s != nil && !s.taken && !s.ended {
		s.ended = true
		close(s.over)
	}
}

// errLeft is why nothing was written to a request.
var errLeft = errors.New("the platform gave up its request before the answer was written")

const (
	remember = time.Minute    // how long repeats are recognised; platforms repeat within seconds
	noted    = 24 * time.Hour // how long Recall knows what left
)

// Hold files a message and holds its request until there is an answer or it is
// time to do without. An error means that the message was not filed.
func (h *Holds) Hold(ctx context.Context, q Ask) (Verdict, error) {
	x, s := h.enter(q)
	defer h.leave(x, s)
	if err := h.file(ctx, x, q); err != nil {
		h.abort(x, s, err)
		return HoldNothing, err
	}
	last := h.last(x, q)
	wait := h.Wait
	if h.Only && !last {
		wait = h.Every + time.Second // it is the platform that ends it
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		select {
		case b := <-s.answer:
			err := errLeft
			if ctx.Err() == nil {
				err = q.Write(b)
			}
			s.result <- err
			return HoldAnswered, nil
		case <-s.over:
			if b := h.again(x, s); b != nil {
				h.told(x, q.Write(b)) // if it fails, the platform asks again
				return HoldAnswered, nil
			}
			return HoldNothing, nil
		case <-ctx.Done():
			h.abort(x, s, errLeft)
			return HoldNothing, nil
		case <-timer.C:
			if !h.leave(x, s) {
				continue // an answer is on its way
			}
			if h.Only && !last {
				return HoldAgain, nil
			}
			return HoldNothing, nil
		}
	}
}

// enter finds or makes the hold of a message and seats this request.
func (h *Holds) enter(q Ask) (*hold, *seat) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.Now()
	h.forget(now)
	x := h.refs[q.Ref]
	if x == nil {
		if h.refs == nil {
			h.refs, h.peers = map[string]*hold{}, map[string][]*hold{}
		}
		x = &hold{ref: q.Ref, peer: q.Peer, at: q.At, since: now, gate: make(chan struct{}, 1), news: make(chan struct{})}
		h.refs[q.Ref], h.old = x, append(h.old, x)
		h.peers[q.Peer] = append(h.peers[q.Peer], x)
	}
	x.tries++
	s := &seat{answer: make(chan []byte, 1), result: make(chan error, 1), over: make(chan struct{})}
	x.seat.end()
	x.sit(s)
	if x.done {
		s.end()
	}
	return x, s
}

func (x *hold) sit(s *seat) {
	x.seat = s
	close(x.news)
	x.news = make(chan struct{})
}

// forget drops what no repeat will come for any more.
func (h *Holds) forget(now time.Time) {
	for len(h.old) > 0 && now.Sub(h.old[0].since) > remember {
		delete(h.refs, h.old[0].ref)
		h.unlist(h.old[0])
		h.old = h.old[1:]
	}
}

// unlist makes x one that no Answer will find.
func (h *Holds) unlist(x *hold) {
	xs := slices.DeleteFunc(h.peers[x.peer], func(y *hold) bool { return y == x })
	if h.peers[x.peer] = xs; len(xs) == 0 {
		delete(h.peers, x.peer)
	}
}

// file files a message once per process, and takes over what another process
// has answered.
func (h *Holds) file(ctx context.Context, x *hold, q Ask) error {
	select {
	case x.gate <- struct{}{}:
		defer func() { <-x.gate }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if x.filed {
		return nil
	}
	v, ok, err := h.Values.Get(ctx, h.held(x))
	if err != nil {
		return err
	}
	_, answer, _ := strings.Cut(v, "\n")
	if !ok {
		if err := q.File(ctx); err != nil {
			return err
		}
	}
	x.filed = true
	h.mu.Lock()
	defer h.mu.Unlock()
	if ok && !x.done {
		h.finish(x, []byte(answer))
	}
	return nil
}

// finish marks x as answered; with an answer that its repeats get too.
func (h *Holds) finish(x *hold, answer []byte) {
	x.done, x.answer = true, answer
	h.unlist(x)
	x.seat.end()
}

// again returns the answer of x that a repeat of its request gets; none if s is
// not the newest, for the platform has given that one up.
func (h *Holds) again(x *hold, s *seat) []byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	if x.seat != s {
		return nil
	}
	return x.answer
}

// told notes that a repeat got the answer of x.
func (h *Holds) told(x *hold, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	x.again = x.again || err == nil
}

// last reports whether the platform will not repeat this request.
func (h *Holds) last(x *hold, q Ask) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return x.tries >= h.Tries || h.Now().Sub(q.At) > time.Duration(h.Tries-1)*h.Every-h.Every/4
}

// leave takes s off its hold. It reports false if an answer is on its way to s.
func (h *Holds) leave(x *hold, s *seat) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s.taken {
		return false
	}
	if x.seat == s {
		x.sit(nil)
	}
	return true
}

// abort takes s off its hold, and tells whoever is about to answer it that
// nothing was written.
func (h *Holds) abort(x *hold, s *seat, err error) {
	if !h.leave(x, s) {
		s.result <- errors.Join(errLeft, err)
	}
}

// Answer writes answer in reply to the oldest request of peer that is held, on
// behalf of delivery id, and returns the ref of what was sent. An empty ref
// without an error means that no request is held: the caller may send it
// another way, and repeats of the peer's earlier messages will get nothing.
func (h *Holds) Answer(ctx context.Context, peer, id string, answer []byte) (ref string, err error) {
	x := h.claim(peer, id)
	if x == nil {
		return "", nil
	}
	if err := h.note(ctx, x, id, answer); err != nil {
		h.release(x)
		return "", &SendError{Kind: Transient, Err: err}
	}
	tried := false // to write it
	for {
		s, news, at := h.take(x)
		if s != nil {
			s.answer <- answer
			select {
			case err = <-s.result:
			case <-ctx.Done(): // it is being written, slowly
				h.end(x, answer)
				return "", &SendError{Kind: Unknown, Err: ctx.Err()}
			}
			h.drop(x, s)
			if err == nil {
				h.end(x, answer)
				return Free + x.ref, nil
			}
			tried = tried || !errors.Is(err, errLeft)
			continue
		}
		if err = h.await(ctx, news, at, tried); err != nil {
			break
		}
	}
	if tried { // the platform may have it after all; if it repeats the request, it gets the same
		h.end(x, answer)
		return "", &SendError{Kind: Unknown, Err: err}
	}
	h.unnote(context.WithoutCancel(ctx), x)
	if ctx.Err() != nil {
		h.release(x)
		return "", &SendError{Kind: Transient, Err: ctx.Err()}
	}
	h.end(x, nil)
	return "", nil
}

func (h *Holds) end(x *hold, answer []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.finish(x, answer)
}

// claim makes delivery id the one that answers the oldest hold of peer.
func (h *Holds) claim(peer, id string) *hold {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.Now()
	for _, x := range slices.Clone(h.peers[peer]) {
		switch {
		case x.owner != "":
		case x.seat != nil, h.Only && now.Before(h.hope(x)):
			x.owner = id
			return x
		default:
			h.finish(x, nil)
		}
	}
	return nil
}

// hope is until when the platform may repeat the request of x.
func (h *Holds) hope(x *hold) time.Time {
	if x.tries >= h.Tries {
		return time.Time{}
	}
	return x.since.Add(time.Duration(x.tries)*h.Every + h.Every/2)
}

func (h *Holds) release(x *hold) {
	h.mu.Lock()
	defer h.mu.Unlock()
	x.owner = ""
}

// take takes the request that x has now, if any; news is closed when it has
// another, and end is until when that may be.
func (h *Holds) take(x *hold) (s *seat, news chan struct{}, end time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if x.seat != nil {
		x.seat.taken = true
	}
	return x.seat, x.news, h.hope(x)
}

// drop takes a request off x that could not be written to.
func (h *Holds) drop(x *hold, s *seat) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s.taken = false
	if x.seat == s {
		x.seat = nil
	}
}

// await waits for the platform to repeat its request. It does so where nothing
// else can be done: the answer may be half sent, or there is no other way.
func (h *Holds) await(ctx context.Context, news chan struct{}, end time.Time, tried bool) error {
	left := end.Sub(h.Now())
	if !tried && !h.Only || left <= 0 {
		return errLeft
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-news:
		return nil
	case <-timer.C:
		return errLeft
	case <-ctx.Done():
		return ctx.Err()
	}
}

// held is the key of the note that x is being answered: the delivery's ID and
// the answer. Being one value it is there or not, whenever the process dies. A
// repeat finds it by what it repeats, Recall by looking through the peer's.
func (h *Holds) held(x *hold) string { return h.Prefix + "held/" + x.peer + "/" + x.ref }

func (h *Holds) sent(id string) string { return h.Prefix + "sent/" + id }

// note writes down, before anything leaves, that id answers x and how.
func (h *Holds) note(ctx context.Context, x *hold, id string, answer []byte) error {
	return h.Values.Put(ctx, h.held(x), id+"\n"+string(answer), noted)
}

func (h *Holds) unnote(ctx context.Context, x *hold) {
	_ = h.Values.Delete(ctx, h.held(x)) // if it fails, Recall says that it may have been sent
}

// Begin notes that delivery id is about to leave by another way than Answer.
func (h *Holds) Begin(ctx context.Context, id string) error {
	return h.Values.Put(ctx, h.sent(id), "", noted)
}

// Undo takes a Begin back: the platform certainly did not take it.
func (h *Holds) Undo(ctx context.Context, id string) error {
	return h.Values.Delete(ctx, h.sent(id))
}

// Recall is what Recaller promises. An answer was certainly seen only if the
// platform has repeated its request since, and got the answer then.
func (h *Holds) Recall(ctx context.Context, peer, id string) (ref string, began bool, err error) {
	if _, ok, err := h.Values.Get(ctx, h.sent(id)); ok || err != nil {
		return "", ok, err
	}
	prefix := h.Prefix + "held/" + peer + "/"
	notes, err := h.Values.List(ctx, prefix, 1000)
	for _, n := range notes {
		if of, _, _ := strings.Cut(n.Value, "\n"); of != id {
			continue
		}
		ref := strings.TrimPrefix(n.Key, prefix)
		h.mu.Lock()
		defer h.mu.Unlock()
		if x := h.refs[ref]; x != nil && x.again {
			return Free + ref, true, nil
		}
		return "", true, nil
	}
	return "", false, err
}
