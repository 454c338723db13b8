package dialog

import (
	"regexp"
	"slices"
	"strings"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/match"
	"github.com/frontdesk-im/frontdesk/core/script"
)

// manners is what a customer does beside asking: a greeting, thanks, a nod. What
// a clerk does about it depends on where the talk is.
type manners struct {
	act  match.Act
	text string
}

// mannered takes a text that does nothing but one act. What the script itself has
// an answer to is none.
func mannered(v view, t talk, u match.Utterance, d match.Decision) act {
	a, ok := u.Act()
	if !ok && t.Flow.on() && !(sure(v, d) && d.Candidates[0].P >= early) || !ok && !t.waiting() && sure(v, d) && d.Candidates[0].P < early && d.Candidates[0].How == "samples" {
		a, ok = asidePart(u)
	}
	if ok && a == match.ActFace && strings.ContainsAny(u.Text, "👎😡🤬😠💢") {
		a = match.ActComplain
	}
	if !ok && pleased(u.Folded) && !t.Flow.on() && !t.waiting() {
		a, ok = match.ActPraise, true
	}
	if !ok || ruled(v, d) || !manner(v, t, a, u) || a == match.ActNo && unmet.MatchString(u.Text) {
		return nil
	}
	return manners{a, u.Text}
}

// unmet are words of waiting that only look like a no: 还没收到.
var unmet = regexp.MustCompile(`还没有?(?:收|到|发|寄|退|动|送|给)`)

// ruled reports whether the script itself has an answer to the words: an exact
// phrase, or a keyword that says something. One that starts a form does not: 差评
// is no wish to fill one in.
func ruled(v view, d match.Decision) bool {
	if !sure(v, d) {
		return false
	}
	e, how := v.Entries[d.Candidates[0].Entry], d.Candidates[0].How
	return e.Act == "" && (how == "exact" || e.Next == "" && (how == "contains" || how == "regexp"))
}

// rude reports whether an act is an insult or a complaint.
func rude(a act) bool {
	m, ok := a.(manners)
	return ok && (m.act == match.ActInsult || m.act == match.ActComplain)
}

// exactly reports whether the words are an exact phrase of an entry.
func exactly(v view, d match.Decision) bool { return sure(v, d) && d.Candidates[0].How == "exact" }

// manner reports whether an act is one where the talk is, and not an answer to
// what was asked or a word for the person they wait for.
func manner(v view, t talk, a match.Act, u match.Utterance) bool {
	cmd := v.Commands[u.Bare]
	switch {
	case t.Confirm.on():
		return false
	case t.Flow.on() && (t.Call.on() || t.Flow.Paused || cmd == "cancel" || cmd == "exit" || cmd == "menu" || cmd == "skip"):
		return false
	case t.Flow.on():
		return inForm(v, t, a, u)
	case t.waiting():
		return !slices.Contains([]match.Act{match.ActInsult, match.ActComplain, match.ActNotThis}, a) && (t.inLine() || cmd == "")
	case t.Survey.Stage == stageWords && surveyOpen(v, t.memory):
		return !slices.Contains([]match.Act{match.ActInsult, match.ActComplain, match.ActPraise}, a)
	}
	return cmd != "menu" || a == match.ActHelp
}

// inForm reports whether an act is none of the answers that a form waits for.
func inForm(v view, t talk, a match.Act, u match.Utterance) bool {
	s := v.step(t.Flow)
	if s == nil || a == match.ActNo {
		return false
	}
	if s.Ask != "" && s.Kind == "text" {
		return !slices.Contains([]match.Act{match.ActYes, match.ActInsult, match.ActComplain, match.ActPraise, match.ActNotThis}, a)
	}
	return a == match.ActWait || !tells(v, t.memory, u)
}

func (a manners) do(v view, t talk) talk {
	switch {
	case a.act == match.ActStop:
		return stop(v, t)
	case t.inLine(), t.waiting() && !t.message():
		return a.waiting(v, t)
	case t.message():
		return a.message(v, t)
	case t.Survey.Stage == stageWords && surveyOpen(v, t.memory):
		t.Survey.Stage = stageDone
	case t.Flow.on():
		return a.form(v, t)
	case t.Menu.passing():
		if next := a.list(v, t); next != nil {
			return next.do(v, t)
		}
	}
	return a.idle(v, t)
}

// stop keeps that nothing unasked is to be said, and confirms it once.
func stop(v view, t talk) talk {
	again := t.Stopped
	t.Stopped, t.Survey = true, rating{}
	t = note(v, t, core.EventIgnored, "asked for no messages that they have not asked for")
	if again {
		return t
	}
	return nod(v, t, match.ActStop)
}

