package wechat

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/silenceper/wechat/v2/util"

	"github.com/frontdesk-im/frontdesk/adapters/wechat/fake"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

// nobody is a network without anybody in it.
var nobody = &http.Client{Transport: coretest.Wire{Err: errors.New("nobody is there")}}

type vector struct {
	Name, Kind, Token, Timestamp, Nonce, Encrypt, Plaintext, Random, Signature, AppSecret string
	Msg                                                                                   string            `json:"msg_signature"`
	Key                                                                                   string            `json:"encoding_aes_key"`
	Receiver                                                                              string            `json:"receive_id"`
	Fields                                                                                map[string]string `json:"expect_fields"`
	Parts                                                                                 []string
}

func TestCryptoVectors(t *testing.T) {
	var f struct{ Vectors []vector }
	load(t, "crypto.json", &f)
	if len(f.Vectors) < 16 {
		t.Fatalf("%d vectors", len(f.Vectors))
	}
	for _, v := range f.Vectors {
		t.Run(v.Name, func(t *testing.T) {
			g := gate{conf: Config{AppID: v.Receiver, Token: core.Secret(v.Token)}}
			switch {
			case v.Kind == "signature_raw":
				if got := util.Signature(v.Parts...); got != v.Signature {
					t.Errorf("got %s", got)
				}
				return
			case v.Kind == "weibo_signature": // the same sum with the app secret for a token; adapters/weibo has its own
				if !(gate{conf: Config{Token: core.Secret(v.AppSecret)}}).signed(v.Signature, v.Timestamp, v.Nonce) {
					t.Error("the signature is refused")
				}
				return
			case v.Signature != "" && !g.signed(v.Signature, v.Timestamp, v.Nonce), v.Signature != "" && fake.Sign(v.Token, v.Timestamp, v.Nonce) != v.Signature:
				t.Error("the signature is refused")
			case v.Msg != "" && !g.signed(v.Msg, v.Timestamp, v.Nonce, v.Encrypt):
				t.Error("the message signature is refused")
			}
			if v.Key == "" || v.Encrypt == "" {
				return
			}
			plain, ok := g.decrypt(v.Encrypt, core.Secret(v.Key))
			if !ok || v.Plaintext != "" && string(plain) != v.Plaintext {
				t.Errorf("decrypted %q", plain)
			}
			if other, err := fake.Decrypt(v.Key, v.Receiver, v.Encrypt); err != nil || string(other) != string(plain) {
				t.Errorf("the fake platform decrypts %q, %v", other, err)
			}
			if len(v.Fields) > 0 {
				doc, err := parse(plain)
				if err != nil {
					t.Fatal(err)
				}
				for k, want := range v.Fields {
					if got := doc.get(k); got != want {
						t.Errorf("%s is %q, want %q", k, got, want)
					}
				}
			}
			if len(v.Random) == 16 {
				if box, err := util.EncryptMsg([]byte(v.Random), plain, v.Receiver, v.Key); err != nil || string(box) != v.Encrypt {
					t.Errorf("encrypted %s, %v", box, err)
				}
			}
			g.conf.AppID = "x" + v.Receiver[1:]
			if _, ok := g.decrypt(v.Encrypt, core.Secret(v.Key)); ok {
				t.Error("decrypted for another account")
			}
		})
	}
}

func TestCryptoNegative(t *testing.T) {
	var f struct {
		Items []struct {
			Name, Encrypt, Expect string
			Key                   string `json:"encoding_aes_key"`
			ID                    string `json:"receive_id"`
		}
	}
	load(t, "crypto-negative.json", &f)
	if len(f.Items) < 8 {
		t.Fatalf("%d items", len(f.Items))
	}
	for _, v := range f.Items {
		g := gate{conf: Config{AppID: v.ID}}
		_, ok := g.decrypt(v.Encrypt, core.Secret(v.Key))
		want := strings.Contains(v.Expect, "must decrypt") || strings.Contains(v.Expect, "valid frame")
		if ok != want {
			t.Errorf("%s: decrypted %v, %s", v.Name, ok, v.Expect)
		}
	}
}

