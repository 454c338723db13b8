package dialog_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// kinds of the events from the n-th on.
func (p *player) kinds(n int) string {
	var out []string
	for _, e := range p.events[n:] {
		out = append(out, string(e.Kind))
	}
	return strings.Join(out, " ")
}

func (p *player) lastSaid() string {
	if len(p.all) == 0 {
		return ""
	}
	return p.all[len(p.all)-1]
}

func (p *player) count(k core.EventKind) (n int) {
	for _, e := range p.events {
		if e.Kind == k {
			n++
		}
	}
	return n
}

// fresh forgets what was shown.
func (p *player) fresh() { p.all, p.shown = nil, nil }

func wantIn(t *testing.T, got, want string) {
	t.Helper()
	if !strings.Contains(got, want) {
		t.Errorf("said %q, want %q in it", got, want)
	}
}

// Greeting once in 24 h, says 机器人 and how to reach a person.
func TestGreeting(t *testing.T) {
	b := demo(t)
	for _, first := range []core.Part{core.Joined{From: "qr"}, core.Text{Body: "茶叶能放多久"}, core.Text{Body: "你好"}, core.Media{Type: "image/png"}, core.Text{Body: "人工"}, core.Text{Body: "XH20261101"}} {
		p := newPlayer(t, b)
		p.says(first)
		if n := p.count(core.EventGreeted); n != 1 {
			t.Fatalf("%T: greeted %d times", first, n)
		}
		for _, w := range []string{"机器人", "人工"} {
			wantIn(t, p.all[0], w)
		}
		p.passes(23 * time.Hour)
		p.text("运费多少钱")
		p.says(core.Joined{})
		p.text("你好")
		if n := p.count(core.EventGreeted); n != 1 {
			t.Errorf("greeted again after 23 h: %d", n)
		}
	}
	p := newPlayer(t, b)
	p.says(core.Joined{})
	p.passes(25 * time.Hour)
	p.text("茶叶能放多久")
	if n := p.count(core.EventGreeted); n != 2 || len(p.all) != 3 {
		t.Errorf("after 25 h: greeted %d times, said %q", n, p.all)
	}
	p = newPlayer(t, b)
	p.c.Peer.Lang = "en-GB"
	p.says(core.Joined{})
	wantIn(t, p.all[0], "a bot")
	wantIn(t, p.all[0], "human")
}

var wishes = []string{"人工", "转人工", "转人工！", "我要人工", "人工客服", "找人工", "真人", "找真人", "要真人客服", "找客服", "转客服", "联系客服", "人工服务",
	"转接人工", "帮我转人工", "麻烦转一下人工", "接人工", "叫人工来", "人公", "转任工", "rengong", "ren gong", "zhuanrengong", "kefu", "zhen ren",
	"human", "Human please", "a real person", "talk to a human", "speak to an agent", "agent", "representative", "customer service", "live agent",
	"I want to talk to someone", "get me a person", "operator", "不要机器人", "别用机器人", "找你们经理", "叫你们负责人", "0", "０", "人工！！！", "转人工 转人工"}

// Any of ≥ 40 phrases puts in line at once, in any state, with no second menu.
func TestHuman(t *testing.T) {
	if len(wishes) < 40 {
		t.Fatal("too few")
	}
	b := demo(t)
	states := map[string]func(p *player){
		"new":     func(p *player) {},
		"greeted": func(p *player) { p.says(core.Joined{}) },
		"clarify": func(p *player) { p.text("我想问问积分和发票"); p.passes(2 * time.Second) },
		"choose":  func(p *player) { p.text("我要退货") },
		"story":   func(p *player) { p.text("我要投诉") },
		"call":    func(p *player) { p.text("查订单"); p.deaf = true; p.text("XH20261101") },
		"missed":  func(p *player) { p.text("火星种土豆"); p.passes(2 * time.Second) },
	}
	for name, before := range states {
		for _, w := range wishes {
			p := newPlayer(t, b)
			before(p)
			p.passes(10 * time.Second)
			p.fresh()
			p.text(w)
			if p.c.State != core.InLine || p.c.Ticket == nil || p.c.Ticket.State != core.TicketWaiting {
				t.Errorf("%s: %q did not queue: %q", name, w, p.all)
			}
			if len(p.all) > 2 {
				t.Errorf("%s: %q said %q", name, w, p.all)
			}
		}
	}
	p := newPlayer(t, b)
	p.text("人工智能茶")
	if p.c.State == core.InLine {
		t.Error("人工智能 is no wish for a person")
	}
}

