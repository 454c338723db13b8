package hub

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// The main job: a question is answered, a person is asked for, an agent takes
// over and answers, closes; nobody speaks out of turn.
func TestJourney(t *testing.T) {
	s := newStage(t)
	s.onDuty("lin")
	s.says("ann", "ping 1")
	if got := said(s.web.take()); !strings.Contains(got, "bot: pong") {
		t.Fatalf("the question was not answered: %s", got)
	}
	s.says("ann", "human")
	if got := said(s.web.take()); !strings.HasPrefix(got, "bot: ") {
		t.Fatalf("nothing said about the line: %s", got)
	}
	thread := s.card()
	s.staff("lin", thread, core.Pick{Option: "claim"})
	s.web.take()
	s.staff("lin", thread, core.Text{Body: "Hello, Lin here."})
	if got := s.web.take(); len(got) != 1 || got[0].By.Kind != core.ByAgent || got[0].By.Name != "LIN" || got[0].Parts.Text() != "Hello, Lin here." {
		t.Fatalf("the agent's words: %+v\n%s", got, s.record("web", "ann"))
	}
	if last := s.desk.marks[len(s.desk.marks)-1]; !strings.Contains(last, string(core.MarkArrived)) {
		t.Errorf("marks: %q", s.desk.marks)
	}
	s.says("ann", "ping 2")
	if got := said(s.web.take()); got != "" {
		t.Errorf("the bot talks over the agent: %s", got)
	}
	if got := said(s.desk.take()); !strings.Contains(got, "ping 2") {
		t.Errorf("the desk does not see what the customer wrote: %s", got)
	}
	s.staff("bob", thread, core.Text{Body: "I am nobody here."})
	s.staff("lin", thread, core.Text{Body: "// she is a regular"})
	if got := said(s.web.take()); got != "" {
		t.Errorf("a note leaked: %s", got)
	}
	s.staff("lin", thread, core.Text{Body: "!close done"})
	if got := said(s.web.take()); !strings.Contains(got, "survey") {
		t.Errorf("no survey: %s", got)
	}
	c, err := s.store.Conversation(t.Context(), core.Key{Channel: "web", Peer: "ann"})
	if err != nil || c.State != core.WithBot || c.Ticket.State != core.TicketClosed {
		t.Errorf("after the close: %+v %v", c, err)
	}
	s.says("ann", "ping 3")
}

