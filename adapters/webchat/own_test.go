package webchat

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A business with a name of its own shows a plain page with it, in the browser's
// language; without one the demo's page is shown, and none if none is wanted.
func TestOwnPage(t *testing.T) {
	both := Look{Title: map[string]string{"zh-CN": "云上<书店>", "en": "Cloud & Books"}}
	for _, x := range []struct {
		name, lang string
		conf       Config
		want, lack string // empty want: no page
	}{
		{"the demo", "en", Config{}, "小禾茶", "Write to us"},
		{"English", "en-GB,en;q=0.9,zh;q=0.8", Config{Look: both}, `<html lang="en">`, "小禾茶"},
		{"Chinese", "fr, zh-TW", Config{Look: both}, "<h1>云上&lt;书店&gt;</h1>", "小禾茶"},
		{"neither", "fr", Config{Look: both}, `<html lang="zh-CN">`, "小禾茶"},
		{"one language", "zh", Config{Look: Look{Title: map[string]string{"en": "Books"}}, Prefix: "/talk/"}, `src="/talk/widget.js"`, "/chat/"},
		{"none", "zh", Config{Look: both, NoDemo: true}, "", ""},
	} {
		w := newWorld(t, x.conf)
		root := w.chat.Demo()
		for _, path := range []string{"", "demo", "demo/"} {
			res := w.do(request{method: http.MethodGet, path: path, head: map[string]string{"Accept-Language": x.lang}})
			if (res.StatusCode == http.StatusOK) != (x.want != "") {
				t.Errorf("%s: %q is answered %d", x.name, path, res.StatusCode)
			}
		}
		if x.want == "" {
			if res := w.do(request{method: http.MethodGet, path: "own.en.html"}); root != nil || res.StatusCode != http.StatusNotFound {
				t.Errorf("%s: %v, %d", x.name, root, res.StatusCode)
			}
			continue
		}
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Accept-Language", x.lang)
		rec := httptest.NewRecorder()
		root.ServeHTTP(rec, r)
		if b := rec.Body.String(); !strings.Contains(b, x.want) || strings.Contains(b, x.lack) || !strings.Contains(rec.Header().Get("Content-Security-Policy"), "default-src 'none'") || !strings.Contains(strings.Join(rec.Header().Values("Vary"), " "), "Accept-Language") {
			t.Errorf("%s: %v\n%s", x.name, rec.Header(), b)
		}
		if css := w.do(request{method: http.MethodGet, path: "own.css"}); css.StatusCode != http.StatusOK {
			t.Errorf("%s: its style is answered %d", x.name, css.StatusCode)
		}
	}
}
