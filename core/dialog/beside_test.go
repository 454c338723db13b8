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
		"发什么快递？你们门店在哪": {"courier", "human"},
		"茶壶断了":         {"human"},
		story:          {"human"},
		"茶叶能放多久":       nil,
		"你好，请问茶叶能放多久，谢谢": nil,
	} {
		p := newPlayer(t, b)
		p.says(core.Joined{})
		p.fresh()
		p.last = nil
		p.text(text)
		if p.count(core.Answered) != 1 {
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
