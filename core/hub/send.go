package hub

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk"
)

// An account sends the deliveries of one adapter: some at a time, those of one
// lane in order (the store leases only the oldest). A platform that keeps
// failing is left alone for a while; one that refuses our credentials is
// stopped until an operator has seen to it.
type account struct {
	core.Adapter
	hub    *Hub
	name   string
	role   Role
	limits core.Limits
	banner core.Bannerer
	marker core.Marker
	editor core.Editor

	circuit circuit

	mu      sync.Mutex
	queued  []core.Delivery
	workers int
	pause   time.Time       // the platform asked us to slow down until then
	why     string          // what is wrong with the account
	failed  map[string]bool // Via refs of which a piece has failed
	marks   []marked        // to be shown, in order
	marking bool            // somebody shows them
	opening int             // threads that are being opened now
	begun   time.Time       // when the program started

	digested time.Time // when a desk was last told about the line; only the digest loop uses it
}

const (
	atATime = 32              // deliveries under way for one account
	denied  = 5 * time.Minute // between tries of an account whose credentials are refused
)

func newAccount(h *Hub, name string, r Role, a core.Adapter) *account {
	acc := &account{Adapter: a, hub: h, name: name, role: r, limits: a.Limits(), failed: map[string]bool{}, begun: time.Now()}
	acc.banner, _ = a.(core.Bannerer)
	acc.marker, _ = a.(core.Marker)
	acc.editor, _ = a.(core.Editor)
	return acc
}

func (a *account) set(why string) {
	a.mu.Lock()
	a.why = why
	a.mu.Unlock()
	up := 1.0
	if why != "" {
		up = 0
	}
	a.hub.conf.Meter.Set("account_up", up, "channel", a.name)
}

func (a *account) trouble() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.why
}

// send hands a leased delivery to its account.
func (h *Hub) send(d core.Delivery) {
	a := h.accounts[d.Channel]
	if a == nil {
		h.settle(h.ctx, nil, core.Result{Delivery: d, Outcome: core.AttemptGaveUp,
			Err: fmt.Errorf("no account is called %q any more; put it back into the configuration", d.Channel)})
		return
	}
	if d.Via != nil && d.Tries == 0 {
		a.hub.mark(*d.Via, core.Waiting, "")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.queued = append(a.queued, d)
	a.hire()
}

// hire starts a worker if there is room for one; a.mu is held.
func (a *account) hire() {
	if a.workers < atATime && a.hub.running.Load() {
		a.workers++
		a.hub.bg.Go(a.work)
	}
}

func (a *account) next() (core.Delivery, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.queued) == 0 || a.hub.ctx.Err() != nil {
		a.workers--
		return core.Delivery{}, false
	}
	d := a.queued[0]
	if a.queued = a.queued[1:]; len(a.queued) == 0 {
		a.queued = nil
	}
	return d, true
}

func (a *account) work() {
	for {
		d, ok := a.next()
		if !ok {
			return
		}
		a.deliver(a.hub.ctx, d)
	}
}

// open counts the threads that are being opened.
func (a *account) open(d core.Delivery, n int) {
	if _, ok := d.Parts[0].(core.Case); ok && d.Thread == "" {
		a.mu.Lock()
		a.opening += n
		a.mu.Unlock()
	}
}

// opens reports whether a thread may be on the platform and not in the store.
func (a *account) opens() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.opening > 0 || time.Since(a.begun) < soon
}

// deliver makes one attempt and settles it.
func (a *account) deliver(ctx context.Context, d core.Delivery) {
	a.open(d, 1)
	defer a.open(d, -1)
	now := a.hub.now()
	if d.Stale && !a.limits.Idempotent {
		if r, known := a.recall(ctx, d); known {
			a.charge(ctx, r)
			a.hub.settle(ctx, a, r)
			return
		}
	}
	a.mu.Lock()
	pause := a.pause
	a.mu.Unlock()
	if pause.After(now) {
		a.hub.settle(ctx, a, core.Result{Delivery: d, Outcome: core.AttemptAgain, Next: pause, Err: errors.New("slowed down by the platform")})
		return
	}
	if wait := a.circuit.wait(now); wait > 0 {
		a.hub.settle(ctx, a, core.Result{Delivery: d, Outcome: core.AttemptAgain, Next: now.Add(wait + jitter(alone)), Err: errOpen})
		return
	}
	start := time.Now()
	ref, err := a.attempt(ctx, d)
	a.hub.conf.Meter.Time("send_seconds", time.Since(start), "channel", a.name)
	if a.circuit.after(err, a.hub.now()) {
		a.set(map[bool]string{true: errOpen.Error()}[err != nil])
		a.hub.log.Warn("account", "channel", a.name, "works", err == nil, "err", err)
	}
	r := a.result(d, ref, err)
	if a.role == Desk && core.KindOf(err) == core.Gone && err != nil {
		a.heal(ctx, &r)
	}
	a.charge(ctx, r)
	a.hub.settle(ctx, a, r)
}

