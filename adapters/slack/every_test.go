package slack

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/frontdesk-im/frontdesk/adapters/slack/fake"
	"github.com/frontdesk-im/frontdesk/core"
)

// A kind is what a message can be, as Slack documents it, each with what it
// becomes if an agent writes it in a ticket's thread: filed, told (the agent is
// told that it goes nowhere) or service (nobody wrote it).
type kind struct{ fields, want string }

func documented() []kind {
	cs := []kind{
		{`"text":"您好"`, "filed"}, {`"text":"👍"`, "filed"}, {`"text":"/off"`, "filed"}, {`"subtype":"me_message","text":"在看"`, "filed"},
		{`"subtype":"thread_broadcast","text":"大家看","root":{}`, "filed"}, {`"text":"","blocks":[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"您好"}]}]}]`, "filed"},
		{`"text":"您好","blocks":[{"type":"of_next_year","what":[1]}]`, "filed"}, {`"text":"您好","blocks":"odd"`, "filed"},
		{`"subtype":"file_share","text":"","files":[{"id":"F1","name":"a.png","mimetype":"image/png","size":3}]`, "filed"},
		{`"subtype":"file_share","text":"看","files":[{"id":"F1","mode":"external","external_type":"gdrive"}]`, "filed"},
		{`"subtype":"file_share","text":"看","files":[{"id":"F1","mode":"tombstone"}]`, "filed"}, {`"subtype":"file_share","text":"","files":[{"file_access":"check_file_info","id":"F1"}]`, "filed"},
		{`"text":"","attachments":[{"is_share":true,"is_msg_unfurl":true,"author_name":"老王","text":"到货了","ts":"1767225000.000100"}]`, "filed"},
		{`"text":"看这里 https://x","attachments":[{"from_url":"https://x","title":"x"}]`, "filed"},
		{`"text":""`, "told"}, {`"text":"","attachments":[{"from_url":"https://x"}]`, "told"}, {`"text":"","files":[]`, "told"}, {`"text":{"now":"an object"}`, "told"},
		{`"subtype":"of_next_year","text":"x"`, "told"},
	}
	for _, s := range services {
		cs = append(cs, kind{fmt.Sprintf(`"subtype":%q,"text":"x"`, s), "service"})
	}
	return cs
}

// options are what any message may have besides.
var options = []string{"", `,"client_msg_id":"1"`, `,"team":"T1","source_team":"T1","user_team":"T1"`, `,"parent_user_id":"U0CHEN"`, `,"reactions":[{"name":"eyes","users":["U0CHEN"],"count":1}]`,
	`,"edited":{"user":"U0LIN","ts":"1767225601.000100"}`, `,"edited":"yes"`, `,"upload":true,"display_as_bot":false,"x_files":["F1"]`, `,"user_profile":{"name":"lin"}`, `,"subscribed":true,"last_read":"1.0"`,
	`,"is_locked":false,"reply_count":2,"reply_users":["U0LIN"],"latest_reply":"1.0"`, `,"metadata":{"event_type":"x","event_payload":{}}`, `,"hidden":true`, `,"permalink":"https://x"`, `,"is_starred":true,"pinned_to":["C1"]`, `,"of_next_year":[[1]]`}

// roles are who writes, and where. Who writes, and is neither in the desk's channel
// nor a person, is nobody to us.
var roles = []struct {
	who, where string
	want       func(string) string
}{
	{"an agent in a ticket's thread", `"user":"U0LIN","channel":"C0DESK","channel_type":"channel","thread_ts":"1767225000.000100"`, func(s string) string { return s }},
	{"an agent in the channel", `"user":"U0LIN","channel":"C0DESK","channel_type":"channel"`, func(s string) string {
		if s == "told" { // staff among themselves
			return "service"
		}
		return s
	}},
	{"an agent to the app", `"user":"U0LIN","channel":"D1","channel_type":"im"`, func(s string) string { return s }},
	{"a stranger to the app", `"user":"U0EVE","channel":"D2","channel_type":"im"`, func(s string) string {
		if s == "service" {
			return s
		}
		return "told"
	}},
	{"an agent elsewhere", `"user":"U0LIN","channel":"C0ELSE","channel_type":"channel"`, nobody},
	{"another app", `"user":"U0APP","bot_id":"B1","channel":"C0DESK","channel_type":"channel","thread_ts":"1767225000.000100"`, nobody},
	{"Slackbot", `"user":"USLACKBOT","channel":"C0DESK","channel_type":"channel"`, nobody},
	{"we ourselves", `"user":"` + fake.Bot + `","channel":"C0DESK","channel_type":"channel","thread_ts":"1767225000.000100"`, nobody},
}

func nobody(string) string { return "service" }

// Every kind by everybody, with and without each option, is filed, or its writer is
// told, or it is nobody's; none is lost.
func TestEveryKind(t *testing.T) {
	d := newRig(t)
	d.w.User("U0EVE", "Eve", false)
	if err := d.ch.check(t.Context()); err != nil {
		t.Fatal(err)
	}
	told := func() int {
		return len(slices.DeleteFunc(d.w.Calls(), func(c fake.Call) bool { return !strings.HasPrefix(c.Method, "chat.post") }))
	}
	n, counts := 0, map[string]int{}
	options := options
	if testing.Short() {
		options = options[:4]
	}
	for _, role := range roles {
		for _, c := range documented() {
			for _, option := range options {
				n++
				raw := fmt.Sprintf(`{"type":"event_callback","event_id":"Ev%d","event":{"type":"message","ts":"1767225%03d.%06d",%s,%s%s}}`, n, n%1000, n, role.where, c.fields, option)
				before, words := len(d.inbox.Got()), told()
				if err := d.ch.takeEvent(t.Context(), []byte(raw)); err != nil {
					t.Errorf("lost: %s: %v", raw, err)
					continue
				}
				got := "service"
				switch {
				case len(d.inbox.Got()) > before:
					got = "filed"
				case told() > words:
					got = "told"
				}
				if want := role.want(c.want); got != want {
					t.Errorf("%s: %s\n got %s, want %s", role.who, raw, got, want)
				}
				counts[got]++
			}
		}
	}
	t.Logf("%d filed, %d of which the writer is told that it goes nowhere, %d of services and of nobody; none is lost", counts["filed"], counts["told"], counts["service"])
	for _, e := range d.inbox.Got() {
		if len(e.Parts) == 0 {
			t.Errorf("nothing in it: %+v", e)
		}
		if x, ok := e.Parts[0].(core.Text); ok && strings.TrimSpace(x.Body) == "" {
			t.Errorf("no words in it: %+v", e)
		}
	}
}
