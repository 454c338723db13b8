package desk_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk"
)

var t0 = time.Date(2026, 11, 11, 20, 0, 0, 0, time.UTC)

// A play is one conversation with a ticket, staff at two chat desks and the
// console, and a clock. After every step the conversation is written as JSON and
// read again, as the store does it.
type play struct {
	t      *testing.T
	r      *desk.Rules
	c      core.Conversation
	now    time.Time
	agents map[string]core.Agent
	lines  map[string]core.LineState
	n      int

	say    []core.Envelope // all of it
	events []core.Event
	last   core.Outcome
	log    []core.Envelope // what went to the customer, with IDs, as the store knows it
}

func rules() *desk.Rules {
	return &desk.Rules{
		Words: func(lang, id string, vars map[string]string) core.Parts {
			if _, ok := desk.WordIDs[id]; !ok {
				panic("a text that is not listed in WordIDs: " + id)
			}
			s := "<" + id
			for _, k := range slices.Sorted(mapKeys(vars)) {
				s += " " + vars[k]
			}
			return core.Parts{core.Text{Body: s + ">"}}
		},
		Desks: []desk.Desk{
			{Name: "slack", Hold: 5 * time.Second, Lang: "en", Crowd: -1},
			{Name: "tg", Hold: 5 * time.Second, Lang: "zh-CN", Topics: []string{"after", "sales"}, Crowd: -1},
			{Name: "console", Lang: "zh-CN", Crowd: -1, Views: true},
		},
		Canned: []desk.Canned{{ID: "c1", Title: "补发", Text: "这就给您补发。"}, {ID: "c2", Title: "Refund", Text: "We refund you today."}},
		Banned: []string{"绝对"},
	}
}