// A platform that repeats itself, at the same moment, gets one reply.
func TestRepeats(t *testing.T) {
	s := newStage(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			env := core.Envelope{Channel: "web", Ref: "m1", Peer: core.Peer{ID: "ann", Lang: "en"}, Parts: core.Parts{core.Text{Body: "ping 1"}}}
			if err := s.Receive(t.Context(), env); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	s.work(5 * time.Second)
	if got := said(s.web.take()); strings.Count(got, "pong") != 1 {
		t.Errorf("got %s", got)
	}
	rs, err := s.store.Past(t.Context(), core.PastQuery{Key: core.Key{Channel: "web", Peer: "ann"}, Max: 100, Peer: true})
	in := 0
	for _, r := range rs {
		if r.In {
			in++
		}
	}
	if err != nil || in != 1 {
		t.Errorf("%d filed, %v", in, err)
	}
}

// Bad input is refused with words that say what is wrong.
func TestRefuses(t *testing.T) {
	s := newStage(t)
	text := core.Parts{core.Text{Body: "x"}}
	for name, env := range map[string]core.Envelope{
		"no account": {Channel: "nobody", Ref: "1", Peer: core.Peer{ID: "a"}, Parts: text},
		"no ref":     {Channel: "web", Peer: core.Peer{ID: "a"}, Parts: text},
		"no peer":    {Channel: "web", Ref: "1", Parts: text},
		"no parts":   {Channel: "web", Ref: "1", Peer: core.Peer{ID: "a"}},
	} {
		if err := s.Receive(t.Context(), env); !errors.Is(err, core.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"", "a/b", "web"} {
		if s.Connect(name, core.RoleChannel, s.web) == nil {
			t.Errorf("an account called %q was taken", name)
		}
	}
	if s.Connect("nothreads", core.RoleDesk, s.web) == nil {
		t.Error("a desk without threads was taken")
	}
}

// Broken UTF-8 never gets further than Receive.
func TestBrokenText(t *testing.T) {
	s := newStage(t)
	s.says("ann", "ping \xff\xfe1")
	rs, err := s.store.Past(t.Context(), core.PastQuery{Key: core.Key{Channel: "web", Peer: "ann"}, Max: 10, Peer: true})
	if err != nil || len(rs) == 0 || !strings.Contains(rs[0].Message.Parts.Text(), "�") {
		t.Errorf("%+v %v", rs, err)
	}
}

// The wait is shown where the channel can, and taken away when it is over.
func TestBanner(t *testing.T) {
	s := newStage(t)
	s.onDuty("lin")
	var threads []string
	for i := range 6 { // the first five fill the only agent
		s.says(fmt.Sprint("early", i), "human")
		threads = append(threads, s.card())
		s.staff("lin", threads[i], core.Pick{Option: "claim"})
	}
	s.web.banners = nil
	s.says("ann", "human")
	if n := len(s.web.banners); n == 0 || s.web.banners[n-1].State != core.InLine || s.web.banners[n-1].Text == "" {
		t.Fatalf("banners: %+v\n%s", s.web.banners, s.record("web", "ann"))
	}
	thread := s.card()
	n := len(s.web.banners)
	s.work(50 * time.Second)
	if more := len(s.web.banners) - n; more > 4 {
		t.Errorf("%d banners in less than a minute", more)
	}
	s.staff("lin", threads[0], core.Text{Body: "!close done"})
	s.staff("lin", threads[1], core.Text{Body: "!close done"})
	s.staff("lin", thread, core.Pick{Option: "claim"})
	for _, b := range s.web.banners[n:] {
		if b.State == core.WithAgent && b.Text == "" && b.Name == "LIN" {
			return
		}
	}
	t.Errorf("never taken away: %+v\n%s", s.web.banners[n:], s.record("web", "ann"))
}

// Typing is passed on both ways, the agent's only from the owner.
func TestTyping(t *testing.T) {
	s := newStage(t)
	s.says("ann", "human")
	thread := s.card()
	s.staff("lin", thread, core.Pick{Option: "claim"})
	s.Typing(t.Context(), core.Envelope{Channel: "web", Peer: core.Peer{ID: "ann"}})
	s.Typing(t.Context(), core.Envelope{Channel: "desk", Thread: thread, Peer: core.Peer{ID: "bob"}})
	if len(s.web.typed) != 0 {
		t.Error("somebody else's typing was shown to the customer")
	}
	s.Typing(t.Context(), core.Envelope{Channel: "desk", Thread: thread, Peer: core.Peer{ID: "lin"}})
	if len(s.web.typed) != 1 || len(s.desk.typed) != 1 || s.desk.typed[0] != "ann@"+thread {
		t.Errorf("web %q, desk %q", s.web.typed, s.desk.typed)
	}
}

// What a desk's own accounts say of an agent is what the line goes by.
func TestDeskDescribesAgents(t *testing.T) {
	s := newStage(t)
	s.in(core.Envelope{Channel: "desk", Parts: core.Parts{core.Pick{Option: "on"}}, Peer: core.Peer{ID: "lin", Name: "Lin",
		Facts: map[string]string{"role": "lead", "topics": "help,returns", "langs": "en", "max": "3"}}})
	s.work(time.Second)
	a := s.line.scene().Agents["desk/lin"]
	if !a.Lead || a.Max != 3 || len(a.Topics) != 2 || a.Langs[0] != "en" || a.Presence != core.OnDuty {
		t.Errorf("got %+v", a)
	}
}

// What is received before Run is answered once it runs.
func TestReceiveBeforeRun(t *testing.T) {
	s := newStage(t)
	s.Hub.now = time.Now
	answered := make(chan struct{})
	var once sync.Once
	s.web.fail = func(core.Envelope) error { once.Do(func() { close(answered) }); return nil }
	s.in(core.Envelope{Channel: "web", Peer: core.Peer{ID: "ann", Lang: "en"}, Parts: core.Parts{core.Text{Body: "ping 1"}}})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	<-answered
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// On a platform that shows no names every message of the bot is marked,
// also the pieces of a long one; nothing goes over the limit.
func TestBotIsMarked(t *testing.T) {
	s := newStage(t)
	s.accounts["web"].limits = core.Limits{Text: 20, Idempotent: true}
	s.says("ann", "ping 1")
	got := s.web.take()
	if len(got) < 3 {
		t.Fatalf("got %s", said(got))
	}
	for _, env := range got {
		text := env.Parts.Text()
		if !strings.HasPrefix(text, "🤖") || core.Runes.Len(text) > 20 {
			t.Errorf("%q", text)
		}
	}
}
