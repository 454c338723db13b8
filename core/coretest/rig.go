package coretest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// Open is the adapter that its package's New makes of c and d.
func Open[C, A any](t testing.TB, New func(C, core.Deps) (A, error), c C, d core.Deps) A {
	t.Helper()
	a, err := New(c, d)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Run lets f, which is an adapter's Run or a hub's, work in the background until
// stop is called or the test ends. Told to stop, f must end without an error.
func Run(t testing.TB, f func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- f(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// Fails fails the test unless err is a *core.SendError of kind want.
func Fails(t testing.TB, err error, want core.Kind) {
	t.Helper()
	if _, ok := errors.AsType[*core.SendError](err); !ok || core.KindOf(err) != want {
		t.Errorf("got %v (%v), want %v", core.KindOf(err), err, want)
	}
}

// Serve is what h answers a request, such as "POST /hook", with this body.
func Serve(h http.Handler, request, body string) *httptest.ResponseRecorder {
	method, target, _ := strings.Cut(request, " ")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, target, strings.NewReader(body)))
	return w
}

// Body is the whole body of r.
func Body(t testing.TB, r *http.Request) []byte {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	return b
}

// A Wire is a network in memory with one server on it, for an http.Client. With
// it time is the test's own. A handler breaks the connection off with http.ErrAbortHandler.
type Wire struct {
	http.Handler
	Delay func() time.Duration // how long a request is under way; nil: no time
	Err   error                // what happens in place of an answer
}

// RoundTrip implements http.RoundTripper.
func (w Wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if w.Err != nil {
		return nil, w.Err
	}
	if t := httptrace.ContextClientTrace(r.Context()); t != nil && t.GotConn != nil {
		t.GotConn(httptrace.GotConnInfo{})
	}
	if w.Delay != nil {
		select {
		case <-time.After(w.Delay()):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	if r.Body == nil { // a server's handler always has one
		r = r.Clone(r.Context())
		r.Body = http.NoBody
	}
	rec := httptest.NewRecorder()
	if !answers(w, rec, r) {
		return nil, io.ErrUnexpectedEOF
	}
	return rec.Result(), nil
}

// answers is false if the handler breaks the connection off; any other panic is a mistake and goes on.
func answers(h http.Handler, w http.ResponseWriter, r *http.Request) (ok bool) {
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler:
			ok = false
		default:
			panic(p)
		}
	}()
	h.ServeHTTP(w, r)
	return true
}

// A Clock shows the same time until the test lets some pass. It is safe for
// concurrent use.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// NewClock is a clock that shows at.
func NewClock(at time.Time) *Clock { return &Clock{at: at} }

// Now is what it shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Pass lets d pass.
func (c *Clock) Pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// Work lets d pass in steps, so that what falls due on the way is done when it
// does: work does what is due and says when something is next, as a hub's Work.
func (c *Clock) Work(t testing.TB, d time.Duration, work func(context.Context) (time.Time, error)) {
	t.Helper()
	for end := c.Now().Add(d); ; {
		next, err := work(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if next.IsZero() || next.After(end) {
			c.Pass(end.Sub(c.Now()))
			return
		}
		c.Pass(next.Sub(c.Now()))
	}
}
