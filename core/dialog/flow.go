package dialog

import (
	"strconv"
	"strings"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/match"
)

// maxSteps that a flow may go without waiting for anybody.
const maxSteps = 100

func (t *turn) stepAt(f *at) *step {
	fl := t.b.flows[f.Flow]
	if fl == nil {
		return nil
	}
	i, ok := fl.index[f.Step]
	if !ok {
		return nil
	}
	return fl.Steps[i]
}

// checkFlow drops a flow that the script no longer has as it was: a step that
// vanished, or one that no longer waits for what we wait for.
func (t *turn) checkFlow() {
	f := t.m.Flow
	if f == nil {
		return
	}
	s := t.stepAt(f)
	gone := s == nil || f.Call == nil && s.Ask == "" && s.Choose == "" || f.Call != nil && s.Call == ""
	switch {
	case gone:
		t.m.Flow, t.m.Menu = nil, nil
		t.event(core.Flowed, "the script changed under the flow; it was left", "flow", f.Flow, "step", "gone")
		t.tell("flow_changed", nil)
		t.startMenu(false)
	case f.Call == nil && t.s.Now.Sub(f.Asked) > t.b.set.Resume:
		t.m.Flow = nil
		t.event(core.Flowed, "nobody went on with it for "+t.b.set.Resume.String(), "flow", f.Flow, "step", "expired")
	}
}

func (t *turn) startFlow(id string) {
	t.event(core.Flowed, "started", "flow", id, "step", "start")
	t.m.Intent, t.m.IntentAt = id, t.s.Now
	t.m.Flow = &at{Flow: id, Asked: t.s.Now}
	t.opening = t.text
	t.m.Menu = nil
	t.runFrom(0)
}

// runFrom goes on until the flow waits for somebody or ends.
func (t *turn) runFrom(i int) {
	for range maxSteps {
		fl := t.b.flows[t.m.Flow.Flow]
		if i >= len(fl.Steps) {
			t.endFlow()
			return
		}
		s := fl.Steps[i]
		t.m.Flow.Step, t.m.Flow.Tries, t.m.Flow.Asked = s.ID, 0, t.s.Now
		to, stop := t.do(s)
		if stop {
			return
		}
		if to == "" {
			i++
			continue
		}
		n, ok := t.jump(to)
		if !ok {
			return
		}
		i = n
	}
	t.event(core.Flowed, "the flow went in circles and was left", "flow", t.m.Flow.Flow, "step", t.m.Flow.Step)
	t.m.Flow = nil
	t.tell("stuck", nil)
	t.human(request{Asked: t.m.Asked, Class: -1, Why: "a flow went in circles"})
}

// goTo leaves the current step for a target.
func (t *turn) goTo(to string) {
	if to == "" {
		fl := t.b.flows[t.m.Flow.Flow]
		t.runFrom(fl.index[t.m.Flow.Step] + 1)
		return
	}
	if i, ok := t.jump(to); ok {
		t.runFrom(i)
	}
}

// jump finds the step that a target names; false if the flow is over.
func (t *turn) jump(to string) (int, bool) {
	switch to {
	case toEnd:
		t.endFlow()
		return 0, false
	case toMenu:
		t.endFlow()
		t.startMenu(false)
		return 0, false
	case toHuman:
		t.human(request{Asked: t.m.Asked, Class: -1, Why: "the flow " + t.m.Flow.Flow + " leads to a person"})
		return 0, false
	}
	if other, ok := strings.CutPrefix(to, "flow:"); ok {
		t.event(core.Flowed, "from "+t.m.Flow.Flow, "flow", other, "step", "start")
		t.m.Flow.Flow = other
		return 0, true
	}
	return t.b.flows[t.m.Flow.Flow].index[to], true
}

func (t *turn) endFlow() {
	t.event(core.Flowed, "finished", "flow", t.m.Flow.Flow, "step", toEnd)
	t.m.Flow = nil
	t.m.Misses, t.m.Barren = 0, 0
}

func (t *turn) leaveFlow(why string) {
	t.event(core.Flowed, why, "flow", t.m.Flow.Flow, "step", "left")
	t.m.Flow = nil
}

