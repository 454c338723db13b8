package app

import (
	"testing"

	"github.com/frontdesk-im/frontdesk/core/coretest"
)

// A way is how a newcomer goes: in a language, on a device, by day or night.
type way struct {
	name, lang, scheme string
	size
	said phrases
}

// phrases are what the two write, and what they see, in a language.
type phrases struct {
	question, answer, human, inLine, hello, thanks, end, solved, open, rated string
}

var inChinese = phrases{"绿茶能放多久？", "18 个月", "转人工", "接通|排队", "您好，我是小林，这就帮您看。", "太好了，谢谢", "结束", "已解决", "直接写在这里", "谢谢您花时间"}
var inEnglish = phrases{"How long does green tea keep?", "18 months", "talk to a person", "line|person|connect", "Hello, this is Lin. Let me look.", "Wonderful, thank you", "Close", "^Solved", "just write it here", "Thank"}

// A newcomer's walk through everything, in both languages, on a desktop and a
// phone, by day and in the dark: somebody asks, is answered, asks for a person, is
// taken and answered by one, and rates it. Nothing is cut off at the side on the
// way. FRONTDESK_SHOTS=dir keeps pictures to look at.
func TestWalk(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes its time")
	}
	b, p, agent := staffed(t)
	desktop, phone := size{w: 1280, h: 800}, size{w: 390, h: 844, mobile: true}
	ways := []way{
		{"zh-desktop", "zh", "light", desktop, inChinese}, {"en-phone-dark", "en", "dark", phone, inEnglish},
		{"zh-phone", "zh", "light", phone, inChinese}, {"en-desktop", "en", "light", desktop, inEnglish},
		{"zh-desktop-dark", "zh", "dark", desktop, inChinese}, {"en-phone", "en", "light", phone, inEnglish},
		{"zh-phone-dark", "zh", "dark", phone, inChinese}, {"en-desktop-dark", "en", "dark", desktop, inEnglish},
	}
	for i := range coretest.Sample(t, len(ways), 2) {
		ways[i].walk(b, p, agent)
	}
	if s := b.trouble(); s != "" {
		t.Errorf("the pages threw:\n%s", s)
	}
}

func (w way) walk(b *browser, p *program, agent *page) {
	b.t.Helper()
	at := w.size
	at.lang = map[string]string{"zh": "zh-CN", "en": "en"}[w.lang]
	c := b.window("walk-"+w.name, at)
	c.media(w.scheme)
	c.goTo(p.base + "/?lang=" + at.lang)
	c.click("button.fab", "")
	c.sees(".log .row.bot", "")
	c.whole("greeted")
	c.say(w.said.question)
	c.sees(".log", w.said.answer)
	c.say(w.said.human)
	c.sees(".log .row.bot", w.said.inLine)
	c.wait(`(() => { const rows = seek('.log .row', ''), log = seek('.log', '')[0].getBoundingClientRect(); return rows[rows.length-1].getBoundingClientRect().bottom <= log.bottom + 1; })()`)
	c.whole("in-line")

	agent.name = "walk-" + w.name + "-desk"
	agent.media(w.scheme)
	agent.goTo(p.base + "/console/#inbox/waiting")
	agent.resize(w.w, w.h, w.lang)
	agent.sees(".ringing a", "")
	agent.whole("ringing")
	agent.click(".ringing a", "")
	agent.sees(".composer .strip", "")
	agent.reply(w.said.hello)
	c.inView(w.said.hello)
	c.whole("answered")
	c.say(w.said.thanks)
	agent.sees(".thread .say.peer", w.said.thanks)
	agent.wait("!" + found(".st.pending", ""))
	agent.whole("talk")

	agent.click("button.close", "")
	agent.still()
	agent.whole("closing")
	agent.click(".ant-modal-footer .ant-btn-primary", w.said.end)
	agent.wait("!" + found(".ant-modal", ""))
	c.click(".log button", w.said.solved)
	c.click(".log button", "^5")
	c.sees(".log", w.said.open)
	c.whole("survey")
	c.say("👍")
	c.sees(".log", w.said.rated)
	c.whole("rated")
	c.must("Page.close", nil, nil)
}

// whole keeps a picture, and checks that nothing sticks out at the side.
func (p *page) whole(what string) {
	p.t.Helper()
	p.shot(what)
	var wide []string
	err := p.eval(`(() => {
	  const out = document.documentElement.scrollWidth > innerWidth ? ['the page is ' + document.documentElement.scrollWidth + ' wide'] : [];
	  for (const e of seek('button, a, input, textarea, h1, h2, .bub, .bubble', '')) {
	    const r = e.getBoundingClientRect();
	    if (!e.closest('.sr, .skip') && !e.matches('.sr, .skip') && (r.right > innerWidth + 1 || r.left < -1)) out.push((e.innerText || e.className) + ' ' + r.left + '–' + r.right);
	  }
	  return out;
	})()`, &wide)
	if err != nil || len(wide) > 0 {
		p.t.Errorf("%s, %s: sticks out: %q %v", p.name, what, wide, err)
	}
}
