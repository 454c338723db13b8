package desk_test

import (
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// in puts the customer in a danger, in line or as a message.
func (p *play) in(danger string, state core.TicketState) {
	p.t.Helper()
	k := *p.c.Ticket
	k.Mood, k.Class, k.State = danger, 0, state
	p.c.Ticket, p.c.State = &k, core.InLine
	if state == core.TicketMessage {
		p.c.State = core.WithBot
	}
}

// Nobody on duty, and a customer in danger: the leads are told, once, wherever
// they are; without any, everybody.
func TestAlarm(t *testing.T) {
	nobody := func(lead bool) *play {
		p := newPlay(t)
		for id, a := range p.agents {
			a.Presence = core.OffDuty
			a.Lead = a.Lead && lead
			p.agents[id] = a
		}
		p.in("medical", core.TicketMessage)
		p.customer("孩子还在吐")
		return p
	}
	told := func(p *play, desk string) bool { return strings.Contains(strings.Join(p.told(desk), "\n"), "🆘") }
	p := nobody(true)
	if !told(p, "console") || told(p, "slack") || told(p, "tg") {
		t.Errorf("console %q, slack %q, tg %q", p.told("console"), p.told("slack"), p.told("tg"))
	}
	p.customer("怎么办")
	if told(p, "console") {
		t.Error("the lead was told twice")
	}
	if p = nobody(false); !told(p, "slack") || !told(p, "tg") {
		t.Errorf("without a lead: slack %q, tg %q", p.told("slack"), p.told("tg"))
	}

	p = newPlay(t) // people are on duty: it comes first in line, and rings
	p.lines["after"] = core.LineState{OnDuty: 3}
	p.in("selfharm", core.TicketWaiting)
	p.customer("我不想活了")
	if told(p, "console") {
		t.Error("told though it rings for those on duty")
	}
	p.do(func() core.Outcome { return p.r.Assign(p.c, "slack/lin", p.scene()) })
	p.pass(45 * time.Second)
	if !told(p, "console") {
		t.Error("it rang out, and no lead was told")
	}
	p = newPlay(t)
	p.in("", core.TicketMessage)
	p.customer("茶叶能放多久")
	if told(p, "console") {
		t.Error("told without a danger")
	}
}
