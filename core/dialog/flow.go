package dialog

import (
	"slices"
	"strings"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/script"
)

// maxSteps is how many steps a flow may go without waiting for anybody.
const maxSteps = 100

// checkFlow drops a flow that the script no longer has as it was: a step that
// vanished, or one that no longer waits for what we wait for.
func checkFlow(v view, t talk) talk {
	f := t.Flow
	if !f.on() {
		return t
	}
	s := v.step(f)
	switch asking := t.Call.on(); {
	case s == nil, asking && s.Call == "", !asking && s.Ask == "" && s.Choose == "":
		t.memory = t.left()
		t.Menu = menu{}
		t = note(v, t, core.EventFlowed, "the script changed under the flow; it was left", "flow", f.Flow, "step", "gone")
		return showMenu(v, tell(v, t, "flow_changed"))
	case !asking && v.Now.Sub(f.Asked) > v.Settings.Resume:
		t.memory = t.left()
		return note(v, t, core.EventFlowed, "nobody went on with it for "+v.Settings.Resume.String(), "flow", f.Flow, "step", "expired")
	}
	return t
}

func startFlow(v view, t talk, id string) talk {
	t = note(v, t, core.EventFlowed, "started", "flow", id, "step", "start")
	t.memory = t.meant(id, v.Now).left()
	t.Flow = at{Flow: id, Asked: v.Now}
	t.opening = t.text
	t.Menu = menu{}
	return runFrom(v, t, 0)
}

// runFrom goes on until the flow waits for somebody or ends.
func runFrom(v view, t talk, i int) talk {
	for range maxSteps {
		fl := v.Flows[t.Flow.Flow]
		if i >= len(fl.Steps) {
			return endFlow(v, t)
		}
		s := fl.Steps[i]
		t.Flow.Step, t.Flow.Tries, t.Flow.Asides, t.Flow.Asked = s.ID, 0, 0, v.Now
		var next exitTo
		if t, next = run(v, t, s); next == stay {
			return t
		}
		if next == onward {
			i++
			continue
		}
		if t, i = jump(v, t, string(next)); i < 0 {
			return t
		}
	}
	t = note(v, t, core.EventFlowed, "the flow went in circles and was left", "flow", t.Flow.Flow, "step", t.Flow.Step)
	t.memory = t.left()
	return human(v, toHuman(v, t, "stuck"), request{Asked: t.Asked, Class: -1, Why: "a flow went in circles"})
}

// exitTo is where a step leads: the name of a target, or one of these.
type exitTo string

const (
	onward exitTo = ""
	stay   exitTo = "." // it waits for somebody
)

// goTo leaves the current step for a target; empty is the next step.
func goTo(v view, t talk, to string) talk {
	if to == "" {
		return runFrom(v, t, v.Flows[t.Flow.Flow].Index[t.Flow.Step]+1)
	}
	t, i := jump(v, t, to)
	if i < 0 {
		return t
	}
	return runFrom(v, t, i)
}

// jump finds the step that a target names; -1 if the flow is over.
func jump(v view, t talk, to string) (talk, int) {
	switch to {
	case script.ToEnd:
		return endFlow(v, t), -1
	case script.ToMenu:
		return showMenu(v, endFlow(v, t)), -1
	case script.ToHuman:
		return human(v, t, request{Asked: t.Asked, Class: -1, Why: "the flow " + t.Flow.Flow + " leads to a person"}), -1
	}
	if other, ok := strings.CutPrefix(to, "flow:"); ok {
		t = note(v, t, core.EventFlowed, "from "+t.Flow.Flow, "flow", other, "step", "start")
		t.Flow.Flow = other
		return t, 0
	}
	return t, v.Flows[t.Flow.Flow].Index[to]
}

func endFlow(v view, t talk) talk {
	t = note(v, t, core.EventFlowed, "finished", "flow", t.Flow.Flow, "step", script.ToEnd)
	t.memory = t.left()
	t.Misses, t.Barren, t.Ended = 0, 0, v.Now
	return t
}

func leaveFlow(v view, t talk, why string) talk {
	t = note(v, t, core.EventFlowed, why, "flow", t.Flow.Flow, "step", "left")
	t.memory = t.left()
	return t
}

