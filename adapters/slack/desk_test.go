package slack

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/adapters/slack/fake"
	"github.com/frontdesk-im/frontdesk/core"
)

// A ticket is a thread: what is said in it goes both ways, its card is kept
// current, and only people are heard.
func TestThread(t *testing.T) {
	d := newRig(t)
	thread := d.open()
	root := ts(thread)
	if got := fake.Buttons(d.w.Roots()[0].Blocks); !slices.Equal(got, []string{"claim", "transfer", "close"}) {
		t.Errorf("buttons %q", got)
	}
	if _, err := d.ch.Send(t.Context(), d.words(thread, "在吗 <!channel>")); err != nil {
		t.Fatal(err)
	}
	if m := d.w.Thread(root)[1]; m.Text != "在吗 &lt;!channel&gt;" || m.Username != "小王" {
		t.Errorf("posted %+v", m)
	}
	card := ticket()
	card.Thread, card.Parts = thread, core.Parts{core.Case{Ticket: "7", State: "active", Title: "🟢 王**", Actions: []core.Option{{ID: "close", Label: "结束"}}}}
	if err := d.ch.Edit(t.Context(), thread, card); err != nil {
		t.Fatal(err)
	}
	if m := d.w.Roots()[0]; !strings.Contains(m.Words(), "🟢") || !slices.Equal(fake.Buttons(m.Blocks), []string{"close"}) {
		t.Errorf("the card reads %q", m.Words())
	}
	d.run()
	first := d.w.Say("U0LIN", root, "您好 &amp; 欢迎")
	d.w.Unfold(first)
	d.w.Broadcast("U0LIN", root, "谁懂物流？")
	d.w.Edit(first, "您好")
	d.w.Delete(first)
	d.w.Say(fake.Bot, root, "ours")
	d.w.Say("U0CHEN", "", "大家好")
	es := d.got(5)
	var seen []string
	for _, e := range es {
		seen = append(seen, fmt.Sprintf("%s %v %s %v", e.Peer.Name, e.Thread == thread, strings.Replace(e.Replaces, fake.Channel+":"+first, "first", 1), e.Parts))
	}
	slices.Sort(seen)
	want := []string{"Mary Chen false  [{大家好}]", "小林 true  [{您好 & 欢迎}]", "小林 true  [{谁懂物流？}]", "小林 true first []", "小林 true first [{您好}]"}
	slices.Sort(want)
	if !slices.Equal(seen, want) {
		t.Errorf("got  %q\nwant %q", seen, want)
	}
	if n := len(es); n != 5 {
		t.Errorf("%d envelopes", n)
	}
}

// What an agent writes in one thread keeps its order.
func TestOrder(t *testing.T) {
	d := newRig(t)
	thread := d.open()
	d.run()
	for i := range 40 {
		d.w.Say("U0LIN", ts(thread), fmt.Sprint(i))
	}
	for i, e := range d.got(40) {
		if e.Parts.Text() != fmt.Sprint(i) {
			t.Fatalf("%d is %q", i, e.Parts.Text())
		}
	}
}

