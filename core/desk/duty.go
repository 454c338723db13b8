package desk

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// Duty is what an agent wrote outside every thread: presence and desk-wide
// commands. c is the agent's own conversation with the desk; mine are their
// open tickets. If the outcome, or one of Staff, changes an agent's presence to
// OffDuty, run Vacate in each of their tickets.
func (r *Rules) Duty(c core.Conversation, env core.Envelope, s core.Scene, mine ...core.TicketView) core.Outcome {
	c.Ticket = nil
	t := r.begin(c, s)
	if slices.ContainsFunc(env.Parts, func(p core.Part) bool { _, ok := p.(core.Left); return ok }) {
		t.removed(env)
		t.c.Gone, t.c.Wake = true, time.Time{}
		return t.end()
	}
	if t.c.Gone { // they are back, and so is their shift
		t.c.Gone, t.c.Wake = false, t.readOwn().Edge
	}
	act, ok := actOf(env.Parts)
	switch {
	case ok:
		t.duty(t.actor(env), act, env, mine)
	case env.Replaces != "" || env.Thread != "" || len(spoken(env.Parts)) == 0:
		// An edit, colleagues among themselves, or nothing said.
	case t.hintDue():
		t.out.Say = append(t.out.Say, reply(env, words(r.desk(env.Channel).Lang, "hint")))
	}
	if a, ok := t.agents[c.Key.String()]; ok {
		t.c.Wake = t.readOwn().wake(a)
	}
	return t.end()
}

// own is what this package keeps in an agent's conversation with their desk.
type own struct {
	Hint time.Time `json:"hint,omitzero"`  // when they were last told where to write
	Edge time.Time `json:"edge,omitzero"`  // of their shift, the next one
	Over bool      `json:"over,omitempty"` // their shift is, but not their tickets: at Edge they are seen to again
}

func (t *turn) readOwn() (m own) {
	if len(t.c.Mind) > 0 && json.Unmarshal(t.c.Mind, &m) != nil {
		return own{}
	}
	return m
}

func (t *turn) keepOwn(m own) {
	b, err := json.Marshal(m)
	if err != nil {
		panic("desk: a time does not marshal: " + err.Error())
	}
	t.c.Mind = b
}

// hintDue reports, at most once an hour, that somebody may be told where to
// write: words outside the threads go nowhere.
func (t *turn) hintDue() bool {
	m := t.readOwn()
	if t.now().Sub(m.Hint) < time.Hour {
		return false
	}
	m.Hint = t.now()
	t.keepOwn(m)
	return true
}

// reply answers an envelope where it was written.
func reply(env core.Envelope, text string) core.Envelope {
	return core.Envelope{Channel: env.Channel, Peer: env.Peer, Thread: env.Thread, By: bySystem, Parts: core.Parts{core.Text{Body: text}}}
}

// answer replies to env: in the ticket's thread, if it came from there.
func (t *turn) answer(env core.Envelope, text string) {
	e := reply(env, text)
	if t.t != nil {
		e.Thread, e.Ticket = "", t.t.ID
		t.show(env.Channel)
	}
	t.out.Say = append(t.out.Say, e)
}

// removed: somebody is no longer a member of the desk. The hub returns their
// tickets.
func (t *turn) removed(env core.Envelope) {
	a := t.actor(env)
	a.Presence, a.Since = core.OffDuty, t.now()
	t.agents[a.ID], t.said[a.ID] = a, true
	t.event(core.PresenceSet, bySystem, "is no longer a member of the desk", "agent", a.ID, "presence", string(core.OffDuty))
}

// duty does what concerns the whole desk.
func (t *turn) duty(a core.Agent, act Act, env core.Envelope, mine []core.TicketView) {
	lang := t.r.desk(env.Channel).Lang
	switch act.Name {
	case ActOn:
		t.presence(a, core.OnDuty, env, "on_now")
	case ActBreak:
		t.rest(a, act, env)
		if len(mine) > 0 {
			t.answer(env, words(lang, "mine", "list", t.list(lang, mine)))
		}
	case ActOff:
		t.off(a, act, env, mine)
	case ActMine:
		if len(mine) == 0 {
			t.answer(env, words(lang, "mine_none", "n", itoa(a.Load)))
			return
		}
		t.answer(env, words(lang, "mine", "list", t.list(lang, mine)))
	case ActQueue:
		t.answer(env, t.queue(lang))
	case ActStats:
		t.answer(env, t.stats(lang))
	case ActHelp:
		t.answer(env, help(lang, act.Values["unknown"]))
	default:
		if _, ok := command(act.Name); ok && t.t == nil {
			t.answer(env, words(lang, "in_thread"))
			return
		}
		t.answer(env, help(lang, act.Name))
	}
}

// rest begins a break, until the agent says so or until a time.
func (t *turn) rest(a core.Agent, act Act, env core.Envelope) {
	id, until, vars := "break_now", time.Time{}, []string{"n", itoa(a.Load)}
	if a.Load > 0 {
		id = "break_load"
	}
	if s := act.Values["until"]; s != "" {
		at, ok := Until(s, t.now(), t.r.zone())
		if !ok || at.Sub(t.now()) > 24*time.Hour {
			t.answer(env, words(t.r.desk(env.Channel).Lang, "bad_break", "word", clip(s, 40)))
			return
		}
		id, until = "break_until", at
		vars = append(vars, "time", at.In(t.r.zone()).Format("15:04"))
	}
	a.Until = until
	t.presence(a, core.OnBreak, env, id, vars...)
}

