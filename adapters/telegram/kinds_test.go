package telegram

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"github.com/frontdesk-im/frontdesk/adapters/telegram/fake"
	"github.com/frontdesk-im/frontdesk/core"
)

// said is what a customer's channel makes of a private message with these fields.
func said(t *testing.T, fields string) core.Envelope {
	t.Helper()
	r := newRig(t, fake.Options{})
	raw := `{"update_id":1,"message":{"message_id":12,"date":1767225600,"from":{"id":7,"first_name":"Wang"},"chat":{"id":7,"type":"private"},` + fields + `}}`
	if err := r.open(Config{}).take(t.Context(), []byte(raw)); err != nil {
		t.Fatalf("%s: %v", fields, err)
	}
	if got := r.inbox.Got(); len(got) == 1 {
		return got[0]
	}
	t.Fatalf("%s: filed %+v", fields, r.inbox.Got())
	return core.Envelope{}
}

// What is said in other ways than words has the words that it has.
func TestKinds(t *testing.T) {
	for fields, want := range map[string]core.Part{
		`"contact":{"phone_number":"8613800138000","first_name":"小明","last_name":"王","user_id":7}`:                                                             core.Text{Body: "王小明 +8613800138000"},
		`"contact":{"phone_number":"+4917012345","first_name":"Ada","last_name":"Byron"}`:                                                                      core.Text{Body: "Ada Byron +4917012345"},
		`"location":{"latitude":30.27,"longitude":120.15},"venue":{"location":{"latitude":30.27,"longitude":120.15},"title":"西湖驿站","address":"文三路 100 号 3 幢"}`: core.Place{Lat: 30.27, Lon: 120.15, Name: "西湖驿站 文三路 100 号 3 幢"},
		`"sticker":{"file_id":"S1","file_unique_id":"u","width":512,"height":512,"emoji":"👍","set_name":"x"}`:                                                  core.Text{Body: "[sticker 👍]"},
		`"sticker":{"file_id":"S1"}`: core.Other{Kind: "sticker"},
		`"poll":{"id":"1","question":"买哪种茶?","options":[{"text":"龙井","voter_count":0},{"text":"滇红","voter_count":0}],"total_voter_count":0,"type":"regular"}`: core.Text{Body: "买哪种茶?\n1. 龙井\n2. 滇红"},
		`"caption":"这个还有吗"`: core.Text{Body: "这个还有吗"},
		`"rich_message":{"blocks":[{"type":"heading","text":"订单"},{"type":"paragraph","text":["共 ",{"type":"bold","text":"2"}," 件"]},{"type":"list","items":[{"label":"1.","blocks":[{"type":"paragraph","text":"龙井"}]}]}]}`: core.Text{Body: "订单\n共 2 件\n1.\n龙井"},
	} {
		if env := said(t, fields); len(env.Parts) != 1 || env.Parts[0] != want {
			t.Errorf("%s\n got %+v\nwant %+v", fields, env.Parts, want)
		}
	}
	env := said(t, `"caption":"看这个","hologram":{"file_id":"h"}`)
	if want := (core.Parts{core.Text{Body: "看这个"}, core.Other{Kind: "hologram"}}); !reflect.DeepEqual(env.Parts, want) {
		t.Errorf("a new kind with words: got %+v", env.Parts)
	}
}

// Whatever somebody sends is filed, with its document if there is no part for it.
func TestNothingIsDropped(t *testing.T) {
	for _, field := range []string{
		`"web_app_data":{"data":"{\"order\":\"XH20261101\"}","button_text":"下单"}`, `"users_shared":{"request_id":1,"users":[{"user_id":9}]}`,
		`"chat_shared":{"request_id":1,"chat_id":-5}`, `"gift":{"gift":{"id":"g"}}`, `"unique_gift":{}`, `"gift_upgrade_sent":{}`, `"invoice":{"title":"茶"}`,
		`"successful_payment":{"currency":"USD","total_amount":100,"invoice_payload":"x","telegram_payment_charge_id":"a","provider_payment_charge_id":"b"}`,
		`"refunded_payment":{"currency":"XTR"}`, `"passport_data":{"data":[]}`, `"dice":{"emoji":"🎲","value":5}`, `"game":{"title":"g"}`, `"story":{"id":1}`,
		`"paid_media":{"star_count":1}`, `"checklist":{"title":"c"}`, `"giveaway":{"winner_count":1}`, `"giveaway_winners":{"winner_count":1}`,
		`"suggested_post_paid":{}`, `"rich_message":{"blocks":[{"type":"divider"}]}`, `"what_comes_next_year":{"x":1}`,
	} {
		env := said(t, field)
		kind, _, _ := strings.Cut(strings.TrimPrefix(field, `"`), `"`)
		if o, ok := env.Parts[0].(core.Other); !ok || o.Kind != kind || o.Quiet || !strings.Contains(string(env.Raw), field) {
			t.Errorf("%s: got %+v, raw %s", field, env.Parts, env.Raw)
		}
	}
	if env := said(t, `"effect_id":"5"`); env.Parts[0] != (core.Other{Kind: "empty message"}) {
		t.Errorf("nothing in it: got %+v", env.Parts)
	}
}