// Numbered, at most five, taken in many forms, for ten minutes.
func TestClarify(t *testing.T) {
	b := demo(t)
	ask := func() *player {
		p := newPlayer(t, b)
		p.says(core.Joined{})
		p.text("我想问问积分和发票")
		p.passes(2 * time.Second)
		if p.count(core.EventClarified) != 1 || p.last == nil || len(p.last.Options) < 3 || len(p.last.Options) > 5 {
			t.Fatalf("no list: %q", p.all)
		}
		p.fresh()
		return p
	}
	second := ask().last.Options[1]
	for _, form := range []string{"2", "２", "二", "第二个", "2.", "第2个", "2、", "选2", "the second one", "option 2", "②", second.Label, second.Label + "吧"} {
		p := ask()
		p.text(form)
		if p.count(core.EventAnswered)+p.count(core.EventFlowed) == 0 {
			t.Errorf("%q was not taken: %q", form, p.all)
		}
		if e := p.events[len(p.events)-1]; e.Data["entry"] != second.ID {
			t.Errorf("%q chose %v, want %s", form, e.Data, second.ID)
		}
	}
	p := ask()
	first := p.last.Options[0] // starts a flow
	p.text("1")
	if !p.chose(first.ID) || p.chose(second.ID) || p.count(core.EventFlowed) == 0 {
		t.Errorf("1 chose %s: %q", p.kinds(0), p.all)
	}
	p = ask()
	p.says(core.Pick{Option: second.ID, Label: second.Label})
	if p.count(core.EventAnswered) != 1 || !p.chose(second.ID) {
		t.Errorf("a press was not taken: %q", p.all)
	}
	p = ask()
	p.passes(11 * time.Minute)
	p.text("2")
	wantIn(t, p.all[0], "过期")
	p = ask()
	p.text("运费多少钱")
	p.fresh()
	p.passes(10 * time.Second)
	p.text("2")
	p.passes(2 * time.Second)
	if p.chose(second.ID) {
		t.Error("the list held after another topic")
	}
}

// chose reports whether an entry was chosen since the player was fresh.
func (p *player) chose(entry string) bool {
	return slices.ContainsFunc(p.events, func(e core.Event) bool { return e.Data["entry"] == entry })
}

// In line a FAQ hit is answered and nothing about the place changes.
func TestInLine(t *testing.T) {
	b := demo(t)
	p := newPlayer(t, b)
	p.line = core.LineState{OnDuty: 2, Waiting: 7, Known: true, Low: 4 * time.Minute, High: 9 * time.Minute}
	p.text("人工")
	wantIn(t, p.lastSaid(), "前面 7 位")
	wantIn(t, p.lastSaid(), "4–9 分钟")
	before := *p.c.Ticket
	p.passes(3 * time.Minute)
	p.fresh()
	p.line.Waiting = 12 // others came behind
	p.text("茶叶能放多久")
	if len(p.all) != 1 {
		t.Errorf("said %q", p.all)
	}
	wantIn(t, p.lastSaid(), "18 个月")
	wantIn(t, p.lastSaid(), "前面 7 位") // never worse than told
	wantIn(t, p.lastSaid(), "约 6 分钟内")
	after := *p.c.Ticket
	if p.c.State != core.InLine || after.State != core.TicketWaiting || !after.Since.Equal(before.Since) || after.ID != before.ID || after.Class != before.Class {
		t.Errorf("the ticket changed from %+v to %+v", before, after)
	}
	p.text("我家的猫把袋子咬了个洞而且下雨")
	p.passes(2 * time.Second)
	if p.c.State != core.InLine || p.count(core.EventHandedOff) != 1 {
		t.Error("what the bot does not know moved the customer")
	}
	p.passes(20 * time.Minute)
	p.text("还要多久")
	wantIn(t, p.lastSaid(), "抱歉") // overdue: owned up
}