// heal shows a ticket anew at a desk where its thread was deleted; what could
// not be said in the old thread is said in the new one.
func (a *account) heal(ctx context.Context, r *core.Result) {
	d := r.Delivery
	ticket := d.Ticket
	if c, ok := d.Parts[0].(core.Case); ok {
		ticket = c.Ticket
	}
	if d.Thread == "" || ticket == "" {
		return
	}
	r.Gone = a.hub.alter(context.WithoutCancel(ctx), d.Key, func(m *mind, c core.Conversation) core.Outcome {
		if !c.Ticket.Open() || c.Ticket.ID != ticket || m.scene.Now.Sub(d.Filed) > a.hub.conf.GiveUp {
			return core.Outcome{Conversation: c}
		}
		if r.Outcome, r.Next = core.AttemptAgain, m.scene.Now; d.Tries > 0 {
			r.Next = r.Next.Add(backoff(d.Tries))
		}
		return m.desk.Reshow(c, a.name, m.scene)
	})
	if !r.Gone { // the thread is found to be deleted once more
		r.Outcome, r.Next = core.AttemptAgain, a.hub.now().Add(backoff(d.Tries))
	}
}

// charge keeps the books of what the platform still lets us say. It comes
// before the result is recorded: after a crash in between, a message is counted
// twice rather than not at all. One that may have arrived counts too.
func (a *account) charge(ctx context.Context, r core.Result) {
	if a.role != Channel || len(a.limits.Allowances) == 0 {
		return
	}
	shut := r.Err != nil && core.KindOf(r.Err) == core.Closed
	if !shut && r.Outcome != core.AttemptUnknown && (r.Outcome != core.AttemptSent || !core.Costs(r.Ref)) {
		return
	}
	a.hub.alter(context.WithoutCancel(ctx), r.Delivery.Key, func(m *mind, c core.Conversation) core.Outcome {
		if shut {
			c.Ledger = c.Ledger.Shut()
		} else {
			c.Ledger = c.Ledger.Spend(m.scene.Now)
		}
		return core.Outcome{Conversation: c}
	})
}

// recall finds out what became of a delivery whose lease ran out, where the
// platform does not drop repeats. It reports false if nothing was sent.
func (a *account) recall(ctx context.Context, d core.Delivery) (core.Result, bool) {
	unknown := core.Result{Delivery: d, Outcome: core.AttemptUnknown, Err: errors.New("the program stopped while this was being sent")}
	r, ok := a.Adapter.(core.Recaller)
	if !ok {
		return unknown, true
	}
	var ref string
	var began bool
	err := guard(func() (err error) {
		ref, began, err = r.Recall(ctx, d.Envelope)
		return err
	})
	switch {
	case err != nil:
		return core.Result{Delivery: d, Outcome: core.AttemptAgain, Next: a.hub.now().Add(backoff(d.Tries)), Err: err}, true
	case ref != "":
		return core.Result{Delivery: d, Outcome: core.AttemptSent, Ref: ref}, true
	case began:
		return unknown, true
	}
	return core.Result{}, false
}

func (a *account) attempt(ctx context.Context, d core.Delivery) (ref string, err error) {
	ctx, cancel := context.WithTimeout(ctx, a.hub.conf.Send)
	defer cancel()
	err = guard(func() error {
		if d.Edit != "" && a.editor != nil {
			err := a.editor.Edit(ctx, d.Edit, d.Envelope)
			if ref = d.Edit; err == nil || core.KindOf(err) != core.Gone {
				return err
			}
		}
		ref, err = a.Send(ctx, d.Envelope)
		return err
	})
	return ref, err
}

