package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What visitors and pages do with the chat window that nobody thought of, in a
// real browser: each was a public report of somebody else's widget.
func TestWidget(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes its time")
	}
	b := chromium(t)
	conf := filepath.Join(t.TempDir(), "frontdesk.yaml")
	if err := os.WriteFile(conf, []byte(oneEach), 0o600); err != nil {
		t.Fatal(err)
	}
	p := launch(t, Options{Settings: Settings{Data: t.TempDir(), Config: conf}, Quick: true})
	c := b.window("visitor", size{w: 1200, h: 860})
	c.goTo(p.base + "/")
	c.click("button.fab", "")
	c.sees(".log", "机器人")
	c.links()
	c.longPaste()
	c.failedUpload()
	c.lostLine()
	c.ownTitle()
	c.newBody()

	d := b.window("phone", size{w: 844, h: 390, mobile: true})
	d.must("Emulation.setTouchEmulationEnabled", map[string]any{"enabled": true}, nil)
	d.goTo(p.base + "/")
	d.click("button.fab", "")
	d.wait(`seek('.panel', '')[0].getBoundingClientRect().width === innerWidth && seek('.panel', '')[0].getBoundingClientRect().height === visualViewport.height`)
	d.wait(`parseFloat(getComputedStyle(seek('textarea', '')[0]).fontSize) >= 16`)
	d.shot("on-its-side")
}

// links end where the address does: a bracket that was opened in it is part of it.
func (p *page) links() {
	p.t.Helper()
	want := []string{"https://zh.wikipedia.org/wiki/茶_(饮料)", "https://shop.example.com/i?a=1&b=(2)", "https://a.example/x?q=[1]", "https://a.example/y", "https://www.shop.example/z"}
	p.say("https://zh.wikipedia.org/wiki/茶_(饮料) https://shop.example.com/i?a=1&b=(2) https://a.example/x?q=[1] 见 (https://a.example/y)。 www.shop.example/z!")
	p.sees(".row.peer .bub a", "")
	var got []string
	if err := p.eval(`seek('.row.peer .bub a', '').map(a => a.getAttribute('href'))`, &got); err != nil {
		p.t.Fatal(err)
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		p.t.Errorf("linked are %q", got)
	}
}

// longPaste: nothing is cut off in silence, and nothing too long goes out.
func (p *page) longPaste() {
	p.t.Helper()
	long := "a" + strings.Repeat("茶", 2500) + "END"
	p.click("textarea", "")
	p.write(long)
	p.sees(".toast", "太长")
	p.enter()
	var kept string
	if err := p.eval(`seek('textarea', '')[0].value`, &kept); err != nil {
		p.t.Fatal(err)
	}
	if kept != long {
		p.t.Errorf("%d of %d characters are there", len([]rune(kept)), len([]rune(long)))
	}
	p.shot("long-paste")
	if err := p.eval(`(() => { const a = seek('textarea', '')[0]; a.value = ''; a.dispatchEvent(new Event('input')); })()`, nil); err != nil {
		p.t.Fatal(err)
	}
}

// failedUpload: what can never be sent is not offered again, and can be taken away.
func (p *page) failedUpload() {
	p.t.Helper()
	err := p.eval(`(() => {
	  const d = new DataTransfer();
	  d.items.add(new File([new Uint8Array([77, 90, 0, 1, 2, 3, 255])], 'setup.exe'));
	  seek('.panel', '')[0].dispatchEvent(new DragEvent('drop', { dataTransfer: d, bubbles: true, cancelable: true }));
	})()`, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	p.sees(".row.peer.failed .foot", "不支持")
	p.say("后面的话")
	p.wait(`(() => { const all = seek('.row.peer', ''); return all[all.length - 1].textContent.includes('后面的话'); })()`) // it stays in its place
	p.wait("!" + found(".row.peer.failed .foot button", "重试"))
	p.shot("failed-upload")
	p.click(".row.peer.failed .foot button", "移除")
	p.wait("!" + found(".row.peer.failed", ""))
}

// lostLine: that the connection is lost is said without covering what was said
// last, and the conversation has its landmarks.
func (p *page) lostLine() {
	p.t.Helper()
	for i := range 4 {
		p.say(strings.Repeat("一行 ", 60) + string(rune('a'+i)))
	}
	p.inView("一行 d")
	p.must("Network.enable", nil, nil)
	net := map[string]any{"offline": true, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
	p.must("Network.emulateNetworkConditions", net, nil)
	p.sees(".note", "网络不可用")
	p.inView("一行 d")
	p.shot("offline")
	net["offline"] = false
	p.must("Network.emulateNetworkConditions", net, nil)
	p.wait("!" + found(".note", ""))
	var marks []string
	if err := p.eval(`[['.launch','region'],['.panel','dialog'],['.log','log'],['h2','']].filter(([q, role]) => seek(q, '').some(e => !role || e.getAttribute('role') === role)).map(([q]) => q)`, &marks); err != nil || len(marks) != 4 {
		p.t.Errorf("landmarks %q, %v", marks, err)
	}
}

// ownTitle: news is told in the title of a page that is in the background; the
// title that the page gives itself meanwhile stays when it is looked at again.
func (p *page) ownTitle() {
	p.t.Helper()
	err := p.eval(`(() => {
	  document.title = '龙井';
	  Object.defineProperty(document, 'hidden', { configurable: true, get: () => true });
	  Frontdesk('send', '运费多少');
	})()`, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	p.wait(`document.title === '【新消息】龙井'`)
	p.wait(`(document.title = '(1) 购物车', true)`)
	p.wait(`document.title === '【新消息】(1) 购物车'`)
	if err := p.eval(`(() => { delete document.hidden; document.dispatchEvent(new Event('visibilitychange')); })()`, nil); err != nil {
		p.t.Fatal(err)
	}
	p.wait(`document.title === '(1) 购物车'`)
}

// newBody: pages that replace their body (Turbo, view transitions) keep the chat,
// open as it was.
func (p *page) newBody() {
	p.t.Helper()
	swap := `(() => {
	  const nb = document.createElement('body'); nb.innerHTML = '<h1>B</h1>';
	  document.documentElement.replaceChild(nb, document.body);
	})()`
	for _, then := range []string{"", "document.dispatchEvent(new CustomEvent('turbo:load'))"} {
		if err := p.eval(swap, nil); err != nil {
			p.t.Fatal(err)
		}
		if err := p.eval(then, nil); err != nil {
			p.t.Fatal(err)
		}
		p.wait(`document.querySelectorAll('frontdesk-chat').length === 1`)
		p.sees(".log", "后面的话")
	}
	p.say("还在")
	p.sees(".row.peer.sent", "还在")
	p.shot("new-body")
	err := p.eval(`(() => { document.querySelector('frontdesk-chat').remove(); const s = document.createElement('script'); s.src = '/chat/widget.js'; document.head.append(s); })()`, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	p.wait(`document.querySelectorAll('frontdesk-chat').length === 1`)
}
