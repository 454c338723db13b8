package console

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/frontdesk-im/frontdesk/core"
)

// routes are the pages and the calls. Everything but sign-in and the program's
// own files needs a session; everything that changes something refuses requests
// from other sites.
func (c *Console) routes() (http.Handler, error) {
	m := http.NewServeMux()
	at := func(pattern string, h http.HandlerFunc) {
		method, path, _ := strings.Cut(pattern, " ")
		m.HandleFunc(method+" "+Prefix+path, h)
	}
	at("GET {$}", c.serveInbox)
	at("GET assets/{name}", c.files.serve)
	at("GET pages.css", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=600")
		http.ServeFileFS(w, r, pageFiles, "pages/pages.css")
	})
	at("GET sign-in", c.showSignIn)
	at("POST sign-in", c.postSignIn)
	at("POST sign-out", c.postSignOut)
	at("GET join/{token}", c.showJoin)
	at("POST join/{token}", c.postJoin)
	at("GET password", c.showPassword)
	at("POST password", c.postPassword)
	c.routeCalls(at)
	m.HandleFunc(Prefix, c.showLost)

	cross := http.NewCrossOriginProtection()
	if c.URL != "" {
		u, err := url.Parse(c.URL)
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
	return c.guard(cross.Handler(m)), nil
}

type nonceKey struct{}

// guard sets the headers that every answer has.
func (c *Console) guard(next http.Handler) http.Handler {
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
		if c.secure(r) {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), nonceKey{}, nonce)))
	})
}

func nonceOf(r *http.Request) string {
	s, _ := r.Context().Value(nonceKey{}).(string)
	return s
}

// serveInbox is the one page of the inbox; what it shows it fetches.
func (c *Console) serveInbox(w http.ResponseWriter, r *http.Request) {
	_, ok, err := c.who(w, r)
	switch {
	case err != nil:
		c.broken(w, r, err)
	case !ok:
		http.Redirect(w, r, Prefix+"sign-in", http.StatusSeeOther)
	default:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write([]byte(strings.ReplaceAll(c.files.index, "__NONCE__", nonceOf(r))))
	}
}

// call wraps a JSON endpoint for staff: it answers 401 to strangers and turns
// an error into a status and a word that the pages translate.
func (c *Console) call(f func(w http.ResponseWriter, r *http.Request, who signedIn) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		who, ok, err := c.who(w, r)
		if err == nil && !ok {
			err = problem{http.StatusUnauthorized, "signed_out"}
		}
		var out any
		if err == nil {
			out, err = f(w, r, who)
		}
		if err != nil {
			c.fail(w, r, err)
			return
		}
		if out == nil {
			return
		}
		answer(w, http.StatusOK, out)
	}
}

// ruling is call for those who may manage accounts.
func (c *Console) ruling(f func(w http.ResponseWriter, r *http.Request, who signedIn) (any, error)) http.HandlerFunc {
	return c.call(func(w http.ResponseWriter, r *http.Request, who signedIn) (any, error) {
		if who.account.Role != roleAdmin {
			return nil, problem{http.StatusForbidden, "not_allowed"}
		}
		return f(w, r, who)
	})
}

// A problem is an error that the browser is told of, by a word.
type problem struct {
	status int
	word   string
}

func (p problem) Error() string { return p.word }

func (c *Console) fail(w http.ResponseWriter, r *http.Request, err error) {
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
		c.Log.Error("console: a request failed", "path", r.URL.Path, "err", err)
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
