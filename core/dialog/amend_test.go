package dialog_test

import (
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// A form reads what people type, takes no option that was denied, leads on who
// has nothing to give, and changes what is corrected.
func TestForms(t *testing.T) {
	b := demo(t)
	for _, c := range []struct {
		lines string            // a minute apart, parted by |
		form  map[string]string // on the ticket
	}{
		{"我要退货|不退货，想换一个|XH20261101|1|13800138000", map[string]string{"want": "exchange", "phone": "13800138000"}},
		{"我要退货|不是退款，是换货|xh 2026 1101|质量|＋86 138－0013－8000", map[string]string{"want": "exchange", "order": "XH20261101", "phone": "13800138000"}},
		{"我要退货|前者|XH20261101。|贰|等一下|０５７１－８８８８８８８８转１２３", map[string]string{"want": "refund", "reason": "wrong", "phone": "057188888888-123"}},
		{"我要退货|选项2|XH20261101|2️⃣|一三八零零一三八零零零", map[string]string{"want": "exchange", "reason": "wrong", "phone": "13800138000"}},
		{"我要退货|换|XH20261101|1|不对，订单号应该是XH20261102|13800138000", map[string]string{"order": "XH20261102"}},
		{"我要退货|换|XH20261101|1|改一下订单号|XH20261103|13800138000", map[string]string{"order": "XH20261103", "reason": "quality"}},
		{"我要退货|换|XH20261101和XH20261105|1|13800138000", map[string]string{"order": "XH20261101, XH20261105"}},
		{"我要退货|换|XH20261101|1|13800138000|电话错了，应该是13900139000", map[string]string{"phone": "13900139000"}},
		{"我要退货|换|没有订单号|还是没有", map[string]string{"want": "exchange"}},
		{"开发票|XH20261101|个人|abc＠qq。com|1", map[string]string{"email": "abc@qq.com"}},
		{"开发票|XH20261101|个人|我的邮箱是li.lei艾特163点com|1", map[string]string{"email": "li.lei@163.com"}},
	} {
		p := newPlayer(t, b)
		for s := range strings.SplitSeq(c.lines, "|") {
			p.text(s)
			p.passes(time.Minute)
		}
		if !p.c.Ticket.Open() {
			t.Errorf("%s: no ticket: %q", c.lines, p.all)
			continue
		}
		for k, want := range c.form {
			if got := p.c.Ticket.Form[k]; got != want {
				t.Errorf("%s: %s is %q, want %q", c.lines, k, got, want)
			}
		}
	}
}

// An edit corrects what the bot understood, and says nothing where it is the same.
func TestEdited(t *testing.T) {
	p := newPlayer(t, demo(t))
	edit := func(text string) string {
		p.fresh()
		p.unread = append(p.unread, core.Envelope{Channel: "web", Replaces: "1", At: p.now, Filed: p.now, Parts: core.Parts{core.Text{Body: text}}})
		p.turn()
		p.passes(3 * time.Second)
		return strings.Join(p.all, " / ")
	}
	p.text("茶叶能放多久")
	if got := edit("茶叶能放多久呢"); got != "" {
		t.Errorf("the same again: %q", got)
	}
	if got := edit("运费多少钱"); !strings.Contains(got, "59") {
		t.Errorf("another question: %q", got)
	}
	p.text("我要退货")
	p.text("换")
	p.text("XH20261101")
	if got := edit("XH20261102"); !strings.Contains(got, "已改成：订单号 XH20261102") {
		t.Errorf("another number: %q", got)
	}
}

// Only what stands below a quotation is read, and what is forwarded asks nothing.
func TestQuotation(t *testing.T) {
	b := demo(t)
	for _, s := range []string{"「小禾助手：回复 0 或“人工”转人工客服。」\n- - - - - - - - -\n茶叶能放多久", "> 回复“人工”转人工客服\n> 或回复 0\n茶叶能放多久", "茶叶能放多久"} {
		p := newPlayer(t, b)
		p.text(s)
		if wantIn(t, strings.Join(p.all, ""), "18 个月"); p.c.Ticket.Open() {
			t.Errorf("%q fetched a person", s)
		}
	}
	p := newPlayer(t, b)
	p.unread = append(p.unread, core.Envelope{Channel: "web", At: p.now, Filed: p.now, Forwarded: &core.Forwarded{From: "王先生"}, Parts: core.Parts{core.Text{Body: "请转人工客服"}}})
	p.turn()
	if wantIn(t, strings.Join(p.all, ""), "收到您转发的内容"); p.c.Ticket.Open() {
		t.Error("forwarded words fetched a person")
	}
}

// A rating may be words, stars or digits.
func TestRatings(t *testing.T) {
	b := demo(t)
	for text, want := range map[string]string{
		"解决了": "yes", "搞定了谢谢": "yes", "没解决": "no", "还没有": "no", "没有解决": "no", "5分": "5", "五分": "5", "给5分": "5", "五星好评": "5", "⭐⭐⭐⭐⭐": "5", "满分": "5",
		"满意": "4", "很满意": "5", "一般": "3", "不满意": "2", "太差了": "1", "差评": "1", "10/10": "5", "two stars": "2",
	} {
		p := newPlayer(t, b)
		p.text("人工")
		k := *p.c.Ticket
		k.State, k.Claimed, k.Closed, k.Outcome = core.TicketClosed, p.now, p.now, "solved"
		p.c.State, p.c.Ticket = core.WithBot, &k
		p.take(b.AfterClose(p.c, p.scene()))
		p.passes(time.Minute)
		p.text(text)
		got := ""
		for _, e := range p.events {
			if e.Kind == core.EventRated {
				got = e.Data["solved"] + e.Data["score"]
			}
		}
		if got != want {
			t.Errorf("%s is rated %q, want %q: %q", text, got, want, p.all)
		}
	}
}
