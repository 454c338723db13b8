package slack

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/adapters/slack/fake"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

// rig is the adapter with a workspace, and what it has filed.
type rig struct {
	t     *testing.T
	w     *fake.Workspace
	srv   *httptest.Server
	ch    *Channel
	inbox *inbox
	log   *coretest.Log
	vals  *coretest.Values
	blobs *coretest.Blobs
	clock clock
	rooms map[string]string
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// inbox files as the store does: what has been filed under a Ref is not filed
// again. It counts how often that was tried.
type inbox struct {
	coretest.Inbox
	mu      sync.Mutex
	refs    map[string]bool
	err     error
	repeats int
	got     chan struct{} // gets a token at every envelope
}

func (i *inbox) Receive(ctx context.Context, e core.Envelope) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.err != nil {
		return i.err
	}
	if i.refs[e.Ref] {
		i.repeats++
		return nil
	}
	i.refs[e.Ref] = true
	err := i.Inbox.Receive(ctx, e)
	i.got <- struct{}{}
	return err
}

func (i *inbox) fail(err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.err = err
}

func newRig(t *testing.T) *rig {
	t.Helper()
	d := &rig{t: t, w: fake.New(), inbox: &inbox{refs: map[string]bool{}, got: make(chan struct{}, 1000)}, log: &coretest.Log{}, vals: &coretest.Values{}, blobs: &coretest.Blobs{}}
	d.clock.now = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	d.w.Now = d.clock.Now
	d.srv = httptest.NewServer(d.w)
	d.w.URL = d.srv.URL
	t.Cleanup(d.srv.Close)
	t.Cleanup(func() {
		for _, s := range []string{fake.Token, fake.App, fake.Secret, "ticket=t"} {
			if strings.Contains(d.log.String(), s) {
				t.Errorf("a secret was logged: %s", d.log)
			}
		}
	})
	d.restart("zh-CN")
	return d
}

// restart is the adapter in a new process, with the same store.
func (d *rig) restart(lang string) {
	deps := coretest.Deps(nil, d.log, &http.Client{Transport: d.srv.Client().Transport})
	deps.Inbox, deps.Values, deps.Blobs, deps.Now, deps.Lang = d.inbox, d.vals, d.blobs, d.clock.Now, lang
	c := config(d.srv.URL)
	c.Rooms = d.rooms
	ch, err := New(c, deps)
	if err != nil {
		d.t.Fatal(err)
	}
	ch.marks.patience = 0
	d.ch = ch
}

// run lets the adapter listen until the returned function is called, or the test
// ends. It returns when the socket is open.
func (d *rig) run() (stop func()) {
	d.t.Helper()
	ctx, cancel := context.WithCancel(d.t.Context())
	ended := make(chan error, 1)
	ch := d.ch
	go func() { ended <- ch.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			d.t.Errorf("Run: %v", err)
		}
		d.w.Until(func() bool { return d.w.Sockets() == 0 })
	})
	d.t.Cleanup(stop)
	if !d.w.Until(func() bool { return d.w.Sockets() == 1 }) {
		d.t.Fatalf("no socket was opened: %s", d.log)
	}
	return stop
}

// got waits for n more envelopes and returns them all.
func (d *rig) got(n int) []core.Envelope {
	d.t.Helper()
	for range n {
		select {
		case <-d.inbox.got:
		case <-time.After(10 * time.Second):
			d.t.Fatalf("only these arrived: %+v\n%s", d.inbox.Got(), d.log)
		}
	}
	return d.inbox.Got()
}

// last waits for one envelope and returns it.
func (d *rig) last() core.Envelope {
	d.t.Helper()
	es := d.got(1)
	return es[len(es)-1]
}

func ticket() core.Envelope {
	return core.Envelope{ID: "e1", Channel: "test", By: core.Author{Kind: core.BySystem}, Ticket: "7",
		Parts: core.Parts{core.Case{Ticket: "7", State: "waiting", Title: "🟠 王** · 微信", Fields: []core.Field{{Name: "原话", Value: "碎了 <b>"}, {Name: "历史", Value: "https://desk.example/7"}},
			Lines: []string{"10:00 👤 碎了"}, Actions: []core.Option{{ID: "claim", Label: "认领"}, {ID: "transfer", Label: "转接"}, {ID: "close", Label: "结束"}}}}}
}

func (d *rig) open() (thread string) {
	d.t.Helper()
	thread, err := d.ch.Send(d.t.Context(), ticket())
	if err != nil {
		d.t.Fatal(err)
	}
	return thread
}

func (d *rig) words(thread, text string) core.Envelope {
	return core.Envelope{ID: "e-" + text, Thread: thread, By: core.Author{Kind: core.ByPeer, Name: "小王"}, Parts: core.Parts{core.Text{Body: text}}}
}

// ts is where a thread or a message stands in its channel.
func ts(ref string) string {
	_, ts, _ := spot(ref)
	return ts
}
