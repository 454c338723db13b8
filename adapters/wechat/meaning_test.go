package wechat

import (
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// TestMeaning is what the documents of http-replay.json mean, written down by hand.
func TestMeaning(t *testing.T) {
	var rec recorded
	load(t, "http-replay.json", &rec)
	a, _ := rec.account(t, time.Unix(1767225600, 0), Plain, rec.Account.Key)
	msg, event := core.CauseMessage, core.CauseEvent
	rec.Plaintexts["unsupported"] = strings.Replace(rec.Plaintexts["text"], "订单 A-1001 到哪了? <b>&</b> 😊", "【收到不支持的消息类型，暂无法显示】", 1)
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
		"ev_click": {core.Pick{Option: "MENU_HUMAN"}, event}, "ev_view": {core.Other{Kind: "VIEW", Quiet: true}, ""},
		"ev_location":  {core.Other{Kind: "LOCATION", Quiet: true}, ""},
		"ev_kf_create": {core.Other{Kind: "kf_create_session", Quiet: true}, ""}, "ev_kf_close": {core.Other{Kind: "kf_close_session", Quiet: true}, ""},
	} {
		p, err := opened([]byte(rec.Plaintexts[name]), "")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := a.read(p)
		if err != nil || len(got.env.Parts) != 1 || got.env.Parts[0] != want.part || got.env.Cause != want.cause {
			t.Errorf("%s: got %+v (%q), want %+v (%q), %v", name, got.env.Parts, got.env.Cause, want.part, want.cause, err)
		}
		if _, other := want.part.(core.Other); other != (len(got.env.Raw) > 0) {
			t.Errorf("%s: raw is %q", name, got.env.Raw)
		}
	}
}
