package wechat

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

const (
	// handlePrefix starts the Handle of media that is still at the platform,
	// where it is kept for 3 days. Fetch opens it.
	handlePrefix = "wechat:"

	copyTime    = 2 * time.Second // what copying may take of the time for the answer
	uploadKept  = 70 * time.Hour  // how long an upload is used again; the platform keeps it 72 h
	maxVoice    = 2 << 20
	maxThumb    = 64 << 10
	mediaNotice = "the platform sends no media but "
)

// files carries media between the platform and our own store.
type files struct {
	conf Config
	deps core.Deps
	api  api
}

// copyMedia copies what came by in into our own store, because the platform
// deletes it. If that does not work in time the media stays with the platform,
// and Fetch gets it from there.
func (f files) copyMedia(ctx context.Context, in *arrival) {
	m, ok := in.env.Parts[0].(core.Media)
	if !ok || in.media == "" {
		return
	}
	m.Handle = ""
	ctx, cancel := context.WithTimeout(ctx, copyTime)
	defer cancel()
	saved, err := f.save(ctx, m, in.media)
	if err != nil {
		f.deps.Log.Warn("media was not copied yet", "channel", f.deps.Name, "err", f.api.veil.clean(err.Error()))
		m.Handle = handlePrefix + in.media
		saved = m
	}
	in.env.Parts[0] = saved
}

func (f files) save(ctx context.Context, m core.Media, id string) (core.Media, error) {
	resp, err := f.source(ctx, m, id)
	if err != nil {
		return m, err
	}
	defer resp.Body.Close()
	if t, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type")); err == nil && known(t) {
		m.Type = t
	}
	if m.Name == "" {
		m.Name = strings.Split(m.Type, "/")[0] + extensions[m.Type]
	}
	m.URL = "" // it is in our store now
	return f.deps.Blobs.Save(ctx, m, resp.Body, maxMedia)
}

// extensions are the names that files get: the platform looks at them too.
var extensions = map[string]string{
	"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "audio/amr": ".amr", "audio/mpeg": ".mp3", "video/mp4": ".mp4",
}

func known(t string) bool {
	return strings.HasPrefix(t, "image/") || strings.HasPrefix(t, "audio/") || strings.HasPrefix(t, "video/")
}

// source opens media at the platform: a picture at its public address if it has
// one, else by its id.
func (f files) source(ctx context.Context, m core.Media, id string) (*http.Response, error) {
	if m.URL != "" {
		if resp, err := f.public(ctx, m.URL); err == nil {
			return resp, nil
		}
	}
	if f.conf.PassiveOnly && f.conf.Secret == "" {
		return nil, errors.New("wechat: without a secret media cannot be fetched")
	}
	return f.download(ctx, id)
}

// public gets a file without our token, and only from the platform's own hosts:
// the address comes from outside.
func (f files) public(ctx context.Context, addr string) (*http.Response, error) {
	u, err := url.Parse(addr)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || !f.ours(u.Hostname()) {
		return nil, errors.New("wechat: media at a host that is not in media_hosts")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, addr, nil)
	if err != nil {
		return nil, err
	}
	client := *f.deps.HTTP
	client.CheckRedirect = func(r *http.Request, via []*http.Request) error {
		if len(via) > 3 || !f.ours(r.URL.Hostname()) {
			return errors.New("wechat: media was redirected to a host that is not in media_hosts")
		}
		return nil
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, f.api.veil.hide(err)
	}
	if resp.StatusCode != http.StatusOK {
		resp.Body.Close()
		return nil, fmt.Errorf("wechat: media: %s", resp.Status)
	}
	return resp, nil
}

func (f files) ours(host string) bool {
	for _, h := range f.conf.MediaHosts {
		if host == h || strings.HasSuffix(host, "."+h) {
			return true
		}
	}
	return false
}

// download gets temporary media by its id. A video is not answered itself, but
// with an address that needs no token. Errors come with status 200.
// https://developers.weixin.qq.com/doc/service/api/material/temporary/api_getmedia.html
func (f files) download(ctx context.Context, id string) (*http.Response, error) {
	for bad := ""; ; {
		tok, err := f.api.tokens.get(ctx, bad)
		if err != nil {
			return nil, err
		}
		resp, _, err := f.api.do(ctx, request{path: "/cgi-bin/media/get", query: url.Values{"media_id": {id}}, token: tok})
		if err != nil {
			return nil, f.api.veil.hide(err)
		}
		said, err := spoken(resp)
		if err != nil {
			return nil, err
		}
		if said == nil {
			return resp, nil
		}
		var v struct {
			Video string `json:"video_url"`
		}
		r := request{path: "/cgi-bin/media/get", out: &v}
		switch err := f.api.decode(r, said); {
		case badToken[code(err)] && bad == "":
			bad = tok
			continue
		case code(err) == expiredMedia:
			return nil, fmt.Errorf("wechat: the media has expired: %w", core.ErrNotFound)
		case err != nil:
			return nil, err
		case v.Video == "":
			return nil, errors.New("wechat: " + mediaNotice + "a document without video_url")
		}
		return f.public(ctx, v.Video)
	}
}

