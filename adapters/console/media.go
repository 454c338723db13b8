package console

import (
	"bytes"
	"io"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// inline are the types that a browser may show in the page; all others are
// downloads. None of them can run a script.
var inline = map[string]bool{
	"image/png": true, "image/jpeg": true, "image/gif": true, "image/webp": true, "image/bmp": true, "image/avif": true,
	"audio/mpeg": true, "audio/ogg": true, "audio/wav": true, "audio/wave": true, "audio/mp4": true, "audio/aac": true, "audio/amr": true, "audio/webm": true,
	"video/mp4": true, "video/webm": true, "video/ogg": true,
}

// media are the pictures and files of conversations.
type media struct {
	blobs core.Blobs
	most  int64 // bytes of an attachment
}

// serve gives a picture or a file to staff.
func (m media) serve(w http.ResponseWriter, r *http.Request, _ signedIn) (any, error) {
	f, what, err := m.blobs.Open(r.Context(), r.PathValue("handle"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	kind, _, err := mime.ParseMediaType(what.Type)
	if err != nil {
		kind = ""
	}
	h := w.Header()
	how := "attachment"
	if h.Set("Content-Type", "application/octet-stream"); inline[kind] {
		h.Set("Content-Type", kind)
		how = "inline"
	}
	if d := mime.FormatMediaType(how, map[string]string{"filename": fileName(what)}); d != "" {
		how = d
	}
	h.Set("Content-Disposition", how)
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "private, max-age=86400, immutable")
	http.ServeContent(w, r, "", time.Time{}, f)
	return nil, nil
}

// fileName is a name that no system takes for a path.
func fileName(m core.Media) string {
	s := strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, m.Name)
	if s = strings.Trim(s, ". "); s == "" {
		s = "file"
		if ext, err := mime.ExtensionsByType(m.Type); err == nil && len(ext) > 0 {
			s += ext[0]
		}
	}
	return clip(s, 120)
}

// serveUpload keeps an attachment: the body is the file, its name is in the
// query. Its type is what its bytes say.
func (m media) serveUpload(w http.ResponseWriter, r *http.Request, _ signedIn) (any, error) {
	if r.ContentLength > m.most {
		return nil, core.ErrTooLarge
	}
	if r.Header.Get("Content-Type") != "application/octet-stream" { // a form on another site cannot say this
		return nil, problem{http.StatusUnsupportedMediaType, "bad_request"}
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(2 * time.Minute)) // over a poor line; not all can
	body := http.MaxBytesReader(w, r.Body, m.most+1)
	head := make([]byte, 512)
	n, err := io.ReadFull(body, head)
	if err != nil && err != io.ErrUnexpectedEOF && err != io.EOF {
		return nil, err
	}
	if n == 0 {
		return nil, problem{http.StatusBadRequest, "empty_file"}
	}
	name := clip(path.Base(strings.ReplaceAll(r.URL.Query().Get("name"), `\`, "/")), 200)
	kept := core.Media{Name: strings.ToValidUTF8(name, "_"), Type: typeOf(name, head[:n])}
	kept, err = m.blobs.Save(r.Context(), kept, io.MultiReader(bytes.NewReader(head[:n]), body), m.most)
	if err != nil {
		return nil, err
	}
	return kept, nil
}

// typeOf is the type of a file. Names are believed only for what bytes do not
// tell, and never for something that a browser would run.
func typeOf(name string, head []byte) string {
	kind, _, _ := strings.Cut(http.DetectContentType(head), ";")
	if inline[kind] || kind == "application/pdf" {
		return kind
	}
	byName, _, _ := strings.Cut(mime.TypeByExtension(strings.ToLower(path.Ext(name))), ";")
	switch {
	case byName == "", inline[byName], strings.Contains(byName, "html"), strings.Contains(byName, "xml") && !strings.Contains(byName, "openxml"),
		strings.Contains(byName, "script"):
		if kind == "text/plain" {
			return kind
		}
		return "application/octet-stream"
	}
	return byName
}
