package desk_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// Of fifty claims at three desks one wins; the others are told who.
func TestFiftyClaims(t *testing.T) {
	p := newPlay(t)
	desks := []string{"slack", "tg", "console"}
	for i := range 50 {
		id := fmt.Sprintf("%s/a%d", desks[i%3], i)
		p.staffed(id, fmt.Sprint("Agent", i), false)
		p.press(id, "claim")
		if i == 0 {
			p.wantState(core.TicketActive, id)
			if !p.last.Hush {
				t.Error("the bot's words are not dropped")
			}
			continue
		}
		p.wantTold(desks[i%3], "Agent0")
	}
	claims, refused := 0, 0
	for _, e := range p.events {
		switch e.Kind {
		case core.EventClaimed:
			claims++
		case core.EventRefused:
			refused++
		}
	}
	if claims != 1 || refused != 49 {
		t.Errorf("%d claims, %d refused", claims, refused)
	}
	p.wantCustomer("<claimed Agent0>")
	if c := p.card("tg"); !strings.Contains(field(c, "状态"), "Agent0") || c.Actions[0].ID != "take" {
		t.Errorf("the other desk's card: %+v", c)
	}
}

func TestRing(t *testing.T) {
	p := newPlay(t)
	p.do(func() core.Outcome { return p.r.Assign(p.c, "slack/lin", p.scene()) })
	p.wantState(core.TicketRinging, "slack/lin")
	p.wantTold("slack", "claim within 45 s")
	p.writes("slack/lin", "hello") // answering is claiming
	p.wantState(core.TicketActive, "slack/lin")
	p.pass(10 * time.Second)
	p.wantCustomer("<claimed Lin>", "hello")

	p = newPlay(t)
	for i := range 4 {
		p.do(func() core.Outcome { return p.r.Assign(p.c, "slack/lin", p.scene()) })
		p.pass(44 * time.Second)
		p.wantState(core.TicketRinging, "slack/lin")
		p.pass(time.Second)
		p.wantState(core.TicketWaiting, "")
		a := p.agents["slack/lin"]
		if a.Misses != i+1 || !slices.Equal(p.c.Ticket.Passed, []string{"slack/lin"}) {
			t.Fatalf("%+v, passed %v", a, p.c.Ticket.Passed)
		}
		if i == 2 && a.Presence != core.OnDuty {
			t.Errorf("set to %s without being asked", a.Presence)
		}
		if i == 2 {
			p.wantTold("slack", "are you there?")
		}
	}
	if a := p.agents["slack/lin"]; a.Presence != core.OnBreak {
		t.Errorf("asked after three misses, and after the fourth: %s", a.Presence)
	}
	p.wantTold("console", "连续 4 次")
	p.wantCustomer() // told only if the wait changes
	if !p.c.Ticket.Since.Equal(t0) {
		t.Error("it lost its arrival")
	}
	// On a break nothing is assigned.
	o := p.do(func() core.Outcome { return p.r.Assign(p.c, "slack/lin", p.scene()) })
	if p.wantState(core.TicketWaiting, ""); len(o.Events)+len(o.Say) > 0 {
		t.Errorf("%+v", o)
	}
	// Somebody else may take it while it rings.
	p.do(func() core.Outcome { return p.r.Assign(p.c, "slack/bob", p.scene()) })
	p.press("tg/chen", "claim")
	p.wantState(core.TicketActive, "tg/chen")
	p.wantTold("slack", "小陈 has claimed it")
	p.pass(time.Minute)
	p.wantState(core.TicketActive, "tg/chen")
}

func TestDecline(t *testing.T) {
	p := newPlay(t)
	p.do(func() core.Outcome { return p.r.Assign(p.c, "slack/lin", p.scene()) })
	p.press("slack/lin", "release")
	p.wantState(core.TicketWaiting, "")
	if p.agents["slack/lin"].Misses != 0 || p.c.Ticket.Front != 0 {
		t.Error("a decline is no miss and no return")
	}
	p.wantCustomer()
}

