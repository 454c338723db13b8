package webchat

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

func TestOrigins(t *testing.T) {
	w := newWorld(t, Config{Origins: []string{"https://shop.example"}})
	token := w.session(nil)
	own := w.srv.URL
	for origin, ok := range map[string]bool{
		"": true, own: true, "https://shop.example": true, "https://SHOP.example": true,
		"http://shop.example": false, "https://shop.example:8443": false, "https://evil-shop.example": false, "https://shop.example.evil.test": false,
		"null": false, "file://": false, strings.Replace(own, "http://", "chrome-extension://", 1): false, "https://evil.test/" + strings.TrimPrefix(own, "http://"): false,
	} {
		head := http.Header{}
		if origin != "" {
			head.Set("Origin", origin)
		}
		ws, _, err := websocket.DefaultDialer.Dial(w.wsURL(), head)
		if err != nil {
			t.Fatal(err)
		}
		b := &tab{w: w, ws: ws}
		ws.WriteJSON(map[string]any{"op": "hello", "token": token})
		_, err = b.tryNext()
		if (err == nil) != ok || !ok && closeCode(err) != closeOrigin {
			t.Errorf("origin %q: socket %v, want allowed=%v", origin, err, ok)
		}
		ws.Close()
		for _, method := range []string{"POST", "OPTIONS"} {
			res := w.do(request{method: method, path: "v1/session", body: "{}", head: map[string]string{"Origin": origin}})
			if (res.StatusCode < 300) != ok {
				t.Errorf("origin %q: %s gets %d, want allowed=%v", origin, method, res.StatusCode, ok)
			}
			cors := res.Header.Get("Access-Control-Allow-Origin")
			if ok && cors != origin || !ok && cors != "" || res.Header.Get("Vary") == "" {
				t.Errorf("origin %q: %s gets Access-Control-Allow-Origin %q, Vary %q", origin, method, cors, res.Header.Get("Vary"))
			}
			if res.Header.Get("Access-Control-Allow-Credentials") != "" {
				t.Error("credentials are allowed; there are none to send")
			}
		}
	}
}

func TestMessageRate(t *testing.T) {
	w := newWorld(t, Config{Limits: Rates{Messages: 20, Burst: 5}})
	w.freeze()
	a := w.tab(w.session(nil)).open()
	for i := range 6 {
		a.sendText(fmt.Sprint("c", i), "x")
	}
	acks := 0
	a.until("the refusal", func() bool {
		if a.last.Op == "ack" {
			acks++
		}
		return a.last.Op == "error"
	})
	wantEqual(t, "acknowledged, then", []any{acks, a.last.Code, a.last.ID, a.last.Retry}, []any{5, "rate", "c5", 3})
	res := w.do(request{method: "POST", path: "v1/messages", token: a.token, body: `{"op":"send","id":"x","text":"x"}`})
	wantEqual(t, "by HTTP", []any{res.StatusCode, res.Header.Get("Retry-After")}, []any{429, "3"})
	// Another visitor at the same address goes on.
	b := w.tab(w.session(nil)).open()
	b.sendText("c", "x")
	b.until("the ack", func() bool { return b.last.Op == "ack" })
	// A flood ends the window.
	for i := range 40 {
		a.ws.WriteJSON(map[string]any{"op": "send", "id": fmt.Sprint("f", i), "text": "x"})
	}
	wantEqual(t, "a flood", a.closed(), closeMany)
}

func TestAddressRates(t *testing.T) {
	w := newWorld(t, Config{Proxies: []string{"127.0.0.0/8"}, Limits: Rates{Sessions: 2, Sockets: 2, Connects: 3}})
	clock := w.freeze()
	from := func(addr string) (int, string) {
		res := w.do(request{method: "POST", path: "v1/session", body: "{}", head: map[string]string{"X-Forwarded-For": addr}})
		return res.StatusCode, res.Header.Get("Retry-After")
	}
	for i, want := range []int{200, 200, 429} {
		if got, _ := from("203.0.113.9"); got != want {
			t.Errorf("visitor %d: %d, want %d", i, got, want)
		}
	}
	if _, after := from("203.0.113.9"); after != "1800" {
		t.Errorf("Retry-After %q, want 1800", after)
	}
	if got, _ := from("203.0.113.10"); got != 200 {
		t.Errorf("another address: %d", got)
	}
	token := w.session(nil)
	a := w.tab(token).open()
	w.tab(token).open()
	wantEqual(t, "a third window", closeCode(w.tab(token).tryOpen()), closeMany)
	_, res, err := websocket.DefaultDialer.Dial(w.wsURL(), nil)
	if err == nil || res.StatusCode != 429 || res.Header.Get("Retry-After") == "" {
		t.Errorf("a fourth socket a minute: %v %v", err, res)
	}
	a.ws.Close()
	clock.Pass(time.Minute)
	for w.tab(token).tryOpen() != nil { // room again, once the server has noticed
		time.Sleep(time.Millisecond)
		clock.Pass(time.Minute)
	}
}

