package coretest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// A Platform is what the suite must know of the far side, which it plays as an
// HTTP server.
type Platform struct {
	// Open returns the adapter, connected to the platform at url.
	Open func(t *testing.T, url string, d core.Deps) core.Adapter

	// Sign makes a recorded webhook genuine: the suite sends it with and
	// without, and expects only the signed one to arrive.
	Sign func(r *http.Request, body []byte)

	// Secrets are the credentials given to Open. None may show in an error or
	// in the log.
	Secrets []string

	// Accepts is the platform's own rules, from its documentation: it fails a
	// request that the real platform would refuse. Nil accepts everything.
	Accepts func(r *http.Request, body []byte) error

	// Fail answers a request as the platform does when it cannot take the
	// message. Nil answers with the HTTP status that means k.
	Fail func(w http.ResponseWriter, k core.Kind)

	// Setup answers the requests that are not the message itself, such as the
	// one for an access token; it reports whether it did. Nil answers none.
	Setup func(w http.ResponseWriter, r *http.Request) bool

	// Session says that Sign proves who asks, not what: a session's token in place
	// of a signature of the body.
	Session bool

	// Shows is set for an adapter that carries nothing away: people look at pages
	// of its own, which read core.Views, and Send only tells the pages by hints on
	// the bus. It returns what a page gets once env, with the parts of one message,
	// is in the record and was sent. The suite then takes the hints for the
	// requests, and expects no failures of a far side, for there is none.
	Shows func(t *testing.T, a core.Adapter, env core.Envelope) string

	// Stub replaces what a rig's requests vary in from run to run, in golden files.
	Stub func(request string) string
}

// Adapter runs the suite.
func Adapter(t *testing.T, p Platform) {
	in, out := cases(t, "in-*.txt"), cases(t, "out-*.txt")
	if len(out) == 0 {
		t.Fatal("testdata needs at least one out-*.txt")
	}
	if len(in) > 0 {
		for _, c := range in {
			t.Run(c.name, func(t *testing.T) { p.receive(t, c) })
		}
		t.Run("refuses what is not signed", func(t *testing.T) { p.unsigned(t, in) })
		t.Run("refuses what is too large", func(t *testing.T) { p.tooLarge(t, in[0]) })
		t.Run("answers only after filing", func(t *testing.T) { p.inboxDown(t, in[0]) })
		t.Run("refuses poison for good", func(t *testing.T) { p.poison(t, in[0]) })
		p.oddities(t)
	}
	for _, c := range out {
		t.Run(c.name, func(t *testing.T) { p.send(t, c) })
	}
	t.Run("keeps its limits constant", func(t *testing.T) { p.limits(t) })
	t.Run("sends every part that fits", func(t *testing.T) { p.everyPart(t, out[0]) })
	if p.Shows != nil {
		t.Run("needs no hint to arrive", func(t *testing.T) { p.hintLost(t, out[0]) })
	} else {
		t.Run("stops when told", func(t *testing.T) { p.cancelled(t, out[0]) })
		t.Run("names its failures", func(t *testing.T) { p.failures(t, out[0]) })
		t.Run("knows what it cannot know", func(t *testing.T) { p.cutOff(t, out[0]) })
		t.Run("keeps what a transport says to itself", func(t *testing.T) { p.indiscreet(t, out[0]) })
	}
	t.Run("sends concurrently", func(t *testing.T) { p.concurrent(t, out[0]) })
}

// Deps are what the suite lends to an adapter, with its own Inbox and Log.
func Deps(inbox *Inbox, log *Log, client *http.Client) core.Deps {
	return core.Deps{
		Name: "test", Inbox: inbox, HTTP: client, Meter: Meter{}, Values: &Values{}, Blobs: &Blobs{},
		Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Now: func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) },
	}
}

type rig struct {
	core.Adapter
	p     Platform
	inbox *Inbox
	log   *Log
	srv   *httptest.Server

	mu     sync.Mutex
	answer http.HandlerFunc // what the platform says next
	asked  []string         // what the platform was asked
	wrong  []error          // what the platform would have refused
	down   error            // of hints
}

