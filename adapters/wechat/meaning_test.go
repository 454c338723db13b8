package wechat

import (
	"strings"
	"testing"

	"github.com/frontdesk-im/frontdesk/adapters/wechat/fake"
	"github.com/frontdesk-im/frontdesk/core"
)

// TestMeaning is what the documents of http-replay.json mean, written down by hand.
func TestMeaning(t *testing.T) {
	var rec recorded
	load(t, "http-replay.json", &rec)
	msg, event := core.CauseMessage, core.CauseEvent
	rec.Plaintexts["unsupported"] = strings.Replace(rec.Plaintexts["text"], "订单 A-1001 到哪了? <b>&</b> 😊", "【收到不支持的消息类型，暂无法显示】", 1)
	rec.Plaintexts["unknown_press"] = strings.Replace(rec.Plaintexts["ev_click"], "CLICK", "hologram_button", 1)
	rec.Plaintexts["unknown_report"] = strings.NewReplacer("CLICK", "hologram_sold", "MENU_HUMAN", "").Replace(rec.Plaintexts["ev_click"])
	for name, want := range map[string]struct {
		part  core.Part
		cause core.Cause
	}{
		"text":           {core.Text{Body: "订单 A-1001 到哪了? <b>&</b> 😊"}, msg},
		"text_from_menu": {core.Pick{Option: "csat:5", Label: "满意"}, event},
		"image":          {core.Media{Type: "image/jpeg", Handle: "MEDIA-IMG-1", URL: "http://mmbiz.qpic.cn/mmbiz_jpg/x/0"}, msg},
		"voice":          {core.Media{Type: "audio/amr", Handle: "MEDIA-VOICE-1"}, msg},
		"video":          {core.Media{Type: "video/mp4", Handle: "MEDIA-VIDEO-1"}, msg},
		"location":       {core.Place{Lat: 31.230416, Lon: 121.473701, Name: "上海市黄浦区"}, msg},
		"link":           {core.Card{Title: "标题", Body: "说明", URL: "https://example.com/?a=1&b=2"}, msg},
		"unknown_type":   {core.Other{Kind: "hologram"}, msg},
		"unsupported":    {core.Other{Kind: "文件等 file"}, msg}, // what the platform writes in place of it
		"ev_subscribe":   {core.Joined{}, event}, "ev_subscribe_qr": {core.Joined{From: "shop-12"}, event},
		"ev_unsubscribe": {core.Left{}, ""}, "ev_scan": {core.Joined{From: "shop-12"}, event},
		"ev_click": {core.Pick{Option: "MENU_HUMAN", Menu: true}, event}, "ev_view": {core.Other{Kind: "VIEW", Quiet: true}, ""},
		"unknown_press":  {core.Other{Kind: "hologram_button"}, ""}, // somebody waits for an answer
		"unknown_report": {core.Other{Kind: "hologram_sold", Quiet: true}, ""},
		"ev_location":    {core.Other{Kind: "LOCATION", Quiet: true}, ""},
		"ev_kf_create":   {core.Other{Kind: "kf_create_session", Quiet: true}, ""}, "ev_kf_close": {core.Other{Kind: "kf_close_session", Quiet: true}, ""},
	} {
		p, err := opened([]byte(rec.Plaintexts[name]), "")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := read(p, "wx")
		if err != nil || len(got.env.Parts) != 1 || got.env.Parts[0] != want.part || got.env.Cause != want.cause {
			t.Errorf("%s: got %+v (%q), want %+v (%q), %v", name, got.env.Parts, got.env.Cause, want.part, want.cause, err)
		}
		if _, other := want.part.(core.Other); other != (len(got.env.Raw) > 0) {
			t.Errorf("%s: raw is %q", name, got.env.Raw)
		}
	}
}

func TestFaces(t *testing.T) {
	for in, want := range map[string]string{
		"好的[OK]":                          "好的👌",
		"[Smile]":                         "🙂",
		"谢谢/:rose/:rose/::)":              "谢谢🌹🌹🙂",
		"/::'(/::(":                       "😭🙁",
		"[单号]7701 [截图]":                   "[单号]7701 [截图]",
		"https://a.example/x?y=1 /no/:id": "https://a.example/x?y=1 /no/:id",
	} {
		d := fake.Doc{{"FromUserName", "o1"}, {"MsgType", "text"}, {"Content", in}, {"MsgId", "1"}}
		p, err := opened([]byte(d.XML()), "")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := read(p, "wx"); err != nil || got.env.Parts.Text() != want {
			t.Errorf("%s: %q, %v, want %q", in, got.env.Parts.Text(), err, want)
		}
	}
}

// Whatever a person sends or presses is filed and answered; only what stands in
// the list is silent, and who leaves.
func TestSilent(t *testing.T) {
	in := func(d fake.Doc) arrival {
		t.Helper()
		p, err := opened([]byte(append(fake.Doc{{"FromUserName", "o1"}, {"MsgId", "1"}, {"EventKey", "K1"}}, d...).XML()), "")
		if err != nil {
			t.Fatal(err)
		}
		got, err := read(p, "wx")
		if err != nil || len(got.env.Parts) != 1 {
			t.Fatalf("%v: %+v, %v", d, got, err)
		}
		return got
	}
	for _, kind := range []string{"text", "image", "voice", "video", "shortvideo", "location", "link", "miniprogrampage", "file", "music", "hologram"} {
		if got := in(fake.Doc{{"MsgType", kind}}); got.silent || got.env.Cause != core.CauseMessage {
			t.Errorf("%s: %+v", kind, got)
		}
	}
	for _, event := range []string{"subscribe", "SCAN", "CLICK", "scancode_waitmsg", "hologram"} {
		if got := in(fake.Doc{{"MsgType", "event"}, {"Event", event}}); got.silent {
			t.Errorf("%s is silent: %+v", event, got)
		}
	}
	for event := range silent {
		if got := in(fake.Doc{{"MsgType", "event"}, {"Event", event}}); !got.silent && got.receipts == nil || len(got.env.Raw) == 0 {
			t.Errorf("%s is not silent, or its document is not kept: %+v", event, got)
		}
	}
}
