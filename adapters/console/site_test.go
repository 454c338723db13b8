package console

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/frontdesk-im/frontdesk/core"
)

// A browser is somebody who looks at the console over HTTP.
type browser struct {
	t    testing.TB
	url  string
	http *http.Client
	from string // Origin of what it posts
}

func (s *stage) open(t testing.TB) *httptest.Server {
	t.Helper()
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	return srv
}

func newBrowser(t testing.TB, srv *httptest.Server) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := *srv.Client()
	client.Jar = jar
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &browser{t, srv.URL, &client, srv.URL}
}

type answered struct {
	*http.Response
	body string
}

func (b *browser) do(r *http.Request, err error) answered {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	if r.Method != http.MethodGet && b.from != "" {
		r.Header.Set("Origin", b.from)
	}
	res, err := b.http.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answered{res, string(body)}
}

func (b *browser) get(path string) answered {
	b.t.Helper()
	return b.do(http.NewRequest(http.MethodGet, b.url+path, nil))
}

func (b *browser) form(path string, kv ...string) answered {
	b.t.Helper()
	v := url.Values{}
	for i := 0; i < len(kv); i += 2 {
		v.Set(kv[i], kv[i+1])
	}
	r, err := http.NewRequest(http.MethodPost, b.url+path, strings.NewReader(v.Encode()))
	if err == nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return b.do(r, err)
}

func (b *browser) json(method, path string, v any) answered {
	b.t.Helper()
	body, err := json.Marshal(v)
	if err != nil {
		b.t.Fatal(err)
	}
	r, err := http.NewRequest(method, b.url+path, bytes.NewReader(body))
	if err == nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return b.do(r, err)
}

func (b *browser) cookie() string {
	u, _ := url.Parse(b.url + Prefix)
	for _, k := range b.http.Jar.Cookies(u) {
		if k.Name == cookieName {
			return k.Value
		}
	}
	return ""
}

const secret = "correct horse battery"

// hire makes an account by the links that people use, and signs it in.
func (s *stage) hire(t testing.TB, srv *httptest.Server, id string, as role) *browser {
	t.Helper()
	b := newBrowser(t, srv)
	path, first, err := s.FirstLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !first {
		if path, err = s.links.add(t.Context(), link{Kind: linkInvite, Role: as, By: "test"}, inviteLife); err != nil {
			t.Fatal(err)
		}
	} else if as != roleAdmin {
		t.Fatal("the first account is an administrator")
	}
	res := b.form(path, "name", "N-"+id, "account", id, "password", secret, "again", secret)
	if res.StatusCode != http.StatusSeeOther || b.cookie() == "" {
		t.Fatalf("joining as %s: %d %s", id, res.StatusCode, res.body)
	}
	return b
}

func (p answered) want(t testing.TB, status int, words ...string) answered {
	t.Helper()
	if p.StatusCode != status {
		t.Fatalf("%s %s: %d, want %d: %.300s", p.Request.Method, p.Request.URL.Path, p.StatusCode, status, p.body)
	}
	for _, w := range words {
		if !strings.Contains(p.body, w) {
			t.Fatalf("%s %s: no %q in %.500s", p.Request.Method, p.Request.URL.Path, w, p.body)
		}
	}
	return p
}

func TestPagesAreGuarded(t *testing.T) {
	s := newStage(t, Config{})
	srv := s.open(t)
	stranger := newBrowser(t, srv)
	for _, path := range []string{"api/me", "api/tickets?box=all", "api/tickets/T1", "api/tickets/T1/past", "api/team", "api/notices", "api/canned", "api/accounts", "api/live", "media/blob-1"} {
		stranger.get(Prefix+path).want(t, http.StatusUnauthorized)
	}
	for _, path := range []string{"api/act", "api/typing", "api/media", "api/invitations"} {
		stranger.json(http.MethodPost, Prefix+path, map[string]string{}).want(t, http.StatusUnauthorized)
	}
	if res := stranger.get(Prefix).want(t, http.StatusSeeOther); res.Header.Get("Location") != Prefix+"sign-in" {
		t.Error("a stranger is sent to", res.Header.Get("Location"))
	}
	stranger.get(Prefix+"nothing/here").want(t, http.StatusNotFound)
	res := stranger.get(Prefix+"sign-in").want(t, http.StatusOK)
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin", "Cache-Control": "no-store",
	} {
		if got := res.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	csp := res.Header.Get("Content-Security-Policy")
	if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") || !strings.Contains(csp, "frame-ancestors 'none'") {
		t.Error("CSP:", csp)
	}
	if again := stranger.get(Prefix + "sign-in").Header.Get("Content-Security-Policy"); again == csp {
		t.Error("the nonce is the same twice")
	}
}

