package webchat

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/blobs"
	"github.com/frontdesk-im/frontdesk/core/bus"
	"github.com/frontdesk-im/frontdesk/core/coretest"
	"github.com/frontdesk-im/frontdesk/core/store"
)

// A world is a web chat with the real store, and in the hub's place the least
// that turns what arrives into what is sent: a script, one turn at a time.
type world struct {
	t      testing.TB
	dir    string
	cfg    Config
	script func(core.Conversation, []core.Envelope) core.Outcome
	logs   *coretest.Log
	bus    *bus.Bus
	clock  atomic.Pointer[coretest.Clock] // nil: the time of day

	mu      sync.Mutex
	fail    error // of Receive
	reports []core.Receipt
	typed   int
	stall   chan struct{} // while set, deliveries are not begun

	store *store.Store
	blobs *blobs.Folder
	chat  *Chat
	srv   *httptest.Server
	stop  context.CancelFunc
	done  chan struct{}
	keys  chan core.Key
}

// echo answers each text with "re: " and the text, and greets.
func echo(c core.Conversation, unread []core.Envelope) (o core.Outcome) {
	o.Conversation = c
	for _, e := range unread {
		for _, p := range e.Parts {
			var body string
			switch p := p.(type) {
			case core.Text:
				body = "re: " + p.Body
			case core.Pick:
				body = "picked " + p.Option
			case core.Media:
				body = "got " + p.Type
			case core.Joined:
				body = "welcome from " + p.From
			}
			o.Say = append(o.Say, core.Envelope{Channel: c.Key.Channel, Peer: e.Peer, By: core.Author{Kind: core.ByBot, Name: "小禾"}, Parts: core.Parts{core.Text{Body: body}}})
		}
	}
	return o
}

func newWorld(t testing.TB, cfg Config) *world {
	w := &world{t: t, dir: t.TempDir(), cfg: cfg, script: echo, logs: &coretest.Log{}, bus: bus.New()}
	w.start()
	t.Cleanup(w.halt)
	return w
}

func (w *world) start() {
	w.t.Helper()
	var err error
	if w.store, err = store.Open(context.Background(), store.Options{Path: w.dir}); err != nil {
		w.t.Fatal(err)
	}
	if w.blobs, err = blobs.Open(filepath.Join(w.dir, "blobs")); err != nil {
		w.t.Fatal(err)
	}
	w.keys, w.done = make(chan core.Key, 4096), make(chan struct{})
	if w.chat, err = New(w.cfg, w.deps()); err != nil {
		w.t.Fatal(err)
	}
	w.chat.farewell = 10 * time.Millisecond // these clients may not be reading
	ctx, cancel := context.WithCancel(context.Background())
	w.stop = cancel
	w.srv = httptest.NewServer(w.chat)
	var wg sync.WaitGroup
	wg.Go(func() { w.chat.Run(ctx) })
	wg.Go(func() { w.turns(ctx) })
	go func() { wg.Wait(); close(w.done) }()
}

func (w *world) deps() core.Deps {
	return core.Deps{
		Name: "web", Inbox: w, Views: w.store, Values: w.store, Blobs: w.blobs, Bus: w.bus,
		Log: slog.New(slog.NewTextHandler(w.logs, nil)),
		Now: w.now,
	}
}

// now is the time that the chat sees.
func (w *world) now() time.Time {
	if c := w.clock.Load(); c != nil {
		return c.Now()
	}
	return time.Now()
}

// freeze stops the chat's clock at this moment; time passes by the clock's Pass.
func (w *world) freeze() *coretest.Clock {
	c := coretest.NewClock(time.Now())
	w.clock.Store(c)
	return c
}

// halt stops everything as a shutdown does.
func (w *world) halt() {
	w.stop()
	<-w.done
	w.srv.CloseClientConnections()
	w.srv.Close()
	w.store.Close()
	w.blobs.Close()
}

