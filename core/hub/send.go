package hub

import (
	"context"
	"errors"
	"fmt"
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
	labels []string // of its figures
	role   core.Role
	limits core.Limits
	banner core.Bannerer
	marker core.Marker
	editor core.Editor

	circuit circuit

	mu      sync.Mutex
	queued  []core.Delivery
	crew    crew
	settles chan struct{}   // filled by each outcome that is being recorded
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
	atATime    = 128              // deliveries under way for one account
	unsettled  = 1024             // their outcomes that are being recorded: nobody waits for the disk to send the next
	soon       = 20 * time.Second // before its end a lease is renewed: an attempt takes less, and a lease is three times as long
	deniedWait = 5 * time.Minute  // between tries of an account whose credentials are refused
)

func newAccount(h *Hub, name string, r core.Role, a core.Adapter) *account {
	acc := &account{Adapter: a, hub: h, name: name, labels: []string{"channel", name}, role: r, limits: a.Limits(), failed: map[string]bool{}, begun: time.Now(), settles: make(chan struct{}, unsettled)}
	acc.crew = newCrew(&acc.mu, atATime)
	acc.banner, _ = a.(core.Bannerer)
	acc.marker, _ = a.(core.Marker)
	acc.editor, _ = a.(core.Editor)
	return acc
}

func (a *account) set(why string) {
	a.mu.Lock()
	a.why = core.Reason(why)
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
		a.hub.mark(*d.Via, core.MarkWaiting, "")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.queued = append(a.queued, d)
	a.hire()
}

// renewed are those that wait and whose leases end soon; they count as leased anew.
func (a *account) renewed(now time.Time) (ids []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, d := range a.queued {
		if d.Lease.Sub(now) < soon {
			ids = append(ids, d.ID)
			a.queued[i].Lease = now.Add(2 * soon)
		}
	}
	return ids
}

// hire starts a worker if there is room for one; a.mu is held.
func (a *account) hire() {
	if a.hub.running.Load() {
		a.crew.hire(func() { a.hub.bg.Go(a.work) })
	}
}

// next waits for the next delivery; without one the worker ends.
func (a *account) next() (d core.Delivery, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for {
		if d, ok = a.take(); ok || !a.crew.rest() {
			return d, ok
		}
	}
}

