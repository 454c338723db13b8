package desk_test

import (
	"slices"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk"
)

// The rule of speech.
func TestHold(t *testing.T) {
	p := newPlay(t)
	p.press("slack/lin", "claim")
	p.wantCustomer("<claimed Lin>")
	p.writes("slack/lin", "您好")
	p.wantCustomer("<claimed Lin>")
	if via := desk.Held(p.c.Ticket); len(via) != 1 || via[0].Ref != "r2" || via[0].Agent != "slack/lin" {
		t.Fatalf("held %+v", via)
	}
	p.pass(5 * time.Second)
	p.wantCustomer("<claimed Lin>", "您好")
	last := p.log[len(p.log)-1]
	if last.By.Kind != core.ByAgent || last.By.ID != "slack/lin" || last.Via == nil || last.Via.Ref != "r2" || last.Via.Channel != "slack" {
		t.Errorf("%+v", last)
	}
	if len(desk.Held(p.c.Ticket)) != 0 || !p.hasEvent(core.EventRelayed) {
		t.Error("it is still held, or not in the log")
	}

	t.Run("edited in time", func(t *testing.T) {
		p := newPlay(t)
		p.press("slack/lin", "claim")
		ref := p.writes("slack/lin", "wrogn")
		p.pass(4 * time.Second)
		p.edits("slack/lin", ref, core.Text{Body: "right"})
		p.pass(time.Minute / 2)
		p.wantCustomer("<claimed Lin>", "right")
	})
	t.Run("deleted in time", func(t *testing.T) {
		p := newPlay(t)
		p.press("slack/lin", "claim")
		ref := p.writes("slack/lin", "oops")
		p.edits("slack/lin", ref)
		p.pass(time.Minute / 2)
		p.wantCustomer("<claimed Lin>")
	})
	t.Run("edited into a note or a command", func(t *testing.T) {
		for _, s := range []string{"// 这个客户很凶", "!close", "  备注：内部"} {
			p := newPlay(t)
			p.press("slack/lin", "claim")
			ref := p.writes("slack/lin", "hello")
			p.edits("slack/lin", ref, core.Text{Body: s})
			p.pass(time.Minute / 2)
			p.wantCustomer("<claimed Lin>")
			p.wantState(core.TicketActive, "slack/lin")
		}
	})
	t.Run("by command and by button", func(t *testing.T) {
		p := newPlay(t)
		p.press("slack/lin", "claim")
		p.writes("slack/lin", "one")
		p.writes("slack/lin", "two")
		p.writes("slack/lin", "!undo")
		p.pass(time.Minute / 2)
		p.wantCustomer("<claimed Lin>", "one")
	})
	t.Run("order is kept when an earlier one is edited", func(t *testing.T) {
		p := newPlay(t)
		p.press("slack/lin", "claim")
		ref := p.writes("slack/lin", "1")
		p.pass(time.Second)
		p.writes("slack/lin", "2")
		p.pass(3 * time.Second)
		p.edits("slack/lin", ref, core.Text{Body: "one"})
		p.pass(time.Minute / 2)
		p.wantCustomer("<claimed Lin>", "one", "2")
	})
	t.Run("a colleague's edit changes nothing", func(t *testing.T) {
		p := newPlay(t)
		p.press("slack/lin", "claim")
		ref := p.writes("slack/lin", "mine")
		p.edits("slack/bob", ref, core.Text{Body: "yours"})
		p.pass(time.Minute / 2)
		p.wantCustomer("<claimed Lin>", "mine")
	})
	t.Run("none at the console", func(t *testing.T) {
		p := newPlay(t)
		p.press("console/eve", "claim")
		p.writes("console/eve", "您好")
		p.wantCustomer("<claimed Eve>", "您好")
	})
	t.Run("the owner loses the ticket meanwhile", func(t *testing.T) {
		p := newPlay(t)
		p.press("slack/lin", "claim")
		p.writes("slack/lin", "on its way")
		p.press("slack/bob", "take")
		p.wantTold("slack", "Not sent")
		p.pass(time.Minute / 2)
		p.wantCustomer("<claimed Lin>", "<claimed Bob>")
		p.wantState(core.TicketActive, "slack/bob")
	})
	t.Run("the owner closes it", func(t *testing.T) {
		p := newPlay(t)
		p.press("slack/lin", "claim")
		p.writes("slack/lin", "goodbye")
		p.writes("slack/lin", "!close")
		p.wantCustomer("<claimed Lin>", "goodbye", "<closed Lin>")
	})
}

