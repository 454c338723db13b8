package desk

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk/card"
	"github.com/frontdesk-im/frontdesk/core/desk/command"
)

// transfer gives the ticket to another agent or to the agents of another topic,
// with everything that was said. The customer reads one line about it, and none
// when the next agent takes over. After Rules.Hops of them only a lead can end
// the wandering.
func transfer(v view, t ticket, act command.Act) (ticket, done) {
	if d, ok := mayDispose(v, t, command.ActTransfer); !ok {
		return t, d
	}
	a, to := v.actor, act.Values["to"]
	if to == "" {
		return t, done{}.say(v.ask(t, a.ID, v.of(a.ID, "transfer_whom", "names", colleagues(v)), buttons(v, t)...))
	}
	g, ok := destination(v, to, act.Values["note"])
	if !ok {
		return t, v.refuse(t, command.ActTransfer, "transfer_unknown", "to", card.Clip(to, 40), "names", colleagues(v))
	}
	var d done
	if next, _ := v.agent(g.agent); t.Hops >= v.r.hops() && !a.Lead && !(g.agent != "" && next.Lead) {
		lead := freeLead(v)
		if lead == "" {
			return t, v.refuse(t, command.ActTransfer, "hops_no_lead", "n", strconv.Itoa(t.Hops))
		}
		d = d.say(v.notice(t, a.ID, "hops_lead", "n", strconv.Itoa(t.Hops), "lead", v.name(t, lead)))
		g.agent, g.topic = lead, ""
	}
	if g.agent != "" {
		if refused, ok := canTake(v, t, g.agent); !ok {
			return t, d.then(refused)
		}
	}
	t, moved := move(v, t, g)
	return t, d.then(moved)
}

// A goal is where a transfer goes: to an agent or to a topic.
type goal struct{ agent, topic, note string }

// canTake reports whether an agent can be given a ticket; who asked is told why
// not.
func canTake(v view, t ticket, agent string) (done, bool) {
	b, _ := v.agent(agent)
	switch {
	case agent == v.actor.ID && t.Agent == v.actor.ID:
		return v.refuse(t, command.ActTransfer, "yours_already"), false
	case b.Presence == core.OnBreak:
		return v.refuse(t, command.ActTransfer, "on_break", "agent", b.Name), false
	case b.Presence != core.OnDuty:
		return v.refuse(t, command.ActTransfer, "off_duty", "agent", b.Name), false
	case b.Max > 0 && b.Load >= b.Max:
		return v.refuse(t, command.ActTransfer, "full", "agent", b.Name, "load", strconv.Itoa(b.Load), "max", strconv.Itoa(b.Max)), false
	}
	return done{}, true
}

// move carries a transfer out: to an agent, whose phone rings, or to a topic.
func move(v view, t ticket, g goal) (ticket, done) {
	a := v.actor
	t, d := flush(v, t)
	from, told := t.Agent, t.State == core.TicketActive
	if t.State == core.TicketRinging && from != a.ID && from != g.agent {
		d = d.say(v.notice(t, from, "taken_away", "agent", a.Name))
	}
	if g.note != "" {
		d = d.log(v.event(core.EventNoted, by(a), "with a transfer", "text", card.Clip(g.note, 4000)))
		t.m = t.m.remember(noteOf(v, a.Name, g.note))
	}
	t = t.moved()
	if g.topic != "" {
		t.Topic = g.topic
		if from != "" {
			t.Passed = []string{from}
		}
		d = d.then(spread(v, t)).
			log(v.event(core.EventTransferred, by(a), card.Clip(g.note, 200), "from", from, "to", g.topic)).
			say(v.notice(t, a.ID, "transferred_topic", "topic", g.topic))
	} else {
		var rung done
		d = d.log(v.event(core.EventTransferred, by(a), card.Clip(g.note, 200), "from", from, "to", g.agent))
		t, rung = ring(v, t, g.agent, "transferred by "+a.Name)
		d = d.then(rung).
			say(v.notice(t, g.agent, "ring_from", "agent", a.Name, "note", g.note, "seconds", strconv.Itoa(int(v.r.ring().Seconds())))).
			say(v.notice(t, a.ID, "transferred_agent", "agent", v.name(t, g.agent)))
	}
	if told && !t.m.Quiet {
		name := ""
		if g.agent != "" {
			name = v.name(t, g.agent)
		}
		var peer done
		t, peer = toPeer(v, t, "transferred", map[string]string{"agent": name})
		d = d.then(peer)
	}
	t.m.Quiet = t.m.Quiet || told
	return t, d
}

