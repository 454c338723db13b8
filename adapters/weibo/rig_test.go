package weibo

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/adapters/weibo/fake"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

type vectors struct {
	Secret string `json:"appsecret"`
	Query  string
	Verify struct {
		Query  string
		Expect string `json:"expect_body"`
	}
	Push []struct {
		Name, Query string
		Body        json.RawMessage
	}
	Encoding struct{ JSON, Data string } `json:"doc_passive_encoding"`
	Passive  []map[string]any            `json:"passive_replies"`
	Active   struct {
		Method, URL, Body string
		Type              string `json:"content_type"`
		Form              map[string]string
	} `json:"active_reply"`
	API []struct {
		Name string
		HTTP int
		Body json.RawMessage
	} `json:"api_responses"`
}

func load(t testing.TB) (v vectors) {
	t.Helper()
	b, err := os.ReadFile("testdata/vectors.json")
	if err == nil {
		err = json.Unmarshal(b, &v)
	}
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// inbox drops repeats as the hub does.
type inbox struct {
	mu   sync.Mutex
	err  error
	envs []core.Envelope
	got  func(core.Envelope)
}

func (i *inbox) Receive(_ context.Context, e core.Envelope) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.err != nil {
		return i.err
	}
	for _, old := range i.envs {
		if old.Ref == e.Ref {
			return nil
		}
	}
	i.envs = append(i.envs, e)
	if i.got != nil {
		go i.got(e)
	}
	return nil
}

func (*inbox) Report(context.Context, core.Receipt) error { return nil }
func (*inbox) Typing(context.Context, core.Envelope)      {}

func (i *inbox) len() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return len(i.envs)
}

func (i *inbox) last() core.Envelope {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.envs[len(i.envs)-1]
}

// wire is a network in memory: time in it is the test's own.
type wire struct {
	http.Handler
	err error
}

func (w wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if w.err != nil {
		return nil, w.err
	}
	if t := httptrace.ContextClientTrace(r.Context()); t != nil && t.GotConn != nil {
		t.GotConn(httptrace.GotConnInfo{})
	}
	rec := httptest.NewRecorder()
	if func() (ok bool) {
		defer func() { ok = recover() == nil }()
		w.ServeHTTP(rec, r)
		return true
	}() {
		return rec.Result(), nil
	}
	return nil, io.ErrUnexpectedEOF
}

type rig struct {
	*Account
	platform *fake.Platform
	inbox    *inbox
	log      *coretest.Log
	blobs    *coretest.Blobs
}

func newRig(t *testing.T, conf Config, reg fake.Account) *rig {
	t.Helper()
	r := &rig{inbox: &inbox{}, log: &coretest.Log{}, blobs: &coretest.Blobs{}}
	r.platform = fake.New(fake.Options{Account: reg})
	a, err := New(conf, core.Deps{
		Name: "wb", Inbox: r.inbox, Values: &coretest.Values{}, Blobs: r.blobs, Meter: coretest.Meter{}, Now: time.Now,
		HTTP: &http.Client{Transport: wire{Handler: r.platform}}, Log: slog.New(slog.NewTextHandler(r.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	r.Account = a
	r.platform.SetHook(a)
	return r
}

func say(id, uid string, part core.Part) core.Envelope {
	return core.Envelope{ID: id, Channel: "wb", Peer: core.Peer{ID: uid}, By: core.Author{Kind: core.ByBot}, Parts: core.Parts{part}}
}

func kind(t *testing.T, err error, want core.Kind) {
	t.Helper()
	if _, ok := errors.AsType[*core.SendError](err); !ok || core.KindOf(err) != want {
		t.Errorf("got %v (%v), want %v", core.KindOf(err), err, want)
	}
}
