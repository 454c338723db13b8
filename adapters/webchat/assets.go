package webchat

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

// dist is built from web by `npm ci && npm run build` there, and committed:
// go build needs no Node.
//
//go:embed dist
var dist embed.FS

// An asset is a file of the widget or the demo, ready to be served.
type asset struct {
	body, zip []byte
	kind      string
	etag      string
}

var assetTypes = map[string]string{
	".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
	".html": "text/html; charset=utf-8", ".svg": "image/svg+xml", ".jpg": "image/jpeg", ".webp": "image/webp",
}

// pages are the widget and the demo.
type pages struct {
	files  map[string]asset
	noDemo bool
}

// assets reads what is embedded. The widget gets its configuration as the
// argument of a function around it, so one request brings both and the page's
// globals stay clean; pages get the prefix.
func assets(cfg Config) (map[string]asset, error) {
	setup, err := json.Marshal(map[string]any{
		"title": cfg.Look.Title, "subtitle": cfg.Look.Subtitle, "launcher": cfg.Look.Launcher, "notice": cfg.Look.Notice,
		"colour": cfg.Look.Colour, "side": cfg.Look.Side, "avatar": cfg.Look.Avatar, "lang": cfg.Look.Lang,
		"site": cfg.Site, "file": cfg.Limits.File, "text": cfg.Limits.Text, "types": cfg.Limits.Types,
	})
	if err != nil {
		return nil, err
	}
	out := map[string]asset{}
	err = fs.WalkDir(dist, "dist", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name = strings.TrimPrefix(name, "dist/")
		kind, ok := assetTypes[path.Ext(name)]
		if !ok {
			return nil
		}
		b, err := dist.ReadFile("dist/" + name)
		if err != nil {
			return err
		}
		switch {
		case name == "widget.js":
			b = fmt.Appendf(nil, "(function(FRONTDESK){%s\n})(%s);\n", b, setup)
		case path.Ext(name) == ".html":
			b = bytes.ReplaceAll(b, []byte("/chat/"), []byte(cfg.Prefix))
		}
		out[name], err = pack(b, kind)
		return err
	})
	if err == nil {
		err = own(cfg, out)
	}
	if err == nil && out["widget.js"].body == nil {
		err = fmt.Errorf("webchat: dist/widget.js is missing; run npm ci && npm run build in adapters/webchat/web")
	}
	return out, err
}

func pack(b []byte, kind string) (asset, error) {
	sum := sha256.Sum256(b)
	a := asset{body: b, kind: kind, etag: `"` + hex.EncodeToString(sum[:12]) + `"`}
	if strings.HasPrefix(kind, "image/") && kind != "image/svg+xml" {
		return a, nil
	}
	var z bytes.Buffer
	w, err := gzip.NewWriterLevel(&z, gzip.BestCompression)
	if err != nil {
		return a, err
	}
	if _, err := w.Write(b); err != nil {
		return a, err
	}
	if err := w.Close(); err != nil {
		return a, err
	}
	a.zip = z.Bytes()
	return a, nil
}

// policy is the demo's CSP: nothing from elsewhere, nothing inline.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob: https:; media-src 'self' blob:; " +
	"connect-src 'self'; font-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

// serve serves the widget, and the demo if there is one.
func (p pages) serve(w http.ResponseWriter, r *http.Request, name string) {
	demo := name == "" || strings.HasPrefix(name, "demo") || strings.HasPrefix(name, "own.")
	if name == "" || name == "demo" || name == "demo/" || name == "demo.html" {
		name = p.front(r)
	}
	a, ok := p.files[name]
	if !ok || demo && p.noDemo {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("Cache-Control", "no-cache") // kept, and asked about each time
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("ETag", a.etag)
	if strings.HasPrefix(a.kind, "text/html") {
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Frame-Options", "DENY")
		h.Add("Vary", "Accept-Language")
	}
	body := a.body
	if a.zip != nil {
		h.Add("Vary", "Accept-Encoding")
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			h.Set("Content-Encoding", "gzip")
			body = a.zip
		}
	}
	if strings.Contains(r.Header.Get("If-None-Match"), a.etag) {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", fmt.Sprint(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodGet {
		w.Write(body)
	}
}

// Demo is the demo page alone, or the business's own if it has a name, for a
// program that wants it at its root; nil if there is to be none. It takes the
// widget from Prefix.
func (c *Chat) Demo() http.Handler {
	if c.cfg.NoDemo {
		return nil
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "strict-origin-when-cross-origin")
		c.pages.serve(w, r, "demo.html")
	})
}
