package main

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/store"
)

// The product's main job, in a real browser: a customer is greeted, answered,
// waits honestly, is answered by a person and rates it. FRONTDESK_SHOTS=dir
// keeps pictures.
func TestJourney(t *testing.T) {
	b := chromium(t)
	data := t.TempDir()
	p := launch(t, setup{Data: data})
	agent := signUp(b, p)

	// The agent comes to work.
	agent.click(".presence button.on, .presence-small", "上班")
	agent.wait(`seek(".presence button.on.now", "上班").length || seek(".presence-small", "上班").length`)
	agent.shot("on-duty")

	// A customer opens the demo page and is greeted.
	c := b.window("customer", size{w: 1200, h: 860})
	c.goTo(p.base + "/")
	c.shot("demo-page")
	c.click("button.fab", "")
	c.sees(".log", "机器人")
	c.sees(".log button", "人工")
	c.shot("greeted")

	// A scripted question is answered.
	c.say("绿茶能放多久？")
	c.sees(".log", "18 个月")
	c.shot("answered")

	// 人工: an honest place in line.
	c.say("转人工")
	c.wait(`/前面|排队|正在|马上/.test(seek(".panel","").map(e => e.innerText).join(" "))`)
	c.shot("in-line")

	// The agent takes the conversation, and sees what was said before.
	agent.serveFirst()
	agent.sees(".thread", "绿茶能放多久")
	agent.sees(".thread", "18 个月")
	agent.shot("context")
	c.sees(".panel", "小林")
	c.shot("claimed")
	agent.reply("您好，我是小林。您的绿茶已经补发，请放心。")
	c.sees(".log", "您的绿茶已经补发")
	c.shot("replied")
	agent.wait(`seek(".say.agent .st.sent, .say.agent .st.delivered, .say.agent .st.read", "").length`)
	agent.shot("sent")

	// It goes on, both ways, and through a reload.
	c.say("谢谢，什么时候到？")
	agent.sees(".thread .say.peer", "什么时候到")
	c.goTo(p.base + "/")
	c.wait(`seek(".panel","").length || seek("button.fab","").length`)
	c.open()
	c.sees(".log", "什么时候到")
	var times int
	if err := c.eval(`(seek(".log","")[0].innerText.match(/什么时候到/g)||[]).length`, &times); err != nil || times != 1 {
		t.Errorf("after a reload the line is there %d times, %v", times, err)
	}
	agent.reply("明天中午前。")
	c.sees(".log", "明天中午前")

	// The agent closes; the customer rates; the rating is kept.
	agent.click("button.close", "结束")
	agent.sees(".ant-modal", "结束")
	agent.shot("closing")
	agent.click(".ant-modal-footer .ant-btn-primary", "")
	c.sees(".log", "评价|打分|满意")
	c.shot("survey")
	c.click(".log button", "5|满意")
	c.wait(`/感谢|谢谢/.test(seek(".log","").map(e => e.innerText).join(" ").split("什么时候到").pop())`)
	c.shot("rated")
	agent.goTo(p.base + "/console/#inbox/closed")
	agent.sees(".row", "")
	agent.click(".row", "")
	agent.sees(".thread", "评分 5")
	agent.shot("closed")

	if s := b.trouble(); s != "" {
		t.Errorf("the pages threw:\n%s", s)
	}
	if err := p.stop(); err != nil {
		t.Errorf("stopping: %v", err)
	}
	rated(t, data)
}

// signUp makes the first account by the link in the banner.
func signUp(b *browser, p *program) *page {
	b.t.Helper()
	link := regexp.MustCompile(regexp.QuoteMeta(p.base) + `/console/join/\S+`).FindString(p.out.String())
	if _, err := url.Parse(link); err != nil || link == "" {
		b.t.Fatalf("no link for the first account in the banner: %s", p.out.String())
	}
	a := b.window("agent", size{w: 1440, h: 900})
	a.goTo(link)
	a.shot("join")
	a.fill("#name", "", "小林")
	a.fill("#account", "", "lin")
	a.fill("#password", "", "long enough 47 teapots")
	a.fill("#again", "", "long enough 47 teapots")
	a.click("button[type=submit]", "")
	a.wait(`location.pathname.startsWith('/console/') && !location.pathname.includes('join') && document.readyState === 'complete' && !!window.seek`)
	if strings.Contains(a.url(), "sign-in") {
		a.fill("#account", "", "lin")
		a.fill("#password", "", "long enough 47 teapots")
		a.click("button[type=submit]", "")
	}
	a.sees("button", "上班")
	a.shot("inbox")
	return a
}

func (p *page) url() (s string) {
	if err := p.eval(`location.href`, &s); err != nil {
		p.t.Fatal(err)
	}
	return s
}

// open opens the chat window if it is closed.
func (p *page) open() {
	p.t.Helper()
	var shown bool
	if err := p.eval(found(".panel", "")+" > 0", &shown); err != nil {
		p.t.Fatal(err)
	}
	if !shown {
		p.click("button.fab", "")
	}
}

// say writes in the chat window.
func (p *page) say(text string) {
	p.t.Helper()
	p.click(".panel textarea", "")
	p.write(text)
	p.click("button.go:not([disabled])", "")
}

// serveFirst takes the conversation that rings, or the first that waits.
func (p *page) serveFirst() {
	p.t.Helper()
	p.wait(found(".ringing button", "") + " || " + found(".row", ""))
	var rings bool
	if err := p.eval(found(".ringing button", "")+" > 0", &rings); err != nil {
		p.t.Fatal(err)
	}
	p.shot("waiting")
	if rings {
		p.click(".ringing button", "")
	} else {
		p.click(".row", "")
		p.click(".thread .ant-btn-primary", "认领|接听|接起")
	}
	p.wait(found(".composer textarea", "") + " && !" + found(".composer .strip", "认领"))
}

// reply writes to the customer.
func (p *page) reply(text string) {
	p.t.Helper()
	p.click(".composer textarea", "")
	p.write(text)
	p.enter()
}

// rated looks in the store for the rating.
func rated(t *testing.T, data string) {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Path: data})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ts, err := s.Tickets(t.Context(), core.TicketQuery{States: []core.TicketState{core.TicketClosed}})
	if err != nil || len(ts) != 1 {
		t.Fatalf("closed tickets: %+v %v", ts, err)
	}
	past, err := s.Past(t.Context(), core.PastQuery{Key: ts[0].Ticket.Key, Max: 500})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range past {
		if r.Event != nil && r.Event.Kind == core.Rated && r.Event.Data["score"] == "5" {
			return
		}
	}
	t.Error("the rating is not in the log")
}