func TestSilentOwner(t *testing.T) {
	p := newPlay(t)
	p.press("slack/lin", "claim")
	p.writes("slack/lin", "hello")
	p.pass(time.Hour) // nobody is waiting for an answer
	p.wantState(core.TicketActive, "slack/lin")
	p.customer("还在吗")
	said := func() (lin, eve int) {
		for _, e := range p.say {
			if strings.Contains(e.Parts.Text(), "⏰") {
				switch e.Peer.ID {
				case "lin":
					lin++
				case "eve":
					eve++
				}
			}
		}
		return lin, eve
	}
	for _, c := range []struct {
		at       time.Duration
		lin, eve int
	}{{59, 0, 0}, {60, 1, 0}, {99, 1, 0}, {100, 2, 0}, {179, 2, 0}, {180, 2, 1}, {299, 2, 1}} {
		start := p.now
		p.pass(c.at*time.Second - start.Sub(t0.Add(time.Hour)))
		if lin, eve := said(); lin != c.lin || eve != c.eve {
			t.Fatalf("after %d s the owner was reminded %d times, the lead %d, want %d and %d", c.at, lin, eve, c.lin, c.eve)
		}
	}
	p.pass(time.Second)
	p.wantState(core.TicketWaiting, "")
	if k := p.c.Ticket; k.Front != 1 || !k.Since.Equal(t0) || k.LastOwn != "slack/lin" || !slices.Contains(k.Passed, "slack/lin") {
		t.Errorf("%+v", k)
	}
	p.wantCustomer("<claimed Lin>", "hello", "<returned>")
	// Silent again: the customer is not told again.
	p.press("slack/bob", "claim")
	p.pass(10 * time.Minute)
	p.wantState(core.TicketWaiting, "")
	p.wantCustomer("<claimed Lin>", "hello", "<returned>", "<claimed Bob>")
}

// After an hour in which nothing ran, the ticket returns; the reminders are not
// caught up with.
func TestSilenceWhileDown(t *testing.T) {
	p := newPlay(t)
	p.press("slack/lin", "claim")
	p.now = p.now.Add(time.Hour)
	n := len(p.say)
	p.do(func() core.Outcome { return p.r.TicketDue(p.c, p.scene()) })
	p.wantState(core.TicketWaiting, "")
	for _, e := range p.say[n:] {
		if strings.Contains(e.Parts.Text(), "⏰") {
			t.Errorf("reminded: %s", e.Parts.Text())
		}
	}
}

// A transfer rings at a colleague, or joins another topic's line, with all that was
// said.
func TestTransfer(t *testing.T) {
	p := newPlay(t)
	p.press("slack/lin", "claim")
	p.writes("slack/lin", "Finance will help you")
	p.writes("slack/lin", "!转 @小陈 需要财务")
	p.wantState(core.TicketRinging, "tg/chen")
	p.wantTold("tg", "需要财务")
	p.wantTold("slack", "Passed to 小陈")
	if k := p.c.Ticket; k.Hops != 1 || k.LastOwn != "slack/lin" || !k.Since.Equal(t0) {
		t.Errorf("%+v", k)
	}
	p.press("tg/chen", "claim")
	p.wantCustomer("<claimed Lin>", "Finance will help you", "<transferred 小陈>") // one line
	if c := p.card("tg"); !slices.ContainsFunc(c.Lines, func(s string) bool { return strings.Contains(s, "Finance will help you") }) ||
		!slices.ContainsFunc(c.Lines, func(s string) bool { return strings.Contains(s, "需要财务") }) {
		t.Errorf("context is lost: %q", c.Lines)
	}
	p.writes("slack/lin", "!transfer sales") // no longer theirs
	p.wantTold("slack", "小陈 has this ticket")
	p.form("tg/chen", "transfer", map[string]string{"to": "SALES", "note": ""})
	p.wantState(core.TicketWaiting, "")
	if p.c.Ticket.Topic != "sales" || p.c.Ticket.Front != 0 || p.card("slack").Topic != "sales" { // a desk may have a place for it
		t.Errorf("%+v", p.c.Ticket)
	}
	p.press("slack/bob", "claim")
	p.writes("slack/bob", "!transfer Lin")
	p.press("slack/lin", "claim")
	if p.c.Ticket.Hops != 3 {
		t.Fatalf("%d hops", p.c.Ticket.Hops)
	}
	// The fourth goes to a lead, whoever was meant.
	p.writes("slack/lin", "!transfer Bob")
	p.wantState(core.TicketRinging, "console/eve")
	p.press("console/eve", "claim")
	p.press("slack/lin", "take")
	eve := p.agents["console/eve"]
	eve.Presence = core.OffDuty
	p.agents[eve.ID] = eve
	p.writes("slack/lin", "!transfer Bob")
	p.wantTold("slack", "no lead is free")
	p.wantState(core.TicketActive, "slack/lin")

	for _, c := range []struct{ say, want string }{
		{"!transfer", "To whom"}, {"!transfer nobody", "There is no “nobody”"}, {"!transfer Lin", "yours already"},
	} {
		p := newPlay(t)
		p.press("slack/lin", "claim")
		p.writes("slack/lin", c.say)
		p.wantTold("slack", c.want)
		p.wantState(core.TicketActive, "slack/lin")
	}
	for presence, want := range map[core.Presence]string{core.OnBreak: "on a break", core.OffDuty: "off duty"} {
		p := newPlay(t)
		bob := p.agents["slack/bob"]
		bob.Presence = presence
		p.agents[bob.ID] = bob
		p.press("slack/lin", "claim")
		p.writes("slack/lin", "!transfer Bob")
		p.wantTold("slack", want)
		p.wantState(core.TicketActive, "slack/lin")
	}
}

