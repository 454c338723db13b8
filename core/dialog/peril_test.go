package dialog_test

import (
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// After a danger, until a person has come or for half an hour, nothing of the
// shop is said, whatever they write; and never the same words twice running.
func TestPeril(t *testing.T) {
	b := demo(t)
	for danger, after := range map[string][]string{
		"我不想活了":                                     {"怎么办", "没有人在乎我", "查订单", "1", "退货", "取消", "人工", "9", "茶叶能放多久", "你好", "？", "退出排队", "留言"},
		"我被人打了，流了很多血":                               {"他还在门口", "怎么办啊", "快点", "在吗", "投诉", "好的", "菜单"},
		"my child drank the tea and cannot breathe": {"what should i do", "she is turning blue", "help", "hurry", "how long", "menu", "cancel", "track my order", "never mind"},
	} {
		for _, staff := range []int{0, 1} {
			p := newPlayer(t, b)
			p.line.OnDuty, p.line.Free = staff, staff
			p.text(danger)
			p.passes(3 * time.Second)
			if !p.c.Ticket.Open() || !strings.Contains(p.lastSaid(), "1") {
				t.Fatalf("%s: %q", danger, p.all)
			}
			for _, s := range after {
				p.fresh()
				p.text(s)
				p.passes(20 * time.Second)
				for _, said := range p.all {
					if !strings.Contains(said, "同事") && !strings.Contains(said, "colleague") || strings.Contains(said, "1. ") {
						t.Errorf("%d on duty: %s, %s: %q", staff, danger, s, said)
					}
				}
				if len(p.all) > 1 {
					t.Errorf("%s, %s: %q", danger, s, p.all)
				}
			}
			if k := p.c.Ticket; !k.Open() {
				t.Errorf("%s: the ticket was closed: %+v", danger, k)
			}
		}
	}
}

// Once a person has had the ticket, the talk is theirs, and afterwards an
// ordinary one.
func TestPerilEnds(t *testing.T) {
	p := newPlayer(t, demo(t))
	p.text("我不想活了")
	p.passes(time.Second)
	k := *p.c.Ticket
	k.Claimed, k.State = p.now, core.TicketWaiting // taken, and back in line
	p.c.Ticket = &k
	p.fresh()
	p.text("茶叶能放多久")
	p.passes(time.Second)
	wantIn(t, p.lastSaid(), "18 个月")
}
