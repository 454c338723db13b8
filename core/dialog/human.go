package dialog

import (
	"strconv"
	"strings"

	"github.com/frontdesk-im/frontdesk/core"
)

// human brings the customer to a person: into the line, or to leaving a
// message when nobody is there. It is never followed by another menu, save one
// confirmation where the script asks for it before a long line.
func human(v view, t talk, r request) talk {
	if t.inLine() || t.waiting() && t.Ticket.State == core.TicketRinging {
		return sayPlace(v, t, "asked for a person again; the place is kept")
	}
	if r.Topic == "" {
		r.Topic = topicOf(v, t.memory)
	}
	if r.Mood == "" && t.Mood != "" && v.Now.Sub(t.MoodAt) < v.Settings.Context {
		r.Mood = t.Mood
	}
	r.Class = classOf(v, r)
	asked := t.Confirm.on()
	t.memory = t.left()
	t.Menu, t.Confirm = menu{}, request{}
	if !served(v, r.Topic) {
		return leaveMessage(v, t, r)
	}
	if n := v.Settings.Confirm; n > 0 && v.Line(r.Topic).Waiting >= n && !asked && r.Mood == "" && !t.waiting() {
		t.Confirm = r
		t = offer(v, t, "confirm", v.Word(t.Lang, "confirm_line", joinWords(v, t.Lang, r.Topic)), []item{{"confirm=yes", v.Word(t.Lang, "opt_wait", nil), "1"},
			{"confirm=message", v.Word(t.Lang, "opt_message", nil), "2"}, {"confirm=no", v.Word(t.Lang, "opt_leave", nil), "9"}})
		return note(v, t, core.EventClarified, "the line is long: asked once whether to join", "entries", "")
	}
	return queue(v, t, r)
}

// toHuman says that a person comes, or in other words of the same that one will: what
// follows says that nobody is there.
func toHuman(v view, t talk, id string) talk {
	if !t.waiting() && !served(v, topicOf(v, t.memory)) {
		id += "_later"
	}
	return tell(v, t, id)
}

// served reports whether somebody takes customers of a topic now.
func served(v view, topic string) bool {
	return v.Line(topic).OnDuty > 0 && (v.Settings.Overtime || v.HoursOf(topic).Calendar().Open(v.Now))
}

// topicOf is what the conversation is about: the flow's, the last entry's, the default.
func topicOf(v view, m memory) string {
	if f := v.Flows[m.Flow.Flow]; f != nil && f.Topic != "" {
		return f.Topic
	}
	if v.Now.Sub(m.IntentAt) < 3*v.Settings.Context {
		if e := v.Entries[m.Intent]; e != nil && e.Topic != "" {
			return e.Topic
		}
		if f := v.Flows[m.Intent]; f != nil && f.Topic != "" {
			return f.Topic
		}
	}
	return v.Settings.Topic
}

func classOf(v view, r request) int {
	class := 2
	if tp := v.Topics[r.Topic]; tp != nil && tp.Class != nil {
		class = *tp.Class
	}
	if r.Class >= 0 {
		class = r.Class
	}
	return raised(class, r.Mood)
}

// open makes a new claim on staff.
func open(v view, t talk, r request, state core.TicketState) talk {
	k := &core.Ticket{Key: v.key, State: state, Topic: r.Topic, Lang: t.Lang, Class: r.Class, Intent: v.Title(t.Intent, ""),
		Asked: r.Asked, Form: toldForm(v, t.memory), Mood: r.Mood, Since: v.Now}
	if old := t.Ticket; old != nil {
		k.LastOwn = old.Agent
		if k.LastOwn == "" {
			k.LastOwn = old.LastOwn
		}
	}
	t.Ticket = k
	return note(v, t, core.EventHandedOff, r.Why, "topic", r.Topic, "class", strconv.Itoa(r.Class))
}

// toldForm is what the customer told. What business systems answered is not in
// it: staff look it up themselves, as it is then.
func toldForm(v view, m memory) map[string]string {
	out := map[string]string{}
	for k, s := range m.Form {
		if v.Fields[k].Told {
			out[k] = s
			if more := m.More[k]; more != "" {
				out[k] += ", " + more
			}
		}
	}
	return out
}

// queue puts the customer in line, in the old place if they left it a moment ago.
func queue(v view, t talk, r request) talk {
	line := v.Line(r.Topic)
	since, why := v.Now, r.Why
	if t.waiting() { // a message that was left, or one that was set aside
		k := *t.Ticket
		since = k.Since
		k.State, k.Topic = core.TicketWaiting, r.Topic
		t.Ticket = &k
		t = note(v, t, core.EventHandedOff, r.Why, "topic", r.Topic, "class", strconv.Itoa(k.Class))
	} else {
		x := t.Exit
		if !x.Since.IsZero() && x.Topic == r.Topic && v.Now.Sub(x.At) < v.Settings.Reenter && !x.At.After(v.Now) {
			since, why = x.Since, why+"; back within "+v.Settings.Reenter.String()+": old place"
		}
		t = open(v, t, r, core.TicketWaiting)
	}
	k := *t.Ticket
	k.Since = since
	k.Told = core.Told{At: v.Now, Ahead: line.Waiting, Upper: upper(joining(line))}
	t.claim = claim{State: core.InLine, Ticket: &k, Gone: t.claim.Gone}
	t.Exit, t.Survey, t.Message = exit{}, rating{}, false
	t.memory = t.settled()
	t = note(v, t, core.EventQueued, why, "topic", r.Topic, "ahead", strconv.Itoa(line.Waiting))
	if endangered(v, t) {
		t.Acked = v.Now
		return sayDanger(v, t, t.Mood)
	}
	if t.Kept = 0; v.Policy {
		return t
	}
	return sayQueued(v, t)
}

// sayQueued says that the customer is in line, and what they may do meanwhile.
func sayQueued(v view, t talk) talk {
	k, line := t.Ticket, v.Line(t.Ticket.Topic)
	vars := joinWords(v, t.Lang, k.Topic)
	vars["topic"] = v.Topic(t.Lang, k.Topic)
	if k.Asked != "" && !isWish(v, k.Asked) && !strings.Contains(k.Asked, "\n") {
		vars["asked"] = v.Word(t.Lang, "asked_kept", map[string]string{"text": short(k.Asked, 20)})
	}
	id := "queued"
	if line.Free > 0 && line.Waiting == 0 {
		id, vars = "connecting", map[string]string{"topic": vars["topic"], "asked": vars["asked"]}
	}
	return offer(v, t, "line", v.Word(t.Lang, id, vars), lineItems(v, t.Lang))
}

// short is clip that shows where something is left out.
func short(s string, n int) string {
	if c := clip(s, n); c != s {
		return c + "…"
	}
	return s
}
