package weibo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

// TestVectors is the eleventh check of section 6 of the protocol reference.
func TestVectors(t *testing.T) {
	v := load(t)
	at := time.UnixMilli(1767225600123)
	box := &coretest.Inbox{Once: true}
	d := deps(box, &coretest.Log{}, coretest.Wire{Err: errors.New("nobody is there")})
	d.Now = func() time.Time { return at }
	a := coretest.Open(t, New, Config{UID: "1902538057", AppSecret: core.Secret(v.Secret), Token: "ACCESS_TOKEN", Hold: time.Millisecond, SaveSent: true}, d)
	w := coretest.Serve(a, "GET /?"+v.Verify.Query, "")
	if w.Body.String() != v.Verify.Expect || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
		t.Errorf("verification was answered %d %q", w.Code, w.Body)
	}
	doc := &Account{conf: Config{AppSecret: "xyz123xyz"}}
	if q := (url.Values{"timestamp": {"1397022061823"}, "nonce": {"57155157"}, "signature": {"90e4c22c90a58f26526c2dd5b6c56c8822edeaa1"}}); !doc.signed(q) {
		t.Error("the documentation's signature is refused")
	}
	msg, event := core.CauseMessage, core.CauseEvent
	want := map[string]struct {
		part  core.Part
		cause core.Cause
	}{
		"text": {core.Text{Body: "你好，我的快递呢？"}, msg}, "position": {core.Place{Lat: 31.230416, Lon: 121.473701}, msg},
		"image": {core.Media{Type: "image/jpeg", Handle: "weibo:821804469"}, msg}, "voice": {core.Media{Type: "audio/amr", Handle: "weibo:821804470"}, msg},
		"follow": {core.Joined{}, event}, "unfollow": {core.Left{}, ""}, "subscribe": {core.Joined{}, event},
		"unsubscribe": {core.Other{Kind: "unsubscribe", Quiet: true}, ""},
		"click":       {core.Pick{Option: "MENU_HUMAN", Menu: true}, event}, "view": {core.Other{Kind: "view", Quiet: true}, event},
		"scan": {core.Joined{From: "shop_12"}, event}, "scan_follow": {core.Joined{From: "shop_12"}, event},
		"mention": {core.Text{Body: "@某某 怎么还没发货"}, CauseMention}, "unknown": {core.Other{Kind: "hologram"}, ""},
	}
	for _, p := range v.Push {
		for range 2 { // a repeat has no id to know it by
			w := coretest.Serve(a, "POST /?"+p.Query, string(p.Body))
			if w.Code != 200 || w.Body.Len() > 0 {
				t.Errorf("%s: answered %d %q", p.Name, w.Code, w.Body)
			}
		}
		e := box.Last()
		if x := want[p.Name]; e.Parts[0] != x.part || e.Cause != x.cause || e.Peer.ID != "2489518277" || !e.At.Equal(time.Unix(1767225600, 0)) {
			t.Errorf("%s: got %+v, want %+v", p.Name, e, x)
		}
	}
	if len(box.Got()) != len(want) || len(v.Push) != len(want) {
		t.Errorf("%d pushes were filed as %d envelopes", len(v.Push), len(box.Got()))
	}
	if m := box.Got()[12].Peer.Facts["mention"]; m != "5099999999999999" {
		t.Errorf("the post that mentions us is %q", m)
	}
	if got := percent(v.Encoding.JSON); got != v.Encoding.Data {
		t.Errorf("encoded %s", got)
	}
	if m := textMessage("中文消息"); string(m.Data) != v.Encoding.JSON {
		t.Errorf("wrote %s", m.Data)
	}
	if len(v.API) != 4 {
		t.Errorf("%d answers", len(v.API))
	}
	for _, x := range v.API {
		err := a.outcome(&http.Response{StatusCode: x.HTTP, Status: fmt.Sprint(x.HTTP)}, x.Body)
		want := map[string]core.Kind{"already-replied-or-timeout": core.KindClosed, "token-expired": core.KindDenied, "no-permission": core.KindDenied}
		if k, bad := want[x.Name]; bad != (err != nil) || bad && core.KindOf(err) != k {
			t.Errorf("%s: %v", x.Name, err)
		}
	}
}

