package hub

import (
	"context"
	"errors"
	"slices"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/turn"
)

// errLater is why a message stays held although its peer has written: there was
// no room for it beside the answer to that.
var errLater = errors.New("the answer to what was asked last has gone out first; this goes out when the customer writes again")

// reply answers inside the platform's own request, if one is open: neither the
// circuit nor the pace is asked, for they guard calls. Where there is no other way
// to the peer, what was asked last is answered first, and what was held goes with
// it, so that the account is never an answer behind. It reports false if nothing
// was sent.
func (a *account) reply(ctx context.Context, d core.Delivery) (core.Result, bool) {
	r, ok := a.Adapter.(core.Replier)
	if !ok || d.Edit != "" {
		return core.Result{}, false
	}
	env, with := d.Envelope, []string{d.ID}
	if a.role == core.RoleChannel && a.limits.OneReply && len(a.limits.Allowances) == 0 {
		if r, known := a.recall(ctx, d); known { // it has gone with one before it
			return r, true
		}
		env, with = turn.Together(a.limits, a.waiting(ctx, d))
	}
	ctx, cancel := context.WithTimeout(ctx, a.hub.conf.Send)
	defer cancel()
	var ref string
	err := guard(func() (err error) {
		ref, err = r.Reply(ctx, env)
		return err
	})
	switch {
	case ref == "" && err == nil:
		return core.Result{}, false
	case !slices.Contains(with, d.ID):
		return core.Result{Delivery: d, Outcome: core.AttemptHeld, Err: errLater}, true
	}
	return a.result(d, ref, err), true
}

// waiting is d and what waits behind it for the same peer, oldest first, without
// what has gone already. If that cannot be read, d goes alone.
func (a *account) waiting(ctx context.Context, d core.Delivery) []core.Envelope {
	out := []core.Envelope{d.Envelope}
	records, err := a.hub.store.Past(ctx, core.PastQuery{Key: d.Key, After: d.Seq, Max: 20, Peer: true})
	if err != nil {
		a.hub.log.Warn("what else waits for a customer could not be read", "conversation", d.Key.String(), "err", err)
		return out
	}
	for _, r := range records {
		if r.In || r.Message == nil || r.State != core.ProgressPending {
			continue
		}
		if _, known := a.recall(ctx, core.Delivery{Envelope: *r.Message, Key: d.Key}); !known {
			out = append(out, *r.Message)
		}
	}
	return out
}
