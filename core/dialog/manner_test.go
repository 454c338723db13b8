package dialog_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// What an act is answered with depends on where the talk is; none costs a miss,
// a try or a place.
func TestManners(t *testing.T) {
	b := demo(t)
	for _, c := range []struct {
		at, say, want string // a step each, parted by |; want empty is silence
	}{
		{"茶叶能放多久", "好的", ""},
		{"茶叶能放多久|👌", "好的", ""},
		{"茶叶能放多久", "👌", "🙂"},
		{"茶叶能放多久", "谢谢啦～", "不客气"},
		{"茶叶能放多久", "拜拜了您", "再见"},
		{"茶叶能放多久", "等一下哈", "不急"},
		{"茶叶能放多久", "？", "在的"},
		{"茶叶能放多久", "对你们的茶很满意", "谢谢您的喜欢"},
		{"茶叶能放多久", "不是这个", "换个说法"},
		{"茶叶能放多久", "你能干嘛", "也能办这些"},
		{"茶叶能放多久", "退订", "不会再主动"},
		{"茶叶能放多久|退订", "别再发了", ""},
		{"茶叶能放多久", "稍等啊 门口有人", "不急"},
		{"", "哈哈哈", "我是小禾的自动助手"},
		{"查订单", "等一下", "不急"},
		{"查订单", "好的", ""},
		{"查订单", "在吗", "请发一下订单号"},
		{"人工", "在吗", "您还在排队"},
		{"人工", "？", "您还在排队"},
		{"人工", "好的", ""},
		{"人工", "再见", "要先离开吗"},
		{"人工", "不等了，明天再说", "已退出排队"},
		{"人工", "排到第几了呀", "您还在排队"},
	} {
		p := newPlayer(t, b)
		p.line = core.LineState{OnDuty: 1, Waiting: 2}
		for s := range strings.SplitSeq(c.at, "|") {
			if s != "" {
				p.text(s)
				p.passes(time.Minute)
			}
		}
		p.fresh()
		p.text(c.say)
		p.passes(3 * time.Second)
		got := strings.Join(p.all, " / ")
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s, then %s: %q, want %q", c.at, c.say, got, c.want)
		}
		if n := p.count(core.EventFellBack); n > 0 {
			t.Errorf("%s, then %s: %d misses", c.at, c.say, n)
		}
	}
}

// Who waits is told once that a line is kept, not to the next one, and then where
// they stand; nobody is busy where nobody waits.
func TestKept(t *testing.T) {
	p := newPlayer(t, demo(t))
	p.line = core.LineState{OnDuty: 1}
	p.text("人工")
	var got []string
	for _, s := range []string{"火星上种土豆的周期", "量子纠缠的超光速通信", "咕噜咕噜叽里呱啦"} {
		p.fresh()
		p.passes(time.Minute)
		p.text(s)
		p.passes(2 * time.Second)
		got = append(got, strings.Join(p.all, " / "))
	}
	if !strings.Contains(got[0], "已记下") || got[1] != "" || !strings.Contains(got[2], "您还在排队") {
		t.Errorf("%q", got)
	}
	if all := strings.Join(got, ""); strings.Contains(all, "估不准") || strings.Contains(all, "较多") {
		t.Errorf("busy with nobody before them: %q", got)
	}
}

// A message is told once that a line was added, and can be taken back in words.
func TestMessageTalk(t *testing.T) {
	p := newPlayer(t, demo(t))
	p.line = core.LineState{}
	p.text("人工")
	var got []string
	for _, s := range []string{"我的茶壶盖子有点松", "对了是上周三买的", "盖子里面还有个缺口", "算了，不用回了"} {
		p.fresh()
		p.passes(time.Minute)
		p.text(s)
		p.passes(2 * time.Second)
		got = append(got, strings.Join(p.all, " / "))
	}
	if !strings.Contains(got[0], "已补充到留言里") || got[1] != "" || !strings.Contains(got[2], "留言已记下") || !strings.Contains(got[3], "留言已取消") || p.c.Ticket.Open() {
		t.Errorf("%q", got)
	}
}

// Who asks for no messages is not asked to rate either; who starts again is.
func TestStopped(t *testing.T) {
	p := newPlayer(t, demo(t))
	p.text("TD")
	if !p.c.Stopped {
		t.Fatalf("not kept: %q", p.all)
	}
	p.text("人工")
	p.c.Ticket.State, p.c.Ticket.Claimed, p.c.Ticket.Closed, p.c.Ticket.Outcome = core.TicketClosed, p.now, p.now, "solved"
	p.c.State = core.WithBot
	if out := p.b.AfterClose(p.c, p.scene()); len(out.Say) > 0 {
		t.Errorf("asked to rate: %+v", out.Say)
	}
	p.passes(time.Minute)
	p.says(core.Joined{})
	if p.c.Stopped {
		t.Error("still kept after a new start")
	}
}

// A language that the script does not speak gets one line and a person, pinyin is
// answered in Chinese, and who asks for another language gets it until they ask again.
func TestTongues(t *testing.T) {
	b := demo(t)
	p := newPlayer(t, b)
	p.text("¿cuánto tarda el envío a Madrid?")
	p.passes(2 * time.Second)
	if got := strings.Join(p.all, " / "); !strings.Contains(got, "我只会中文和英文") || p.last == nil || !slices.ContainsFunc(p.last.Options, func(o core.Option) bool { return o.ID == "human" }) {
		t.Errorf("%q", got)
	}
	p = newPlayer(t, b)
	p.text("cha ye neng fang duo jiu")
	p.passes(2 * time.Second)
	wantIn(t, strings.Join(p.all, ""), "18 个月")
	p = newPlayer(t, b)
	p.text("can you speak english")
	wantIn(t, p.lastSaid(), "answer in English")
	p.text("茶叶能放多久")
	wantIn(t, p.lastSaid(), "18 months")
}

// Five pictures are acknowledged once; what is forwarded is somebody else's words.
func TestPictures(t *testing.T) {
	p := newPlayer(t, demo(t))
	p.says(core.Joined{})
	p.fresh()
	for range 5 {
		p.says(core.Media{Type: "image/png"})
	}
	if len(p.all) != 1 {
		t.Errorf("%q", p.all)
	}
}

// Fragments of a burst wait for its end, also one that fits an entry by itself.
func TestFragments(t *testing.T) {
	p := newPlayer(t, demo(t))
	p.says(core.Joined{})
	p.fresh()
	for _, s := range []string{"那个", "我前两天", "上次买的", "龙井 250 克", "谢谢", "就是想问", "保质期多久"} {
		p.text(s)
		if s != "保质期多久" && len(p.all) > 0 {
			t.Fatalf("answered in the middle, after %s: %q", s, p.all)
		}
		p.passes(time.Second)
	}
	p.passes(3 * time.Second)
	if len(p.all) != 1 || !strings.Contains(p.all[0], "18 个月") {
		t.Errorf("%q", p.all)
	}
}
