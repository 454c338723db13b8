package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/bus"
	"github.com/frontdesk-im/frontdesk/core/coretest"
	"github.com/frontdesk-im/frontdesk/core/desk"
	"github.com/frontdesk-im/frontdesk/core/dialog"
	"github.com/frontdesk-im/frontdesk/core/hub"
	"github.com/frontdesk-im/frontdesk/core/queue"
	"github.com/frontdesk-im/frontdesk/core/script"
	"github.com/frontdesk-im/frontdesk/core/store"
	"github.com/frontdesk-im/frontdesk/flows"
)

const shop = `
settings: {languages: [zh, en]}
greeting:
  text: {zh: "您好，我是机器人，找人请说人工。", en: "I am a robot. Say human for a person."}
  short: {zh: "您好，我是机器人，找人请说人工。", en: "I am a robot. Say human for a person."}
topics: [{id: after}]
`

var engine = sync.OnceValue(func() *dialog.Engine {
	b, err := script.Load(fstest.MapFS{"test.yaml": {Data: []byte(shop)}}, script.Options{Base: flows.FS})
	if err != nil {
		panic(err)
	}
	return dialog.New(b)
})

// A phone is a customers' channel.
type phone struct {
	mu    sync.Mutex
	shown []core.Envelope
	err   error // of the next message
}

func (p *phone) Limits() core.Limits {
	return core.Limits{Text: 2000, Media: []string{""}, Options: 10, Cards: true, Forms: true, Names: true}
}

func (p *phone) Send(_ context.Context, env core.Envelope) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.err; err != nil {
		return "", err
	}
	p.shown = append(p.shown, env)
	return env.ID, nil
}

// A tap sees what browsers do on its way to the hub.
type tap struct {
	core.Inbox
	mu  sync.Mutex
	got []core.Envelope
	err error // of Receive
}

func (p *tap) Receive(ctx context.Context, env core.Envelope) error {
	p.mu.Lock()
	err := p.err
	p.mu.Unlock()
	if err != nil {
		return err
	}
	if err := p.Inbox.Receive(ctx, env); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.got = append(p.got, env)
	return nil
}

// A line is the program's bus, and tells when somebody listens.
type line struct {
	*bus.Bus
	open chan struct{}
}

func newLine() line { return line{bus.New(), make(chan struct{})} }

func (l line) Listen(ctx context.Context, topic string) (<-chan string, error) {
	defer close(l.open)
	return l.Bus.Listen(ctx, topic)
}

// stage is a console at the program's own hub and store, with customers on the
// web and a clock that the test turns.
type stage struct {
	testing.TB
	*Console
	site
	hub   *hub.Hub
	store *store.Store
	blobs *coretest.Blobs
	inbox *tap
	line  line
	phone *phone
	now   func() time.Time
	clock *coretest.Clock // now's, unless it is the real one
	logs  *coretest.Log
	n     int // messages that customers have written
}

var morning = time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC)

func newStage(t testing.TB, cfg Config) *stage {
	t.Helper()
	s := &stage{TB: t, clock: coretest.NewClock(morning)}
	s.now = s.clock.Now
	s.build(cfg)
	return s
}

// build puts the program together.
func (s *stage) build(cfg Config) {
	s.Helper()
	s.blobs, s.phone, s.logs = &coretest.Blobs{}, &phone{}, &coretest.Log{}
	err := cfg.Validate()
	if err == nil {
		s.store, err = store.Open(s.Context(), store.Options{Path: s.TempDir(), Now: s.now})
	}
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() {
		if err := s.store.Close(); err != nil {
			s.Error(err)
		}
	})
	s.hub = hub.New(hub.Config{Store: s.store, Bus: bus.New(), Books: func(string) *dialog.Engine { return engine() }, Now: s.now, Line: queue.Rules{Mode: queue.ModeManual},
		Desk: &desk.Rules{Words: engine().Words, Desks: []desk.Desk{{Name: "console", Lang: "zh-CN", Crowd: -1, Views: true}}}})
	s.inbox, s.line = &tap{Inbox: s.hub}, newLine()
	s.site, err = build(cfg, core.Deps{
		Name: "console", Inbox: s.inbox, Views: s.store, Values: s.store, Blobs: s.blobs, Bus: s.line,
		Log: slog.New(slog.NewTextHandler(s.logs, &slog.HandlerOptions{Level: slog.LevelDebug})), Meter: coretest.Meter{}, Now: s.now,
	})
	if err == nil {
		s.Console, err = s.site.console()
	}
	if err == nil {
		err = errors.Join(s.hub.Connect("web", core.RoleChannel, s.phone), s.hub.Connect("console", core.RoleDesk, s.Console))
	}
	if err != nil {
		s.Fatal(err)
	}
}

