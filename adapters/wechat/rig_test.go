package wechat

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/adapters/wechat/fake"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

// registered is the account that the fake platform knows.
var registered = fake.Account{
	AppID: "wx00000000000000aa", Secret: "S3CRETS3CRETS3CRETS3CRETS3CRET00", Token: "pushtoken01",
	Key: "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG", Origin: "gh_aaaaaaaaaaaa",
}

func config() Config {
	return Config{AppID: registered.AppID, Secret: core.Secret(registered.Secret), Token: core.Secret(registered.Token), Keys: []core.Secret{core.Secret(registered.Key)}}
}

// inbox drops repeats as the hub does, and tells what is new on got.
type inbox struct {
	mu       sync.Mutex
	err      error
	refs     map[string]bool
	envs     []core.Envelope
	receipts []core.Receipt
	got      func(core.Envelope)
}

func (i *inbox) Receive(_ context.Context, e core.Envelope) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.err != nil {
		return i.err
	}
	if i.refs[e.Ref] {
		return nil
	}
	if i.refs == nil {
		i.refs = map[string]bool{}
	}
	i.refs[e.Ref] = true
	i.envs = append(i.envs, e)
	if i.got != nil {
		go i.got(e)
	}
	return nil
}

func (i *inbox) Report(_ context.Context, r core.Receipt) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.receipts = append(i.receipts, r)
	return i.err
}

func (*inbox) Typing(context.Context, core.Envelope) {}

func (i *inbox) all() []core.Envelope {
	i.mu.Lock()
	defer i.mu.Unlock()
	return append([]core.Envelope(nil), i.envs...)
}

// wire is a network in memory: time in it is the test's own.
type wire struct {
	http.Handler
	delay func() time.Duration // before the request arrives
	err   error                // instead of an answer
}

func (w wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if w.err != nil {
		return nil, w.err
	}
	if t := httptrace.ContextClientTrace(r.Context()); t != nil && t.GotConn != nil {
		t.GotConn(httptrace.GotConnInfo{})
	}
	if w.delay != nil {
		select {
		case <-time.After(w.delay()):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	rec := httptest.NewRecorder()
	ok := func() (ok bool) {
		defer func() { ok = recover() == nil }()
		w.ServeHTTP(rec, r)
		return true
	}()
	if !ok {
		return nil, io.ErrUnexpectedEOF
	}
	return rec.Result(), nil
}

// rig is an account connected to a fake platform in memory.
type rig struct {
	*Account
	platform *fake.Platform
	inbox    *inbox
	log      *coretest.Log
	values   *coretest.Values
	blobs    *coretest.Blobs
}

func newRig(t *testing.T, conf Config, reg fake.Account) *rig {
	t.Helper()
	now := time.Now
	r := &rig{inbox: &inbox{}, log: &coretest.Log{}, values: &coretest.Values{Now: now}, blobs: &coretest.Blobs{}}
	r.platform = fake.New(fake.Options{Account: reg, Now: now})
	a, err := New(conf, core.Deps{
		Name: "wx", Inbox: r.inbox, Values: r.values, Blobs: r.blobs, Meter: coretest.Meter{}, Now: now,
		HTTP: &http.Client{Transport: wire{Handler: r.platform}},
		Log:  slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	r.Account = a
	r.platform.SetHook(a)
	return r
}

func text(s string) core.Parts { return core.Parts{core.Text{Body: s}} }

// say is a message of ours to o.
func say(id, o, s string) core.Envelope {
	return core.Envelope{ID: id, Channel: "wx", Peer: core.Peer{ID: o}, By: core.Author{Kind: core.ByBot}, Parts: text(s)}
}

func kind(t *testing.T, err error, want core.Kind) {
	t.Helper()
	if _, ok := errors.AsType[*core.SendError](err); !ok || core.KindOf(err) != want {
		t.Errorf("got %v (%v), want %v", core.KindOf(err), err, want)
	}
}
