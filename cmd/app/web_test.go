package app

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/config"
	"github.com/frontdesk-im/frontdesk/core"
)

// site is an adapter with pages that do what their path says.
type site struct {
	core.Adapter
	prefix string
}

func (s site) Prefix() string { return s.prefix }

func (s site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch strings.TrimPrefix(r.URL.Path, s.prefix) {
	case "panic":
		panic("boom")
	case "abort":
		panic(http.ErrAbortHandler)
	case "echo":
		b, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, "too large", http.StatusRequestEntityTooLarge)
			return
		}
		_, _ = w.Write(b)
	case "upload":
		if err := http.NewResponseController(w).SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
			panic(err)
		}
		_, _ = io.Copy(w, r.Body)
	case "from":
		_, _ = io.WriteString(w, r.RemoteAddr)
	case "flush":
		_, _ = io.WriteString(w, "half")
		if err := http.NewResponseController(w).Flush(); err != nil {
			panic(err)
		}
	}
}

func testWeb(t *testing.T, change func(*config.Config)) (*httptest.Server, *bytes.Buffer, *meter) {
	t.Helper()
	c := config.Default()
	c.Limits.Body = 1000
	if change != nil {
		change(c)
	}
	var log bytes.Buffer
	l := slog.New(slog.NewTextHandler(&log, nil))
	m := newMeter(l)
	w := newWeb(c, l, m, func(context.Context) readiness { return readiness{Ready: c.Listen != "", Why: "told so"} })
	if err := w.mount("web", site{prefix: "/chat/"}); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(w)
	t.Cleanup(srv.Close)
	return srv, &log, m
}

func get(t *testing.T, url string, header ...string) (int, http.Header, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(b)
}

// A handler that panics answers 500; everything else goes on.
func TestPanic(t *testing.T) {
	srv, log, m := testWeb(t, nil)
	if code, _, _ := get(t, srv.URL+"/chat/panic"); code != 500 {
		t.Errorf("status %d", code)
	}
	if code, _, body := get(t, srv.URL+"/healthz"); code != 200 || body != "ok\n" {
		t.Errorf("after a panic: %d %q", code, body)
	}
	if !strings.Contains(log.String(), "boom") || !strings.Contains(log.String(), "web_test.go") {
		t.Errorf("the panic was not logged with its place: %s", log)
	}
	got := scrape(t, m)
	for _, want := range []string{`frontdesk_panics_total{route="web"} 1`, `frontdesk_http_requests_total{route="web",status="5xx"} 1`} {
		if !strings.Contains(got, want) {
			t.Errorf("missing %s", want)
		}
	}
}

func TestHeaders(t *testing.T) {
	srv, _, _ := testWeb(t, func(c *config.Config) { c.BaseURL = "https://chat.example" })
	_, h, _ := get(t, srv.URL+"/chat/flush")
	for k, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "X-Frame-Options": "SAMEORIGIN",
		"Referrer-Policy": "strict-origin-when-cross-origin", "Strict-Transport-Security": "max-age=31536000",
	} {
		if h.Get(k) != want {
			t.Errorf("%s: %q, want %q", k, h.Get(k), want)
		}
	}
	if code, _, _ := get(t, srv.URL+"/nowhere"); code != 404 {
		t.Errorf("an unknown path: %d", code)
	}
}

// A request over the limit is refused: unread if it says its size, else when
// the limit is reached.
func TestBodyLimit(t *testing.T) {
	srv, _, _ := testWeb(t, nil)
	for _, c := range []struct {
		body io.Reader
		want int
	}{
		{strings.NewReader(strings.Repeat("x", 1000)), 200},
		{strings.NewReader(strings.Repeat("x", 1001)), 413},
		{io.MultiReader(strings.NewReader(strings.Repeat("x", 5000))), 413}, // no Content-Length
	} {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+"/chat/echo", c.body)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != c.want {
			t.Errorf("status %d, want %d", res.StatusCode, c.want)
		}
	}
}