// Buttons come back as picks; those that need more show a form, which comes back
// with values named as core/desk names them.
func TestButtonsAndForms(t *testing.T) {
	d := newRig(t)
	thread := d.open()
	root := ts(thread)
	d.run()
	if err := d.w.Press("U0LIN", root, "claim"); err != nil {
		t.Fatal(err)
	}
	if e := d.last(); e.Thread != thread || e.Parts[0] != (core.Pick{Option: "claim", Label: "认领"}) {
		t.Errorf("got %+v", e)
	}
	form := func(open func(), values map[string]string) core.Envelope {
		t.Helper()
		open()
		if !d.w.Until(func() bool { return d.w.View("U0LIN") != nil }) {
			t.Fatalf("no form was shown: %s", d.log)
		}
		if err := d.w.Submit("U0LIN", values); err != nil {
			t.Fatal(err)
		}
		e := d.last()
		if e.Thread != thread {
			t.Errorf("in %q", e.Thread)
		}
		return e
	}
	press := func(value string) func() {
		return func() {
			if err := d.w.Press("U0LIN", root, value); err != nil {
				t.Fatal(err)
			}
		}
	}
	said := d.w.Say("U0LIN", root, "一句话")
	d.last()
	for _, tt := range []struct {
		open func()
		fill map[string]string
		want core.Form
	}{
		{press("close"), map[string]string{"summary": "已补发", "tags": "破损", "survey": "no"}, core.Form{ID: "close", Values: map[string]string{"outcome": "solved", "summary": "已补发", "tags": "破损", "survey": "no"}}},
		{press("transfer"), map[string]string{"to/2": "售后", "note": "要退货"}, core.Form{ID: "transfer", Values: map[string]string{"to": "售后", "note": "要退货"}}},
		{func() { d.w.Shortcut("U0LIN", said, "desk_note") }, map[string]string{"text": "老客户"}, core.Form{ID: "note", Values: map[string]string{"text": "老客户"}}},
		{func() { d.w.Shortcut("U0LIN", said, "desk_park") }, map[string]string{"until": "2h"}, core.Form{ID: "park", Values: map[string]string{"until": "2h"}}},
		{func() { d.w.Shortcut("U0LIN", said, "desk_canned") }, map[string]string{"id": "补发"}, core.Form{ID: "canned", Values: map[string]string{"id": "补发"}}},
	} {
		if e := form(tt.open, tt.fill); fmt.Sprint(e.Parts) != fmt.Sprint(core.Parts{tt.want}) {
			t.Errorf("got %v, want %v", e.Parts, tt.want)
		}
	}
	d.w.Shortcut("U0LIN", said, "desk_claim")
	if e := d.last(); e.Thread != thread || e.Parts[0] != (core.Pick{Option: "claim"}) {
		t.Errorf("got %+v", e)
	}
	d.w.Refuse("views.open", "expired_trigger_id")
	press("close")()
	if e := d.last(); e.Parts[0] != (core.Pick{Option: "close", Label: "结束"}) {
		t.Errorf("the press was lost: %+v", e)
	}
}

// The transfer form lists colleagues who are on duty, at whatever desk.
func TestTransferNames(t *testing.T) {
	d := newRig(t)
	d.ch.screens.views = &views{agents: []core.Agent{{ID: "test/U0LIN", Name: "小林", Presence: core.OnDuty}, {ID: "night/7", Name: "小陈", Presence: core.OnDuty}, {ID: "test/U0CHEN", Name: "Mary", Presence: core.OnBreak}}}
	thread := d.open()
	d.run()
	if err := d.w.Press("U0LIN", ts(thread), "transfer"); err != nil {
		t.Fatal(err)
	}
	if !d.w.Until(func() bool { return d.w.View("U0LIN") != nil }) {
		t.Fatal("no form")
	}
	if b := string(d.w.View("U0LIN").Blocks); !strings.Contains(b, "night/7") || strings.Contains(b, "test/") {
		t.Errorf("the form is %s", b)
	}
	if err := d.w.Submit("U0LIN", map[string]string{"to/1": "night/7", "note": "夜班"}); err != nil {
		t.Fatal(err)
	}
	if e := d.last(); fmt.Sprint(e.Parts) != fmt.Sprint(core.Parts{core.Form{ID: "transfer", Values: map[string]string{"to": "night/7", "note": "夜班"}}}) {
		t.Errorf("got %v", e.Parts)
	}
}

