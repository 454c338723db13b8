package telegram

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/adapters/telegram/fake"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

type peer struct{ *coretest.Peer }

// node starts a script of testdata/peers.
func node(t *testing.T, script string, args ...string) *peer {
	t.Helper()
	return &peer{coretest.Node(t, "grammy", "node", script, args...)}
}

// grammY, as a client, finds nothing wrong with the fake.
func TestFakeByGrammy(t *testing.T) {
	p := fake.New(fake.Options{Token: token, Group: -1000000000123, Forum: true})
	p.Join(lin)
	p.Write(wang, wang.ID, fake.Draft{Text: "/start"})
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	g := node(t, "grammy.mjs", srv.URL, token, fmt.Sprint(p.Group()))
	last := ""
	for g.Out.Scan() {
		last = g.Out.Text()
		if what, ok := strings.CutPrefix(last, "do "); ok {
			b, err := json.Marshal(g.act(p, srv.URL, what))
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(g.In, "%s\n", b)
		}
	}
	if last != "ok all" {
		t.Errorf("it ended after %q", last)
	}
}

// act plays the people for grammY's script.
func (g *peer) act(p *fake.Platform, url, what string) any {
	var topic, card int64
	verb, _, _ := strings.Cut(what, " ")
	_, _ = fmt.Sscan(strings.TrimPrefix(what, verb), &topic, &card)
	switch verb {
	case "talk":
		id := p.Write(lin, p.Group(), fake.Draft{Topic: topic, Text: "您好"})
		p.Revise(p.Group(), id, "您好！")
		if err := p.Press(lin, p.Group(), card, "认领"); err != nil {
			g.Error(err)
		}
		for _, words := range []string{"两张", ""} {
			p.Write(wang, wang.ID, fake.Draft{Kind: "photo", Album: "A", Text: words, File: fake.File{Body: []byte("x")}})
		}
		return [][]any{{"message", "/start", 0, ""}, {"message", "您好", topic, ""}, {"edit", "您好！", topic, ""}, {"press", "claim", topic, ""},
			{"message", "两张", 0, "A"}, {"message", "", 0, "A"}}
	case "second":
		for !p.Polling() {
			runtime.Gosched()
		}
		resp, err := http.Get(url + "/bot" + token + "/getUpdates")
		if err != nil {
			g.Fatal(err)
		}
		resp.Body.Close()
	case "delete":
		p.DeleteTopic(topic)
	case "throttle":
		p.Throttle(p.Group(), 7*time.Second)
	case "block":
		p.Block(wang)
	case "migrate":
		return map[string]int64{"id": p.Migrate()}
	default:
		g.Errorf("asked for %q", what)
	}
	return map[string]bool{"ok": true}
}

// emulator is a platform that somebody else wrote, and where it listens.
func emulator(t *testing.T) (e *peer, url string) {
	t.Helper()
	e = node(t, "emulator.cjs")
	e.Out.Scan()
	url, ok := strings.CutPrefix(e.Out.Text(), "up ")
	if !ok {
		t.Fatalf("it said %q", e.Out.Text())
	}
	return e, url
}

// The adapter talks to that platform.
func TestEmulator(t *testing.T) {
	e, url := emulator(t)
	r := newRig(t, fake.Options{})
	ch := r.open(Config{})
	ch.conf.API, ch.bot.http = url, http.DefaultClient
	ch.bot.api.SetAPIEndpoint(url + "/bot%s/%s")
	r.run(ch)
	person := map[string]any{"id": 7, "first_name": "Wang", "is_bot": false}
	private := map[string]any{"id": 7, "type": "private"}
	e.post(url+"/sendMessage", map[string]any{"botToken": token, "from": person, "chat": private, "date": 1767225600, "text": "在吗"})
	if got := r.got(1)[0]; got.Parts.Text() != "在吗" || got.Peer.ID != "7" || got.Peer.Name != "Wang" {
		t.Errorf("got %+v", got)
	}
	ref := r.send(ch, to("7", core.Choice{Prompt: "哪一个？ <b>&", Options: []core.Option{{ID: "size", Label: "尺码"}}}))
	said := e.said(url, 7)
	if len(said) != 1 || said[0].Message.Text != "哪一个？ <b>&" || !strings.Contains(fmt.Sprint(said[0].Message.Markup), "尺码") {
		t.Errorf("it shows %+v", said)
	}
	if err := ch.Edit(t.Context(), ref, to("7", text("哪一种？"))); err != nil {
		t.Error(err)
	}
	e.post(url+"/sendCallback", map[string]any{"botToken": token, "from": person, "data": "size", "message": map[string]any{"message_id": 1, "date": 1767225600, "chat": private}})
	if got := r.got(2)[1]; got.Parts[0] != core.Part(core.Pick{Option: "size"}) {
		t.Errorf("got %+v", got)
	}
}

