package webchat

import (
	"bufio"
	"cmp"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/frontdesk-im/frontdesk/core"
)

// bring keeps a file that a visitor wants to send: the request's body, its name
// in X-Name. The answer's file is sent along with the line.
func (c *Chat) bring(w http.ResponseWriter, r *http.Request) {
	g, err := c.bearer(r)
	if err != nil {
		c.refuse(w, err)
		return
	}
	if r.ContentLength > c.cfg.Limits.File {
		c.refuse(w, core.ErrTooLarge)
		return
	}
	if wait := c.mayBring(r, g); wait > 0 {
		c.refuse(w, &refusal{Status: http.StatusTooManyRequests, Code: "rate", After: wait})
		return
	}
	http.NewResponseController(w).SetReadDeadline(time.Now().Add(2 * time.Minute)) // not all can
	m, err := c.keep(r, http.MaxBytesReader(w, r.Body, c.cfg.Limits.File))
	if err != nil {
		c.refuse(w, err)
		return
	}
	answer(w, http.StatusOK, map[string]any{
		"file":  c.visitors.ring.seal(forFile, upload{Visitor: g.Visitor, Media: m, At: c.d.Now().Unix()}),
		"media": c.history.drawMedia(m),
	})
}

// mayBring counts a file against the visitor's and the address's allowances, by
// the length that its request claims, and reports how long to wait if they are
// used up. Without a length it counts as the largest.
func (c *Chat) mayBring(r *http.Request, g guest) time.Duration {
	const unit = 1 << 10
	l, now, addr := c.cfg.Limits, c.d.Now(), c.cfg.address(r)
	size := r.ContentLength
	if size < 0 {
		size = l.File
	}
	if wait := c.gates.pass("file/"+g.Peer, per(time.Minute, l.Uploads, l.Uploads), now); wait > 0 {
		return wait
	}
	if wait := c.gates.pass("files/"+addr, per(time.Hour, l.Files, l.Files), now); wait > 0 {
		return wait
	}
	all := int((l.Stored + unit - 1) / unit)
	return c.gates.take("stored/"+addr, per(time.Hour, all, all), int((size+unit-1)/unit), now)
}

// keep saves body in Blobs: with the type that its content shows, and without
// what a picture says about where and with what it was taken.
func (c *Chat) keep(r *http.Request, body io.Reader) (core.Media, error) {
	in := bufio.NewReaderSize(body, 4096)
	head, err := in.Peek(512)
	if err != nil && err != io.EOF {
		return core.Media{}, tooLarge(err)
	}
	if len(head) == 0 {
		return core.Media{}, &refusal{Status: http.StatusUnprocessableEntity, Code: "empty"}
	}
	kind, _, _ := mime.ParseMediaType(http.DetectContentType(head))
	if !slices.Contains(c.cfg.Limits.Types, kind) {
		return core.Media{}, &refusal{Status: http.StatusUnsupportedMediaType, Code: "type"}
	}
	m := core.Media{Type: kind, Name: fileName(r.Header.Get("X-Name"), kind)}
	bare := stripped(kind, in)
	defer bare.Close()
	saved, err := c.d.Blobs.Save(r.Context(), m, bare, c.cfg.Limits.File)
	switch err = tooLarge(err); {
	case errors.Is(err, errPicture):
		return core.Media{}, &refusal{Status: http.StatusUnprocessableEntity, Code: "damaged"}
	case errors.Is(err, core.ErrFull):
		c.d.Log.Warn("webchat: a file was refused, for files have filled their part of the disk", "channel", c.d.Name)
		return core.Media{}, &refusal{Status: http.StatusInsufficientStorage, Code: "full", After: time.Hour}
	case err != nil && !errors.Is(err, core.ErrTooLarge):
		return core.Media{}, c.report("keeping a file", err)
	}
	return saved, err
}

func tooLarge(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return core.ErrTooLarge
	}
	return err
}

// endings are what the names of files of a type may end in; the first is added to
// names that end otherwise.
var endings = map[string][]string{
	"image/jpeg": {".jpg", ".jpeg"}, "image/png": {".png"}, "image/gif": {".gif"}, "image/webp": {".webp"},
	"application/pdf": {".pdf"}, "text/plain": {".txt", ".csv", ".log", ".md"},
	"audio/mpeg": {".mp3"}, "audio/wave": {".wav"}, "application/ogg": {".ogg", ".oga", ".opus"},
	"video/mp4": {".mp4", ".m4v", ".m4a"}, "video/webm": {".webm", ".weba"},
}

// fileName is what a visitor calls their file of a type, percent-encoded: without
// folders, without marks that nobody sees or that turn the writing round
// (gpj.exe reads exe.jpg after one), and with an ending that is true.
func fileName(s, kind string) string {
	if u, err := url.PathUnescape(s); err == nil {
		s = u
	}
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) {
			return -1
		}
		return r
	}, s)
	s = path.Base(strings.ReplaceAll(clean(s), `\`, "/"))
	if s == "." || s == "/" || s == ".." {
		return ""
	}
	s = clip(s, 100)
	if own := endings[kind]; s != "" && len(own) > 0 && !slices.Contains(own, strings.ToLower(path.Ext(s))) {
		s += own[0]
	}
	return s
}

// inline are types that a browser shows and that cannot run anything.
var inline = []string{"image/jpeg", "image/png", "image/gif", "image/webp", "audio/mpeg", "audio/wave", "application/ogg", "video/mp4", "video/webm"}

// serveFile serves a blob to whoever has a permit: everything but pictures,
// sound and films as something to save, nothing as a page.
func (c *Chat) serveFile(w http.ResponseWriter, r *http.Request) {
	var p permit
	_, err := c.visitors.ring.unseal(forLink, r.URL.Query().Get("k"), &p)
	h := w.Header()
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		c.refuse(w, &refusal{Status: http.StatusMethodNotAllowed, Code: "method"})
		return
	}
	if err != nil || c.d.Now().After(time.Unix(p.Until, 0)) {
		c.refuse(w, &refusal{Status: http.StatusForbidden, Code: "link"})
		return
	}
	f, m, err := c.d.Blobs.Open(r.Context(), p.Handle)
	if errors.Is(err, core.ErrNotFound) {
		http.NotFound(w, r)
		return
	}
	if err != nil {
		c.refuse(w, c.report("opening a file", err))
		return
	}
	defer f.Close()
	way := "attachment"
	if slices.Contains(inline, m.Type) {
		way = "inline"
	}
	if d := mime.FormatMediaType(way, map[string]string{"filename": m.Name}); m.Name != "" && d != "" {
		way = d
	}
	h.Set("Content-Disposition", way)
	h.Set("Content-Type", cmp.Or(m.Type, "application/octet-stream"))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Cache-Control", "private, max-age=3600")
	http.ServeContent(w, r, "", time.Time{}, f)
}
