package webchat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

var agent = core.Author{Kind: core.ByAgent, ID: "console/lin", Name: "小林"}

func TestTalk(t *testing.T) {
	w := newWorld(t, Config{})
	a := w.tab(w.session(nil)).open()
	a.say(map[string]any{"op": "open"})
	a.until("the greeting", func() bool { return len(a.lines) == 1 })
	// The page's address comes without what may carry secrets.
	wantEqual(t, "greeting", a.said(), []string{"bot: welcome from https://shop.example/tea"})
	wantEqual(t, "author", a.lines[0].From, from{Kind: "bot", Name: "小禾"})

	a.sendText("c1", "你好\u0000 <b>x</b>")
	a.until("the answer", func() bool { return len(a.lines) == 3 })
	wantEqual(t, "lines", a.said()[1:], []string{"peer: 你好 <b>x</b>", "bot: re: 你好 <b>x</b>"})
	wantEqual(t, "own id", a.lines[1].Mine, "c1")

	// Opening again does not greet again; a second window sees everything.
	b := w.tab(a.token).open()
	wantEqual(t, "second window", b.said(), a.said())
	b.say(map[string]any{"op": "open"})
	b.say(map[string]any{"op": "send", "id": "c2", "pick": map[string]string{"option": "7", "label": "查订单"}})
	for _, x := range []*tab{a, b} {
		x.until("the pick", func() bool { return len(x.lines) == 5 })
		wantEqual(t, "pick", x.said()[3:], []string{"peer: 查订单", "bot: picked 7"})
	}

	peer := w.visitor(a.token)
	conv, err := w.store.Conversation(context.Background(), core.Key{Channel: "web", Peer: peer})
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "peer", conv.Peer, core.Peer{ID: peer, Lang: "zh-CN", Facts: map[string]string{"page": "https://shop.example/tea", "title": "Tea", "zone": "Europe/London"}})
}

func TestRepeatsAreFiledOnce(t *testing.T) {
	w := newWorld(t, Config{})
	a := w.tab(w.session(nil)).open()
	acks := 0
	for range 3 {
		a.sendText("c1", "once")
	}
	a.until("three acknowledgements and the answer", func() bool {
		if a.last.Op == "ack" && a.last.ID == "c1" {
			acks++
			a.last = reply{}
		}
		return acks == 3 && len(a.lines) >= 2
	})
	wantEqual(t, "lines", a.said(), []string{"peer: once", "bot: re: once"})
}

// A line is acknowledged only after it is kept; when it cannot be, the widget
// is told to try again, and trying again works.
func TestNotFiledIsNotAcknowledged(t *testing.T) {
	w := newWorld(t, Config{})
	a := w.tab(w.session(nil)).open()
	w.mu.Lock()
	w.fail = errors.New("disk full")
	w.mu.Unlock()
	a.sendText("c1", "hello")
	r := a.next()
	wantEqual(t, "frame", []any{r.Op, r.Code, r.ID, r.Retry > 0}, []any{"error", "busy", "c1", true})
	status, out := w.call(request{method: "POST", path: "v1/messages", token: a.token, body: `{"op":"send","id":"c1","text":"hello"}`})
	wantEqual(t, "by HTTP", []any{status, out["code"]}, []any{503, "busy"})
	w.mu.Lock()
	w.fail = nil
	w.mu.Unlock()
	a.sendText("c1", "hello")
	a.until("the answer", func() bool { return len(a.lines) == 2 })
}

