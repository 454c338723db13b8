package console

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// A session is a browser in which somebody is signed in. It is kept under the
// hash of its token.
type session struct {
	Account string    `json:"account"`
	Stamp   string    `json:"stamp"` // of the account, when they signed in
	Made    time.Time `json:"made"`
	Seen    time.Time `json:"seen"`
	Turned  time.Time `json:"turned"`          // when the token was last replaced
	Until   time.Time `json:"until,omitempty"` // set on the token that was replaced
}

// signedIn is who makes a request.
type signedIn struct {
	account account
	session session
	token   string
}

const (
	cookieName = "frontdesk_console"
	turnEvery  = time.Hour       // a token is replaced after
	turnGrace  = time.Minute     // and for so long the old one still works: requests run side by side
	seenEvery  = 2 * time.Minute // how exactly the last use is known
)

func (c *Console) sessionKey(token string) string { return c.key("session/" + digest(token)) }

// signIn makes a session for a, under a token that was never used before.
func (c *Console) signIn(w http.ResponseWriter, r *http.Request, a account) error {
	if old, err := r.Cookie(cookieName); err == nil {
		if err := c.Values.Delete(r.Context(), c.sessionKey(old.Value)); err != nil {
			return err
		}
	}
	now := c.Now()
	t := token()
	s := session{Account: a.ID, Stamp: a.Stamp, Made: now, Seen: now, Turned: now}
	if err := c.put(r.Context(), c.sessionKey(t), s, c.Idle); err != nil {
		return err
	}
	c.setCookie(w, r, t)
	return nil
}

// who says who makes the request; ok is false for strangers. It keeps the
// session alive and replaces its token from time to time.
func (c *Console) who(w http.ResponseWriter, r *http.Request) (s signedIn, ok bool, err error) {
	cookie, err := r.Cookie(cookieName)
	if err != nil || len(cookie.Value) > 100 {
		return s, false, nil
	}
	s, ok, err = c.resume(r.Context(), cookie.Value)
	if err != nil || !ok {
		return s, false, err
	}
	now := c.Now()
	switch {
	case !s.session.Until.IsZero():
	case now.Sub(s.session.Turned) >= turnEvery && w != nil:
		err = c.turn(w, r, &s)
	case now.Sub(s.session.Seen) >= seenEvery:
		s.session.Seen = now
		err = c.put(r.Context(), c.sessionKey(s.token), s.session, c.Idle)
	}
	return s, err == nil, err
}

// turn replaces the token of a session.
func (c *Console) turn(w http.ResponseWriter, r *http.Request, s *signedIn) error {
	now := c.Now()
	old := s.session
	old.Until = now.Add(turnGrace)
	s.session.Seen, s.session.Turned = now, now
	t := token()
	if err := c.put(r.Context(), c.sessionKey(t), s.session, c.Idle); err != nil {
		return err
	}
	if err := c.put(r.Context(), c.sessionKey(s.token), old, turnGrace); err != nil {
		return err
	}
	s.token = t
	c.setCookie(w, r, t)
	return nil
}

// resume finds the session of a token, if it and its account are still good.
func (c *Console) resume(ctx context.Context, token string) (s signedIn, ok bool, err error) {
	s.token = token
	if ok, err = c.get(ctx, c.sessionKey(token), &s.session); err != nil || !ok {
		return s, false, err
	}
	now := c.Now()
	if now.Sub(s.session.Seen) >= c.Idle || now.Sub(s.session.Made) >= c.Life ||
		!s.session.Until.IsZero() && !now.Before(s.session.Until) {
		return s, false, c.Values.Delete(ctx, c.sessionKey(token))
	}
	if ok, err = c.get(ctx, c.accountKey(s.session.Account), &s.account); err != nil || !ok {
		return s, false, err
	}
	return s, !s.account.Off && s.account.Stamp == s.session.Stamp, nil
}

// stillIn reports whether who, whose socket has been open for a while, is still
// signed in. The token may have been replaced meanwhile.
func (c *Console) stillIn(ctx context.Context, who signedIn) bool {
	a, err := c.find(ctx, who.account.ID)
	return err == nil && !a.Off && a.Stamp == who.account.Stamp && c.Now().Sub(who.session.Made) < c.Life
}

// signOut ends the session of the request.
func (c *Console) signOut(w http.ResponseWriter, r *http.Request) error {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return nil
	}
	http.SetCookie(w, &http.Cookie{Name: cookieName, Path: Prefix, MaxAge: -1, HttpOnly: true, Secure: c.secure(r), SameSite: http.SameSiteLaxMode})
	return c.Values.Delete(r.Context(), c.sessionKey(cookie.Value))
}

func (c *Console) setCookie(w http.ResponseWriter, r *http.Request, token string) {
	http.SetCookie(w, &http.Cookie{
		Name: cookieName, Value: token, Path: Prefix, MaxAge: int(c.Life.Seconds()),
		HttpOnly: true, Secure: c.secure(r), SameSite: http.SameSiteLaxMode,
	})
}

// secure reports whether the browser speaks TLS, to us or to the proxy before us.
func (c *Console) secure(r *http.Request) bool {
	return r.TLS != nil || strings.HasPrefix(c.URL, "https:")
}

// address is where a request comes from: the last hop that is not a proxy of
// ours. An IPv6 customer has a whole /64.
func (c *Console) address(r *http.Request) string {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	addr := ap.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && c.proxied(addr); i-- {
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

func (c *Console) proxied(a netip.Addr) bool {
	for _, p := range c.proxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