// An agent who is looking is answered for them alone; one who is not is called by
// notices, and by the rest until they follow the thread.
func TestOneAgent(t *testing.T) {
	d := newRig(t)
	thread := d.open()
	root := ts(thread)
	d.run()
	send := func(user string, by core.AuthorKind, p core.Part) {
		t.Helper()
		ref, err := d.ch.Send(t.Context(), core.Envelope{ID: fmt.Sprint(p), Thread: thread, Peer: core.Peer{ID: user}, By: core.Author{Kind: by}, Parts: core.Parts{p}})
		if err != nil || ref == "" {
			t.Fatalf("%q, %v", ref, err)
		}
	}
	ask := core.Choice{Prompt: "发送吗？", Options: []core.Option{{ID: "send:1", Label: "发送"}}}
	send("U0LIN", core.BySystem, core.Text{Body: "🔔 响铃"})
	send("U0LIN", core.ByPeer, core.Text{Body: "在吗"})
	send("U0CHEN", core.ByPeer, core.Text{Body: "喂"})
	send("U0CHEN", core.ByPeer, core.Text{Body: "喂？"})
	d.w.Say("U0LIN", root, "!认领")
	d.last()
	send("U0LIN", core.BySystem, core.Text{Body: "已在您手上"})
	send("U0LIN", core.BySystem, ask)
	alone := d.w.Told("U0LIN")
	if len(alone) != 2 || alone[0].Text != "已在您手上" || alone[0].Thread != root {
		t.Fatalf("told alone: %+v", alone)
	}
	if err := d.w.Press("U0LIN", alone[1].TS, "send:1"); err != nil {
		t.Fatal(err)
	}
	if e := d.last(); e.Thread != thread || e.Parts[0].(core.Pick).Option != "send:1" {
		t.Errorf("got %+v", e)
	}
	d.clock.Pass(time.Minute)
	send("U0LIN", core.BySystem, ask)
	send("U0LIN", core.BySystem, core.Text{Body: "⏰ 请回复"})
	var got []string
	for _, m := range d.w.Thread(root)[1:] {
		got = append(got, m.Text)
	}
	if want := []string{"<@U0LIN> 🔔 响铃", "在吗", "<@U0CHEN> 喂", "喂？", "!认领", "发送吗？", "<@U0LIN> ⏰ 请回复"}; !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// Commands about the whole desk are answered where they were given; where the
// app cannot be, in direct messages.
func TestSlash(t *testing.T) {
	d := newRig(t)
	d.run()
	for _, tt := range []struct{ channel, text, want string }{
		{fake.Channel, "on", "!on"}, {fake.Channel, "", "!help"}, {fake.Channel, "上班", "!上班"}, {"C0HALL", "!queue", "!queue"},
	} {
		d.w.Slash("U0LIN", tt.channel, tt.text)
		e := d.last()
		if e.Parts.Text() != tt.want || e.Thread != "" {
			t.Errorf("/desk %s is %+v", tt.text, e)
		}
		if _, err := d.ch.Send(t.Context(), core.Envelope{ID: tt.text, Peer: e.Peer, By: core.Author{Kind: core.BySystem}, Parts: core.Parts{core.Text{Body: "re " + tt.want}}}); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(d.w.Told("U0LIN")); n != 3 {
		t.Errorf("%d answers in the channel", n)
	}
	if ms := d.w.Direct("U0LIN"); len(ms) != 1 || ms[0].Text != "re !queue" {
		t.Errorf("direct messages %+v", ms)
	}
	d.w.SayTo("U0LIN", "!我的")
	if e := d.last(); e.Thread != "" || e.Parts.Text() != "!我的" {
		t.Errorf("got %+v", e)
	}
	if _, err := d.ch.Send(t.Context(), core.Envelope{ID: "m", Peer: core.Peer{ID: "U0LIN"}, Parts: core.Parts{core.Text{Body: "手上没有"}}}); err != nil || len(d.w.Direct("U0LIN")) != 3 {
		t.Errorf("%v, %+v", err, d.w.Direct("U0LIN"))
	}
}

// A home shows presence and tickets with links, in the desk's language, and is
// brought up to date when an answer goes out.
func TestHome(t *testing.T) {
	for lang, words := range map[string][2]string{"zh-CN": {"您不在岗", "您在岗"}, "en": {"You are off duty", "You are on duty"}} {
		d := newRig(t)
		d.restart(lang)
		thread := d.open()
		seen := &views{tickets: []core.TicketView{{Ticket: core.Ticket{ID: "7", Shown: []core.Shown{{Desk: "test", Thread: thread}}}, Peer: core.Peer{Name: "王|<b>"}}}}
		d.ch.screens.views = seen
		d.run()
		d.w.OpenHome("U0LIN")
		if !d.w.Until(func() bool { return d.w.Home("U0LIN") != nil }) {
			t.Fatal(d.log)
		}
		b := string(d.w.Home("U0LIN").Blocks)
		if !strings.Contains(b, words[0]) || !strings.Contains(b, "https://fake.slack.com/archives/C0DESK/p"+strings.ReplaceAll(ts(thread), ".", "")) {
			t.Errorf("the home is %s", b)
		}
		if err := d.w.PressHome("U0LIN", "on"); err != nil {
			t.Fatal(err)
		}
		e := d.last()
		if e.Thread != "" || e.Parts[0].(core.Pick).Option != "on" {
			t.Errorf("got %+v", e)
		}
		seen.set(core.Agent{ID: "test/U0LIN", Presence: core.OnDuty})
		if _, err := d.ch.Send(t.Context(), core.Envelope{ID: "a", Peer: e.Peer, Parts: core.Parts{core.Text{Body: "ok"}}}); err != nil {
			t.Fatal(err)
		}
		if b := string(d.w.Home("U0LIN").Blocks); !strings.Contains(b, words[1]) {
			t.Errorf("the home is still %s", b)
		}
		if ms := d.w.Direct("U0LIN"); len(ms) != 1 {
			t.Errorf("the answer is not in the direct messages: %+v", ms)
		}
	}
}

// Whoever is in the workspace but not in the desk's channel cannot use the desk,
// and is told so; who joins the channel can, at once.
func TestOutsiders(t *testing.T) {
	d := newRig(t)
	d.w.User("U0OUT", "外人", false)
	thread := d.open()
	d.run()
	d.w.Slash("U0OUT", "C0HALL", "on")
	d.w.SayTo("U0OUT", "!on")
	d.w.OpenHome("U0OUT")
	if err := d.w.Press("U0OUT", ts(thread), "claim"); err != nil {
		t.Fatal(err)
	}
	d.w.Shortcut("U0OUT", ts(thread), "desk_note")
	if !d.w.Until(func() bool { return d.w.Unacked() == 0 }) {
		t.Fatal(d.log)
	}
	if got := d.inbox.Got(); len(got) > 0 || d.w.Home("U0OUT") != nil || d.w.View("U0OUT") != nil || len(d.w.Direct("U0OUT")) < 2 {
		t.Errorf("filed %+v, told %+v", got, d.w.Direct("U0OUT"))
	}
	d.w.User("U0OUT", "新人", true)
	d.clock.Pass(time.Second)
	d.w.Slash("U0OUT", "C0HALL", "on")
	if e := d.last(); e.Peer.ID != "U0OUT" {
		t.Errorf("got %+v", e)
	}
}

// Who is taken out of the channel has left the desk, at once.
func TestLeft(t *testing.T) {
	d := newRig(t)
	d.run()
	d.w.Slash("U0CHEN", "C0HALL", "on")
	d.last()
	defer func() {
		d.w.Slash("U0CHEN", "C0HALL", "on")
		if d.w.Until(func() bool { return d.w.Unacked() == 0 }); len(d.inbox.Got()) != 2 {
			t.Errorf("still staff: %+v", d.inbox.Got())
		}
	}()
	d.w.Kick("U0CHEN")
	if e := d.last(); e.Parts[0] != (core.Left{}) || e.Peer.ID != "U0CHEN" || e.Thread != "" {
		t.Errorf("got %+v", e)
	}
}

// An event that was not filed is not acknowledged: it comes again, with the same
// Ref. One that is strange is acknowledged, or it would come for ever.
func TestAcknowledgesOnlyWhatIsFiled(t *testing.T) {
	d := newRig(t)
	thread := d.open()
	d.run()
	d.w.Until(func() bool { return d.w.Unacked() == 0 })
	d.inbox.Fail(errors.New("disk full"))
	d.w.Say("U0LIN", ts(thread), "您好")
	if !d.w.Until(func() bool { return strings.Contains(d.log.String(), "disk full") }) || d.w.Unacked() != 1 {
		t.Fatalf("%d are not acknowledged", d.w.Unacked())
	}
	d.inbox.Fail(nil)
	d.w.Redeliver()
	if e := d.last(); e.Parts.Text() != "您好" {
		t.Errorf("got %+v", e)
	}
	d.w.Event(map[string]any{"type": "invented_yesterday", "channel": map[string]any{"id": "x"}})
	d.w.Event(map[string]any{"type": "message", "channel": fake.Channel, "user": "U0LIN", "text": 7})
	d.w.Event(map[string]any{"type": "tokens_revoked", "tokens": map[string]any{"bot": []string{"x"}}})
	if !d.w.Until(func() bool { return d.w.Unacked() == 0 }) {
		t.Errorf("%d are not acknowledged", d.w.Unacked())
	}
	d.w.Redeliver()
}
