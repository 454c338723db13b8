package desk_test

import (
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// Thanks, a goodbye and a nod after an agent's word ask for nothing: nobody is
// reminded, and what is set aside stays so. What may be an answer does.
func TestNod(t *testing.T) {
	for _, c := range []struct {
		agent, customer string
		waits           bool
	}{
		{"补发的今天寄出。", "谢谢，再见", false},
		{"补发的今天寄出。", "好的谢谢啦～", false},
		{"补发的今天寄出。", "嗯嗯 收到👌", false},
		{"It will be sent today.", "ok thanks bye", false},
		{"It will be sent today.", "great, thank you so much!", false},
		{"还有别的问题吗？", "没有了，谢谢", false},
		{"还有别的问题吗？", "谢谢，不用了", false},
		{"Anything else?", "no thanks, that's all", false},
		{"要给您补发吗？", "好的，谢谢", true},
		{"Shall I send another?", "yes please, thanks", true},
		{"要给您补发吗？", "要", true},
		{"补发的今天寄出。", "谢谢，几天能到", true},
		{"补发的今天寄出。", "好的吗？", true},
		{"It will be sent today.", "thanks but the last one broke too", true},
	} {
		p := newPlay(t)
		p.press("slack/lin", "claim")
		p.writes("slack/lin", c.agent)
		p.pass(10 * time.Second)
		p.customer(c.customer)
		p.pass(20 * time.Minute)
		if back := p.hasEvent(core.EventReturned); back != c.waits {
			t.Errorf("%s / %s: returned to the line for want of an answer: %v", c.agent, c.customer, back)
		}
	}
	p := newPlay(t)
	p.press("slack/lin", "claim")
	p.writes("slack/lin", "我去仓库看一下，明天回您。")
	p.writes("slack/lin", "!park 2h")
	p.customer("好的，谢谢")
	p.wantState(core.TicketParked, "slack/lin")
	p.customer("对了，杯子也要换")
	p.wantState(core.TicketActive, "slack/lin")
}