func (p Platform) rig(t *testing.T, answer http.HandlerFunc) *rig {
	r := &rig{p: p, inbox: &Inbox{}, log: &Log{}, answer: answer}
	r.srv = httptest.NewServer(r)
	t.Cleanup(r.srv.Close)
	d := Deps(r.inbox, r.log, r.srv.Client())
	if p.Shows != nil {
		d.Bus = hints{rig: r}
	}
	r.Adapter = p.Open(t, r.srv.URL, d)
	t.Cleanup(func() { p.silent(t, "the log", r.log.String()) })
	return r
}

func (r *rig) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	req.Body = io.NopCloser(bytes.NewReader(body))
	if r.p.Setup != nil && r.p.Setup(w, req) {
		return
	}
	r.mu.Lock()
	r.asked = append(r.asked, fmt.Sprintf("%s %s\n%s\n", req.Method, req.URL, body))
	if r.p.Accepts != nil {
		if err := r.p.Accepts(req, body); err != nil {
			r.wrong = append(r.wrong, err)
		}
	}
	r.mu.Unlock()
	if r.answer != nil {
		r.answer(w, req)
	}
}

func (p Platform) silent(t *testing.T, where, text string) {
	t.Helper()
	for _, s := range p.Secrets {
		if strings.Contains(text, s) {
			t.Errorf("a secret is in %s: %s", where, strings.ReplaceAll(text, s, "<SECRET>"))
		}
	}
}

func (c *kase) request(body []byte) *http.Request {
	method, target, _ := strings.Cut(strings.TrimSpace(cmp.Or(c.text["target"], "POST /")), " ")
	req := httptest.NewRequest(method, target, bytes.NewReader(body))
	for _, line := range strings.Split(c.text["headers"], "\n") {
		if k, v, ok := strings.Cut(line, ":"); ok {
			req.Header.Set(k, strings.TrimSpace(v))
		}
	}
	return req
}

func (r *rig) post(c *kase, sign func(*http.Request, []byte)) *httptest.ResponseRecorder {
	body := []byte(strings.TrimSuffix(c.get("webhook"), "\n"))
	req := c.request(body)
	if sign != nil {
		sign(req, body)
	}
	w := httptest.NewRecorder()
	r.Adapter.(core.Webhook).ServeHTTP(w, req)
	return w
}

func (p Platform) receive(t *testing.T, c *kase) {
	r := p.rig(t, nil)
	var first []core.Envelope
	for try := range 2 { // platforms repeat themselves: the Ref must be the same each time
		if w := r.post(c, p.Sign); w.Code >= 300 {
			t.Fatalf("answered %d %s", w.Code, w.Body)
		}
		got := r.inbox.Got()
		if try == 0 {
			first = got
			continue
		}
		for i, e := range got[len(first):] {
			if i >= len(first) || e.Ref != first[i].Ref {
				t.Errorf("repeated, it is filed as %q: not the Ref it had", e.Ref)
			}
		}
	}
	for _, e := range first {
		if e.Ref == "" || e.Peer.ID == "" || e.Channel != "test" || len(e.Parts) == 0 {
			t.Errorf("an envelope needs Ref, Peer, Channel and Parts: %+v", e)
		}
	}
	if len(first) == 1 {
		c.check(t, "envelope", pretty(first[0]))
	} else {
		c.check(t, "envelope", pretty(first))
	}
}

func (p Platform) send(t *testing.T, c *kase) {
	code, body, _ := strings.Cut(strings.TrimSuffix(c.get("answer"), "\n"), "\n")
	r := p.rig(t, func(w http.ResponseWriter, _ *http.Request) {
		n := 200
		fmt.Sscan(code, &n)
		w.WriteHeader(n)
		io.WriteString(w, body)
	})
	ref, err := r.Send(t.Context(), c.envelope(t))
	if err == nil && ref == "" {
		t.Error("sent, but the platform's name for it was not returned")
	}
	p.silent(t, "the error", fmt.Sprint(err))
	asked := strings.Join(r.asked, "")
	if p.Stub != nil {
		asked = p.Stub(asked)
	}
	c.check(t, "request", asked)
	c.check(t, "result", fmt.Sprintf("ref=%s err=%v\n", ref, err))
}