// What needs an argument offers it as buttons.
func TestButtonsWithArguments(t *testing.T) {
	p := newPlay(t)
	p.press("slack/lin", "claim")
	p.press("slack/lin", "canned")
	p.press("slack/lin", p.button("slack", "canned"))
	p.press("slack/lin", p.button("slack", "send"))
	p.wantCustomer("<claimed Lin>", "这就给您补发。")
	p.press("slack/lin", "priority")
	p.press("slack/lin", p.button("slack", "priority"))
	if p.c.Ticket.Class != 0 {
		t.Errorf("class %d", p.c.Ticket.Class)
	}
	p.press("slack/lin", "transfer")
	p.press("slack/lin", p.button("slack", "transfer"))
	p.wantState(core.TicketRinging, "console/eve")
}

func TestTransferToNameWithSpaces(t *testing.T) {
	p := newPlay(t)
	p.staffed("slack/mary", "Mary Ann", false)
	p.press("slack/lin", "claim")
	p.writes("slack/lin", "!transfer @mary ann needs finance")
	p.wantState(core.TicketRinging, "slack/mary")
	p.wantTold("slack", "needs finance")
}

func TestPark(t *testing.T) {
	p := newPlay(t)
	p.press("slack/lin", "claim")
	p.writes("slack/lin", "!挂起 2h 等仓库")
	p.wantState(core.TicketParked, "slack/lin")
	p.pass(2*time.Hour - time.Second)
	p.wantState(core.TicketParked, "slack/lin")
	p.pass(time.Second)
	p.wantState(core.TicketActive, "slack/lin")
	p.writes("slack/lin", "!park")
	p.pass(48 * time.Hour)
	p.wantState(core.TicketParked, "slack/lin")
	p.customer("我回来了")
	p.wantState(core.TicketActive, "slack/lin")
	p.wantTold("slack", "The ticket goes on")
	p.writes("slack/lin", "!park 25:99")
	p.wantState(core.TicketParked, "slack/lin") // a note, not a time
	// The owner has gone home: the line takes it, at its old place.
	lin := p.agents["slack/lin"]
	lin.Presence = core.OffDuty
	p.agents[lin.ID] = lin
	p.customer("有人吗")
	p.wantState(core.TicketWaiting, "")
	if !p.c.Ticket.Since.Equal(t0) || p.c.Ticket.LastOwn != "slack/lin" {
		t.Errorf("%+v", p.c.Ticket)
	}
	p.form("slack/bob", "park", map[string]string{"until": "nonsense"})
	p.wantTold("slack", "Could not read the time")
}

// The presence check parks tickets in line; the customer's word brings them back.
func TestParkedInLine(t *testing.T) {
	p := newPlay(t)
	k := *p.c.Ticket
	k.State = core.TicketParked
	p.c.Ticket = &k
	p.customer("在")
	p.wantState(core.TicketWaiting, "")
}

