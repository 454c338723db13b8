package wechat

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/silenceper/wechat/v2/util"

	"github.com/frontdesk-im/frontdesk/adapters/wechat/fake"
	"github.com/frontdesk-im/frontdesk/core"
)

// nobody is a network without anybody in it.
var nobody = &http.Client{Transport: wire{err: errors.New("nobody is there")}}

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
			a := &Account{conf: Config{AppID: v.Receiver, Token: core.Secret(v.Token)}}
			switch {
			case v.Kind == "signature_raw":
				if got := util.Signature(v.Parts...); got != v.Signature {
					t.Errorf("got %s", got)
				}
				return
			case v.Kind == "weibo_signature":
				return // adapters/weibo
			case v.Signature != "" && !a.signed(v.Signature, v.Timestamp, v.Nonce), v.Signature != "" && fake.Sign(v.Token, v.Timestamp, v.Nonce) != v.Signature:
				t.Error("the signature is refused")
			case v.Msg != "" && !a.signed(v.Msg, v.Timestamp, v.Nonce, v.Encrypt):
				t.Error("the message signature is refused")
			}
			if v.Key == "" || v.Encrypt == "" {
				return
			}
			plain, ok := a.decrypt(v.Encrypt, core.Secret(v.Key))
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
			a.conf.AppID = "x" + v.Receiver[1:]
			if _, ok := a.decrypt(v.Encrypt, core.Secret(v.Key)); ok {
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
	for _, v := range f.Items {
		a := &Account{conf: Config{AppID: v.ID}}
		_, ok := a.decrypt(v.Encrypt, core.Secret(v.Key))
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
	a := &Account{}
	refs := map[string]string{}
	got := map[string]arrival{}
	for _, v := range f.Items {
		p, err := opened([]byte(v.XML), "")
		if err != nil {
			t.Errorf("%s: %v", v.Name, err)
			continue
		}
		in, err := a.read(p)
		if err != nil || in.env.Ref == "" || in.env.Peer.ID == "" || len(in.env.Parts) == 0 && len(in.receipts) == 0 {
			t.Errorf("%s: %+v, %v", v.Name, in, err)
		}
		if d := p.doc; d.get("MsgType") == "event" && refs[in.env.Ref] != "" && refs[in.env.Ref] != d.get("Event") {
			t.Errorf("%s: has the ref of a %s", v.Name, refs[in.env.Ref])
		}
		refs[in.env.Ref] = p.doc.get("Event")
		got[v.Name] = in
	}
	if r := got["wxjava-SubMsgSentFromXml"].receipts; len(r) != 1 || r[0].Ref != "free/template/1700827132819554304" || r[0].State != core.Delivered {
		t.Errorf("a receipt is %+v", r)
	}
	consent := got["wxjava-SubMsgPopupFromXml"].env.Peer.Facts
	if len(consent) != 2 || consent["consent/9nLIlbOQZC5Y89AZteFEux3WCXRRRG5Wfzkpssu4bLI"] != "reject" {
		t.Errorf("consent is %v: both entries of the list are needed", consent)
	}
	if ps := got["wechatpy-scan_code_waitmsg_event"].env.Parts; len(ps) != 1 || ps[0] != (core.Pick{Option: "6", Label: "2"}) {
		t.Errorf("a scanned code is %+v", ps)
	}
}

// TestPassiveReplies writes the documents that another SDK is tested with, those
// of them that we send.
func TestPassiveReplies(t *testing.T) {
	var f struct{ Items []struct{ Name, XML string } }
	load(t, "passive-reply-xml.json", &f)
	replies := map[string]reply{
		"Text-1": {Type: "text", Content: "content"}, "Image-1": {Type: "image", Media: "ddfefesfsdfef"}, "Voice-1": {Type: "voice", Media: "ddfefesfsdfef"},
		"TransferKefu-1": {Type: "transfer_customer_service"}, "TransferKefu-2": {Type: "transfer_customer_service", Kf: "test1@test"},
	}
	n := 0
	for _, v := range f.Items {
		r, ok := replies[v.Name]
		if !ok {
			continue
		}
		n++
		want, err := parse([]byte(v.XML))
		if err != nil {
			t.Fatal(err)
		}
		asked := push{doc: &node{kids: map[string][]*node{"FromUserName": {{text: want.get("ToUserName")}}, "ToUserName": {{text: want.get("FromUserName")}}}}}
		unix, err := strconv.ParseInt(want.get("CreateTime"), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		b, err := r.to(asked, unix)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := parse(b); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: wrote %s, want %s", v.Name, b, v.XML)
		}
	}
	if n != len(replies) {
		t.Errorf("%d of %d were found", n, len(replies))
	}
	b, err := reply{Type: "text", Content: "a]]>b\x08<&>"}.to(push{doc: &node{}}, 1)
	var got struct{ Content string }
	if err != nil || xml.Unmarshal(b, &got) != nil || got.Content != "a]]>b\ufffd<&>" {
		t.Errorf("wrote %s", b)
	}
}

// TestCustomVectors composes the requests that another SDK is tested with, those
// of them that we send.
func TestCustomVectors(t *testing.T) {
	var f struct {
		Items []struct {
			Name string
			Body map[string]any
		}
	}
	load(t, "custom-send-requests.json", &f)
	r := newRig(t, config(), registered)
	for key, id := range map[string]string{"media/image/h": "MEDIA_ID", "media/voice/h": "MEDIA_ID", "media/video/h": "MEDIA_ID", "media/thumb/h": "thumb_media_id"} {
		r.values.Put(t.Context(), r.key(key), id, 0)
	}
	parts := map[string]core.Part{
		"TextReply":            core.Text{Body: "sfsfdsdf"},
		"ImageReply":           core.Media{Type: "image/png", Handle: "h"},
		"VoiceReply":           core.Media{Type: "audio/amr", Handle: "h"},
		"VideoReply":           core.Media{Type: "video/mp4", Handle: "h", Name: "TITLE", Words: "DESCRIPTION"},
		"MiniProgramPageBuild": core.Card{Title: "title", URL: SchemeMini + "appid/pagepath", Image: "h"},
		"MsgMenuBuild": core.Choice{Prompt: "head_content", Options: []core.Option{
			{ID: "101", Label: "msgmenu1"}, {ID: "102", Label: "msgmenu2"}}},
	}
	for _, v := range f.Items {
		part, ok := parts[v.Name]
		if !ok {
			continue
		}
		delete(parts, v.Name)
		if m, ok := v.Body["msgmenu"].(map[string]any); ok {
			m["tail_content"] = "" // we have no words of our own to put there
		}
		m, err := r.compose(t.Context(), core.Envelope{Peer: core.Peer{ID: "OPENID"}, Parts: core.Parts{part}})
		if err != nil {
			t.Errorf("%s: %v", v.Name, err)
			continue
		}
		b, err := plainJSON(m.body)
		var got map[string]any
		if err != nil || json.Unmarshal(b, &got) != nil || !reflect.DeepEqual(got, v.Body) {
			t.Errorf("%s: got %s, want %v", v.Name, b, v.Body)
		}
	}
	if len(parts) > 0 {
		t.Errorf("not found: %v", parts)
	}
}

// TestAnswers decodes what the API answers in other projects' tests.
func TestAnswers(t *testing.T) {
	var f struct{ Items map[string]json.RawMessage }
	load(t, "api-responses.json", &f)
	a := &Account{tokens: &tokens{}}
	for name, body := range f.Items {
		if err := a.decode(request{path: name}, body); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := a.decode(request{sure: true}, f.Items["message_custom_send"]); err != nil {
		t.Error(err)
	}
	if err := a.decode(request{sure: true}, f.Items["token"]); core.KindOf(err) != core.Unknown || err == nil {
		t.Errorf("an answer without errcode to a message: %v", err)
	}
}