func (t *turn) presence(a core.Agent, p core.Presence, env core.Envelope, id string, vars ...string) {
	if a.Presence != p {
		a.Presence, a.Since = p, t.now()
		t.event(core.PresenceSet, by(a), "said so", "agent", a.ID, "presence", string(p))
	}
	if p != core.OnBreak {
		a.Until = time.Time{}
	}
	if p == core.OnDuty {
		a.Misses = 0
	}
	t.agents[a.ID], t.said[a.ID] = a, true
	t.answer(env, words(t.r.desk(env.Channel).Lang, id, append(vars, "n", itoa(a.Load))...))
}

// off ends a shift. Tickets that are still open are handed over first, or given
// back by force.
func (t *turn) off(a core.Agent, act Act, env core.Envelope, mine []core.TicketView) {
	lang := t.r.desk(env.Channel).Lang
	mine = slices.DeleteFunc(slices.Clone(mine), func(v core.TicketView) bool { return v.Ticket.State == core.TicketParked })
	open := max(a.Load, len(mine)) // what is parked may stay
	if t.owner(a) {
		open = max(open, 1)
	}
	if open == 0 || act.Values["force"] == "yes" {
		id := "off_now"
		if open > 0 {
			id = "off_forced"
		}
		t.presence(a, core.OffDuty, env, id)
		if t.t.Open() && t.t.Agent == a.ID { // said in the thread of one of them
			t.vacate(a.ID, "went off duty")
		}
		return
	}
	t.event(core.Refused, by(a), "still has open tickets", "action", ActOff, "tickets", itoa(open))
	text := words(lang, "off_refused", "n", itoa(open))
	if len(mine) > 0 {
		text += "\n" + t.list(lang, mine)
	}
	t.answer(env, text)
	// Nothing new meanwhile: they want to go.
	if a.Presence == core.OnDuty || !a.Until.IsZero() {
		a.Presence, a.Since, a.Until = core.OnBreak, t.now(), time.Time{}
		t.agents[a.ID] = a
		t.event(core.PresenceSet, by(a), "wants to go off duty", "agent", a.ID, "presence", string(core.OnBreak))
	}
}

// list is an agent's tickets, one a line.
func (t *turn) list(lang string, mine []core.TicketView) string {
	var out []string
	for _, v := range mine {
		name := v.Peer.Name
		if name == "" {
			name = v.Ticket.Key.Peer
		}
		out = append(out, "#"+v.Ticket.ID+" "+name+" · "+v.Ticket.Key.Channel+" · "+words(lang, "state_"+string(v.Ticket.State)))
	}
	return strings.Join(out, "\n")
}

// queue is the line in words.
func (t *turn) queue(lang string) string {
	var names []string
	for name := range t.s.Lines {
		names = append(names, name)
	}
	slices.Sort(names)
	var out []string
	for _, name := range names {
		l := t.s.Lines[name]
		if name == "" && len(names) > 1 && l.Waiting == 0 {
			continue
		}
		if name == "" {
			name = words(lang, "general")
		}
		out = append(out, words(lang, "queue_line", "topic", name, "n", itoa(l.Waiting), "head", span(l.Head), "duty", itoa(l.OnDuty), "free", itoa(l.Free)))
	}
	if len(out) == 0 {
		return words(lang, "queue_empty")
	}
	return strings.Join(out, "\n")
}

// stats is who is on duty, with how many tickets.
func (t *turn) stats(lang string) string {
	var out []string
	for _, p := range []core.Presence{core.OnDuty, core.OnBreak} {
		var names []string
		for _, a := range t.s.Agents {
			if a.Presence == p {
				names = append(names, words(lang, "stats_agent", "name", a.Name, "load", itoa(a.Load), "max", itoa(a.Max)))
			}
		}
		slices.Sort(names)
		if len(names) > 0 {
			out = append(out, words(lang, "stats_"+string(p), "n", itoa(len(names)))+" "+strings.Join(names, words(lang, "comma")))
		}
	}
	if len(out) == 0 {
		return words(lang, "stats_none")
	}
	return strings.Join(out, "\n")
}

// help lists the commands.
func help(lang, unknown string) string {
	var b strings.Builder
	if unknown != "" {
		b.WriteString(words(lang, "unknown", "word", clip(unknown, 40)) + "\n")
	}
	for _, c := range Commands {
		word, i := c.Zh[0], 0
		if strings.HasPrefix(lang, "en") {
			word, i = c.En[0], 1
		}
		b.WriteString(strings.TrimRight("!"+word+" "+c.Args[i], " ") + "  " + c.About[i] + "\n")
	}
	return strings.TrimRight(b.String(), "\n")
}

// Target is the ticket that an envelope from outside every thread names
// ("claim:T12", "!认领 T12", "!claim #T12"), so that it can be filed with its
// conversation. In the thread the number means a message.
func Target(env core.Envelope) (ticket string, ok bool) {
	if env.Thread != "" {
		return "", false
	}
	for _, p := range env.Parts {
		switch p := p.(type) {
		case core.Pick:
			name, id, found := strings.Cut(p.Option, ":")
			return id, found && id != "" && name == ActClaim
		case core.Form:
			id := p.Values["ticket"]
			return id, p.ID == ActClaim && id != ""
		case core.Text:
			s := visible(p.Body)
			if !IsCommand(s) {
				return "", false
			}
			word, rest := cutSpace(strings.TrimLeft(s, "!！"))
			c, _ := command(ActClaim)
			id := strings.TrimLeft(rest, "#＃")
			return id, (slices.Contains(c.En, strings.ToLower(word)) || slices.Contains(c.Zh, word)) && id != "" && !strings.ContainsAny(id, " \n\t")
		}
	}
	return "", false
}
