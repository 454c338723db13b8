package wechat

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
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
	a   *Account
	mu  sync.Mutex
	t   access
	all []string // the last few, so that none of them is ever shown
	sf  singleflight.Group
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

func (t *tokens) recent() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.all)
}

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
		return "", &core.SendError{Kind: core.Transient, Err: ctx.Err()}
	}
}

// good is the token in memory if it can be used and is not bad.
func (t *tokens) good(bad string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.t.Token == bad || !t.a.deps.Now().Before(t.t.Until) {
		return ""
	}
	return t.t.Token
}

func (t *tokens) set(x access) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.t = x; x.Token != "" {
		t.all = append(t.all[max(0, len(t.all)-3):], x.Token)
	}
	return x.Token
}

// refresh takes the token from Values, or fetches one while it has the lease.
func (t *tokens) refresh(ctx context.Context, bad string) (string, error) {
	if tok := t.good(bad); tok != "" {
		return tok, nil
	}
	vs := t.a.deps.Values
	tick := time.NewTicker(peek)
	defer tick.Stop()
	for {
		if x, err := t.shared(ctx); err != nil {
			return "", notSent(err)
		} else if x.Token != "" && x.Token != bad {
			return t.set(x), nil
		}
		mine, err := vs.Add(ctx, t.a.key(leaseKey), t.a.deps.Name, fetchTime)
		if err != nil {
			return "", notSent(err)
		}
		if mine {
			defer func() { _ = vs.Delete(context.WithoutCancel(ctx), t.a.key(leaseKey)) }() // if this fails, it ends by itself
			if x, err := t.shared(ctx); err == nil && x.Token != "" && x.Token != bad {     // fetched since we looked
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
	return &core.SendError{Kind: core.Transient, Err: err}
}

// shared is the token that some process has put into Values.
func (t *tokens) shared(ctx context.Context) (access, error) {
	var x access
	v, ok, err := t.a.deps.Values.Get(ctx, t.a.key(tokenKey))
	if err != nil || !ok || json.Unmarshal([]byte(v), &x) != nil || !t.a.deps.Now().Before(x.Until) {
		return access{}, err
	}
	return x, nil
}

// fetch asks the platform for a token and shares it.
func (t *tokens) fetch(ctx context.Context, bad string) (string, error) {
	x, err := t.ask(ctx, false)
	if err == nil && x.Token == bad { // the platform does not know yet that it is bad
		var ok bool
		if ok, err = t.a.deps.Values.Add(ctx, t.a.key(forcedKey), "1", 30*time.Second); err == nil && !ok {
			err = &core.SendError{Kind: core.Throttled, After: 30 * time.Second, Err: errors.New("wechat: the access token was renewed by force less than 30 s ago and is refused again")}
		}
		if err == nil {
			x, err = t.ask(ctx, true)
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
	if err := t.a.deps.Values.Put(ctx, t.a.key(tokenKey), string(b), max(x.Until.Sub(t.a.deps.Now()), time.Second)); err != nil {
		t.a.deps.Log.Warn("the access token could not be shared; other processes fetch their own", "channel", t.a.deps.Name, "err", t.a.clean(err.Error()))
	}
	return x.Token, nil
}

// ask is one request for a token. With force the platform revokes the old one;
// it allows that 20 times a day.
func (t *tokens) ask(ctx context.Context, force bool) (access, error) {
	in := map[string]any{
		"grant_type": "client_credential", "appid": t.a.conf.AppID, "secret": string(t.a.conf.Secret), "force_refresh": force,
	}
	var out struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int64  `json:"expires_in"`
	}
	now := t.a.deps.Now()
	t.a.deps.Meter.Count("wechat_token_fetches_total", 1, "channel", t.a.deps.Name)
	if err := t.a.post(ctx, request{path: "/cgi-bin/stable_token", in: in, out: &out}); err != nil {
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
	case kind == core.Unknown, kind == core.Closed, kind == core.Gone:
		kind = core.Transient
	case kind == core.Rejected, badToken[e.Code]:
		kind = core.Denied
	}
	return &core.SendError{Kind: kind, Code: e.Code, After: cmp.Or(e.After, 0), Err: e.Err}
}
