package app

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/config"
)

// ask asks w for a path as somebody at an address would.
func ask(w *web, path, from string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.RemoteAddr = from
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
		r.Header.Set(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	return rec
}

func bareWeb(change func(*config.Config)) *web {
	c := config.Default()
	change(c)
	l := slog.New(slog.DiscardHandler)
	return newWeb(c, l, newMeter(l), func(context.Context) readiness { return readiness{Ready: true, Version: "secret"} })
}

// What ails us is told to this machine and to whoever has the token; everybody
// is told whether we are ready.
func TestWhoSeesDetails(t *testing.T) {
	open := bareWeb(func(*config.Config) {})
	token := bareWeb(func(c *config.Config) { c.Metrics.Token = "abc" })
	behind := bareWeb(func(c *config.Config) { c.Proxies = []string{"127.0.0.1"} })
	for _, x := range []struct {
		name    string
		w       *web
		from    string
		header  []string
		detail  bool
		metrics int
	}{
		{"this machine", open, "127.0.0.1:1", nil, true, 200},
		{"this machine, IPv6", open, "[::1]:1", nil, true, 200},
		{"a stranger", open, "203.0.113.9:1", nil, false, 403},
		{"a stranger behind a proxy nobody named", open, "127.0.0.1:1", []string{"X-Forwarded-For", "203.0.113.9"}, false, 403},
		{"a stranger behind a proxy", behind, "127.0.0.1:1", []string{"X-Forwarded-For", "203.0.113.9"}, false, 403},
		{"this machine, itself behind something", behind, "127.0.0.1:1", []string{"Via", "1.1 cache"}, true, 200},
		{"a stranger who says that he is here", behind, "203.0.113.9:1", []string{"X-Forwarded-For", "127.0.0.1"}, false, 403},
		{"the token", token, "203.0.113.9:1", []string{"Authorization", "Bearer abc"}, true, 200},
		{"another token", token, "203.0.113.9:1", []string{"Authorization", "Bearer abd"}, false, 401},
		{"an empty token", open, "203.0.113.9:1", []string{"Authorization", "Bearer "}, false, 403},
	} {
		rec := ask(x.w, "/readyz", x.from, x.header...)
		if got := strings.Contains(rec.Body.String(), "secret"); rec.Code != 200 || got != x.detail || !strings.Contains(rec.Body.String(), `"ready":true`) {
			t.Errorf("%s: /readyz %d %s", x.name, rec.Code, rec.Body)
		}
		if rec := ask(x.w, "/metrics", x.from, x.header...); rec.Code != x.metrics {
			t.Errorf("%s: /metrics %d, want %d", x.name, rec.Code, x.metrics)
		}
	}
}

// With base_url only our own names are answered to, addresses, and what health
// checks and platforms call.
func TestHost(t *testing.T) {
	w := bareWeb(func(c *config.Config) { c.BaseURL, c.Hosts = "https://chat.example", []string{"Staff.example"} })
	w.handle("/hook/x/", "x", http.NotFoundHandler())
	for host, want := range map[string]int{
		"chat.example": 404, "CHAT.example:443": 404, "staff.example": 404, "localhost:8080": 404, "127.0.0.1:8080": 404, "[::1]:8080": 404,
		"evil.example": 421, "chat.example.evil.test": 421, "": 421,
	} {
		if rec := ask(w, "/chat/", "203.0.113.9:1", "Host", host); rec.Code != want {
			t.Errorf("%q: %d, want %d", host, rec.Code, want)
		}
	}
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/hook/x/": 404} {
		if rec := ask(w, path, "203.0.113.9:1", "Host", "evil.example"); rec.Code != want {
			t.Errorf("%s: %d, want %d", path, rec.Code, want)
		}
	}
	any := bareWeb(func(*config.Config) {})
	if rec := ask(any, "/chat/", "203.0.113.9:1", "Host", "evil.example"); rec.Code != 404 {
		t.Errorf("without base_url: %d", rec.Code)
	}
}

// An address has so many connections at once, and gets the next when one ends;
// those whom we trust have any number.
func TestTurnstile(t *testing.T) {
	for name, trust := range map[string]bool{"strangers": false, "a proxy": true} {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		gate := &turnstile{Listener: ln, most: 3, trust: func(netip.Addr) bool { return trust }}
		srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") }), ReadHeaderTimeout: time.Minute}
		go func() { _ = srv.Serve(gate) }()
		defer srv.Close()
		served := func(c net.Conn) bool {
			fmt.Fprint(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
			res, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				return false
			}
			_, err = io.Copy(io.Discard, res.Body)
			return err == nil && res.Body.Close() == nil
		}
		var all []net.Conn
		for i := range 4 {
			c, err := net.Dial("tcp", ln.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			all = append(all, c)
			if got := served(c); got != (i < 3 || trust) {
				t.Errorf("%s: connection %d served: %v", name, i, got)
			}
		}
		all[0].Close()
		for again := false; !again; { // once the server has noticed
			c, err := net.Dial("tcp", ln.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			again = served(c)
			c.Close()
		}
	}
}
