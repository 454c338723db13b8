// Package hub moves envelopes: in from adapters, through turns, out to
// adapters. It starts the goroutines in which turns are taken and messages sent,
// and is the only package that retries a turn or a send.
//
// What is promised when the process dies: an envelope that Receive has taken is
// in the store; a turn that was under way has changed nothing and is taken
// again; a delivery that was under way is sent again where the platform drops
// repeats, and marked as uncertain where it does not. Hints are never relied
// on: everything is found again by polling the store.
//
// Several hubs may work on one store and one bus. Each takes turns and sends;
// what only one may do (offer tickets, fetch from one mailbox, tell desks how
// long the line is) is done by whoever holds the lease, see hold.go. One that
// loses a lease stops at once, and whoever gets it reads the store first.
package hub

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk"
	"github.com/frontdesk-im/frontdesk/core/desk/command"
	"github.com/frontdesk-im/frontdesk/core/dialog"
	"github.com/frontdesk-im/frontdesk/core/queue"
	"github.com/frontdesk-im/frontdesk/core/reassure"
	"github.com/frontdesk-im/frontdesk/core/turn"
)

// Config is what a Hub is made of. Everything but Store, Bus, Books and Desk has
// a usable zero value.
type Config struct {
	Store core.Store
	Bus   core.Bus // shared by all hubs on one store
	// Books gives the script of a version: the one in force, which may be exchanged
	// at any time, for an empty version and for one that is no longer kept.
	Books func(version string) *dialog.Engine
	Desk  *desk.Rules // the staff's side
	Line  queue.Rules // who serves whom
	// Policies are what those who wait are told; nil: what the scripts say, and nothing
	// of our own accord. They may be exchanged at any time.
	Policies func() reassure.Policies
	Kind     func(channel string) string // of an account: wechat, web, …; defaults to its name
	Log      *slog.Logger
	Meter    core.Meter
	Now      func() time.Time // defaults to time.Now

	// Chance is what retries wait by, beside their backoff; defaults to rand.N. A
	// simulation gives its own.
	Chance Chance

	// Scene, if set, changes what turns are told of the waiting line: plays and
	// previews set it.
	Scene func(core.Scene) core.Scene

	Poll    time.Duration // how often the store is searched for work that no hint told of; default 1 s
	Workers int           // turns at a time, most of them waiting for the disk; default 256
	GiveUp  time.Duration // how long a message is tried; default 6 h
	Send    time.Duration // how long one attempt may take; default 15 s
}

// A Hub is the running program, less its network listener. Make it with New,
// give it its adapters with Connect, then Run it.
type Hub struct {
	conf  Config
	store core.Store
	log   *slog.Logger
	now   func() time.Time

	accounts map[string]*account // by the name in the configuration; fixed once Run is called
	rules    turn.Rules          // what turns are decided by
	turns    pool                // conversations that want a turn
	minds    chan struct{}       // filled by each turn that is being decided: there are as many as processors
	id       string              // tells this hub's hints from those of others
	link     link
	line     *line
	board    *board
	banners  banners
	halts    halts
	waits    waits

	bg   sync.WaitGroup // everything under way
	stop context.CancelFunc
	ctx  context.Context // of everything under way: ends after draining
	held atomic.Bool     // draining: no new work is begun

	running atomic.Bool // Run has begun: work is done in the background
	alarms  struct {    // for Work, while nothing runs in the background
		sync.Mutex
		at []time.Time
	}
}

