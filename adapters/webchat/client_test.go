package webchat

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// A tab is a widget in a window: it keeps a cursor and what it has shown.
type tab struct {
	w      *world
	token  string
	cursor int64
	log    string
	ws     *websocket.Conn
	lines  []line
	last   reply // the latest frame
}

// session gets a token; extra are further keys of the request.
func (w *world) session(extra map[string]string) string {
	w.t.Helper()
	status, out := w.trySession(extra)
	if status != http.StatusOK || out["token"] == "" {
		w.t.Fatalf("session: %d %v", status, out)
	}
	return out["token"].(string)
}

func (w *world) trySession(extra map[string]string) (int, map[string]any) {
	w.t.Helper()
	b, _ := json.Marshal(extra)
	return w.call(request{method: "POST", path: "v1/session", body: string(b)})
}

type request struct {
	method, path, token, body string
	head                      map[string]string
}

func (w *world) do(q request) *http.Response {
	w.t.Helper()
	r, err := http.NewRequest(q.method, w.url(q.path), strings.NewReader(q.body))
	if err != nil {
		w.t.Fatal(err)
	}
	if q.token != "" {
		r.Header.Set("Authorization", "Bearer "+q.token)
	}
	for k, v := range q.head {
		r.Header.Set(k, v)
	}
	res, err := w.srv.Client().Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { res.Body.Close() })
	return res
}

func (w *world) call(q request) (int, map[string]any) {
	w.t.Helper()
	res := w.do(q)
	b, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	out := map[string]any{}
	json.Unmarshal(b, &out)
	return res.StatusCode, out
}

// visitor is who a token names.
func (w *world) visitor(token string) string {
	w.t.Helper()
	p, _, err := w.chat.visitors.pass(token)
	if err != nil {
		w.t.Fatal(err)
	}
	return p.Visitor
}

func (w *world) tab(token string) *tab { return &tab{w: w, token: token} }

// tryOpen connects and says hello; it returns an error for whatever stops it.
func (b *tab) tryOpen() error {
	ws, _, err := websocket.DefaultDialer.Dial(b.w.wsURL(), nil)
	if err != nil {
		return err
	}
	b.ws = ws
	ask := map[string]any{"op": "hello", "token": b.token, "after": b.cursor, "log": b.log, "page": "https://shop.example/tea?session=secret#x", "title": "Tea\n", "zone": "Europe/London", "lang": "zh-CN"}
	if err := ws.WriteJSON(ask); err != nil {
		return err
	}
	for {
		r, err := b.tryNext()
		if err != nil {
			return err
		}
		if r.Op == "ready" {
			return nil
		}
	}
}

func (b *tab) open() *tab {
	b.w.t.Helper()
	if err := b.tryOpen(); err != nil {
		b.w.t.Fatalf("open: %v", err)
	}
	b.w.t.Cleanup(func() { b.ws.Close() })
	return b
}

// tryNext reads a frame and does with it what the widget does.
func (b *tab) tryNext() (reply, error) {
	b.ws.SetReadDeadline(time.Now().Add(10 * time.Second))
	_, data, err := b.ws.ReadMessage()
	if err != nil {
		return reply{}, err
	}
	var r reply
	if err := json.Unmarshal(data, &r); err != nil {
		return r, err
	}
	b.take(r)
	return r, nil
}

func (b *tab) take(r reply) {
	b.last = r
	if r.Op == "ready" {
		if r.Reset {
			b.lines, b.cursor = nil, 0
		}
		b.log = r.Log
	}
	if r.Op == "ready" || r.Op == "lines" {
		b.lines = append(b.lines, r.Lines...)
		b.cursor = max(b.cursor, r.Seq)
	}
}

func (b *tab) next() reply {
	b.w.t.Helper()
	r, err := b.tryNext()
	if err != nil {
		b.w.t.Fatalf("next frame: %v", err)
	}
	return r
}

// until reads frames until ok.
func (b *tab) until(what string, ok func() bool) {
	b.w.t.Helper()
	for !ok() {
		if _, err := b.tryNext(); err != nil {
			b.w.t.Fatalf("waiting for %s: %v; have %v", what, err, b.said())
		}
	}
}

func (b *tab) say(v map[string]any) {
	b.w.t.Helper()
	if err := b.ws.WriteJSON(v); err != nil {
		b.w.t.Fatal(err)
	}
}

func (b *tab) sendText(id, text string) { b.say(map[string]any{"op": "send", "id": id, "text": text}) }

// said is what the tab shows: "kind: text".
func (b *tab) said() (out []string) {
	for _, l := range b.lines {
		out = append(out, l.From.Kind+": "+text(l))
	}
	return out
}

func text(l line) string {
	var ps []part
	json.Unmarshal(l.Parts, &ps)
	var s []string
	for _, p := range ps {
		s = append(s, p.Body+p.Title)
	}
	return strings.Join(s, "|")
}

// closed reads until the socket ends and returns its close code.
func (b *tab) closed() int {
	b.w.t.Helper()
	for {
		_, err := b.tryNext()
		if e, ok := err.(*websocket.CloseError); ok {
			return e.Code
		}
		if err != nil {
			b.w.t.Fatalf("the socket ended with %v, want a close code", err)
		}
	}
}

func wantEqual[T any](t testing.TB, what string, got, want T) {
	t.Helper()
	if g, w := fmt.Sprintf("%#v", got), fmt.Sprintf("%#v", want); g != w {
		t.Errorf("%s:\n got %s\nwant %s", what, g, w)
	}
}

func closeCode(err error) int {
	if e, ok := err.(*websocket.CloseError); ok {
		return e.Code
	}
	return 0
}
