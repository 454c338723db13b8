package fake

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"time"
)

// updates are kept until an offset confirms them.
type updates struct {
	all       []json.RawMessage // the n-th has update_id n+1
	confirmed int64             // the last update_id that will not come again
	poller    chan struct{}     // closed to end the poll that is open; nil if none is
	news      chan struct{}     // closed when an update comes
}

type hook struct{ url, secret string }

// Confirmed is how many updates will not come again.
func (p *Platform) Confirmed() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.queue.confirmed
}

// Polling reports whether a poll is open.
func (p *Platform) Polling() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.queue.poller != nil
}

// poll is getUpdates: an offset confirms what is before it; a new poll ends the
// one that is open, and none may be made while a webhook is set.
func (p *Platform) poll(ctx context.Context, w http.ResponseWriter, q *request) {
	p.mu.Lock()
	if p.hook.url != "" {
		p.mu.Unlock()
		answer(w, 409, refusal(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first", nil))
		return
	}
	if p.queue.poller != nil {
		close(p.queue.poller)
	}
	over := make(chan struct{})
	p.queue.poller = over
	if offset := q.int("offset"); offset > 0 {
		p.queue.confirmed = max(p.queue.confirmed, min(offset-1, int64(len(p.queue.all))))
	}
	news, waiting := p.queue.news, int64(len(p.queue.all)) <= p.queue.confirmed
	p.mu.Unlock()
	if secs := q.int("timeout"); waiting && secs > 0 {
		end := time.NewTimer(time.Duration(secs) * time.Second)
		select {
		case <-news:
		case <-over:
		case <-end.C:
		case <-ctx.Done():
		}
		end.Stop()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.queue.poller != over {
		answer(w, 409, refusal(409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running", nil))
		return
	}
	p.queue.poller = nil
	out := append([]json.RawMessage{}, p.queue.all[p.queue.confirmed:min(int64(len(p.queue.all)), p.queue.confirmed+100)]...)
	b, err := json.Marshal(map[string]any{"ok": true, "result": out})
	if err != nil {
		panic(err) // it was marshalled before
	}
	answer(w, 200, string(b))
}

// Deliver posts what waits to a webhook, in order, as Telegram does once
// setWebhook was called, and returns at the first that is not taken: Telegram
// tries that again.
func (p *Platform) Deliver(ctx context.Context, h http.Handler) error {
	for {
		p.mu.Lock()
		if p.queue.confirmed >= int64(len(p.queue.all)) {
			p.mu.Unlock()
			return nil
		}
		body, secret := p.queue.all[p.queue.confirmed], p.hook.secret
		p.mu.Unlock()
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "/", bytes.NewReader(body))
		if err != nil {
			return err
		}
		r.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
		w := &recorder{head: http.Header{}, code: 200}
		if h.ServeHTTP(w, r); w.code >= 300 {
			return fmt.Errorf("fake: the webhook answered %d %s", w.code, w.body.String())
		}
		p.mu.Lock()
		p.queue.confirmed++
		p.mu.Unlock()
	}
}

// Client is an HTTP client that reaches nothing but this platform, without a
// network, under any host name.
func (p *Platform) Client() *http.Client { return &http.Client{Transport: inside{p}} }

type inside struct{ h http.Handler }

func (t inside) RoundTrip(r *http.Request) (*http.Response, error) {
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{})
	}
	if r.Body != nil {
		defer r.Body.Close()
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	w := &recorder{head: http.Header{}, code: 200}
	t.h.ServeHTTP(w, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: w.code, Status: fmt.Sprintf("%d %s", w.code, http.StatusText(w.code)), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.head, Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()), Request: r}, nil
}

type recorder struct {
	head http.Header
	code int
	body bytes.Buffer
}

func (w *recorder) Header() http.Header         { return w.head }
func (w *recorder) WriteHeader(c int)           { w.code = c }
func (w *recorder) Write(b []byte) (int, error) { return w.body.Write(b) }
