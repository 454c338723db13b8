package sim

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// A gate is all that one life of a hub has between it and the world: every call
// of the store, the bus and the platforms passes it, and takes its time. A hub
// dies at its gate, before or after any call: nothing passes from then on, and
// it does not hear what became of calls that have.
type gate struct {
	w    *world
	name string
	dead chan struct{}
	stop context.CancelFunc
	fuse atomic.Int64 // boundaries left to cross; none is set below 0
	once sync.Once
}

// everyCall has the trace of a world hold every call of the hubs.
var everyCall = os.Getenv("SIM_CALLS") != ""

var (
	errDead = errors.New("sim: the hub is dead")
	errFull = errors.New("sim: the disk is full")
)

func newGate(w *world, name string, stop context.CancelFunc) *gate {
	g := &gate{w: w, name: name, dead: make(chan struct{}), stop: stop}
	g.fuse.Store(-1)
	return g
}

// die drops the hub.
func (g *gate) die() {
	g.once.Do(func() {
		close(g.dead)
		g.stop()
	})
}

func (g *gate) isDead() bool {
	select {
	case <-g.dead:
		return true
	default:
		return false
	}
}

// cross is one boundary: here the hub may die.
func (g *gate) cross() error {
	if g.fuse.Load() >= 0 && g.fuse.Add(-1) < 0 {
		g.w.faulted(faultCrash)
		g.die()
	}
	if g.isDead() {
		return errDead
	}
	return nil
}

// sleep is time that passes for the hub alone.
func (g *gate) sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-g.dead:
		return errDead
	case <-ctx.Done():
		return ctx.Err()
	}
}

// through makes a call called name between two boundaries.
func through[T any](ctx context.Context, g *gate, name string, call func() (T, error)) (none T, err error) {
	if g.isDead() {
		return none, errDead
	}
	r := g.w.plan.draw(g.name + " " + name)
	d := between(r, 20*time.Microsecond, 2*time.Millisecond)
	if g.w.during(faultSlow, "") {
		d = between(r, 50*time.Millisecond, 3*time.Second)
		g.w.faulted(faultSlow)
	}
	if everyCall {
		g.w.note("%s %s takes %s", g.name, name, d)
	}
	if err := g.sleep(ctx, d); err != nil {
		return none, err
	}
	if err := g.cross(); err != nil {
		return none, err
	}
	v, err := call()
	if err := g.cross(); err != nil {
		return none, err
	}
	return v, err
}

// A disk is the store as a hub sees it.
type disk struct {
	core.Store
	g *gate
}

// write is a call that needs room on the disk.
func write[T any](ctx context.Context, d disk, name string, call func() (T, error)) (T, error) {
	return through(ctx, d.g, name, func() (none T, err error) {
		if d.g.w.during(faultFull, "") {
			d.g.w.faulted(faultFull)
			return none, errFull
		}
		return call()
	})
}

func (d disk) Receive(ctx context.Context, key core.Key, env core.Envelope) (bool, error) {
	return write(ctx, d, "receive "+env.Channel+env.Ref, func() (bool, error) { return d.Store.Receive(ctx, key, env) })
}

func (d disk) Ready(ctx context.Context, now time.Time, most int) ([]core.Key, error) {
	return through(ctx, d.g, "ready", func() ([]core.Key, error) { return d.Store.Ready(ctx, now, most) })
}

func (d disk) Turn(ctx context.Context, key core.Key, now time.Time, f core.TurnFunc) (core.Committed, error) {
	return write(ctx, d, "turn "+key.String(), func() (core.Committed, error) { return d.Store.Turn(ctx, key, now, f) })
}

func (d disk) Outbox(ctx context.Context, now time.Time, most int) ([]core.Delivery, error) {
	return write(ctx, d, "outbox", func() ([]core.Delivery, error) { return d.Store.Outbox(ctx, now, most) })
}

func (d disk) Settle(ctx context.Context, now time.Time, r core.Result) (*core.Delivery, error) {
	return write(ctx, d, "settle "+r.Delivery.Channel+r.Delivery.Key.String(), func() (*core.Delivery, error) { return d.Store.Settle(ctx, now, r) })
}

func (d disk) Conversation(ctx context.Context, key core.Key) (core.Conversation, error) {
	return through(ctx, d.g, "conversation "+key.String(), func() (core.Conversation, error) { return d.Store.Conversation(ctx, key) })
}