func (p Platform) unsigned(t *testing.T, in []*kase) {
	for _, c := range in {
		r := p.rig(t, nil)
		if w := r.post(c, nil); w.Code < 400 || len(r.inbox.Got()) > 0 {
			t.Errorf("%s without a signature: answered %d and filed %d", c.name, w.Code, len(r.inbox.Got()))
		}
		if p.Session {
			continue
		}
		w := r.post(c, func(req *http.Request, body []byte) { p.Sign(req, append([]byte("x"), body...)) })
		if w.Code < 400 || len(r.inbox.Got()) > 0 {
			t.Errorf("%s with another message's signature: answered %d and filed %d", c.name, w.Code, len(r.inbox.Got()))
		}
	}
}

func (p Platform) tooLarge(t *testing.T, c *kase) {
	const most = 4 << 20
	body := make([]byte, 8*most)
	req := c.request(body)
	p.Sign(req, body)
	read := bytes.NewReader(body)
	req.Body = io.NopCloser(read)
	w := httptest.NewRecorder()
	p.rig(t, nil).Adapter.(core.Webhook).ServeHTTP(w, req)
	if n := read.Size() - int64(read.Len()); n > most || w.Code < 400 {
		t.Errorf("answered %d after reading %d bytes", w.Code, n)
	}
}

func (p Platform) inboxDown(t *testing.T, c *kase) {
	r := p.rig(t, nil)
	r.inbox.Fail(errors.New("disk full"))
	if w := r.post(c, p.Sign); w.Code < 500 {
		t.Errorf("the platform was told %d though nothing was filed", w.Code)
	}
}

func (p Platform) limits(t *testing.T) {
	a := p.rig(t, nil)
	if x, y := pretty(a.Limits()), pretty(a.Limits()); x != y {
		t.Errorf("Limits changed from %s to %s", x, y)
	}
}

// AllParts has one of everything, with text that is hard to carry.
var AllParts = core.Parts{
	core.Text{Body: strings.Repeat("你好，世界。😀\n<b>&amp;", 200)},
	core.Media{Type: "image/png", URL: "https://example.com/a.png", Name: "a.png"},
	core.Media{Type: "audio/amr", URL: "https://example.com/a.amr"},
	core.Place{Lat: 31.23, Lon: 121.47, Name: "外滩"},
	core.Card{Title: "标题", Body: "b", URL: "https://example.com"},
	core.Choice{Prompt: "选哪个？", Options: []core.Option{{ID: "a", Label: "甲的选项"}, {ID: "b", Label: "乙的选项"}}},
	core.Choice{Prompt: "很多", Options: forty()},
	core.Form{ID: "f", Values: map[string]string{"电话": "138"}},
	core.Case{Ticket: "7", State: "waiting", Title: "李** · 微信", Actions: []core.Option{{ID: "claim", Label: "认领"}}},
}

func forty() (os []core.Option) {
	for i := range 40 {
		os = append(os, core.Option{ID: fmt.Sprint("o", i), Label: fmt.Sprintf("第 %d 项 😀", i)})
	}
	return os
}

// everyPart sends one of everything and looks for its words in what the
// platform was asked, and for requests that the platform would refuse.
func (p Platform) everyPart(t *testing.T, c *kase) {
	_, body, _ := strings.Cut(c.get("answer"), "\n")
	words := map[string]string{"card": "标题", "choice": "乙的选项", "place": "121.47", "form": "138", "case": "李** · 微信"}
	if p.Shows != nil {
		delete(words, "case") // pages draw their cards from Views
	}
	for _, part := range AllParts {
		shown := ""
		r := p.rig(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) })
		for _, parts := range r.Limits().Fit(core.Parts{part}) {
			env := c.envelope(t)
			env.Parts = parts
			if ref, err := r.Send(t.Context(), env); err != nil || ref == "" {
				t.Errorf("%T: ref %q, %v", parts[0], ref, err)
			}
			if p.Shows != nil {
				shown += p.Shows(t, r.Adapter, env)
			}
		}
		for _, err := range r.wrong {
			t.Errorf("%T: the platform would refuse it: %v", part, err)
		}
		asked := unescape(strings.Join(r.asked, "") + shown)
		kind := strings.ToLower(strings.TrimPrefix(fmt.Sprintf("%T", part), "core."))
		if ch, ok := part.(core.Choice); ok && len(ch.Options) == 40 {
			kind, words["choice40"] = "choice40", "第 39 项"
		}
		if want := words[kind]; want != "" && !strings.Contains(asked, want) {
			t.Errorf("%T: %q did not reach the platform:\n%s", part, want, asked)
		}
	}
}

