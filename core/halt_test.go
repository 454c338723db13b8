package core_test

import (
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

func TestNotice(t *testing.T) {
	key := core.Key{Channel: "wechat", Peer: "o1"}
	other := core.Key{Channel: "web", Peer: "v1"}
	at := time.Date(2026, 11, 11, 20, 0, 0, 0, time.UTC)
	for _, x := range []struct {
		scope         string
		mine, someone bool
	}{
		{core.HaltAll, true, true}, {core.HaltTopic("aftersale"), true, false}, {core.HaltTopic(""), false, true},
		{core.HaltChannel("wechat"), true, false}, {core.HaltTalk(key), true, false}, {core.HaltTalk(other), false, true},
	} {
		v := core.Halt{Scope: x.scope, By: "inbox/ana", At: at, Why: "test"}.Value()
		n := core.ReadNotice([]core.Value{{Key: core.StaffWords + "else", Value: "x"}, v})
		h, mine := n.Halted("aftersale", key)
		_, someone := n.Halted("", other)
		if mine != x.mine || someone != x.someone {
			t.Errorf("%s halts %v and %v, want %v and %v", x.scope, mine, someone, x.mine, x.someone)
		}
		if mine && (h.By != "inbox/ana" || !h.At.Equal(at) || h.Why != "test" || h.Scope != x.scope) {
			t.Errorf("%s is read as %+v", x.scope, h)
		}
	}
	broken := core.ReadNotice([]core.Value{{Key: core.Halt{Scope: core.HaltAll}.Value().Key, Value: "{"}})
	if _, ok := broken.Halted("", key); !ok {
		t.Error("a halt that cannot be read does not halt")
	}
	n := core.ReadNotice([]core.Value{core.CauseValue("", "支付通道故障，正在处理"), core.CauseValue("presale", "新品今晚开售"), core.CauseValue("x", "")})
	for topic, want := range map[string]string{"presale": "新品今晚开售", "aftersale": "支付通道故障，正在处理", "x": "支付通道故障，正在处理"} {
		if got := n.Cause(topic); got != want {
			t.Errorf("the cause for %s is %q, want %q", topic, got, want)
		}
	}
}
