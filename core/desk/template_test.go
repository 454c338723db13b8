package desk_test

import (
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk"
)

// After the window has closed an agent's words go out by a template, with one
// tap on the message that was held back, or by command; without a right nobody
// sends anything.
func TestTemplate(t *testing.T) {
	p := newPlay(t)
	p.r.Limits = func(string) core.Limits {
		return core.Limits{Forms: true, Allowances: []core.Allowance{{After: "message", Count: 5, Within: 48 * time.Hour}}}
	}
	p.r.Templates = []core.Template{
		{ID: "reply", Title: "回复通知", Form: "template:reply", Values: map[string]string{"thing1": "{text}", "thing2": "{agent} #{ticket}"}},
		{ID: "wxdesk", Title: "转微信客服", Form: "wechat_desk"},
		{ID: "other", Title: "Other", Form: "template:other", Channels: []string{"wx2"}},
	}
	p.press("slack/lin", "claim")
	p.say = nil
	p.writes("slack/lin", "您的退款已到账")
	p.pass(5 * time.Second)
	p.wantCustomer() // nothing may be said
	form := func() core.Form {
		t.Helper()
		for _, e := range p.say {
			if f, ok := e.Parts[0].(core.Form); ok && e.Channel == "" {
				if e.By.ID != "slack/lin" || e.Via == nil {
					t.Errorf("said by %+v via %v", e.By, e.Via)
				}
				p.say = nil
				return f
			}
		}
		return core.Form{}
	}
	b := p.button("slack", "template")
	if b == "" {
		t.Fatalf("no button offers the template: %q", p.told("slack"))
	}
	p.press("slack/bob", b)
	p.pass(5 * time.Second)
	if f := form(); f.ID != "" {
		t.Errorf("somebody else sent %+v", f)
	}
	p.press("slack/lin", b)
	p.pass(5 * time.Second)
	if f := form(); f.ID != "template:reply" || f.Values["thing1"] != "您的退款已到账" || f.Values["thing2"] != "Lin #T1" {
		t.Errorf("sent %+v", f)
	}
	p.writes("slack/lin", "!template reply 明天送到")
	p.writes("slack/lin", "!undo")
	p.pass(5 * time.Second)
	if f := form(); f.ID != "" {
		t.Errorf("what was taken back went out: %+v", f)
	}
	p.writes("slack/lin", "!模板 回复通知 明天送到")
	p.pass(5 * time.Second)
	if f := form(); f.Values["thing1"] != "明天送到" {
		t.Errorf("sent %+v", f)
	}
	p.press("slack/lin", "template:wxdesk")
	p.pass(5 * time.Second)
	if f := form(); f.ID != "wechat_desk" {
		t.Errorf("sent %+v", f)
	}
	for text, want := range map[string]string{"!template": "reply 回复通知", "!template reply": "Say what to put in", "!template nothing x": "no template", "!template other x": "no template"} {
		p.say = nil
		p.writes("slack/lin", text)
		if got := strings.Join(p.told("slack"), "\n"); !strings.Contains(got, want) {
			t.Errorf("%s: told %q", text, got)
		}
	}
	p.r.Limits = nil
	p.say = nil
	p.writes("slack/lin", "!template")
	if got := strings.Join(p.told("slack"), "\n"); !strings.Contains(got, "no templates") {
		t.Errorf("a channel without forms: told %q", got)
	}
}

// What goes out by a template goes through the guard like every message: lines
// that are notes never do, and what is doubtful is asked about. The answer may be
// given, and what failed tried again, though the window has closed.
func TestTemplateGuarded(t *testing.T) {
	p := newPlay(t)
	p.r.Limits = func(string) core.Limits {
		return core.Limits{Forms: true, Allowances: []core.Allowance{{After: "message", Count: 5, Within: 48 * time.Hour}}}
	}
	p.r.Templates = []core.Template{{ID: "reply", Title: "Reply", Form: "template:reply", Values: map[string]string{"thing1": "{text}"}}}
	p.press("slack/lin", "claim")
	form := func() (f core.Form, via *core.Via) {
		for _, e := range p.say {
			if x, ok := e.Parts[0].(core.Form); ok && e.Channel == "" {
				f, via = x, e.Via
			}
		}
		p.say = nil
		return f, via
	}
	for text, want := range map[string]string{"!template reply 您好\n// 他很烦": "notes or commands", "!template reply 绝对没问题": "banned", "!template reply 这个客户很烦": "colleagues"} {
		p.writes("slack/lin", text)
		p.wantTold("slack", want)
		p.pass(5 * time.Second)
		if f, _ := form(); f.ID != "" {
			t.Errorf("%q sent %+v unasked", text, f)
		}
	}
	p.writes("slack/lin", "!template reply // 他很烦")
	p.wantTold("slack", "Say what to put in")
	p.writes("slack/lin", "!template reply 您好\n// 他很烦")
	p.writes("slack/lin", "!send")
	f, via := form()
	if f.Values["thing1"] != "您好" || via == nil {
		t.Fatalf("sent %+v", f)
	}
	p.do(func() core.Outcome {
		return p.r.Failed(p.c, desk.Failure{Message: core.Envelope{ID: "m9", Via: via, Parts: core.Parts{f}}, Kind: core.KindTransient}, p.scene())
	})
	p.press("slack/lin", p.button("slack", "retry"))
	if f, _ = form(); f.Values["thing1"] != "您好" {
		t.Errorf("tried again: %+v, told %q", f, p.told("slack"))
	}
	// A message without words has nothing for the template; it is still there to be kept.
	env := p.env("slack/lin", core.Media{Type: "image/png", Name: "a.png"})
	p.do(func() core.Outcome { return p.r.Staff(p.c, env, p.scene(), p.log...) })
	keep := p.button("slack", "keep")
	p.press("slack/lin", p.button("slack", "template"))
	p.press("slack/lin", keep)
	p.wantTold("slack", "Kept")
}

// What does not go out is named to its author, a template and a file too.
func TestUnsentIsNamed(t *testing.T) {
	p := newPlay(t)
	p.r.Limits = func(string) core.Limits { return core.Limits{Forms: true} }
	p.r.Templates = []core.Template{{ID: "reply", Title: "Reply", Form: "template:reply", Values: map[string]string{"thing1": "{text}"}}}
	p.press("slack/lin", "claim")
	p.writes("slack/lin", "!template reply 明天送到")
	env := p.env("slack/lin", core.Media{Type: "image/png", Name: "cup.png"})
	p.do(func() core.Outcome { return p.r.Staff(p.c, env, p.scene(), p.log...) })
	p.press("slack/bob", "take")
	for _, want := range []string{"明天送到", "cup.png"} {
		p.wantTold("slack", want)
	}
	p.press("slack/bob", "template:reply")
	p.writes("slack/bob", "!template reply 后天送到")
	p.writes("slack/bob", "!undo")
	p.wantTold("slack", "后天送到")
	via := core.Via{Channel: "slack", Ref: "r1", Agent: "slack/bob"}
	p.do(func() core.Outcome {
		return p.r.Failed(p.c, desk.Failure{Message: core.Envelope{ID: "m9", Via: &via, Parts: core.Parts{core.Media{Type: "image/png", Name: "pot.png"}}}}, p.scene())
	})
	p.wantTold("slack", "pot.png")
}
