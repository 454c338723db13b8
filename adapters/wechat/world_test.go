package wechat

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/frontdesk-im/frontdesk/adapters/wechat/fake"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

// A world is a platform, a store that survives crashes, and one process at a
// time that behaves as the hub does: it files, decides, leases, sends and
// settles.
type world struct {
	conf     Config
	platform *fake.Platform
	values   *coretest.Values
	limits   core.Limits
	log      *coretest.Log

	mu     sync.Mutex
	rnd    *rand.Rand
	delay  map[string]time.Duration // of the bot, by the customer's words
	inbox  map[string]core.Envelope // by ref
	filer  map[string]*process      // of what is in inbox
	order  []string
	out    map[string]*delivery // by the ref it answers
	ledger core.Ledger
	proc   *process
	doubt  int // messages of which nobody can know whether they arrived
	killed int // repeats of what a process filed that was killed before the platform had its answer
	lose   int // this response of ours gets lost on its way
	faults []error
}

type delivery struct {
	env   core.Envelope
	lease time.Time
	state core.Attempt // empty: to be sent
}

// A process dies by kill: nothing it does from then on has an effect.
type process struct {
	*world
	account *Account
	ctx     context.Context
	kill    context.CancelFunc
}

const lease = 20 * time.Second

var errKilled = errors.New("killed")

func (w *world) random(d time.Duration) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	if d <= 0 {
		return 0
	}
	return time.Duration(w.rnd.Int64N(int64(d)))
}

func (w *world) start() *process {
	p := &process{world: w}
	p.ctx, p.kill = context.WithCancel(context.Background())
	a, err := New(w.conf, core.Deps{
		Name: "wx", Inbox: p, Values: values{w.values, p}, Blobs: &coretest.Blobs{}, Meter: coretest.Meter{}, Now: time.Now,
		HTTP: &http.Client{Transport: coretest.Wire{Delay: func() time.Duration { return w.random(200 * time.Millisecond) }, Handler: http.HandlerFunc(p.api)}},
		Log:  slog.New(slog.NewTextHandler(w.log, nil)),
	})
	if err != nil {
		panic(err)
	}
	p.account = a
	w.mu.Lock()
	w.proc = p
	w.mu.Unlock()
	w.platform.SetHook(http.HandlerFunc(p.hook))
	go p.poll()
	return p
}

// crash kills the process between two instructions of whatever it is doing.
func (w *world) crash() {
	w.platform.SetHook(nil)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.proc.kill()
}

func (p *process) dead() bool { return p.ctx.Err() != nil }

// hook is the process's listener: a killed one resets its connections.
func (p *process) hook(w http.ResponseWriter, r *http.Request) {
	done := make(chan bool, 1)
	go func() {
		defer func() { done <- recover() == nil }()
		p.account.ServeHTTP(mortal{w, p}, r)
	}()
	select {
	case ok := <-done:
		if !ok || p.dead() || p.lost() {
			panic(http.ErrAbortHandler)
		}
	case <-p.ctx.Done():
		panic(http.ErrAbortHandler)
	}
}

func (w *world) lost() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lose--
	return w.lose == 0
}

type mortal struct {
	http.ResponseWriter
	p *process
}

func (m mortal) Write(b []byte) (int, error) {
	if m.p.dead() {
		return 0, errKilled
	}
	return m.ResponseWriter.Write(b)
}

// api is the way to the platform.
func (p *process) api(w http.ResponseWriter, r *http.Request) {
	if p.dead() {
		panic(http.ErrAbortHandler)
	}
	p.platform.ServeHTTP(w, r)
	time.Sleep(p.random(200 * time.Millisecond)) // the answer's way back
}

// values is the store's, which takes its time and which a dead process cannot reach.
type values struct {
	*coretest.Values
	p *process
}

func (v values) busy() error {
	time.Sleep(v.p.random(4 * time.Millisecond))
	if v.p.dead() {
		return errKilled
	}
	return nil
}

func (v values) Put(ctx context.Context, k, s string, ttl time.Duration) error {
	if err := v.busy(); err != nil {
		return err
	}
	return v.Values.Put(ctx, k, s, ttl)
}

func (v values) Add(ctx context.Context, k, s string, ttl time.Duration) (bool, error) {
	if err := v.busy(); err != nil {
		return false, err
	}
	return v.Values.Add(ctx, k, s, ttl)
}

func (v values) Delete(ctx context.Context, k string) error {
	if err := v.busy(); err != nil {
		return err
	}
	return v.Values.Delete(ctx, k)
}

