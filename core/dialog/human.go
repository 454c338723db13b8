package dialog

import (
	"strconv"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// human brings the customer to a person: into the line, or to leaving a
// message when nobody is there. It is never followed by another menu, save one
// confirmation where the script asks for it before a long line.
func (t *turn) human(r request) {
	if k := t.c.Ticket; k.Open() && (t.c.State == core.InLine || k.State == core.TicketRinging) {
		t.sayPlace("asked for a person again; the place is kept")
		return
	}
	if r.Topic == "" {
		r.Topic = t.topic()
	}
	if r.Mood == "" && t.m.Mood != "" && t.s.Now.Sub(t.m.MoodAt) < t.b.set.Context {
		r.Mood = t.m.Mood
	}
	r.Class = t.classOf(r)
	asked := t.m.Confirm != nil
	t.m.Flow, t.m.Menu, t.m.Confirm = nil, nil, nil
	line := t.s.Line(r.Topic)
	if !t.served(r.Topic) {
		t.leaveMessage(r)
		return
	}
	if n := t.b.set.Confirm; n > 0 && line.Waiting >= n && !asked && r.Mood == "" && !t.c.Ticket.Open() {
		t.m.Confirm = &r
		t.offer("confirm", t.word("confirm_line", t.waitVars(r.Topic)), []item{{"confirm=yes", t.word("opt_wait", nil)},
			{"confirm=message", t.word("opt_message", nil)}, {"confirm=no", t.word("opt_leave", nil)}})
		t.event(core.Clarified, "the line is long: asked once whether to join", "entries", "")
		return
	}
	t.queue(r)
}

// served reports whether somebody takes customers of a topic now.
func (t *turn) served(topic string) bool {
	return t.s.Line(topic).OnDuty > 0 && (t.b.set.Overtime || t.b.hoursOf(topic).open(t.s.Now))
}

// topic is what the conversation is about: the flow's, the last entry's, the default.
func (t *turn) topic() string {
	if f := t.m.Flow; f != nil && t.b.flows[f.Flow] != nil && t.b.flows[f.Flow].Topic != "" {
		return t.b.flows[f.Flow].Topic
	}
	if t.s.Now.Sub(t.m.IntentAt) < 3*t.b.set.Context {
		if e := t.b.entries[t.m.Intent]; e != nil && e.Topic != "" {
			return e.Topic
		}
		if f := t.b.flows[t.m.Intent]; f != nil && f.Topic != "" {
			return f.Topic
		}
	}
	return t.b.set.Topic
}

func (t *turn) classOf(r request) int {
	class := 2
	if tp := t.b.topics[r.Topic]; tp != nil && tp.Class != nil {
		class = *tp.Class
	}
	if r.Class >= 0 {
		class = r.Class
	}
	return raised(class, r.Mood)
}

// ticket is a new claim on staff.
func (t *turn) ticket(r request, state core.TicketState) *core.Ticket {
	k := &core.Ticket{Key: t.c.Key, State: state, Topic: r.Topic, Lang: t.m.Lang, Class: r.Class, Intent: t.b.title(t.m.Intent, ""),
		Asked: r.Asked, Form: t.form(), Mood: r.Mood, Since: t.s.Now}
	if old := t.c.Ticket; old != nil {
		k.LastOwn = old.Agent
		if k.LastOwn == "" {
			k.LastOwn = old.LastOwn
		}
	}
	t.event(core.HandedOff, r.Why, "topic", r.Topic, "class", strconv.Itoa(r.Class))
	return k
}

// form is what the customer told: not what business systems answered, which
// staff look up themselves, current.
func (t *turn) form() map[string]string {
	out := map[string]string{}
	for k, v := range t.m.Form {
		if t.b.fields[k].told {
			out[k] = v
		}
	}
	return out
}

// queue puts the customer in line, in the old place if they left it a moment ago.
func (t *turn) queue(r request) {
	line := t.s.Line(r.Topic)
	since := t.s.Now
	why := r.Why
	if old := t.c.Ticket; old.Open() { // a message that was left, or one that was set aside
		since = old.Since
		r.Asked = old.Asked
		t.c.Ticket.State, t.c.Ticket.Topic = core.TicketWaiting, r.Topic
		t.event(core.HandedOff, r.Why, "topic", r.Topic, "class", strconv.Itoa(t.c.Ticket.Class))
	} else {
		x := t.m.Exit
		if !x.Since.IsZero() && x.Topic == r.Topic && t.s.Now.Sub(x.At) < t.b.set.Reenter && !x.At.After(t.s.Now) {
			since, why = x.Since, why+"; back within "+t.b.set.Reenter.String()+": old place"
		}
		t.c.Ticket = t.ticket(r, core.TicketWaiting)
	}
	k := t.c.Ticket
	k.Since = since
	t.m.Exit, t.m.Survey, t.m.Message = exit{}, nil, false
	t.c.State = core.InLine
	t.m.Misses, t.m.Barren, t.m.Again = 0, 0, 0
	k.Told = core.Told{At: t.s.Now, Ahead: line.Waiting, Upper: upper(line)}
	t.event(core.Queued, why, "topic", r.Topic, "ahead", strconv.Itoa(line.Waiting))
	vars := t.waitVars(r.Topic)
	vars["topic"] = t.b.Topic(t.m.Lang, r.Topic)
	if k.Asked != "" && !t.isWish(k.Asked) && !strings.Contains(k.Asked, "\n") {
		vars["asked"] = t.word("asked_kept", map[string]string{"text": short(k.Asked, 20)})
	}
	id := "queued"
	if line.Free > 0 && line.Waiting == 0 {
		id, vars = "connecting", map[string]string{"topic": vars["topic"], "asked": vars["asked"]}
	}
	t.offer("line", t.word(id, vars), t.lineItems())
	t.m.Acked = t.s.Now
}

// short is clip that shows where something is left out.
func short(s string, n int) string {
	if c := clip(s, n); c != s {
		return c + "…"
	}
	return s
}

func (t *turn) lineItems() []item {
	return []item{{"line=message", t.word("opt_message", nil)}, {"line=leave", t.word("opt_leave", nil)}}
}

// longest wait that is ever announced.
const longest = 45 * time.Minute

// upper is the longest wait that may be announced, 0 if none may be.
func upper(l core.LineState) time.Duration {
	if !l.Known || l.High <= 0 || l.High > longest {
		return 0
	}
	return l.High
}

// waitVars says the place and the wait as far as they are known.
func (t *turn) waitVars(topic string) map[string]string {
	l := t.s.Line(topic)
	return map[string]string{"ahead": t.aheadText(l.Waiting), "eta": t.etaText(l)}
}

// aheadText gives a number only as long as it means something to people.
func (t *turn) aheadText(n int) string {
	switch {
	case n <= 0:
		return t.word("ahead_next", nil)
	case n <= 20:
		return t.word("ahead", map[string]string{"n": strconv.Itoa(n)})
	}
	return t.word("ahead_about", map[string]string{"n": strconv.Itoa((n + 5) / 10 * 10)})
}

func (t *turn) etaText(l core.LineState) string {
	high := upper(l)
	switch {
	case high > 0 && high <= time.Minute:
		return t.word("eta_under", map[string]string{"high": "1"})
	case high > 0:
		low := max(1, int(l.Low/time.Minute))
		return t.word("eta", map[string]string{"low": strconv.Itoa(low), "high": strconv.Itoa(max(low+1, minutesUp(high)))})
	case l.Head >= 30*time.Minute:
		return t.word("eta_over", map[string]string{"high": "30"})
	}
	return t.word("eta_none", nil)
}

func minutesUp(d time.Duration) int { return int((d + time.Minute - 1) / time.Minute) }

// ownWait is what can honestly be said to somebody in line: no more ahead than
// they were told, and what is left of the wait they were told.
func (t *turn) ownWait() map[string]string {
	k := t.c.Ticket
	l := t.s.Line(k.Topic)
	ahead := l.Waiting - 1
	if !k.Told.At.IsZero() {
		ahead = min(ahead, k.Told.Ahead)
	}
	vars := map[string]string{"ahead": t.aheadText(ahead)}
	left := k.Told.Upper - t.s.Now.Sub(k.Told.At)
	switch {
	case k.Told.Upper == 0:
		vars["eta"] = t.etaText(core.LineState{Head: l.Head})
	case left <= 0:
		vars["eta"] = t.word("eta_late", nil)
	default:
		vars["eta"] = t.word("eta_under", map[string]string{"high": strconv.Itoa(minutesUp(left))})
	}
	return vars
}

// footer keeps somebody who waits at ease while the bot answers.
func (t *turn) footer() string {
	if k := t.c.Ticket; k.Open() && k.State == core.TicketMessage {
		h := t.b.hoursOf(k.Topic)
		at, ok := h.promise(k.Since)
		if !ok || at.Before(t.s.Now) {
			return ""
		}
		return t.word("message_too", map[string]string{"promise": t.b.when(t.m.Lang, h, at, t.s.Now)})
	}
	if t.c.State != core.InLine || !t.c.Ticket.Open() {
		return ""
	}
	return t.word("still_in_line", t.ownWait())
}

func (t *turn) sayPlace(why string) {
	t.event(core.Answered, why, "entry", "", "how", "line")
	t.offer("line", t.word("place", t.ownWait()), t.lineItems())
	t.m.Acked = t.s.Now
}