func TestNotes(t *testing.T) {
	for _, s := range []string{
		"// internal", "//internal", " // internal", "／／内部", "备注 内部", "备注：内部", "\u200b// hidden", "\n\n// after blank lines", "备注内部", "\ufeff//x", "\u3164//x",
		"// first\nsecond line of the note", "!note hello", "！备注 你好", "!nonsense", "!", "！！！",
	} {
		p := newPlay(t)
		p.press("slack/lin", "claim")
		p.writes("slack/lin", s)
		p.pass(time.Minute / 2)
		if got := p.toCustomer(); len(got) != 1 {
			t.Errorf("%q: the customer reads %q", s, got)
		}
	}
	// A picture with a note for a caption stays inside too.
	p := newPlay(t)
	p.press("slack/lin", "claim")
	env := p.env("slack/lin", core.Media{Type: "image/png", Handle: "h", Words: "// for us"})
	p.do(func() core.Outcome { return p.r.Staff(p.c, env, p.scene()) })
	p.pass(time.Minute / 2)
	p.wantCustomer("<claimed Lin>")
}

// What the desk's platform has no part for goes to nobody; the words beside it do.
func TestNoPartForIt(t *testing.T) {
	p := newPlay(t)
	p.press("slack/lin", "claim")
	for _, parts := range [][]core.Part{{core.Text{Body: "您好"}, core.Other{Kind: "file"}}, {core.Other{Kind: "dice"}}} {
		env := p.env("slack/lin", parts...)
		p.do(func() core.Outcome { return p.r.Staff(p.c, env, p.scene()) })
		p.pass(time.Minute / 2)
	}
	for _, e := range p.say {
		if e.Channel == "" && slices.ContainsFunc(e.Parts, func(part core.Part) bool { _, ok := part.(core.Other); return ok }) {
			t.Errorf("the customer gets %+v", e.Parts)
		}
	}
	p.wantCustomer("<claimed Lin>", "您好")
}

// A message with lines that are notes is held back; only the rest can go out.
func TestMixedLines(t *testing.T) {
	for _, s := range []string{"您好\n// 他很凶", "您好\r\n!close", "您好\u2028备注 x", "您好\n  //x"} {
		p := newPlay(t)
		p.press("slack/lin", "claim")
		p.writes("slack/lin", s)
		p.pass(time.Minute / 2)
		p.wantCustomer("<claimed Lin>")
		p.wantTold("slack", "")
		p.press("slack/lin", p.button("slack", "send"))
		p.wantCustomer("<claimed Lin>", "您好")
	}
}

func TestNotTheOwner(t *testing.T) {
	p := newPlay(t)
	p.writes("slack/bob", "nobody has it yet")
	p.wantTold("slack", "nobody has this ticket yet")
	p.press("slack/lin", "claim")
	p.writes("slack/bob", "let me")
	p.wantTold("slack", "Lin has this ticket")
	take := p.button("slack", "take")
	p.press("slack/lin", take) // only its author can
	p.wantState(core.TicketActive, "slack/lin")
	p.wantCustomer("<claimed Lin>")
	p.press("slack/bob", take)
	p.wantState(core.TicketActive, "slack/bob")
	p.wantCustomer("<claimed Lin>", "<claimed Bob>", "let me")
	p.press("slack/bob", take) // once
	p.wantCustomer("<claimed Lin>", "<claimed Bob>", "let me")
	// Notes are shown at the other desks.
	p.writes("tg/chen", "我认识这位客户")
	if got := p.told("slack"); len(got) != 1 || got[0] != "📝 我认识这位客户" {
		t.Errorf("slack is told %q", got)
	}
}

func TestExplicit(t *testing.T) {
	p := newPlay(t)
	p.r.Desks[0].Explicit = true
	p.press("slack/lin", "claim")
	p.writes("slack/lin", "thinking aloud")
	send := p.button("slack", "send")
	p.writes("slack/lin", "> this goes out")
	p.pass(time.Minute / 2)
	p.wantCustomer("<claimed Lin>", "this goes out")
	p.writes("slack/lin", "> one line\nand one without the mark")
	p.pass(time.Minute / 2)
	p.wantTold("slack", "")
	p.wantCustomer("<claimed Lin>", "this goes out")
	ref := p.writes("slack/lin", "> never mind")
	p.edits("slack/lin", ref, core.Text{Body: "no mark any more"})
	p.pass(time.Minute / 2)
	p.press("slack/bob", send)
	p.wantCustomer("<claimed Lin>", "this goes out")
	p.press("slack/lin", send)
	p.wantCustomer("<claimed Lin>", "this goes out", "thinking aloud")
}

