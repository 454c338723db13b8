package slack

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// section is the blocks of a message with these elements.
func section(elements string) string {
	return `[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[` + elements + `]}]}]`
}

// The blocks of a message say what its author sees; the text is not guessed at.
func TestWritten(t *testing.T) {
	for _, tt := range []struct{ text, blocks, want string }{
		{"价格*优惠*到周五", section(`{"type":"text","text":"价格"},{"type":"text","text":"优惠","style":{"bold":true}},{"type":"text","text":"到周五"}`), "价格优惠到周五"},
		{"文件名 _index_ 不要改", section(`{"type":"text","text":"文件名 _index_ 不要改"}`), "文件名 _index_ 不要改"},
		{"大概 ~3 天~ 到货", section(`{"type":"text","text":"大概 ~3 天~ 到货"}`), "大概 ~3 天~ 到货"},
		{"a &lt;b&gt; &amp;amp; c", section(`{"type":"text","text":"a <b> &amp; c"}`), "a <b> &amp; c"},
		{"<@U0LIN> 请 <!subteam^S1|@售后组> 看一下 <#C2|>", section(`{"type":"user","user_id":"U0LIN"},{"type":"text","text":" 请 "},{"type":"usergroup","usergroup_id":"S1"},{"type":"text","text":" 看一下 "},{"type":"channel","channel_id":"C2"}`), "@小林 请 @售后组 看一下 #售后"},
		{"详见 <#C0ABC123|> 置顶 <!here> 谢谢", section(`{"type":"text","text":"详见 "},{"type":"channel","channel_id":"C0ABC123"},{"type":"text","text":" 置顶 "},{"type":"broadcast","range":"here"},{"type":"text","text":" 谢谢"}`), "详见 置顶 谢谢"},
		{"!transfer <@U0CHEN> 夜班", section(`{"type":"text","text":"!transfer "},{"type":"user","user_id":"U0CHEN"},{"type":"text","text":" 夜班"}`), `!transfer @"Mary Chen" 夜班`},
		{"<https://x.example/a?b=1&amp;c=2> <http://x.example/|here>", section(`{"type":"link","url":"https://x.example/a?b=1&c=2"},{"type":"text","text":" "},{"type":"link","url":"http://x.example/","text":"here"}`), "https://x.example/a?b=1&c=2 here (http://x.example/)"},
		{":wave::skin-tone-2: :ours:", section(`{"type":"emoji","name":"wave","unicode":"1f44b-1f3fb","skin_tone":2},{"type":"text","text":" "},{"type":"emoji","name":"ours"}`), "👋🏻 :ours:"},
		{"x", `[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"步骤：\n"}]},
			{"type":"rich_text_list","style":"ordered","indent":0,"elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"关机"}]},{"type":"rich_text_section","elements":[{"type":"text","text":"拔电"}]}]},
			{"type":"rich_text_list","style":"bullet","indent":1,"elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"先左边"}]}]},
			{"type":"rich_text_quote","elements":[{"type":"text","text":"原话\n两行"}]},
			{"type":"rich_text_preformatted","elements":[{"type":"text","text":"x = *y*"}]}]}]`, "步骤：\n1. 关机\n2. 拔电\n  • 先左边\n> 原话\n> 两行\nx = *y*"},
		// What is new to us, or no rich text, is guessed from the text.
		{"*重要* 10:30", section(`{"type":"text","text":"重要"},{"type":"invented","x":1}`), "重要 10:30"},
		{"*重要*", `[{"type":"section","text":{"type":"mrkdwn","text":"*重要*"}}]`, "重要"},
		{"*重要*", `[]`, "重要"},
	} {
		if got := written(tt.text, json.RawMessage(tt.blocks), staffNames); got != tt.want {
			t.Errorf("%s\n got %q\nwant %q", tt.blocks, got, tt.want)
		}
	}
}

// A channel that is mentioned goes to the customer by its name, which is asked
// for once; one that we may not know of is left out.
func TestChannelMention(t *testing.T) {
	d := newRig(t)
	thread := d.open()
	d.w.Room("C0HELP")
	d.run()
	for range 2 {
		d.w.Say("U0LIN", ts(thread), "详见 <#C0HELP|> 置顶 <#C0SECRET|>")
		if got := d.last().Parts.Text(); got != "详见 #c0help 置顶" {
			t.Errorf("got %q", got)
		}
	}
	asked := 0
	for _, c := range d.w.Calls() {
		if c.Method == "conversations.info" && c.Args.Get("channel") == "C0HELP" {
			asked++
		}
	}
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
}