// ring lets the phone of an agent ring.
func ring(v view, t ticket, agent, why string) (ticket, done) {
	desk, _ := card.DeskOf(agent)
	return t.rung(agent, v.now()), done{}.say(shown(desk)).log(v.event(core.EventRang, bySystem, why, "agent", agent))
}

// destination finds whom or what a transfer means: an agent by ID, by the
// platform's name or by name, otherwise a topic. Names may have spaces, so the
// beginning of the note may belong to one.
func destination(v view, to, note string) (g goal, ok bool) {
	to = strings.Trim(to, "@＠<> ")
	whole := strings.TrimSpace(to + " " + note)
	for id, a := range v.s.Agents {
		_, peer := card.DeskOf(id)
		exact := id == to || peer == to || strings.EqualFold(a.Name, to)
		spaced := strings.Contains(a.Name, " ") && len(whole) >= len(a.Name) && strings.EqualFold(whole[:len(a.Name)], a.Name)
		if !exact && !spaced {
			continue
		}
		n := note
		if spaced && !exact {
			n = strings.TrimSpace(whole[len(a.Name):])
		}
		// Of several who are called so, one on duty, then the first by ID.
		if g.agent == "" || prefers(v, id, g.agent) {
			g = goal{agent: id, note: n}
		}
	}
	if g.agent != "" {
		return g, true
	}
	for _, name := range topics(v) {
		if strings.EqualFold(name, to) {
			return goal{topic: name, note: note}, true
		}
	}
	return goal{}, false
}

func prefers(v view, a, b string) bool {
	x, y := v.s.Agents[a].Presence == core.OnDuty, v.s.Agents[b].Presence == core.OnDuty
	if x != y {
		return x
	}
	return a < b
}

// topics are those that have a line, a desk or an agent of their own.
func topics(v view) []string {
	var out []string
	for name := range v.s.Lines {
		out = append(out, name)
	}
	for _, d := range v.r.Desks {
		out = append(out, d.Topics...)
	}
	for _, a := range v.s.Agents {
		out = append(out, a.Topics...)
	}
	slices.Sort(out)
	return slices.DeleteFunc(slices.Compact(out), func(s string) bool { return s == "" })
}

// colleagues lists to whom and to what a ticket can be transferred.
func colleagues(v view) string {
	var out []string
	for id, b := range v.s.Agents {
		if id != v.actor.ID && b.Presence == core.OnDuty {
			out = append(out, "@"+b.Name)
		}
	}
	slices.Sort(out)
	if len(out) > 20 {
		out = append(out[:20], "…")
	}
	out = append(out, topics(v)...)
	if len(out) == 0 {
		return v.of(v.actor.ID, "nobody")
	}
	return strings.Join(out, v.of(v.actor.ID, "comma"))
}

// buttons are for those to whom a ticket can go: colleagues with room, then
// topics.
func buttons(v view, t ticket) (out []core.Option) {
	for _, id := range slices.Sorted(maps.Keys(v.s.Agents)) {
		b := v.s.Agents[id]
		if id != v.actor.ID && b.Presence == core.OnDuty && (b.Max <= 0 || b.Load < b.Max) && len(out) < 6 {
			out = append(out, card.Option(command.ActTransfer+":"+id, "@"+b.Name))
		}
	}
	for _, name := range topics(v) {
		if name != t.Topic && len(out) < 10 {
			out = append(out, card.Option(command.ActTransfer+":"+name, name))
		}
	}
	return out
}

// freeLead is the lead on duty with the most room, other than who acts.
func freeLead(v view) (best string) {
	for _, id := range v.leads() {
		if id == v.actor.ID {
			continue
		}
		a := v.s.Agents[id]
		if a.Max > 0 && a.Load >= a.Max {
			continue
		}
		if best == "" || a.Load < v.s.Agents[best].Load {
			best = id
		}
	}
	return best
}