// An oversized body is refused before any of it is read.
func TestOversizedIsNotRead(t *testing.T) {
	w := newWorld(t, Config{})
	token := w.session(nil)
	for _, path := range []string{"v1/session", "v1/messages", "v1/files"} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(w.srv.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(10 * time.Second))
		fmt.Fprintf(conn, "POST /chat/%s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: 9999999999\r\n\r\n", path, token)
		res, err := http.ReadResponse(bufio.NewReader(conn), nil) // no byte of the body was sent
		if err != nil || res.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: %v %v, want 413", path, res, err)
		}
	}
	// Without a length, what is over the limit is cut off.
	r, _ := http.NewRequest("POST", w.url("v1/messages"), struct{ *strings.Reader }{strings.NewReader(strings.Repeat("x", 1<<20))})
	r.Header.Set("Authorization", "Bearer "+token)
	r.ContentLength = -1
	res, err := w.srv.Client().Do(r)
	if err != nil || res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("chunked: %v %v, want 413", res, err)
	}
}

func TestGates(t *testing.T) {
	var g gates
	now := time.Unix(0, 0)
	r := per(time.Minute, 20, 5)
	for range 5 {
		wantEqual(t, "the burst", g.pass("a", r, now), 0)
	}
	wantEqual(t, "wait", g.pass("a", r, now), 3*time.Second)
	wantEqual(t, "another", g.pass("b", r, now), 0)
	now = now.Add(3 * time.Second)
	wantEqual(t, "after it", g.pass("a", r, now), 0)
	wantEqual(t, "and no more", g.pass("a", r, now), 3*time.Second)
	// A clock that jumps back must not lock anybody out for longer than a burst.
	if wait := g.pass("a", r, now.Add(-time.Hour)); wait > time.Hour+time.Minute {
		t.Errorf("after a jump back: %v", wait)
	}
	g.pass("c", r, now.Add(time.Hour))
	if len(g.full) != 1 {
		t.Errorf("%d keys after a sweep, want 1", len(g.full))
	}
}

func TestAddress(t *testing.T) {
	c := Config{Proxies: []string{"10.0.0.0/8", "2001:db8::1"}}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ remote, forwarded, want string }{
		{"203.0.113.9:4000", "", "203.0.113.9"},
		{"203.0.113.9:4000", "198.51.100.1", "203.0.113.9"}, // not from a proxy: made up
		{"10.0.0.5:4000", "198.51.100.1", "198.51.100.1"},
		{"10.0.0.5:4000", "6.6.6.6, 198.51.100.1, 10.1.1.1", "198.51.100.1"}, // what is left of the first we don't trust is made up
		{"10.0.0.5:4000", "", "10.0.0.5"},
		{"10.0.0.5:4000", "unknown", "10.0.0.5"},
		{"[2001:db8::1]:4000", "2001:db8:1:2:3::4", "2001:db8:1:2::/64"},
		{"[::ffff:203.0.113.9]:4000", "", "203.0.113.9"},
	} {
		r := &http.Request{RemoteAddr: x.remote, Header: http.Header{}}
		if x.forwarded != "" {
			r.Header.Set("X-Forwarded-For", x.forwarded)
		}
		if got := c.address(r); got != x.want {
			t.Errorf("%s via %q: %s, want %s", x.forwarded, x.remote, got, x.want)
		}
	}
}

// Frames of every kind come out of one bucket, control frames too: a flood ends
// the window, and another visitor's goes on.
func TestFrameRate(t *testing.T) {
	for _, kind := range []string{"past", "typing", "read", "ping"} {
		w := newWorld(t, Config{Limits: Rates{Frames: 20}})
		w.freeze()
		a, b := w.tab(w.session(nil)).open(), w.tab(w.session(nil)).open()
		var err error
		for range 200 {
			if kind == "ping" {
				err = a.ws.WriteMessage(websocket.PingMessage, nil)
			} else {
				err = a.ws.WriteJSON(map[string]any{"op": kind, "before": 1, "seq": 1})
			}
			if err != nil {
				break
			}
		}
		a.ws.SetReadDeadline(time.Now().Add(10 * time.Second))
		for err = nil; err == nil; {
			_, _, err = a.ws.ReadMessage()
		}
		if e, ok := err.(net.Error); ok && e.Timeout() {
			t.Errorf("%s: 200 at once were let through", kind)
		}
		b.sendText("c", "x")
		b.until("the ack", func() bool { return b.last.Op == "ack" })
	}
}