func (v values) Get(ctx context.Context, k string) (string, bool, error) {
	if err := v.busy(); err != nil {
		return "", false, err
	}
	return v.Values.Get(ctx, k)
}

// Receive implements core.Inbox.
func (p *process) Receive(_ context.Context, e core.Envelope) error {
	time.Sleep(p.random(5 * time.Millisecond))
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead() {
		return errKilled
	}
	if _, ok := p.inbox[e.Ref]; ok {
		if p.filer[e.Ref] != p {
			p.killed++
		}
		return nil
	}
	p.inbox[e.Ref], p.filer[e.Ref], p.order = e, p, append(p.order, e.Ref)
	p.ledger = p.ledger.Heard(p.limits.Allowances, e.Cause, time.Now())
	for _, d := range p.out { // what waited for the customer to write
		if d.state == core.AttemptHeld {
			d.state, d.lease = "", time.Now().Add(lease)
			go p.send(d)
		}
	}
	if words := e.Parts.Text(); words != "继续" {
		go p.turn(e.Ref, p.delay[words])
	}
	return nil
}

func (*process) Report(context.Context, core.Receipt) error { return nil }
func (*process) Typing(context.Context, core.Envelope)      {}

// turn decides the answer to one message and commits it.
func (p *process) turn(ref string, after time.Duration) {
	time.Sleep(after)
	p.mu.Lock()
	if p.dead() || p.out[ref] != nil {
		p.mu.Unlock()
		return
	}
	e := p.inbox[ref]
	d := &delivery{env: say("d-"+ref, e.Peer.ID, "A:"+e.Parts.Text()), lease: time.Now().Add(lease)}
	p.out[ref] = d
	p.mu.Unlock()
	p.send(d)
}

// send tries a delivery that is leased until it is settled.
func (p *process) send(d *delivery) {
	for {
		ctx, cancel := context.WithTimeout(p.ctx, 15*time.Second)
		ref, err := p.account.Send(ctx, d.env)
		cancel()
		time.Sleep(p.random(10 * time.Millisecond)) // until the store has it
		if p.settle(d, ref, err) {
			return
		}
		time.Sleep(time.Second)
	}
}

// settle records what became of an attempt, and reports whether that is all.
func (p *process) settle(d *delivery, ref string, err error) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead() {
		return true
	}
	now := time.Now()
	if err == nil {
		d.state = core.AttemptSent
		if core.Costs(ref) {
			p.ledger = p.ledger.Spend(now)
		}
		return true
	}
	switch core.KindOf(err) {
	case core.KindTransient, core.KindThrottled:
		d.lease = now.Add(lease)
		return false
	case core.KindClosed:
		d.state = core.AttemptHeld
	case core.KindUnknown:
		d.state = core.AttemptUnknown
		p.doubt++
	default:
		d.state = core.AttemptGaveUp
		p.faults = append(p.faults, err)
	}
	return true
}

// poll finds what a process that died has left behind.
func (p *process) poll() {
	for first := true; ; first = false {
		p.mu.Lock()
		if p.dead() {
			p.mu.Unlock()
			return
		}
		for _, ref := range p.order {
			d := p.out[ref]
			switch words := p.inbox[ref].Parts.Text(); {
			case d == nil && first && words != "继续":
				go p.turn(ref, p.delay[words]/2)
			case d != nil && d.state == "" && !time.Now().Before(d.lease):
				d.lease = time.Now().Add(lease)
				go p.recall(d)
			}
		}
		p.mu.Unlock()
		time.Sleep(time.Second)
	}
}

// recall does with a delivery whose lease ran out what core.Recaller is for.
func (p *process) recall(d *delivery) {
	ref, began, err := p.account.Recall(p.ctx, d.env)
	switch {
	case err != nil:
	case !began:
		p.send(d)
	case ref != "":
		p.settle(d, ref, nil)
	default:
		p.settle(d, "", &core.SendError{Kind: core.KindUnknown, Err: errors.New("it may have left")})
	}
}

// quiet reports whether nothing is left to be done.
func (w *world) quiet() (held, pending int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, ref := range w.order {
		switch d := w.out[ref]; {
		case d == nil && w.inbox[ref].Parts.Text() != "继续", d != nil && d.state == "":
			pending++
		case d != nil && d.state == core.AttemptHeld:
			held++
		}
	}
	return held, pending
}

// shown counts the answers to words on the customer's phone.
func (w *world) shown(who, words string) int {
	n := 0
	for _, m := range w.platform.Answers(who) {
		if strings.TrimSpace(m.Text) == "A:"+words {
			n++
		}
	}
	return n
}
