package webchat

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// A rate is how often something may happen.
type rate struct {
	every time.Duration // one more
	burst int           // at once
}

func per(d time.Duration, n, burst int) rate { return rate{d / time.Duration(n), burst} }

// gates are token buckets by key: for each, only when it would be full again
// (the generic cell rate algorithm), so a key costs a map entry and one that is
// full costs nothing after the next sweep. Each process counts for itself.
type gates struct {
	mu   sync.Mutex
	full map[string]time.Time
	next time.Time // when to sweep
}

// pass takes one from the bucket named by key, and reports 0, or how long to
// wait until one is there.
func (g *gates) pass(key string, r rate, now time.Time) time.Duration { return g.take(key, r, 1, now) }

// take is pass for n at once.
func (g *gates) take(key string, r rate, n int, now time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.full == nil {
		g.full = map[string]time.Time{}
	}
	if now.After(g.next) {
		for k, t := range g.full {
			if !t.After(now) {
				delete(g.full, k)
			}
		}
		g.next = now.Add(time.Minute)
	}
	t := g.full[key]
	if t.Before(now) {
		t = now
	}
	t = t.Add(time.Duration(n) * r.every)
	if wait := t.Sub(now) - time.Duration(r.burst)*r.every; wait > 0 {
		return wait
	}
	g.full[key] = t
	return 0
}

// address is who a request comes from, as limits count: the client's own
// address if it came by a proxy we trust; for IPv6 its /64, which is one
// customer's.
func (c *Config) address(r *http.Request) string {
	a := client(r.RemoteAddr)
	if len(c.proxies) > 0 {
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for i := len(hops) - 1; i >= 0 && c.trusted(a); i-- {
			next := client(strings.TrimSpace(hops[i]))
			if !next.IsValid() {
				break
			}
			a = next
		}
	}
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}

func (c *Config) trusted(a netip.Addr) bool {
	return slices.ContainsFunc(c.proxies, func(p netip.Prefix) bool { return p.Contains(a) })
}

// client reads an address with or without a port; invalid if it is neither.
func client(s string) netip.Addr {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap().WithZone("")
	}
	a, _ := netip.ParseAddr(strings.Trim(s, "[]"))
	return a.Unmap().WithZone("")
}

// allowed reports whether a page at origin may use the chat served as host. No
// origin at all is a program, not a page; it has a token or gets nothing.
func (c *Config) allowed(origin, host string) bool {
	if origin == "" {
		return true
	}
	if _, ok := c.origins[strings.ToLower(origin)]; ok {
		return true
	}
	_, at, ok := strings.Cut(origin, "://")
	return ok && strings.EqualFold(at, host) && (strings.HasPrefix(origin, "http://") || strings.HasPrefix(origin, "https://"))
}
