package desk

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// transfer gives the ticket to another agent or to the agents of another topic,
// with everything that was said. The customer reads one line about it, and none
// when the next agent takes over. After Rules.Hops of them only a lead can end
// the wandering.
func (t *turn) transfer(a core.Agent, act Act) {
	if !t.mayDispose(a, ActTransfer) {
		return
	}
	to, note := act.Values["to"], act.Values["note"]
	if to == "" {
		t.ask(a.ID, t.of(a.ID, "transfer_whom", "names", t.colleaguesOf(a)), t.targets(a)...)
		return
	}
	target, topic, note, found := t.target(to, note)
	switch {
	case !found:
		t.refuse(a, ActTransfer, "transfer_unknown", "to", clip(to, 40), "names", t.colleaguesOf(a))
		return
	case t.t.Hops >= t.r.hops() && !a.Lead && !(target != "" && t.lead(target)):
		lead := t.freeLead(a.ID)
		if lead == "" {
			t.refuse(a, ActTransfer, "hops_no_lead", "n", itoa(t.t.Hops))
			return
		}
		t.notice(a.ID, "hops_lead", "n", itoa(t.t.Hops), "lead", t.name(lead))
		target, topic = lead, ""
	}
	if target != "" && !t.canTake(a, target) {
		return
	}
	t.move(a, target, topic, note)
}

// canTake reports whether an agent can be given a ticket; who asked is told why
// not.
func (t *turn) canTake(a core.Agent, target string) bool {
	b, _ := t.agent(target)
	switch {
	case target == a.ID && t.t.Agent == a.ID:
		t.refuse(a, ActTransfer, "yours_already")
	case b.Presence == core.OnBreak:
		t.refuse(a, ActTransfer, "on_break", "agent", b.Name)
	case b.Presence != core.OnDuty:
		t.refuse(a, ActTransfer, "off_duty", "agent", b.Name)
	case b.Max > 0 && b.Load >= b.Max:
		t.refuse(a, ActTransfer, "full", "agent", b.Name, "load", itoa(b.Load), "max", itoa(b.Max))
	default:
		return true
	}
	return false
}

// move carries a transfer out: to an agent, whose phone rings, or to a topic.
func (t *turn) move(a core.Agent, target, topic, note string) {
	t.flush(a)
	k := t.t
	from := k.Agent
	if k.State == core.TicketActive || k.State == core.TicketParked {
		k.LastOwn = from
	}
	if k.State == core.TicketRinging && from != a.ID && from != target {
		t.notice(from, "taken_away", "agent", a.Name)
	}
	told := k.State == core.TicketActive
	t.m.Message = t.m.Message || k.State == core.TicketMessage
	if note != "" {
		t.event(core.Noted, by(a), "with a transfer", "text", clip(note, 4000))
		t.m.remember(line{At: t.now(), Kind: core.ByAgent, Note: true, Name: a.Name, Text: note})
	}
	k.Hops++
	k.Passed, k.Rung, k.Agent = nil, time.Time{}, ""
	t.c.State = core.InLine
	if t.m.Message {
		t.c.State = core.WithBot
	}
	t.m.Open, t.m.Nags, t.m.Until, t.m.Offers = time.Time{}, 0, time.Time{}, nil
	if topic != "" {
		k.Topic, k.State = topic, core.TicketWaiting
		if t.m.Message {
			k.State = core.TicketMessage
		}
		if from != "" {
			k.Passed = []string{from}
		}
		t.spread()
		t.event(core.Transferred, by(a), clip(note, 200), "from", from, "to", topic)
		t.notice(a.ID, "transferred_topic", "topic", topic)
	} else {
		t.event(core.Transferred, by(a), clip(note, 200), "from", from, "to", target)
		t.ringAt(target, "transferred by "+a.Name)
		t.notice(target, "ring_from", "agent", a.Name, "note", note, "seconds", itoa(int(t.r.ring().Seconds())))
		t.notice(a.ID, "transferred_agent", "agent", t.name(target))
	}
	if told && !t.m.Quiet {
		t.toPeer("transferred", map[string]string{"agent": t.nameOrNone(target)})
	}
	t.m.Quiet = t.m.Quiet || told
}

