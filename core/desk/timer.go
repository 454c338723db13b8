package desk

import (
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// Timer does what is due: holds, rings, reminders, returns, parked tickets.
// What became due while nobody was there to do it is decided as things are now,
// not caught up with.
func (r *Rules) Timer(c core.Conversation, s core.Scene) core.Outcome {
	t := r.begin(c, s)
	if !t.t.Open() {
		return t.end()
	}
	t.release()
	switch t.t.State {
	case core.TicketRinging:
		if !t.now().Before(t.t.Rung.Add(r.ring())) {
			t.missed()
		}
	case core.TicketParked:
		if !t.m.Until.IsZero() && !t.now().Before(t.m.Until) {
			t.resume("the time it was parked for is over", bySystem)
		}
	case core.TicketActive:
		t.silence()
		t.warn()
	}
	return t.end()
}

// missed: the phone rang out. The next agent gets the ticket; who misses too
// many in a row is taken to be away.
func (t *turn) missed() {
	id := t.t.Agent
	a, ok := t.agent(id)
	if !ok {
		a = core.Agent{ID: id, Name: t.name(id), Presence: core.OffDuty}
	}
	a.Misses++
	t.event(core.Missed, bySystem, "nobody took it in time", "agent", id)
	if a.Misses >= t.r.misses() && a.Presence == core.OnDuty {
		a.Presence, a.Since = core.OnBreak, t.now()
		t.event(core.PresenceSet, bySystem, "missed "+itoa(a.Misses)+" tickets in a row", "agent", id, "presence", string(core.OnBreak))
		t.notice(id, "misses", "n", itoa(a.Misses))
		for _, lead := range t.leads() {
			if lead != id {
				t.notice(lead, "misses_lead", "agent", a.Name, "n", itoa(a.Misses))
			}
		}
	} else {
		t.notice(id, "missed")
	}
	t.agents[id] = a
	t.back(0, "nobody took it in time", bySystem)
}

// silence reminds an owner who does not answer, then the leads, then gives the
// ticket to somebody else.
func (t *turn) silence() {
	steps := t.r.silences()
	if t.m.Open.IsZero() || len(t.m.Held) > 0 {
		return
	}
	waited, due := t.now().Sub(t.m.Open), t.m.Nags
	for due < len(steps) && waited >= steps[due] {
		due++
	}
	if due == t.m.Nags {
		return
	}
	t.m.Nags = due
	owner, last := t.t.Agent, len(steps)
	switch due {
	case last:
		t.notice(owner, "returned", "wait", span(waited))
		t.back(1, "the owner was silent for "+waited.Round(time.Second).String(), bySystem)
		t.sorry()
	case last - 1:
		told := false
		for _, lead := range t.leads() {
			if lead != owner {
				told = true
				t.notice(lead, "silent_lead", "owner", t.name(owner), "wait", span(waited))
			}
		}
		if !told {
			t.notice(owner, "remind", "wait", span(waited))
		}
	default:
		t.notice(owner, "remind", "wait", span(waited))
	}
}

// warn tells owner and leads that the platform will soon let us say nothing.
func (t *turn) warn() {
	at := t.closing()
	if at.IsZero() || t.now().Before(at) {
		return
	}
	t.m.Warned = t.c.Ledger.Until
	left := span(t.c.Ledger.Until.Sub(t.now()))
	t.notice(t.t.Agent, "closing", "left", left)
	for _, lead := range t.leads() {
		if lead != t.t.Agent {
			t.notice(lead, "closing", "left", left)
		}
	}
}

// span writes a length of time as 5:20 or 1:05:20.

func span(d time.Duration) string {
	s := int(max(d, 0).Seconds())
	pad := func(n int) string {
		if n < 10 {
			return "0" + itoa(n)
		}
		return itoa(n)
	}
	if s >= 3600 {
		return itoa(s/3600) + ":" + pad(s/60%60) + ":" + pad(s%60)
	}
	return pad(s/60) + ":" + pad(s%60)
}
