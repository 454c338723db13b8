package wechat

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"

	"github.com/frontdesk-im/frontdesk/core"
)

// unsupported is the text that the platform sends in place of a message that it
// does not pass on, a file for instance.
const unsupported = "【收到不支持的消息类型，暂无法显示】"

// SchemeMini is the URL scheme of a Card that is a mini-program's page:
// miniprogram://appid/path?query.
const SchemeMini = "miniprogram://"

var errNobody = errors.New("wechat: the document says of nobody whom it is from")

// An arrival is what a push means.
type arrival struct {
	env      core.Envelope
	media    string         // id of the recording or file to copy into the first part
	receipts []core.Receipt // instead of an envelope
	event    string         // in lower case; empty for a message
	silent   bool           // nobody will answer it: there is nothing to wait for
}

// read says what a push to a channel means.
func read(p push, channel string) (arrival, error) {
	d := p.doc
	from := d.get("FromUserName")
	if from == "" || d.get("MsgType") == "" {
		return arrival{}, errNobody
	}
	r := arrival{env: core.Envelope{
		Channel: channel,
		Peer:    core.Peer{ID: from, Name: "微信 " + from[max(0, len(from)-4):]},
		Ref:     ref(p),
	}}
	if sec, err := strconv.ParseInt(d.get("CreateTime"), 10, 64); err == nil {
		r.env.At = core.Unix(sec)
	}
	if d.get("MsgType") == "event" {
		r.event = strings.ToLower(d.get("Event"))
		readEvent(d, &r)
	} else {
		r.env.Cause = core.CauseMessage
		readMessage(d, &r)
	}
	for _, part := range r.env.Parts {
		switch part := part.(type) {
		case core.Other:
			r.env.Raw = p.raw
			r.silent = part.Quiet
		case core.Left:
			r.silent = true
		}
	}
	return r, nil
}

// ref names a push so that its repeats have the same name. Messages have an id.
// Events have none: the platform advises sender and time, but two different
// events can share a second.
func ref(p push) string {
	d := p.doc
	if id := d.get("MsgId"); id != "" && d.get("MsgType") != "event" {
		return id
	}
	h := sha256.New()
	if d.get("MsgType") != "event" {
		h.Write(p.raw)
	}
	for _, k := range []string{"FromUserName", "CreateTime", "Event", "EventKey", "MsgID", "MsgId", "KfAccount", "FromKfAccount", "ToKfAccount", "Ticket", "Status"} {
		h.Write([]byte(d.get(k) + "\x00"))
	}
	for _, k := range []string{"CardId", "UserCardCode", "KeyStr", "OrderId"} { // where there are any
		if v := d.get(k); v != "" {
			h.Write([]byte(k + "\x00" + v + "\x00"))
		}
	}
	return "event/" + d.get("CreateTime") + "/" + hex.EncodeToString(h.Sum(nil)[:12])
}

// readMessage is https://developers.weixin.qq.com/doc/service/guide/product/message/Receiving_standard_messages.html
func readMessage(d *node, r *arrival) {
	parts := func(ps ...core.Part) { r.env.Parts = ps }
	kind := d.get("MsgType")
	switch kind {
	case "text":
		switch id := d.get("bizmsgmenuid"); {
		case id != "": // the entry of a menu was tapped: to the platform a click, not a message
			r.env.Cause = core.CauseEvent
			parts(core.Pick{Option: id, Label: d.get("Content")})
		case d.get("Content") == unsupported:
			parts(core.Other{Kind: "文件等 file"})
		default:
			parts(core.Text{Body: faces.Replace(d.get("Content"))})
		}
	case "image":
		r.media = d.get("MediaId")
		parts(core.Media{Type: "image/jpeg", Handle: r.media, URL: d.get("PicUrl")})
	case "voice":
		r.media = d.get("MediaId")
		parts(core.Media{Type: "audio/amr", Handle: r.media, Words: d.get("Recognition")})
	case "video", "shortvideo":
		r.media = d.get("MediaId")
		parts(core.Media{Type: "video/mp4", Handle: r.media})
	case "location":
		parts(core.Place{Lat: number(d.get("Location_X")), Lon: number(d.get("Location_Y")), Name: d.get("Label")})
	case "link":
		parts(core.Card{Title: d.get("Title"), Body: d.get("Description"), URL: d.get("Url"), Image: d.get("PicUrl")})
	case "miniprogrampage":
		parts(core.Card{Title: d.get("Title"), URL: SchemeMini + d.get("AppId") + "/" + d.get("PagePath"), Image: d.get("ThumbUrl")})
	case "file":
		parts(core.Other{Kind: "文件 file"}) // it is named to the customer
	default:
		parts(core.Other{Kind: kind})
	}
	fact(r, "article", d.get("MsgDataId")) // the message was written under an article
}