// New returns a hub without adapters. It panics on a Config without Store,
// Bus, Books or Desk: that is a mistake in the program, not in its input.
func New(c Config) *Hub {
	if c.Store == nil || c.Bus == nil || c.Books == nil || c.Desk == nil {
		panic("hub: Store, Bus, Books and Desk are required")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Chance == nil {
		c.Chance = rand.N[time.Duration]
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Meter == nil {
		c.Meter = noMeter{}
	}
	for _, d := range []struct {
		v   *time.Duration
		def time.Duration
	}{{&c.Poll, time.Second}, {&c.GiveUp, 6 * time.Hour}, {&c.Send, 15 * time.Second}} {
		if *d.v <= 0 {
			*d.v = d.def
		}
	}
	if c.Kind == nil {
		c.Kind = func(channel string) string { return channel }
	}
	if c.Workers <= 0 {
		c.Workers = 256
	}
	h := &Hub{conf: c, store: c.Store, log: c.Log, now: c.Now, accounts: map[string]*account{}}
	h.id = strconv.FormatUint(rand.Uint64(), 36)
	h.link = link{bus: c.Bus, log: c.Log, meter: c.Meter, chance: c.Chance, bg: &h.bg}
	h.rules = turn.Rules{Desk: c.Desk, Books: c.Books, Role: h.role, Limits: h.limits}
	h.ctx, h.stop = context.WithCancel(context.Background())
	h.turns = pool{hub: h, busy: map[core.Key]bool{}}
	h.turns.crew = newCrew(&h.turns.mu, c.Workers)
	h.minds = make(chan struct{}, runtime.GOMAXPROCS(0))
	h.line = newLine(h)
	h.board = newBoard(h)
	h.banners = banners{hub: h, told: map[core.Key]told{}}
	h.halts.hub, h.waits.hub = h, h
	if c.Policies != nil {
		h.rules.Waits = h.waits.of
	}
	return h
}

// Connect adds an adapter under the name that the configuration gives it.
func (h *Hub) Connect(name string, r core.Role, a core.Adapter) error {
	if name == "" || strings.Contains(name, "/") {
		return fmt.Errorf("hub: an account's name must not be empty or contain a slash: %q", name)
	}
	if _, ok := h.accounts[name]; ok {
		return fmt.Errorf("hub: two accounts are called %q; rename one", name)
	}
	if r == core.RoleDesk && !a.Limits().Threads {
		return fmt.Errorf("hub: %q cannot be a desk: its platform has no threads", name)
	}
	h.accounts[name] = newAccount(h, name, r, a)
	return nil
}

var _ core.Inbox = (*Hub)(nil)

// Receive implements core.Inbox. What a desk sends belongs to the conversation
// whose thread it is in; outside a thread it is staff talking to the desk. What
// a business system answers belongs to the conversation that asked.
func (h *Hub) Receive(ctx context.Context, env core.Envelope) error {
	key, err := h.address(ctx, env)
	if err != nil {
		return err
	}
	a := h.accounts[env.Channel]
	if a.role == core.RoleChannel {
		pause(ctx, slowdown(h.turns.age()))
	}
	env.Filed = h.now()
	clean(env.Parts)
	start := time.Now()
	fresh, err := h.store.Receive(ctx, key, env)
	if err != nil {
		return err
	}
	h.conf.Meter.Time("receive_seconds", time.Since(start), a.labels...)
	if !fresh {
		h.conf.Meter.Count("repeats_total", 1, a.labels...)
		return nil
	}
	h.conf.Meter.Count("inbound_total", 1, a.labels...)
	if h.running.Load() && !h.held.Load() {
		h.turns.want(key) // others would only wait for us; they find it if we die
		return nil
	}
	h.link.wake(ctx, topicTurn, h.id+" "+key.String())
	return nil
}

// slowdown is how long a customer's message waits before it is filed while others
// have waited so long for their turn: filing costs less than answering, and would
// otherwise leave it nothing. Where messages come over n connections, the wait of
// those before levels off at calm and twice n times what a turn takes. Nobody is
// held up for so long that a platform would give up.
func slowdown(age time.Duration) time.Duration {
	return min(max(age-calm, 0)/2, time.Second)
}

// calm is how long turns may wait before filing slows down.
const calm = 100 * time.Millisecond

// address validates env and finds the conversation it belongs to.
func (h *Hub) address(ctx context.Context, env core.Envelope) (core.Key, error) {
	a, ok := h.accounts[env.Channel]
	switch {
	case !ok:
		return core.Key{}, fmt.Errorf("hub: %w: no account is called %q", core.ErrInvalid, env.Channel)
	case env.Ref == "" || env.Peer.ID == "" || len(env.Parts) == 0 && env.Replaces == "":
		return core.Key{}, fmt.Errorf("hub: %w: %s sent an envelope without Ref, Peer or Parts", core.ErrInvalid, env.Channel)
	}
	own := core.Key{Channel: env.Channel, Peer: env.Peer.ID}
	switch {
	case a.role == core.RoleSystem:
		ch, peer, ok := strings.Cut(env.Thread, "/")
		if !ok || h.accounts[ch] == nil {
			return own, fmt.Errorf("hub: %w: %s answered for no conversation: %q", core.ErrInvalid, env.Channel, env.Thread)
		}
		return core.Key{Channel: ch, Peer: peer}, nil
	case a.role == core.RoleDesk && env.Thread != "":
		key, err := h.thread(ctx, a, env.Thread)
		if errors.Is(err, core.ErrNotFound) {
			return own, nil // a thread of the staff's own: not about a customer
		}
		return key, err
	case a.role == core.RoleDesk:
		if id, ok := command.Target(env); ok { // "claim 12" in the desk's main channel
			return h.ticket(ctx, id, own)
		}
	}
	return own, nil
}

// ticket finds the conversation of an open ticket by its number.
func (h *Hub) ticket(ctx context.Context, id string, own core.Key) (core.Key, error) {
	ts, err := h.store.Tickets(ctx, core.TicketQuery{ID: id, Max: 1})
	if err != nil || len(ts) == 0 || !ts[0].Ticket.Open() {
		return own, err
	}
	return ts[0].Ticket.Key, nil
}

// thread finds the conversation that a desk shows as thread. While threads are
// being opened, one may be on the platform already and not yet in the store:
// then an unknown one is looked for again before it counts as the staff's own.
func (h *Hub) thread(ctx context.Context, a *account, thread string) (core.Key, error) {
	for end := time.Now().Add(threadLag); ; {
		key, err := h.store.Thread(ctx, a.name, thread)
		if !errors.Is(err, core.ErrNotFound) || !a.opens() || time.Now().After(end) {
			return key, err
		}
		select {
		case <-ctx.Done():
			return key, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// threadLag is how long an unknown thread is looked for. After a start every desk
// counts as opening threads for this long: the last process may have died in it.
const threadLag = 3 * time.Second

// clean replaces broken UTF-8, which no database, page or script should meet.
func clean(ps core.Parts) {
	for i, p := range ps {
		switch p := p.(type) {
		case core.Text:
			ps[i] = core.Text{Body: strings.ToValidUTF8(p.Body, "�")}
		case core.Pick:
			ps[i] = core.Pick{Option: strings.ToValidUTF8(p.Option, "�"), Label: strings.ToValidUTF8(p.Label, "�")}
		case core.Media:
			p.Name, p.Words = strings.ToValidUTF8(p.Name, "�"), strings.ToValidUTF8(p.Words, "�")
			ps[i] = p
		}
	}
}

// Report implements core.Inbox.
func (h *Hub) Report(ctx context.Context, r core.Receipt) error {
	err := h.store.Report(ctx, r)
	if errors.Is(err, core.ErrNotFound) {
		return nil // of a message sent before us, or by hand
	}
	return err
}

// Typing implements core.Inbox: a customer's typing is shown where staff see
// the ticket, the owner's typing to the customer.
func (h *Hub) Typing(ctx context.Context, env core.Envelope) {
	key, err := h.address(ctx, core.Envelope{Channel: env.Channel, Peer: env.Peer, Thread: env.Thread, Ref: "typing", Replaces: "-"})
	if err != nil {
		return
	}
	c, err := h.store.Conversation(ctx, key)
	if err != nil || !c.Ticket.Open() {
		return
	}
	if h.accounts[env.Channel].role == core.RoleDesk {
		if c.Ticket.Agent == env.Channel+"/"+env.Peer.ID && c.State == core.WithAgent {
			h.typing(ctx, key.Channel, c.Peer, "")
		}
		return
	}
	for _, s := range c.Ticket.Shown {
		h.typing(ctx, s.Desk, env.Peer, s.Thread)
	}
}

func (h *Hub) typing(ctx context.Context, channel string, to core.Peer, thread string) {
	a := h.accounts[channel]
	if a == nil {
		return
	}
	t, ok := a.Adapter.(core.Typist)
	if !ok {
		return
	}
	if err := guard(func() error { return t.Typing(ctx, to, thread) }); err != nil {
		h.log.Debug("typing was not shown", "channel", channel, "err", err)
	}
}

// Health tells what an operator should know of each account: empty if it works.
func (h *Hub) Health() map[string]string {
	out := map[string]string{}
	for name, a := range h.accounts {
		out[name] = a.trouble()
	}
	return out
}

// guard turns a panic of an adapter into an error: it ends one call, never the
// process.
func guard(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &core.SendError{Kind: core.KindUnknown, Err: fmt.Errorf("the adapter panicked: %v", r)}
		}
	}()
	return f()
}

type noMeter struct{}

func (noMeter) Count(string, float64, ...string)      {}
func (noMeter) Set(string, float64, ...string)        {}
func (noMeter) Time(string, time.Duration, ...string) {}