// TestReplyVectors writes the passive replies and the active reply of the vectors.
func TestReplyVectors(t *testing.T) {
	v := load(t)
	if len(v.Passive) != 3 {
		t.Fatalf("%d passive replies", len(v.Passive))
	}
	var sent *http.Request
	var body []byte
	net := coretest.Wire{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent = r
		body, _ = io.ReadAll(r.Body)
		w.Write(v.API[0].Body)
	})}
	a := coretest.Open(t, New, Config{UID: "1902538057", AppSecret: core.Secret(v.Secret), Token: "ACCESS_TOKEN", SaveSent: true}, deps(&coretest.Inbox{}, &coretest.Log{}, net))
	for i, part := range []core.Part{
		core.Text{Body: "您好，已为您转接人工客服。"},
		core.Card{Title: "发货说明", Body: "48 小时内发货", Image: "https://example.com/a.jpg", URL: "https://example.com/a"},
		core.Place{Lat: 31.230416, Lon: 121.473701},
	} {
		m, err := a.compose(say("d", "2489518277", part))
		if err != nil {
			t.Fatal(err)
		}
		d, err := m.passive(push{Sender: "2489518277", Receiver: "1902538057"}, 0)
		var got map[string]any
		if err != nil || json.Unmarshal(d.Body, &got) != nil || fmt.Sprint(got) != fmt.Sprint(v.Passive[i]) {
			t.Errorf("wrote %s, want %s", d.Body, v.Passive[i])
		}
	}
	if _, err := a.Send(t.Context(), say("d", "2489518277", core.Text{Body: "您好"})); err != nil {
		t.Fatal(err)
	}
	want := v.Active
	got, err := url.ParseQuery(string(body))
	documented, bad := url.ParseQuery(want.Body)
	if err != nil || bad != nil || got.Encode() != documented.Encode() || sent.Method != want.Method || sent.URL.String() != want.URL || sent.Header.Get("Content-Type") != want.Type {
		t.Errorf("sent %s %s %q as %s, want %+v", sent.Method, sent.URL, body, sent.Header.Get("Content-Type"), want)
	}
	for k, x := range want.Form {
		if got.Get(k) != x {
			t.Errorf("%s is %q, want %q", k, got.Get(k), x)
		}
	}
}

// What somebody pressed is answered though we do not know what it is; what the
// platform reports is not.
func TestUnknownEvents(t *testing.T) {
	a := &Account{deps: core.Deps{Name: "wb"}}
	for data, want := range map[string]core.Other{
		`{"subtype":"hologram","key":"K1"}`: {Kind: "hologram"},
		`{"subtype":"hologram"}`:            {Kind: "hologram", Quiet: true},
		`{}`:                                {Kind: "event", Quiet: true},
	} {
		p, err := parse([]byte(`{"type":"event","receiver_id":1902538057,"sender_id":2489518277,"data":` + data + `}`))
		if err != nil {
			t.Fatal(err)
		}
		if in := a.read(p); in.env.Parts[0] != want || in.silent != want.Quiet || in.env.Cause != "" || len(in.env.Raw) == 0 {
			t.Errorf("%s: %+v, want %+v", data, in, want)
		}
	}
}

func TestFaces(t *testing.T) {
	a := &Account{deps: core.Deps{Name: "wb"}}
	for in, want := range map[string]string{"好的[ok]": "好的👌", "[赞][赞]": "👍👍", "[单号]7701": "[单号]7701"} {
		if got := a.read(push{Type: "text", Sender: "1", Text: in}).env.Parts.Text(); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}