func fact(r *arrival, name, value string) {
	if value == "" {
		return
	}
	if r.env.Peer.Facts == nil {
		r.env.Peer.Facts = map[string]string{}
	}
	r.env.Peer.Facts[name] = value
}

func number(s string) float64 {
	f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || f < -180 || f > 180 {
		return 0
	}
	return f
}

// silent are the events by which nobody speaks to us, though they name a button:
// the pages, scans and pictures that a menu opens, of which what matters comes as
// a message too, and what the platform reports of itself.
var silent = map[string]bool{
	"view": true, "view_miniprogram": true, "location": true, "location_select": true,
	"scancode_push": true, "pic_sysphoto": true, "pic_photo_or_album": true, "pic_weixin": true,
	"kf_create_session": true, "kf_switch_session": true, "kf_close_session": true,
	"subscribe_msg_popup_event": true, "subscribe_msg_change_event": true, "subscribe_msg_sent_event": true,
	"templatesendjobfinish": true, "masssendjobfinish": true, "merchant_order": true, "user_pay_from_pay_cell": true,
}

// readEvent is https://developers.weixin.qq.com/doc/service/guide/product/message/Receiving_event_pushes.html
// Names of events are written in upper and lower case without a rule.
func readEvent(d *node, r *arrival) {
	parts := func(c core.Cause, ps ...core.Part) { r.env.Cause, r.env.Parts = c, ps }
	key := d.get("EventKey")
	// Of events that we do not know, those that name a button were pressed by
	// somebody who waits for an answer; the others report something.
	quiet := core.Other{Kind: d.get("Event"), Quiet: silent[r.event] || key == ""}
	parts("", quiet)
	switch r.event {
	case "subscribe", "scan":
		scene := entry(key)
		fact(r, "entry", scene)
		parts(core.CauseEvent, core.Joined{From: scene})
	case "user_enter_session_from_card", "user_scan_product_enter_session": // they look at the chat, which allows nothing yet
		scene := "card:" + d.get("CardId")
		if r.event == "user_scan_product_enter_session" {
			scene = "product:" + d.get("KeyStr")
		}
		fact(r, "entry", scene)
		parts("", core.Joined{From: scene})
	case "user_pay_from_pay_cell", "merchant_order":
		parts(CausePayment, quiet)
	case "unsubscribe":
		parts("", core.Left{})
	case "click":
		parts(core.CauseEvent, core.Pick{Option: key, Menu: true})
	case "scancode_waitmsg":
		parts(core.CauseEvent, core.Pick{Option: key, Label: d.get("ScanCodeInfo", "ScanResult"), Menu: true})
	case "scancode_push":
		parts(core.CauseEvent, quiet)
	case "view", "view_miniprogram":
		fact(r, "page", key)
	case "location":
		fact(r, "position", d.get("Latitude")+","+d.get("Longitude"))
	case "location_select": // the place comes as a message too
		fact(r, "position", d.get("SendLocationInfo", "Location_X")+","+d.get("SendLocationInfo", "Location_Y"))
	case "subscribe_msg_popup_event":
		consent(d.all("SubscribeMsgPopupEvent"), r)
	case "subscribe_msg_change_event":
		consent(d.all("SubscribeMsgChangeEvent"), r)
	case "subscribe_msg_sent_event":
		for _, e := range d.all("SubscribeMsgSentEvent") {
			for _, l := range e.all("List") {
				trouble := ""
				if l.get("ErrorCode") != "0" {
					trouble = or(l.get("ErrorStatus"), "error "+l.get("ErrorCode"))
				}
				receipt(r, l.get("MsgID"), trouble)
			}
		}
	case "templatesendjobfinish":
		trouble := or(d.get("Status"), "no status")
		if trouble == "success" {
			trouble = ""
		}
		receipt(r, d.get("MsgID"), trouble)
	}
}

// entry is what a parametric QR code says of where it hangs.
func entry(key string) string {
	if s, ok := strings.CutPrefix(key, "qrscene_"); ok {
		return s
	}
	if s, ok := strings.CutPrefix(key, "last_trade_no_"); ok {
		return "trade:" + s
	}
	return key
}

// consent notes which subscription messages the customer wants.
func consent(events []*node, r *arrival) {
	for _, e := range events {
		for _, l := range e.all("List") {
			if id := l.get("TemplateId"); id != "" {
				fact(r, "consent/"+id, l.get("SubscribeStatusString"))
			}
		}
	}
}

// receipt says what became of a template or subscription message: it arrived if
// there was no trouble.
func receipt(r *arrival, id, trouble string) {
	c := core.Receipt{Channel: r.env.Channel, Ref: core.FreeRef + "template/" + id, State: core.ReceiptDelivered, At: r.env.At}
	if trouble != "" {
		c.State, c.Why = core.ReceiptBounced, strings.TrimSpace(trouble)
	}
	r.receipts = append(r.receipts, c)
}
