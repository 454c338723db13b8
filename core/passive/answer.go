package passive

import (
	"context"
	"errors"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// Answer writes answer in reply to the oldest request of peer that is held, on
// behalf of delivery id (or of several, whose ids commas separate), and returns the ref of what was sent. An empty ref
// without an error means that no request is held: the caller may try again, or
// send it another way after BeginOther.
func (h *Holds) Answer(ctx context.Context, peer, id string, answer []byte) (ref string, err error) {
	x := h.claim(peer, id)
	if x == nil {
		return "", nil
	}
	if err := h.notes().write(ctx, x, id, answer); err != nil {
		h.release(x)
		return "", &core.SendError{Kind: core.KindTransient, Err: err}
	}
	tried := false // to write it
	for {
		s, news, until := h.take(x)
		if s != nil {
			s.answer <- answer
			select {
			case err = <-s.result:
			case <-ctx.Done(): // it is being written, slowly
				h.close(x, answer)
				return "", &core.SendError{Kind: core.KindUnknown, Err: ctx.Err()}
			}
			h.drop(x, s)
			if err == nil {
				h.told(x, nil)
				h.close(x, answer)
				return core.FreeRef + x.ref, nil
			}
			tried = tried || !errors.Is(err, errLeft)
			continue
		}
		// To wait for the platform's next request is of use only where nothing else
		// can be done: the answer may be half sent, or there is no other way.
		if err = errLeft; tried || h.Only {
			err = await(ctx, news, until.Sub(h.Now()))
		}
		if err != nil {
			break
		}
	}
	if tried { // the platform may have it after all; if it repeats the request, it gets the same
		h.close(x, answer)
		return "", &core.SendError{Kind: core.KindUnknown, Err: err}
	}
	h.notes().erase(context.WithoutCancel(ctx), x)
	if ctx.Err() != nil {
		h.release(x)
		return "", &core.SendError{Kind: core.KindTransient, Err: ctx.Err()}
	}
	h.release(x)
	return "", nil
}

// close is finish for those who have not locked h.
func (h *Holds) close(x *hold, answer []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.finish(x, answer)
}

// claim makes delivery id the one that answers the oldest hold of peer.
func (h *Holds) claim(peer, id string) *hold {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.Now()
	for _, x := range h.peers[peer] {
		if x.owner == "" && x.looked && (x.seat != nil || h.Only && now.Before(h.hope(x))) {
			x.owner = id
			return x
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

// take takes the request that x has now, if any. news is closed when it has
// another, for which there is hope until then.
func (h *Holds) take(x *hold) (s *seat, news chan struct{}, until time.Time) {
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

// await waits until the platform repeats its request, at most for left.
func await(ctx context.Context, news chan struct{}, left time.Duration) error {
	if left <= 0 {
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
