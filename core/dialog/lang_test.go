package dialog_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/frontdesk-im/frontdesk/core/dialog"
	"github.com/frontdesk-im/frontdesk/core/script"
	"github.com/frontdesk-im/frontdesk/flows"
)

// shop is the script of a small shop that speaks one language.
func shop(t *testing.T, lang string) *dialog.Engine {
	t.Helper()
	src := strings.ReplaceAll(`
settings: {languages: [LANG], topic: service}
hours: {default: {zone: America/New_York, week: {mon-fri: ["09:00-18:00"]}, answer: 4h}}
topics: [{id: service, title: {LANG: Service 客服}, hours: default}]
greeting:
  text: {LANG: 你好，我是机器人，回复“人工”转人工。I am a bot. Reply human for a person.}
  short: {LANG: 我是机器人，回复“人工”转人工。I am a bot. Reply human for a person.}
  menu: [open]
entries:
  - id: open
    title: {LANG: 营业时间 Hours}
    exact: {LANG: [营业时间, wifi]}
    answer: {LANG: 九点到六点 9 to 6}
`, "LANG", lang)
	b, err := script.Load(fstest.MapFS{"shop.yaml": {Data: []byte(src)}}, script.Options{Base: flows.FS})
	if err != nil {
		t.Fatal(err)
	}
	return dialog.New(b)
}

// Who writes in another language than the one that a script has is told so, in
// one line, once: also when what they wrote is understood.
func TestOneLanguage(t *testing.T) {
	for lang, talk := range map[string][][2]string{
		"zh": {{"hello", "I only speak Chinese"}, {"human", "人工客服"}, {"人工", ""}},
		"en": {{"你好", "我只会英文"}, {"人工", "Our team"}},
	} {
		p := newPlayer(t, shop(t, lang))
		for i, x := range talk {
			p.fresh()
			p.text(x[0])
			p.passes(3 * time.Second)
			all := strings.Join(p.all, "\n")
			if !strings.Contains(all, x[1]) || i > 0 && (strings.Contains(all, "only") || strings.Contains(all, "我只会")) {
				t.Errorf("%s, %s: %q", lang, x[0], p.all)
			}
		}
	}
	for _, s := range []string{"refund", "do you have wifi", "hello"} {
		p := newPlayer(t, shop(t, "zh"))
		p.text(s)
		p.passes(3 * time.Second)
		all := strings.Join(p.all, "\n")
		if n := strings.Count(all, "only"); n != 1 || strings.Contains(all, "English") {
			t.Errorf("%s: %q", s, p.all)
		}
	}
	for _, s := range []string{"nihao", "wifi", "XH20261101", "ok", "你好"} {
		p := newPlayer(t, shop(t, "zh"))
		p.text(s)
		p.passes(3 * time.Second)
		if all := strings.Join(p.all, "\n"); strings.Contains(all, "only speak") && s != "wifi" {
			t.Errorf("%s: %q", s, p.all)
		}
	}
}