func TestGuard(t *testing.T) {
	for _, c := range []struct{ text, why string }{
		{"这个客户又来了", "note"}, {"@Bob could you look", "note"}, {"内部：别理", "note"}, {"don't tell him about the refund", "note"},
		{"密码是 Hunter22!", "password"}, {"key sk-live-abcdefghij0123456789", "password"}, {"卡号 4111 1111 1111 1111", "password"}, {"-----BEGIN RSA PRIVATE KEY-----", "password"},
		{"电话 138 0000 1234", "telephone"}, {"您的订单 99887766 已发货", "telephone"}, {"order #99887766 is here", "telephone"}, {"１３８００００１２３４", "telephone"},
		{"这是绝对最好的", "banned"},
	} {
		p := newPlay(t)
		p.press("slack/lin", "claim")
		p.writes("slack/lin", c.text)
		p.pass(time.Minute / 2)
		p.wantCustomer("<claimed Lin>")
		p.press("slack/lin", p.button("slack", "send"))
		p.wantCustomer("<claimed Lin>", c.text)
	}
	for _, text := range []string{
		"您的订单 20260413 已补发", "快递单号 SF1234567890123", "退款单号 99887766", "请打 400-800-1234", "明天 18:30 前送到", "会员价 1299 元", "https://example.com/a?b=1",
		"谢谢您的耐心", "note that we close at 6", "您的客户经理会联系您",
	} {
		p := newPlay(t)
		p.press("slack/lin", "claim")
		p.writes("slack/lin", text)
		p.pass(time.Minute / 2)
		p.wantCustomer("<claimed Lin>", text)
	}
	p := newPlay(t)
	p.press("slack/lin", "claim")
	p.customer("我的电话 13800001234")
	p.writes("slack/lin", "回电 13800001234 可以吗")
	p.pass(time.Minute / 2)
	p.wantCustomer("<claimed Lin>", "回电 13800001234 可以吗")
}

// Where the platform counts, the desk does not pretend.
func TestAllowance(t *testing.T) {
	counted := func(t *testing.T, left int) *play {
		p := newPlay(t)
		p.r.Limits = func(string) core.Limits {
			return core.Limits{Text: 10, Allowances: []core.Allowance{{After: core.CauseMessage, Count: 5, Within: 48 * time.Hour}}}
		}
		p.c.Ledger = core.Ledger{Left: left, Until: t0.Add(48 * time.Hour), Why: "message"}
		p.press("slack/lin", "claim")
		return p
	}
	p := counted(t, 4)
	p.wantCustomer() // the agent's own first line says who they are
	if f := field(p.card("slack"), "Allowance"); f != "4 messages, until 11-13 20:00" {
		t.Errorf("the card says %q", f)
	}
	p = counted(t, 0)
	p.writes("slack/lin", "hi")
	p.pass(time.Minute / 2)
	p.wantCustomer()
	p.wantState(core.TicketActive, "slack/lin")
	p.press("slack/lin", p.button("slack", "keep"))
	p.c.Ledger.Left = 5
	p.customer("还在吗")
	p.wantCustomer("hi")

	p = counted(t, 1)
	p.writes("slack/lin", "十个字以上的一句话在这里呢")
	p.wantTold("slack", "2 messages and 1 are left")
	p.press("slack/lin", p.button("slack", "send"))
	p.wantCustomer("十个字以上的一句话在这里呢")

	p = counted(t, 4)
	p.customer("在吗")
	p.writes("slack/lin", "在的")
	p.pass(47*time.Hour + 40*time.Minute)
	warned := false
	for _, e := range p.say {
		warned = warned || e.Channel == "console" && e.Peer.ID == "eve"
	}
	if !warned {
		t.Error("no lead was told that the window closes")
	}
}