func TestClose(t *testing.T) {
	p := newPlay(t)
	p.press("slack/lin", "claim")
	p.writes("slack/bob", "!close")
	p.wantTold("slack", "Lin has this ticket")
	p.writes("slack/lin", "!结束 已补发 #破损 免评价")
	p.wantState(core.TicketClosed, "slack/lin")
	if k := p.c.Ticket; k.Outcome != "solved" || k.Summary != "已补发" || !slices.Equal(k.Tags, []string{"破损", core.TagNoSurvey}) || k.Closed.IsZero() || !p.c.Wakes.At(core.WakeDesk).IsZero() {
		t.Errorf("%+v", k)
	}
	p.wantCustomer("<claimed Lin>", "<closed Lin>")
	p.writes("slack/lin", "one more thing")
	p.wantTold("slack", "Reopen it")
	p.wantCustomer("<claimed Lin>", "<closed Lin>")
	p.press("slack/lin", p.button("slack", "take"))
	p.pass(time.Minute / 2)
	p.wantState(core.TicketActive, "slack/lin")
	p.wantCustomer("<claimed Lin>", "<closed Lin>", "one more thing")
	p.form("slack/lin", "close", map[string]string{"outcome": "spam", "summary": "a\nb", "tags": "x, y", "survey": "no"})
	if k := p.c.Ticket; k.Outcome != "spam" || !slices.Contains(k.Tags, "y") {
		t.Errorf("%+v", k)
	}
	p.wantCustomer("<claimed Lin>", "<closed Lin>", "one more thing")
}

func TestBackToBot(t *testing.T) {
	p := newPlay(t)
	p.press("slack/lin", "claim")
	p.press("slack/lin", "bot")
	p.wantState(core.TicketClosed, "slack/lin")
	p.wantCustomer("<claimed Lin>", "<handed_back>")
	if !slices.Contains(p.c.Ticket.Tags, core.TagNoSurvey) || p.c.Ticket.Outcome != "bot" {
		t.Errorf("%+v", p.c.Ticket)
	}
}

func TestReopen(t *testing.T) {
	closed := func() *play {
		p := newPlay(t)
		p.press("slack/lin", "claim")
		p.writes("slack/lin", "!close")
		return p
	}
	try := func(p *play, text string) bool {
		o, ok := p.r.Reopen(p.c, []core.Envelope{{Parts: core.Parts{core.Text{Body: text}}}}, p.scene())
		if ok {
			p.do(func() core.Outcome { return o })
			p.wantState(core.TicketActive, "slack/lin")
		}
		return ok
	}
	for _, s := range []string{"5", "谢谢", "好的谢谢！", "已解决", "ok", "Thank you so much", "4分", "👍", "", "1.", "No.", "不满意", "好的，辛苦了"} {
		if try(closed(), s) {
			t.Errorf("%q opened it again", s)
		}
	}
	for _, s := range []string{"还有个问题，发票怎么开", "杯子又碎了", "谢谢，但是还没收到货呢", "it broke again", "好的吗？", "not working", "no, still broken", "没解决，还是碎的", "thanks but where is it"} {
		if p := closed(); !try(p, s) {
			t.Errorf("%q did not open it again", s)
		}
	}
	p := closed()
	p.pass(31 * time.Minute)
	if try(p, "又碎了一个杯子") {
		t.Error("after 31 minutes")
	}
	p = closed()
	lin := p.agents["slack/lin"]
	lin.Presence = core.OnBreak
	p.agents[lin.ID] = lin
	if try(p, "又碎了一个杯子") {
		t.Error("though the agent is on a break")
	}
	p = closed()
	if o, ok := p.r.Reopen(p.c, []core.Envelope{{Parts: core.Parts{core.Pick{Option: "survey=5"}}}}, p.scene()); ok {
		t.Errorf("a rating opened it again: %+v", o)
	}
}

func TestCustomerLeaves(t *testing.T) {
	p := newPlay(t)
	p.press("slack/lin", "claim")
	p.c.Gone = true
	p.do(func() core.Outcome {
		return p.r.Relay(p.c, []core.Envelope{{Parts: core.Parts{core.Left{}}}}, p.scene())
	})
	p.wantState(core.TicketParked, "slack/lin")
	p.wantTold("slack", "left the channel")
	if f := field(p.card("slack"), "State"); !strings.Contains(f, "left") {
		t.Errorf("the card says %q", f)
	}
	p.writes("slack/lin", "are you there?")
	p.pass(time.Minute)
	p.wantCustomer("<claimed Lin>")
	p.customer("我又关注了")
	p.wantState(core.TicketActive, "slack/lin")
}