// run runs one step.
func run(v view, t talk, s *script.Step) (talk, exitTo) {
	key := t.Flow.key()
	switch {
	case s.Say != nil:
		if items := v.items(t.Lang, s.Replies...); len(items) > 0 {
			return offerNext(v, t, "menu", key, *s.Say, items), onward
		}
		return sayNext(v, t, key, *s.Say), onward
	case s.Ask != "" || s.Choose != "":
		return runQuestion(v, t, s)
	case s.If != "":
		if s.Cond.Holds(filled(v, t.memory, t.text)) {
			return t, exitTo(s.Then)
		}
		return t, exitTo(s.Else)
	case s.Goto != "":
		return t, exitTo(s.Goto)
	case s.Call != "":
		return ask(v, t, s), stay
	case s.Form != "":
		return showForm(v, t, s), onward
	case s.Handoff != "":
		return handOff(v, t, s), stay
	}
	for _, a := range s.Sets {
		t.memory = t.put(a.Name, a.Value.Render(values(v, t.memory, t.text)))
	}
	return t, onward
}

// runQuestion asks, unless the answer is known or was in the words that started
// the flow.
func runQuestion(v view, t talk, s *script.Step) (talk, exitTo) {
	if s.Known == "skip" && t.Form[s.Ask+s.Choose] != "" {
		return t, exitTo(optionTarget(s, t.Form[s.Choose]))
	}
	first := t.opening
	t.opening = ""
	if x, ok := opened(s, first); ok {
		t.memory = t.put(s.Ask, x)
		t = counted(v, t, s)
		return noteStep(v, t, s, "said in the first message"), onward
	}
	if x, ok := sameAgain(v, t, s, first); ok {
		t.memory = t.put(s.Ask, x)
		return noteStep(v, t, s, "the one that was just looked up"), onward
	}
	return poseStep(v, noteStep(v, t, s, "asked"), s), stay
}

// opened is the order number in the words that started the flow, for its first
// question: nobody is asked what they have just said.
func opened(s *script.Step, first string) (string, bool) {
	if first == "" || s.Kind != "order" || s.Re == nil {
		return "", false
	}
	return firstOf(valuesOf(s.Re, first))
}

func handOff(v view, t talk, s *script.Step) talk {
	if !s.Text.Empty() {
		t = sayNext(v, t, t.Flow.key(), s.Text)
	}
	r := request{Topic: s.Handoff, Class: -1, Asked: t.Asked, Why: "flow " + t.Flow.Flow + ": step " + s.ID}
	if s.Class != nil {
		r.Class = *s.Class
	}
	if s.About != nil {
		if x := s.About.Render(values(v, t.memory, t.text)); x != "" {
			r.Asked = clip(x, 500)
		}
	}
	return human(v, noteStep(v, t, s, "handed off"), r)
}

func noteStep(v view, t talk, s *script.Step, why string) talk {
	return note(v, t, core.EventFlowed, why, "flow", t.Flow.Flow, "step", s.ID)
}

// poseStep asks what the step asks.
func poseStep(v view, t talk, s *script.Step) talk {
	t.Flow.Asked = v.Now
	if s.Choose == "" {
		t.Menu = menu{}
		if items := v.items(t.Lang, append(slices.Clone(s.Replies), way(t)...)...); len(items) > 0 {
			return offerNext(v, t, "replies", t.Flow.key(), s.Text, items)
		}
		return sayNext(v, t, t.Flow.key(), s.Text)
	}
	m, words := wording(v, t, t.Flow.key(), s.Text)
	t.memory = m
	return offerOptions(v, t, s, words)
}

// way is the way to a person, for who tells a long story or wants several things.
func way(t talk) []string {
	if len(t.beside) == 0 {
		return nil
	}
	return []string{script.ToHuman}
}

// offerOptions shows the options of a step.
func offerOptions(v view, t talk, s *script.Step, prompt string) talk {
	var items []item
	for _, o := range s.Options {
		items = append(items, item{ID: t.Flow.key() + "=" + o.ID, Label: v.Variant(o.Label, t.Lang, 0).Render(nil)})
	}
	t = offer(v, t, "choose", prompt, append(items, v.items(t.Lang, way(t)...)...))
	t.Menu.Until = v.Now.Add(v.Settings.Resume)
	return t
}

// askAgain asks again after something came between.
func askAgain(v view, t talk) talk {
	if !t.Flow.on() || t.Call.on() || t.Flow.Paused {
		return t
	}
	if s := v.step(t.Flow); s != nil && (s.Ask != "" || s.Choose != "") {
		return poseStep(v, t, s)
	}
	return t
}

func optionTarget(s *script.Step, value string) string {
	for _, o := range s.Options {
		if o.ID == value {
			return o.Goto
		}
	}
	return ""
}