// What has no words is never met with silence.
func TestNeverSilent(t *testing.T) {
	b := demo(t)
	parts := []core.Part{core.Media{Type: "audio/amr"}, core.Media{Type: "image/jpeg"}, core.Media{Type: "application/pdf", Name: "a.pdf"},
		core.Media{Type: "video/mp4"}, core.Place{Lat: 1, Lon: 2}, core.Other{Kind: "sticker"}, core.Card{Title: "mini"}, core.Form{ID: "x"}, core.Text{Body: " "}, core.Text{}}
	for _, state := range []string{"bot", "line", "flow", "message"} {
		for _, part := range parts {
			p := newPlayer(t, b)
			switch state {
			case "line":
				p.text("人工")
			case "flow":
				p.text("我要退货")
			case "message":
				p.line.OnDuty = 0
				p.text("人工")
			}
			p.fresh()
			p.says(part)
			p.passes(2 * time.Second)
			if len(p.all) == 0 {
				t.Errorf("%s: %T met silence", state, part)
			}
		}
	}
	p := newPlayer(t, b)
	p.says(core.Media{Type: "audio/amr", Words: "茶叶能放多久"})
	wantIn(t, strings.Join(p.all, " "), "18 个月")
}

// Leaving the line at once, with a way back to the old place.
func TestExit(t *testing.T) {
	b := demo(t)
	for _, w := range []string{"9", "取消排队", "退出排队", "不等了", "leave the line"} {
		p := newPlayer(t, b)
		p.text("人工")
		since := p.c.Ticket.Since
		p.passes(time.Minute)
		p.fresh()
		p.text(w)
		if p.c.State != core.WithBot || p.c.Ticket.State != core.TicketClosed || p.c.Ticket.Outcome != "left" || p.count(core.EventExited) != 1 || len(p.all) != 1 {
			t.Fatalf("%q: %+v %q", w, p.c.Ticket, p.all)
		}
		p.passes(time.Minute)
		p.text("转人工")
		if !p.c.Ticket.Since.Equal(since) {
			t.Errorf("back within 2 minutes: since %s, want %s", p.c.Ticket.Since, since)
		}
		p.text("9")
		p.passes(3 * time.Minute)
		p.text("人工")
		if p.c.Ticket.Since.Equal(since) {
			t.Error("the old place was kept for over 2 minutes")
		}
	}
}

// Bursts: eight short lines get one reply; a confident one is at once.
func TestBurst(t *testing.T) {
	b := demo(t)
	p := newPlayer(t, b)
	p.says(core.Joined{})
	p.fresh()
	for _, s := range strings.Split("咕噜 叽里 呱啦 咚咚 锵锵 哒哒 嘿哈 哗啦", " ") {
		p.text(s)
		p.passes(100 * time.Millisecond)
	}
	if len(p.all) != 0 {
		t.Errorf("spoke into a burst: %q", p.all)
	}
	p.passes(2 * time.Second)
	if len(p.all) > 2 || len(p.all) == 0 || p.count(core.EventFellBack)+p.count(core.EventClarified) != 1 {
		t.Errorf("a burst got %q", p.all)
	}

	// Of one question in pieces, that the script knows, the whole is answered, and once.
	q := newPlayer(t, b)
	q.says(core.Joined{})
	q.fresh()
	pieces := strings.Split("那个 上次 买的 龙井 不太 喜欢 想 退货", " ")
	for i, s := range pieces {
		if q.text(s); len(q.all) > 0 && i < len(pieces)-1 {
			t.Errorf("%q was answered alone: %q", s, q.all)
		}
		q.passes(100 * time.Millisecond)
	}
	q.passes(2 * time.Second)
	if len(q.all) != 1 || !q.chose("returns_entry") {
		t.Errorf("a question in pieces got %s %q", q.kinds(0), q.all)
	}
	p.passes(time.Minute)
	p.fresh()
	p.text("就是那个")
	p.text("运费多少钱")
	if len(p.all) != 1 || len(p.unread) != 0 {
		t.Errorf("a confident line waited: %q", p.all)
	}
	p.passes(time.Minute)
	p.fresh()
	p.text("退货")
	p.passes(time.Second)
	if !p.c.Wakes.At(core.WakeBot).IsZero() {
		t.Errorf("still to be woken at %s", p.c.Wakes.At(core.WakeBot))
	}
}

