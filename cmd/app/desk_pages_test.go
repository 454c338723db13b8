package app

import (
	"testing"

	"github.com/frontdesk-im/frontdesk/adapters/wechat/fake"
)

// resize makes the page a phone's or a desktop's, in a language.
func (p *page) resize(w, h int, lang string) {
	p.t.Helper()
	p.must("Emulation.setDeviceMetricsOverride", map[string]any{"width": w, "height": h, "deviceScaleFactor": 1, "mobile": w < 720}, nil)
	p.must("Runtime.evaluate", map[string]any{"expression": `document.cookie = 'frontdesk_lang=` + lang + `; path=/console/'; location.reload()`}, nil)
	p.wait(`document.readyState === 'complete' && !!window.seek && document.documentElement.lang.startsWith('` + lang + `')`)
}

// still waits until nothing opens or closes.
func (p *page) still() {
	p.t.Helper()
	p.wait(`!document.querySelector('[class*="-enter"], [class*="-leave"], [class*="-appear"]')`)
}

// press presses a key that writes nothing.
func (p *page) press(key string, code int) {
	p.t.Helper()
	for _, kind := range []string{"keyDown", "keyUp"} {
		p.must("Input.dispatchKeyEvent", map[string]any{"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code}, nil)
	}
}

// What the desk can do, as its pages offer it: breaks that end by themselves,
// and templates where nothing else may be said, in both languages, on a desktop
// and on a phone.
func breaksAndTemplates(t *testing.T) {
	b := chromium(t)
	s := playing(t, oneEach+`
staff:
  templates:
    - {id: reply, title: 咨询回复通知, form: "template:reply", values: {first: "您好，您咨询的问题有了回复。", keyword1: "{text}", keyword2: "工单 {ticket}", remark: "回复本消息即可继续与我们联系。", url: "https://shop.example/t/{ticket}"}}
    - {id: recall, title: 请您回来, form: "template:recall", values: {first: "{agent} 正在等您的消息", remark: "回复任意内容，我们接着为您处理。"}}
`)
	s.Flows = open(t)
	p := launch(t, s)
	agent := signUp(b, p)
	agent.name = "desk"
	agent.click(".presence button.on", "上班")
	agent.sees(".presence button.on.now", "上班")

	// A break that ends by itself, by mouse and by keyboard.
	const item = ".ant-dropdown:not(.ant-dropdown-hidden) .ant-dropdown-menu-item"
	agent.click(".presence button.break", "小休")
	agent.sees(item, "直到我回来")
	agent.wait(`document.activeElement.closest('.ant-dropdown')`)
	agent.still()
	agent.shot("break-menu")
	agent.press("ArrowDown", 40)
	agent.press("ArrowDown", 40)
	agent.shot("break-menu-keys")
	agent.press("Escape", 27)
	agent.click(".presence button.break", "小休")
	agent.click(item, "30 分钟")
	agent.sees(".presence button.break.now", "小休到 \\d\\d:\\d\\d")
	agent.shot("break")
	agent.goTo(p.base + "/console/#team")
	agent.sees(".mate.break", "小休到 \\d\\d:\\d\\d")
	agent.shot("break-team")
	agent.resize(390, 844, "zh")
	agent.sees(".presence-small", "小休到 \\d\\d:\\d\\d")
	agent.click(".presence-small", "")
	agent.sees(item, "30 分钟")
	agent.still()
	agent.shot("break-phone")
	agent.resize(390, 844, "en")
	agent.click(".presence-small", "Break until")
	agent.sees(item, "Until I’m back")
	agent.still()
	agent.shot("break-phone-en")
	agent.resize(1440, 900, "en")
	agent.click(".presence button.break", "Break until")
	agent.sees(item, "1 hour")
	agent.still()
	agent.shot("break-menu-en")
	agent.click(item, "Until I’m back")
	agent.sees(".presence button.break.now", "^Break$")
	agent.resize(1440, 900, "zh")
	agent.click(".presence button.on", "上班")
	agent.sees(".presence button.on.now", "上班")

	agent.sees(".mate.on", "小林")

	// Who rings at the top of the list is not announced once more; on another
	// page they are.
	const toast = ".ant-message-notice"
	agent.goTo(p.base + "/console/#inbox/waiting")
	agent.wait("!" + found(toast, ""))
	p.visit().send("m1", "转人工")
	agent.sees(".ringing button", "")
	var toasts int
	if err := agent.eval(`new Promise(r => setTimeout(() => r(`+found(toast, "")+`), 1500))`, &toasts); err != nil || toasts > 0 {
		t.Errorf("%d toasts beside the ring (%v)", toasts, err)
	}
	agent.shot("ring")
	agent.click(".ringing button", "")
	agent.sees("button.close", "结束")
	agent.sees(".happened.notice", "🔔 访客 .{4} 来了")
	agent.close()
	agent.goTo(p.base + "/console/#team")

	// WeChat lets five messages through; then a template is what is left.
	who := "oPlayground000000000h3qoUQ"
	p.do("wechat", fake.Act{Who: who, Do: "say", Text: "人工"})
	agent.sees(toast, "🔔 .*请在 45 秒内接听")
	agent.still()
	agent.shot("ring-elsewhere")
	agent.click(toast, "请在 45 秒内接听")
	agent.sees(".ringing button", "")
	agent.click(".ringing button", "")
	agent.sees("button.close", "结束")
	agent.wait("!" + found(".composer .strip", "接听"))
	agent.sees(".tools button", "用模板发")
	agent.click(".composer textarea", "")
	agent.write("您的退款 ¥86.00 已原路退回，1–3 个工作日到账。")
	agent.click(".tools button", "用模板发")
	agent.sees(".templates", "您好，您咨询的问题有了回复")
	agent.shot("template-menu")
	agent.press("ArrowDown", 40)
	agent.wait(`document.activeElement.matches('.templates button:not(.shut)')`)
	agent.press("Escape", 27)
	agent.wait("!" + found(".templates", ""))
	agent.wait(`document.activeElement.matches('.composer textarea')`)
	agent.fill(".composer textarea", "", "")
	for _, text := range []string{"您好，我是小林。", "正在为您查询。", "请稍等。", "查到了。", "退款已经提交。", "还有一件事。"} {
		var n int
		if err := agent.eval(found(".composer .strip .ways", ""), &n); err != nil || n > 0 {
			break
		}
		agent.reply(text)
		agent.wait("!" + found(".st.pending", ""))
	}
	agent.sees(".composer .strip", "条数已用完.*用模板发")
	agent.fill(".composer textarea", "", "")
	agent.shot("template-offer")
	agent.press("Escape", 27) // should the last one have come too late, it has opened the templates
	agent.wait("!" + found(".templates", ""))
	agent.click(".composer .strip button", "用模板发")
	agent.sees(".templates button:disabled", "先在输入框写内容")
	agent.shot("template-list-empty")
	agent.click(".composer textarea", "")
	agent.write("您的退款 ¥86.00 已原路退回，1–3 个工作日到账。")
	agent.sees(".templates button:not(:disabled)", "¥86.00")
	agent.shot("template-list")
	agent.resize(390, 844, "zh")
	agent.click(".composer textarea", "")
	agent.write("您的退款 ¥86.00 已原路退回，1–3 个工作日到账。")
	agent.shot("template-offer-phone")
	agent.click(".composer .strip button", "用模板发")
	agent.sees(".templates button:not(:disabled)", "¥86.00")
	agent.shot("template-list-phone")
	agent.resize(390, 844, "en")
	agent.click(".composer .strip button", "Send by template")
	agent.sees(".templates", "what you write")
	agent.shot("template-list-phone-en")
	agent.resize(1440, 900, "en")
	agent.click(".composer .strip button", "Send by template")
	agent.sees(".templates", "Write something first")
	agent.shot("template-list-en")
	agent.resize(1440, 900, "zh")
	agent.click(".composer textarea", "")
	agent.write("您的退款 ¥86.00 已原路退回，1–3 个工作日到账。")
	agent.enter() // says what can be done
	agent.click(".templates button", "咨询回复通知")
	agent.sees(".say.agent .card.form", "咨询回复通知.*¥86.00.*回复本消息")
	agent.wait(`document.querySelector('.composer textarea').value === ''`)
	agent.wait("!" + found(".st.pending", ""))
	agent.shot("template-sent")

	// One without a place for words leaves what was written alone.
	agent.click(".composer textarea", "")
	agent.write("半句")
	agent.click(".composer .strip button", "用模板发")
	agent.click(".templates button", "请您回来")
	agent.sees(".say.agent .card.form", "小林 正在等您的消息")
	agent.wait(`document.querySelector('.composer textarea').value === '半句'`)

	// The customer's next message opens the window again.
	p.do("wechat", fake.Act{Who: who, Do: "say", Text: "收到了"})
	agent.sees(".say.peer", "收到了")
	agent.wait("!" + found(".composer .strip", "条数已用完"))
	if s := b.trouble(); s != "" {
		t.Errorf("the pages threw:\n%s", s)
	}
	if err := p.stop(); err != nil {
		t.Errorf("stopping: %v", err)
	}
}
