package dialog

import (
	"maps"
	"slices"
	"strconv"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/script"
)

// ask asks a business system. The question leaves with the outbox; the answer
// comes back as an envelope with the same form ID.
func ask(v view, t talk, s *script.Step) talk {
	t.Calls++
	id := t.Flow.Flow + "." + s.ID + "#" + strconv.Itoa(t.Calls)
	form := map[string]string{"lang": t.Lang}
	maps.Copy(form, sends(v, t, s))
	t.Call = call{ID: id, System: s.Call, Until: v.Now.Add(s.Timeout)}
	if !s.Text.Empty() {
		t = sayNext(v, t, t.Flow.Flow+"."+s.ID, s.Text)
	}
	t.sent = append(slices.Clip(t.sent), core.Envelope{Channel: s.Call, Peer: core.Peer{ID: s.Call}, Thread: v.key.String(), By: v.by(t.Lang),
		Parts: core.Parts{core.Form{ID: id, Values: form}}})
	return note(v, t, core.EventCalled, "flow "+t.Flow.Flow+": step "+s.ID, "system", s.Call, "result", "asked")
}

// answered takes the answer of a business system.
func answered(v view, t talk, env core.Envelope) talk {
	var form core.Form
	for _, p := range env.Parts {
		if x, ok := p.(core.Form); ok {
			form = x
		}
	}
	if !t.Call.on() || !t.Flow.on() || t.Call.ID != form.ID || t.Call.System != env.Channel {
		return late(v, t, env)
	}
	if code := form.Values["error"]; code != "" {
		t = note(v, t, core.EventCalled, "answered with an error", "system", env.Channel, "result", clip(code, 40))
		return callFailed(v, t, code)
	}
	s := v.step(t.Flow)
	t = note(v, t, core.EventCalled, "answered", "system", env.Channel, "result", "ok")
	t.Call = call{}
	for _, field := range slices.Sorted(maps.Keys(s.Save)) {
		t.memory = t.put(field, form.Values[s.Save[field]])
	}
	return goTo(v, t, "")
}

func late(v view, t talk, env core.Envelope) talk {
	return note(v, t, core.EventCalled, "an answer nobody waits for any more; dropped", "system", env.Channel, "result", "late")
}

// overdue gives up a business system that has not answered in time.
func overdue(v view, t talk) talk {
	if !t.Call.on() || v.Now.Before(t.Call.Until) {
		return t
	}
	t = note(v, t, core.EventCalled, "no answer in time", "system", t.Call.System, "result", "timeout")
	return callFailed(v, t, "timeout")
}

// callFailed goes where the step says for this error.
func callFailed(v view, t talk, code string) talk {
	t.Call = call{}
	s := v.step(t.Flow)
	if s == nil { // nothing goes on with it
		return t
	}
	to := s.OnError
	if x, ok := s.Errors[code]; ok {
		to = x
	}
	if to == script.ToHuman || to == script.ToMenu || to == script.ToEnd {
		t = tell(v, t, "call_failed")
	}
	return goTo(v, t, to)
}

// sends renders what a step sends along.
func sends(v view, t talk, s *script.Step) map[string]string {
	out := map[string]string{}
	for _, a := range s.Sends {
		out[a.Name] = a.Value.Render(values(v, t.memory, t.text))
	}
	return out
}

// showForm shows the customer a form of their platform. Where the platform has none
// it is its values, in words.
func showForm(v view, t talk, s *script.Step) talk {
	t.sent = append(slices.Clip(t.sent), core.Envelope{By: v.by(t.Lang), Parts: core.Parts{core.Form{ID: s.Form, Values: sends(v, t, s)}}})
	return noteStep(v, t, s, "sent the form "+s.Form)
}
