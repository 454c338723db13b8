package dialog_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// Nobody on duty: a message with a promise, kept as a ticket.
func TestLeaveMessage(t *testing.T) {
	p := newPlayer(t, demo(t))
	p.now = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC) // Saturday 20:00 in Shanghai, closed since 18:00
	p.line.OnDuty, p.line.Free = 0, 0
	p.text("怎么一直不发货呢我都等了一个月")
	p.passes(2 * time.Second)
	p.text("人工")
	k := p.c.Ticket
	if k == nil || k.State != core.TicketMessage || p.c.State != core.WithBot || p.count(core.EventLeftMessage) != 1 {
		t.Fatalf("%+v", k)
	}
	wantIn(t, p.lastSaid(), "明天 10:00")
	wantIn(t, p.lastSaid(), "明天 12:00")
	p.fresh()
	p.text("我的壶盖上有个缺口")
	p.passes(2 * time.Second)
	if len(p.all) != 1 {
		t.Errorf("said %q", p.all)
	}
	p.passes(38 * time.Hour) // Monday, people are there
	p.line.OnDuty = 1
	p.text("转人工")
	if p.c.State != core.InLine || p.c.Ticket.State != core.TicketWaiting || p.c.Ticket.ID != k.ID {
		t.Errorf("the message did not become a place in line: %+v", p.c.Ticket)
	}
}

// What is not understood: other words, then a person, never a loop.
func TestFallback(t *testing.T) {
	p := newPlayer(t, demo(t))
	p.text("火星上种土豆的周期")
	p.passes(2 * time.Second)
	first := p.lastSaid()
	p.text("量子纠缠的超光速通信")
	p.passes(2 * time.Second)
	if p.c.State != core.InLine || p.lastSaid() == first {
		t.Errorf("after two misses: %s %q", p.c.State, p.all)
	}
}

// The same question again: another wording, then a person is offered.
func TestRepeated(t *testing.T) {
	p := newPlayer(t, demo(t))
	p.says(core.Joined{})
	var said []string
	for _, q := range []string{"茶叶能放多久", "保质期多久", "茶叶放多久会过期"} {
		p.text(q)
		p.passes(30 * time.Second)
		said = append(said, p.lastSaid())
	}
	if said[0] == said[1] || !strings.Contains(said[2], "人工") {
		t.Errorf("said %q", said)
	}
}

// A flood is warned about once and then ignored for a while.
func TestFlood(t *testing.T) {
	p := newPlayer(t, demo(t))
	for i := range 60 {
		p.text("刷屏" + strconv.Itoa(i))
		p.passes(100 * time.Millisecond)
	}
	warned := 0
	for _, s := range p.all {
		if strings.Contains(s, "消息发得有点快") {
			warned++
		}
	}
	if warned != 1 {
		t.Errorf("warned %d times", warned)
	}
	p.passes(6 * time.Minute)
	p.fresh()
	p.text("运费多少钱")
	if len(p.all) != 1 {
		t.Errorf("after the pause: %q", p.all)
	}
}

// Who asks for a person during the pause gets one, by word or by button, once.
func TestFloodPlea(t *testing.T) {
	for name, ask := range map[string]func(*player){
		"words": func(p *player) { p.text("人工") }, "button": func(p *player) { p.says(core.Pick{Option: "human", Label: "人工客服"}) },
	} {
		p := newPlayer(t, demo(t))
		for i := range 60 {
			p.text("刷屏" + strconv.Itoa(i))
		}
		p.fresh()
		ask(p)
		if p.c.State != core.InLine || len(p.all) == 0 {
			t.Errorf("%s: %s, said %q", name, p.c.State, p.all)
		}
		p.fresh()
		p.text("刷屏又来了")
		p.text("还是刷屏")
		if len(p.all) != 0 {
			t.Errorf("%s: the pause is over: %q", name, p.all)
		}
	}
}

// Another bot that sends our words back gets no answer.
func TestEcho(t *testing.T) {
	p := newPlayer(t, demo(t))
	p.text("茶叶能放多久")
	echo := p.lastSaid()
	p.passes(time.Minute)
	p.fresh()
	p.text(echo)
	p.passes(5 * time.Second)
	if len(p.all) != 0 {
		t.Errorf("talked to itself: %q", p.all)
	}
}