// What Telegram says of a private chat is nobody's word, and the list of it has
// nothing that is somebody's.
func TestServicesAreSilent(t *testing.T) {
	r := newRig(t, fake.Options{})
	ch := r.open(Config{})
	for i, s := range services {
		raw := fmt.Sprintf(`{"update_id":%d,"message":{"message_id":%d,"date":1,"from":{"id":7},"chat":{"id":7,"type":"private"},%q:{}}}`, i+1, i+1, s)
		if s == "new_chat_members" {
			raw = strings.Replace(raw, `{}}}`, `[{}]}}`, 1)
		}
		if err := ch.take(t.Context(), []byte(raw)); err != nil {
			t.Error(err)
		}
		if slices.Contains(attributes, s) {
			t.Errorf("%s is an attribute, too", s)
		}
	}
	if got := r.inbox.Got(); len(got) > 0 {
		t.Errorf("filed %+v", got)
	}
}

// A field of another type than ours loses nothing but itself.
func TestOddTypes(t *testing.T) {
	fields := map[string]bool{}
	for _, typ := range []reflect.Type{reflect.TypeFor[tgbotapi.Message](), reflect.TypeFor[message]()} {
		for i := range typ.NumField() {
			if name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ","); name != "" {
				fields[name] = true
			}
		}
	}
	for _, essential := range []string{"message_id", "from", "chat", "text"} {
		delete(fields, essential)
	}
	for name := range fields {
		for _, odd := range []string{`true`, `"x"`, `[[]]`, `1e300`} {
			if name == "media_group_id" && odd == `"x"` {
				continue // it is one
			}
			env := said(t, `"text":"在吗",`+fmt.Sprintf("%q:%s", name, odd))
			if env.Parts.Text() != "在吗" {
				t.Errorf("%s is %s: got %+v", name, odd, env.Parts)
			}
		}
	}
	if env := said(t, `"text":{"now":"an object"}`); env.Parts[0] != (core.Other{Kind: "text"}) {
		t.Errorf("got %+v", env.Parts)
	}
}

// Without a writer or a place there is nothing to file.
func TestOddAddress(t *testing.T) {
	for _, raw := range []string{
		`{"update_id":1,"message":{"message_id":"x","from":{"id":7},"chat":{"id":7,"type":"private"},"text":"a"}}`,
		`{"update_id":1,"message":{"message_id":1,"from":{"id":"seven"},"chat":{"id":7,"type":"private"},"text":"a"}}`,
		`{"update_id":1,"message":{"message_id":1,"from":{"id":7},"chat":"here","text":"a"}}`,
	} {
		if _, err := decode([]byte(raw)); err == nil {
			t.Errorf("%s was read", raw)
		}
	}
}