// X-Forwarded-For is believed from proxies of ours only, and only as far as
// they wrote it.
func TestClientAddress(t *testing.T) {
	for _, c := range []struct {
		name    string
		proxies []string
		header  []string
		want    string
	}{
		{"nobody is trusted", nil, []string{"X-Forwarded-For", "203.0.113.9"}, "127.0.0.1"},
		{"a proxy", []string{"127.0.0.1"}, []string{"X-Forwarded-For", "203.0.113.9"}, "203.0.113.9"},
		{"forged in front", []string{"127.0.0.1"}, []string{"X-Forwarded-For", "6.6.6.6, 203.0.113.9"}, "203.0.113.9"},
		{"two proxies", []string{"127.0.0.1", "10.0.0.0/8"}, []string{"X-Forwarded-For", "6.6.6.6, 203.0.113.9, 10.1.2.3"}, "203.0.113.9"},
		{"two headers", []string{"127.0.0.1"}, []string{"X-Forwarded-For", "6.6.6.6", "X-Forwarded-For", "203.0.113.9"}, "203.0.113.9"},
		{"nonsense", []string{"127.0.0.1"}, []string{"X-Forwarded-For", "unknown"}, "127.0.0.1"},
		{"none", []string{"127.0.0.1"}, nil, "127.0.0.1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv, _, _ := testWeb(t, func(conf *config.Config) { conf.Proxies = c.proxies })
			_, _, got := get(t, srv.URL+"/chat/from", c.header...)
			if host := got[:strings.LastIndex(got, ":")]; host != c.want {
				t.Errorf("client %s, want %s", host, c.want)
			}
		})
	}
}

func TestReadyz(t *testing.T) {
	srv, _, _ := testWeb(t, func(c *config.Config) { c.Listen = "" })
	code, _, body := get(t, srv.URL+"/readyz")
	var r readiness
	if err := json.Unmarshal([]byte(body), &r); err != nil || code != 503 || r.Why != "told so" {
		t.Errorf("%d %s %v", code, body, err)
	}
}

func TestMetricsToken(t *testing.T) {
	srv, _, _ := testWeb(t, func(c *config.Config) { c.Metrics.Token = "abc" })
	if code, _, _ := get(t, srv.URL+"/metrics"); code != 401 {
		t.Errorf("without the token: %d", code)
	}
	if code, _, body := get(t, srv.URL+"/metrics", "Authorization", "Bearer abc"); code != 200 || !strings.Contains(body, "go_goroutines") {
		t.Errorf("with the token: %d", code)
	}
}

func TestMountConflicts(t *testing.T) {
	c := config.Default()
	l := slog.New(slog.DiscardHandler)
	w := newWeb(c, l, newMeter(l), nil)
	if err := w.mount("a", site{prefix: "/chat/"}); err != nil {
		t.Fatal(err)
	}
	for _, prefix := range []string{"/chat/", "/", "chat/", "/chat", "/hook/x/"} {
		if err := w.mount("b", site{prefix: prefix}); err == nil {
			t.Errorf("%q was mounted", prefix)
		}
	}
}

// Who follows a dead link in a browser meets a page, in their language; programs
// get a line.
func TestLost(t *testing.T) {
	for _, c := range []struct{ accept, lang, want string }{
		{"text/html,*/*", "zh-CN,en", "这里没有页面"}, {"text/html", "en-GB", "There is no page here"}, {"*/*", "en", "404 page not found\n"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/nowhere", nil)
		r.Header.Set("Accept", c.accept)
		r.Header.Set("Accept-Language", c.lang)
		rec := httptest.NewRecorder()
		lost{}.ServeHTTP(rec, r)
		if rec.Code != http.StatusNotFound || !strings.Contains(rec.Body.String(), c.want) || strings.Contains(rec.Body.String(), "nowhere") {
			t.Errorf("%s in %s: %d %s", c.accept, c.lang, rec.Code, rec.Body)
		}
	}
}