func TestInboxHasTheNonceOfItsAnswer(t *testing.T) {
	s := newStage(t, Config{})
	b := s.hire(t, s.open(t), "min", roleAdmin)
	res := b.get(Prefix).want(t, http.StatusOK, "/console/assets/")
	if strings.Contains(res.body, "__NONCE__") {
		t.Error("the placeholder is still there")
	}
	_, nonce, _ := strings.Cut(res.Header.Get("Content-Security-Policy"), "'nonce-")
	nonce, _, _ = strings.Cut(nonce, "'")
	if nonce == "" || !strings.Contains(res.body, `nonce="`+nonce+`"`) {
		t.Errorf("nonce %q is not in the page", nonce)
	}
}

func TestBothLanguages(t *testing.T) {
	s := newStage(t, Config{})
	srv := s.open(t)
	b := newBrowser(t, srv)
	for accept, want := range map[string]string{"": "账号", "zh-TW,en;q=0.5": "账号", "en-GB": "Account", "fr-FR,en;q=0.3": "Account", "ru": "账号", "\xff;;": "账号"} {
		r, err := http.NewRequest(http.MethodGet, b.url+Prefix+"sign-in", nil)
		if err == nil && accept != "" {
			r.Header.Set("Accept-Language", accept)
		}
		if err != nil {
			t.Fatal(err)
		}
		b.do(r, nil).want(t, 200, want)
	}
	b.get(Prefix+"sign-in?lang=en").want(t, 200, "Account")
	b.get(Prefix+"sign-in").want(t, 200, "Account") // it is remembered
	for key := range words["zh"] {
		if words["en"][key] == "" {
			t.Errorf("no English for %s", key)
		}
	}
	if len(words["en"]) != len(words["zh"]) {
		t.Error("English has words that Chinese has not")
	}
}

func TestOtherSitesAreRefused(t *testing.T) {
	s := newStage(t, Config{})
	srv := s.open(t)
	b := s.hire(t, srv, "min", roleAdmin)
	s.customer("p1", core.Text{Body: "人工"})
	id := s.ticket("p1").ID
	b.from = "https://evil.example"
	claim := map[string]string{"ref": "0123456789", "ticket": id, "action": "claim"}
	b.json(http.MethodPost, Prefix+"api/act", claim).want(t, http.StatusForbidden)
	b.form(Prefix+"sign-out").want(t, http.StatusForbidden)
	b.form(Prefix+"sign-in", "account", "min", "password", secret).want(t, http.StatusForbidden)
	if len(s.inbox.got) != 0 {
		t.Fatal("another site acted:", s.inbox.got)
	}
	b.from = ""
	r, err := http.NewRequest(http.MethodPost, b.url+Prefix+"api/act", strings.NewReader(`{"ref":"0123456789","ticket":"`+id+`","action":"claim"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "text/plain") // what a form can say
	b.do(r, nil).want(t, http.StatusUnsupportedMediaType)
	r, _ = http.NewRequest(http.MethodGet, b.url+Prefix+"api/live", nil)
	for k, v := range map[string]string{"Origin": "https://evil.example", "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="} {
		r.Header.Set(k, v)
	}
	b.do(r, nil).want(t, http.StatusForbidden)
	b.from = srv.URL
	b.json(http.MethodPost, Prefix+"api/act", claim).want(t, http.StatusAccepted)
}

func TestAssets(t *testing.T) {
	s := newStage(t, Config{})
	srv := s.open(t)
	b := newBrowser(t, srv)
	index := s.entrance.inbox
	n := 0
	for part := range strings.SplitSeq(index, `"`) {
		if !strings.HasPrefix(part, Prefix+"assets/") {
			continue
		}
		n++
		res := b.get(part).want(t, http.StatusOK)
		tag := res.Header.Get("ETag")
		r, err := http.NewRequest(http.MethodGet, b.url+part, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("If-None-Match", tag)
		if b.do(r, nil).want(t, http.StatusNotModified); tag == "" {
			t.Error("no ETag for", part)
		}
	}
	if n < 3 {
		t.Error("the page has no scripts and styles")
	}
	if strings.Contains(index, "<style") || strings.Contains(index, "onload=") {
		t.Error("the page has what its CSP forbids")
	}
	b.get(Prefix+"assets/..%2findex.html").want(t, http.StatusNotFound)
	b.get(Prefix+"assets/none.js").want(t, http.StatusNotFound)
}
