package desk_test

import (
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// Three tickets that ring together at somebody who has stepped out are one miss,
// also when the last of them began to ring a little later.
func TestMissTogether(t *testing.T) {
	one := newPlay(t)
	others := []*play{newPlay(t), newPlay(t)}
	for _, p := range others {
		p.agents = one.agents
	}
	all := append([]*play{one}, others...)
	for i, p := range all {
		p.pass(time.Duration(i) * 10 * time.Second)
		p.do(func() core.Outcome { return p.r.Assign(p.c, "slack/lin", p.scene()) })
	}
	for _, p := range all {
		p.pass(45 * time.Second)
		p.wantState(core.TicketWaiting, "")
	}
	if a := one.agents["slack/lin"]; a.Misses != 1 || a.Presence != core.OnDuty {
		t.Errorf("three that rang together: %d misses, %s", a.Misses, a.Presence)
	}
	one.do(func() core.Outcome { return one.r.Assign(one.c, "slack/lin", one.scene()) })
	one.pass(45 * time.Second)
	if a := one.agents["slack/lin"]; a.Misses != 2 {
		t.Errorf("one that rang later: %d misses", a.Misses)
	}
}

// Who says that they are there is asked again only after as many misses.
func TestMissAnswered(t *testing.T) {
	p := newPlay(t)
	miss := func() {
		p.do(func() core.Outcome { return p.r.Assign(p.c, "slack/lin", p.scene()) })
		p.pass(45 * time.Second)
	}
	for range 3 {
		miss()
	}
	var asked core.Choice
	for _, e := range p.say {
		if c, ok := e.Parts[0].(core.Choice); ok && e.Channel == "slack" && e.Peer.ID == "lin" {
			asked = c
		}
	}
	if len(asked.Options) != 2 || !strings.Contains(asked.Prompt, "Lin") {
		t.Fatalf("asked %+v", asked)
	}
	p.press("slack/lin", asked.Options[0].ID)
	miss()
	if a := p.agents["slack/lin"]; a.Presence != core.OnDuty || a.Misses != 1 {
		t.Errorf("%+v", a)
	}
	p.press("slack/lin", asked.Options[1].ID)
	if a := p.agents["slack/lin"]; a.Presence != core.OnBreak {
		t.Errorf("%+v", a)
	}
}

// That the next colleague gets what was missed is said only if there is one.
func TestMissAlone(t *testing.T) {
	for name, c := range map[string]struct {
		rest func(a *core.Agent)
		next bool
	}{
		"free":           {func(*core.Agent) {}, true},
		"at home":        {func(a *core.Agent) { a.Presence = core.OffDuty }, false},
		"another topic":  {func(a *core.Agent) { a.Topics = []string{"sales"} }, false},
		"this topic":     {func(a *core.Agent) { a.Topics = []string{"sales", "after"} }, true},
		"other language": {func(a *core.Agent) { a.Langs = []string{"en"} }, false},
		"this language":  {func(a *core.Agent) { a.Langs = []string{"zh-CN"} }, true},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlay(t)
			for id, a := range p.agents {
				if id != "slack/lin" {
					c.rest(&a)
					p.agents[id] = a
				}
			}
			p.do(func() core.Outcome { return p.r.Assign(p.c, "slack/lin", p.scene()) })
			p.pass(45 * time.Second)
			if c.next {
				p.wantTold("slack", "the next colleague gets it")
			} else {
				p.wantTold("slack", "it is in line still")
			}
		})
	}
}
