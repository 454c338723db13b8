package wechat

import (
	"net/http"
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

// rig is an account connected to a fake platform in memory.
type rig struct {
	*Account
	platform *fake.Platform
	inbox    *coretest.Inbox
	log      *coretest.Log
	values   *coretest.Values
	blobs    *coretest.Blobs
}

func newRig(t *testing.T, conf Config, reg fake.Account) *rig {
	t.Helper()
	r := &rig{inbox: &coretest.Inbox{Once: true}, log: &coretest.Log{}, values: &coretest.Values{}, blobs: &coretest.Blobs{}}
	r.platform = fake.New(fake.Options{Account: reg})
	d := deps(r.inbox, r.log, &http.Client{Transport: coretest.Wire{Handler: r.platform}})
	d.Values, d.Blobs = r.values, r.blobs
	r.Account = coretest.Open(t, New, conf, d)
	r.platform.SetHook(r.Account)
	return r
}

// deps are coretest's, by the name of the account and with the time as it goes.
func deps(inbox *coretest.Inbox, log *coretest.Log, client *http.Client) core.Deps {
	d := coretest.Deps(inbox, log, client)
	d.Name, d.Now = "wx", time.Now
	return d
}

func text(s string) core.Parts { return core.Parts{core.Text{Body: s}} }

// say is a message of ours to o.
func say(id, o, s string) core.Envelope {
	return core.Envelope{ID: id, Channel: "wx", Peer: core.Peer{ID: o}, By: core.Author{Kind: core.ByBot}, Parts: text(s)}
}