// What a customer answers comes with it: the passage they chose, or the message.
func TestQuotes(t *testing.T) {
	ours := `"reply_to_message":{"message_id":5,"date":1767225000,"from":{"id":42,"is_bot":true,"first_name":"shop"},"chat":{"id":7,"type":"private"},"text":"红茶：滇红 100 克 78 元；绿茶：龙井 250 克 268 元"}`
	for fields, want := range map[string]core.Quote{
		`"text":"就要这个",` + ours + `,"quote":{"text":"滇红 100 克 78 元","position":3}`: {Ref: "7.5", Text: "滇红 100 克 78 元", Name: "shop"},
		`"text":"就要这个",` + ours: {Ref: "7.5", Text: "红茶：滇红 100 克 78 元；绿茶：龙井 250 克 268 元", Name: "shop"},
		`"text":"还有这张","reply_to_message":{"message_id":6,"from":{"id":7,"first_name":"Wang"},"chat":{"id":7,"type":"private"},"photo":[{"file_id":"p"}]}`: {Ref: "m7.6", Text: "[photo.jpg]", By: core.ByPeer, Name: "Wang"},
		`"text":"真的吗","external_reply":{"origin":{"type":"channel","chat":{"id":-9,"title":"茶讯"},"date":1}},"quote":{"text":"明天涨价"}`:                       {Text: "明天涨价", Name: "茶讯"},
	} {
		env := said(t, fields)
		if env.Quote == nil || *env.Quote != want || env.Parts.Text() == want.Text {
			t.Errorf("%s\n got %+v of %+v\nwant %+v", fields, env.Quote, env.Parts, want)
		}
	}
	if env := said(t, `"text":"在吗"`); env.Quote != nil || env.Forwarded != nil {
		t.Errorf("got %+v, %+v", env.Quote, env.Forwarded)
	}
}

// What a customer passes on says whose words they are.
func TestForwards(t *testing.T) {
	at := time.Unix(1767225000, 0).UTC()
	for fields, want := range map[string]core.Forwarded{
		`"forward_origin":{"type":"user","date":1767225000,"sender_user":{"id":8,"first_name":"小李"}}`:  {From: "小李", At: at},
		`"forward_origin":{"type":"hidden_user","date":1767225000,"sender_user_name":"老王"}`:            {From: "老王", At: at},
		`"forward_origin":{"type":"channel","date":1767225000,"chat":{"id":-1,"title":"茶讯"}}`:          {From: "茶讯", At: at},
		`"forward_origin":{"type":"chat","date":1767225000,"sender_chat":{"id":-1,"title":"茶友"}}`:      {From: "茶友", At: at},
		`"forward_date":1767225000,"forward_sender_name":"老王"`:                                         {From: "老王", At: at},
		`"forward_date":1767225000,"forward_from":{"id":8,"first_name":"小李"}`:                          {From: "小李", At: at},
		`"forward_origin":{"type":"invented","date":"soon"},"forward_date":1767225000,"via_bot":[1,2]`: {},
	} {
		env := said(t, `"text":"到货了",`+fields)
		if env.Forwarded == nil || *env.Forwarded != want || env.Parts.Text() != "到货了" {
			t.Errorf("%s\n got %+v\nwant %+v", fields, env.Forwarded, want)
		}
	}
}

// An agent is told at once what of theirs goes to nobody.
func TestUnsent(t *testing.T) {
	r, ch := newDesk(t)
	topic := r.send(ch, ticket())
	r.run(ch)
	id := r.fake.Write(lin, group, fake.Draft{Topic: number(t, topic), Kind: "dice"})
	r.got(1)
	r.until("word of it", func() bool {
		said := r.fake.Chat(group)
		last := said[len(said)-1]
		return strings.Contains(last.Text, "没有发给客户") && strings.Contains(last.Text, "dice") && last.ReplyTo == id
	})
	r.fake.Write(lin, group, fake.Draft{Topic: number(t, topic), Text: "您好"})
	r.got(2)
	if said := r.fake.Chat(group); said[len(said)-1].Text != "您好" {
		t.Errorf("told of what goes out: %+v", said[len(said)-1])
	}
}

// A topic's messages answer its first one: that is no quotation.
func TestNoQuoteAtDesk(t *testing.T) {
	r, ch := newDesk(t)
	thread := r.send(ch, ticket())
	raw, err := json.Marshal(map[string]any{"update_id": 1, "message": map[string]any{"message_id": 900, "message_thread_id": number(t, thread), "is_topic_message": true,
		"from": map[string]any{"id": lin.ID}, "chat": map[string]any{"id": group, "type": "supergroup", "is_forum": true}, "text": "您好",
		"reply_to_message": map[string]any{"message_id": number(t, thread), "chat": map[string]any{"id": group, "type": "supergroup"}, "forum_topic_created": map[string]any{"name": "x"}}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := ch.take(t.Context(), raw); err != nil {
		t.Fatal(err)
	}
	if got := r.inbox.Last(); got.Quote != nil || got.Thread != thread || got.Parts.Text() != "您好" {
		t.Errorf("got %+v", got)
	}
}