// result says what an attempt came to and what is to be done.
func (a *account) result(d core.Delivery, ref string, err error) core.Result {
	r := core.Result{Delivery: d, Ref: ref, Outcome: core.AttemptSent, Err: err}
	if err == nil {
		return r
	}
	now := a.hub.now()
	switch k := core.KindOf(err); k {
	case core.Throttled:
		after := time.Second
		e, _ := errors.AsType[*core.SendError](err)
		if e != nil && e.After > 0 {
			after = e.After
		}
		if e == nil || !e.Only {
			a.mu.Lock()
			a.pause = now.Add(after)
			a.mu.Unlock()
		}
		r.Outcome, r.Next = core.AttemptAgain, now.Add(after+jitter(after/4))
	case core.Closed:
		// with an allowance the agent chooses what becomes of it; without one
		// there is no other way than to wait
		if r.Outcome = core.AttemptGaveUp; len(a.limits.Allowances) == 0 && a.role == Channel {
			r.Outcome = core.AttemptHeld
		}
	case core.Rejected:
		r.Outcome = core.AttemptGaveUp
	case core.Gone:
		r.Outcome, r.Gone = core.AttemptGaveUp, a.role == Channel
	case core.Denied:
		a.set("the platform refuses our credentials: " + err.Error())
		a.hub.log.Error("an account is refused; renew its credentials and restart", "channel", a.name, "err", err)
		r.Outcome, r.Next = core.AttemptAgain, now.Add(denied)
	case core.Unknown:
		if r.Outcome = core.AttemptUnknown; a.limits.Idempotent {
			r.Outcome, r.Next = core.AttemptAgain, now.Add(backoff(d.Tries))
		}
	default:
		r.Outcome, r.Next = core.AttemptAgain, now.Add(backoff(d.Tries))
	}
	if r.Outcome == core.AttemptAgain && now.Sub(d.Filed) > a.hub.conf.GiveUp {
		r.Outcome = core.AttemptGaveUp
	}
	return r
}

// backoff is how long to wait after a failure: from half a second, doubling to
// five minutes, half of it by chance so that messages do not come back at once.
func backoff(tries int) time.Duration {
	return jitter(min(500*time.Millisecond<<min(tries, 12), 5*time.Minute))
}

func jitter(d time.Duration) time.Duration {
	return d/2 + rand.N(d/2+1)
}

// settle records a result, tells the agent, and goes on with the lane. What
// could not be recorded is settled by the end of its lease.
func (h *Hub) settle(ctx context.Context, a *account, r core.Result) {
	next, err := h.store.Settle(context.WithoutCancel(ctx), h.now(), r)
	d := r.Delivery
	if err != nil {
		h.log.Error("the outcome of a message was not recorded", "message", d.ID, "conversation", d.Key.String(), "outcome", string(r.Outcome), "err", err)
		return
	}
	h.conf.Meter.Count("sends_total", 1, "channel", d.Channel, "outcome", string(r.Outcome))
	if r.Err != nil {
		h.log.Warn("a message was not sent", "message", d.ID, "conversation", d.Key.String(), "channel", d.Channel, "outcome", string(r.Outcome), "tries", d.Tries+1, "err", r.Err)
	}
	if next != nil {
		h.send(*next)
	}
	h.note(r.Next)
	if a != nil {
		a.after(ctx, r)
	}
}

// after shows the outcome on the agent's message and offers the ways on.
func (a *account) after(ctx context.Context, r core.Result) {
	d := r.Delivery
	mark, why := core.Waiting, ""
	switch r.Outcome {
	case core.AttemptSent:
		mark = core.Arrived
	case core.AttemptUnknown:
		mark, why = core.Unsure, words(r.Err)
	case core.AttemptGaveUp:
		mark, why = core.Failed, words(r.Err)
	}
	if d.Via != nil && a.first(d.Via.Ref, mark) {
		a.hub.mark(*d.Via, mark, why)
	}
	if a.role == Channel && mark == core.Failed && d.Via != nil {
		a.hub.alter(ctx, d.Key, func(m *mind, c core.Conversation) core.Outcome {
			return m.desk.Failed(c, desk.Failure{Message: d.Envelope, Kind: core.KindOf(r.Err), Why: why}, m.scene)
		})
	}
}

// first reports whether a mark may be shown: a message of which one piece has
// failed stays failed.
func (a *account) first(ref string, m core.Mark) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.failed[ref] {
		return false
	}
	if m == core.Failed || m == core.Unsure {
		if len(a.failed) > 10_000 {
			clear(a.failed)
		}
		a.failed[ref] = true
	}
	return true
}

// words is an error as an agent reads it.
func words(err error) string {
	if e, ok := errors.AsType[*core.SendError](err); ok && e.Err != nil {
		return e.Err.Error()
	}
	return err.Error()
}
