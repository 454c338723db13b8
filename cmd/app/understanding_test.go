package app

import "testing"

// runs counts, on a page, the messages of ours between two of the customer's,
// the greeting left out, and gives the most.
func (p *page) runs(line, mine string) (most int) {
	p.t.Helper()
	js := `(() => { let n = 0, most = 0, asked = false; for (const e of seek(` + quoted(line) + `, "")) { if (e.matches(` + quoted(mine) + `)) { n = 0; asked = true; } else if (asked) most = Math.max(most, ++n); } return most; })()`
	if err := p.eval(js, &most); err != nil {
		p.t.Fatal(err)
	}
	return most
}

// side is a customer's screen: the web chat or a phone.
type side struct {
	*page
	name string
	say  func(string)
	sees func(string)
	line string // of either side
	mine string // the customer's own
}

// What a customer sees of the trained matcher, in the web chat and on WeChat: a
// list is numbered and taken in words, who waits is answered and keeps
// their place, and no message gets more than two.
func understanding(t *testing.T) {
	b := chromium(t)
	s := playing(t, oneEach)
	s.Flows = open(t)
	asked := make(chan struct{})
	s.Reload = asked
	p := launch(t, s)
	addScript(t, s.Flows, goodEntry) // a reload trains before it swaps
	asked <- struct{}{}
	asked <- struct{}{}

	agent := signUp(b, p)
	agent.click(".presence button.on", "上班")
	agent.sees(".presence button.on.now", "上班")
	web := b.window("web", size{w: 1200, h: 860})
	web.goTo(p.base + "/")
	web.click("button.fab", "")
	web.sees(".log", "机器人")
	kit := b.window("wechat", size{w: 1420, h: 900})
	kit.goTo(p.base + playPrefix)
	f := phone{kit, `.kit[data-api="wechat/"] `}
	sides := []side{
		{web, "web chat", web.say, func(s string) { t.Helper(); web.sees(".log", s) }, ".log .row", ".peer"},
		{kit, "WeChat", f.say, f.sees, f.at + ".screen li", ".mine"},
	}
	p.visit().send("m1", "转人工") // has the agent
	agent.click(".ringing button", "")
	agent.sees("button.close", "结束")
	p.visit().send("m1", "转人工") // is first in line
	for i, c := range sides {
		// Asked back, and the answer in words; only the trained model doubts this.
		c.say("我想问问积分和发票")
		c.sees("您想问的是哪一个")
		c.say("第二个")
		c.sees("订单号|攒 1 分")
		c.say("取消")

		// In line, a question is answered and the place stays.
		place := "前面 " + []string{"1", "2"}[i] + " 位"
		c.say("人工")
		c.sees(place)
		c.say("茶葉能放多久?")
		c.sees("18 个月.*" + place)
		c.shot("in-line")
		if n := c.runs(c.line, c.mine); n == 0 || n > 2 {
			t.Errorf("%s: %d messages to one of the customer's", c.name, n)
		}
	}
	if s := b.trouble(); s != "" {
		t.Errorf("the pages threw:\n%s", s)
	}
	if err := p.stop(); err != nil {
		t.Errorf("stopping: %v", err)
	}
}
