package console

import (
	"bytes"
	"embed"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"golang.org/x/text/language"
)

// The pages that come before the inbox. They work without JavaScript.
//
//go:embed pages
var pageFiles embed.FS

var pages = template.Must(template.ParseFS(pageFiles, "pages/*.html"))

// page is what the templates are filled with.
type page struct {
	Title, Lang, Nonce, Other, OtherHref string
	W                                    map[string]string // words in Lang
	Problem                              string
	Values                               map[string]string // what was typed, passwords left out
	Link                                 link
	Me                                   account
	Done                                 bool
}

// An entrance serves the pages that come before the inbox.
type entrance struct {
	title    string
	inbox    string // the page of the inbox
	door     door
	accounts *accounts
	sessions *sessions
	links    *links
	lock     lock
	live     *live
	audit    audit
	log      *slog.Logger
}

// page prepares what all pages need.
func (e entrance) page(w http.ResponseWriter, r *http.Request) page {
	lang := langOf(r)
	if chosen := r.URL.Query().Get("lang"); chosen == "zh" || chosen == "en" {
		lang = chosen
		http.SetCookie(w, &http.Cookie{Name: langCookie, Value: lang, Path: Prefix, MaxAge: 365 * 24 * 3600, Secure: e.door.secure(r), SameSite: http.SameSiteLaxMode})
	}
	p := page{Title: e.title, Lang: "zh-CN", Nonce: nonceOf(r), W: words["zh"], Values: map[string]string{}, Other: "English", OtherHref: "?lang=en"}
	if lang == "en" {
		p.Lang, p.W, p.Other, p.OtherHref = "en", words["en"], "中文", "?lang=zh"
	}
	return p
}

const langCookie = "frontdesk_lang" // the pages' script reads it too

var spoken = language.NewMatcher([]language.Tag{language.Chinese, language.TraditionalChinese, language.English})

// langOf is zh or en: what was chosen, else what the browser asks for.
func langOf(r *http.Request) string {
	if k, err := r.Cookie(langCookie); err == nil && (k.Value == "zh" || k.Value == "en") {
		return k.Value
	}
	tags, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err == nil {
		if _, i, sure := spoken.Match(tags...); sure > language.No && i == 2 {
			return "en"
		}
	}
	return "zh"
}

func (e entrance) render(w http.ResponseWriter, status int, name string, p page) {
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, name, p); err != nil {
		e.log.Error("console: a page failed", "page", name, "err", err)
		http.Error(w, "This page is broken; see the log.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	w.Write(b.Bytes())
}

// broken is the page for what is our fault.
func (e entrance) broken(w http.ResponseWriter, r *http.Request, err error) {
	e.log.Error("console: a page failed", "page", r.Pattern, "err", err) // the address may be a one-time link
	p := e.page(w, r)
	p.Problem = p.W["broken"]
	w.Header().Set("Retry-After", "5")
	e.render(w, http.StatusServiceUnavailable, "message.html", p)
}

func (e entrance) showLost(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, Prefix+"api/") {
		fail(e.log, w, r, core.ErrNotFound)
		return
	}
	p := e.page(w, r)
	p.Problem = p.W["lost"]
	e.render(w, http.StatusNotFound, "message.html", p)
}

func (e entrance) showSignIn(w http.ResponseWriter, r *http.Request) {
	if _, ok, err := e.sessions.who(w, r); err == nil && ok && r.URL.Query().Get("lang") == "" {
		http.Redirect(w, r, Prefix, http.StatusSeeOther)
		return
	}
	p := e.page(w, r)
	if r.URL.Query().Has("ended") {
		p.Problem = p.W["ended"]
	}
	e.render(w, http.StatusOK, "sign-in.html", p)
}

// form reads a small form.
func form(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	return r.ParseForm()
}

func (e entrance) postSignIn(w http.ResponseWriter, r *http.Request) {
	p := e.page(w, r)
	if err := form(w, r); err != nil {
		p.Problem = p.W["unreadable"]
		e.render(w, http.StatusBadRequest, "sign-in.html", p)
		return
	}
	typed := r.PostForm.Get("account")
	p.Values["account"] = clip(typed, 80)
	a, wait, err := e.lock.try(r.Context(), attempt{typed, r.PostForm.Get("password"), e.door.address(r), deviceOf(r)})
	switch {
	case wait > 0:
		p.Problem = strings.ReplaceAll(p.W["wait"], "{time}", spell(wait, p.W))
		w.Header().Set("Retry-After", strconv.Itoa(int(wait.Seconds())+1))
		e.render(w, http.StatusTooManyRequests, "sign-in.html", p)
	case errors.Is(err, errPassword):
		p.Problem = p.W["wrong"]
		e.render(w, http.StatusUnauthorized, "sign-in.html", p)
	case err != nil:
		e.broken(w, r, err)
	default:
		if err := e.sessions.begin(w, r, a); err != nil {
			e.broken(w, r, err)
			return
		}
		e.log.Info("console: signed in", "account", a.ID, "address", e.door.address(r))
		http.Redirect(w, r, Prefix, http.StatusSeeOther)
	}
}

// spell is a duration in words, rounded up.
func spell(d time.Duration, w map[string]string) string {
	if d > 90*time.Second {
		return strconv.Itoa(int((d+time.Minute-1)/time.Minute)) + " " + w["minutes"]
	}
	return strconv.Itoa(int((d+time.Second-1)/time.Second)) + " " + w["seconds"]
}

func (e entrance) postSignOut(w http.ResponseWriter, r *http.Request) {
	if err := e.sessions.end(w, r); err != nil {
		e.broken(w, r, err)
		return
	}
	http.Redirect(w, r, Prefix+"sign-in", http.StatusSeeOther)
}

