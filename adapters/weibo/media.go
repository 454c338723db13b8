package weibo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

const (
	// handlePrefix starts the Handle of media that is still at the platform.
	handlePrefix = "weibo:"

	copyTime   = 2 * time.Second // what copying may take of the time for the answer
	maxMedia   = 10 << 20
	personTime = 800 * time.Millisecond
	personKept = 24 * time.Hour
)

// copyMedia copies what came by in into our own store. If that does not work in
// time the media stays with the platform, and Fetch gets it from there.
func (a *Account) copyMedia(ctx context.Context, in *arrival) {
	m, ok := in.env.Parts[0].(core.Media)
	if !ok || in.fid == "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, copyTime)
	defer cancel()
	saved, err := a.save(ctx, m, in.fid)
	if err != nil {
		a.deps.Log.Warn("media was not copied yet", "channel", a.deps.Name, "err", a.clean(err.Error()))
		m.Handle = handlePrefix + in.fid
		saved = m
	}
	in.env.Parts[0] = saved
}

func (a *Account) save(ctx context.Context, m core.Media, fid string) (core.Media, error) {
	resp, err := a.get(ctx, a.conf.Upload+"/2/mss/msget", url.Values{"fid": {fid}})
	if err != nil {
		return m, err
	}
	defer resp.Body.Close()
	t, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err == nil && (strings.HasPrefix(t, "image/") || strings.HasPrefix(t, "audio/")) {
		m.Type = t
	}
	m.Name = strings.Split(m.Type, "/")[0] + extensions[m.Type]
	return a.deps.Blobs.Save(ctx, m, resp.Body, maxMedia)
}

var extensions = map[string]string{"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "audio/amr": ".amr", "audio/mpeg": ".mp3"}

// get makes a call that reads. Errors come as JSON, often with status 200.
func (a *Account) get(ctx context.Context, addr string, q url.Values) (*http.Response, error) {
	if a.conf.Token == "" {
		return nil, errors.New("weibo: this needs a token")
	}
	q.Set("access_token", string(a.conf.Token))
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, addr+"?"+q.Encode(), nil)
	if err != nil {
		return nil, a.hide(err)
	}
	resp, err := a.deps.HTTP.Do(req)
	if err != nil {
		return nil, a.hide(err)
	}
	isJSON := strings.Contains(resp.Header.Get("Content-Type"), "json")
	if resp.StatusCode == http.StatusOK && !isJSON {
		return resp, nil
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return nil, a.hide(err)
	}
	var e struct {
		Code int `json:"error_code"`
	}
	if json.Unmarshal(b, &e) == nil && e.Code == 0 && resp.StatusCode == http.StatusOK {
		resp.Body = io.NopCloser(strings.NewReader(string(b)))
		return resp, nil
	}
	if resp.StatusCode == http.StatusNotFound || e.Code == 20001 || e.Code == 20101 {
		return nil, fmt.Errorf("weibo: the platform has no such file: %w", core.ErrNotFound)
	}
	if e.Code == 0 {
		return nil, fmt.Errorf("weibo: the answer is not the platform's: %s", resp.Status)
	}
	f := fateOf(e.Code)
	return nil, &core.SendError{Kind: f.kind, Code: strconv.Itoa(e.Code), After: f.after, Err: errors.New("weibo: " + f.words)}
}

// Fetch implements core.Fetcher for media that could not be copied at once.
func (a *Account) Fetch(ctx context.Context, m core.Media) (io.ReadCloser, error) {
	fid, ok := strings.CutPrefix(m.Handle, handlePrefix)
	if !ok {
		return nil, core.ErrNotFound
	}
	resp, err := a.get(ctx, a.conf.Upload+"/2/mss/msget", url.Values{"fid": {fid}})
	if err != nil {
		return nil, err
	}
	return resp.Body, nil
}

// person fills in the nickname.
func (a *Account) person(ctx context.Context, p *core.Peer) {
	if !a.conf.People {
		return
	}
	key := a.key("person/" + p.ID)
	name, ok, err := a.deps.Values.Get(ctx, key)
	if err != nil || !ok {
		name = a.nickname(ctx, p.ID)
		if err := a.deps.Values.Put(ctx, key, name, personKept); err != nil {
			a.deps.Log.Warn("who a customer is, is not remembered", "channel", a.deps.Name, "err", a.clean(err.Error()))
		}
	}
	p.Name = or(name, p.Name)
}

func (a *Account) nickname(ctx context.Context, uid string) string {
	ctx, cancel := context.WithTimeout(ctx, personTime)
	defer cancel()
	resp, err := a.get(ctx, a.conf.Info+"/2/eps/user/info.json", url.Values{"uid": {uid}})
	if err != nil {
		a.deps.Log.Warn("who a customer is, is not known", "channel", a.deps.Name, "err", a.clean(err.Error()))
		return ""
	}
	defer resp.Body.Close()
	var u struct {
		Nickname string `json:"nickname"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&u); err != nil {
		return ""
	}
	return strings.ToValidUTF8(u.Nickname, "")
}