// nod says what the script says to an act: the entry for it, or a word, or
// nothing.
func nod(v view, t talk, a match.Act) talk {
	t.Nods++
	if e := v.Acting(a); e != nil {
		t = note(v, t, core.EventAnswered, "an act: "+string(a), "entry", e.ID, "p", "1.000", "how", "act")
		return follow(v, sayEntry(v, t, e), e)
	}
	return nodWord(v, t, a)
}

// nodWord says the word for an act, nothing if there is none.
func nodWord(v view, t talk, a match.Act) talk {
	t = note(v, t, core.EventAnswered, "an act: "+string(a), "entry", "", "how", "act")
	if w := actWord(v, t.Lang, a); w != "" {
		return say(t, w)
	}
	return t
}

// actWord is the word for an act; "-" is none.
func actWord(v view, lang string, a match.Act) string {
	return strings.TrimPrefix(v.Word(lang, "act_"+string(a), nil), "-")
}

// silent lets an act pass without a word.
func (a manners) silent(v view, t talk) talk {
	t.Nods++
	t.greet = false
	return note(v, t, core.EventIgnored, "an act that wants no answer: "+string(a.act))
}

// waiting: in line, who asks after us is told place and time; who says goodbye
// is asked whether they leave.
func (a manners) waiting(v view, t talk) talk {
	switch a.act {
	case match.ActThere, match.ActHurry, match.ActGreet:
		if t.inLine() || t.Ticket.State == core.TicketRinging {
			return sayPlace(v, t, "asked whether somebody is there")
		}
	case match.ActBye:
		if strings.ContainsAny(a.text, "?？") { // 下班了？
			return sayPlace(v, t, "asked whether somebody is there")
		}
		t = note(v, t, core.EventAnswered, "said goodbye in line: asked whether to leave it", "entry", "", "how", "line")
		return offer(v, t, "line", v.Word(t.Lang, "bye_line", nil), lineItems(v, t.Lang))
	case match.ActThanks, match.ActWait:
		if t.Nods == 0 {
			t.Nods++
			return nodWord(v, t, a.act)
		}
	case match.ActHelp:
		return showMenu(v, t)
	}
	return a.silent(v, t)
}

// message: who has left one is told that it is kept.
func (a manners) message(v view, t talk) talk {
	switch a.act {
	case match.ActThere, match.ActHurry, match.ActGreet:
		return asksAfter{}.do(v, t)
	case match.ActThanks, match.ActBye, match.ActWait:
		if t.Nods == 0 {
			t.Nods++
			return nodWord(v, t, a.act)
		}
	case match.ActHelp:
		return showMenu(v, t)
	}
	return a.silent(v, t)
}

// promised is by when the message that was left is answered.
func promised(v view, t talk) map[string]string {
	h := v.HoursOf(t.Ticket.Topic)
	if at, ok := h.Promise(t.Ticket.Since); ok && at.After(v.Now) {
		return map[string]string{"promise": v.when(t.Lang, h, at)}
	}
	return nil
}

// form: no act costs a try. Who only nods is left in peace; who seems lost is
// asked again.
func (a manners) form(v view, t talk) talk {
	switch a.act {
	case match.ActWait, match.ActThanks:
		return nodWord(v, t, a.act)
	case match.ActBye:
		return nodWord(v, t, a.act)
	case match.ActAck, match.ActYes, match.ActLaugh, match.ActFace, match.ActPraise:
		if next := a.list(v, t); next != nil && t.Menu.Kind == "offer" { // yes to a person, whom the form has offered
			return next.do(v, t)
		}
		if s := v.step(t.Flow); s.Choose == "" {
			return a.silent(v, t)
		}
	case match.ActInsult, match.ActComplain:
		t = tell(v, t, "sorry")
	}
	t = note(v, t, core.EventAnswered, "an act in a form: "+string(a.act), "entry", "", "how", "act")
	return askAgain(v, t)
}

// list is what an act means to a list that was shown: yes to the only one, no
// to all of them.
func (a manners) list(v view, t talk) act {
	items := t.Menu.Items
	var real []item
	for _, it := range items {
		if it.ID != script.ToHuman {
			real = append(real, it)
		}
	}
	yes, no := a.act == match.ActYes || a.act == match.ActAck, a.act == match.ActNo || a.act == match.ActNotThis
	human := slices.IndexFunc(items, func(it item) bool { return it.ID == script.ToHuman })
	switch {
	case yes && t.Menu.Kind == "clarify" && len(real) == 1:
		return pick{real[0].ID, real[0].Label, "said yes to the only one"}
	case yes && t.Menu.Kind == "offer" && human >= 0 && (len(real) < 2 || t.Flow.on()):
		return pick{items[human].ID, items[human].Label, "said yes to a person"}
	case no && t.Menu.Kind == "clarify":
		return misses{t.Menu.Asked}
	}
	return nil
}

