package wechat

import (
	"log/slog"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/adapters/wechat/fake"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

// FuzzRead reads documents that the platform might push. What can be read has a
// name that stays the same, says whom it is from, and leads to a valid answer.
func FuzzRead(f *testing.F) {
	var rec recorded
	load(f, "http-replay.json", &rec)
	for _, s := range rec.Plaintexts {
		f.Add([]byte(s))
	}
	var other struct{ Items []struct{ XML string } }
	load(f, "inbound-xml.json", &other)
	for _, v := range other.Items {
		f.Add([]byte(v.XML))
	}
	f.Add([]byte(`{"ToUserName":"gh","FromUserName":"o","CreateTime":1767225599,"MsgType":"text","Content":"json","MsgId":25000000000000008}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := opened(b, "")
		if err != nil {
			return
		}
		in, err := read(p, "wx")
		if err != nil {
			return
		}
		again, _ := opened(b, "")
		if in.env.Ref == "" || in.env.Peer.ID == "" || len(in.env.Parts) == 0 && in.receipts == nil || ref(again) != in.env.Ref {
			t.Errorf("read as %+v", in)
		}
		out, err := reply{Type: "text", Content: in.env.Parts.Text() + "]]>"}.to(p, 1)
		if err != nil {
			t.Fatal(err)
		}
		if doc, err := parse(out); err != nil || doc.get("MsgType") != "text" || !p.json && doc.get("ToUserName") != p.doc.get("FromUserName") {
			t.Errorf("the answer is %s, %v", out, err)
		}
	})
}

// FuzzPush sends anything to the address that the whole internet can reach:
// nothing may be filed, for nothing is signed; and anything that is signed.
func FuzzPush(f *testing.F) {
	box, err := fake.Encrypt(registered.Key, registered.AppID, []byte("<xml><FromUserName>o</FromUserName><MsgType>text</MsgType></xml>"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add("encrypt_type=aes&msg_signature=1&timestamp=2&nonce=3", "<xml><Encrypt>"+box+"</Encrypt></xml>", box)
	f.Add("signature=1&timestamp=2&nonce=3", "<xml/>", strings.Repeat("A", 64))
	f.Add("encrypt_type=aes", `{"Encrypt":"`+box+`"}`, "")
	box0 := &coretest.Inbox{Once: true}
	conf := config()
	conf.Hold = time.Millisecond
	d := deps(box0, nil, nobody)
	d.Log = slog.New(slog.DiscardHandler) // a fuzzer's would fill the memory
	a := coretest.Open(f, New, conf, d)
	f.Fuzz(func(t *testing.T, query, body, box string) {
		r := httptest.NewRequest("POST", "/", strings.NewReader(body))
		r.URL.RawQuery = query
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		if w.Code != 403 || len(box0.Got()) > 0 {
			t.Errorf("answered %d, %d filed", w.Code, len(box0.Got()))
		}
		q := url.Values{"encrypt_type": {"aes"}, "timestamp": {"1"}, "nonce": {"2"}, "msg_signature": {fake.Sign(registered.Token, "1", "2", box)}}
		if _, err := a.gate.open(q, []byte(fake.Doc{{"Encrypt", box}}.XML())); err == nil {
			if _, err := fake.Decrypt(registered.Key, registered.AppID, box); err != nil && !strings.ContainsAny(box, "\r\n") {
				t.Errorf("%q was decrypted; an independent implementation says %v", box, err)
			}
		}
	})
}
