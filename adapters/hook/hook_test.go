package hook

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
	"github.com/frontdesk-im/frontdesk/core/signed"
)

const secret = "sec88sec88sec88sec88sec88sec88se"

// start is what the suite's clock shows.
var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// sign is what the far side does to a request.
func sign(h http.Header, id string, body []byte) {
	ring, err := signed.New(signed.Secrets{Secret: secret})
	if err != nil {
		panic(err)
	}
	ring.Sign(h, id, start, body)
}

func TestAdapter(t *testing.T) {
	coretest.Adapter(t, coretest.Platform{
		Open: func(t *testing.T, url string, d core.Deps) core.Adapter {
			return coretest.Open(t, New, Config{URL: url + "/messages", Secret: secret}, d)
		},
		Sign:    func(r *http.Request, body []byte) { sign(r.Header, "msg-1", body) },
		Secrets: []string{secret, "/messages"},
		Accepts: func(r *http.Request, body []byte) error {
			var m message
			if err := json.Unmarshal(body, &m); err != nil || m.To != "u7" {
				return errors.New("not a message to u7")
			}
			if len([]rune(m.Text)) > 4000 || len(m.Buttons) > 10 {
				return errors.New("over the limits that the package promises")
			}
			return nil
		},
	})
}

func TestValidate(t *testing.T) {
	for _, c := range []Config{{}, {URL: "ftp://x", Secret: secret}, {URL: "https://x", Secret: "short"}, {URL: "https://x", Secret: secret, Previous: "x"}} {
		if c.Validate() == nil {
			t.Errorf("%s was taken", c.URL)
		}
	}
}

// The adapter does what its description says, and the description leaves out
// nothing that it does.
func TestContract(t *testing.T) {
	in := &coretest.Inbox{}
	ch := coretest.Open(t, New, Config{URL: "https://app.example/messages", Secret: secret}, coretest.Deps(in, &coretest.Log{}, http.DefaultClient))
	shown := coretest.Serve(ch, "GET /openapi.json", "")
	doc := coretest.ReadOpenAPI(t, shown.Body.Bytes())
	doc.Response("describe", shown.Result(), shown.Body.Bytes())
	receive := func(body string, change func(http.Header)) {
		t.Helper()
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		sign(r.Header, "msg-1", []byte(body))
		if change != nil {
			change(r.Header)
		}
		w := httptest.NewRecorder()
		ch.ServeHTTP(w, r)
		if w.Code == http.StatusOK {
			doc.Request("receive", r.Header, []byte(body))
		}
		doc.Response("receive", w.Result(), w.Body.Bytes())
	}
	for _, good := range []string{`"text":"你好"`, `"pick":"a","text":"A","unix":1767225600`, `"media":{"type":"image/png","url":"https://x/y.png"},"name":"小王"`} {
		receive(`{"id":"1","from":"u7",`+good+`}`, nil)
	}
	if n := len(in.Got()); n != 3 {
		t.Errorf("%d of 3 are filed", n)
	}
	for _, bad := range []string{`{`, `{"from":"u7","text":"x"}`, `{"id":"1","from":"u7","poll":{}}`, `{"id":"1","from":"u7","text":"x","unix":-1}`, `{"id":1,"from":"u7","text":"x"}`} {
		receive(bad, nil)
	}
	receive(`{}`, func(h http.Header) { h.Del("webhook-id") })
	receive(`"`+strings.Repeat("x", mostBody)+`"`, nil)
	in.Fail(fmt.Errorf("store: %w", core.ErrInvalid))
	receive(`{"id":"2","from":"u7","text":"x"}`, nil)
	in.Fail(errors.New("disk full"))
	receive(`{"id":"2","from":"u7","text":"x"}`, nil)
	doc.Whole("receive")
	doc.Whole("describe")
	if w := coretest.Serve(ch, "GET /", ""); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "POST" {
		t.Errorf("GET is answered %d", w.Code)
	}
}

// What the far side may answer, each as its description says it is understood.
func TestAnswers(t *testing.T) {
	for status, want := range map[int]core.Kind{
		400: core.KindRejected, 418: core.KindRejected, 401: core.KindDenied, 403: core.KindDenied, 404: core.KindGone,
		410: core.KindGone, 429: core.KindThrottled, 500: core.KindTransient, 503: core.KindTransient,
	} {
		doc := coretest.ReadOpenAPI(t, contract)
		wire := coretest.Wire{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			doc.Request("send", r.Header, coretest.Body(t, r))
			w.WriteHeader(status)
		})}
		ch := coretest.Open(t, New, Config{URL: "https://app.example/messages", Secret: secret}, coretest.Deps(&coretest.Inbox{}, &coretest.Log{}, &http.Client{Transport: wire}))
		_, err := ch.Send(t.Context(), core.Envelope{ID: "e1", Peer: core.Peer{ID: "u7"}, By: core.Author{Kind: core.ByBot}, Parts: core.Parts{core.Text{Body: "好"}}})
		coretest.Fails(t, err, want)
	}
}

// The older header alone is taken and sent only where it was asked for, and the
// log says so at the start.
func TestLegacySignature(t *testing.T) {
	body := `{"id":"1","from":"u7","text":"x"}`
	old := http.Header{}
	ring, err := signed.New(signed.Secrets{Secret: secret, Old: "Hook-Signature"})
	if err != nil {
		t.Fatal(err)
	}
	ring.Sign(old, "", start, []byte(body))
	for legacy, want := range map[bool]int{true: http.StatusOK, false: http.StatusUnauthorized} {
		log, sent := &coretest.Log{}, http.Header{}
		wire := coretest.Wire{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { sent = r.Header; fmt.Fprint(w, "{}") })}
		ch := coretest.Open(t, New, Config{URL: "https://app.example/messages", Secret: secret, Legacy: legacy}, coretest.Deps(&coretest.Inbox{}, log, &http.Client{Transport: wire}))
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("Hook-Signature", old.Get("Hook-Signature"))
		w := httptest.NewRecorder()
		if ch.ServeHTTP(w, r); w.Code != want {
			t.Errorf("legacy %v: answered %d, want %d", legacy, w.Code, want)
		}
		if strings.Contains(log.String(), "legacy_signature") != legacy {
			t.Errorf("legacy %v: the log says %q", legacy, log)
		}
		if _, err := ch.Send(t.Context(), core.Envelope{ID: "e1", Peer: core.Peer{ID: "u7"}, Parts: core.Parts{core.Text{Body: "好"}}}); err != nil {
			t.Error(err)
		}
		if (sent.Get("Hook-Signature") != "") != legacy || sent.Get("webhook-signature") == "" {
			t.Errorf("legacy %v: sent with %v", legacy, sent)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"id":"1","from":"a","text":"hi"}`))
	f.Add([]byte(`{"id":"1","from":"a","media":{"type":"image/png","url":"https://x"}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		env, err := (&Channel{}).read(b)
		if err == nil && (env.Ref == "" || env.Peer.ID == "" || len(env.Parts) != 1) {
			t.Errorf("read as %+v", env)
		}
	})
}

// The guide shows the whole adapter, as it is.
func TestGuide(t *testing.T) {
	src, err := os.ReadFile("hook.go")
	if err != nil {
		t.Fatal(err)
	}
	guide, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(guide), "```go\n"+string(src)+"```\n") {
		t.Error("adapters/README.md does not show hook.go as it is; copy it there")
	}
	if n := strings.Count(string(src), "\n"); n > 200 {
		t.Errorf("hook.go has %d lines; the example must stay within 200", n)
	}
}
