package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/frontdesk-im/frontdesk/config"
	"github.com/frontdesk-im/frontdesk/core"
)

// web is everything that is served: adapters, the demo page, health, figures.
type web struct {
	conf    *config.Config
	log     *slog.Logger
	meter   *meter
	mux     *http.ServeMux
	owner   map[string]string // of a path: the account that serves it
	proxies []netip.Prefix
	hosts   []string      // names that we answer to; nil: any
	slow    time.Duration // how long a body may take
	ready   func(context.Context) readiness
	calls   calls
}

// readiness is the answer of /readyz. It names accounts and what ails them, which
// strangers are not told.
type readiness struct {
	Ready    bool              `json:"ready"`
	Why      string            `json:"why,omitempty"` // not ready
	Version  string            `json:"version"`
	Scripts  string            `json:"scripts"`                 // version in force
	Fault    string            `json:"scripts_fault,omitempty"` // why the files on disk are not
	Accounts map[string]string `json:"accounts,omitempty"`      // what troubles them; empty if nothing does
	Unread   int64             `json:"unread"`
	Outbox   int64             `json:"outbox"`
	Waiting  int64             `json:"waiting"`
}

func newWeb(c *config.Config, log *slog.Logger, m *meter, ready func(context.Context) readiness) *web {
	w := &web{conf: c, log: log, meter: m, mux: http.NewServeMux(), owner: map[string]string{}, ready: ready, hosts: hosts(c.BaseURL, c.Hosts), slow: bodyTime}
	for _, s := range c.Proxies {
		if p, err := config.Prefix(s); err == nil { // config has checked them
			w.proxies = append(w.proxies, p)
		}
	}
	w.handle("/healthz", "healthz", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprintln(w, "ok")
	}))
	w.handle("/readyz", "readyz", http.HandlerFunc(w.serveReady))
	if c.Metrics.Listen == "" {
		w.handle("/metrics", "metrics", w.inside(w.figures()))
	}
	return w
}

// mount serves the pages or the webhook of an account.
func (w *web) mount(name string, a core.Adapter) error {
	if s, ok := a.(core.Site); ok {
		if err := w.claim(s.Prefix(), name); err != nil {
			return err
		}
		w.handle(s.Prefix(), name, s)
		return nil
	}
	if h, ok := a.(core.Webhook); ok {
		prefix := "/hook/" + name
		w.handle(prefix+"/", name, w.calls.counted(http.StripPrefix(prefix, h)))
	}
	return nil
}

// calls are the platforms' requests under way. They are answered before the
// program ends; pages ask again by themselves.
type calls struct {
	mu   sync.Mutex
	n    int
	done chan struct{} // closed when none is left, once somebody waits for that
}

func (c *calls) counted(h http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		c.add(1)
		defer c.add(-1)
		h.ServeHTTP(rw, r)
	})
}

func (c *calls) add(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n += n; c.n == 0 && c.done != nil {
		close(c.done)
		c.done = nil
	}
}

// none is closed when no call is under way.
func (c *calls) none() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	done := make(chan struct{})
	if c.n == 0 {
		close(done)
		return done
	}
	c.done = done
	return done
}

// claim makes sure that no two accounts serve one path.
func (w *web) claim(prefix, name string) error {
	if other, taken := w.owner[prefix]; taken {
		return fmt.Errorf("%s and %s both serve %s; give one of them another prefix", other, name, prefix)
	}
	if len(prefix) < 3 || !strings.HasPrefix(prefix, "/") || !strings.HasSuffix(prefix, "/") || strings.HasPrefix(prefix, "/hook/") {
		return fmt.Errorf("%s cannot serve %q; use a prefix like /chat/", name, prefix)
	}
	w.owner[prefix] = name
	return nil
}

// handle adds a route. Its panics end its request only.
func (w *web) handle(pattern, route string, h http.Handler) {
	w.mux.Handle(pattern, w.measured(route, w.guarded(route, h)))
}

