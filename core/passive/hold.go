package passive

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
)

// A hold is one message of a peer.
type hold struct {
	ref, peer string
	at, since time.Time
	gate      chan struct{} // holds a token while somebody files it
	filed     bool
	looked    bool // whether another process has answered it
	tries     int
	seat      *seat         // the newest request, while it can be answered
	news      chan struct{} // closed when seat changes
	owner     string        // Envelope.ID of the delivery that answers it
	answer    []byte        // as it was written, for repeats
	seen      bool          // its answer was written to the end
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

// remember is how long repeats are recognised; platforms repeat within seconds.
const remember = time.Minute

// An ask is a request and the way to answer it.
type ask struct {
	Request
	write func(answer []byte) error // writes to the platform and flushes
}

// An end is how the holding of a request ended.
type end int

const (
	answered end = iota // the answer was written
	nothing             // there is none
	again               // there is none yet: let the platform repeat the request
)

// attend files a message and holds its request until there is an answer or it is
// time to do without. An error means that the message was not filed.
func (h *Holds) attend(ctx context.Context, q ask) (end, error) {
	x, s := h.enter(q)
	defer h.leave(x, s)
	if err := h.file(ctx, x, q); err != nil {
		h.abort(x, s, err)
		return nothing, err
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
				err = q.write(b)
			}
			s.result <- err
			return answered, nil
		case <-s.over:
			if b := h.repeat(x, s); b != nil {
				h.told(x, q.write(b)) // if it fails, the platform asks again
				return answered, nil
			}
			return nothing, nil
		case <-ctx.Done():
			h.abort(x, s, errLeft)
			return nothing, nil
		case <-timer.C:
			if !h.leave(x, s) {
				continue // an answer is on its way
			}
			if h.Only && !last {
				return again, nil
			}
			return nothing, nil
		}
	}
}

// enter finds or makes the hold of a message and seats this request.
func (h *Holds) enter(q ask) (*hold, *seat) {
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
// has answered. It files that message too: whoever answered may have died before
// it was filed, and to file it twice is no error.
func (h *Holds) file(ctx context.Context, x *hold, q ask) error {
	select {
	case x.gate <- struct{}{}:
		defer func() { <-x.gate }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if x.filed {
		return nil
	}
	v, _, err := h.Values.Get(ctx, h.notes().held(x))
	if err != nil {
		return err
	}
	h.looked(x, v)
	if err := q.File(ctx); err != nil {
		return err
	}
	x.filed = true
	return nil
}

// looked notes that x may be answered here from now on, unless it was answered
// elsewhere: note is empty if there is none. Until then nobody can tell whose note
// about it is found.
func (h *Holds) looked(x *hold, note string) {
	_, answer, _ := strings.Cut(note, "\n")
	h.mu.Lock()
	defer h.mu.Unlock()
	x.looked = true
	if note != "" && !x.done && x.owner == "" {
		h.finish(x, []byte(answer))
	}
}

// finish marks x as answered; with an answer that its repeats get too.
func (h *Holds) finish(x *hold, answer []byte) {
	x.done, x.answer = true, answer
	h.unlist(x)
	x.seat.end()
}

// repeat returns the answer of x that a repeat of its request gets; none if s is
// not the newest, for the platform has given that one up.
func (h *Holds) repeat(x *hold, s *seat) []byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	if x.seat != s {
		return nil
	}
	return x.answer
}

// told notes that the answer of x was written, unless err says otherwise.
func (h *Holds) told(x *hold, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	x.seen = x.seen || err == nil
}

// last reports whether the platform will not repeat this request.
func (h *Holds) last(x *hold, q ask) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return x.tries >= h.Tries || !q.At.IsZero() && h.Now().Sub(q.At) > time.Duration(h.Tries-1)*h.Every-h.Every/4
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