func mapKeys(m map[string]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func newPlay(t *testing.T) *play {
	p := &play{t: t, r: rules(), now: t0, agents: map[string]core.Agent{}, lines: map[string]core.LineState{"": {}, "after": {}}}
	p.staffed("slack/lin", "Lin", false)
	p.staffed("slack/bob", "Bob", false)
	p.staffed("tg/chen", "小陈", false)
	p.staffed("console/eve", "Eve", true)
	p.c = core.Conversation{Key: core.Key{Channel: "web", Peer: "ann"}, Peer: core.Peer{ID: "ann", Name: "李雷", Lang: "zh"}, State: core.InLine,
		Ticket: &core.Ticket{ID: "T1", Key: core.Key{Channel: "web", Peer: "ann"}, State: core.TicketWaiting, Topic: "after", Class: 2, Asked: "杯子碎了 订单 20260413", Since: t0}}
	p.do(func() core.Outcome {
		return p.r.Open(p.c, p.scene(), core.Envelope{Parts: core.Parts{core.Text{Body: "你好"}}}, core.Envelope{By: core.Author{Kind: core.ByBot}, Parts: core.Parts{core.Text{Body: "您好，我是机器人"}}})
	})
	return p
}

func (p *play) staffed(id, name string, lead bool) {
	p.agents[id] = core.Agent{ID: id, Name: name, Lead: lead, Max: 3, Presence: core.OnDuty}
}

func (p *play) scene() core.Scene {
	for id, a := range p.agents {
		a.Load = 0
		if k := p.c.Ticket; k != nil && k.Agent == id && (k.State == core.TicketActive || k.State == core.TicketRinging) {
			a.Load = 1
		}
		p.agents[id] = a
	}
	return core.Scene{Now: p.now, Agents: p.agents, Lines: p.lines}
}

// do takes one turn and commits it.
func (p *play) do(f func() core.Outcome) core.Outcome {
	before, _ := json.Marshal(p.c)
	o := f()
	if after, _ := json.Marshal(p.c); string(after) != string(before) {
		p.t.Fatalf("the turn changed what it was given:\n%s\n%s", before, after)
	}
	b, err := json.Marshal(o.Conversation)
	if err != nil {
		p.t.Fatal(err)
	}
	var c core.Conversation
	if err := json.Unmarshal(b, &c); err != nil {
		p.t.Fatal(err)
	}
	if again, _ := json.Marshal(c); string(again) != string(b) {
		p.t.Fatalf("does not read back:\n%s\n%s", b, again)
	}
	var es []core.Event
	eb, _ := json.Marshal(o.Events)
	if json.Unmarshal(eb, &es) != nil || len(o.Events) > 0 && !reflect.DeepEqual(es, o.Events) {
		p.t.Fatalf("events do not read back: %s", eb)
	}
	for _, e := range o.Events {
		if e.By.Kind == "" || e.Why == "" && e.Kind != core.EventTransferred || e.At.IsZero() {
			p.t.Fatalf("an event without who, when or why: %+v", e)
		}
	}
	for _, a := range o.Agents {
		p.agents[a.Now.ID] = a.Apply(p.agents[a.Now.ID])
	}
	for i, e := range o.Say {
		if e.Channel == "" {
			e.ID = fmt.Sprint("m", len(p.log)+1)
			o.Say[i] = e
			p.log = append(p.log, e)
		} else if e.Ticket == "" && e.Thread == "" && e.Peer.ID == "" {
			p.t.Fatalf("to a desk, but nowhere: %+v", e)
		}
	}
	p.c, p.last = c, o
	p.say, p.events = append(p.say, o.Say...), append(p.events, o.Events...)
	return o
}

func (p *play) env(agent string, parts ...core.Part) core.Envelope {
	p.n++
	d, peer, _ := strings.Cut(agent, "/")
	return core.Envelope{Channel: d, Peer: core.Peer{ID: peer, Name: p.agents[agent].Name}, Thread: "thread-" + d, Ref: fmt.Sprint("r", p.n), At: p.now, Filed: p.now, Parts: parts}
}

// writes returns the ref of what the agent wrote.
func (p *play) writes(agent, text string) string {
	p.t.Helper()
	env := p.env(agent, core.Text{Body: text})
	p.do(func() core.Outcome { return p.r.Staff(p.c, env, p.scene(), p.log...) })
	return env.Ref
}

func (p *play) edits(agent, ref string, parts ...core.Part) {
	p.t.Helper()
	env := p.env(agent, parts...)
	env.Replaces = ref
	p.do(func() core.Outcome { return p.r.Staff(p.c, env, p.scene(), p.log...) })
}

func (p *play) press(agent, option string) {
	p.t.Helper()
	env := p.env(agent, core.Pick{Option: option})
	p.do(func() core.Outcome { return p.r.Staff(p.c, env, p.scene(), p.log...) })
}

func (p *play) form(agent, id string, values map[string]string) {
	p.t.Helper()
	env := p.env(agent, core.Form{ID: id, Values: values})
	p.do(func() core.Outcome { return p.r.Staff(p.c, env, p.scene(), p.log...) })
}

func (p *play) customer(text string) {
	p.t.Helper()
	p.c.Gone = false
	p.do(func() core.Outcome {
		return p.r.Relay(p.c, []core.Envelope{{Channel: "web", Parts: core.Parts{core.Text{Body: text}}}}, p.scene())
	})
}

// pass lets time pass, with a turn whenever one is due.
func (p *play) pass(d time.Duration) {
	p.t.Helper()
	end := p.now.Add(d)
	for n := 0; ; n++ {
		due := p.c.Wakes.At(core.WakeDesk)
		if due.IsZero() || due.After(end) {
			break
		}
		if n > 100 {
			p.t.Fatalf("turns without end, due %v", due)
		}
		if due.After(p.now) {
			p.now = due
		}
		p.do(func() core.Outcome { return p.r.TicketDue(p.c, p.scene()) })
	}
	p.now = end
}

// toCustomer is everything that was said to the customer, in order.
func (p *play) toCustomer() (out []string) {
	for _, e := range p.say {
		if e.Channel == "" {
			out = append(out, e.Parts.Text())
		}
	}
	return out
}

// told is what the last turn said to a desk, its cards aside.
func (p *play) told(name string) (out []string) {
	for _, e := range p.last.Say {
		if e.Channel != name {
			continue
		}
		for _, part := range e.Parts {
			switch part := part.(type) {
			case core.Text:
				out = append(out, part.Body)
			case core.Choice:
				out = append(out, part.Numbered())
			}
		}
	}
	return out
}

// button is the option of the last choice shown at a desk that does an action.
func (p *play) button(name, action string) string {
	p.t.Helper()
	for _, e := range slices.Backward(p.say) {
		if e.Channel != name {
			continue
		}
		for _, part := range e.Parts {
			if c, ok := part.(core.Choice); ok {
				for _, o := range c.Options {
					if strings.HasPrefix(o.ID, action+":") {
						return o.ID
					}
				}
			}
		}
	}
	p.t.Fatalf("no button %s at %s; told %q", action, name, p.told(name))
	return ""
}

// card is the newest card at a desk.
func (p *play) card(name string) core.Case {
	p.t.Helper()
	for _, e := range slices.Backward(p.say) {
		if e.Channel == name && len(e.Parts) == 1 {
			if c, ok := e.Parts[0].(core.Case); ok {
				return c
			}
		}
	}
	p.t.Fatalf("no card at %s", name)
	return core.Case{}
}

func (p *play) hasEvent(kind core.EventKind) bool {
	return slices.ContainsFunc(p.events, func(e core.Event) bool { return e.Kind == kind })
}

func (p *play) wantCustomer(want ...string) {
	p.t.Helper()
	if got := p.toCustomer(); !slices.Equal(got, want) {
		p.t.Fatalf("the customer reads\n %q, want\n %q", got, want)
	}
}

func (p *play) wantState(state core.TicketState, agent string) {
	p.t.Helper()
	if k := p.c.Ticket; k.State != state || k.Agent != agent {
		p.t.Fatalf("ticket is %s with %q, want %s with %q", k.State, k.Agent, state, agent)
	}
	who := map[core.TicketState]core.State{core.TicketActive: core.WithAgent, core.TicketWaiting: core.InLine, core.TicketClosed: core.WithBot}[state]
	if who != "" && p.c.State != who {
		p.t.Fatalf("the conversation is with %s, want %s", p.c.State, who)
	}
}

func (p *play) wantTold(name, part string) {
	p.t.Helper()
	if got := strings.Join(p.told(name), "\n"); !strings.Contains(got, part) {
		p.t.Fatalf("%s is told %q, want %q in it", name, got, part)
	}
}