// ServeHTTP implements http.Handler.
func (w *web) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	h := rw.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "SAMEORIGIN")
	h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
	if strings.HasPrefix(w.conf.BaseURL, "https://") {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
	if !w.called(r) {
		http.Error(rw, "this is not a name of ours; call us as base_url says, or add the name to hosts", http.StatusMisdirectedRequest)
		return
	}
	hurry(rw, r, w.slow)
	if r.ContentLength > w.conf.Limits.Body {
		http.Error(rw, "the request is too large", http.StatusRequestEntityTooLarge)
		return
	}
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = http.MaxBytesReader(rw, r.Body, w.conf.Limits.Body)
	}
	if len(w.proxies) > 0 {
		r.RemoteAddr = w.client(r)
	}
	w.mux.ServeHTTP(rw, r)
}

// client is the address of who really calls: the last in X-Forwarded-For that
// is not a proxy of ours, believed only from proxies of ours.
func (w *web) client(r *http.Request) string {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !w.trusts(at.Addr()) {
		return r.RemoteAddr
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	last := at.Addr()
	for i := len(hops) - 1; i >= 0; i-- {
		a, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		if last = a.Unmap(); !w.trusts(last) {
			break
		}
	}
	return netip.AddrPortFrom(last, at.Port()).String()
}

func (w *web) trusts(a netip.Addr) bool {
	for _, p := range w.proxies {
		if p.Contains(a.Unmap()) {
			return true
		}
	}
	return false
}

// guarded answers 500 where h panics.
func (w *web) guarded(route string, h http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(v)
			}
			w.meter.Count("panics_total", 1, "route", route)
			w.log.Error("a handler panicked; the request was answered 500", "route", route, "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
			http.Error(rw, "internal error", http.StatusInternalServerError)
		}()
		h.ServeHTTP(rw, r)
	})
}

// measured counts and times requests.
func (w *web) measured(route string, h http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rec := &recorder{ResponseWriter: rw}
		start := time.Now()
		defer func() {
			w.meter.Count("http_requests_total", 1, "route", route, "status", rec.class())
			if d := time.Since(start); rec.status != http.StatusSwitchingProtocols && d < 5*time.Second {
				w.meter.Time("http_seconds", d, "route", route)
			}
		}()
		h.ServeHTTP(rec, r)
	})
}

// A recorder remembers the status.
type recorder struct {
	http.ResponseWriter
	status int
}

// Unwrap lets http.ResponseController and WebSockets reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 || r.status < 200 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(b)
}

// Flush and Hijack are for handlers that ask for them the old way.
func (r *recorder) Flush() { _ = http.NewResponseController(r.ResponseWriter).Flush() }

func (r *recorder) class() string {
	switch {
	case r.status == 0:
		return "2xx"
	case r.status < 200:
		return "1xx"
	}
	return fmt.Sprintf("%dxx", r.status/100)
}

func (w *web) serveReady(rw http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
	defer cancel()
	st := w.ready(ctx)
	var told any = st
	if !w.near(r) && !w.shown(r) {
		told = map[string]bool{"ready": st.Ready}
	}
	rw.Header().Set("Content-Type", "application/json")
	rw.Header().Set("Cache-Control", "no-store")
	if !st.Ready {
		rw.WriteHeader(http.StatusServiceUnavailable)
	}
	enc := json.NewEncoder(rw)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(told); err != nil {
		w.log.Debug("readyz was not read", "err", err)
	}
}

// figures serves /metrics, to those who have the token if there is one.
func (w *web) figures() http.Handler {
	h := promhttp.HandlerFor(w.meter.reg, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if w.conf.Metrics.Token != "" && !w.shown(r) {
			rw.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(rw, "send the token of metrics.token as Authorization: Bearer", http.StatusUnauthorized)
			return
		}
		h.ServeHTTP(rw, r)
	})
}

// inside serves h to this machine, and to whoever has the token.
func (w *web) inside(h http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if w.conf.Metrics.Token == "" && !w.near(r) {
			http.Error(rw, "the figures are for this machine; set metrics.token, or metrics.listen to an address of its own", http.StatusForbidden)
			return
		}
		h.ServeHTTP(rw, r)
	})
}

// server is an http.Server that gives nobody more time or room than they need.
// Requests end when ctx does.
func server(ctx context.Context, h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       longest,         // an upload over a poor line; other bodies: hurry
		WriteTimeout:      2 * time.Minute, // a long poll, a download
		IdleTimeout:       75 * time.Second,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug), // handshakes that failed, clients that left
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
}