func TestVacate(t *testing.T) {
	p := newPlay(t)
	p.press("slack/lin", "claim")
	p.writes("slack/lin", "on its way")
	p.do(func() core.Outcome { return p.r.Vacate(p.c, "slack/lin", "removed from the workspace", p.scene()) })
	p.wantState(core.TicketWaiting, "")
	p.pass(time.Minute)
	p.wantCustomer("<claimed Lin>", "<returned>") // flagged, not lost: it is a note now
	if !p.hasEvent(core.EventNoted) || !p.hasEvent(core.EventDropped) || p.c.Ticket.Front != 1 {
		t.Error("what was held is lost silently")
	}
	o := p.r.Vacate(p.c, "slack/lin", "again", p.scene())
	if len(o.Say)+len(o.Events) > 0 {
		t.Errorf("%+v", o)
	}
}

func TestStaleThread(t *testing.T) {
	p := newPlay(t)
	k := *p.c.Ticket
	k.Shown = []core.Shown{{Desk: "slack", Thread: "thread-new"}}
	p.c.Ticket = &k
	p.press("slack/lin", "claim")
	p.wantState(core.TicketWaiting, "")
	p.wantTold("slack", "earlier ticket")
	p.c.Ticket.Shown = []core.Shown{{Desk: "slack", Thread: "thread-new"}, {Desk: "slack", Thread: "thread-slack"}}
	p.press("slack/lin", "claim")
	p.wantState(core.TicketActive, "slack/lin")
}

func TestMessageTicket(t *testing.T) {
	p := newPlay(t)
	k := *p.c.Ticket
	k.State = core.TicketMessage
	p.c.Ticket, p.c.State = &k, core.WithBot
	p.do(func() core.Outcome { return p.r.Open(p.c, p.scene()) })
	p.do(func() core.Outcome { return p.r.Assign(p.c, "slack/lin", p.scene()) })
	p.pass(time.Minute)
	p.wantState(core.TicketMessage, "") // still a message, not a wait
	p.press("slack/lin", "claim")
	p.pass(time.Hour) // nobody is waiting: no reminders
	p.wantState(core.TicketActive, "slack/lin")
	p.writes("slack/lin", "关于您的留言")
	p.pass(time.Minute)
	p.wantCustomer("关于您的留言")
}

// In the bot's turn the customer may end what rings.
func TestBotChangesWhatRings(t *testing.T) {
	for _, state := range []core.TicketState{core.TicketMessage, core.TicketClosed} {
		p := newPlay(t)
		p.do(func() core.Outcome { return p.r.Assign(p.c, "slack/lin", p.scene()) })
		k := *p.c.Ticket
		k.State = state
		p.c.Ticket, p.c.State = &k, core.WithBot
		p.do(func() core.Outcome { return p.r.Relay(p.c, nil, p.scene()) })
		p.wantTold("slack", "no longer waiting")
		if p.c.Ticket.State != state || !p.c.Wakes.At(core.WakeDesk).IsZero() || state != core.TicketClosed && p.c.Ticket.Agent != "" {
			t.Errorf("%+v", p.c.Ticket)
		}
	}
}

// Whoever goes home from within a thread leaves that ticket to the line.
func TestOffInThread(t *testing.T) {
	p := newPlay(t)
	p.press("slack/lin", "claim")
	p.writes("slack/lin", "!off")
	p.wantState(core.TicketActive, "slack/lin")
	p.writes("slack/lin", "!off force")
	p.wantState(core.TicketWaiting, "")
	if p.agents["slack/lin"].Presence != core.OffDuty || p.c.Ticket.Front != 1 {
		t.Errorf("%+v %+v", p.agents["slack/lin"], p.c.Ticket)
	}
	p.wantCustomer("<claimed Lin>", "<returned>")
}

// Whoever left a message and then joins the line waits like everybody: a phone
// that rings out does not make a message of them again, and their agent's silence
// is noticed.
func TestMessageJoinsLine(t *testing.T) {
	p := newPlay(t)
	p.c.Ticket.State, p.c.State = core.TicketMessage, core.WithBot
	p.do(func() core.Outcome { return p.r.Open(p.c, p.scene()) })
	k := *p.c.Ticket
	k.State = core.TicketWaiting // a turn of the bot's
	p.c.Ticket, p.c.State = &k, core.InLine
	p.do(func() core.Outcome { return p.r.Assign(p.c, "slack/lin", p.scene()) })
	p.wantState(core.TicketRinging, "slack/lin")
	p.pass(time.Minute)
	p.wantState(core.TicketWaiting, "")
	p.press("slack/lin", "claim")
	p.pass(time.Hour)
	p.wantState(core.TicketWaiting, "")
}
