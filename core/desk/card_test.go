package desk_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk"
	"github.com/frontdesk-im/frontdesk/core/desk/card"
)

// The card has all that an agent needs to begin.
func TestCard(t *testing.T) {
	p := newPlay(t)
	p.r.Link = func(id string) string { return "https://desk.example/t/" + id }
	p.c.Peer = core.Peer{ID: "ann", Name: "李雷", Lang: "zh", Facts: map[string]string{"vip": "3"}}
	k := *p.c.Ticket
	k.Mind, k.Intent, k.Mood, k.Form, k.LastOwn = nil, "杯子破损", "angry", map[string]string{"order": "20260413", "phone": "13800001234"}, "slack/bob"
	k.Told = core.Told{At: t0, Ahead: 3, Upper: 10 * time.Minute}
	p.c.Ticket, p.now = &k, t0.Add(40*time.Second)
	var past []core.Envelope
	for i := range 15 {
		past = append(past, core.Envelope{At: t0, Parts: core.Parts{core.Text{Body: fmt.Sprint("message ", i)}}})
	}
	past = append(past, core.Envelope{At: t0, Parts: core.Parts{core.Media{Type: "image/png", Name: "cup.png"}}})
	p.do(func() core.Outcome { return p.r.Open(p.c, p.scene(), past...) })
	c := p.card("slack")
	if c.Title != "🟠 VIP 李雷 · web · 杯子破损 · waited 00:40 · 😠 angry" {
		t.Errorf("title %q", c.Title)
	}
	if plain := c; c.Topic != "after" {
		t.Errorf("of topic %q", c.Topic)
	} else if plain.Topic = ""; plain.String() != c.String() { // it is for the desk, people have it as a field
		t.Errorf("reads %q", c.String())
	}
	for name, want := range map[string]string{
		"State": "waiting", "Customer": "李雷", "Channel": "web", "Topic": "after", "Intent": "杯子破损", "Asked": "杯子碎了 订单 20260413", "order": "20260413", "phone": "13800001234",
		"Mood": "😠 angry", "VIP": "3", "Priority": "P2", "Last agent": "Bob", "Promised": "within 10 min, 3 ahead", "History": "https://desk.example/t/T1",
	} {
		if got := field(c, name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if s := field(c, "Summary"); strings.Count(s, "\n") > 2 || s == "" {
		t.Errorf("summary %q", s)
	}
	if len(c.Lines) != 10 || c.Lines[9] != "20:00 👤 [cup.png]" || c.Lines[8] != "20:00 👤 message 14" {
		t.Errorf("lines %q", c.Lines)
	}
	if got := actions(c); got != "claim transfer priority close" {
		t.Errorf("actions %q", got)
	}
	if zh := p.card("tg"); zh.Title != "🟠 VIP 李雷 · web · 杯子破损 · 等 00:40 · 😠 愤怒" || zh.Actions[0].Label != "接听" {
		t.Errorf("in Chinese: %+v", zh)
	}
	p.press("slack/lin", "claim")
	if c := p.card("slack"); field(c, "State") != "Lin has it" || actions(c) != "transfer park canned close bot release" {
		t.Errorf("claimed: %+v", c)
	}
	if got := actions(p.card("tg")); got != "take" {
		t.Errorf("at the other desk: %q", got)
	}
	p.writes("slack/lin", "!close")
	if got := actions(p.card("tg")); got != "reopen" {
		t.Errorf("closed: %q", got)
	}
}

// A card shows what the script calls a field, an answer and a topic for staff,
// and keeps the topic's name for the adapter.
func TestCardLabels(t *testing.T) {
	p := newPlay(t)
	p.r.Labels = card.Labels{
		Topic: func(lang, id string) string { return lang + " topic " + id },
		Field: func(lang, name string) string { return lang + " field " + name },
		Value: func(lang, field, value string) string { return lang + " " + field + " " + value },
	}
	k := *p.c.Ticket
	k.Mind, k.Form = nil, map[string]string{"want": "refund"}
	p.c.Ticket = &k
	p.do(func() core.Outcome { return p.r.Open(p.c, p.scene()) })
	c := p.card("slack")
	if got := field(c, "en field want"); got != "en want refund" {
		t.Errorf("the answer is %q", got)
	}
	if got := field(c, "Topic"); got != "en topic after" || c.Topic != "after" || !strings.Contains(c.Title, got) {
		t.Errorf("the topic is %q, %q in %q", got, c.Topic, c.Title)
	}
}

// Visitors without a name can be told apart by the page and the time; nobody's
// own name is replaced.
func TestCardVisitor(t *testing.T) {
	for _, c := range []struct{ page, title, name, want string }{
		{"https://shop.example/", "小禾茶", "", "Visitor · home page · 20:00"},
		{"https://shop.example/index.html", "", "", "Visitor · home page · 20:00"},
		{"https://shop.example/tea/%E9%BE%99%E4%BA%95.html", "龙井 Longjing", "", "Visitor · 龙井 Longjing · 20:00"},
		{"https://shop.example/reset/s3cret", "", "", "Visitor · 20:00"}, // nothing from the address
		{"https://shop.example/tea/", "Tea,\n" + strings.Repeat("tea ", 20), "", "Visitor · Tea, tea tea tea te… · 20:00"},
		{"https://shop.example/", "小禾茶", "Ann", "Ann"},
		{"", "", "", "Customer ann"},
	} {
		p := newPlay(t)
		p.c.Peer.Name, p.c.Peer.Facts = c.name, map[string]string{"page": c.page, "title": c.title}
		p.do(func() core.Outcome { return p.r.Open(p.c, p.scene()) })
		if got := field(p.card("slack"), "Customer"); got != c.want {
			t.Errorf("%q on %q is called %q, not %q", c.name, c.page, got, c.want)
		}
	}
}

func actions(c core.Case) string {
	var out []string
	for _, a := range c.Actions {
		out = append(out, a.ID)
	}
	return strings.Join(out, " ")
}

// A card is sent again when it would read differently, not otherwise: what is
// said in a thread does not change it.
func TestCardsAreKeptCurrent(t *testing.T) {
	p := newPlay(t)
	cards := func() (n int) {
		for _, e := range p.last.Say {
			if _, ok := e.Parts[0].(core.Case); ok {
				n++
			}
		}
		return n
	}
	if cards() != 3 {
		t.Fatalf("%d desks show it", cards())
	}
	for i, e := range p.last.Say {
		if e.Ticket != "T1" || e.Thread != "" {
			t.Errorf("%d: %+v", i, e)
		}
	}
	p.do(func() core.Outcome { return p.r.Relay(p.c, nil, p.scene()) })
	if cards() != 0 {
		t.Error("sent again though nothing changed")
	}
	p.customer("还要多久")
	if cards() != 2 { // the console reads messages itself
		t.Errorf("%d cards after a word in line", cards())
	}
	p.press("slack/lin", "claim")
	if cards() != 3 {
		t.Errorf("%d cards after the claim", cards())
	}
	p.customer("在吗")
	if cards() != 0 || len(p.told("slack")) != 1 || len(p.told("tg")) != 1 || len(p.told("console")) != 0 {
		t.Errorf("after a message: %d cards, slack %q tg %q console %q", cards(), p.told("slack"), p.told("tg"), p.told("console"))
	}
	for _, e := range p.last.Say {
		if e.Channel == "slack" && e.Peer.ID != "lin" {
			t.Error("the owner is not addressed")
		}
	}
	p.writes("slack/lin", "在的")
	p.pass(6 * time.Second)
	if got := p.told("tg"); len(got) != 1 || got[0] != "在的" {
		t.Errorf("the other desk is told %q", got)
	}
}

func TestRouting(t *testing.T) {
	for topic, want := range map[string]string{"after": "console slack tg", "bills": "console slack", "": "console slack"} {
		p := newPlay(t)
		k := *p.c.Ticket
		k.Topic, k.Mind = topic, nil
		p.c.Ticket = &k
		p.do(func() core.Outcome { return p.r.Open(p.c, p.scene()) })
		var got []string
		for _, e := range p.last.Say {
			got = append(got, e.Channel)
		}
		if slices.Sort(got); strings.Join(got, " ") != want {
			t.Errorf("%q is shown at %v, want %s", topic, got, want)
		}
	}
	// A desk may take the customers of some channels only.
	r := rules()
	r.Desks[0].Channels, r.Desks[1].Channels, r.Desks[1].Topics = []string{"wx"}, []string{"web", "wx"}, nil
	r.Desks[0].Crowd, r.Desks[1].Crowd = 0, 0
	for channel, want := range map[string]string{"web": "tg", "wx": "slack tg", "mail": ""} {
		if got := strings.Join(r.Unshown(&core.Ticket{ID: "T", State: core.TicketWaiting, Key: core.Key{Channel: channel}}), " "); got != want {
			t.Errorf("from %s: shown at %q, want %q", channel, got, want)
		}
	}
	p := newPlay(t)
	p.r.Desks[0].Crowd, p.r.Desks[1].Crowd = 0, 0
	k := *p.c.Ticket
	k.Mind = nil
	p.c.Ticket, p.lines = &k, map[string]core.LineState{"": {Waiting: 1000}}
	p.do(func() core.Outcome { return p.r.Open(p.c, p.scene()) })
	if len(p.last.Say) != 1 || p.last.Say[0].Channel != "console" {
		t.Errorf("in a crowd: %+v", p.last.Say)
	}
	// The chat desks show it when they may, and once.
	if got := p.r.Unshown(p.c.Ticket); !slices.Equal(got, []string{"slack", "tg"}) || !p.r.Crowded("tg", "after", p.scene()) || !p.r.Crowded("slack", "", p.scene()) {
		t.Errorf("unshown at %v", got)
	}
	for i := range 2 {
		p.do(func() core.Outcome { return p.r.Show(p.c, "tg", p.scene()) })
		if (i == 0) != (len(p.last.Say) == 1 && p.last.Say[0].Channel == "tg") {
			t.Errorf("%+v", p.last.Say)
		}
	}
	if got := p.r.Unshown(p.c.Ticket); !slices.Equal(got, []string{"slack"}) {
		t.Errorf("unshown at %v", got)
	}
	p.lines = map[string]core.LineState{"": {Waiting: 4}}
	if p.r.Crowded("slack", "after", p.scene()) {
		t.Error("four are no crowd")
	}
	// Its thread opens where it is assigned, card first.
	p.do(func() core.Outcome { return p.r.Assign(p.c, "slack/lin", p.scene()) })
	var where []string
	for _, e := range p.last.Say {
		_, card := e.Parts[0].(core.Case)
		where = append(where, fmt.Sprint(e.Channel, " ", card))
	}
	if !slices.Equal(where, []string{"console true", "slack true", "tg true", "slack false"}) {
		t.Errorf("%v", where)
	}
}

func TestMask(t *testing.T) {
	p := newPlay(t)
	p.r.Desks[0].Mask = true
	k := *p.c.Ticket
	k.Mind, k.Asked = nil, "电话 13812345678，邮箱 lilei@example.com，住杭州文一西路98号3单元，卡 6222021234567890123"
	k.Form = map[string]string{"phone": "138 1234 5678"}
	p.c.Ticket = &k
	p.do(func() core.Outcome {
		return p.r.Open(p.c, p.scene(), core.Envelope{Parts: core.Parts{core.Text{Body: "打 13812345678"}}})
	})
	for name, c := range map[string]core.Case{"slack": p.card("slack"), "console": p.card("console")} {
		seen := false
		for _, s := range []string{"1234567", "1234 5678", "lilei", "98号", "李雷"} {
			seen = seen || strings.Contains(c.String(), s)
		}
		if seen != (name == "console") {
			t.Errorf("%s: %s", name, c)
		}
	}
	if s := p.card("slack").String(); !strings.Contains(s, "李**") || !strings.Contains(s, "138****5678") {
		t.Error(s)
	}
}

// A thousand who wait are one message, and nothing when nothing is new.
func TestDigest(t *testing.T) {
	r := rules()
	b := card.Board{Lines: map[string]core.LineState{"after": {Waiting: 1000, OnDuty: 5}}, New: 49, Since: t0}
	for i := range 300 {
		b.Tickets = append(b.Tickets, core.TicketView{Peer: core.Peer{Name: fmt.Sprint("客户", i)},
			Ticket: core.Ticket{ID: fmt.Sprint("T", i), State: core.TicketWaiting, Topic: "after", Class: 2 - i%100/99, Asked: "我的杯子碎了", Since: t0.Add(time.Duration(i-250) * time.Second)}})
	}
	now := t0.Add(time.Minute)
	got := r.Desks.Digest("slack", b, now).Text()
	if !strings.Contains(got, "1000 waiting (49 new), longest 05:10; 5 on duty, 0 free; 3 urgent") || strings.Count(got, "\n") != 3 {
		t.Errorf("%s", got)
	}
	if got := r.Desks.Digest("tg", b, now).Text(); !strings.Contains(got, "排队 1000 人") || !strings.Contains(got, "#T0 客户0") {
		t.Errorf("%s", got)
	}
	b.Since, b.New = now, 0
	if got := r.Desks.Digest("slack", b, now.Add(30*time.Second)); got != nil {
		t.Errorf("nothing is new: %s", got.Text())
	}
	if got := r.Desks.Digest("slack", b, now.Add(6*time.Minute)); got == nil {
		t.Error("silent for six minutes though people wait")
	}
	for i := range b.Tickets {
		b.Tickets[i].Ticket.Shown = []core.Shown{{Desk: "slack"}}
	}
	b.Since, b.New = t0, 49
	if got := r.Desks.Digest("slack", b, now); got != nil {
		t.Errorf("the desk shows them all: %s", got.Text())
	}
	r.Desks[0].Topics = []string{"sales"}
	for i := range b.Tickets {
		b.Tickets[i].Ticket.Shown = nil
	}
	if got := r.Desks.Digest("slack", b, now); got != nil {
		t.Errorf("not its topic: %s", got.Text())
	}
}

// Whatever happens, a desk is never told an id in place of words.
func TestEveryKindOfFailureHasWords(t *testing.T) {
	for k := core.KindTransient; k <= core.KindUnknown; k++ {
		p := newPlay(t)
		p.press("slack/lin", "claim")
		p.writes("slack/lin", "x")
		p.pass(10 * time.Second)
		p.do(func() core.Outcome { return p.r.Failed(p.c, desk.Failure{Message: p.log[1], Kind: k}, p.scene()) })
		if got := strings.Join(p.told("slack"), ""); strings.Contains(got, "kind_") || !strings.Contains(got, "Not delivered") {
			t.Errorf("%s: %q", k, got)
		}
	}
}

// What a customer quotes, or passes on, stands above their words.
func TestQuoted(t *testing.T) {
	p := newPlay(t)
	p.writes("slack/lin", "!claim")
	for want, env := range map[string]core.Envelope{
		"↩ 小禾: 请发 订单号\n这个吗":    {Quote: &core.Quote{Text: "请发\n订单号", Name: "小禾"}, Parts: core.Parts{core.Text{Body: "这个吗"}}},
		"⤳ 王先生\n你的快递到了":        {Forwarded: &core.Forwarded{From: "王先生"}, Parts: core.Parts{core.Text{Body: "你的快递到了"}}},
		"↩ 🤖: 请发一张照片":          {Quote: &core.Quote{Text: "请发一张照片", By: core.ByBot}, Parts: core.Parts{core.Media{Type: "image/png"}}},
		"plain words, as ever": {Quote: &core.Quote{Ref: "7"}, Parts: core.Parts{core.Text{Body: "plain words, as ever"}}},
	} {
		env.Channel = "web"
		p.do(func() core.Outcome { return p.r.Relay(p.c, []core.Envelope{env}, p.scene()) })
		if got := p.told("slack"); !slices.Contains(got, want) {
			t.Errorf("staff read %q, want %q", got, want)
		}
	}
}