// after lets the time pass, doing what falls due.
func (s *stage) after(pass time.Duration) {
	s.Helper()
	s.clock.Work(s, pass, s.hub.Work)
}

// customer writes to us, and is answered.
func (s *stage) customer(peer string, parts ...core.Part) {
	s.Helper()
	s.n++
	err := s.hub.Receive(s.Context(), core.Envelope{
		Channel: "web", Peer: core.Peer{ID: peer, Name: "客户" + peer[1:], Lang: "zh-CN"}, Ref: fmt.Sprint(s.n), At: s.clock.Now(), Parts: parts,
	})
	if err != nil {
		s.Fatal(err)
	}
	s.after(3 * time.Second)
}

// ticket is that of a customer, the newest.
func (s *stage) ticket(peer string) core.Ticket {
	s.Helper()
	vs, err := s.store.Tickets(s.Context(), core.TicketQuery{Key: core.Key{Channel: "web", Peer: peer}, Newest: true, Max: 1})
	if err != nil || len(vs) != 1 {
		s.Fatalf("%s has no ticket: %v", peer, err)
	}
	return vs[0].Ticket
}

// keep writes a turn of a conversation straight into the store: what no hub of
// this version would decide, or not so soon.
func (s *stage) keep(key core.Key, f func(*core.Conversation, *core.Outcome)) []core.Delivery {
	s.Helper()
	return s.keepAt(s.now(), key, f)
}

// keepAt is keep for what happened at another time. What is said is on its way.
func (s *stage) keepAt(at time.Time, key core.Key, f func(*core.Conversation, *core.Outcome)) []core.Delivery {
	s.Helper()
	done, err := s.store.Turn(s.Context(), key, at, func(c core.Conversation, _ []core.Envelope) (o core.Outcome, err error) {
		f(&c, &o)
		o.Conversation = c
		return o, nil
	})
	if err != nil {
		s.Error(err)
	}
	s.acts.board.stale()
	return done.Deliveries
}

// act does in b what a page does, and waits until it is done.
func (s *stage) act(b *browser, kv map[string]any) answered {
	s.Helper()
	if kv["ref"] == nil {
		kv["ref"] = token()[:20]
	}
	res := b.json(http.MethodPost, Prefix+"api/act", kv)
	s.after(time.Second)
	return res
}

// A scene is a morning with two members of staff. Of three customers one waits,
// and each of the two has one.
type scene struct {
	*stage
	srv                  *httptest.Server
	lin, chen            *browser
	waiting, lins, chens string // tickets
}

func newScene(t testing.TB) *scene {
	t.Helper()
	s := &scene{stage: newStage(t, Config{Upload: 1 << 20})}
	s.srv = s.open(t)
	s.hire(t, s.srv, "min", roleAdmin)
	s.lin, s.chen = s.hire(t, s.srv, "lin", roleAgent), s.hire(t, s.srv, "chen", roleAgent)
	for _, b := range []*browser{s.lin, s.chen} {
		s.act(b, map[string]any{"action": "on"}).want(t, http.StatusAccepted)
	}
	for _, peer := range []string{"p3", "p2", "p1"} {
		s.customer(peer, core.Text{Body: "hello"})
		s.customer(peer, core.Text{Body: "人工"})
		s.after(time.Minute)
	}
	s.waiting, s.lins, s.chens = s.ticket("p1").ID, s.ticket("p2").ID, s.ticket("p3").ID
	s.act(s.lin, map[string]any{"ticket": s.lins, "action": "claim"}).want(t, http.StatusAccepted)
	s.act(s.chen, map[string]any{"ticket": s.chens, "action": "claim"}).want(t, http.StatusAccepted)
	s.inbox.got = nil
	return s
}

// seen is what b sees of a ticket's conversation.
func seen(t testing.TB, b *browser, ticket string) []entry {
	t.Helper()
	var p struct{ Entries []entry }
	if err := json.Unmarshal([]byte(b.get(Prefix+"api/tickets/"+ticket+"/past").want(t, 200).body), &p); err != nil {
		t.Fatal(err)
	}
	return p.Entries
}