func (w *world) restart() { w.halt(); w.start() }

// Receive implements core.Inbox.
func (w *world) Receive(ctx context.Context, env core.Envelope) error {
	w.mu.Lock()
	err := w.fail
	w.mu.Unlock()
	if err != nil {
		return err
	}
	key := core.Key{Channel: env.Channel, Peer: env.Peer.ID}
	env.Filed = time.Now()
	fresh, err := w.store.Receive(ctx, key, env)
	if err == nil && fresh {
		w.keys <- key
	}
	return err
}

func (w *world) Report(_ context.Context, r core.Receipt) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reports = append(w.reports, r)
	return nil
}

func (w *world) Typing(context.Context, core.Envelope) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.typed++
}

func (w *world) turns(ctx context.Context) {
	// After a crash: what was on its way is begun again.
	ds, err := w.store.Outbox(ctx, time.Now().Add(time.Hour), 1000)
	if err != nil && ctx.Err() == nil {
		w.t.Error(err)
	}
	for _, d := range ds {
		w.deliver(&d)
	}
	ready, err := w.store.Ready(ctx, time.Now(), 1000)
	if err != nil && ctx.Err() == nil {
		w.t.Error(err)
	}
	for _, key := range ready {
		w.keys <- key
	}
	for {
		select {
		case key := <-w.keys:
			w.turn(key, func(c core.Conversation, unread []core.Envelope) core.Outcome { return w.script(c, unread) })
		case <-ctx.Done():
			return
		}
	}
}

func (w *world) turn(key core.Key, f func(core.Conversation, []core.Envelope) core.Outcome) {
	done, err := w.store.Turn(context.Background(), key, time.Now(), func(c core.Conversation, unread []core.Envelope) (core.Outcome, error) {
		if len(unread) > 0 {
			c.Peer, c.Heard = unread[len(unread)-1].Peer, time.Now()
		}
		return f(c, unread), nil
	})
	if err != nil {
		w.t.Errorf("turn: %v", err)
		return
	}
	for _, d := range done.Deliveries {
		w.deliver(&d)
	}
	if done.More {
		select {
		case w.keys <- key:
		default: // full of the same
		}
	}
}

func (w *world) deliver(d *core.Delivery) {
	for d != nil {
		w.mu.Lock()
		stall := w.stall
		w.mu.Unlock()
		if stall != nil {
			<-stall
		}
		ref, err := w.chat.Send(context.Background(), d.Envelope)
		if err != nil || ref == "" {
			w.t.Errorf("Send: %q, %v", ref, err)
		}
		if d, err = w.store.Settle(context.Background(), time.Now(), core.Result{Delivery: *d, Ref: ref, Outcome: core.AttemptSent}); err != nil {
			w.t.Errorf("settle: %v", err)
			return
		}
	}
}

// say has somebody write to peer.
func (w *world) say(peer string, by core.Author, parts ...core.Part) {
	w.turn(core.Key{Channel: "web", Peer: peer}, func(c core.Conversation, unread []core.Envelope) core.Outcome {
		o := core.Outcome{Conversation: c, Left: len(unread)} // the script answers those
		for _, p := range parts {
			o.Say = append(o.Say, core.Envelope{Channel: "web", Peer: core.Peer{ID: peer}, By: by, Parts: core.Parts{p}})
		}
		return o
	})
}

// past is what the store has of peer's messages, in words.
func (w *world) past(peer string) (out []string) {
	recs, err := w.store.Past(context.Background(), core.PastQuery{Key: core.Key{Channel: "web", Peer: peer}, Max: 10000, Peer: true})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, r := range recs {
		out = append(out, fmt.Sprintf("%d %s", r.Seq, r.Message.Parts.Text()))
	}
	return out
}

func (w *world) url(path string) string { return w.srv.URL + w.chat.Prefix() + path }

func (w *world) wsURL() string { return strings.Replace(w.url("v1/socket"), "http", "ws", 1) }