// take takes the oldest delivery that waits, if it may begin; a.mu is held.
func (a *account) take() (core.Delivery, bool) {
	if len(a.queued) == 0 || a.hub.ctx.Err() != nil {
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
	return a.opening > 0 || time.Since(a.begun) < threadLag
}

// deliver makes one attempt and has it settled, beside the next one if anything
// runs in the background.
func (a *account) deliver(ctx context.Context, d core.Delivery) {
	a.open(d, 1)
	r := a.once(ctx, d)
	if !a.hub.running.Load() {
		a.finish(ctx, r)
		return
	}
	a.settles <- struct{}{}
	a.hub.bg.Go(func() {
		defer func() { <-a.settles }()
		a.finish(ctx, r)
	})
}

// once makes one attempt, if now is the time for one, and says what it came to.
func (a *account) once(ctx context.Context, d core.Delivery) core.Result {
	now := a.hub.now()
	if d.Stale && !a.limits.Idempotent {
		if r, known := a.recall(ctx, d); known {
			return r
		}
	}
	if err := a.overtaken(ctx, d); err != nil {
		return core.Result{Delivery: d, Outcome: core.AttemptDropped, Err: err}
	}
	if r, done := a.reply(ctx, d); done {
		return r
	}
	if until := a.slowed(ctx, now); until.After(now) {
		return core.Result{Delivery: d, Outcome: core.AttemptAgain, Next: until, Err: errSlow}
	}
	if wait := a.circuit.wait(now); wait > 0 {
		return core.Result{Delivery: d, Outcome: core.AttemptAgain, Next: now.Add(wait + a.hub.conf.Chance.jitter(leftAlone)), Err: errOpen}
	}
	if err := a.spent(ctx, d, now); err != nil {
		return a.result(d, "", err)
	}
	ref, err := a.try(ctx, d)
	return a.result(d, ref, err)
}

// finish keeps what an attempt came to.
func (a *account) finish(ctx context.Context, r core.Result) {
	defer a.open(r.Delivery, -1)
	if a.role == core.RoleDesk && core.KindOf(r.Err) == core.KindGone && r.Err != nil {
		a.heal(ctx, &r)
	}
	a.charge(ctx, r)
	a.hub.settle(ctx, a, r)
}

var errSlow = errors.New("slowed down: the platform takes no more for now")

// slowed is until when the account's pace lets nothing pass: the platform asked
// for it, or all processes together have sent what it takes.
func (a *account) slowed(ctx context.Context, now time.Time) time.Time {
	a.mu.Lock()
	until := a.pause
	a.mu.Unlock()
	if until.After(now) || a.limits.Pace.Tokens == 0 {
		return until
	}
	wait, err := a.hub.conf.Bus.Take(ctx, "send/"+a.name, a.limits.Pace, 1)
	if err != nil { // the platform will say when it is too much
		a.hub.log.Debug("the shared pace is not known", "channel", a.name, "err", err)
	}
	return now.Add(wait)
}

// rests reports whether the account is to be left alone: what is not kept is
// not sent then.
func (a *account) rests(now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.pause.After(now) || !a.circuit.closed()
}

// try makes one attempt and lets the circuit know.
func (a *account) try(ctx context.Context, d core.Delivery) (ref string, err error) {
	start := time.Now()
	ref, err = a.attempt(ctx, d)
	a.hub.conf.Meter.Time("send_seconds", time.Since(start), a.labels...)
	if a.circuit.after(err, a.hub.now()) {
		a.set(map[bool]string{true: errOpen.Error()}[err != nil])
		a.hub.log.Warn("account", "channel", a.name, "works", err == nil, "err", err)
	}
	return ref, err
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
	r.Gone = a.hub.alter(context.WithoutCancel(ctx), d.Key, func(c core.Conversation, s core.Scene) core.Outcome {
		if !c.Ticket.Open() || c.Ticket.ID != ticket || s.Now.Sub(d.Filed) > a.hub.conf.GiveUp {
			return core.Outcome{Conversation: c}
		}
		if r.Outcome, r.Next = core.AttemptAgain, s.Now; d.Tries > 0 {
			r.Next = r.Next.Add(a.hub.conf.Chance.backoff(d.Tries))
		}
		return a.hub.conf.Desk.Reshow(c, a.name, s)
	})
	if !r.Gone { // the thread is found to be deleted once more
		r.Outcome, r.Next = core.AttemptAgain, a.hub.now().Add(a.hub.conf.Chance.backoff(d.Tries))
	}
}

// charge keeps the books of what the platform still lets us say. It comes
// before the result is recorded: after a crash in between, a message is counted
// twice rather than not at all. One that may have arrived counts too.
func (a *account) charge(ctx context.Context, r core.Result) {
	if a.role != core.RoleChannel || len(a.limits.Allowances) == 0 {
		return
	}
	shut := r.Err != nil && core.KindOf(r.Err) == core.KindClosed
	if !shut && r.Outcome != core.AttemptUnknown && (r.Outcome != core.AttemptSent || !core.Costs(r.Ref)) {
		return
	}
	a.hub.alter(context.WithoutCancel(ctx), r.Delivery.Key, func(c core.Conversation, s core.Scene) core.Outcome {
		if shut {
			c.Ledger = c.Ledger.Shut()
		} else {
			c.Ledger = c.Ledger.Spend(s.Now)
		}
		return core.Outcome{Conversation: c}
	})
}

// spent is the platform's refusal, foreseen: nothing is left of what it lets us
// say. What was decided before others had gone out is held to it here, for turns
// know only what has gone out. What goes by another right, a form, is free.
func (a *account) spent(ctx context.Context, d core.Delivery, now time.Time) error {
	if a.role != core.RoleChannel || len(a.limits.Allowances) == 0 {
		return nil
	}
	if _, form := d.Parts[0].(core.Form); form {
		return nil
	}
	c, err := a.hub.store.Conversation(ctx, d.Key)
	if err != nil || c.Ledger.Until.IsZero() || c.Ledger.Room(now) > 0 { // unknown: the platform will say
		return nil
	}
	return &core.SendError{Kind: core.KindClosed, Err: errSpent}
}

var errSpent = errors.New("what the platform lets us say is used up, until the customer writes again")

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
		return core.Result{Delivery: d, Outcome: core.AttemptAgain, Next: a.hub.now().Add(a.hub.conf.Chance.backoff(d.Tries)), Err: err}, true
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
			if ref = d.Edit; err == nil || core.KindOf(err) != core.KindGone {
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
	case core.KindThrottled:
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
		r.Outcome, r.Next = core.AttemptAgain, now.Add(after+a.hub.conf.Chance.jitter(after/4))
	case core.KindClosed:
		// with an allowance the agent chooses what becomes of it; without one
		// there is no other way than to wait
		if r.Outcome = core.AttemptGaveUp; len(a.limits.Allowances) == 0 && a.role == core.RoleChannel {
			r.Outcome = core.AttemptHeld
		}
	case core.KindRejected:
		r.Outcome = core.AttemptGaveUp
	case core.KindGone:
		r.Outcome, r.Gone = core.AttemptGaveUp, a.role == core.RoleChannel
	case core.KindDenied:
		a.set("the platform refuses our credentials: " + err.Error())
		a.hub.log.Error("an account is refused; renew its credentials and restart", "channel", a.name, "err", err)
		r.Outcome, r.Next = core.AttemptAgain, now.Add(deniedWait)
	case core.KindUnknown:
		if r.Outcome = core.AttemptUnknown; a.limits.Idempotent {
			r.Outcome, r.Next = core.AttemptAgain, now.Add(a.hub.conf.Chance.backoff(d.Tries))
		}
	default:
		r.Outcome, r.Next = core.AttemptAgain, now.Add(a.hub.conf.Chance.backoff(d.Tries))
	}
	r.Unsure = r.Outcome == core.AttemptAgain && core.KindOf(err) == core.KindUnknown
	if r.Outcome == core.AttemptAgain && now.Sub(d.Filed) > a.hub.conf.GiveUp {
		r.Outcome = core.AttemptGaveUp
	}
	return r
}