// The words of a message that an agent forwards are in its attachments.
func TestForwardedMessage(t *testing.T) {
	d := newRig(t)
	thread := d.open()
	stop := d.run()
	share := `[{"is_msg_unfurl":true,"is_share":true,"author_id":"U0CHEN","author_name":"小陈","ts":"1767225000.000200","text":"明天*一定*到","fallback":"x",
		"message_blocks":[{"team":"T1","message":{"blocks":` + section(`{"type":"text","text":"明天"},{"type":"text","text":"一定","style":{"bold":true}},{"type":"text","text":"到"}`) + `}}]}]`
	d.w.Attach("U0LIN", ts(thread), "", share)
	e := d.last()
	if want := (core.Forwarded{From: "小陈", At: timeOf("1767225000.000200")}); e.Parts.Text() != "明天一定到" || e.Forwarded == nil || *e.Forwarded != want {
		t.Errorf("got %+v, %+v", e.Parts, e.Forwarded)
	}
	d.w.Attach("U0LIN", ts(thread), "仓库说", share)
	if e := d.last(); e.Parts.Text() != "仓库说\n明天一定到" || e.Forwarded != nil {
		t.Errorf("got %+v, %+v", e.Parts, e.Forwarded)
	}
	d.w.Attach("U0LIN", ts(thread), "看 https://x.example", `[{"from_url":"https://x.example","text":"a preview","ts":1767225000}]`)
	if e := d.last(); e.Parts.Text() != "看 https://x.example" {
		t.Errorf("a preview of a link: got %+v", e.Parts)
	}
	stop()
	d.clock.Pass(time.Minute)
	d.w.Attach("U0LIN", ts(thread), "", share)
	d.run()
	if e := d.last(); e.Parts.Text() != "明天*一定*到" { // of its blocks the library says nothing in a history
		t.Errorf("while nobody listened: got %+v", e.Parts)
	}
}

// An agent is told at once that nothing of a message goes out.
func TestNothingGoesOut(t *testing.T) {
	d := newRig(t)
	thread := d.open()
	stop := d.run()
	d.w.Attach("U0LIN", ts(thread), "", `[{"text":"what another app shows","ts":1767225000}]`)
	if !d.w.Until(func() bool {
		told := d.w.Told("U0LIN")
		return len(told) == 1 && strings.Contains(told[0].Text, "没有发出") && told[0].Thread == ts(thread)
	}) {
		t.Errorf("told %+v", d.w.Told("U0LIN"))
	}
	stop()
	d.run() // what was missed is read; this was not
	d.w.Say("U0LIN", ts(thread), "您好")
	d.got(1)
	if told := d.w.Told("U0LIN"); len(told) != 1 {
		t.Errorf("told again: %+v", told)
	}
	if got := d.inbox.Got(); len(got) > 1 {
		t.Errorf("filed %+v", got)
	}
}

// Every subtype that Slack documents is written by somebody, or a service; one
// that is new is not passed on, and its agent is told.
func TestSubtypes(t *testing.T) {
	r := reader{desk: "test", conf: &Config{Channel: "C0DESK"}}
	read := func(subtype string) news {
		return r.message(&event{Type: "message", SubType: subtype, Channel: "C0DESK", User: "U1", Text: "在吗", TS: "1767225600.000100", Thread: "1767225500.000100"}, nil)
	}
	for _, s := range spoken {
		if n := read(s); n.kind != "told" || n.body.parts(staffNames).Text() != "在吗" {
			t.Errorf("%s: got %+v", s, n)
		}
	}
	for _, s := range services {
		if n := read(s); n.kind != "" {
			t.Errorf("%s: got %+v", s, n)
		}
	}
	if n := read("what_comes_next_year"); n.kind != "told" || len(n.body.parts(staffNames)) > 0 {
		t.Errorf("a new one: got %+v", n)
	}
}

// One field of another type than ours loses no message.
func TestOddField(t *testing.T) {
	r := reader{desk: "test", conf: &Config{Channel: "C0DESK"}}
	for _, odd := range []string{`"bot_id":7`, `"attachments":"none"`, `"attachments":[{"ts":true,"files":{}}]`, `"files":[{"size":"big"}]`, `"edited":"yes"`, `"message":1`, `"tab":[]`} {
		raw := `{"type":"event_callback","event":{"type":"message","channel":"C0DESK","user":"U1","text":"在吗","ts":"1767225600.000100",` + odd + `}}`
		n, err := r.event([]byte(raw), "U0BOT")
		if err != nil || n.kind != "told" || n.body.parts(staffNames).Text() != "在吗" {
			t.Errorf("%s: %+v, %v", odd, n, err)
		}
	}
	if _, err := r.event([]byte(`{"type":"event_callback","event":{"type":"message","channel":"C0DESK","user":"U1","text":"在吗","ts":7}}`), "U0BOT"); err == nil {
		t.Error("a message without a place was read")
	}
}
