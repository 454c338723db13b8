package desk_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk"
)

// A ticket's whole life: opened, rung, claimed, ten messages each way, closed.
func BenchmarkTicket(b *testing.B) {
	r := rules()
	r.Limits = func(string) core.Limits { return core.Limits{Text: 600} }
	agents := map[string]core.Agent{}
	for i := range 20 {
		id := fmt.Sprint("slack/a", i)
		agents[id] = core.Agent{ID: id, Name: fmt.Sprint("Agent ", i), Max: 5, Presence: core.OnDuty, Lead: i == 0}
	}
	lin := core.Envelope{Channel: "slack", Peer: core.Peer{ID: "a3", Name: "Agent 3"}, Thread: "thread"}
	b.ReportAllocs()
	for b.Loop() {
		s := core.Scene{Now: t0, Agents: agents, Lines: map[string]core.LineState{"after": {Waiting: 3}}}
		c := core.Conversation{Key: core.Key{Channel: "web", Peer: "ann"}, Peer: core.Peer{ID: "ann", Name: "李雷", Lang: "zh"}, State: core.InLine,
			Ticket: &core.Ticket{ID: "T1", Key: core.Key{Channel: "web", Peer: "ann"}, State: core.TicketWaiting, Topic: "after", Class: 2, Asked: "杯子碎了 订单 20260413", Since: t0}}
		said := 0
		take := func(o core.Outcome) { c = o.Conversation; said += len(o.Say) }
		write := func(ref, text string) {
			env := lin
			env.Ref, env.Parts = ref, core.Parts{core.Text{Body: text}}
			take(r.Staff(c, env, s))
		}
		take(r.Open(c, s, core.Envelope{Parts: core.Parts{core.Text{Body: "你好"}}}))
		take(r.Assign(c, "slack/a3", s))
		write("c", "!claim")
		for i := range 10 {
			take(r.Relay(c, []core.Envelope{{Channel: "web", Parts: core.Parts{core.Text{Body: "我的杯子碎了，请问怎么办？"}}}}, s))
			take(r.Suggest(c, []desk.Suggestion{{Entry: fmt.Sprint(i), Title: "补发", Text: "这就给您补发。"}}, s))
			write(fmt.Sprint(i), "您好，订单 20260413 已经为您补发，明天送到。")
			s.Now = s.Now.Add(6 * time.Second)
			take(r.TicketDue(c, s))
		}
		write("x", "!close sent a new cup #broken")
		if c.Ticket.Open() || said < 60 {
			b.Fatal(c.Ticket.State, said)
		}
	}
}