// unescape undoes JSON's and URLs' ways of writing what is not ASCII.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		var r rune
		if n, _ := fmt.Sscanf(s[i:min(i+6, len(s))], "\\u%04x", &r); n == 1 {
			b.WriteRune(r)
			i += 6
			continue
		}
		b.WriteByte(s[i])
		i++
	}
	if u, err := url.QueryUnescape(b.String()); err == nil {
		return b.String() + "\n" + u
	}
	return b.String()
}

// cancelled ends the context while the platform thinks. Nobody knows then
// whether the message was taken.
func (p Platform) cancelled(t *testing.T, c *kase) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan struct{})
	r := p.rig(t, func(_ http.ResponseWriter, req *http.Request) {
		cancel()
		select {
		case <-req.Context().Done():
		case <-done:
		}
	})
	result := make(chan error, 1)
	go func() {
		_, err := r.Send(ctx, c.envelope(t))
		result <- err
	}()
	select {
	case err := <-result:
		close(done)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want one that is context.Canceled", err)
		}
		if k := core.KindOf(err); k != core.KindUnknown {
			t.Errorf("got %v, want unknown: the request had left", k)
		}
		p.silent(t, "the error", fmt.Sprint(err))
	case <-time.After(20 * time.Second):
		close(done)
		t.Error("Send goes on after its context is done")
	}
}

func (p Platform) failures(t *testing.T, c *kase) {
	status := map[core.Kind]int{core.KindThrottled: 429, core.KindTransient: 503, core.KindRejected: 400, core.KindDenied: 401}
	for kind, code := range status {
		fail := func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(code)
		}
		if p.Fail != nil {
			fail = func(w http.ResponseWriter) { p.Fail(w, kind) }
		}
		r := p.rig(t, func(w http.ResponseWriter, _ *http.Request) { fail(w) })
		_, err := r.Send(t.Context(), c.envelope(t))
		if e, ok := errors.AsType[*core.SendError](err); !ok {
			t.Errorf("%v: got %T %v, want *core.SendError", kind, err, err)
		} else if e.Kind != kind {
			t.Errorf("%v: got %v (%v)", kind, e.Kind, err)
		} else if kind == core.KindThrottled && p.Fail == nil && e.After != 7*time.Second {
			t.Errorf("Retry-After was ignored: %v", e.After)
		}
		p.silent(t, "the error", fmt.Sprint(err))
	}
	for _, code := range []int{500, 502} {
		r := p.rig(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) })
		if _, err := r.Send(t.Context(), c.envelope(t)); core.KindOf(err) != core.KindTransient && core.KindOf(err) != core.KindUnknown {
			t.Errorf("%d: got %v, want one that is tried again or looked at", code, core.KindOf(err))
		}
	}
}

// cutOff breaks the connection: before the request could leave nothing was
// taken, after it nobody knows.
func (p Platform) cutOff(t *testing.T, c *kase) {
	r := p.rig(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			conn.Close()
		}
	})
	_, err := r.Send(t.Context(), c.envelope(t))
	if k := core.KindOf(err); k != core.KindUnknown {
		t.Errorf("cut off after the request: got %v, want unknown", k)
	}
	p.silent(t, "the error", fmt.Sprint(err))

	r = p.rig(t, nil)
	r.srv.Close()
	_, err = r.Send(t.Context(), c.envelope(t))
	if k := core.KindOf(err); k != core.KindTransient {
		t.Errorf("nobody listens: got %v, want transient", k)
	}
	p.silent(t, "the error", fmt.Sprint(err))
}

func (p Platform) concurrent(t *testing.T, c *kase) {
	_, body, _ := strings.Cut(c.get("answer"), "\n")
	r := p.rig(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) })
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := r.Send(t.Context(), c.envelope(t)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(r.asked) != 20 {
		t.Errorf("20 sends caused %d requests", len(r.asked))
	}
}

func pretty(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err.Error()
	}
	return b.String()
}
