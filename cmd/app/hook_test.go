package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core/coretest"
	"github.com/frontdesk-im/frontdesk/core/signed"
)

// The running program and its OpenAPI documents say the same: a shop's app talks
// to it, the shop's system is asked, and every exchange is held to the documents,
// which the program serves. The address that it posts to is in no line of its log.
func TestOpenAPI(t *testing.T) {
	const secret = "whsec_QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJC"
	ring, err := signed.New(signed.Secrets{Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	type call struct {
		*http.Request
		body []byte
	}
	var broken atomic.Bool
	told, asked := make(chan call, 100), make(chan call, 100)
	far := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := call{r, coretest.Body(t, r)}
		switch r.URL.Path {
		case "/key-7/messages":
			told <- c
			if broken.Load() {
				panic(http.ErrAbortHandler)
			}
			io.WriteString(w, `{}`)
		case "/key-7/ask":
			asked <- c
			io.WriteString(w, `{"status":"shipped","status_zh":"已发货","courier":"顺丰","tracking":"SF1"}`)
		default:
			http.NotFound(w, r)
		}
	}))
	defer far.Close()
	file := filepath.Join(t.TempDir(), "frontdesk.yaml")
	conf := fmt.Sprintf("channels:\n  app: {type: hook, url: %q, secret: \"${SIGNS}\"}\nsystems:\n  orders: {type: action, url: %q, secret: \"${SIGNS}\"}\n",
		far.URL+"/key-7/messages", far.URL+"/key-7/ask")
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SIGNS", secret)
	p := launch(t, Options{Settings: Settings{Config: file, Data: t.TempDir()}})
	docs := map[string]*coretest.OpenAPI{}
	for _, name := range []string{"app", "orders"} {
		res, b := exchange(t, http.MethodGet, p.base+"/hook/"+name+signed.DescribedAt, nil)
		docs[name] = coretest.ReadOpenAPI(t, b)
		docs[name].Response("describe", res, b)
	}
	post := func(body, signs string, want int) {
		t.Helper()
		h := http.Header{"Content-Type": {"application/json"}}
		ring.Sign(h, "msg-1", time.Now(), []byte(signs))
		docs["app"].Request("receive", h, []byte(body))
		res, b := exchange(t, http.MethodPost, p.base+"/hook/app/", h, body)
		docs["app"].Response("receive", res, b)
		if res.StatusCode != want {
			t.Errorf("%s is answered %d %s, want %d", body, res.StatusCode, b, want)
		}
	}
	say := func(id, text string) {
		t.Helper()
		b, err := json.Marshal(map[string]any{"id": id, "from": "u7", "unix": time.Now().Unix(), "text": text})
		if err != nil {
			t.Fatal(err)
		}
		post(string(b), string(b), http.StatusOK)
	}
	say("m0", "查订单")
	say("m1", "XH20261101")
	say("m1", "XH20261101") // a repeat
	next := func(from chan call, doc, op, words string) {
		t.Helper()
		for {
			select {
			case c := <-from:
				docs[doc].Request(op, c.Header, c.body)
				if err := ring.Check(c.Header, c.body, time.Now()); err != nil {
					t.Error(err)
				}
				if bytes.Contains(c.body, []byte(words)) {
					return
				}
			case <-time.After(20 * time.Second):
				t.Fatalf("nothing comes with %q", words)
			}
		}
	}
	next(asked, "orders", "ask", "XH20261101")
	next(told, "app", "send", "SF1")
	post(`{"id":"m2","from":"u7","text":"x"}`, `{"id":"m3"}`, http.StatusUnauthorized)
	post(`{"id":"m\u0000","from":"u7","text":"x"}`, `{"id":"m\u0000","from":"u7","text":"x"}`, http.StatusUnprocessableEntity)

	broken.Store(true)
	say("m4", "退货运费谁出")
	first, again := <-told, <-told // it is tried again, so it is in the log that it failed
	if first.Header.Get(signed.HeaderID) != again.Header.Get(signed.HeaderID) || !strings.Contains(p.err.String(), "was not sent") {
		t.Errorf("%s, then %s; the log says\n%s", first.body, again.body, p.err)
	}
	for _, secret := range []string{"key-7", strings.TrimPrefix(far.URL, "http://"), secret[6:]} {
		if log := p.err.String() + p.out.String(); strings.Contains(log, secret) {
			t.Errorf("%s is in the log:\n%s", secret, log)
		}
	}
}

// exchange makes one request and reads its answer.
func exchange(t *testing.T, method, url string, h http.Header, body ...string) (*http.Response, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(strings.Join(body, "")))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range h {
		r.Header[k] = v
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
	return res, b
}