func (d disk) Tickets(ctx context.Context, q core.TicketQuery) ([]core.TicketView, error) {
	return through(ctx, d.g, fmt.Sprint("tickets ", q.Agent, q.ID, q.States), func() ([]core.TicketView, error) { return d.Store.Tickets(ctx, q) })
}

func (d disk) Past(ctx context.Context, q core.PastQuery) ([]core.Record, error) {
	return through(ctx, d.g, "past "+q.Key.String(), func() ([]core.Record, error) { return d.Store.Past(ctx, q) })
}

func (d disk) Agents(ctx context.Context) ([]core.Agent, error) {
	return through(ctx, d.g, "agents", func() ([]core.Agent, error) { return d.Store.Agents(ctx) })
}

func (d disk) Thread(ctx context.Context, desk, thread string) (core.Key, error) {
	return through(ctx, d.g, "thread "+thread, func() (core.Key, error) { return d.Store.Thread(ctx, desk, thread) })
}

func (d disk) Get(ctx context.Context, key string) (v string, ok bool, err error) {
	v, err = through(ctx, d.g, "get", func() (v string, err error) {
		v, ok, err = d.Store.Get(ctx, key)
		return v, err
	})
	return v, ok && err == nil, err
}

func (d disk) List(ctx context.Context, prefix string, most int) ([]core.Value, error) {
	return through(ctx, d.g, "list", func() ([]core.Value, error) { return d.Store.List(ctx, prefix, most) })
}

func (d disk) Delete(ctx context.Context, key string) error {
	_, err := write(ctx, d, "delete", func() (int, error) { return 0, d.Store.Delete(ctx, key) })
	return err
}

func (d disk) Put(ctx context.Context, key, value string, ttl time.Duration) error {
	_, err := write(ctx, d, "put", func() (int, error) { return 0, d.Store.Put(ctx, key, value, ttl) })
	return err
}

// A shakyBus loses hints and leases, as one does that is reached by a network.
type shakyBus struct {
	core.Bus
	g *gate
}

func (b shakyBus) Wake(ctx context.Context, topic, key string) error {
	name := topic + " " + key[strings.Index(key, " ")+1:] // the line's hints begin with whose they are
	if b.g.w.during(faultDeaf, "") || b.g.w.plan.draw("hint "+name).IntN(50) == 0 {
		b.g.w.faulted(faultDeaf)
		return nil
	}
	_, err := through(ctx, b.g, "wake "+name, func() (int, error) { return 0, b.Bus.Wake(ctx, topic, key) })
	return err
}

// lostAfter is how long nobody else gets the lease of a hub that died.
const lostAfter = 30 * time.Second

// A shakyLease is lost in the weather, and when its hub dies: then the next one
// may have it after a while.
type shakyLease struct {
	core.Lease
	g    *gate
	once sync.Once
	lost chan struct{}
}

func (l *shakyLease) Lost() <-chan struct{} { return l.lost }

func (l *shakyLease) Release() {
	l.lose()
	if l.g.isDead() {
		time.AfterFunc(lostAfter, l.Lease.Release)
		return
	}
	l.Lease.Release()
}

func (l *shakyLease) lose() { l.once.Do(func() { close(l.lost) }) }

func (b shakyBus) Lease(ctx context.Context, name string) (core.Lease, error) {
	for b.g.w.during(faultLease, b.g.name) {
		if err := b.g.sleep(ctx, time.Second); err != nil {
			return nil, err
		}
	}
	l, err := b.Bus.Lease(ctx, name)
	if err != nil {
		return nil, err
	}
	s := &shakyLease{Lease: l, g: b.g, lost: make(chan struct{})}
	b.g.w.bg.Go(func() { b.watch(s) })
	return s, nil
}

// watch takes a lease away when the weather says so.
func (b shakyBus) watch(l *shakyLease) {
	for _, f := range b.g.w.plan.faults {
		d := f.at - b.g.w.now()
		if f.kind != faultLease || f.where != b.g.name || d < 0 {
			continue
		}
		select {
		case <-time.After(d):
			b.g.w.faulted(faultLease)
			l.lose()
			return
		case <-l.lost:
			return
		case <-b.g.dead:
			l.lose()
			return
		}
	}
	select {
	case <-l.lost:
	case <-b.g.dead:
		l.lose()
	}
}
