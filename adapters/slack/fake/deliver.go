package fake

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coder/websocket"
)

// A frame is an envelope of Socket Mode that was not acknowledged yet.
type frame struct {
	ID      string         `json:"envelope_id"`
	Type    string         `json:"type"`
	Accepts bool           `json:"accepts_response_payload"`
	Payload map[string]any `json:"payload"`
	Attempt int            `json:"retry_attempt"`
	Reason  string         `json:"retry_reason"`
}

type socket struct {
	conn *websocket.Conn
	out  chan []byte
	stop context.CancelFunc
}

// deliver tells the app something: over HTTP, or over one of its sockets. While
// it has none, it is lost, as after Slack's last try. w.mu is held.
func (w *Workspace) deliver(kind string, payload map[string]any) {
	if w.Events == "" && len(w.sockets) == 0 {
		return
	}
	f := &frame{ID: w.next("env-"), Type: kind, Accepts: kind != "events_api", Payload: payload}
	w.unacked = append(w.unacked, f)
	w.send(f)
}

func (w *Workspace) send(f *frame) {
	b, _ := json.Marshal(f)
	if w.Events != "" {
		go w.post(*f)
		return
	}
	for s := range w.sockets {
		s.out <- b
		return
	}
}

// Redeliver sends again what was not acknowledged, as Slack does after a while.
func (w *Workspace) Redeliver() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range w.unacked {
		f.Attempt, f.Reason = f.Attempt+1, "http_timeout"
		w.send(f)
	}
}

// Unacked is how many events wait for their acknowledgement.
func (w *Workspace) Unacked() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.unacked)
}

// Sockets is how many sockets are open.
func (w *Workspace) Sockets() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.sockets)
}

// Disconnect asks the app to open its sockets anew, with Slack's reasons:
// refresh_requested, link_disabled. Cut, an empty reason, just breaks them.
func (w *Workspace) Disconnect(reason string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for s := range w.sockets {
		delete(w.sockets, s)
		if reason == "" {
			s.stop()
			continue
		}
		s.out <- []byte(`{"type":"disconnect","reason":"` + reason + `","debug_info":{"host":"fake"}}`)
	}
	w.changed()
}

// serveSocket is Socket Mode: hello, then envelopes that are acknowledged by ID.
func (w *Workspace) serveSocket(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	ok := w.tickets[r.URL.Query().Get("ticket")]
	delete(w.tickets, r.URL.Query().Get("ticket"))
	w.mu.Unlock()
	if !ok {
		http.Error(rw, "the ticket was used", http.StatusForbidden)
		return
	}
	c, err := websocket.Accept(rw, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		return
	}
	ctx, stop := context.WithCancel(r.Context())
	s := &socket{c, make(chan []byte, 1000), stop}
	w.mu.Lock()
	w.sockets[s] = true // first of all: what is said after the hello comes by this socket
	s.out <- []byte(`{"type":"hello","num_connections":1,"connection_info":{"app_id":"` + appID + `"},"debug_info":{"host":"fake","approximate_connection_time":18060}}`)
	w.changed()
	w.mu.Unlock()
	go w.write(ctx, s)
	defer func() {
		stop()
		_ = c.CloseNow()
		w.mu.Lock()
		delete(w.sockets, s)
		w.changed()
		w.mu.Unlock()
	}()
	for {
		_, b, err := c.Read(ctx)
		if err != nil {
			return
		}
		var ack struct {
			ID string `json:"envelope_id"`
		}
		if json.Unmarshal(b, &ack) == nil && len(b) < 20<<10 {
			w.taken(ack.ID)
		}
	}
}

func (w *Workspace) taken(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.unacked = slices.DeleteFunc(w.unacked, func(f *frame) bool { return f.ID == id })
	w.changed()
}

// write is the only one that writes to a socket: frames, and pings, the first
// right after the hello.
func (w *Workspace) write(ctx context.Context, s *socket) {
	defer s.stop()
	var tick <-chan time.Time
	if w.Ping > 0 {
		t := time.NewTicker(w.Ping)
		defer t.Stop()
		tick = t.C
		go func() { _ = s.conn.Ping(ctx) }()
	}
	for {
		select {
		case <-ctx.Done():
			return
		case b := <-s.out:
			if s.conn.Write(ctx, websocket.MessageText, b) != nil {
				return
			}
		case <-tick:
			go func() { _ = s.conn.Ping(ctx) }()
		}
	}
}

// Sign signs a request's body as Slack does, at a time.
func Sign(h http.Header, body []byte, at time.Time) {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(Secret))
	fmt.Fprintf(mac, "v0:%s:%s", stamp, body)
	h.Set("X-Slack-Request-Timestamp", stamp)
	h.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
}

// post delivers over HTTP; what is not taken waits for Redeliver.
func (w *Workspace) post(f frame) {
	body, _ := json.Marshal(f.Payload)
	content := "application/json"
	if f.Type != "events_api" {
		content = "application/x-www-form-urlencoded"
	}
	switch f.Type {
	case "interactive":
		body = []byte(url.Values{"payload": {string(body)}}.Encode())
	case "slash_commands":
		v := url.Values{}
		for k, x := range f.Payload {
			v.Set(k, fmt.Sprint(x))
		}
		body = []byte(v.Encode())
	}
	req, err := http.NewRequest(http.MethodPost, w.Events, bytes.NewReader(body))
	if err != nil {
		return
	}
	req.Header.Set("Content-Type", content)
	Sign(req.Header, body, w.Now())
	if f.Attempt > 0 {
		req.Header.Set("X-Slack-Retry-Num", strconv.Itoa(f.Attempt))
		req.Header.Set("X-Slack-Retry-Reason", f.Reason)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return
	}
	_ = resp.Body.Close()
	if resp.StatusCode < 300 || resp.Header.Get("X-Slack-No-Retry") != "" {
		w.taken(f.ID)
	}
}

// serveFile gives a file out to whoever has the token.
func (w *Workspace) serveFile(rw http.ResponseWriter, r *http.Request) {
	id, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/files/"), "/")
	w.mu.Lock()
	f := w.files[id]
	status := w.refusal("files")
	w.mu.Unlock()
	switch {
	case status != "":
		code, _ := strconv.Atoi(status)
		http.Error(rw, "no", code)
	case f == nil || r.Header.Get("Authorization") != "Bearer "+Token:
		http.Redirect(rw, r, "/signin?redir="+url.QueryEscape(r.URL.Path), http.StatusFound)
	default:
		rw.Header().Set("Content-Type", f.MIME)
		_, _ = rw.Write(f.body)
	}
}

// serveUpload takes the bytes of a file whose upload was announced.
func (w *Workspace) serveUpload(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 64<<20))
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") && err == nil {
		r.Body = io.NopCloser(bytes.NewReader(body))
		body, err = firstPart(r)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	f := w.files[strings.TrimPrefix(r.URL.Path, "/upload/")]
	if f == nil || err != nil || len(body) != f.Size {
		http.Error(rw, "no such upload, or another length", http.StatusBadRequest)
		return
	}
	f.body = body
	_, _ = fmt.Fprintf(rw, "OK - %d", len(body))
}

// firstPart is what a form has in it: each client names it differently.
func firstPart(r *http.Request) ([]byte, error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, err
	}
	p, err := parts.NextPart()
	if err != nil {
		return nil, err
	}
	return io.ReadAll(p)
}
