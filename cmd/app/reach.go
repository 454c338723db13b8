package app

import (
	"context"
	"crypto/tls"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// What the doctor finds out from outside the machine's own walls: whether others
// reach it, what time others have, who works at its desks.

// reached calls base_url as a browser would.
func (d *doctor) reached(ctx context.Context) {
	base := d.conf.BaseURL
	if base == "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/healthz", nil)
	if err != nil {
		return // config has checked it
	}
	res, err := d.call(req)
	if cert, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		d.fail("base_url", fmt.Sprintf("browsers and platforms refuse the certificate of %s: %v", base, cert.Err), "renew it, for this name, from an authority that they know: certbot renew")
		return
	}
	if err != nil {
		d.fail("base_url", fmt.Sprintf("%s is not reached from here: %v", base, errors.Unwrap(err)), "compare it with the name's DNS record, the firewall and the proxy before frontdesk")
		return
	}
	_ = res.Body.Close()
	if res.TLS != nil && len(res.TLS.PeerCertificates) > 0 {
		if left := res.TLS.PeerCertificates[0].NotAfter.Sub(d.now()); left < 14*24*time.Hour {
			d.warn("base_url", fmt.Sprintf("the certificate of %s ends in %d days", base, int(left/(24*time.Hour))), "renew it: certbot renew")
			return
		}
	}
	switch c := res.StatusCode; {
	case c == http.StatusOK:
		d.ok("base_url", base+" reaches frontdesk")
	case d.held || c < 500:
		d.fail("base_url", fmt.Sprintf("%s answers %s, which is not frontdesk", base, res.Status), "let the proxy pass everything on to "+d.conf.Listen)
	default:
		d.ok("base_url", base+" is answered by the proxy; frontdesk is not running")
	}
}

// A watch notes how far the clock is from those of whoever answers.
type watch struct {
	next http.RoundTripper
	now  func() time.Time

	mu   sync.Mutex
	off  time.Duration // the farthest
	host string        // whose clock that is
}

// RoundTrip implements http.RoundTripper.
func (w *watch) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := w.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if at, err := http.ParseTime(res.Header.Get("Date")); err == nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		if off := w.now().Sub(at); off.Abs() > w.off.Abs() {
			w.off, w.host = off, r.URL.Host
		}
	}
	return res, nil
}

// compare says what the watch has seen.
func (d *doctor) compare(w *watch) {
	if w.off.Abs() > time.Minute {
		d.fail("clock", fmt.Sprintf("it is %v off the clock of %s; platforms refuse what is signed at a wrong time", w.off.Round(time.Second), w.host),
			"set the clock, best with NTP: timedatectl set-ntp true")
	}
}

// staffed looks for desks at which nobody has ever worked.
func (d *doctor) staffed(ctx context.Context) {
	known := map[string]bool{}
	for id := range d.conf.Staff.Agents {
		desk, _, _ := strings.Cut(id, "/")
		known[desk] = true
	}
	_ = query(ctx, filepath.Join(d.conf.Data, "frontdesk.db"), patience, func(db *sql.DB) error { // none yet: nobody has
		rows, err := db.QueryContext(ctx, "SELECT id FROM agent")
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				return err
			}
			desk, _, _ := strings.Cut(id, "/")
			known[desk] = true
		}
		return rows.Err()
	})
	for _, n := range slices.Sorted(maps.Keys(d.conf.Desks)) {
		if !known[n] {
			d.warn("desks", fmt.Sprintf("nobody has worked at the desk %s yet: whoever asks for a person there waits", n), "let somebody sign in and go on duty: !on, or the button 上班; or name them under staff.agents")
		}
	}
}
