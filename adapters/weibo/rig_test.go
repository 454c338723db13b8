package weibo

import (
	"encoding/json"
	"net/http"
	"os"
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

type rig struct {
	*Account
	platform *fake.Platform
	inbox    *coretest.Inbox
	log      *coretest.Log
	blobs    *coretest.Blobs
}

func newRig(t *testing.T, conf Config, reg fake.Account) *rig {
	t.Helper()
	r := &rig{inbox: &coretest.Inbox{Once: true}, log: &coretest.Log{}, blobs: &coretest.Blobs{}}
	r.platform = fake.New(fake.Options{Account: reg})
	d := deps(r.inbox, r.log, coretest.Wire{Handler: r.platform})
	d.Blobs = r.blobs
	r.Account = coretest.Open(t, New, conf, d)
	r.platform.SetHook(r.Account)
	return r
}

// deps are coretest's, by the name of the account and with the time as it goes.
func deps(inbox *coretest.Inbox, log *coretest.Log, net http.RoundTripper) core.Deps {
	d := coretest.Deps(inbox, log, &http.Client{Transport: net})
	d.Name, d.Now = "wb", time.Now
	return d
}

func say(id, uid string, part core.Part) core.Envelope {
	return core.Envelope{ID: id, Channel: "wb", Peer: core.Peer{ID: uid}, By: core.Author{Kind: core.ByBot}, Parts: core.Parts{part}}
}
