package wechat

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/frontdesk-im/frontdesk/adapters/wechat/fake"
	"github.com/frontdesk-im/frontdesk/core"
)

// contents are all that the platform pushes, as it documents it, each with what it
// becomes: t text, m media, p a place, c a card, o another kind, b a press, j
// somebody who comes, l who leaves, r receipts, s a service that nobody answers.
var contents = []struct {
	kind string // of a message, or of an event behind /
	has  fake.Doc
	want string
}{
	{"text", fake.Doc{{"Content", "在吗"}}, "t"}, {"text", fake.Doc{{"Content", "满意"}, {"bizmsgmenuid", "csat:5"}}, "b"},
	{"text", fake.Doc{{"Content", unsupported}}, "o"}, {"text", nil, "t"},
	{"image", fake.Doc{{"PicUrl", "http://x"}, {"MediaId", "a"}}, "m"}, {"image", nil, "m"},
	{"voice", fake.Doc{{"MediaId", "a"}, {"Format", "amr"}}, "m"}, {"voice", fake.Doc{{"MediaId", "a"}, {"MediaId16K", "b"}, {"Recognition", "在吗"}}, "m"},
	{"video", fake.Doc{{"MediaId", "a"}, {"ThumbMediaId", "b"}}, "m"}, {"shortvideo", fake.Doc{{"MediaId", "a"}, {"ThumbMediaId", "b"}}, "m"},
	{"location", fake.Doc{{"Location_X", "31.2"}, {"Location_Y", "121.4"}, {"Scale", "15"}, {"Label", "上海"}}, "p"}, {"location", nil, "p"},
	{"link", fake.Doc{{"Title", "a"}, {"Description", "b"}, {"Url", "https://x"}}, "c"}, {"miniprogrampage", fake.Doc{{"Title", "a"}, {"AppId", "wx"}, {"PagePath", "p"}}, "c"},
	{"file", fake.Doc{{"Title", "a.pdf"}}, "o"}, {"music", nil, "o"}, {"of_next_year", nil, "o"},

	{"/subscribe", nil, "j"}, {"/subscribe", fake.Doc{{"EventKey", "qrscene_7"}, {"Ticket", "t"}}, "j"}, {"/subscribe", fake.Doc{{"EventKey", "last_trade_no_1"}}, "j"},
	{"/SCAN", fake.Doc{{"EventKey", "7"}, {"Ticket", "t"}}, "j"}, {"/user_enter_session_from_card", fake.Doc{{"CardId", "c"}, {"UserCardCode", "1"}}, "j"},
	{"/user_scan_product_enter_session", fake.Doc{{"KeyStandard", "ean13"}, {"KeyStr", "690"}, {"ExtInfo", "x"}}, "j"}, {"/unsubscribe", nil, "l"},
	{"/CLICK", fake.Doc{{"EventKey", "K1"}}, "b"}, {"/CLICK", fake.Doc{{"EventKey", "K1"}, {"MenuId", "1"}}, "b"}, {"/scancode_waitmsg", fake.Doc{{"EventKey", "K1"}}, "b"},
	{"/LOCATION", fake.Doc{{"Latitude", "1"}, {"Longitude", "2"}, {"Precision", "3"}}, "s"}, {"/VIEW", fake.Doc{{"EventKey", "https://x"}, {"MenuId", "1"}}, "s"},
	{"/view_miniprogram", fake.Doc{{"EventKey", "pages/i"}, {"MenuId", "1"}}, "s"}, {"/scancode_push", fake.Doc{{"EventKey", "K1"}}, "s"},
	{"/pic_sysphoto", fake.Doc{{"EventKey", "K1"}}, "s"}, {"/pic_photo_or_album", fake.Doc{{"EventKey", "K1"}}, "s"}, {"/pic_weixin", fake.Doc{{"EventKey", "K1"}}, "s"},
	{"/location_select", fake.Doc{{"EventKey", "K1"}}, "s"}, {"/kf_create_session", fake.Doc{{"KfAccount", "a@b"}}, "s"},
	{"/kf_close_session", fake.Doc{{"KfAccount", "a@b"}, {"CloseType", "1"}}, "s"}, {"/kf_switch_session", fake.Doc{{"FromKfAccount", "a@b"}, {"ToKfAccount", "c@b"}}, "s"},
	{"/user_pay_from_pay_cell", fake.Doc{{"CardId", "c"}, {"TransId", "1"}, {"Fee", "10000"}}, "s"}, {"/merchant_order", fake.Doc{{"OrderId", "7"}, {"OrderStatus", "2"}}, "s"},
	{"/TEMPLATESENDJOBFINISH", fake.Doc{{"MsgID", "7"}, {"Status", "success"}}, "r"}, {"/TEMPLATESENDJOBFINISH", fake.Doc{{"MsgID", "7"}, {"Status", "failed:user block"}}, "r"},
	{"/MASSSENDJOBFINISH", fake.Doc{{"MsgID", "7"}, {"Status", "send success"}, {"SentCount", "9"}}, "s"}, {"/subscribe_msg_popup_event", nil, "s"},
	{"/subscribe_msg_change_event", nil, "s"}, {"/subscribe_msg_sent_event", nil, "s"}, {"/user_get_card", fake.Doc{{"CardId", "c"}}, "s"}, {"/user_del_card", fake.Doc{{"CardId", "c"}}, "s"},
	{"/user_gifting_card", fake.Doc{{"CardId", "c"}}, "s"}, {"/user_view_card", fake.Doc{{"CardId", "c"}}, "s"}, {"/user_consume_card", fake.Doc{{"CardId", "c"}}, "s"},
	{"/of_next_year", nil, "s"}, {"/press_of_next_year", fake.Doc{{"EventKey", "K1"}}, "o"},
}

