package console

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/frontdesk-im/frontdesk/core"
)

// A site is all that is served under Prefix, by who serves it.
type site struct {
	files    files
	gate     gate
	entrance entrance
	inbox    inbox
	acts     acts
	media    media
	replies  replies
	admin    admin
}

// routes are the pages and the calls. Everything but sign-in and the program's
// own files needs a session; everything that changes something refuses requests
// from other sites.
func (s site) routes() (http.Handler, error) {
	m := http.NewServeMux()
	at := func(pattern string, h http.HandlerFunc) {
		method, path, _ := strings.Cut(pattern, " ")
		m.HandleFunc(method+" "+Prefix+path, h)
	}
	e := s.entrance
	at("GET {$}", e.serveInbox)
	at("GET assets/{name}", s.files.serve)
	at("GET pages.css", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=600")
		http.ServeFileFS(w, r, pageFiles, "pages/pages.css")
	})
	at("GET sign-in", e.showSignIn)
	at("POST sign-in", e.postSignIn)
	at("POST sign-out", e.postSignOut)
	at("GET join/{token}", e.showJoin)
	at("POST join/{token}", e.postJoin)
	at("GET password", e.showPassword)
	at("POST password", e.postPassword)
	s.calls(at)
	m.HandleFunc(Prefix, e.showLost)

	cross := http.NewCrossOriginProtection()
	if e.door.url != "" {
		u, err := url.Parse(e.door.url)
		if err != nil {
			return nil, err
		}
		if err := cross.AddTrustedOrigin(u.Scheme + "://" + u.Host); err != nil {
			return nil, err
		}
	}
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "This request comes from another site and is refused.", http.StatusForbidden)
	}))
	return e.door.withHeaders(cross.Handler(m)), nil
}

// calls are what the pages' script asks for and does.
func (s site) calls(at func(string, http.HandlerFunc)) {
	staff, admins := s.gate.staff, s.gate.admins
	at("GET api/me", staff(s.inbox.serveMe))
	at("GET api/tickets", staff(s.inbox.serveTickets))
	at("GET api/tickets/{id}", staff(s.inbox.serveTicket))
	at("GET api/tickets/{id}/past", staff(s.inbox.servePast))
	at("GET api/notices", staff(s.inbox.serveNotices))
	at("GET api/team", staff(s.inbox.serveTeam))
	at("POST api/act", staff(s.acts.serveAct))
	at("POST api/typing", staff(s.acts.serveTyping))
	at("POST api/media", staff(s.media.serveUpload))
	at("GET media/{handle...}", staff(s.media.serve))
	at("GET api/canned", staff(s.replies.serve))
	at("PUT api/canned", staff(s.replies.save))
	at("GET api/accounts", admins(s.admin.serveAccounts))
	at("POST api/invitations", admins(s.admin.invite))
	at("DELETE api/invitations/{hash}", admins(s.admin.withdraw))
	at("PATCH api/accounts/{id}", admins(s.admin.editAccount))
	at("POST api/accounts/{id}/reset", admins(s.admin.resetAccount))
	at("GET api/live", s.gate.socket(s.entrance.live))
}

type nonceKey struct{}

// withHeaders sets the headers that every answer has.
func (d door) withHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b := make([]byte, 16)
		rand.Read(b)
		nonce := base64.RawURLEncoding.EncodeToString(b)
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-"+nonce+"'; "+
			"img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; "+
			"form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
		h.Set("Cache-Control", "no-store")
		if d.secure(r) {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), nonceKey{}, nonce)))
	})
}

func nonceOf(r *http.Request) string {
	s, _ := r.Context().Value(nonceKey{}).(string)
	return s
}

// A call is a JSON endpoint for staff. What it returns is the answer, unless it
// is nil: then the call has answered itself.
type call func(w http.ResponseWriter, r *http.Request, who signedIn) (any, error)

// A gate lets staff through to a call, and nobody else.
type gate struct {
	sessions *sessions
	log      *slog.Logger
}

// staff answers 401 to strangers and turns an error of f into a status and a
// word that the pages translate.
func (g gate) staff(f call) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		who, ok, err := g.sessions.who(w, r)
		if err == nil && !ok {
			err = problem{http.StatusUnauthorized, "signed_out"}
		}
		var out any
		if err == nil {
			out, err = f(w, r, who)
		}
		if err != nil {
			fail(g.log, w, r, err)
			return
		}
		if out == nil {
			return
		}
		answer(w, http.StatusOK, out)
	}
}

// admins is staff for those who may manage accounts.
func (g gate) admins(f call) http.HandlerFunc {
	return g.staff(func(w http.ResponseWriter, r *http.Request, who signedIn) (any, error) {
		if !who.account.rules() {
			return nil, problem{http.StatusForbidden, "not_allowed"}
		}
		return f(w, r, who)
	})
}

// socket opens the socket of a browser that is signed in.
func (g gate) socket(l *live) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		who, ok, err := g.sessions.who(nil, r)
		switch {
		case err != nil:
			fail(g.log, w, r, err)
		case !ok:
			fail(g.log, w, r, problem{http.StatusUnauthorized, "signed_out"})
		default:
			l.serve(w, r, visit{who.account.ID, func(ctx context.Context) bool { return g.sessions.stillIn(ctx, who) }})
		}
	}
}

// A problem is an error that the browser is told of, by a word.
type problem struct {
	status int
	word   string
}

func (p problem) Error() string { return p.word }

// fail answers with what err stands for; what is our fault is logged.
func fail(log *slog.Logger, w http.ResponseWriter, r *http.Request, err error) {
	var big *http.MaxBytesError
	p := problem{http.StatusInternalServerError, "broken"}
	switch {
	case errors.As(err, &p):
	case errors.As(err, &big), errors.Is(err, core.ErrTooLarge):
		p = problem{http.StatusRequestEntityTooLarge, "too_large"}
	case errors.Is(err, core.ErrNotFound):
		p = problem{http.StatusNotFound, "not_found"}
	case errors.Is(err, core.ErrInvalid):
		p = problem{http.StatusBadRequest, "bad_request"}
	case errors.Is(err, errTaken):
		p = problem{http.StatusConflict, "taken"}
	case errors.Is(err, errLogin):
		p = problem{http.StatusBadRequest, "bad_login"}
	case errors.Is(err, errLastOne):
		p = problem{http.StatusConflict, "last_admin"}
	case r.Context().Err() != nil:
		return
	}
	if p.status >= 500 {
		log.Error("console: a request failed", "call", r.Pattern, "err", err)
		w.Header().Set("Retry-After", "2")
	}
	answer(w, p.status, map[string]string{"error": p.word})
}

func answer(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		http.Error(w, `{"error":"broken"}`, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	w.Write(b)
}

// readJSON decodes the body, which must be one JSON document of at most 256 KiB
// and declared as such, strictly.
func readJSON(w http.ResponseWriter, r *http.Request, v any) error {
	b, err := readBody(w, r)
	if err != nil {
		return err
	}
	return strict(b, v)
}
