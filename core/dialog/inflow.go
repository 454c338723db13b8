package dialog

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/match"
	"github.com/frontdesk-im/frontdesk/core/script"
)

// What a text can mean to somebody in a flow.
type (
	fills   struct{ value string } // the answer to the question
	fails   struct{}               // an answer that is not valid
	aside   struct{ f found }      // another question; the flow's is asked again
	quits   string                 // the words with which they give it up
	resumes string                 // whether they go on after a pause: yes or no
	returns struct{}               // they come back after a pause
	waits   struct{}               // something, while a business system is asked
)

// inFlow takes text as the answer to the question of the flow. The flow that
// comes back may go on after a pause, or have been left for another matter.
func inFlow(v view, t talk, u match.Utterance, d match.Decision) (talk, act) {
	s := v.step(t.Flow)
	if s == nil {
		return t, nil
	}
	sure, cmd := sure(v, d), assent(v, u)
	if cmd == "cancel" || cmd == "exit" || cmd == "menu" {
		return t, quits(u.Text)
	}
	if t.Call.on() {
		if sure {
			return t, nil
		}
		return t, waits{}
	}
	if !t.Flow.Paused {
		if a := corrected(v, t, u); a != nil {
			return t, a
		}
	}
	value, ok := valid(v, t.Lang, s, u, cmd)
	if s.Skip && cmd == "skip" {
		value, ok = "", true
	}
	if t.Flow.Paused {
		if cmd == "yes" || cmd == "no" {
			return t, resumes(cmd)
		}
		if ok && s.Kind != "text" && s.Choose == "" {
			t.Flow.Paused = false
		} else if !sure {
			t.memory = t.left()
		}
		return t, nil
	}
	late := v.Now.Sub(t.Flow.Asked) > v.Settings.Pause
	if !ok && !late && !exactly(v, d) && withoutIt(s, u) {
		return t, lacks{whereIs.MatchString(u.Folded)}
	}
	if f := u.Folded; !ok && !exactly(v, d) && utf8.RuneCountInString(f) <= 10 && correcting.MatchString(f) && !askedFor.MatchString(f) {
		return t, manners{match.ActNotThis, u.Text} // 不是，尾数错了: the number comes next
	}
	switch {
	case ok && s.Kind == "text" && sure && d.Candidates[0].How == "exact":
		ok = false // the very words of an entry are a question, not an answer
	case ok && s.Kind == "text" && late && value != "":
		ok = false
	}
	switch {
	case ok:
		return t, fills{value}
	case sure && v.Entries[d.Candidates[0].Entry].Next != t.Flow.Flow:
		return t, aside{best(d)}
	case late:
		return t, returns{}
	}
	return t, fails{}
}

func (a quits) do(v view, t talk) talk {
	t = leaveFlow(v, t, "cancelled: "+clip(string(a), 40))
	t.Menu = menu{}
	return showMenu(v, tell(v, t, "cancelled"))
}

func (waits) do(v view, t talk) talk {
	if !t.Call.Checked {
		t.Call.Checked = true
		t = tell(v, t, "checking")
	}
	return note(v, t, core.EventFellBack, "wrote while "+t.Call.System+" is being asked")
}

// do answers a question that came up in the middle of a flow and returns to it.
func (a aside) do(v view, t talk) talk {
	e := v.Entries[a.f.entry]
	t = note(v, t, core.EventAnswered, a.f.why, a.f.data()...)
	if e.Next != "" && e.Next != t.Flow.Flow {
		t = leaveFlow(v, t, "another topic: "+e.ID)
		t.memory = t.meant(e.ID, v.Now)
		return follow(v, sayEntry(v, t, e), e)
	}
	if e.Next == "" {
		t = sayEntry(v, t, e)
	}
	if t.Flow.Asides++; t.Flow.Asides > 1 && e.Next == "" { // they know what is asked of them
		return t
	}
	return askAgain(v, t)
}

func (a fills) do(v view, t talk) talk {
	s := v.step(t.Flow)
	t.Menu = menu{}
	t.Misses, t.Barren = 0, 0
	t.memory = t.put(s.Ask+s.Choose, a.value)
	t = counted(v, t, s)
	if back := t.Flow.Back; back != "" && v.Flows[t.Flow.Flow].Index[back] > 0 {
		t.Flow.Back, t.Flow.Step, t.Flow.Tries = "", back, 0
		return askAgain(v, t)
	}
	return goTo(v, t, optionTarget(s, a.value))
}

// counted keeps further values of a message that has more than one, and says so.
func counted(v view, t talk, s *script.Step) talk {
	more := further(s, t.text)
	t.memory = t.adds(s.Ask, strings.Join(more, ", "))
	if len(more) == 0 {
		return t
	}
	return tellWith(v, t, "two_values", map[string]string{"first": t.Form[s.Ask], "more": strings.Join(more, ", ")})
}

// do says what is wrong with an answer, up to the number of tries.
func (fails) do(v view, t talk) talk {
	s := v.step(t.Flow)
	t.Flow.Tries++
	t.Barren++
	t = noteStep(v, t, s, "not valid, try "+strconv.Itoa(t.Flow.Tries))
	if t.Flow.Tries >= s.Tries || t.Barren >= v.Settings.Barren && s.TooMany == "" {
		to := s.TooMany
		if to == "" {
			to = script.ToHuman
		}
		if to == script.ToHuman {
			t = toHuman(v, t, "too_many")
		}
		return goTo(v, t, to)
	}
	var words string
	switch {
	case !s.Error.Empty():
		t.memory, words = wording(v, t, t.Flow.key()+".error", s.Error)
	case s.Choose != "":
		words = v.Word(t.Lang, "invalid_choice", nil)
	default:
		words = v.Word(t.Lang, "invalid_"+s.Kind, nil)
	}
	t.Flow.Asked = v.Now
	if s.Choose == "" {
		return say(t, words)
	}
	t.memory, _ = wording(v, t, t.Flow.key(), s.Text) // the next time it is asked in other words
	return offerOptions(v, t, s, words)
}

// choose takes the press of a button of a choose step.
func choose(v view, t talk, where, value string) talk {
	if !t.Flow.on() || t.Flow.key() != where {
		return showMenu(v, tell(v, t, "expired"))
	}
	if v.step(t.Flow) == nil {
		return t
	}
	t.Flow.Paused = false
	return fills{value}.do(v, t)
}

// do asks somebody who comes back whether to go on.
func (returns) do(v view, t talk) talk {
	t.Flow.Paused = true
	t = offer(v, t, "resume", v.Word(t.Lang, "resume", map[string]string{"title": v.Title(t.Flow.Flow, t.Lang)}),
		[]item{{ID: "resume=yes", Label: v.Word(t.Lang, "opt_resume", nil)}, {ID: "resume=no", Label: v.Word(t.Lang, "opt_stop", nil)}})
	return note(v, t, core.EventFlowed, "back after a pause: asked whether to go on", "flow", t.Flow.Flow, "step", t.Flow.Step)
}

func (a resumes) do(v view, t talk) talk {
	if !t.Flow.on() {
		return tell(v, t, "expired")
	}
	if a == "yes" {
		t.Flow.Paused = false
		return askAgain(v, t)
	}
	return showMenu(v, tell(v, leaveFlow(v, t, "did not want to go on"), "cancelled"))
}
