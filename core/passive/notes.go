package passive

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// noted is how long Recall knows what left.
const noted = 24 * time.Hour

// notes are what is written down before anything leaves.
type notes struct {
	prefix string
	values core.Values
}

func (h *Holds) notes() notes { return notes{h.Prefix, h.Values} }

// held is the key of the note that x is being answered: the delivery's ID and
// the answer. Being one value it is there or not, whenever the process dies. A
// repeat finds it by what it repeats, Recall by looking through the peer's.
func (n notes) held(x *hold) string { return n.of(x.peer) + x.ref }

func (n notes) of(peer string) string { return n.prefix + "held/" + peer + "/" }

func (n notes) sent(id string) string { return n.prefix + "sent/" + id }

// write notes, before anything leaves, that id answers x and how.
func (n notes) write(ctx context.Context, x *hold, id string, answer []byte) error {
	return n.values.Put(ctx, n.held(x), id+"\n"+string(answer), noted)
}

// erase takes the note about x back. If it fails, Recall says that the answer
// may have been sent.
func (n notes) erase(ctx context.Context, x *hold) { _ = n.values.Delete(ctx, n.held(x)) }

// find returns the ref of the peer's message that delivery id answers, or was
// about to answer.
func (n notes) find(ctx context.Context, peer, id string) (ref string, ok bool, err error) {
	list, err := n.values.List(ctx, n.of(peer), 1000)
	if err != nil {
		return "", false, err
	}
	for _, v := range list {
		if of, _, _ := strings.Cut(v.Value, "\n"); slices.Contains(strings.Split(of, ","), id) {
			return strings.TrimPrefix(v.Key, n.of(peer)), true, nil
		}
	}
	return "", false, nil
}

// BeginOther notes that delivery id is about to leave by another way than Answer.
// Repeats of the peer's messages, of which no request is held, will get nothing.
func (h *Holds) BeginOther(ctx context.Context, peer, id string) error {
	h.mu.Lock()
	for _, x := range slices.Clone(h.peers[peer]) {
		if x.owner == "" && x.seat == nil {
			h.finish(x, nil)
		}
	}
	h.mu.Unlock()
	return h.Values.Put(ctx, h.notes().sent(id), "", noted)
}

// CancelOther takes a BeginOther back: the platform certainly did not take it.
func (h *Holds) CancelOther(ctx context.Context, id string) error {
	return h.Values.Delete(ctx, h.notes().sent(id))
}

// Recall is what core.Recaller promises. An answer was certainly sent only if this
// process has written it: after a crash, to a repeat of the request.
func (h *Holds) Recall(ctx context.Context, peer, id string) (ref string, began bool, err error) {
	if _, ok, err := h.Values.Get(ctx, h.notes().sent(id)); ok || err != nil {
		return "", ok, err
	}
	ref, began, err = h.notes().find(ctx, peer, id)
	if !began || err != nil || !h.seen(ref) {
		return "", began, err
	}
	return core.FreeRef + ref, true, nil
}

// seen reports whether the answer to message ref was written by this process.
func (h *Holds) seen(ref string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	x := h.refs[ref]
	return x != nil && x.seen
}
