package hub

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/adapters/hook"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
	"github.com/frontdesk-im/frontdesk/core/signed"
)

// BenchmarkWebhook is target 1 from outside: signed webhooks over 64 HTTP
// connections, each durable before it is answered, beside a handler that only
// reads JSON and answers, in the same run.
//
//	go test ./core/hub -run '^$' -bench Webhook -benchtime 100000x
func BenchmarkWebhook(b *testing.B) {
	st, err := openStore(b.Context(), b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer st.Close()
	h := testHub(st, time.Now)
	const secret = "0123456789abcdef0123456789abcdef"
	d := coretest.Deps(&coretest.Inbox{}, &coretest.Log{}, http.DefaultClient)
	d.Name, d.Inbox, d.Now = "web", h, time.Now
	ch, err := hook.New(hook.Config{URL: "http://127.0.0.1", Secret: secret}, d)
	if err != nil {
		b.Fatal(err)
	}
	if err := h.Connect("web", core.RoleChannel, ch); err != nil {
		b.Fatal(err)
	}
	bare := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var m map[string]any
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		io.WriteString(w, "{}")
	})
	b.ResetTimer()
	rate := map[string]float64{}
	for name, handler := range map[string]http.Handler{"bare": bare, "durable": ch} {
		start := time.Now()
		post(b, handler, secret, name)
		rate[name] = float64(b.N) / time.Since(start).Seconds()
	}
	b.ReportMetric(rate["bare"], "bare/s")
	b.ReportMetric(rate["durable"], "durable/s")
	b.ReportMetric(rate["durable"]/rate["bare"], "of-bare")
}

// post sends b.N messages over 64 connections.
func post(b *testing.B, handler http.Handler, secret, run string) {
	srv := httptest.NewServer(handler)
	defer srv.Close()
	ring, err := signed.New(signed.Secrets{Secret: core.Secret(secret)})
	if err != nil {
		b.Fatal(err)
	}
	const clients = 64
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			for i := c; i < b.N; i += clients {
				body := fmt.Appendf(nil, `{"id":"%s-%d","from":"p%d","unix":1767225600,"text":"ping %d"}`, run, i, i%10_000, i)
				req, err := http.NewRequest(http.MethodPost, srv.URL, bytes.NewReader(body))
				if err != nil {
					b.Error(err)
					return
				}
				ring.Sign(req.Header, "m", time.Now(), body)
				resp, err := client.Do(req)
				if err != nil || resp.StatusCode != http.StatusOK {
					b.Error(err, resp)
					return
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
		})
	}
	wg.Wait()
}
