package dialog

import (
	"strconv"

	"github.com/frontdesk-im/frontdesk/core"
)

// call asks a business system. The question leaves with the outbox; the answer
// comes back as an envelope with the same form ID.
func (t *turn) call(s *step) {
	t.m.Calls++
	id := t.m.Flow.Flow + "." + s.ID + "#" + strconv.Itoa(t.m.Calls)
	values := map[string]string{"lang": t.m.Lang}
	t.fill(values, s)
	t.m.Flow.Call = &call{ID: id, System: s.Call, Until: t.s.Now.Add(s.Timeout)}
	t.m.Flow.Checked = false
	if !s.Text.empty() {
		t.say(t.textOf(t.m.Flow.Flow+"."+s.ID, s.Text))
	}
	t.calls = append(t.calls, core.Envelope{Channel: s.Call, Peer: core.Peer{ID: s.Call}, Thread: t.c.Key.String(), By: t.by(),
		Parts: core.Parts{core.Form{ID: id, Values: values}}})
	t.event(core.Called, "flow "+t.m.Flow.Flow+": step "+s.ID, "system", s.Call, "result", "asked")
}

// answered takes the answer of a business system.
func (t *turn) answered(env core.Envelope) {
	f := t.m.Flow
	var form core.Form
	for _, p := range env.Parts {
		if x, ok := p.(core.Form); ok {
			form = x
		}
	}
	if f == nil || f.Call == nil || f.Call.ID != form.ID || f.Call.System != env.Channel {
		t.late(env)
		return
	}
	if code := form.Values["error"]; code != "" {
		t.event(core.Called, "answered with an error", "system", env.Channel, "result", clip(code, 40))
		t.callFailed(code)
		return
	}
	s := t.stepAt(f)
	t.event(core.Called, "answered", "system", env.Channel, "result", "ok")
	f.Call = nil
	for _, field := range sortedKeys(s.Save) {
		t.put(field, form.Values[s.Save[field]])
	}
	t.goTo("")
}

func (t *turn) late(env core.Envelope) {
	t.event(core.Called, "an answer nobody waits for any more; dropped", "system", env.Channel, "result", "late")
}

// callFailed goes where the step says for this error.
func (t *turn) callFailed(code string) {
	s := t.stepAt(t.m.Flow)
	t.m.Flow.Call = nil
	to := s.OnError
	if x, ok := s.Errors[code]; ok {
		to = x
	}
	if to == toHuman || to == toMenu || to == toEnd {
		t.tell("call_failed", nil)
	}
	t.goTo(to)
}

// fill renders what a step sends along.
func (t *turn) fill(values map[string]string, s *step) {
	for _, a := range s.c.send {
		values[a.name] = a.value.render(t.env())
	}
}

// showForm shows the customer a form of their platform. Where the platform has none
// it is its values, in words.
func (t *turn) showForm(s *step) {
	values := map[string]string{}
	t.fill(values, s)
	t.calls = append(t.calls, core.Envelope{By: t.by(), Parts: core.Parts{core.Form{ID: s.Form, Values: values}}})
	t.step(s, "sent the form "+s.Form)
}