// do runs one step: where to go (empty is on), or whether to stop and wait.
func (t *turn) do(s *step) (to string, stop bool) {
	key := t.m.Flow.Flow + "." + s.ID
	switch {
	case s.Say != nil:
		if items := t.items(s.Replies); len(items) > 0 {
			t.offer("menu", t.textOf(key, *s.Say), items)
		} else {
			t.say(t.textOf(key, *s.Say))
		}
	case s.Ask != "" || s.Choose != "":
		if s.Known == "skip" && t.m.Form[s.Ask+s.Choose] != "" {
			return t.optionTarget(s, t.m.Form[s.Choose]), false
		}
		if v, ok := t.opened(s); ok {
			t.put(s.Ask, v)
			t.step(s, "said in the first message")
			return "", false
		}
		t.step(s, "asked")
		t.question(s)
		return "", true
	case s.If != "":
		if s.c.guard.holds(t.filled()) {
			return s.Then, false
		}
		return s.Else, false
	case s.Goto != "":
		return s.Goto, false
	case s.Call != "":
		t.call(s)
		return "", true
	case s.Form != "":
		t.showForm(s)
	case s.Handoff != "":
		if !s.Text.empty() {
			t.say(t.textOf(key, s.Text))
		}
		r := request{Topic: s.Handoff, Class: -1, Asked: t.m.Asked, Why: "flow " + t.m.Flow.Flow + ": step " + s.ID}
		if s.Class != nil {
			r.Class = *s.Class
		}
		if s.c.asked != nil {
			if x := s.c.asked.render(t.env()); x != "" {
				r.Asked = clip(x, 500)
			}
		}
		t.step(s, "handed off")
		t.human(r)
		return "", true
	default:
		for _, a := range s.c.set {
			t.put(a.name, a.value.render(t.env()))
		}
	}
	return "", false
}

// opened is the order number in the words that started the flow, for its first
// question: nobody is asked what they have just said.
func (t *turn) opened(s *step) (string, bool) {
	first := t.opening
	t.opening = ""
	if first == "" || s.Kind != "order" || s.c.re == nil {
		return "", false
	}
	return byPattern(s.c.re, strings.TrimSpace(narrow(first)))
}

func (t *turn) step(s *step, why string) {
	t.event(core.Flowed, why, "flow", t.m.Flow.Flow, "step", s.ID)
}

// put keeps a value. Fields no flow knows any more are dropped on the way.
func (t *turn) put(name, value string) {
	if value == "" {
		delete(t.m.Form, name)
		return
	}
	t.m.Form[name] = clip(value, 1000)
}

// question asks what the step asks.
func (t *turn) question(s *step) {
	t.m.Flow.Asked = t.s.Now
	key := t.m.Flow.Flow + "." + s.ID
	if s.Choose == "" {
		t.m.Menu = nil
		if items := t.items(s.Replies); len(items) > 0 {
			t.offer("replies", t.textOf(key, s.Text), items)
			return
		}
		t.say(t.textOf(key, s.Text))
		return
	}
	var items []item
	for _, o := range s.Options {
		items = append(items, item{key + "=" + o.ID, t.b.pick(o.Label, t.m.Lang, 0).render(nil)})
	}
	t.offer("choose", t.textOf(key, s.Text), items)
	t.m.Menu.Until = t.s.Now.Add(t.b.set.Resume)
}

// repeatQuestion asks again after something came between.
func (t *turn) repeatQuestion() {
	if f := t.m.Flow; f != nil && f.Call == nil && !f.Paused {
		if s := t.stepAt(f); s != nil && (s.Ask != "" || s.Choose != "") {
			t.question(s)
		}
	}
}

// inFlow takes text as the answer to the question of the flow.
func (t *turn) inFlow(text string, d match.Decision) bool {
	f := t.m.Flow
	s := t.stepAt(f)
	if s == nil {
		return false
	}
	sure := d.Kind == match.Answer && t.b.entries[d.Candidates[0].Entry] != nil
	cmd := t.b.command(text)
	if cmd == "cancel" || cmd == "exit" || cmd == "menu" {
		t.leaveFlow("cancelled: " + clip(text, 40))
		t.m.Menu = nil
		t.tell("cancelled", nil)
		t.startMenu(false)
		return true
	}
	if f.Call != nil {
		if sure {
			return false
		}
		if !f.Checked {
			f.Checked = true
			t.tell("checking", nil)
		}
		t.event(core.FellBack, "wrote while "+f.Call.System+" is being asked")
		return true
	}
	value, ok := t.valid(s, text, cmd)
	if s.Skip && cmd == "skip" {
		value, ok = "", true
	}
	if f.Paused {
		return t.paused(s, sure, ok, cmd)
	}
	late := t.s.Now.Sub(f.Asked) > t.b.set.Pause
	switch {
	case ok && s.Kind == "text" && sure && d.Candidates[0].How == "exact":
		ok = false // the very words of an entry are a question, not an answer
	case ok && s.Kind == "text" && late && value != "":
		ok = false
	}
	switch {
	case ok:
		t.take(s, value)
	case sure:
		t.aside(d)
	case late:
		t.askResume()
	default:
		t.wrong(s)
	}
	return true
}

