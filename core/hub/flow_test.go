package hub

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk"
	"github.com/frontdesk-im/frontdesk/core/dialog"
)

// A stage is a hub on a real store with pipes at both ends and a clock of its
// own. Work is done when the test says so.
type stage struct {
	*Hub
	t         *testing.T
	web, desk *pipe
	clock     time.Time
	n         int
}

func newStage(t *testing.T) *stage {
	st, err := openStore(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	s := &stage{t: t, clock: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)}
	s.web = &pipe{name: "web", lim: core.Limits{Options: 10, Idempotent: true, Names: true}}
	s.desk = &pipe{name: "desk", lim: core.Limits{Threads: true, Cases: true}}
	s.Hub = testHub(st, func() time.Time { return s.clock })
	if err := errors.Join(s.Connect("web", Channel, s.web), s.Connect("desk", Desk, s.desk)); err != nil {
		t.Fatal(err)
	}
	return s
}

// work lets the given time pass, doing what falls due on the way.
func (s *stage) work(pass time.Duration) {
	s.t.Helper()
	for end := s.clock.Add(pass); ; {
		next, err := s.Work(s.t.Context())
		if err != nil {
			s.t.Fatal(err)
		}
		if next.IsZero() || next.After(end) {
			s.clock = end
			break
		}
		s.clock = next
	}
	if _, err := s.Work(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) in(env core.Envelope) {
	s.t.Helper()
	s.n++
	if env.Ref == "" {
		env.Ref = fmt.Sprint("ref", s.n)
	}
	if err := s.Receive(s.t.Context(), env); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) says(peer, text string) {
	s.t.Helper()
	s.in(core.Envelope{Channel: "web", Peer: core.Peer{ID: peer, Lang: "en"}, Parts: core.Parts{core.Text{Body: text}}})
	s.work(2 * time.Second)
}

func (s *stage) staff(agent, thread string, p core.Part) {
	s.t.Helper()
	s.in(core.Envelope{Channel: "desk", Thread: thread, Peer: core.Peer{ID: agent, Name: strings.ToUpper(agent)}, Parts: core.Parts{p}})
	s.work(10 * time.Second)
}

// onDuty lets agents begin their day.
func (s *stage) onDuty(agents ...string) {
	s.t.Helper()
	for _, a := range agents {
		s.staff(a, "", core.Pick{Option: "on"})
	}
	s.desk.take()
}

// card is the thread of the newest case shown at the desk.
func (s *stage) card() string {
	s.t.Helper()
	for _, env := range s.desk.take() {
		if c, ok := env.Parts[0].(core.Case); ok && env.Thread == "" {
			return "t" + c.Ticket
		}
	}
	s.t.Fatal("no case was shown at the desk")
	return ""
}

// record is the conversation as it was kept, for a failing test's words.
func (s *stage) record(channel, peer string) string {
	rs, err := s.store.Past(s.t.Context(), core.PastQuery{Key: core.Key{Channel: channel, Peer: peer}, Max: 10_000})
	if err != nil {
		return err.Error()
	}
	return written(rs)
}

// written is a conversation's record in lines.
func written(rs []core.Record) string {
	var b strings.Builder
	for _, r := range rs {
		switch {
		case r.Event != nil:
			fmt.Fprintf(&b, "%d  * %s %s: %s %v\n", r.Seq, r.Event.Kind, r.Event.By.ID, r.Event.Why, r.Event.Data)
		case r.In:
			fmt.Fprintf(&b, "%d  > %s %s %v\n", r.Seq, r.Message.Channel, r.Message.Thread, r.Message.Parts)
		default:
			fmt.Fprintf(&b, "%d  < %s %s %s %v %s\n", r.Seq, r.Message.Channel, r.Message.Thread, r.State, r.Message.Parts, r.Why)
		}
	}
	return b.String()
}

func said(es []core.Envelope) string {
	var out []string
	for _, e := range es {
		out = append(out, fmt.Sprintf("%s: %s", e.By.Kind, e.Parts.Text()))
	}
	return strings.Join(out, "\n")
}

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
	if last := s.desk.marks[len(s.desk.marks)-1]; !strings.Contains(last, string(core.Arrived)) {
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

// C-08: a platform that repeats itself, at the same moment, gets one reply.
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

// of fifty claims from three desks, made at the same moment on a hub that
// runs, one wins; each of the others is told who.
func TestClaimRaceDesks(t *testing.T) {
	st, err := openStore(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	h := testHub(st, time.Now)
	h.conf.Desk.Desks = nil
	desks := map[string]*pipe{}
	if err := h.Connect("web", Channel, &pipe{name: "web", lim: core.Limits{Names: true}}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"console", "slack", "telegram"} {
		desks[name] = &pipe{name: name, lim: core.Limits{Threads: true, Cases: true}}
		h.conf.Desk.Desks = append(h.conf.Desk.Desks, desk.Desk{Name: name, Lang: "en", Crowd: -1})
		if err := h.Connect(name, Desk, desks[name]); err != nil {
			t.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	key := core.Key{Channel: "web", Peer: "ann"}
	until := func(what string, ok func(core.Conversation, []core.Record) bool) {
		t.Helper()
		for end := time.Now().Add(time.Minute); time.Now().Before(end); runtime.Gosched() {
			c, _ := st.Conversation(t.Context(), key)
			rs, err := st.Past(t.Context(), core.PastQuery{Key: key, Max: 1000})
			if err == nil && ok(c, rs) {
				return
			}
		}
		rs, _ := st.Past(t.Context(), core.PastQuery{Key: key, Max: 1000})
		t.Fatalf("not within a minute: %s\n%s", what, written(rs))
	}
	err = h.Receive(t.Context(), core.Envelope{Channel: "web", Ref: "m1", Peer: core.Peer{ID: "ann", Lang: "en"}, Parts: core.Parts{core.Text{Body: "human"}}})
	if err != nil {
		t.Fatal(err)
	}
	until("three desks show it", func(c core.Conversation, _ []core.Record) bool { return c.Ticket != nil && len(c.Ticket.Shown) == 3 })
	names := slices.Sorted(maps.Keys(desks))
	var wg sync.WaitGroup
	begin := make(chan struct{})
	for i := range 50 {
		wg.Go(func() {
			<-begin
			err := h.Receive(t.Context(), core.Envelope{Channel: names[i%3], Thread: "t" + ticketOf(t, st, key), Ref: fmt.Sprint("claim", i),
				Peer: core.Peer{ID: fmt.Sprint("a", i), Name: fmt.Sprint("Agent", i)}, Parts: core.Parts{core.Pick{Option: "claim"}}})
			if err != nil {
				t.Error(err)
			}
		})
	}
	close(begin)
	wg.Wait()
	count := func(rs []core.Record, kind core.EventKind) (n int) {
		for _, r := range rs {
			if r.Event != nil && r.Event.Kind == kind {
				n++
			}
		}
		return n
	}
	until("fifty are answered", func(_ core.Conversation, rs []core.Record) bool {
		return count(rs, core.Claimed) > 0 && count(rs, core.Claimed)+count(rs, core.Refused) == 50
	})
	until("everything is sent", func(core.Conversation, []core.Record) bool {
		st, err := st.Stats(t.Context())
		return err == nil && st.Outbox == 0
	})
	until("one owner", func(c core.Conversation, rs []core.Record) bool {
		return count(rs, core.Claimed) == 1 && c.Ticket.State == core.TicketActive && c.Ticket.Agent != ""
	})
	c, err := st.Conversation(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	told, winner := 0, h.line.scene().Agents[c.Ticket.Agent].Name
	for _, d := range desks {
		for _, e := range d.take() {
			if e.Parts.Text() == winner+" has claimed it already." && e.Peer.ID != "" && e.Peer.ID != strings.ToLower(winner) {
				told++
			}
		}
	}
	if told != 49 {
		t.Errorf("%d of 49 losers were told that %q has it", told, winner)
	}
}

func ticketOf(t *testing.T, st core.Store, key core.Key) string {
	c, err := st.Conversation(t.Context(), key)
	if err != nil {
		t.Error(err)
	}
	return c.Ticket.ID
}

// of fifty claims at the same moment one wins; the others are told who.
func TestClaimRace(t *testing.T) {
	s := newStage(t)
	var all []string
	for i := range 50 {
		all = append(all, fmt.Sprint("a", i))
	}
	s.says("ann", "human")
	thread := s.card()
	s.onDuty(all[0])
	for i := range 50 {
		s.in(core.Envelope{Channel: "desk", Thread: thread, Peer: core.Peer{ID: fmt.Sprint("a", i), Name: fmt.Sprint("Agent", i)},
			Parts: core.Parts{core.Pick{Option: "claim"}}})
	}
	s.work(time.Second)
	rs, err := s.store.Past(t.Context(), core.PastQuery{Key: core.Key{Channel: "web", Peer: "ann"}, Max: 1000})
	if err != nil {
		t.Fatal(err)
	}
	claims := 0
	for _, r := range rs {
		if r.Event != nil && r.Event.Kind == core.Claimed {
			claims++
		}
	}
	c, _ := s.store.Conversation(t.Context(), core.Key{Channel: "web", Peer: "ann"})
	told := strings.Count(said(s.desk.take()), s.line.scene().Agents[c.Ticket.Agent].Name)
	if claims != 1 || told < 49 {
		t.Errorf("%d claims, %d were told who has it\n%s", claims, told, s.record("web", "ann"))
	}
}

// What fails is tried again in order, given up visibly, and never said twice.
func TestFailures(t *testing.T) {
	serve := func(t *testing.T) (*stage, string) {
		s := newStage(t)
		s.onDuty("lin")
		s.says("ann", "human")
		thread := s.card()
		s.staff("lin", thread, core.Pick{Option: "claim"})
		s.web.take()
		return s, thread
	}
	t.Run("transient, then order", func(t *testing.T) {
		s, thread := serve(t)
		n := 0
		s.web.fail = func(core.Envelope) error {
			if n++; n < 4 {
				return &core.SendError{Kind: core.Transient, Err: errors.New("busy")}
			}
			return nil
		}
		s.staff("lin", thread, core.Text{Body: "one"})
		s.staff("lin", thread, core.Text{Body: "two"})
		s.work(time.Minute)
		if got := said(s.web.take()); got != "agent: one\nagent: two" {
			t.Errorf("got %s", got)
		}
	})
	t.Run("rejected", func(t *testing.T) {
		s, thread := serve(t)
		s.web.fail = func(e core.Envelope) error {
			if e.By.Kind == core.ByAgent {
				return &core.SendError{Kind: core.Rejected, Err: errors.New("a word is banned there")}
			}
			return nil
		}
		s.desk.take()
		s.staff("lin", thread, core.Text{Body: "one"})
		last := s.desk.marks[len(s.desk.marks)-1]
		if !strings.Contains(last, string(core.Failed)) || !strings.Contains(last, "banned") {
			t.Errorf("marks: %q", s.desk.marks)
		}
		if got := said(s.desk.take()); !strings.Contains(got, "banned") {
			t.Errorf("the agent is not told why: %s", got)
		}
	})
	t.Run("unknown is repeated where repeats are dropped", func(t *testing.T) {
		s, thread := serve(t)
		n := 0
		s.web.fail = func(e core.Envelope) error {
			if n++; n == 1 {
				s.web.sent = append(s.web.sent, e)
				s.web.seen[e.ID] = true
				return &core.SendError{Kind: core.Unknown, Err: errors.New("cut off")}
			}
			return nil
		}
		s.staff("lin", thread, core.Text{Body: "one"})
		s.work(time.Minute)
		if got := said(s.web.take()); got != "agent: one" {
			t.Errorf("got %s", got)
		}
		if last := s.desk.marks[len(s.desk.marks)-1]; !strings.Contains(last, string(core.Arrived)) {
			t.Errorf("marks: %q", s.desk.marks)
		}
	})
	t.Run("unknown is marked where they are not", func(t *testing.T) {
		s, thread := serve(t)
		s.accounts["web"].limits.Idempotent = false
		n := 0
		s.web.fail = func(core.Envelope) error {
			if n++; n == 1 {
				return &core.SendError{Kind: core.Unknown, Err: errors.New("cut off")}
			}
			return nil
		}
		s.staff("lin", thread, core.Text{Body: "one"})
		s.work(time.Hour)
		if got := said(s.web.take()); strings.Contains(got, "one") {
			t.Errorf("said again: %s", got)
		}
		if last := s.desk.marks[len(s.desk.marks)-1]; !strings.Contains(last, string(core.Unsure)) {
			t.Errorf("marks: %q", s.desk.marks)
		}
	})
	t.Run("a panic is one failed send", func(t *testing.T) {
		s, thread := serve(t)
		s.web.fail = func(e core.Envelope) error {
			if strings.Contains(e.Parts.Text(), "boom") {
				panic("adapter bug")
			}
			return nil
		}
		s.accounts["web"].limits.Idempotent = false
		s.staff("lin", thread, core.Text{Body: "boom"})
		s.staff("lin", thread, core.Text{Body: "after"})
		if got := said(s.web.take()); got != "agent: after" {
			t.Errorf("got %s", got)
		}
	})
}

// D-02: an adapter that hangs holds up nobody but itself.
func TestHangingAdapter(t *testing.T) {
	s := newStage(t)
	hang := make(chan struct{})
	stuck := &pipe{lim: core.Limits{Names: true, Idempotent: true}, fail: func(core.Envelope) error { <-hang; return nil }}
	if err := s.Connect("stuck", Channel, stuck); err != nil {
		t.Fatal(err)
	}
	answered := make(chan struct{})
	s.web.fail = func(core.Envelope) error { close(answered); return nil }
	s.Hub.now = time.Now
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	for i := range 100 {
		s.in(core.Envelope{Channel: "stuck", Peer: core.Peer{ID: fmt.Sprint(i), Lang: "en"}, Parts: core.Parts{core.Text{Body: "ping 1"}}})
	}
	s.in(core.Envelope{Channel: "web", Peer: core.Peer{ID: "ann", Lang: "en"}, Parts: core.Parts{core.Text{Body: "ping 1"}}})
	<-answered
	close(hang)
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
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
		if s.Connect(name, Channel, s.web) == nil {
			t.Errorf("an account called %q was taken", name)
		}
	}
	if s.Connect("nothreads", Desk, s.web) == nil {
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

// A turn that cannot be decided harms nobody else and is not tried all the time.
func TestPoison(t *testing.T) {
	s := newStage(t)
	good := s.conf.Book()
	var tries int
	s.conf.Book = func() *dialog.Book {
		if tries++; tries < 3 {
			return nil // a nil script panics when it is asked
		}
		return good
	}
	s.in(core.Envelope{Channel: "web", Peer: core.Peer{ID: "ann", Lang: "en"}, Parts: core.Parts{core.Text{Body: "ping 1"}}})
	for range 2 {
		if err := s.turn(t.Context(), core.Key{Channel: "web", Peer: "ann"}); err == nil || !strings.Contains(err.Error(), "panicked") {
			t.Fatalf("got %v", err)
		}
	}
	s.work(10 * time.Second)
	if got := said(s.web.take()); !strings.Contains(got, "pong") {
		t.Errorf("not answered after the script was mended: %s", got)
	}
}

// C-11: on a platform that shows no names every message of the bot is marked,
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

// who goes home, by a command in any thread, keeps no ticket and gets no
// new one.
func TestGoingHome(t *testing.T) {
	s := newStage(t)
	s.onDuty("lin")
	s.says("ann", "human")
	thread := s.card()
	s.staff("lin", thread, core.Pick{Option: "claim"})
	s.says("ben", "human")
	s.staff("lin", s.card(), core.Text{Body: "!off force"})
	for _, peer := range []string{"ann", "ben"} {
		c, err := s.store.Conversation(t.Context(), core.Key{Channel: "web", Peer: peer})
		if err != nil || c.Ticket.Agent != "" {
			t.Errorf("%s is still with %s, %v", peer, c.Ticket.Agent, err)
		}
	}
}

// A message that may have arrived is counted like one that has, and what costs
// nothing is not: the platform's own count is never exceeded.
func TestLedgerIsCharged(t *testing.T) {
	s := newStage(t)
	a := s.accounts["web"]
	a.limits.Idempotent, a.limits.Allowances = false, []core.Allowance{{After: "message", Count: 5, Within: time.Hour}}
	s.in(core.Envelope{Channel: "web", Peer: core.Peer{ID: "ann", Lang: "en"}, Cause: "message", Parts: core.Parts{core.Text{Body: "hello"}}})
	key := core.Key{Channel: "web", Peer: "ann"}
	left := func() int {
		t.Helper()
		c, err := s.store.Conversation(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		return c.Ledger.Room(s.clock)
	}
	s.work(2 * time.Second)
	had := left()
	for _, c := range []struct {
		outcome core.Attempt
		ref     string
		err     error
		cost    int
	}{
		{core.AttemptSent, "r1", nil, 1},
		{core.AttemptSent, core.Free + "r2", nil, 0},
		{core.AttemptAgain, "", &core.SendError{Kind: core.Transient, Err: errors.New("busy")}, 0},
		{core.AttemptUnknown, "", &core.SendError{Kind: core.Unknown, Err: errors.New("cut off")}, 1},
		{core.AttemptGaveUp, "", &core.SendError{Kind: core.Closed, Err: errors.New("out of quota")}, had - 2},
	} {
		a.charge(t.Context(), core.Result{Delivery: core.Delivery{Key: key}, Outcome: c.outcome, Ref: c.ref, Err: c.err})
		if had -= c.cost; left() != had {
			t.Errorf("after %s %q %v: %d are left, want %d", c.outcome, c.ref, c.err, left(), had)
		}
	}
}

// a ticket's thread is deleted while its customer waits: the ticket is
// shown in a new one with what was said last, and nothing is lost, neither what
// the customer wrote meanwhile nor what the agent has just said.
func TestThreadDeleted(t *testing.T) {
	s := newStage(t)
	s.conf.Desk.Desks[0].Hold = desk.DefaultHold
	s.onDuty("lin")
	s.says("ann", "human")
	thread := s.card()
	s.staff("lin", thread, core.Pick{Option: "claim"})
	s.in(core.Envelope{Channel: "desk", Thread: thread, Peer: core.Peer{ID: "lin", Name: "LIN"}, Parts: core.Parts{core.Text{Body: "one moment"}}})
	s.work(time.Second) // it is held
	s.desk.take()
	s.web.take()
	gone := true
	s.desk.fail = func(e core.Envelope) error {
		if c, ok := e.Parts[0].(core.Case); ok && e.Thread == "" {
			if gone = false; !strings.Contains(strings.Join(c.Lines, "\n"), "human") {
				t.Errorf("the new card does not say what was said: %q", c.Lines)
			}
		}
		if gone && e.Thread == thread {
			return &core.SendError{Kind: core.Gone, Err: errors.New("the thread was deleted")}
		}
		return nil
	}
	s.says("ann", "are you there?")
	s.says("ann", "hello?")
	s.work(30 * time.Second)
	var got []string
	for _, e := range s.desk.take() {
		if _, ok := e.Parts[0].(core.Case); ok {
			got = append(got, "card in "+e.Thread)
		} else {
			got = append(got, e.Parts.Text())
		}
	}
	text := strings.Join(got, "\n")
	if len(got) == 0 || got[0] != "card in " || strings.Index(text, "are you there?") > strings.Index(text, "hello?") || strings.Count(text, "are you there?") != 1 || !strings.Contains(text, "thread was deleted") {
		t.Errorf("the desk shows\n%s\n%s", text, s.record("web", "ann"))
	}
	if got := said(s.web.take()); got != "agent: one moment" {
		t.Errorf("the customer reads %q", got)
	}
}

// what an agent has written goes out once, though the program dies while
// it is held and the platform is busy afterwards.
func TestHoldSurvives(t *testing.T) {
	s := newStage(t)
	s.conf.Desk.Desks[0].Hold = desk.DefaultHold
	s.onDuty("lin")
	s.says("ann", "human")
	thread := s.card()
	s.staff("lin", thread, core.Pick{Option: "claim"})
	s.in(core.Envelope{Channel: "desk", Thread: thread, Peer: core.Peer{ID: "lin", Name: "LIN"}, Parts: core.Parts{core.Text{Body: "one moment"}}})
	s.work(time.Second)
	s.web.take()
	old := s.Hub
	s.Hub = testHub(s.store, func() time.Time { return s.clock })
	n := 0
	s.web.fail = func(core.Envelope) error {
		if n++; n < 3 {
			return &core.SendError{Kind: core.Throttled, After: 20 * time.Second, Err: errors.New("429")}
		}
		return nil
	}
	if err := errors.Join(s.Connect("web", Channel, s.web), s.Connect("desk", Desk, s.desk), s.Load(t.Context())); err != nil {
		t.Fatal(err)
	}
	old.stop()
	s.work(10 * time.Second) // a hub that has just begun has noted no times yet
	s.work(time.Minute)
	if got := said(s.web.take()); got != "agent: one moment" || n != 3 {
		t.Errorf("the customer reads %q after %d attempts\n%s", got, n, s.record("web", "ann"))
	}
	if last := s.desk.marks[len(s.desk.marks)-1]; !strings.Contains(last, string(core.Arrived)) {
		t.Errorf("marks: %q", s.desk.marks)
	}
}

// A break said in a ticket's thread ends by itself all the same.
func TestBreakFromThread(t *testing.T) {
	s := newStage(t)
	s.onDuty("lin")
	s.says("ann", "human")
	thread := s.card()
	s.staff("lin", thread, core.Pick{Option: "claim"})
	s.staff("lin", thread, core.Text{Body: "!break 20m"})
	is := func(want core.Presence) {
		t.Helper()
		if a := s.line.scene().Agents["desk/lin"]; a.Presence != want {
			t.Errorf("%s: %+v", s.clock.Format("15:04:05"), a)
		}
	}
	is(core.OnBreak)
	s.work(19 * time.Minute)
	is(core.OnBreak)
	s.desk.take()
	s.work(2 * time.Minute)
	is(core.OnDuty)
	if got := said(s.desk.take()); !strings.Contains(got, "break is over") {
		t.Errorf("said %s", got)
	}
}

// A platform that lets one customer wait does not hold up the others, unless it
// says so of the account.
func TestThrottledPeer(t *testing.T) {
	for _, only := range []bool{true, false} {
		s := newStage(t)
		busy := true
		s.web.fail = func(e core.Envelope) error {
			if busy && e.Peer.ID == "ann" {
				return &core.SendError{Kind: core.Throttled, After: time.Minute, Only: only, Err: errors.New("429")}
			}
			return nil
		}
		s.says("ann", "ping 1")
		s.says("ben", "ping 2")
		if got := said(s.web.take()); strings.Contains(got, "pong") != only {
			t.Errorf("only one peer: %v, and the other reads %q", only, got)
		}
		busy = false
		s.work(2 * time.Minute)
		if got := said(s.web.take()); !strings.Contains(got, "pong") {
			t.Errorf("after the time nobody reads anything: %q", got)
		}
	}
}