// settle records a result, tells the agent, and goes on with the lane. What
// could not be recorded is settled by the end of its lease.
func (h *Hub) settle(ctx context.Context, a *account, r core.Result) {
	r.Unsure = r.Unsure || r.Delivery.Stale && r.Outcome == core.AttemptAgain // an attempt before this one
	next, err := h.store.Settle(context.WithoutCancel(ctx), h.now(), r)
	d := r.Delivery
	if err != nil {
		h.log.Error("the outcome of a message was not recorded", "message", d.ID, "conversation", d.Key.String(), "outcome", string(r.Outcome), "err", err)
		return
	}
	h.conf.Meter.Count("sends_total", 1, "channel", d.Channel, "outcome", string(r.Outcome))
	if r.Err != nil && r.Outcome != core.AttemptDropped {
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
	mark, why := core.MarkWaiting, ""
	switch r.Outcome {
	case core.AttemptSent:
		mark = core.MarkArrived
	case core.AttemptUnknown:
		mark, why = core.MarkUnsure, words(r.Err)
	case core.AttemptGaveUp:
		mark, why = core.MarkFailed, words(r.Err)
	}
	if d.Via != nil && a.first(d.Via.Ref, mark) {
		a.hub.mark(*d.Via, mark, why)
	}
	if a.role == core.RoleChannel && mark == core.MarkFailed && d.Via != nil {
		a.hub.alter(ctx, d.Key, func(c core.Conversation, s core.Scene) core.Outcome {
			return a.hub.conf.Desk.Failed(c, desk.Failure{Message: d.Envelope, Kind: core.KindOf(r.Err), Why: why}, s)
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
	if m == core.MarkFailed || m == core.MarkUnsure {
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
		err = e.Err
	}
	return core.Reason(err.Error())
}
