package app

import (
	"crypto/rand"
	_ "embed"
	"html/template"
	"net/http"
	"strings"
)

//go:embed lost.html
var lostFile string

var lostPage = template.Must(template.New("lost").Parse(lostFile))

// lost answers a request for what nothing serves: a page to somebody with a
// browser, in the language that it asks for first, a line to a program. home is
// what "/" serves; nil if nothing.
type lost struct{ home http.Handler }

// ServeHTTP implements http.Handler.
func (l lost) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.Contains(r.Header.Get("Accept"), "text/html") {
		http.NotFound(w, r)
		return
	}
	nonce := rand.Text()
	v := map[string]any{"Lang": "zh-CN", "Title": "这里没有页面", "Words": "地址可能打错了，或者页面已经搬走。", "Back": "回到首页", "Home": l.home != nil, "Nonce": nonce}
	if strings.HasPrefix(r.Header.Get("Accept-Language"), "en") {
		v["Lang"], v["Title"], v["Words"], v["Back"] = "en", "There is no page here", "The address may have a typing mistake, or the page has moved.", "To the first page"
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'nonce-"+nonce+"'; img-src data:; base-uri 'none'; frame-ancestors 'none'")
	w.WriteHeader(http.StatusNotFound)
	_ = lostPage.Execute(w, v) // who left needs no page
}