// The same in a topic of the staff's group.
func TestEmulatorTopic(t *testing.T) {
	e, url := emulator(t)
	r := newRig(t, fake.Options{})
	ch := r.open(Config{Group: group})
	ch.bot.http = http.DefaultClient
	ch.bot.api.SetAPIEndpoint(url + "/bot%s/%s")
	ch.group.members = map[string]belief{"9": {true, r.clock.Now().Add(trust)}} // it knows no members
	r.run(ch)
	chat := map[string]any{"id": group, "type": "supergroup", "is_forum": true}
	e.post(url+"/sendMessage", map[string]any{"botToken": token, "from": lin, "chat": chat, "date": 1767225600, "text": "您好", "message_thread_id": 77, "is_topic_message": true})
	if got := r.got(1)[0]; got.Parts.Text() != "您好" || got.Thread != "77" {
		t.Errorf("got %+v", got)
	}
	r.send(ch, words("77", "在吗"))
	if said := e.said(url, group); len(said) != 1 || said[0].Message.Topic != "77" || said[0].Message.Text != "👤 小王: 在吗" {
		t.Errorf("it shows %+v", said)
	}
}

// The emulator's webhook has no secret: it must not get in.
func TestEmulatorWithoutSecret(t *testing.T) {
	_, url := emulator(t)
	r := newRig(t, fake.Options{})
	ch := r.open(Config{Webhook: "https://desk.example/hook/tg/"})
	called := make(chan int, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		got := httptest.NewRecorder()
		ch.ServeHTTP(got, req)
		called <- got.Code
		w.WriteHeader(got.Code)
	}))
	t.Cleanup(srv.Close)
	ch.bot.http = http.DefaultClient
	ch.bot.api.SetAPIEndpoint(url + "/bot%s/%s")
	if err := ch.bot.call(t.Context(), "setWebhook", map[string]string{"url": srv.URL, "secret_token": secret}, nil); err != nil {
		t.Fatal(err)
	}
	go func() { // that it was refused the emulator does not say to whom it plays
		b := `{"botToken":"` + token + `","from":{"id":7},"chat":{"id":7,"type":"private"},"date":1767225600,"text":"forged"}`
		if resp, err := http.Post(url+"/sendMessage", "application/json", strings.NewReader(b)); err == nil {
			resp.Body.Close()
		}
	}()
	if code := <-called; code != http.StatusForbidden || len(r.inbox.Got()) != 0 {
		t.Errorf("answered %d, got %+v", code, r.inbox.Got())
	}
}

type shown struct {
	Message struct {
		Text   string `json:"text"`
		Topic  string `json:"message_thread_id"`
		Markup any    `json:"reply_markup"`
	} `json:"message"`
}

// said is what the emulator shows a person.
func (p *peer) said(url string, chat int64) []shown {
	p.Helper()
	var out struct {
		Result []shown `json:"result"`
	}
	if err := json.Unmarshal(p.post(url+"/getUpdates", map[string]any{"token": token, "chatId": chat}), &out); err != nil {
		p.Fatal(err)
	}
	return out.Result
}

func (p *peer) post(url string, body any) []byte {
	p.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		p.Fatal(err)
	}
	resp, err := http.Post(url, "application/json", bytes.NewReader(b))
	if err != nil {
		p.Fatal(err)
	}
	defer resp.Body.Close()
	if b, err = io.ReadAll(resp.Body); err != nil || resp.StatusCode >= 300 {
		p.Fatalf("%s: %s %s %v", url, resp.Status, b, err)
	}
	return b
}
