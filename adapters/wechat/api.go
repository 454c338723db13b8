package wechat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/silenceper/wechat/v2/util"

	"github.com/frontdesk-im/frontdesk/core"
)

// maxAnswer is the longest answer of the API that is read; media is not read here.
const maxAnswer = 1 << 20

// A request is one call of the API.
type request struct {
	path  string
	query url.Values
	token string // empty: the call takes none
	in    any    // becomes the JSON body; nil: GET
	body  []byte // instead of in
	kind  string // Content-Type of body
	out   any    // takes the answer; may be nil
	sure  bool   // the answer must say errcode: without it nobody knows what happened
}

// A wire makes requests of the platform, one attempt each, and classifies what
// went wrong.
type wire struct {
	url  string
	http *http.Client
	now  func() time.Time
	veil *veil
}

// An api is a wire with an access token for it.
type api struct {
	wire
	tokens *tokens
}

// call makes a request with an access token, and once more with a fresh one if
// the platform refuses the first. An error is a *core.SendError without secrets.
func (a api) call(ctx context.Context, r request) error {
	bad := ""
	for {
		tok, err := a.tokens.get(ctx, bad)
		if err != nil {
			return err
		}
		r.token = tok
		err = a.post(ctx, r)
		e, ok := errors.AsType[*core.SendError](err)
		if !ok || !badToken[e.Code] {
			return err
		}
		if bad != "" {
			e.Kind = core.KindDenied // a fresh one is refused as well
			return e
		}
		bad = tok
	}
}

// post makes one request and classifies its failure.
func (w wire) post(ctx context.Context, r request) error {
	resp, left, err := w.do(ctx, r)
	if err != nil {
		kind := core.KindUnknown
		if !left {
			kind = core.KindTransient
		}
		return &core.SendError{Kind: kind, Err: fmt.Errorf("wechat: %s: %w", r.path, w.veil.hide(err))}
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return &core.SendError{Kind: core.KindUnknown, Err: fmt.Errorf("wechat: %s: the answer broke off: %w", r.path, w.veil.hide(err))}
	}
	if resp.StatusCode != http.StatusOK {
		return httpError(r.path, resp)
	}
	return w.decode(r, b)
}

// decode reads an answer. The platform says 200 to everything: what happened is
// in errcode.
func (w wire) decode(r request, b []byte) error {
	var probe struct {
		Code *int64 `json:"errcode"`
	}
	if err := json.Unmarshal(b, &probe); err != nil || r.sure && probe.Code == nil {
		return &core.SendError{Kind: core.KindUnknown, Err: fmt.Errorf("wechat: %s: the answer is not the platform's; a proxy's?", r.path)}
	}
	if err := util.DecodeWithCommonError(b, r.path); err != nil {
		return w.fault(err)
	}
	if r.out == nil {
		return nil
	}
	if err := json.Unmarshal(b, r.out); err != nil {
		return &core.SendError{Kind: core.KindUnknown, Err: fmt.Errorf("wechat: %s: the answer has another form than documented", r.path)}
	}
	return nil
}

// do sends a request. left reports whether any of it may have left.
func (w wire) do(ctx context.Context, r request) (resp *http.Response, left bool, err error) {
	q := url.Values{}
	for k, v := range r.query {
		q[k] = v
	}
	if r.token != "" {
		q.Set("access_token", r.token)
	}
	addr := w.url + r.path
	if len(q) > 0 {
		addr += "?" + q.Encode()
	}
	method, body, kind := http.MethodGet, r.body, r.kind
	if r.in != nil {
		if body, err = plainJSON(r.in); err != nil {
			return nil, false, err
		}
		kind = "application/json; charset=utf-8"
	}
	if body != nil {
		method = http.MethodPost
	}
	var sent atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { sent.Store(true) }})
	req, err := http.NewRequestWithContext(ctx, method, addr, bytes.NewReader(body))
	if err != nil {
		return nil, false, err
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	resp, err = w.http.Do(req)
	return resp, sent.Load(), err
}

// plainJSON writes JSON with <, > and Chinese as they are: customers were seen
// to get the escapes literally.
func plainJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimRight(b.Bytes(), "\n"), err
}

// httpError is for answers that come from in front of the API.
func httpError(path string, resp *http.Response) error {
	e := &core.SendError{Code: strconv.Itoa(resp.StatusCode), Err: fmt.Errorf("wechat: %s: %s", path, resp.Status)}
	switch c := resp.StatusCode; {
	case c == http.StatusTooManyRequests:
		e.Kind = core.KindThrottled
		if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil {
			e.After = time.Duration(s) * time.Second
		}
	case c == http.StatusServiceUnavailable:
		e.Kind = core.KindTransient
	case c == http.StatusUnauthorized, c == http.StatusForbidden:
		e.Kind = core.KindDenied
	case c >= 400 && c < 500:
		e.Kind = core.KindRejected
	default:
		e.Kind = core.KindUnknown
	}
	return e
}