// What is pending is not shown: a person may take over and it is dropped.
func TestPendingIsNotShown(t *testing.T) {
	w := newWorld(t, Config{})
	a := w.tab(w.session(nil)).open()
	stall := make(chan struct{})
	w.mu.Lock()
	w.stall = stall
	w.mu.Unlock()
	a.sendText("c1", "slow")
	a.until("the ack", func() bool { return a.last.Op == "ack" })
	a.until("the visitor's own line", func() bool { return len(a.lines) == 1 })
	peer := core.Key{Channel: "web", Peer: w.visitor(a.token)}
	for { // until the answer is committed
		if recs, _ := w.store.Past(t.Context(), core.PastQuery{Key: peer, Peer: true}); len(recs) == 2 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	b := w.tab(a.token).open()
	wantEqual(t, "a new window", b.said(), []string{"peer: slow"})
	status, out := w.call(request{method: "GET", path: "v1/events?after=0", token: a.token})
	if n := len(out["lines"].([]any)); status != 200 || n != 1 {
		t.Errorf("a poll shows %d lines (status %d), want 1", n, status)
	}

	// The customer's next line follows it in the record, so it waits too.
	a.sendText("c2", "and?")
	a.until("the ack", func() bool { return a.last.Op == "ack" && a.last.ID == "c2" })
	w.mu.Lock()
	w.stall = nil
	w.mu.Unlock()
	close(stall)
	for _, x := range []*tab{a, b} {
		x.until("everything", func() bool { return len(x.lines) == 4 })
		wantEqual(t, "order", x.said()[:3], []string{"peer: slow", "bot: re: slow", "peer: and?"})
	}
}

func TestBannerTypingAndWho(t *testing.T) {
	w := newWorld(t, Config{})
	a := w.tab(w.session(nil)).open()
	a.sendText("c1", "hi")
	a.until("the answer", func() bool { return len(a.lines) == 2 })
	wantEqual(t, "who", *w.who(a), who{State: "bot"})
	peer := core.Peer{ID: w.visitor(a.token)}

	wait := core.Banner{Text: "前面 3 位", State: core.InLine}
	for range 2 { // the second is the same and is not sent again
		if err := w.chat.Banner(t.Context(), peer, wait); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.chat.Typing(t.Context(), peer, ""); err != nil {
		t.Fatal(err)
	}
	var ops []string
	a.until("typing", func() bool { ops = append(ops, a.last.Op); return a.last.Op == "typing" })
	wantEqual(t, "frames", ops, []string{"lines", "banner", "typing"})

	// It survives a reload, and a claim takes it away.
	b := w.tab(a.token).open()
	wantEqual(t, "banner after a reload", *b.last.Banner, banner{"前面 3 位"})
	w.chat.Banner(t.Context(), peer, core.Banner{State: core.WithAgent, Name: "小林"})
	b.until("the claim", func() bool { return b.last.Op == "banner" })
	wantEqual(t, "banner", *b.last.Banner, banner{})
	wantEqual(t, "who", *b.last.Who, who{State: "agent", Name: "小林", Staff: true})
	if c := w.tab(a.token).open(); c.last.Banner != nil {
		t.Errorf("the banner is back after a reload: %v", c.last.Banner)
	}

	a.say(map[string]any{"op": "typing"})
	a.sendText("c2", "x") // handled after it
	a.until("the ack", func() bool { return a.last.Op == "ack" })
	w.mu.Lock()
	defer w.mu.Unlock()
	wantEqual(t, "typing passed on", w.typed, 1)
}

// who is what a poll says about the other end.
func (w *world) who(a *tab) *who {
	res := w.do(request{method: "GET", path: "v1/events", token: a.token})
	var r reply
	if err := json.NewDecoder(res.Body).Decode(&r); err != nil {
		w.t.Fatal(err)
	}
	return r.Who
}

func TestReadIsReported(t *testing.T) {
	w := newWorld(t, Config{})
	a := w.tab(w.session(nil)).open()
	a.sendText("c1", "hi")
	a.until("the answer", func() bool { return len(a.lines) == 2 })
	w.say(w.visitor(a.token), agent, core.Text{Body: "您好"})
	a.until("the agent", func() bool { return len(a.lines) == 3 })
	a.say(map[string]any{"op": "read", "seq": a.cursor})
	a.sendText("c2", "x")
	a.until("the ack", func() bool { return a.last.Op == "ack" && a.last.ID == "c2" })
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.reports) != 1 || w.reports[0].State != core.ReceiptRead || w.reports[0].Ref != a.lines[2].ID {
		t.Errorf("reports %v, want the agent's message as read", w.reports)
	}
}

func TestEditTakesThePlace(t *testing.T) {
	w := newWorld(t, Config{})
	a := w.tab(w.session(nil)).open()
	peer := w.visitor(a.token)
	w.say(peer, agent, core.Text{Body: "wrong"})
	a.until("the first", func() bool { return len(a.lines) == 1 })
	w.turn(core.Key{Channel: "web", Peer: peer}, func(c core.Conversation, _ []core.Envelope) core.Outcome {
		return core.Outcome{Conversation: c, Say: []core.Envelope{{Channel: "web", Peer: core.Peer{ID: peer}, By: agent, Replaces: a.lines[0].ID, Parts: core.Parts{core.Text{Body: "right"}}}}}
	})
	a.until("the second", func() bool { return len(a.lines) == 2 })
	wantEqual(t, "replaces", a.lines[1].Replaces, a.lines[0].ID)
}

func TestPastPages(t *testing.T) {
	w := newWorld(t, Config{Limits: Rates{Messages: 1e6, Burst: 1e6, PerAddress: 1e6}})
	a := w.tab(w.session(nil)).open()
	for i := range 60 {
		a.sendText(fmt.Sprint("c", i), fmt.Sprint("line ", i))
	}
	a.until("all answers", func() bool { return len(a.lines) == 120 })
	b := w.tab(a.token).open()
	if len(b.lines) != firstPage || !b.last.More {
		t.Fatalf("a new window gets %d lines, more=%v; want the newest %d and more", len(b.lines), b.last.More, firstPage)
	}
	all := b.lines
	for more := true; more; {
		b.say(map[string]any{"op": "past", "before": all[0].Seq})
		r := b.next()
		all, more = append(r.Lines, all...), r.More
	}
	for i, l := range all {
		if l.ID != a.lines[i].ID {
			t.Fatalf("line %d is %q, want %q", i, text(l), text(a.lines[i]))
		}
	}
	wantEqual(t, "lines", len(all), 120)
}

func TestPoll(t *testing.T) {
	w := newWorld(t, Config{})
	a := w.tab(w.session(nil))
	poll := func(wait string) {
		t.Helper()
		res := w.do(request{method: "GET", path: fmt.Sprintf("v1/events?after=%d&wait=%s&log=%s", a.cursor, wait, a.log), token: a.token})
		var r reply
		if err := json.NewDecoder(res.Body).Decode(&r); err != nil || res.StatusCode != 200 {
			t.Fatalf("poll: %d, %v", res.StatusCode, err)
		}
		a.take(r)
	}
	post := func(body string) int {
		status, _ := w.call(request{method: "POST", path: "v1/messages", token: a.token, body: body})
		return status
	}
	poll("0")
	wantEqual(t, "open", post(`{"op":"open"}`), 200)
	for len(a.lines) < 1 {
		poll("20")
	}
	for range 2 { // repeated: filed once
		wantEqual(t, "send", post(`{"op":"send","id":"p1","text":"long way"}`), 200)
	}
	for len(a.lines) < 3 {
		poll("20")
	}
	wantEqual(t, "lines", a.said()[1:], []string{"peer: long way", "bot: re: long way"})
	// A poll that waits is answered by what happens.
	done := make(chan struct{})
	go func() { defer close(done); poll("20") }()
	for { // it is waiting
		w.chat.rooms.mu.Lock()
		n := len(w.chat.rooms.m)
		w.chat.rooms.mu.Unlock()
		if n == 1 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	start := time.Now()
	w.chat.Banner(t.Context(), core.Peer{ID: w.visitor(a.token)}, core.Banner{Text: "wait", State: core.InLine})
	<-done
	if a.last.Banner == nil || time.Since(start) > 5*time.Second {
		t.Errorf("the poll came back with %v after %v, want the banner at once", a.last.Banner, time.Since(start))
	}
}

// Two processes share store and bus. What one sends, windows at the other see.
func TestTwoProcesses(t *testing.T) {
	w := newWorld(t, Config{})
	other := coretest.Open(t, New, w.cfg, w.deps())
	coretest.Run(t, other.Run)
	a := w.tab(w.session(nil))
	first := w.srv.Config.Handler
	w.srv.Config.Handler = other // windows connect to the other one
	a.open()
	w.srv.Config.Handler = first
	peer := core.Peer{ID: w.visitor(a.token)}
	w.say(peer.ID, agent, core.Text{Body: "from afar"})
	a.until("the line", func() bool { return len(a.lines) == 1 })
	w.chat.Banner(t.Context(), peer, core.Banner{Text: "wait", State: core.InLine})
	a.until("the banner", func() bool { return a.last.Op == "banner" })
	w.chat.Typing(t.Context(), peer, "")
	a.until("typing", func() bool { return a.last.Op == "typing" })
	// What only the record says is read when the bus says that hints were missed.
	w.chat.relay.bus = mute{w.bus}
	w.say(peer.ID, agent, core.Text{Body: "unheard"})
	w.bus.Wake(t.Context(), w.chat.relay.topic, "")
	a.until("the second line", func() bool { return len(a.lines) == 2 })
}

// A mute bus loses hints.
type mute struct{ core.Bus }

func (mute) Wake(ctx context.Context, _, _ string) error { return ctx.Err() }

func TestShutdown(t *testing.T) {
	w := newWorld(t, Config{})
	a := w.tab(w.session(nil)).open()
	w.stop()
	wantEqual(t, "close code", a.closed(), 1001)
	status, _ := w.call(request{method: "POST", path: "v1/messages", token: a.token, body: `{}`})
	wantEqual(t, "while going down", status, http.StatusServiceUnavailable)
}

func TestSendRefusals(t *testing.T) {
	w := newWorld(t, Config{})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	env := core.Envelope{ID: "m1", Peer: core.Peer{ID: "p"}, Parts: core.Parts{core.Text{Body: "x"}}}
	if _, err := w.chat.Send(gone, env); core.KindOf(err) != core.KindTransient {
		t.Errorf("with a done context: %v, want transient", err)
	}
	env.Peer.ID = ""
	if _, err := w.chat.Send(t.Context(), env); core.KindOf(err) != core.KindRejected {
		t.Errorf("without a peer: %v, want rejected", err)
	}
}

func TestNothingSecretIsLogged(t *testing.T) {
	key, host := core.Secret(strings.Repeat("k1", 20)), core.Secret(strings.Repeat("h1", 20))
	w := newWorld(t, Config{Keys: []core.Secret{key}, HostKeys: []HostKey{{Secret: host}}})
	jwt := sign(host, map[string]any{"user_id": "u1", "exp": time.Now().Add(time.Hour).Unix()})
	token := w.session(map[string]string{"jwt": jwt})
	w.mu.Lock()
	w.fail = errors.New("disk full")
	w.mu.Unlock()
	a := w.tab(token).open()
	a.sendText("c1", "my card is 4242")
	a.until("the refusal", func() bool { return a.last.Op == "error" })
	_, out := w.trySession(map[string]string{"jwt": jwt[:len(jwt)-3] + "xxx"})
	logs := w.logs.String() + fmt.Sprint(out)
	if !strings.Contains(logs, "disk full") {
		t.Errorf("the failure is not logged: %s", logs)
	}
	for _, s := range []string{string(key), string(host), token, jwt, "4242"} {
		if strings.Contains(logs, s) {
			t.Errorf("%q is in the log or an error: %s", s, logs)
		}
	}
}
