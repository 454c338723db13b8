package telegram

import (
	"fmt"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// contents are all that a message can be, as Telegram documents it (Bot API 10),
// each with the parts that it becomes: t text, m media, p a place, o another kind.
var contents = []struct{ field, want string }{
	{`"text":"hi"`, "t"}, {`"rich_message":{"blocks":[{"type":"paragraph","text":"hi"}]}`, "t"},
	{`"animation":{"file_id":"a"}`, "m"}, {`"animation":{"file_id":"a"},"document":{"file_id":"a"}`, "m"}, {`"audio":{"file_id":"a"}`, "m"},
	{`"document":{"file_id":"a"}`, "m"}, {`"live_photo":{"file_id":"a"}`, "m"}, {`"photo":[{"file_id":"a"}]`, "m"}, {`"video":{"file_id":"a"}`, "m"},
	{`"video_note":{"file_id":"a"}`, "m"}, {`"voice":{"file_id":"a"}`, "m"}, {`"location":{"latitude":1,"longitude":2}`, "p"},
	{`"location":{"latitude":1,"longitude":2},"venue":{"title":"a","address":"b"}`, "p"}, {`"contact":{"first_name":"a","phone_number":"1"}`, "t"},
	{`"poll":{"question":"a","options":[{"text":"b"}]}`, "t"}, {`"sticker":{"file_id":"a","emoji":"👍"}`, "t"}, {`"sticker":{"file_id":"a"}`, "o"},
	{`"paid_media":{}`, "o"}, {`"story":{}`, "o"}, {`"checklist":{}`, "o"}, {`"dice":{}`, "o"}, {`"game":{}`, "o"}, {`"invoice":{}`, "o"},
	{`"successful_payment":{}`, "o"}, {`"refunded_payment":{}`, "o"}, {`"users_shared":{}`, "o"}, {`"chat_shared":{}`, "o"}, {`"gift":{}`, "o"},
	{`"unique_gift":{}`, "o"}, {`"gift_upgrade_sent":{}`, "o"}, {`"passport_data":{}`, "o"}, {`"giveaway":{}`, "o"}, {`"giveaway_winners":{}`, "o"},
	{`"suggested_post_approved":{}`, "o"}, {`"suggested_post_approval_failed":{}`, "o"}, {`"suggested_post_declined":{}`, "o"},
	{`"suggested_post_paid":{}`, "o"}, {`"suggested_post_refunded":{}`, "o"}, {`"web_app_data":{}`, "o"}, {`"of_next_year":{}`, "o"},
}

// options are what any message may have besides.
var options = []string{"", `,"forward_origin":{"type":"hidden_user","sender_user_name":"a","date":1}`, `,"reply_to_message":{"message_id":1,"chat":{"id":7},"date":1,"text":"x"}`,
	`,"reply_to_message":{"message_id":1,"chat":{"id":7},"date":0}`, `,"external_reply":{"origin":{"type":"hidden_user","sender_user_name":"a","date":1}}`, `,"quote":{"text":"x","position":0}`,
	`,"reply_to_story":{"id":1}`, `,"via_bot":{"id":5,"is_bot":true}`, `,"edit_date":1`, `,"has_protected_content":true`, `,"is_from_offline":true`, `,"media_group_id":"1"`,
	`,"author_signature":"a"`, `,"link_preview_options":{}`, `,"effect_id":"1"`, `,"has_media_spoiler":true`, `,"show_caption_above_media":true`, `,"reply_markup":{}`, `,"entities":[]`,
	`,"sender_boost_count":1`, `,"sender_tag":"a"`, `,"paid_star_count":1`, `,"direct_messages_topic":{}`, `,"business_connection_id":"1"`, `,"date":"soon"`}

// roles are who sends it, and where: a customer, an agent in a ticket's topic, an
// agent to the bot.
var roles = []struct {
	home  int64
	where string
}{{0, `"chat":{"id":7,"type":"private"}`}, {group, `"chat":{"id":-100123,"type":"supergroup"},"message_thread_id":5,"is_topic_message":true`}, {group, `"chat":{"id":7,"type":"private"}`}}

// Every kind by everybody, with and without each option: none is silent.
func TestEveryKind(t *testing.T) {
	letter := func(p core.Part) string {
		switch p.(type) {
		case core.Text:
			return "t"
		case core.Media:
			return "m"
		case core.Place:
			return "p"
		}
		return "o"
	}
	filed, services := map[string]int{}, servicesOf(t)
	for _, role := range roles {
		for _, c := range contents {
			for _, option := range options {
				raw := fmt.Sprintf(`{"update_id":1,"message":{"message_id":9,"date":1,"from":{"id":7,"first_name":"W"},%s,%s%s}}`, role.where, c.field, option)
				u, err := decode([]byte(raw))
				if err != nil {
					t.Fatalf("%s: %v", raw, err)
				}
				env, ok := reader{"test"}.read(&u, role.home, time.Unix(1, 0))
				if !ok {
					t.Errorf("silent: %s", raw)
					continue
				}
				got := letter(env.Parts[0])
				if moves := c.want == "p" && option == `,"edit_date":1`; got != c.want && !moves {
					t.Errorf("%s\n got %+v, want %s", raw, env.Parts, c.want)
				}
				filed[got]++
			}
		}
	}
	t.Logf("filed: %d as words, %d as media, %d as places, %d by their kind; %d kinds of services are silent; none is lost", filed["t"], filed["m"], filed["p"], filed["o"], services)
}

// servicesOf counts the services, of which none is a content.
func servicesOf(t *testing.T) int {
	for _, c := range contents {
		u, err := decode([]byte(`{"message":{"message_id":1,"chat":{"id":7},` + c.field + `}}`))
		if err != nil {
			t.Fatal(err)
		}
		if _, service := u.Message.kinds(); service {
			t.Errorf("%s is a service, too", c.field)
		}
	}
	return len(services)
}
