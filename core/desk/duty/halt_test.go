package duty

import (
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk/command"
)

// What staff write about the policies, in a thread and outside, and what it sets.
func TestHalts(t *testing.T) {
	now := time.Date(2026, 11, 11, 20, 0, 0, 0, time.UTC)
	ana := core.Agent{ID: "inbox/ana", Name: "Ana"}
	here := &core.Ticket{ID: "7", Key: core.Key{Channel: "wechat", Peer: "o1"}, Topic: "aftersale"}
	for _, x := range []struct {
		text   string
		thread *core.Ticket
		key    string // set by it, with "-" before it if it is taken away
		says   string
	}{
		{"!安抚 停", here, "wait/halt/talk/wechat/o1", "这位客户"},
		{"!安抚 停", nil, "wait/halt/all", "所有排队客户"},
		{"!安抚 停 全部", here, "wait/halt/all", "所有排队客户"},
		{"!安抚 停 队列", here, "wait/halt/topic/aftersale", "aftersale"},
		{"!安抚 停 队列 presale 支付故障", nil, "wait/halt/topic/presale", "presale"},
		{"!安抚 停 队列", nil, "", "请写清对谁"},
		{"!reassure stop channel", here, "wait/halt/channel/wechat", "wechat"},
		{"!安抚 停 这位", nil, "", "请写清对谁"},
		{"!安抚 恢复", nil, "", "请写恢复的原因"},
		{"!安抚 恢复 全部 高峰过了", nil, "-wait/halt/all", "已恢复"},
		{"!安抚", nil, "", "没有停止"},
		{"!原因 支付通道故障，正在处理", here, "wait/cause/aftersale", "支付通道故障"},
		{"!原因 今天仓库盘点", nil, "wait/cause/", "仓库盘点"},
		{"!原因", nil, "-wait/cause/", "撤下"},
	} {
		act, ok := command.FromText(x.text)
		if !ok {
			t.Fatalf("%s is no command", x.text)
		}
		p := Post{Scene: core.Scene{Now: now}}
		r := p.Do(Words{Agent: ana, Act: act, Desk: "inbox", Ticket: x.thread})
		got := ""
		for _, v := range r.Values {
			if got = v.Key; v.Value == "" {
				got = "-" + got
			}
		}
		if got != x.key || len(r.Texts) != 1 || !strings.Contains(r.Texts[0], x.says) {
			t.Errorf("%s sets %q and says %q, want %q and %q", x.text, got, r.Texts, x.key, x.says)
		}
		if (x.key != "") != (len(r.Events) == 1) {
			t.Errorf("%s logs %v", x.text, r.Events)
		}
	}
	n := core.ReadNotice([]core.Value{core.Halt{Scope: core.HaltTopic("aftersale"), By: "inbox/ana", At: now, Why: "支付故障"}.Value()})
	act, _ := command.FromText("!安抚")
	if got := (Post{Scene: core.Scene{Now: now, Notice: n}}).Do(Words{Agent: ana, Act: act, Desk: "inbox"}).Texts[0]; !strings.Contains(got, "aftersale") || !strings.Contains(got, "支付故障") {
		t.Errorf("says %q", got)
	}
}
