package console

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
)

// The built pages. They are committed, so that building the program needs no
// Node; .inputs in it says which sources they were built from, and a test
// compares. See web/README.md.
//
//go:embed all:dist
var built embed.FS

// files are the built pages, ready to be served.
type files struct {
	index  string
	assets map[string]*asset
}

type asset struct {
	body []byte
	tag  string
	kind string
	once sync.Once
	gz   []byte
}

func dist() (files, error) {
	f := files{assets: map[string]*asset{}}
	index, err := fs.ReadFile(built, "dist/index.html")
	if err != nil {
		return f, fmt.Errorf("console: the pages are not built (cd adapters/console/web && npm ci && npm run build): %w", err)
	}
	f.index = string(index)
	names, err := fs.Glob(built, "dist/assets/*")
	if err != nil {
		return f, err
	}
	for _, name := range names {
		b, err := fs.ReadFile(built, name)
		if err != nil {
			return f, err
		}
		sum := sha256.Sum256(b)
		f.assets[path.Base(name)] = &asset{body: b, tag: `"` + hex.EncodeToString(sum[:12]) + `"`, kind: typeByName(name)}
	}
	return f, nil
}

func typeByName(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return mime.TypeByExtension(path.Ext(name))
}

// serve answers with a file of the program; browsers ask again each time and
// are told that nothing has changed.
func (f files) serve(w http.ResponseWriter, r *http.Request) {
	a, ok := f.assets[r.PathValue("name")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", a.tag)
	h.Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("If-None-Match"), a.tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Write(a.body)
		return
	}
	h.Set("Content-Encoding", "gzip")
	w.Write(a.zipped())
}

func (a *asset) zipped() []byte {
	a.once.Do(func() {
		var b bytes.Buffer
		z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
		z.Write(a.body)
		z.Close()
		a.gz = b.Bytes()
	})
	return a.gz
}