// showJoin is the page behind a one-time link. Looking at it does not use it
// up: chats open links to make previews.
func (e entrance) showJoin(w http.ResponseWriter, r *http.Request) {
	p := e.page(w, r)
	w.Header().Set("Referrer-Policy", "no-referrer")
	l, err := e.links.open(r.Context(), r.PathValue("token"))
	switch {
	case errors.Is(err, errUsed):
		p.Problem = p.W["used"]
		e.render(w, http.StatusGone, "message.html", p)
	case err != nil:
		e.broken(w, r, err)
	default:
		p.Link = l
		p.Values["name"], p.Values["account"] = l.Name, l.For
		e.render(w, http.StatusOK, "join.html", p)
	}
}

func (e entrance) postJoin(w http.ResponseWriter, r *http.Request) {
	p := e.page(w, r)
	w.Header().Set("Referrer-Policy", "no-referrer")
	if err := form(w, r); err != nil {
		p.Problem = p.W["unreadable"]
		e.render(w, http.StatusBadRequest, "message.html", p)
		return
	}
	l, err := e.links.open(r.Context(), r.PathValue("token"))
	if err == nil {
		p.Link = l
		p.Values["name"], p.Values["account"] = clip(strings.TrimSpace(r.PostForm.Get("name")), 40), clip(r.PostForm.Get("account"), 80)
		var a account
		if r.PostForm.Get("password") != r.PostForm.Get("again") {
			err = errDiffer
		} else {
			a, err = e.links.use(r.Context(), r.PathValue("token"), join{p.Values["account"], p.Values["name"], r.PostForm.Get("password")})
		}
		if err == nil {
			e.audit.note(r, deed{a.ID, "used link", string(l.Kind)})
			if err = e.sessions.begin(w, r, a); err == nil {
				e.live.tell(r.Context(), hint{Kind: hintTeam})
				http.Redirect(w, r, Prefix, http.StatusSeeOther)
				return
			}
		}
	}
	word, ours := complaint(err)
	switch {
	case ours:
		e.broken(w, r, err)
	case errors.Is(err, errUsed):
		p.Problem = p.W[word]
		e.render(w, http.StatusGone, "message.html", p)
	default:
		p.Problem = p.W[word]
		e.render(w, http.StatusUnprocessableEntity, "join.html", p)
	}
}

var errDiffer = errors.New("console: the two passwords differ")

// complaint is the word for what somebody did wrong; ours is true if it was us.
func complaint(err error) (word string, ours bool) {
	for e, w := range map[error]string{
		errUsed: "used", errWeak: "weak", errLogin: "badlogin", errTaken: "taken", errDiffer: "differ", errPassword: "oldwrong",
	} {
		if errors.Is(err, e) {
			return w, false
		}
	}
	return "", true
}

func (e entrance) showPassword(w http.ResponseWriter, r *http.Request) {
	who, ok, err := e.sessions.who(w, r)
	switch p := e.page(w, r); {
	case err != nil:
		e.broken(w, r, err)
	case !ok:
		http.Redirect(w, r, Prefix+"sign-in", http.StatusSeeOther)
	default:
		p.Me = who.account
		e.render(w, http.StatusOK, "password.html", p)
	}
}

// postPassword changes the password and ends all other sessions.
func (e entrance) postPassword(w http.ResponseWriter, r *http.Request) {
	who, ok, err := e.sessions.who(w, r)
	if err != nil {
		e.broken(w, r, err)
		return
	}
	p := e.page(w, r)
	if err := form(w, r); !ok || err != nil {
		http.Redirect(w, r, Prefix+"sign-in", http.StatusSeeOther)
		return
	}
	p.Me = who.account
	wait, err := e.newPassword(w, r, who, r.PostForm)
	word, ours := complaint(err)
	switch {
	case wait > 0:
		p.Problem = strings.ReplaceAll(p.W["wait"], "{time}", spell(wait, p.W))
		e.render(w, http.StatusTooManyRequests, "password.html", p)
	case err == nil:
		p.Done = true
		e.render(w, http.StatusOK, "password.html", p)
	case ours:
		e.broken(w, r, err)
	default:
		p.Problem = p.W[word]
		e.render(w, http.StatusUnprocessableEntity, "password.html", p)
	}
}

func (e entrance) newPassword(w http.ResponseWriter, r *http.Request, who signedIn, f url.Values) (wait time.Duration, err error) {
	if f.Get("password") != f.Get("again") {
		return 0, errDiffer
	}
	if err := strong(f.Get("password"), who.account.ID); err != nil {
		return 0, err
	}
	if _, wait, err = e.lock.try(r.Context(), attempt{who.account.ID, f.Get("old"), e.door.address(r), deviceOf(r)}); err != nil || wait > 0 {
		return wait, err
	}
	hash := e.lock.hasher.hash(f.Get("password"))
	a, err := e.accounts.change(r.Context(), who.account.ID, func(a *account) error { a.Hash, a.Stamp = hash, ""; return nil })
	if err != nil {
		return 0, err
	}
	e.audit.note(r, deed{a.ID, "changed password", a.ID})
	return 0, e.sessions.begin(w, r, a)
}

// serveInbox is the one page of the inbox; what it shows it fetches.
func (e entrance) serveInbox(w http.ResponseWriter, r *http.Request) {
	_, ok, err := e.sessions.who(w, r)
	switch {
	case err != nil:
		e.broken(w, r, err)
	case !ok:
		http.Redirect(w, r, Prefix+"sign-in", http.StatusSeeOther)
	default:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write([]byte(strings.ReplaceAll(e.inbox, "__NONCE__", nonceOf(r))))
	}
}