func (t *turn) nameOrNone(id string) string {
	if id == "" {
		return ""
	}
	return t.name(id)
}

// ringAt lets the phone of an agent ring.
func (t *turn) ringAt(agent, why string) {
	k := t.t
	t.m.Message = t.m.Message || k.State == core.TicketMessage
	k.State, k.Agent, k.Rung = core.TicketRinging, agent, t.now()
	desk, _ := deskOf(agent)
	t.show(desk)
	t.event(core.Rang, bySystem, why, "agent", agent)
}

// target finds whom or what a transfer means: an agent by ID, by the platform's
// name or by name, otherwise a topic. Names may have spaces, so the beginning of
// the note may belong to one.
func (t *turn) target(to, note string) (agent, topic, rest string, ok bool) {
	to = strings.Trim(to, "@＠<> ")
	whole := strings.TrimSpace(to + " " + note)
	best := ""
	for id, a := range t.s.Agents {
		_, peer := deskOf(id)
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
		if best == "" || t.prefers(id, best) {
			best, rest = id, n
		}
	}
	if best != "" {
		return best, "", rest, true
	}
	for _, name := range t.topics() {
		if strings.EqualFold(name, to) {
			return "", name, note, true
		}
	}
	return "", "", note, false
}

func (t *turn) prefers(a, b string) bool {
	x, y := t.s.Agents[a].Presence == core.OnDuty, t.s.Agents[b].Presence == core.OnDuty
	if x != y {
		return x
	}
	return a < b
}

// topics are those that have a line, a desk or an agent of their own.
func (t *turn) topics() []string {
	var out []string
	for name := range t.s.Lines {
		out = append(out, name)
	}
	for _, d := range t.r.Desks {
		out = append(out, d.Topics...)
	}
	for _, a := range t.s.Agents {
		out = append(out, a.Topics...)
	}
	slices.Sort(out)
	return slices.DeleteFunc(slices.Compact(out), func(s string) bool { return s == "" })
}

// colleaguesOf lists who and what a ticket can be transferred to.
func (t *turn) colleaguesOf(a core.Agent) string {
	var out []string
	for id, b := range t.s.Agents {
		if id != a.ID && b.Presence == core.OnDuty {
			out = append(out, "@"+b.Name)
		}
	}
	slices.Sort(out)
	if len(out) > 20 {
		out = append(out[:20], "…")
	}
	out = append(out, t.topics()...)
	if len(out) == 0 {
		return t.of(a.ID, "nobody")
	}
	return strings.Join(out, t.of(a.ID, "comma"))
}

// targets are buttons for those to whom a ticket can go: colleagues with room,
// then topics.
func (t *turn) targets(a core.Agent) (out []core.Option) {
	for _, id := range slices.Sorted(maps.Keys(t.s.Agents)) {
		b := t.s.Agents[id]
		if id != a.ID && b.Presence == core.OnDuty && (b.Max <= 0 || b.Load < b.Max) && len(out) < 6 {
			out = append(out, option(ActTransfer+":"+id, "@"+b.Name))
		}
	}
	for _, name := range t.topics() {
		if name != t.t.Topic && len(out) < 10 {
			out = append(out, option(ActTransfer+":"+name, name))
		}
	}
	return out
}

func (t *turn) lead(id string) bool {
	a, ok := t.agent(id)
	return ok && a.Lead
}

// freeLead is the lead on duty with the most room, other than one agent.
func (t *turn) freeLead(except string) (best string) {
	for _, id := range t.leads() {
		if id == except {
			continue
		}
		a := t.s.Agents[id]
		if a.Max > 0 && a.Load >= a.Max {
			continue
		}
		if best == "" || a.Load < t.s.Agents[best].Load {
			best = id
		}
	}
	return best
}
