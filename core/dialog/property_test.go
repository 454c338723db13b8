package dialog_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/dialog"
	"github.com/frontdesk-im/frontdesk/core/script"
	"github.com/frontdesk-im/frontdesk/flows"
)

// lines are what customers write, at any time.
var lines = []string{"你好", "茶叶能放多久", "保质期", "运费多少钱", "查订单", "XH20261101", "XH00000000", "xh20261104", "我要退货", "我要投诉", "开发票", "登记破损",
	"1", "2", "3", "4", "5", "9", "0", "二", "第三个", "人工", "转人工", "不要人工", "取消", "算了", "菜单", "留言", "还要多久", "取消排队", "是", "不是", "好的", "谢谢",
	"13800001234", "138", "a@b.cn", "91330100MA2H0X0000", "小禾科技有限公司", "个人", "公司", "退款", "没拆", "太差了！！！气死我了", "我不想活了",
	"我想问问积分和发票", "火星种土豆", "asdfgh", "human", "how long does tea keep", "i want to return it", "お茶はどのくらい保存できますか", "?", "。。。", "👍", "", " ",
	strings.Repeat("长", 3000), "{{ name }}", "\x00\xff", "已解决", "未解决", "5 分，很满意", "接着做", "不用了"}

// smaller is a script without most of what the demo has: conversations in the
// middle of a flow find it gone.
func smaller(t testing.TB) *dialog.Engine {
	t.Helper()
	src, err := flows.FS.ReadFile("shop.yaml")
	if err != nil {
		t.Fatal(err)
	}
	shop := strings.Replace(string(src), "menu: [order_status, returns_entry, invoice_entry, ship_time]", "menu: [a]", 1)
	b, err := script.Load(fstest.MapFS{"shop.yaml": {Data: []byte(shop)}, "x.yaml": {Data: []byte(`
entries:
  - {id: a, title: {zh: 甲, en: A}, samples: [甲是什么], answer: {zh: 甲。, en: A.}}
  - {id: b, title: {zh: 退, en: B}, exact: 我要退货, next: returns}
flows:
  - id: returns
    title: {zh: 退, en: R}
    steps:
      - {id: number, ask: order, kind: number, text: {zh: 几件？, en: How many?}, too_many: end}
`)}}, script.Options{Base: flows.FS})
	if err != nil {
		t.Fatal(err)
	}
	return dialog.New(b)
}

// Whatever happens in whatever order: no panic, at most two messages to each
// of the customer's, none over an agent, state and ticket agree, and the state
// is the same written and read.
func TestAnything(t *testing.T) {
	books := []*dialog.Engine{demo(t), smaller(t)}
	rapid.Check(t, func(rt *rapid.T) {
		p := newPlayer(t, books[0])
		for range rapid.IntRange(1, 40).Draw(rt, "n") {
			said, heard, left := p.said, p.heard, len(p.unread)
			p.anything(rt, books)
			k := p.c.Ticket
			switch {
			case p.c.State == core.InLine && (!k.Open() || k.State == core.TicketMessage || k.State == core.TicketActive):
				rt.Fatalf("in line with ticket %+v", k)
			case p.c.State != core.InLine && k.Open() && k.State == core.TicketWaiting:
				rt.Fatalf("waiting in state %s", p.c.State)
			case p.said-said > 2*max(p.heard-heard+left, 1):
				rt.Fatalf("%d messages to %d: %q", p.said-said, p.heard-heard+left, p.all)
			case p.said > 2*p.heard:
				rt.Fatalf("%d messages to %d in all: %q", p.said, p.heard, p.all)
			case !p.c.Wakes.At(core.WakeBot).IsZero() && !p.c.Wakes.At(core.WakeBot).After(p.now):
				rt.Fatalf("wants to be woken at %s, it is %s", p.c.Wakes.At(core.WakeBot), p.now)
			case len(p.c.Mind) > 32<<10:
				rt.Fatalf("the mind has %d bytes", len(p.c.Mind))
			case len(p.unread) > 0 && p.c.Wakes.At(core.WakeBot).IsZero():
				rt.Fatal("lines are left and nobody will read them")
			}
			if t.Failed() {
				rt.Fatalf("said %q", p.all)
			}
		}
	})
}

