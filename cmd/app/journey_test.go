package app

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
	"github.com/frontdesk-im/frontdesk/core/store"
)

// oneEach lets every agent have one customer at a time.
const oneEach = `
channels:
  web: {type: webchat}
desks:
  inbox: {type: console}
systems:
  orders: {type: action}
line: {max: 1}
`

// arrived is when the agent's message has its ✅.
const arrived = `seek(".say.agent .st.sent, .say.agent .st.delivered, .say.agent .st.read", "").length`

// TestJourney goes through the product's main jobs in a real browser. Each costs
// half a minute, so without FRONTDESK_LONG=1 one of them stands for all.
// FRONTDESK_SHOTS=dir keeps pictures.
func TestJourney(t *testing.T) {
	jobs := []struct {
		name string
		play func(*testing.T)
	}{
		{"playground", playgroundJourney}, {"breaks-templates", breaksAndTemplates}, {"understanding", understanding}, {"webchat", webchatJourney},
	}
	for i := range coretest.Sample(t, len(jobs), 1) {
		t.Run(jobs[i].name, jobs[i].play)
	}
}

// The product's main job, in a real browser: a customer is greeted, answered,
// waits honestly, is answered by a person and rates it.
func webchatJourney(t *testing.T) {
	b := chromium(t)
	data := t.TempDir()
	conf := filepath.Join(t.TempDir(), "frontdesk.yaml")
	if err := os.WriteFile(conf, []byte(oneEach), 0o600); err != nil {
		t.Fatal(err)
	}
	p := launch(t, Options{Settings: Settings{Data: data, Config: conf}})
	agent := signUp(b, p)

	// The agent comes to work.
	agent.click(".presence button.on", "上班")
	agent.sees(".presence button.on.now", "上班")
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

	// 人工 while the agent has somebody else: an honest place in line, for this
	// customer and for the next, who writes English on a phone.
	p.visit().send("m1", "转人工")
	agent.click(".ringing button", "")
	agent.sees("button.close", "结束")
	c.say("转人工")
	c.sees(".log", "已为您排队")
	d := b.window("english", size{w: 390, h: 844, mobile: true, lang: "en"})
	d.goTo(p.base + "/")
	d.click("button.fab", "")
	d.sees(".log", "bot")
	d.say("talk to a person")
	d.sees(".log", "You are in line.*1")
	d.shot("in-line")
	c.shot("in-line")

	// The agent ends the first, gets the next, and sees what was said before.
	agent.close()
	agent.sees(".ringing", "")
	agent.shot("ringing")
	agent.click(".ringing button", "")
	agent.wait("!" + found(".composer .strip", "接听"))
	agent.sees(".thread", "绿茶能放多久")
	agent.sees(".thread", "18 个月")
	agent.shot("context")
	c.sees(".panel", "小林")
	c.shot("claimed")
	agent.reply("您好，我是小林。您的绿茶已经补发，请放心。")
	c.inView("您的绿茶已经补发")
	c.shot("replied")
	agent.wait(arrived)
	agent.shot("sent")

	// It goes on, both ways, and through a reload.
	c.say("谢谢，什么时候到？")
	agent.sees(".thread .say.peer", "什么时候到")
	c.goTo(p.base + "/")
	c.wait(found(".panel", "") + " || " + found("button.fab", ""))
	c.open()
	c.sees(".log", "什么时候到")
	c.once("什么时候到")
	agent.reply("明天中午前。")
	c.inView("明天中午前")
	c.shot("talk")
	agent.wait("!" + found(".st.pending", ""))
	agent.shot("answered")

	// The agent closes; the customer rates; the rating is kept.
	agent.close()
	c.sees(".log button", "已解决")
	c.shot("survey")
	c.click(".log button", "已解决")
	c.click(".log button", "^5")
	c.sees(".log", "直接写在这里")
	c.say("小林很耐心")
	c.sees(".log", "谢谢您花时间")
	c.shot("rated")
	agent.goTo(p.base + "/console/#inbox/closed")
	agent.click(".row", "耐心|谢谢")
	agent.sees(".thread", "评分 5")
	agent.shot("closed")
	agent.goTo(p.base + "/console/#team")
	agent.sees("main, body", "小林")
	agent.shot("team")

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

// staffed is a program with people there at any hour, and an agent on duty.
func staffed(t *testing.T) (*browser, *program, *page) {
	t.Helper()
	b := chromium(t)
	s := playing(t, oneEach)
	s.Flows = open(t)
	p := launch(t, s)
	agent := signUp(b, p)
	agent.click(".presence button.on", "上班")
	agent.sees(".presence button.on.now", "上班")
	return b, p, agent
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

// close ends the conversation that is open.
func (p *page) close() {
	p.t.Helper()
	p.click("button.close", "结束")
	p.click(".ant-modal-footer .ant-btn-primary, .ant-modal .ant-btn-primary", "结束")
	p.wait("!" + found(".ant-modal", ""))
}

// once checks that a line is in the chat window one time.
func (p *page) once(text string) {
	p.t.Helper()
	var n int
	if err := p.eval(`seek(".log","")[0].innerText.split(`+quoted(text)+`).length - 1`, &n); err != nil || n != 1 {
		p.t.Errorf("%s: %q is there %d times, %v", p.name, text, n, err)
	}
}

// inView waits until a line is in the chat window where it can be read without
// scrolling.
func (p *page) inView(text string) {
	p.t.Helper()
	p.wait(`(() => { const log = seek(".log","")[0].getBoundingClientRect(), l = seek(".log *",` + quoted(text) + `), r = l.length && l[l.length-1].getBoundingClientRect(); return r && r.top >= log.top - 1 && r.bottom <= log.bottom + 1; })()`)
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
	if err != nil || len(ts) != 2 {
		t.Fatalf("closed tickets: %+v %v", ts, err)
	}
	for _, k := range ts {
		past, err := s.Past(t.Context(), core.PastQuery{Key: k.Ticket.Key, Max: 500})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range past {
			if r.Event != nil && r.Event.Kind == core.EventRated && r.Event.Data["score"] == "5" {
				return
			}
		}
	}
	t.Error("the rating is not in the log")
}
