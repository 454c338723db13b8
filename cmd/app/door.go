package app

import (
	"crypto/subtle"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// A request's body has so long to arrive. Handlers that take files give theirs
// more, as far as longest.
const (
	bodyTime = 10 * time.Second
	longest  = 2 * time.Minute
)

// hurry gives the body of r so long to arrive, all of it. A connection whose body
// does not is closed when its handler has ended.
func hurry(rw http.ResponseWriter, r *http.Request, most time.Duration) {
	if r.Body == nil || r.Body == http.NoBody {
		return
	}
	c := http.NewResponseController(rw)
	if c.SetReadDeadline(time.Now().Add(most)) == nil {
		r.Body = arriving{r.Body, c}
	}
}

// arriving is a body with a deadline that ends with it: what is read behind it
// is only whether the client is still there.
type arriving struct {
	io.ReadCloser
	c *http.ResponseController
}

func (b arriving) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		_ = b.c.SetReadDeadline(time.Now().Add(longest))
	}
	return n, err
}

// near reports whether r comes from this machine itself, not through a proxy on it
// that says for whom it asks.
func (w *web) near(r *http.Request) bool {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !at.Addr().Unmap().IsLoopback() {
		return false
	}
	if len(w.proxies) > 0 {
		return true // client has looked through them
	}
	return !slices.ContainsFunc([]string{"X-Forwarded-For", "X-Real-Ip", "Forwarded", "Via"}, func(k string) bool { return r.Header.Get(k) != "" })
}

// shown reports whether the caller has the token of metrics.token.
func (w *web) shown(r *http.Request) bool {
	want := "Bearer " + string(w.conf.Metrics.Token)
	return w.conf.Metrics.Token != "" && subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte(want)) == 1
}

// hosts are the names by which we are called, in small letters; nil: any.
func hosts(base string, more []string) []string {
	u, err := url.Parse(base)
	if base == "" || err != nil {
		return nil
	}
	out := []string{strings.ToLower(u.Hostname()), "localhost"}
	for _, h := range more {
		out = append(out, strings.ToLower(h))
	}
	return out
}

// called reports whether r calls us by a name that is ours. Addresses cannot be
// turned round to us as names can; health checks and platforms, which sign, may
// use any.
func (w *web) called(r *http.Request) bool {
	if w.hosts == nil || r.URL.Path == "/healthz" || r.URL.Path == "/readyz" || strings.HasPrefix(r.URL.Path, "/hook/") {
		return true
	}
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	_, err := netip.ParseAddr(host)
	return err == nil || slices.Contains(w.hosts, strings.ToLower(host))
}

// A turnstile is a listener that lets each address have so many connections at
// once. This machine and our proxies, who ask for many people, may have any
// number.
type turnstile struct {
	net.Listener
	most  int
	trust func(netip.Addr) bool

	mu   sync.Mutex
	open map[netip.Prefix]int
}

// Accept implements net.Listener. A connection too many is closed at once.
func (t *turnstile) Accept() (net.Conn, error) {
	for {
		c, err := t.Listener.Accept()
		if err != nil {
			return nil, err
		}
		tcp, ok := c.(*net.TCPConn)
		if !ok {
			return c, nil
		}
		who, counted := t.who(c.RemoteAddr())
		if !counted {
			return c, nil
		}
		if t.enter(who) {
			return &visit{TCPConn: tcp, leave: sync.OnceFunc(func() { t.exit(who) })}, nil
		}
		_ = c.Close()
	}
}

// who is an address as connections are counted, an IPv6 address with all of its
// /64; false if it is not counted.
func (t *turnstile) who(a net.Addr) (netip.Prefix, bool) {
	at, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Prefix{}, false
	}
	ip := at.Addr().Unmap().WithZone("")
	if t.trust(ip) {
		return netip.Prefix{}, false
	}
	bits := 32
	if ip.Is6() {
		bits = 64
	}
	p, err := ip.Prefix(bits)
	return p, err == nil
}

func (t *turnstile) enter(who netip.Prefix) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open[who] >= t.most {
		return false
	}
	if t.open == nil {
		t.open = map[netip.Prefix]int{}
	}
	t.open[who]++
	return true
}

func (t *turnstile) exit(who netip.Prefix) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open[who]--; t.open[who] <= 0 {
		delete(t.open, who)
	}
}

// visit is a connection that is counted until it is closed.
type visit struct {
	*net.TCPConn
	leave func()
}

// Close implements net.Conn.
func (v *visit) Close() error {
	v.leave()
	return v.TCPConn.Close()
}