// TestInbound reads what other projects test their parsers with.
func TestInbound(t *testing.T) {
	var f struct{ Items []struct{ Name, XML string } }
	load(t, "inbound-xml.json", &f)
	msg, event := core.CauseMessage, core.CauseEvent
	quiet := func(kind string) core.Part { return core.Other{Kind: kind, Quiet: true} }
	type meaning struct {
		part  core.Part
		cause core.Cause
		facts string
	}
	wanted := map[string]meaning{
		"wxjava-FromXml": {core.Text{Body: "this is a test"}, msg, ""}, "wxjava-FromXml2": {core.Text{Body: "this is a test"}, msg, ""},
		"wechatpy-parse_text_message":       {core.Text{Body: "this is a test"}, msg, ""},
		"wechatpy-parse_video_message":      {core.Media{Type: "video/mp4", Handle: "media_id"}, msg, ""},
		"wechatpy-work-parse_voice_message": {core.Media{Type: "audio/amr", Handle: "media_id"}, msg, ""},
		"wechatpy-work-parse_link_message":  {core.Card{Title: "公众平台官网链接", Body: "公众平台官网链接", URL: "url", Image: "picurl"}, msg, ""},
		"wechatpy-parse_subscribe_event":    {core.Joined{}, event, ""}, "wechatpy-subscribe_event": {core.Joined{}, event, ""}, "wechatpy-work-subscribe_event": {core.Joined{}, event, ""},
		"wechatpy-parse_scan_event": {core.Joined{From: "123123"}, event, "entry:123123"}, "wechatpy-scan_event": {core.Joined{From: "SCENE_VALUE"}, event, "entry:SCENE_VALUE"},
		"wechatpy-parse_view_event": {quiet("VIEW"), "", "page:www.qq.com"}, "wechatpy-view_event": {quiet("VIEW"), "", "page:www.qq.com"},
		"wechatpy-work-parse_click_event":             {core.Pick{Option: "EVENTKEY", Menu: true}, event, ""},
		"wechatpy-scan_code_waitmsg_event":            {core.Pick{Option: "6", Label: "2", Menu: true}, event, ""},
		"wechatpy-pic_wechat_event":                   {quiet("pic_weixin"), "", ""},
		"wechatpy-kf_close_session_event":             {quiet("kf_close_session"), "", ""},
		"wechatpy-parse_user_authorize_invoice_event": {quiet("user_authorize_invoice"), "", ""},
		"wechatpy-work-parse_modify_calendar":         {quiet("modify_calendar"), "", ""}, "wechatpy-work-parse_modify_schedule": {quiet("modify_schedule"), "", ""},
		"wechatpy-work-meeting": {quiet("book_meeting_room"), "", ""}, "wxjava-FromXml_MASSSENDJOBFINISH": {quiet("MASSSENDJOBFINISH"), "", ""},
		"wxjava-SubMsgPopupFromXml":                   {quiet("subscribe_msg_popup_event"), "", "consent/9nLIlbOQZC5Y89AZteFEux3WCXRRRG5Wfzkpssu4bLI:reject consent/VRR0UEO9VJOLs0MHlU0OilqX6MVFDwH3_3gz3Oc0NIc:accept"},
		"wechatpy-template_subscribe_msg_popup_event": {quiet("subscribe_msg_popup_event"), "", "consent/9nLIlbOQZC5Y89AZteFEux3WCXRRRG5Wfzkpssu4bLI:reject consent/VRR0UEO9VJOLs0MHlU0OilqX6MVFDwH3_3gz3Oc0NIc:accept"},
		"wxjava-SubMsgChangeFromXml":                  {quiet("subscribe_msg_change_event"), "", "consent/VRR0UEO9VJOLs0MHlU0OilqX6MVFDwH3_3gz3Oc0NIc:reject"},
		"wxjava-SubMsgSentFromXml":                    {quiet("subscribe_msg_sent_event"), "", ""},
	}
	refs := map[string]string{}
	for _, v := range f.Items {
		want, ok := wanted[v.Name]
		if !ok {
			t.Errorf("%s: nobody has said what it means", v.Name)
		}
		delete(wanted, v.Name)
		p, err := opened([]byte(v.XML), "")
		if err != nil {
			t.Errorf("%s: %v", v.Name, err)
			continue
		}
		in, err := read(p, "wx")
		if err != nil || len(in.env.Parts) != 1 || in.env.Parts[0] != want.part || in.env.Cause != want.cause || in.env.Ref == "" || in.env.Peer.ID != p.doc.get("FromUserName") || in.env.At.IsZero() {
			t.Errorf("%s: %+v, %v", v.Name, in, err)
		}
		if facts := strings.TrimSuffix(strings.TrimPrefix(fmt.Sprint(in.env.Peer.Facts), "map["), "]"); facts != want.facts {
			t.Errorf("%s: facts %s, want %s", v.Name, facts, want.facts)
		}
		if d := p.doc; d.get("MsgType") == "event" && refs[in.env.Ref] != "" && refs[in.env.Ref] != d.get("Event") {
			t.Errorf("%s: has the ref of a %s", v.Name, refs[in.env.Ref])
		}
		refs[in.env.Ref] = p.doc.get("Event")
		if rs := in.receipts; v.Name == "wxjava-SubMsgSentFromXml" && (len(rs) != 1 || rs[0].Ref != "free/template/1700827132819554304" || rs[0].State != core.ReceiptDelivered) {
			t.Errorf("a receipt is %+v", rs)
		}
	}
	if len(wanted) > 0 {
		t.Errorf("not found: %v", wanted)
	}
}
