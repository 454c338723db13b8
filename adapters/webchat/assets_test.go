package webchat

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The committed dist was built from the committed source; web/inputs.mjs wrote
// the hash. If this fails: npm ci && npm run build in adapters/webchat/web.
func TestDistIsCurrent(t *testing.T) {
	web := os.DirFS("web")
	var names []string
	for _, root := range []string{"package-lock.json", "package.json", "public", "src", "tsconfig.json", "vite.config.ts"} {
		err := fs.WalkDir(web, root, func(name string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				names = append(names, name)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(names)
	all := sha256.New()
	for _, n := range names {
		b, err := fs.ReadFile(web, n)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(all, "%x  %s\n", sha256.Sum256(b), n)
	}
	want, err := os.ReadFile("dist/.inputs")
	if got := hex.EncodeToString(all.Sum(nil)); err != nil || got != strings.TrimSpace(string(want)) {
		t.Errorf("dist was not built from web: %v; run npm ci && npm run build in adapters/webchat/web", err)
	}
}

func TestWidgetIsServed(t *testing.T) {
	w := newWorld(t, Config{Look: Look{Title: map[string]string{"en": `</script><b>"x"`}, Colour: "#123456"}})
	raw := &http.Transport{DisableCompression: true}
	get := func(path string, head ...string) *http.Response {
		r, _ := http.NewRequest("GET", w.url(path), nil)
		for i := 0; i < len(head); i += 2 {
			r.Header.Set(head[i], head[i+1])
		}
		res, err := raw.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { res.Body.Close() })
		return res
	}
	res := get("widget.js")
	js, _ := io.ReadAll(res.Body)
	if !strings.Contains(string(js), `"colour":"#123456"`) || strings.Contains(string(js), "</script>") {
		t.Error("the configuration is not in the widget, or not safely")
	}
	res = get("widget.js", "Accept-Encoding", "gzip")
	zipped, _ := io.ReadAll(res.Body)
	z, err := gzip.NewReader(strings.NewReader(string(zipped)))
	if err != nil {
		t.Fatal(err)
	}
	if back, err := io.ReadAll(z); err != nil || string(back) != string(js) {
		t.Errorf("what is zipped is something else: %v", err)
	}
	t.Logf("the widget has %d bytes, %d zipped", len(js), len(zipped))
	if len(zipped) > 20_000 {
		t.Errorf("the widget has %d bytes zipped, more than 20 kB", len(zipped))
	}
	if res := get("widget.js", "If-None-Match", res.Header.Get("ETag")); res.StatusCode != http.StatusNotModified {
		t.Errorf("asked again: %d, want 304", res.StatusCode)
	}
	for path, want := range map[string]int{"demo": 200, "demo.css": 200, "": 200, "nothing": 404, ".inputs": 404, "../config.go": 404} {
		if res := get(path); res.StatusCode != want {
			t.Errorf("%q: %d, want %d", path, res.StatusCode, want)
		}
	}
}

// The demo is whole without anything from elsewhere and without inline code,
// which its policy would forbid.
func TestDemo(t *testing.T) {
	w := newWorld(t, Config{Prefix: "/help/desk/"})
	rec := httptest.NewRecorder()
	w.chat.Demo().ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
	page := rec.Body.String()
	if rec.Code != 200 || !strings.Contains(rec.Header().Get("Content-Security-Policy"), "default-src 'none'") {
		t.Fatalf("%d %v", rec.Code, rec.Header())
	}
	if bad := regexp.MustCompile(`(?i)(src|href)="(https?:)?//|<style|style=|<script>|\son\w+=`).FindString(page); bad != "" {
		t.Errorf("the demo has %q", bad)
	}
	for _, m := range regexp.MustCompile(`(?:src|href)="(/[^"]+)"`).FindAllStringSubmatch(page, -1) {
		name, ok := strings.CutPrefix(m[1], "/help/desk/")
		if _, there := w.chat.pages.files[name]; !ok || !there {
			t.Errorf("the demo refers to %s, which is not served", m[1])
		}
	}
	rec = httptest.NewRecorder()
	w.chat.Demo().ServeHTTP(rec, httptest.NewRequest("GET", "/admin", nil))
	wantEqual(t, "another path", rec.Code, 404)

	w.cfg.NoDemo = true
	w.restart()
	if res := w.do(request{method: "GET", path: "demo"}); res.StatusCode != 404 {
		t.Errorf("switched off: %d", res.StatusCode)
	}
}