// The ticket carries what was found out, so that nobody asks again.
func TestTicket(t *testing.T) {
	p := newPlayer(t, demo(t))
	p.text("杯子碎了")
	p.text("登记破损")
	p.text("XH20261103")
	p.text("公道杯碎成两半")
	k := p.c.Ticket
	if k == nil || k.Topic != "aftersale" || k.Class != 1 || k.Lang != "zh" || k.Form["order"] != "XH20261103" || k.Form["damaged"] != "公道杯碎成两半" ||
		k.Intent != "登记破损" || k.Asked == "" || !k.Since.Equal(p.now) || k.Key != p.c.Key {
		t.Errorf("the ticket is %+v", k)
	}
}

// The answer follows the language of the message, not of numbers and addresses.
func TestLanguage(t *testing.T) {
	b := demo(t)
	p := newPlayer(t, b)
	for _, x := range []struct{ says, want string }{
		{"how long does tea keep", "months"}, {"保质期", "绿茶"}, {"ok", ""}, {"运费多少钱", "包邮"}, {"XH20261101", "订单"},
		{"do you ship abroad", "mainland"}, {"退款多久到账", "我们收到"}, {"a@b.cn MA2H0X", ""}, {"怎么泡", "克"},
	} {
		p.fresh()
		p.passes(time.Minute)
		p.text(x.says)
		p.passes(2 * time.Second)
		wantIn(t, strings.Join(p.all, "|"), x.want)
	}
	p = newPlayer(t, b)
	p.c.Peer.Lang = "en-US"
	p.text("0")
	wantIn(t, p.lastSaid(), "Connecting")
	p = newPlayer(t, b)
	p.text("rengong")
	wantIn(t, p.lastSaid(), "转接")
	p = newPlayer(t, b)
	p.text("お茶の賞味期限はどのくらいですか")
	p.passes(2 * time.Second)
	wantIn(t, p.lastSaid(), "Sorry, I only understand")
}

// Nobody is asked for what they have just said.
func TestNotAskedTwice(t *testing.T) {
	b := demo(t)
	for _, s := range []string{"XH20261101", "我的订单 xh20261101 到哪了", "where is my order XH20261101"} {
		p := newPlayer(t, b)
		p.text(s)
		wantIn(t, p.lastSaid(), "SF1388000412")
	}
}

// Every decision says why, under which version, at what time.
func TestEvents(t *testing.T) {
	p := newPlayer(t, demo(t))
	for _, s := range []string{"你好", "茶叶能放多久", "查订单", "XH20261101", "人工", "9"} {
		p.text(s)
	}
	for _, e := range p.events {
		if e.Why == "" || e.Data["version"] != p.b.Version || e.At.IsZero() || e.Kind == "" {
			t.Errorf("event %+v", e)
		}
	}
}

// Somebody who only asks for a person has no question that could be kept.
func TestWishIsNoQuestion(t *testing.T) {
	b := demo(t)
	for text, kept := range map[string]bool{"talk to a person": false, "I want to talk to a person please": false, "转人工": false,
		"人工，我上周买的壶到现在还没有发货，能不能查一下": true, "my teapot arrived broken yesterday, can I talk to a person": true} {
		p := newPlayer(t, b)
		p.text(text)
		p.passes(2 * time.Second)
		if p.c.Ticket == nil {
			t.Errorf("%q: no ticket, said %q", text, p.all)
			continue
		}
		said := strings.Contains(strings.Join(p.all, "\n"), "已记下") || strings.Contains(strings.Join(p.all, "\n"), "with your question")
		if said != kept {
			t.Errorf("%q: %q", text, p.all)
		}
	}
}

// Whoever left a message and asks for a person while somebody's phone rings for
// it, or while it is set aside, keeps their one ticket.
func TestOneTicket(t *testing.T) {
	b := demo(t)
	for _, state := range []core.TicketState{core.TicketMessage, core.TicketRinging, core.TicketParked} {
		for _, duty := range []int{0, 1} {
			p := newPlayer(t, b)
			p.line.OnDuty, p.line.Free = 0, 0
			p.text("人工")
			p.passes(time.Minute)
			id := p.c.Ticket.ID
			k := *p.c.Ticket
			k.State = state
			p.c.Ticket, p.line.OnDuty = &k, duty
			for _, text := range []string{"转人工", "我要找真人客服"} {
				p.fresh()
				p.text(text)
				p.passes(2 * time.Second)
				if p.c.Ticket.ID != id || !p.c.Ticket.Open() || len(p.all) == 0 {
					t.Errorf("%s, %d on duty, %q: ticket %+v, said %q", state, duty, text, p.c.Ticket, p.all)
				}
			}
		}
	}
}
