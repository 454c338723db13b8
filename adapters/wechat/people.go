package wechat

import (
	"context"
	"net/url"
	"time"

	"github.com/silenceper/wechat/v2/officialaccount/basic"
	"github.com/silenceper/wechat/v2/officialaccount/user"

	"github.com/frontdesk-im/frontdesk/core"
)

const (
	personTime = 800 * time.Millisecond // what asking who it is may take of the time for the answer
	personKept = 24 * time.Hour
	awayKept   = 48 * time.Hour // a session at WeChat's own desk of which nothing is heard is over
)

// people is what is known of customers beyond what they write.
type people struct {
	conf Config
	deps core.Deps
	api  api
}

// person fills in the unionid, which is the same for all accounts bound to one
// open platform account: so the peers are known to be one human. Names and
// pictures are not given to anybody since 2021.
// https://developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_userinfo.html
func (k people) person(ctx context.Context, p *core.Peer) {
	if !k.conf.People {
		return
	}
	key := k.conf.key("person/" + p.ID)
	id, ok, err := k.deps.Values.Get(ctx, key)
	if err != nil || !ok {
		id = k.unionid(ctx, p.ID)
		if err := k.deps.Values.Put(ctx, key, id, personKept); err != nil {
			k.deps.Log.Warn("who a customer is, is not remembered", "channel", k.deps.Name, "err", k.api.veil.clean(err.Error()))
		}
	}
	if id != "" {
		p.Person = "wechat:" + id
	}
}

func (k people) unionid(ctx context.Context, openid string) string {
	ctx, cancel := context.WithTimeout(ctx, personTime)
	defer cancel()
	var u user.Info
	err := k.api.call(ctx, request{path: "/cgi-bin/user/info", query: url.Values{"openid": {openid}, "lang": {"zh_CN"}}, out: &u})
	if err != nil {
		k.deps.Log.Warn("who a customer is, is not known", "channel", k.deps.Name, "err", err)
	}
	return u.UnionID
}

// QRCode makes a QR code that follows the account or opens the chat, and names
// scene in Joined.From and the fact "entry" of whoever scans it. life is at most
// 30 days; 0 makes one that never ends, of which an account has 100,000. The
// first result is what the picture must contain, the second is the picture's address.
// https://developers.weixin.qq.com/doc/service/api/qrcode/qrcodes/api_createqrcode.html
func (a *Account) QRCode(ctx context.Context, scene string, life time.Duration) (link, picture string, err error) {
	if scene == "" || len(scene) > 64 {
		return "", "", rejected("a scene has 1 to 64 characters")
	}
	in := basic.NewLimitQrRequest(scene)
	if life > 0 {
		in = basic.NewTmpQrRequest(life, scene)
	}
	var t basic.Ticket
	if err := a.api.call(ctx, request{path: "/cgi-bin/qrcode/create", in: in, out: &t}); err != nil {
		return "", "", err
	}
	return t.URL, "https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=" + url.QueryEscape(t.Ticket), nil
}

// Typing implements core.Typist. That it cannot be shown is not an error: it can
// only within 30 s of an exchange, and not twice in 15 s.
// https://developers.weixin.qq.com/doc/service/api/customer/message/api_typing.html
func (a *Account) Typing(ctx context.Context, to core.Peer, _ string) error {
	if a.conf.PassiveOnly {
		return nil
	}
	err := a.api.call(ctx, request{path: "/cgi-bin/message/custom/typing", in: map[string]string{"touser": to.ID, "command": "Typing"}, sure: true})
	switch code(err) {
	case "45072", "45080", "45081", "45015", "45047", "40200":
		return nil
	}
	return err
}

// session follows who is at WeChat's own desk. away reports that this message's
// writer is: it is not for us to answer, and its words stay in Envelope.Raw.
func (k people) session(ctx context.Context, in *arrival, p push) (away bool, err error) {
	if !k.conf.Desk {
		return false, nil
	}
	who := in.env.Peer.ID
	switch in.event {
	case "kf_create_session":
		return false, k.leave(ctx, who, p.doc.get("KfAccount"))
	case "kf_switch_session":
		return false, k.leave(ctx, who, p.doc.get("ToKfAccount"))
	case "kf_close_session":
		return false, k.deps.Values.Delete(ctx, k.conf.key("away/"+who))
	case "":
	default:
		return false, nil
	}
	if _, away, err = k.deps.Values.Get(ctx, k.conf.key("away/"+who)); !away || err != nil {
		return false, err
	}
	in.env.Parts = core.Parts{core.Other{Kind: "wechat_desk:" + p.doc.get("MsgType"), Quiet: true}}
	in.env.Raw = p.raw
	return true, nil
}

// leave notes that a customer is at WeChat's own desk from now on.
func (k people) leave(ctx context.Context, openid, account string) error {
	return k.deps.Values.Put(ctx, k.conf.key("away/"+openid), or(account, "any"), awayKept)
}