// aside answers a question that came up in the middle of a flow and returns to it.
func (t *turn) aside(d match.Decision) {
	f := *t.m.Flow
	c := d.Candidates[0]
	e := t.b.entries[c.Entry]
	t.event(core.Answered, d.Why, "entry", e.ID, "p", strconv.FormatFloat(c.P, 'f', 3, 64), "how", c.How)
	if e.Next != "" && e.Next != f.Flow {
		t.leaveFlow("another topic: " + e.ID)
		t.m.Intent, t.m.IntentAt = e.ID, t.s.Now
		t.sayEntry(e)
		t.next(e)
		return
	}
	if e.Next == "" {
		t.sayEntry(e)
	}
	t.repeatQuestion()
}

func (t *turn) take(s *step, value string) {
	t.m.Menu = nil
	t.m.Misses, t.m.Barren = 0, 0
	t.put(s.Ask+s.Choose, value)
	t.goTo(t.optionTarget(s, value))
}

func (t *turn) optionTarget(s *step, value string) string {
	for _, o := range s.Options {
		if o.ID == value {
			return o.Goto
		}
	}
	return ""
}

// wrong says what is wrong with an answer, up to the number of tries.
func (t *turn) wrong(s *step) {
	f := t.m.Flow
	f.Tries++
	t.m.Barren++
	t.step(s, "not valid, try "+strconv.Itoa(f.Tries))
	if f.Tries >= s.Tries || t.m.Barren >= t.b.set.Barren && s.TooMany == "" {
		to := s.TooMany
		if to == "" {
			to = toHuman
		}
		if to == toHuman {
			t.tell("too_many", nil)
		}
		t.goTo(to)
		return
	}
	msg := ""
	if !s.Error.empty() {
		msg = t.textOf(f.Flow+"."+s.ID+".error", s.Error)
	} else if s.Choose != "" {
		msg = t.word("invalid_choice", nil)
	} else {
		msg = t.word("invalid_"+s.Kind, nil)
	}
	if s.Choose == "" {
		t.say(msg)
		f.Asked = t.s.Now
		return
	}
	tries := f.Tries
	t.question(s)
	f.Tries = tries
	if c, ok := t.out[len(t.out)-1].(core.Choice); ok {
		c.Prompt = msg
		t.out[len(t.out)-1] = c
	}
}

// actChoose takes the press of a button of a choose step.
func (t *turn) actChoose(where, value, label string) {
	f := t.m.Flow
	if f == nil || f.Flow+"."+f.Step != where {
		t.tell("expired", nil)
		t.startMenu(false)
		return
	}
	if s := t.stepAt(f); s != nil {
		f.Paused = false
		t.take(s, value)
	}
}

// askResume asks somebody who comes back whether to go on.
func (t *turn) askResume() {
	f := t.m.Flow
	f.Paused = true
	t.offer("resume", t.word("resume", map[string]string{"title": t.b.title(f.Flow, t.m.Lang)}),
		[]item{{"resume=yes", t.word("opt_resume", nil)}, {"resume=no", t.word("opt_stop", nil)}})
	t.event(core.Flowed, "back after a pause: asked whether to go on", "flow", f.Flow, "step", f.Step)
}

// paused: the customer was asked whether to go on and wrote something else.
func (t *turn) paused(s *step, sure, ok bool, cmd string) bool {
	switch {
	case cmd == "yes":
		t.actResume("yes")
		return true
	case cmd == "no":
		t.actResume("no")
		return true
	case ok && s.Kind != "text" && s.Choose == "":
		t.m.Flow.Paused = false
		return false
	case sure:
		return false
	}
	t.m.Flow = nil
	return false
}

func (t *turn) actResume(what string) {
	if t.m.Flow == nil {
		t.tell("expired", nil)
		return
	}
	if what == "yes" {
		t.m.Flow.Paused = false
		t.repeatQuestion()
		return
	}
	t.leaveFlow("did not want to go on")
	t.tell("cancelled", nil)
	t.startMenu(false)
}