// spoken returns the document that resp is, nil if it is media.
func spoken(resp *http.Response) ([]byte, error) {
	if resp.StatusCode != http.StatusOK {
		defer resp.Body.Close()
		return nil, httpError("/cgi-bin/media/get", resp)
	}
	head := make([]byte, 1)
	n, err := io.ReadFull(resp.Body, head)
	if err != nil && n == 0 {
		resp.Body.Close()
		return nil, errors.New("wechat: " + mediaNotice + "nothing")
	}
	t := resp.Header.Get("Content-Type")
	if head[0] != '{' && !strings.Contains(t, "json") && !strings.HasPrefix(t, "text/plain") {
		resp.Body = body{io.MultiReader(bytes.NewReader(head), resp.Body), resp.Body}
		return nil, nil
	}
	defer resp.Body.Close()
	rest, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	return append(head, rest...), err
}

type body struct {
	io.Reader
	io.Closer
}

// upload copies media to the platform and returns its name there. The same file
// is uploaded once in three days. An error is core.ErrNotFound if we have no such file.
// https://developers.weixin.qq.com/doc/service/api/material/temporary/api_uploadtempmedia.html
func (f files) upload(ctx context.Context, m core.Media, kind string) (string, error) {
	key := f.conf.key("media/" + kind + "/" + m.Handle)
	if id, ok, err := f.deps.Values.Get(ctx, key); err == nil && ok {
		return id, nil
	}
	r, kept, err := f.deps.Blobs.Open(ctx, m.Handle)
	if err != nil {
		if errors.Is(err, core.ErrNotFound) {
			return "", &core.SendError{Kind: core.KindRejected, Err: fmt.Errorf("wechat: the file is not in our store: %w", err)}
		}
		return "", &core.SendError{Kind: core.KindTransient, Err: f.api.veil.hide(err)}
	}
	defer r.Close()
	if kind == "thumb" && kept.Size > maxThumb {
		return "", &core.SendError{Kind: core.KindRejected, Code: "40012", Err: errors.New(fates[40012].words)}
	}
	data, mimeType, err := form(r, or(kept.Type, m.Type))
	if err != nil {
		return "", &core.SendError{Kind: core.KindTransient, Err: f.api.veil.hide(err)}
	}
	var out struct {
		MediaID string `json:"media_id"`
		Thumb   string `json:"thumb_media_id"`
	}
	err = f.api.call(ctx, request{path: "/cgi-bin/media/upload", query: url.Values{"type": {kind}}, body: data, kind: mimeType, out: &out})
	if err != nil {
		if e, ok := errors.AsType[*core.SendError](err); ok && e.Kind == core.KindUnknown {
			e.Kind = core.KindTransient // an upload nobody uses is not a message
		}
		return "", err
	}
	id := or(out.MediaID, out.Thumb)
	if id == "" {
		return "", &core.SendError{Kind: core.KindTransient, Err: errors.New("wechat: the upload has no media_id")}
	}
	if err := f.deps.Values.Put(ctx, key, id, uploadKept); err != nil {
		f.deps.Log.Warn("an upload is not remembered", "channel", f.deps.Name, "err", f.api.veil.clean(err.Error()))
	}
	return id, nil
}

// form is the upload's body: one file with a name that fits its type.
func form(r io.Reader, mimeType string) ([]byte, string, error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	h := textproto.MIMEHeader{}
	h.Set("Content-Disposition", `form-data; name="media"; filename="media`+or(extensions[mimeType], ".jpg")+`"`)
	h.Set("Content-Type", mimeType)
	part, err := w.CreatePart(h)
	if err != nil {
		return nil, "", err
	}
	if _, err := io.Copy(part, io.LimitReader(r, maxMedia+1)); err != nil {
		return nil, "", err
	}
	if err := w.Close(); err != nil {
		return nil, "", err
	}
	return b.Bytes(), w.FormDataContentType(), nil
}

// forgetMedia makes the next upload of a file a fresh one.
func (f files) forgetMedia(ctx context.Context, handle string) error {
	for _, kind := range []string{"image", "voice", "video", "thumb"} {
		if err := f.deps.Values.Delete(ctx, f.conf.key("media/"+kind+"/"+handle)); err != nil {
			return &core.SendError{Kind: core.KindTransient, Err: f.api.veil.hide(err)}
		}
	}
	return nil
}