// The same line twice within seconds is one line.
func TestDuplicate(t *testing.T) {
	p := newPlayer(t, demo(t))
	p.text("茶叶能放多久")
	n := len(p.all)
	p.text("茶叶能放多久？")
	if len(p.all) != n || p.count(core.EventIgnored) != 1 {
		t.Errorf("answered twice: %q", p.all)
	}
}

// Once, joined to the ticket, not where there is nothing to rate.
func TestSurvey(t *testing.T) {
	b := demo(t)
	served := func() *player {
		p := newPlayer(t, b)
		p.text("人工")
		p.agent("!claim")
		p.fresh()
		return p
	}
	p := served()
	p.agent("!close")
	if p.count(core.EventSurvey) != 1 || len(p.all) != 1 {
		t.Fatalf("survey: %q", p.all)
	}
	id := p.c.Ticket.ID
	p.take(b.AfterClose(p.c, p.scene()))
	if p.count(core.EventSurvey) != 1 {
		t.Error("sent twice")
	}
	p.passes(29 * time.Minute)
	p.text("4")
	e := p.events[len(p.events)-1]
	if e.Kind != core.EventRated || e.Data["score"] != "4" || e.Data["ticket"] != id {
		t.Errorf("a bare digit: %+v", e)
	}
	p.text("配送员很客气的一个小伙子")
	p.passes(2 * time.Second)
	e = p.events[len(p.events)-1]
	if e.Data["words"] == "" || e.Data["score"] != "4" {
		t.Errorf("words: %+v", e)
	}
	p = served()
	p.agent("!close")
	p.passes(31 * time.Minute)
	p.text("5")
	p.passes(2 * time.Second)
	if p.count(core.EventRated) != 0 {
		t.Error("rated after 30 minutes")
	}
	p = served()
	p.agent("!close")
	p.text("未解决")
	p.text("运费多少钱")
	wantIn(t, p.lastSaid(), "59 元")
	p.text("2 分，不满意")
	if e := p.events[len(p.events)-1]; e.Data["score"] != "2" || e.Data["solved"] != "no" {
		t.Errorf("after another question: %+v", e)
	}
	for _, how := range []string{"left", "message", "spam", "nosurvey", "unclaimed", "gone"} {
		p := served()
		k := p.c.Ticket
		k.State, k.Outcome, p.c.State = core.TicketClosed, "solved", core.WithBot
		switch how {
		case "nosurvey":
			k.Tags = []string{"nosurvey"}
		case "unclaimed":
			k.Claimed = time.Time{}
		case "gone":
			p.c.Gone = true
		default:
			k.Outcome = how
		}
		p.take(b.AfterClose(p.c, p.scene()))
		if len(p.all) != 0 || p.count(core.EventSurvey) != 0 {
			t.Errorf("%s: %q", how, p.all)
		}
	}
	p = newPlayer(t, b)
	p.line.OnDuty = 0
	p.text("人工")
	p.fresh()
	p.agent("!claim")
	p.agent("!close")
	if len(p.all) != 0 {
		t.Errorf("after a message: %q", p.all)
	}
}

// Every message of the bot says whose it is: see player.take. With an agent the
// bot says nothing.
func TestSilent(t *testing.T) {
	p := newPlayer(t, demo(t))
	p.text("人工")
	p.agent("!claim")
	p.fresh()
	for _, s := range []string{"茶叶能放多久", "人工", "9", "?", "1"} {
		p.text(s)
	}
	p.says(core.Media{Type: "image/png"})
	p.passes(time.Hour)
	if len(p.all) != 0 || p.c.State != core.WithAgent {
		t.Errorf("spoke over the agent: %q", p.all)
	}
}
