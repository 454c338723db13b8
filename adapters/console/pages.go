package console

import (
	"bytes"
	"embed"
	"errors"
	"html/template"
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

// page prepares what all pages need.
func (c *Console) page(w http.ResponseWriter, r *http.Request) page {
	lang := langOf(r)
	if chosen := r.URL.Query().Get("lang"); chosen == "zh" || chosen == "en" {
		lang = chosen
		http.SetCookie(w, &http.Cookie{Name: langCookie, Value: lang, Path: Prefix, MaxAge: 365 * 24 * 3600, Secure: c.secure(r), SameSite: http.SameSiteLaxMode})
	}
	p := page{Title: c.Title, Lang: "zh-CN", Nonce: nonceOf(r), W: words["zh"], Values: map[string]string{}, Other: "English", OtherHref: "?lang=en"}
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

func (c *Console) render(w http.ResponseWriter, status int, name string, p page) {
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, name, p); err != nil {
		c.Log.Error("console: a page failed", "page", name, "err", err)
		http.Error(w, "This page is broken; see the log.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	w.Write(b.Bytes())
}

// broken is the page for what is our fault.
func (c *Console) broken(w http.ResponseWriter, r *http.Request, err error) {
	c.Log.Error("console: a page failed", "path", r.URL.Path, "err", err)
	p := c.page(w, r)
	p.Problem = p.W["broken"]
	w.Header().Set("Retry-After", "5")
	c.render(w, http.StatusServiceUnavailable, "message.html", p)
}

func (c *Console) showLost(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, Prefix+"api/") {
		c.fail(w, r, core.ErrNotFound)
		return
	}
	p := c.page(w, r)
	p.Problem = p.W["lost"]
	c.render(w, http.StatusNotFound, "message.html", p)
}

func (c *Console) showSignIn(w http.ResponseWriter, r *http.Request) {
	if _, ok, err := c.who(w, r); err == nil && ok && r.URL.Query().Get("lang") == "" {
		http.Redirect(w, r, Prefix, http.StatusSeeOther)
		return
	}
	p := c.page(w, r)
	if r.URL.Query().Has("ended") {
		p.Problem = p.W["ended"]
	}
	c.render(w, http.StatusOK, "sign-in.html", p)
}

// form reads a small form.
func form(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	return r.ParseForm()
}

func (c *Console) postSignIn(w http.ResponseWriter, r *http.Request) {
	p := c.page(w, r)
	if err := form(w, r); err != nil {
		p.Problem = p.W["unreadable"]
		c.render(w, http.StatusBadRequest, "sign-in.html", p)
		return
	}
	typed := r.PostForm.Get("account")
	p.Values["account"] = clip(typed, 80)
	a, wait, err := c.check(r, typed, r.PostForm.Get("password"))
	switch {
	case wait > 0:
		p.Problem = strings.ReplaceAll(p.W["wait"], "{time}", spell(wait, p.W))
		w.Header().Set("Retry-After", strconv.Itoa(int(wait.Seconds())+1))
		c.render(w, http.StatusTooManyRequests, "sign-in.html", p)
	case errors.Is(err, errPassword):
		p.Problem = p.W["wrong"]
		c.render(w, http.StatusUnauthorized, "sign-in.html", p)
	case err != nil:
		c.broken(w, r, err)
	default:
		if err := c.signIn(w, r, a); err != nil {
			c.broken(w, r, err)
			return
		}
		c.Log.Info("console: signed in", "account", a.ID, "address", c.address(r))
		http.Redirect(w, r, Prefix, http.StatusSeeOther)
	}
}

// check compares a password. Whether the account does not exist, is switched
// off or has another password cannot be told from the answer or its time.
func (c *Console) check(r *http.Request, typed, password string) (a account, wait time.Duration, err error) {
	ctx, address := r.Context(), c.address(r)
	id, err := login(typed)
	if err != nil {
		id = "?" // no account has this name
	}
	if wait, err = c.throttle.begin(ctx, id, address); err != nil || wait > 0 {
		return a, wait, err
	}
	a, err = c.find(ctx, id)
	if err != nil && !errors.Is(err, core.ErrNotFound) {
		return a, 0, err
	}
	hash, real := a.Hash, err == nil && !a.Off
	if !real {
		hash = nobody
	}
	if len(password) > 400 {
		password = password[:400]
	}
	if good := c.matches(password, hash); !good || !real {
		c.Log.Info("console: a sign-in failed", "address", address)
		c.Meter.Count("frontdesk_console_sign_in_failed_total", 1)
		return account{}, 0, errPassword
	}
	return a, 0, c.throttle.passed(ctx, id, address)
}

// spell is a duration in words, rounded up.
func spell(d time.Duration, w map[string]string) string {
	if d > 90*time.Second {
		return strconv.Itoa(int((d+time.Minute-1)/time.Minute)) + " " + w["minutes"]
	}
	return strconv.Itoa(int((d+time.Second-1)/time.Second)) + " " + w["seconds"]
}

func (c *Console) postSignOut(w http.ResponseWriter, r *http.Request) {
	if err := c.signOut(w, r); err != nil {
		c.broken(w, r, err)
		return
	}
	http.Redirect(w, r, Prefix+"sign-in", http.StatusSeeOther)
}

// showJoin is the page behind a one-time link. Looking at it does not use it
// up: chats open links to make previews.
func (c *Console) showJoin(w http.ResponseWriter, r *http.Request) {
	p := c.page(w, r)
	w.Header().Set("Referrer-Policy", "no-referrer")
	l, err := c.openLink(r.Context(), r.PathValue("token"))
	switch {
	case errors.Is(err, errUsed):
		p.Problem = p.W["used"]
		c.render(w, http.StatusGone, "message.html", p)
	case err != nil:
		c.broken(w, r, err)
	default:
		p.Link = l
		p.Values["name"], p.Values["account"] = l.Name, l.For
		c.render(w, http.StatusOK, "join.html", p)
	}
}

func (c *Console) postJoin(w http.ResponseWriter, r *http.Request) {
	p := c.page(w, r)
	w.Header().Set("Referrer-Policy", "no-referrer")
	if err := form(w, r); err != nil {
		p.Problem = p.W["unreadable"]
		c.render(w, http.StatusBadRequest, "message.html", p)
		return
	}
	l, err := c.openLink(r.Context(), r.PathValue("token"))
	if err == nil {
		p.Link = l
		p.Values["name"], p.Values["account"] = clip(strings.TrimSpace(r.PostForm.Get("name")), 40), clip(r.PostForm.Get("account"), 80)
		var a account
		if r.PostForm.Get("password") != r.PostForm.Get("again") {
			err = errDiffer
		} else {
			a, err = c.use(r.Context(), r.PathValue("token"), p.Values["account"], p.Values["name"], r.PostForm.Get("password"))
		}
		if err == nil {
			c.Log.Info("console: audit", "by", a.ID, "did", "used link", "to", string(l.Kind), "address", c.address(r))
			if err = c.signIn(w, r, a); err == nil {
				c.hint(r.Context(), hint{Kind: hintTeam})
				http.Redirect(w, r, Prefix, http.StatusSeeOther)
				return
			}
		}
	}
	word, ours := complaint(err)
	switch {
	case ours:
		c.broken(w, r, err)
	case errors.Is(err, errUsed):
		p.Problem = p.W[word]
		c.render(w, http.StatusGone, "message.html", p)
	default:
		p.Problem = p.W[word]
		c.render(w, http.StatusUnprocessableEntity, "join.html", p)
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

func (c *Console) showPassword(w http.ResponseWriter, r *http.Request) {
	who, ok, err := c.who(w, r)
	switch p := c.page(w, r); {
	case err != nil:
		c.broken(w, r, err)
	case !ok:
		http.Redirect(w, r, Prefix+"sign-in", http.StatusSeeOther)
	default:
		p.Me = who.account
		c.render(w, http.StatusOK, "password.html", p)
	}
}

// postPassword changes the password and ends all other sessions.
func (c *Console) postPassword(w http.ResponseWriter, r *http.Request) {
	who, ok, err := c.who(w, r)
	if err != nil {
		c.broken(w, r, err)
		return
	}
	p := c.page(w, r)
	if err := form(w, r); !ok || err != nil {
		http.Redirect(w, r, Prefix+"sign-in", http.StatusSeeOther)
		return
	}
	p.Me = who.account
	wait, err := c.newPassword(w, r, who, r.PostForm)
	word, ours := complaint(err)
	switch {
	case wait > 0:
		p.Problem = strings.ReplaceAll(p.W["wait"], "{time}", spell(wait, p.W))
		c.render(w, http.StatusTooManyRequests, "password.html", p)
	case err == nil:
		p.Done = true
		c.render(w, http.StatusOK, "password.html", p)
	case ours:
		c.broken(w, r, err)
	default:
		p.Problem = p.W[word]
		c.render(w, http.StatusUnprocessableEntity, "password.html", p)
	}
}

func (c *Console) newPassword(w http.ResponseWriter, r *http.Request, who signedIn, f url.Values) (wait time.Duration, err error) {
	if f.Get("password") != f.Get("again") {
		return 0, errDiffer
	}
	if err := strong(f.Get("password"), who.account.ID); err != nil {
		return 0, err
	}
	if _, wait, err = c.check(r, who.account.ID, f.Get("old")); err != nil || wait > 0 {
		return wait, err
	}
	hash := c.hash(f.Get("password"))
	a, err := c.change(r.Context(), who.account.ID, func(a *account) error { a.Hash, a.Stamp = hash, ""; return nil })
	if err != nil {
		return 0, err
	}
	c.Log.Info("console: audit", "by", a.ID, "did", "changed password", "to", a.ID, "address", c.address(r))
	return 0, c.signIn(w, r, a)
}
