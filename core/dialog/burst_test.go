package dialog_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// Lines within a minute are one question: a beginning waits for what follows, a
// question is answered at once, and nobody waits longer than six seconds for an
// answer to their last line.
func TestBurstSlow(t *testing.T) {
	b := demo(t)
	for _, c := range []struct {
		lines string // parted by |, five seconds apart
		want  string // in what is said
	}{
		{"我想问一下|就是|我上周买的白茶|收到了，|但是|袋子有点破|里面漏出来了|这个怎么赔", "补发"},
		{"那个|我前天拍的龙井|现在到哪了", "订单号"},
		{"你们家的茶，|能放多久", "18 个月"},
		{"hi i just wanted to ask|i ordered some tea last week|where is my order", "order number"},
	} {
		p := newPlayer(t, b)
		p.says(core.Joined{})
		p.fresh()
		lines := strings.Split(c.lines, "|")
		for _, s := range lines[:len(lines)-1] {
			p.text(s)
			p.passes(5 * time.Second)
			if len(p.all) > 0 {
				t.Errorf("%s: said %q after %q", c.lines, p.all, s)
				p.fresh()
			}
		}
		p.text(lines[len(lines)-1])
		if len(p.all) == 0 {
			p.passes(1500 * time.Millisecond)
		}
		if len(p.all) != 1 || !strings.Contains(p.all[0], c.want) {
			t.Errorf("%s: %q", c.lines, p.all)
		}
	}
	for _, s := range []string{"我想问一下", "我上周买的白茶", "so i bought a teapot"} { // and nothing more comes
		p := newPlayer(t, b)
		p.says(core.Joined{})
		p.fresh()
		p.text(s)
		p.passes(6 * time.Second)
		if len(p.all) != 1 {
			t.Errorf("%s: %q after six seconds", s, p.all)
		}
	}
	for _, s := range []string{"茶叶能放多久", "运费", "你们几点上班", "我的订单到哪了", "退货", "开发票", "how much is shipping", "我上周买的白茶到哪了"} {
		p := newPlayer(t, b)
		p.says(core.Joined{})
		p.fresh()
		p.text(s)
		if len(p.all) == 0 || slices.Contains(p.all, "") {
			t.Errorf("%s: waits", s)
		}
	}
}
