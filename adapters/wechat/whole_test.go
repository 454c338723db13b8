package wechat

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/adapters/wechat/fake"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/bus"
	"github.com/frontdesk-im/frontdesk/core/coretest"
	"github.com/frontdesk-im/frontdesk/core/desk"
	"github.com/frontdesk-im/frontdesk/core/dialog"
	"github.com/frontdesk-im/frontdesk/core/hub"
	"github.com/frontdesk-im/frontdesk/core/script"
	"github.com/frontdesk-im/frontdesk/core/store"
	"github.com/frontdesk-im/frontdesk/flows"
)

// staff is a desk whose people are the test.
type staff struct {
	sent  chan core.Envelope
	marks chan core.Mark
}

func (*staff) Limits() core.Limits { return core.Limits{Threads: true, Cases: true} }

func (s *staff) Send(_ context.Context, env core.Envelope) (string, error) {
	s.sent <- env
	if c, ok := env.Parts[0].(core.Case); ok && env.Thread == "" {
		return "t" + c.Ticket, nil
	}
	return "r" + env.ID, nil
}

func (s *staff) Mark(_ context.Context, _ core.Via, m core.Mark, _ string) error {
	s.marks <- m
	return nil
}

// TestWhole plays a customer's day through the program's own hub, store, scripts
// and desk: the bot's answers go out in the platform's own requests and cost
// nothing, an agent's cost one each.
func TestWhole(t *testing.T) {
	s, err := store.Open(t.Context(), store.Options{Path: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	book, err := script.Load(flows.FS, script.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var account *Account
	h := hub.New(hub.Config{Store: s, Bus: bus.New(), Books: func(string) *dialog.Engine { return dialog.New(book) }, Log: slog.New(slog.DiscardHandler),
		Desk: &desk.Rules{Words: book.Words, Desks: []desk.Desk{{Name: "desk", Hold: time.Millisecond}}, Templates: []core.Template{{ID: "reply", Form: "template:tpl", Values: map[string]string{"thing1": "{text}"}}}, Limits: func(string) core.Limits { return account.Limits() }}})
	shown := make(chan fake.Message, 100)
	platform := fake.New(fake.Options{Account: registered})
	platform.Watch = func(_ string, m fake.Message) { shown <- m }
	conf := config()
	conf.Hold = time.Second
	account, err = New(conf, core.Deps{Name: "wx", Inbox: h, Views: s, Values: s, Blobs: &coretest.Blobs{}, HTTP: platform.Client(), Meter: coretest.Meter{}, Log: slog.New(slog.DiscardHandler), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	platform.SetHook(account)
	people := &staff{sent: make(chan core.Envelope, 1000), marks: make(chan core.Mark, 1000)}
	if err := h.Connect("wx", core.RoleChannel, account); err != nil {
		t.Fatal(err)
	}
	if err := h.Connect("desk", core.RoleDesk, people); err != nil {
		t.Fatal(err)
	}
	defer coretest.Run(t, h.Run)() // it must have stopped before the store is closed

	next := func(how, words string) fake.Message {
		t.Helper()
		for {
			select {
			case m := <-shown:
				if strings.Contains(m.Text, words) {
					if m.How != how {
						t.Errorf("%q is %s, want %s", m.Text, m.How, how)
					}
					return m
				}
			case <-time.After(20 * time.Second):
				t.Fatalf("the phone does not show %q: %+v", words, platform.Phone("o1").Screen)
			}
		}
	}
	left := func() int {
		c, err := s.Conversation(t.Context(), core.Key{Channel: "wx", Peer: "o1"})
		if err != nil {
			t.Fatal(err)
		}
		return c.Ledger.Room(time.Now())
	}
	if err := platform.Follow(t.Context(), "o1", "shop-12"); err != nil {
		t.Fatal(err)
	}
	next("passive", "机器人")
	if err := platform.Say(t.Context(), "o1", "人工"); err != nil {
		t.Fatal(err)
	}
	next("passive", "")
	if n := left(); n < 5 {
		t.Errorf("the bot's passive answers cost something: %d are left", n)
	}
	tell := func(thread string, p core.Part) {
		t.Helper()
		err := h.Receive(t.Context(), core.Envelope{Channel: "desk", Ref: "desk-" + time.Now().String(), Peer: core.Peer{ID: "lin", Name: "小林"}, Thread: thread, Parts: core.Parts{p}})
		if err != nil {
			t.Fatal(err)
		}
	}
	thread := ""
	for thread == "" {
		select {
		case env := <-people.sent:
			if c, ok := env.Parts[0].(core.Case); ok {
				thread = "t" + c.Ticket
			}
		case <-time.After(20 * time.Second):
			t.Fatal("no ticket is shown at the desk")
		}
	}
	tell("", core.Pick{Option: "on"})
	tell(thread, core.Pick{Option: "claim"})
	for {
		c, err := s.Conversation(t.Context(), core.Key{Channel: "wx", Peer: "o1"})
		if err != nil {
			t.Fatal(err)
		}
		if c.State == core.WithAgent {
			break
		}
		select {
		case <-people.sent: // something happened
		case <-time.After(20 * time.Second):
			t.Fatalf("nobody has claimed it: %+v", c)
		}
	}
	tell(thread, core.Text{Body: "您好，我是小林"})
	if m := next("active", "我是小林"); m.AI {
		t.Error("an agent's words are marked as an AI's")
	}
	for m := core.MarkWaiting; m != core.MarkArrived; { // the books are kept before the mark is set
		select {
		case m = <-people.marks:
		case <-time.After(20 * time.Second):
			t.Fatal("the agent's message is not marked as arrived")
		}
	}
	active := 0
	for _, m := range platform.Answers("o1") {
		if m.How == "active" {
			active++
		}
	}
	if n, _ := platform.Left("o1"); n+active != 8 { // 3 for following, 5 for writing
		t.Errorf("%d messages cost something and %d are left at the platform", active, n)
	}
	if err := platform.Say(t.Context(), "o1", "谢谢"); err != nil { // nobody answers: the request ends by itself
		t.Fatal(err)
	}
	for text := ""; text != "谢谢"; {
		select {
		case env := <-people.sent:
			text = env.Parts.Text()
		case <-time.After(20 * time.Second):
			t.Fatal("the desk does not show what the customer wrote")
		}
	}
	tell(thread, core.Text{Body: "!template reply 您的退款已到账"})
	next("template", "您的退款已到账") // by a right of its own: it costs nothing
	if n := left(); n != 5 {
		t.Errorf("after the customer wrote again %d are left", n)
	}
}
