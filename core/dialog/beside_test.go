package dialog_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/frontdesk-im/frontdesk/core"
)

// Two questions in one message, a long story or an unhappy word: it is answered,
// and what else was asked and a person stand beside the answer at once. A plain
// question gets its answer and no more.
func TestBeside(t *testing.T) {
	b := demo(t)
	story := strings.Repeat("我上个月在你们店里给家里老人买了两盒茶叶当生日礼物，", 5) + "请问茶叶能放多久"
	for text, want := range map[string][]string{
		"茶壶断了": {"human"},
		strings.Repeat("家里老人收到以后一直在念叨这件事情，", 7) + "我要退货": {"human"}, // a form
		story:    {"human"},
		"茶叶能放多久": nil,
		"你好，请问茶叶能放多久，谢谢": nil,
	} {
		p := newPlayer(t, b)
		p.says(core.Joined{})
		p.fresh()
		p.last = nil
		p.text(text)
		if p.count(core.EventAnswered) != 1 {
			t.Errorf("%q is not answered: %q", text, p.all)
			continue
		}
		var ids []string
		if p.last != nil {
			for _, o := range p.last.Options {
				ids = append(ids, o.ID)
			}
		}
		for _, id := range want {
			if !slices.Contains(ids, id) {
				t.Errorf("%q: %s is not offered beside the answer: %v", text, id, ids)
			}
		}
		if want == nil && len(ids) > 0 {
			t.Errorf("%q: %v offered beside a plain answer", text, ids)
		}
	}
	p := newPlayer(t, b)
	p.text("人工")
	p.fresh()
	p.text("发什么快递？你们门店在哪")
	if strings.Contains(p.lastSaid(), "人工客服") {
		t.Errorf("who is in line is offered a person: %q", p.all)
	}
}

// Two or three questions in one message that the script is sure of are answered,
// each once and in order, with a person beside; of what is left it is said so.
func TestSeveral(t *testing.T) {
	b := demo(t)
	for text, want := range map[string][]string{
		"发什么快递？你们门店在哪":                            {"默认中通", "杭州西湖区", "人工客服"},
		"运费多少？几天到？能开发票吗":                          {"满 59 元包邮", "江浙沪 1–2 天", "给哪个订单开票", "人工客服"},
		"能开发票吗？运费多少？几天到":                          {"满 59 元包邮", "江浙沪 1–2 天", "给哪个订单开票", "人工客服"},
		"你好，请问龙井多少钱，包邮吗？谢谢":                       {"268 元", "满 59 元包邮", "人工客服"},
		"茶叶能放多久？你们那边下雨吗？发什么快递？":                   {"18 个月", "关于“你们那边下雨吗”", "默认中通", "人工客服"},
		"how much is shipping? when do you open?": {"Free from ¥59", "9:00–21:00", "Talk to a person"},
	} {
		p := newPlayer(t, b)
		p.says(core.Joined{})
		p.fresh()
		p.text(text)
		all := strings.Join(p.all, "\n")
		at := 0
		for _, w := range want {
			i := strings.Index(all[at:], w)
			if i < 0 {
				t.Errorf("%q: %q is not said in its turn: %q", text, w, p.all)
				break
			}
			at += i
		}
		if len(p.all) > 2 {
			t.Errorf("%q: %d bubbles", text, len(p.all))
		}
	}
	p := newPlayer(t, b)
	p.text("运费多少？几天到？发什么快递？能开发票吗？茶叶能放多久？") // more than anybody reads: one, and the others as buttons
	if n := p.count(core.EventAnswered); n != 1 || len(p.last.Options) < 3 {
		t.Errorf("%d answers, %q", n, p.all)
	}
}
