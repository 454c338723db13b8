package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/frontdesk-im/frontdesk/adapters/wechat/fake"
)

// axe is the source of axe-core, or the test is skipped where it is not
// installed and FRONTDESK_REQUIRE_PEERS does not ask for it.
func axe(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "adapters", "console", "testdata", "peers", "node_modules", "axe-core", "axe.min.js"))
	if err == nil {
		return string(b)
	}
	const how = "install axe-core with: npm ci --prefix adapters/console/testdata/peers (Node 20)"
	if os.Getenv("FRONTDESK_REQUIRE_PEERS") == "1" {
		t.Fatal(how)
	}
	t.Skip(how)
	return ""
}

// An audit holds pages to axe's rules.
type audit struct {
	*page
	rules string // axe's source
}

// media makes the page light or dark, and takes the movement out of it.
func (p *page) media(scheme string) {
	p.t.Helper()
	p.must("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{
		{"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": "reduce"},
	}}, nil)
}

// metrics gives the page a desktop's measures or a phone's, as it stands.
func (p *page) metrics(s size) {
	p.t.Helper()
	p.must("Emulation.setDeviceMetricsOverride", map[string]any{"width": s.w, "height": s.h, "deviceScaleFactor": 1, "mobile": s.mobile}, nil)
}

// clean looks at what the page shows now, in all its looks.
func (a audit) clean(what string) {
	a.t.Helper()
	const run = `(async () => {
	  const r = await axe.run(document, { resultTypes: ['violations'] });
	  return r.violations.flatMap(v => v.nodes.map(n => v.id + ': ' + n.target.flat(9).join(' ') + ': ' + n.failureSummary.replace(/\s+/g, ' ') + ' ' + n.html.slice(0, 160)));
	})()`
	for _, s := range []size{{w: 1280, h: 860}, {w: 390, h: 844, mobile: true}} {
		for _, scheme := range []string{"light", "dark"} {
			a.metrics(s)
			a.media(scheme)
			a.still()
			a.wait(`!document.documentElement.dataset.theme || document.documentElement.dataset.theme === '` + scheme + `'`)
			a.wait(`new Promise(r => requestAnimationFrame(() => requestAnimationFrame(() => r(true))))`)
			if err := a.eval(`window.axe || (0, eval)(`+quoted(a.rules)+`), true`, nil); err != nil {
				a.t.Fatal(err)
			}
			var found []string
			if err := a.eval(run, &found); err != nil {
				a.t.Fatalf("%s: %v", what, err)
			}
			if len(found) > 0 {
				a.shot("axe-" + what + "-" + scheme)
				a.t.Errorf("%s, %d wide, %s: %d violations:\n%s", what, s.w, scheme, len(found), strings.Join(found, "\n"))
			}
		}
	}
	a.metrics(size{w: 1280, h: 860})
}

// Every page is held to axe's rules, light and dark, on a desktop and a phone.
func TestAxe(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes its time")
	}
	rules := axe(t)
	b, p, agent := staffed(t)
	desk := audit{agent, rules}
	desk.clean("inbox-bare")

	c := audit{b.window("customer", size{w: 1280, h: 860}), rules}
	c.goTo(p.base + "/")
	c.sees("button.fab", "")
	c.clean("demo-closed")
	c.click("button.fab", "")
	c.sees(".log", "机器人")
	c.clean("demo-open")
	c.say("绿茶能放多久？")
	c.sees(".log", "18 个月")
	c.say("查一下订单 XH20260929017")
	c.say("转人工")
	agent.sees(".ringing button", "")
	c.clean("demo-line")
	desk.clean("inbox-ringing")
	agent.click(".ringing button", "")
	agent.sees("button.close", "结束")
	desk.clean("inbox-thread")
	agent.reply("您好，我是小林。")
	c.sees(".log", "我是小林")
	c.clean("demo-agent")
	desk.staffPages(p)

	play := audit{b.window("playground", size{w: 1280, h: 860}), rules}
	play.goTo(p.base + playPrefix)
	play.sees(".phone", "")
	p.do("wechat", fake.Act{Who: "oPlayground000000000h3qoUQ", Do: "say", Text: "怎么退货？"})
	play.clean("playground")
	play.goTo(p.base + "/nothing-here")
	play.clean("not-found")

	p = launch(t, playing(t, strings.Replace(oneEach, "{type: webchat}", "{type: webchat, look: {title: {zh-CN: 山野书店}}}", 1)))
	play.goTo(p.base + "/")
	play.sees("h1, h2", "山野书店")
	play.clean("own-page")
	if s := b.trouble(); s != "" {
		t.Errorf("the pages threw:\n%s", s)
	}
}

// staffPages are those that only staff see, in the order of an agent's day.
func (a audit) staffPages(p *program) {
	a.t.Helper()
	a.goTo(p.base + "/console/#team")
	a.sees(".mate", "小林")
	a.clean("team")
	a.goTo(p.base + "/console/#canned")
	a.sees("main", "快捷回复")
	a.clean("canned")
	a.goTo(p.base + "/console/#accounts")
	a.sees("main", "小林")
	a.clean("accounts")
	a.goTo(p.base + "/console/#inbox/mine")
	a.click(".row", "")
	a.click("button.close", "结束")
	a.sees(".ant-modal", "结束会话")
	a.clean("close-dialog")
	a.click(".ant-modal-footer .ant-btn-primary", "结束")
	a.wait("!" + found(".ant-modal", ""))
	a.goTo(p.base + "/console/#inbox/closed")
	a.click(".row", "")
	a.sees(".thread", "小林")
	a.clean("inbox-closed")
	a.goTo(p.base + "/console/sign-in")
	a.clean("sign-in")
	a.goTo(p.base + "/console/password")
	a.clean("password")
}
