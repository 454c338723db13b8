package console

import (
	"context"
	"net/http"
	"time"
)

// A session is a browser in which somebody is signed in. It is kept under the
// hash of its token.
type session struct {
	Account string    `json:"account"`
	Stamp   string    `json:"stamp"` // of the account, when they signed in
	Made    time.Time `json:"made"`
	Seen    time.Time `json:"seen"`
	Renewed time.Time `json:"turned"`          // when the token was last replaced
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
	renewEvery = time.Hour       // a token is replaced after
	renewGrace = time.Minute     // and for so long the old one still works: requests run side by side
	seenEvery  = 2 * time.Minute // how exactly the last use is known
)

// sessions are the browsers that are signed in.
type sessions struct {
	shelf      shelf
	accounts   *accounts
	devices    devices
	door       door
	now        func() time.Time
	idle, life time.Duration
}

func sessionKey(token string) string { return "session/" + digest(token) }

// begin makes a session for a, under a token that was never used before, and
// remembers the device.
func (ss *sessions) begin(w http.ResponseWriter, r *http.Request, a account) error {
	if old, err := r.Cookie(cookieName); err == nil {
		if err := ss.shelf.delete(r.Context(), sessionKey(old.Value)); err != nil {
			return err
		}
	}
	now := ss.now()
	t := token()
	s := session{Account: a.ID, Stamp: a.Stamp, Made: now, Seen: now, Renewed: now}
	if err := ss.shelf.put(r.Context(), sessionKey(t), s, ss.idle); err != nil {
		return err
	}
	ss.setCookie(w, r, t)
	return ss.devices.remember(w, r, a.ID)
}

// who says who makes the request; ok is false for strangers. It keeps the
// session alive and replaces its token from time to time.
func (ss *sessions) who(w http.ResponseWriter, r *http.Request) (s signedIn, ok bool, err error) {
	cookie, err := r.Cookie(cookieName)
	if err != nil || len(cookie.Value) > 100 {
		return s, false, nil
	}
	s, ok, err = ss.resume(r.Context(), cookie.Value)
	if err != nil || !ok {
		return s, false, err
	}
	now := ss.now()
	switch {
	case !s.session.Until.IsZero():
	case now.Sub(s.session.Renewed) >= renewEvery && w != nil:
		err = ss.renew(w, r, &s)
	case now.Sub(s.session.Seen) >= seenEvery:
		s.session.Seen = now
		err = ss.shelf.put(r.Context(), sessionKey(s.token), s.session, ss.idle)
	}
	return s, err == nil, err
}

// renew replaces the token of a session.
func (ss *sessions) renew(w http.ResponseWriter, r *http.Request, s *signedIn) error {
	now := ss.now()
	old := s.session
	old.Until = now.Add(renewGrace)
	s.session.Seen, s.session.Renewed = now, now
	t := token()
	if err := ss.shelf.put(r.Context(), sessionKey(t), s.session, ss.idle); err != nil {
		return err
	}
	if err := ss.shelf.put(r.Context(), sessionKey(s.token), old, renewGrace); err != nil {
		return err
	}
	s.token = t
	ss.setCookie(w, r, t)
	return nil
}

// resume finds the session of a token, if it and its account are still good.
func (ss *sessions) resume(ctx context.Context, token string) (s signedIn, ok bool, err error) {
	s.token = token
	if ok, err = ss.shelf.get(ctx, sessionKey(token), &s.session); err != nil || !ok {
		return s, false, err
	}
	now := ss.now()
	if now.Sub(s.session.Seen) >= ss.idle || now.Sub(s.session.Made) >= ss.life ||
		!s.session.Until.IsZero() && !now.Before(s.session.Until) {
		return s, false, ss.shelf.delete(ctx, sessionKey(token))
	}
	if ok, err = ss.shelf.get(ctx, accountFront+s.session.Account, &s.account); err != nil || !ok {
		return s, false, err
	}
	return s, !s.account.Off && s.account.Stamp == s.session.Stamp, nil
}

// stillIn reports whether who, whose socket has been open for a while, is still
// signed in. The token may have been replaced meanwhile.
func (ss *sessions) stillIn(ctx context.Context, who signedIn) bool {
	a, err := ss.accounts.find(ctx, who.account.ID)
	return err == nil && !a.Off && a.Stamp == who.account.Stamp && ss.now().Sub(who.session.Made) < ss.life
}

// end ends the session of the request.
func (ss *sessions) end(w http.ResponseWriter, r *http.Request) error {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return nil
	}
	http.SetCookie(w, &http.Cookie{Name: cookieName, Path: Prefix, MaxAge: -1, HttpOnly: true, Secure: ss.door.secure(r), SameSite: http.SameSiteLaxMode})
	return ss.shelf.delete(r.Context(), sessionKey(cookie.Value))
}

func (ss *sessions) setCookie(w http.ResponseWriter, r *http.Request, token string) {
	http.SetCookie(w, &http.Cookie{
		Name: cookieName, Value: token, Path: Prefix, MaxAge: int(ss.life.Seconds()),
		HttpOnly: true, Secure: ss.door.secure(r), SameSite: http.SameSiteLaxMode,
	})
}