// idle: nothing is going on.
func (a manners) idle(v view, t talk) talk {
	switch a.act {
	case match.ActThanks, match.ActBye:
		if t.Nods == 0 || t.Nods == 1 && strings.ContainsFunc(a.text, isWord) {
			return nod(v, t, a.act)
		}
		return a.silent(v, t)
	case match.ActInsult, match.ActComplain:
		return a.calm(v, t)
	case match.ActPraise:
		if t.Nods == 0 {
			return a.praised(v, t)
		}
		return a.silent(v, t)
	}
	if t.greet {
		return welcome(v, t)
	}
	switch a.act {
	case match.ActGreet:
		if v.Acting(a.act) != nil || actWord(v, t.Lang, a.act) != "" {
			return nod(v, t, a.act)
		}
		return showMenu(v, t)
	case match.ActHelp:
		t.Misses = 0
		t = note(v, t, core.EventFlowed, "asked what the bot can do", "flow", script.ToMenu, "step", "")
		if w := actWord(v, t.Lang, a.act); w != "" {
			return offer(v, t, "menu", w, greetingItems(v, t.Lang))
		}
		return showMenu(v, t)
	case match.ActNotThis:
		return misses{t.Asked}.do(v, t)
	case match.ActHurry:
		return a.calm(v, t)
	case match.ActThere:
		return nod(v, t, a.act)
	}
	if t.Nods > 0 {
		return a.silent(v, t)
	}
	if !strings.ContainsFunc(a.text, isWord) && a.act != match.ActNoise {
		return nod(v, t, match.ActFace)
	}
	return nod(v, t, a.act)
}

// praised thanks for praise, with a smile where it was only a picture.
func (a manners) praised(v view, t talk) talk {
	if !t.greet && !strings.ContainsFunc(a.text, isWord) {
		return nod(v, t, match.ActFace)
	}
	return nod(v, t, a.act)
}

// calm answers who is angry or in a hurry without a matter: once, with a person
// to go to.
func (a manners) calm(v view, t talk) talk {
	t.Nods++
	t = note(v, t, core.EventAnswered, "an act: "+string(a.act), "entry", "", "how", "act")
	items := v.items(t.Lang, script.ToHuman, script.ToMenu)
	if t.Menu.Kind == "offer" && t.Menu.Asked == string(a.act) { // the second time in a row
		return offer(v, t, "offer", v.Word(t.Lang, "offer_human", nil), items)
	}
	t = offer(v, t, "offer", actWord(v, t.Lang, a.act), items)
	t.Menu.Asked = string(a.act)
	return t
}

// misses: the answer, or the list, was not what they meant by these words.
type misses struct{ asked string }

// do asks for other words, with the next best candidates.
func (a misses) do(v view, t talk) talk {
	shown := append(t.Menu.Items, item{ID: t.Last})
	var ids []string
	if a.asked != "" && v.Now.Sub(t.AskedAt) < v.Settings.Context {
		for _, c := range matched(v, t.memory, match.Listen(a.asked)).Candidates {
			e := v.Entries[c.Entry]
			if e != nil && !e.Hide && c.P >= .02 && len(ids) < 3 && !slices.ContainsFunc(shown, func(it item) bool { return it.ID == e.ID }) {
				ids = append(ids, e.ID)
			}
		}
	}
	t.Barren++
	t = note(v, t, core.EventClarified, "the answer was not what they meant", "entries", strings.Join(ids, " "))
	if t.Barren >= v.Settings.Barren {
		return human(v, toHuman(v, t, "stuck"), request{Asked: a.asked, Class: -1, Why: "no answer was what they meant"})
	}
	t = offer(v, t, "clarify", actWord(v, t.Lang, match.ActNotThis), v.items(t.Lang, append(ids, script.ToHuman)...))
	t.Menu.Asked = a.asked
	return t
}

// asidePart is the act in a text that nothing has matched: 稍等啊 门口有人 is a
// wait, not a miss. A question is none.
func asidePart(u match.Utterance) (match.Act, bool) {
	if len(u.Acts) == 0 || questioning(u.Rest) {
		return "", false
	}
	return u.Acts[0], slices.Contains([]match.Act{match.ActWait, match.ActBye, match.ActThanks, match.ActPraise, match.ActLaugh, match.ActHurry, match.ActNotThis,
		match.ActInsult, match.ActComplain, match.ActStop}, u.Acts[0])
}
