package wechat

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/silenceper/wechat/v2/credential"
	"golang.org/x/sync/singleflight"

	"github.com/frontdesk-im/frontdesk/core"
)

// tokens is the account's access token (stable_token). One is fetched at a time
// for all goroutines, and for all processes through Deps.Values.
//
// https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken.html
type tokens struct {
	wire wire
	conf Config
	deps core.Deps

	mu sync.Mutex
	t  access
	sf singleflight.Group
}

var _ credential.AccessTokenContextHandle = (*tokens)(nil)

// access is a token and until when it is used.
type access struct {
	Token string    `json:"token"`
	Until time.Time `json:"until"`
}

const (
	tokenKey  = "token"
	leaseKey  = "token/lease"
	forcedKey = "token/forced"

	fetchTime = 10 * time.Second       // longest time one fetch takes, and its lease
	peek      = 100 * time.Millisecond // how often the token is looked for that another process fetches
)

// GetAccessToken implements the SDK's credential.AccessTokenHandle.
func (t *tokens) GetAccessToken() (string, error) {
	return t.GetAccessTokenContext(context.Background())
}

// GetAccessTokenContext implements the SDK's credential.AccessTokenContextHandle.
func (t *tokens) GetAccessTokenContext(ctx context.Context) (string, error) { return t.get(ctx, "") }

// get returns a token that is not bad. An error is a *core.SendError; nothing
// was sent with any token then.
func (t *tokens) get(ctx context.Context, bad string) (string, error) {
	if tok := t.good(bad); tok != "" {
		return tok, nil
	}
	fetched := t.sf.DoChan("not "+bad, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTime)
		defer cancel()
		return t.refresh(ctx, bad)
	})
	select {
	case r := <-fetched:
		tok, _ := r.Val.(string)
		return tok, r.Err
	case <-ctx.Done():
		return "", &core.SendError{Kind: core.KindTransient, Err: ctx.Err()}
	}
}

// good is the token in memory if it can be used and is not bad.
func (t *tokens) good(bad string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.t.Token == bad || !t.deps.Now().Before(t.t.Until) {
		return ""
	}
	return t.t.Token
}

func (t *tokens) set(x access) string {
	if x.Token != "" {
		t.wire.veil.add(x.Token)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.t = x
	return x.Token
}

// refresh takes the token from Values, or fetches one while it has the lease.
func (t *tokens) refresh(ctx context.Context, bad string) (string, error) {
	if tok := t.good(bad); tok != "" {
		return tok, nil
	}
	vs := t.deps.Values
	tick := time.NewTicker(peek)
	defer tick.Stop()
	for {
		if x, err := t.shared(ctx); err != nil {
			return "", notSent(err)
		} else if x.Token != "" && x.Token != bad {
			return t.set(x), nil
		}
		mine, err := vs.Add(ctx, t.conf.key(leaseKey), t.deps.Name, fetchTime)
		if err != nil {
			return "", notSent(err)
		}
		if mine {
			defer func() { _ = vs.Delete(context.WithoutCancel(ctx), t.conf.key(leaseKey)) }() // if this fails, it ends by itself
			if x, err := t.shared(ctx); err == nil && x.Token != "" && x.Token != bad {        // fetched since we looked
				return t.set(x), nil
			}
			return t.fetch(ctx, bad)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return "", notSent(ctx.Err())
		}
	}
}

func notSent(err error) error {
	if _, ok := errors.AsType[*core.SendError](err); ok {
		return err
	}
	return &core.SendError{Kind: core.KindTransient, Err: err}
}

// shared is the token that some process has put into Values.
func (t *tokens) shared(ctx context.Context) (access, error) {
	var x access
	v, ok, err := t.deps.Values.Get(ctx, t.conf.key(tokenKey))
	if err != nil || !ok || json.Unmarshal([]byte(v), &x) != nil || !t.deps.Now().Before(x.Until) {
		return access{}, err
	}
	return x, nil
}

// fetch asks the platform for a token and shares it.
func (t *tokens) fetch(ctx context.Context, bad string) (string, error) {
	x, err := t.ask(ctx, t.grant())
	if err == nil && x.Token == bad { // the platform does not know yet that it is bad
		var ok bool
		if ok, err = t.deps.Values.Add(ctx, t.conf.key(forcedKey), "1", 30*time.Second); err == nil && !ok {
			err = &core.SendError{Kind: core.KindThrottled, After: 30 * time.Second, Err: errors.New("wechat: the access token was renewed by force less than 30 s ago and is refused again")}
		}
		if err == nil {
			forced := t.grant()
			forced.Force = true
			x, err = t.ask(ctx, forced)
		}
	}
	if err != nil {
		return "", notSent(err)
	}
	t.set(x)
	b, err := json.Marshal(x)
	if err != nil {
		return "", notSent(err)
	}
	if err := t.deps.Values.Put(ctx, t.conf.key(tokenKey), string(b), max(x.Until.Sub(t.deps.Now()), time.Second)); err != nil {
		t.deps.Log.Warn("the access token could not be shared; other processes fetch their own", "channel", t.deps.Name, "err", t.wire.veil.clean(err.Error()))
	}
	return x.Token, nil
}

// A grant is what a token is asked for with. With Force the platform revokes the
// old one; it allows that 20 times a day.
type grant struct {
	Type   string `json:"grant_type"`
	AppID  string `json:"appid"`
	Secret string `json:"secret"`
	Force  bool   `json:"force_refresh"`
}

func (t *tokens) grant() grant {
	return grant{Type: "client_credential", AppID: t.conf.AppID, Secret: string(t.conf.Secret)}
}

// ask is one request for a token.
func (t *tokens) ask(ctx context.Context, in grant) (access, error) {
	var out struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int64  `json:"expires_in"`
	}
	now := t.deps.Now()
	t.deps.Meter.Count("wechat_token_fetches_total", 1, "channel", t.deps.Name)
	if err := t.wire.post(ctx, request{path: "/cgi-bin/stable_token", in: in, out: &out}); err != nil {
		return access{}, tokenError(err)
	}
	if out.AccessToken == "" {
		return access{}, errors.New("wechat: the platform answered without an access token")
	}
	life := time.Duration(max(out.ExpiresIn, 1)) * time.Second
	return access{Token: out.AccessToken, Until: now.Add(life - min(life/10, time.Minute))}, nil
}

// tokenError classifies what went wrong with the request for a token: nothing
// of a customer's was in it, so nothing can have been taken.
func tokenError(err error) error {
	e, ok := errors.AsType[*core.SendError](err)
	if !ok {
		return err
	}
	kind := e.Kind
	switch {
	case kind == core.KindUnknown, kind == core.KindClosed, kind == core.KindGone:
		kind = core.KindTransient
	case kind == core.KindRejected, badToken[e.Code]:
		kind = core.KindDenied
	}
	return &core.SendError{Kind: kind, Code: e.Code, After: cmp.Or(e.After, 0), Err: e.Err}
}