// options are what any push may have besides, and what may be wrong with it.
var options = []fake.Doc{nil, {{"MsgDataId", "1"}, {"Idx", "1"}}, {{"CreateTime", "0"}}, {{"CreateTime", "soon"}}, {{"CreateTime", "99999999999999999999"}}, {{"MsgId", "25000000000000001"}},
	{{"OfNextYear", "x"}}, {{"URL", "http://x"}}, {{"Encrypt", ""}}}

// Every kind, from a follower and from who reads an article, written both ways,
// with and without each option: none is silent.
func TestEveryKind(t *testing.T) {
	filed, bad := map[string]int{}, 0
	for _, c := range contents {
		for _, o := range options {
			d := fake.Doc{{"ToUserName", "gh_1"}, {"FromUserName", "oUser1"}}
			if name, event := strings.CutPrefix(c.kind, "/"); event {
				d = append(d, [][2]string{{"MsgType", "event"}, {"Event", name}}...)
			} else {
				d = append(d, [2]string{"MsgType", c.kind})
			}
			d = append(append(d, c.has...), o...)
			for _, raw := range [][]byte{[]byte(d.XML()), asJSON(t, d)} {
				p, err := opened(raw, "")
				if err != nil {
					t.Fatalf("%s: %v", raw, err)
				}
				a, err := read(p, "wx")
				if err != nil || len(a.env.Parts)+len(a.receipts) == 0 {
					t.Errorf("lost: %s: %+v, %v", raw, a, err)
					bad++
					continue
				}
				got := letter(a)
				if filed[got]++; got != c.want {
					t.Errorf("%s\n got %s of %+v, want %s", raw, got, a, c.want)
				}
				if (got == "o" || got == "s") && len(a.env.Raw) == 0 {
					t.Errorf("%s: its document is not kept", raw)
				}
				if a.silent != strings.Contains("slr", got) {
					t.Errorf("%s: %s is silent %v", raw, got, a.silent)
				}
			}
		}
	}
	if want := slices.Sorted(slices.Values(strings.Split("bcjlmoprst", ""))); !slices.Equal(slices.Sorted(maps.Keys(filed)), want) {
		t.Errorf("seen are %v, want each of %v", filed, want)
	}
	t.Logf("filed: %d as words, %d as media, %d as places, %d as cards, %d as presses, %d as coming, %d as leaving, %d by their kind, %d as receipts; %d of services that nobody answers; %d lost",
		filed["t"], filed["m"], filed["p"], filed["c"], filed["b"], filed["j"], filed["l"], filed["o"], filed["r"], filed["s"], bad)
}

// asJSON is a push as accounts that chose JSON get it.
func asJSON(t *testing.T, d fake.Doc) []byte {
	m := map[string]string{}
	for _, e := range d {
		m[e[0]] = e[1]
	}
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// letter is what an arrival is, as contents has it.
func letter(a arrival) string {
	if len(a.receipts) > 0 {
		return "r"
	}
	switch p := a.env.Parts[0].(type) {
	case core.Text:
		return "t"
	case core.Media:
		return "m"
	case core.Place:
		return "p"
	case core.Card:
		return "c"
	case core.Pick:
		return "b"
	case core.Joined:
		return "j"
	case core.Left:
		return "l"
	case core.Other:
		if p.Quiet {
			return "s"
		}
	}
	return "o"
}

// What a push allows us to send: after a payment any number of messages, after
// who comes by a card or a product nothing that is not its answer.
func TestCauses(t *testing.T) {
	allows := map[core.Cause]core.Allowance{}
	conf := config()
	if err := conf.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, a := range (&Account{conf: conf}).Limits().Allowances {
		allows[a.After] = a
	}
	for event, want := range map[string]core.Cause{"user_pay_from_pay_cell": CausePayment, "merchant_order": CausePayment, "SCAN": core.CauseEvent, "CLICK": core.CauseEvent,
		"VIEW": "", "user_enter_session_from_card": "", "user_scan_product_enter_session": "", "unsubscribe": ""} {
		p, err := opened([]byte(fake.Doc{{"FromUserName", "o1"}, {"MsgType", "event"}, {"Event", event}, {"EventKey", "K"}}.XML()), "")
		if err != nil {
			t.Fatal(err)
		}
		a, err := read(p, "wx")
		if _, known := allows[want]; err != nil || a.env.Cause != want || known != (want != "") {
			t.Errorf("%s: %q, %v, want %q", event, a.env.Cause, err, want)
		}
	}
	if a := allows[CausePayment]; a.Count != 0 || a.Within.Hours() != 48 {
		t.Errorf("a payment allows %+v", a)
	}
}
