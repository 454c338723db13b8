package console

import (
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
)

// A door is how requests come in: under which address, and through whom.
type door struct {
	url     string // public
	proxies []netip.Prefix
}

// secure reports whether the browser speaks TLS, to us or to the proxy before us.
func (d door) secure(r *http.Request) bool {
	return r.TLS != nil || strings.HasPrefix(d.url, "https:")
}

// address is where a request comes from: the last hop that is not a proxy of
// ours. An IPv6 customer has a whole /64.
func (d door) address(r *http.Request) string {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	addr := ap.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && d.proxied(addr); i-- {
		a, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		addr = a.Unmap()
	}
	if addr.Is6() {
		if p, err := addr.Prefix(64); err == nil {
			return p.String()
		}
	}
	return addr.String()
}

func (d door) proxied(a netip.Addr) bool {
	for _, p := range d.proxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// An audit says in the log who did what to whom.
type audit struct {
	log  *slog.Logger
	door door
}

// A deed is what an audit keeps: what the account By did, to whom.
type deed struct{ By, Did, To string }

func (a audit) note(r *http.Request, d deed, more ...any) {
	a.log.Info("console: audit", append([]any{"by", d.By, "did", d.Did, "to", d.To, "address", a.door.address(r)}, more...)...)
}
