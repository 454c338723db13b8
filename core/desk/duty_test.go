package desk_test

import (
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

func TestPresence(t *testing.T) {
	p := newPlay(t)
	c := core.Conversation{Key: core.Key{Channel: "slack", Peer: "lin"}}
	duty := func(text string, mine ...core.TicketView) (core.Outcome, string) {
		t.Helper()
		env := p.env("slack/lin", core.Text{Body: text})
		env.Thread = ""
		o := p.r.Duty(c, env, p.scene(), mine...)
		for _, a := range o.Agents {
			p.agents[a.Now.ID] = a.Apply(p.agents[a.Now.ID])
		}
		var said []string
		for _, e := range o.Say {
			if e.Channel != "slack" || e.Peer.ID != "lin" {
				t.Errorf("answered elsewhere: %+v", e)
			}
			said = append(said, e.Parts.Text())
		}
		return o, strings.Join(said, "\n")
	}
	if _, s := duty("!小休"); p.agents["slack/lin"].Presence != core.OnBreak || s == "" {
		t.Errorf("%+v, said %q", p.agents["slack/lin"], s)
	}
	duty("!on")
	p.press("slack/lin", "claim")
	view := core.TicketView{Ticket: *p.c.Ticket, Peer: p.c.Peer}
	o, s := duty("!下班", view)
	if a := p.agents["slack/lin"]; a.Presence == core.OffDuty || !strings.Contains(s, "#T1") || !strings.Contains(s, "1 tickets") || o.Events[0].Kind != core.EventRefused {
		t.Errorf("%+v, said %q", a, s)
	}
	parked := view
	parked.Ticket.State = core.TicketParked
	if _, s = duty("!off force", view); p.agents["slack/lin"].Presence != core.OffDuty || !strings.Contains(s, "go back to the line") {
		t.Errorf("%+v, said %q", p.agents["slack/lin"], s)
	}
	p.c.Ticket = nil
	duty("!on")
	if _, s = duty("!off", parked); p.agents["slack/lin"].Presence != core.OffDuty { // what is parked may stay
		t.Errorf("%+v, said %q", p.agents["slack/lin"], s)
	}
	p.lines = map[string]core.LineState{"": {Waiting: 3, OnDuty: 2, Head: 5 * time.Minute}, "after": {Waiting: 2}}
	for cmd, want := range map[string]string{"!queue": "3 waiting, longest 05:00", "!在岗": "On duty (3):", "!mine": "no tickets", "!help": "!transfer @colleague-or-topic why", "!gibberish": "no command “gibberish”", "!claim": "ticket's thread"} {
		if _, s := duty(cmd); !strings.Contains(s, want) {
			t.Errorf("%s: %q", cmd, s)
		}
	}
	// Words outside the threads go nowhere, and that is said once.
	o, s = duty("大家好")
	c = o.Conversation
	if !strings.Contains(s, "nothing goes out from here") {
		t.Errorf("said %q", s)
	}
	if _, s = duty("大家好"); s != "" {
		t.Errorf("said again %q", s)
	}
	env := p.env("slack/lin", core.Left{})
	if o := p.r.Duty(c, env, p.scene()); len(o.Agents) != 1 || o.Agents[0].Now.Presence != core.OffDuty {
		t.Errorf("removed: %+v", o)
	}
}

func TestPriority(t *testing.T) {
	p := newPlay(t)
	p.writes("slack/bob", "!工单 P1")
	if p.c.Ticket.Class != 1 {
		t.Errorf("class %d", p.c.Ticket.Class)
	}
	p.press("slack/lin", "claim")
	p.press("slack/lin", "priority:P0")
	p.form("slack/bob", "priority", map[string]string{"class": "3"})
	p.form("slack/lin", "priority", map[string]string{"class": "P9"})
	if p.c.Ticket.Class != 0 || field(p.card("slack"), "Priority") != "P0" {
		t.Errorf("class %d", p.c.Ticket.Class)
	}
}

// Who is not known yet may say that they are on duty while, in a ticket's
// thread, they claim: the claim was decided without knowing, and must not send
// them home. Nor does a phone that rang out send on a break who has just left.
func TestPresenceIsTheirs(t *testing.T) {
	p := newPlay(t)
	delete(p.agents, "slack/lin")
	p.press("slack/lin", "claim")
	claimed := p.last
	if len(claimed.Agents) != 1 {
		t.Fatalf("%+v", claimed.Agents)
	}
	on := core.Agent{ID: "slack/lin", Presence: core.OnDuty, Since: p.now}
	if a := claimed.Agents[0].Apply(on); a.Presence != core.OnDuty || a.Name == "" {
		t.Errorf("a claim made %+v", a)
	}
	away := core.AgentChange{Was: core.Agent{ID: "slack/lin", Presence: core.OnDuty, Misses: 2}, Now: core.Agent{ID: "slack/lin", Presence: core.OnBreak, Misses: 3}}
	if a := away.Apply(core.Agent{ID: "slack/lin", Presence: core.OffDuty}); a.Presence != core.OffDuty || a.Misses != 3 {
		t.Errorf("a missed ring made %+v", a)
	}
	// What they say themselves holds, whatever they were thought to be.
	env := p.env("slack/lin", core.Text{Body: "!on"})
	env.Thread = ""
	p.agents["slack/lin"] = on
	said := p.r.Duty(core.Conversation{Key: core.Key{Channel: "slack", Peer: "lin"}}, env, p.scene())
	if a := said.Agents[0].Apply(core.Agent{ID: "slack/lin", Presence: core.OnBreak}); a.Presence != core.OnDuty {
		t.Errorf("they said that they are on duty: %+v", a)
	}
}

// A break and its end, read in one turn: both are decided without knowing of the
// other. Nobody who is on duty has an end of a break left over.
func TestBreakInOneTurn(t *testing.T) {
	p := newPlay(t)
	scene := p.scene()
	a := p.agents["slack/lin"]
	for _, text := range []string{"!break 30m", "!on"} {
		env := p.env("slack/lin", core.Text{Body: text})
		env.Thread = ""
		for _, x := range p.r.Duty(core.Conversation{Key: core.Key{Channel: "slack", Peer: "lin"}}, env, scene).Agents {
			a = x.Apply(a)
		}
	}
	if a.Presence != core.OnDuty || !a.Until.IsZero() {
		t.Errorf("%+v", a)
	}
}