func (p *player) anything(rt *rapid.T, books []*dialog.Engine) {
	before, state := len(p.all), p.c.State
	switch rapid.IntRange(0, 15).Draw(rt, "what") {
	case 0:
		p.says(core.Joined{})
	case 1:
		p.says(core.Left{})
	case 2:
		p.says(rapid.SampledFrom([]core.Part{core.Media{Type: "audio/amr"}, core.Media{Type: "image/png", Words: "这个坏了"}, core.Place{}, core.Other{Kind: "x"}, core.Form{}}).Draw(rt, "part"))
	case 3, 4:
		if p.last != nil {
			o := rapid.SampledFrom(p.last.Options).Draw(rt, "option")
			p.says(core.Pick{Option: o.ID, Label: o.Label})
		}
	case 5:
		p.says(core.Pick{Option: rapid.SampledFrom([]string{"returns.why=mind", "survey=solved", "survey=9", "line=leave", "confirm=yes", "resume=yes", "human", "order", "none", "x=y=z", "="}).Draw(rt, "id")})
	case 6:
		p.passes(time.Duration(rapid.Int64Range(0, int64(72*time.Hour)).Draw(rt, "long")))
	case 7:
		p.passes(time.Duration(rapid.Int64Range(0, int64(3*time.Second)).Draw(rt, "short")))
	case 8:
		p.line = core.LineState{OnDuty: rapid.IntRange(0, 2).Draw(rt, "staff"), Waiting: rapid.IntRange(0, 60).Draw(rt, "waiting"),
			Known: rapid.Bool().Draw(rt, "known"), Low: time.Minute, High: time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(rt, "high"))}
	case 9:
		p.deaf = !p.deaf
	case 10:
		p.b = rapid.SampledFrom(books).Draw(rt, "book")
	case 11:
		if p.c.Ticket.Open() && p.c.State != core.WithAgent {
			p.agent("!claim")
		} else if p.c.State == core.WithAgent {
			p.agent("!close")
			state = p.c.State
		}
	case 12:
		p.now = p.now.Add(-time.Duration(rapid.Int64Range(0, int64(10*time.Minute)).Draw(rt, "back"))) // the clock is set back
		p.turn()
	default:
		p.text(rapid.SampledFrom(lines).Draw(rt, "line"))
	}
	if state == core.WithAgent && len(p.all) > before && p.c.State == core.WithAgent {
		rt.Fatalf("spoke over the agent: %q", p.all[before:])
	}
	if len(p.all) > 200 {
		p.all = p.all[len(p.all)-50:]
	}
}

// Two hundred conversations take a second on a machine that has nothing else to do:
// BenchmarkTwoHundred has the figure. A machine that is busy is no fault of the
// scripts, so what is held here is the work: how much memory a step asks for.
func TestTwoHundred(t *testing.T) {
	b := demo(t)
	chats := demoChats(t)
	newPlayer(t, b).play(chats[0]) // what is made once
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start, steps := time.Now(), 0
	for i := range 200 {
		p := newPlayer(t, b)
		p.play(chats[i%len(chats)])
		steps += len(chats[i%len(chats)].Steps)
	}
	runtime.ReadMemStats(&after)
	times, kb := int(after.Mallocs-before.Mallocs)/steps, int(after.TotalAlloc-before.TotalAlloc)/steps>>10
	t.Logf("200 conversations of %d lines in %s; %d allocations, %d kB a line", steps, time.Since(start), times, kb)
	if !raceEnabled && (times > 300 || kb > 40) {
		t.Errorf("a line asks for memory %d times, %d kB in all", times, kb)
	}
}

func BenchmarkTwoHundred(b *testing.B) {
	e, chats := demo(b), demoChats(b)
	for b.Loop() {
		for i := range 200 {
			newPlayer(b, e).play(chats[i%len(chats)])
		}
	}
}

// demoChats are the conversations of the demo.
func demoChats(t testing.TB) (out []*script.Chat) {
	t.Helper()
	files, err := filepath.Glob("../../flows/*.chat")
	if err != nil || len(files) == 0 {
		t.Fatalf("no conversations: %v", err)
	}
	for _, name := range files {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		c, err := script.ParseChat(name, src)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, c)
	}
	return out
}
