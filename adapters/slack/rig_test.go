package slack

import (
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
	inbox *coretest.Inbox
	heard chan struct{} // gets a token at every envelope
	log   *coretest.Log
	vals  *coretest.Values
	blobs *coretest.Blobs
	clock *coretest.Clock
	rooms map[string]string
}

func newRig(t *testing.T) *rig {
	t.Helper()
	d := &rig{t: t, w: fake.New(), heard: make(chan struct{}, 1000), log: &coretest.Log{}, vals: &coretest.Values{}, blobs: &coretest.Blobs{}}
	d.inbox = &coretest.Inbox{Once: true, Heard: func(core.Envelope) { d.heard <- struct{}{} }}
	d.clock = coretest.NewClock(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
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
	deps := coretest.Deps(d.inbox, d.log, &http.Client{Transport: d.srv.Client().Transport})
	deps.Values, deps.Blobs, deps.Now, deps.Lang = d.vals, d.blobs, d.clock.Now, lang
	c := config(d.srv.URL)
	c.Rooms = d.rooms
	ch := coretest.Open(d.t, New, c, deps)
	ch.marks.patience = 0
	d.ch = ch
}

// run lets the adapter listen until the returned function is called, or the test
// ends. It returns when the socket is open.
func (d *rig) run() (stop func()) {
	d.t.Helper()
	end := coretest.Run(d.t, d.ch.Run)
	stop = sync.OnceFunc(func() {
		end()
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
		case <-d.heard:
		case <-time.After(10 * time.Second):
			d.t.Fatalf("only these arrived: %+v\n%s", d.inbox.Got(), d.log)
		}
	}
	return d.inbox.Got()
}

// last waits for one envelope and returns it.
func (d *rig) last() core.Envelope {
	d.t.Helper()
	d.got(1)
	return d.inbox.Last()
}

// note is what Lin makes by the shortcut of a message.
func (d *rig) note(said, text string) {
	d.t.Helper()
	d.w.Shortcut("U0LIN", said, "desk_note")
	if !d.w.Until(func() bool { return d.w.View("U0LIN") != nil }) {
		d.t.Fatal(d.log)
	}
	if err := d.w.Submit("U0LIN", map[string]string{"text": text}); err != nil {
		d.t.Fatal(err)
	}
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
	_, ts, _ := cutRef(ref)
	return ts
}