func field(c core.Case, name string) string {
	for _, f := range c.Fields {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// What the customer has seen changes on their screen where the platform can;
// otherwise the agent is told, never silently.
func TestEditAfterSending(t *testing.T) {
	sent := func(t *testing.T, edits bool) (*play, string) {
		p := newPlay(t)
		p.r.Edits = func(string) bool { return edits }
		p.press("slack/lin", "claim")
		ref := p.writes("slack/lin", "Tuesday")
		p.pass(10 * time.Second)
		return p, ref
	}
	p, ref := sent(t, true)
	p.edits("slack/lin", ref, core.Text{Body: "Friday"})
	last := p.log[len(p.log)-1]
	if last.Replaces != p.log[1].ID || last.Parts.Text() != "Friday" {
		t.Errorf("%+v", last)
	}
	n := len(p.log)
	p.edits("slack/lin", ref, core.Text{Body: "Friday"}) // a link unfolded
	p.edits("slack/bob", ref, core.Text{Body: "never"})
	p.edits("slack/lin", ref, core.Text{Body: "// never"})
	if len(p.log) != n {
		t.Errorf("the customer reads %q", p.toCustomer())
	}
	p.edits("slack/lin", ref)
	if last := p.log[len(p.log)-1]; last.Parts.Text() != "<withdrawn>" || last.Replaces == "" {
		t.Errorf("%+v", last)
	}

	p, ref = sent(t, false)
	p.edits("slack/lin", ref, core.Text{Body: "Friday"})
	p.wantCustomer("<claimed Lin>", "Tuesday")
	p.wantTold("slack", "still sees the old text")
	p.press("slack/lin", p.button("slack", "correct"))
	p.wantCustomer("<claimed Lin>", "Tuesday", "<correction Friday>")
	p.edits("slack/lin", ref)
	p.wantTold("slack", "cannot be withdrawn")
	p.writes("slack/lin", "!correct it is Saturday")
	p.wantCustomer("<claimed Lin>", "Tuesday", "<correction Friday>", "<correction it is Saturday>")

	p, ref = sent(t, true) // no longer theirs
	p.press("slack/bob", "take")
	p.edits("slack/lin", ref, core.Text{Body: "Friday"})
	p.wantCustomer("<claimed Lin>", "Tuesday", "<claimed Bob>")
}

func TestFailedAndRetried(t *testing.T) {
	p := newPlay(t)
	p.press("slack/lin", "claim")
	p.writes("slack/lin", "hello")
	p.pass(10 * time.Second)
	failed := p.log[1]
	p.do(func() core.Outcome {
		return p.r.Failed(p.c, desk.Failure{Message: failed, Kind: core.KindRejected, Why: "a word is banned there"}, p.scene())
	})
	p.wantTold("slack", "a word is banned there")
	p.press("slack/bob", p.button("slack", "retry"))
	p.wantCustomer("<claimed Lin>", "hello")
	p.form("slack/lin", "retry", map[string]string{"message": failed.ID})
	p.wantCustomer("<claimed Lin>", "hello", "hello")
	if v := p.log[2].Via; v == nil || v.Ref != failed.Via.Ref {
		t.Error("the second try does not mark the agent's message")
	}
	p.do(func() core.Outcome {
		return p.r.Failed(p.c, desk.Failure{Message: failed, Kind: core.KindGone}, p.scene())
	})
	p.wantState(core.TicketParked, "slack/lin")
	if !p.c.Gone {
		t.Error("the customer is not marked as gone")
	}
}

func TestCannedAndSuggested(t *testing.T) {
	p := newPlay(t)
	p.press("slack/lin", "claim")
	p.writes("slack/lin", "!常用 补发")
	p.wantTold("slack", "这就给您补发。")
	p.wantCustomer("<claimed Lin>")
	p.press("slack/lin", p.button("slack", "send"))
	p.wantCustomer("<claimed Lin>", "这就给您补发。")
	p.writes("slack/lin", "!canned")
	p.wantTold("slack", "Refund")
	p.writes("slack/bob", "!canned refund")
	p.wantTold("slack", "Not done")

	offers := []desk.Suggestion{{Entry: "e1", Title: "One", Text: "First answer"}, {Entry: "e2", Title: "Two", Text: "Second answer"}, {Entry: "e3"}, {Entry: "e4"}}
	p.do(func() core.Outcome { return p.r.Suggest(p.c, offers, p.scene()) })
	p.wantTold("slack", "Second answer")
	p.press("slack/bob", "suggest:2")
	p.press("slack/lin", "suggest:4")
	p.press("slack/lin", "suggest:2")
	p.pass(10 * time.Second)
	p.wantCustomer("<claimed Lin>", "这就给您补发。", "Second answer")
	p.form("slack/lin", "bad", map[string]string{"entry": "e1"})
	if e := p.events[len(p.events)-1]; e.Kind != core.EventSuggested || e.Data["verdict"] != "bad" || e.Data["entry"] != "e1" {
		t.Errorf("%+v", e)
	}
}
