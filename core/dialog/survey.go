package dialog

import (
	"slices"
	"strconv"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/match"
)

// unrated are ends that are not for the customer to rate.
var unrated = []string{"left", "message", "spam", "gone", "duplicate", "silent"}

// noSurvey is the tag with which an agent spares a customer the survey.
const noSurvey = "nosurvey"

// afterClose begins the survey: once for a ticket that somebody worked on with
// the customer there.
func (t *turn) afterClose() {
	k := t.c.Ticket
	wasMessage := t.m.Message
	t.m.Flow, t.m.Menu, t.m.Confirm, t.m.Message = nil, nil, nil, false
	t.m.Misses, t.m.Barren, t.m.Again = 0, 0, 0
	t.m.Form = map[string]string{}
	switch {
	case k == nil || k.State != core.TicketClosed, k.Claimed.IsZero(), wasMessage, t.c.Gone,
		t.m.Surveyed == k.ID && k.ID != "", slices.Contains(unrated, k.Outcome), slices.Contains(k.Tags, noSurvey):
		return
	case t.c.Ledger.Why != "" && t.c.Ledger.Left == 0 && !t.c.Ledger.Until.IsZero():
		return // the platform lets us say nothing more
	}
	t.m.Surveyed = k.ID
	t.m.Survey = &survey{Ticket: k.ID, Stage: "solved", At: t.s.Now}
	t.m.Bubbles, t.m.Room = 0, 2
	t.offerSurvey("survey", []item{{"survey=solved", t.word("opt_solved", nil)}, {"survey=unsolved", t.word("opt_unsolved", nil)}})
	t.event(core.SurveySent, "the ticket was closed", "ticket", k.ID)
}

func (t *turn) offerSurvey(id string, items []item) {
	c := core.Choice{Prompt: t.word(id, nil)}
	for _, it := range items {
		c.Options = append(c.Options, core.Option{ID: it.ID, Label: it.Label})
	}
	t.m.Menu = nil
	t.out = append(t.out, c)
}

func (t *turn) surveyOpen() bool {
	return t.m.Survey != nil && t.m.Survey.Stage != "done" && t.s.Now.Sub(t.m.Survey.At) <= t.b.set.Survey
}

// rates takes a bare digit or the words of the survey as a rating.
func (t *turn) rates(text string) bool {
	if !t.surveyOpen() || t.m.Flow != nil || t.c.Ticket.Open() {
		return false
	}
	v := t.m.Survey
	n := ordinal(text)
	if n == 0 {
		n = -1
	}
	if v.Stage == "solved" {
		i := pickItem(text, []item{{"solved", t.word("opt_solved", nil)}, {"unsolved", t.word("opt_unsolved", nil)}})
		switch t.b.command(text) {
		case "yes":
			i = 0
		case "no":
			i = 1
		}
		if i >= 0 {
			t.actSurvey([]string{"solved", "unsolved"}[i])
			return true
		}
	}
	if (v.Stage == "solved" || v.Stage == "score") && n >= 1 && n <= 5 {
		t.actSurvey(strconv.Itoa(n))
		return true
	}
	if v.Stage == "score" {
		if i := pickItem(text, t.scores()); i >= 0 {
			t.actSurvey(strconv.Itoa(i + 1))
			return true
		}
	}
	return false
}

func (t *turn) scores() []item {
	var out []item
	for i := 1; i <= 5; i++ {
		n := strconv.Itoa(i)
		out = append(out, item{"survey=" + n, t.word("opt_"+n, nil)})
	}
	return out
}

// actSurvey takes one answer and asks for the next.
func (t *turn) actSurvey(what string) {
	v := t.m.Survey
	if v == nil || !t.surveyOpen() {
		t.tell("expired", nil)
		return
	}
	switch what {
	case "solved", "unsolved":
		v.Solved = what
		v.Stage = "score"
		t.rated("answered the survey", "")
		t.offerSurvey("survey_score", t.scores())
	default:
		n, err := strconv.Atoi(what)
		if err != nil || n < 1 || n > 5 {
			t.tell("expired", nil)
			return
		}
		v.Score = n
		v.Stage = "words"
		t.rated("gave "+what, "")
		if n <= 3 || v.Solved == "unsolved" {
			t.tell("survey_sorry", nil)
		} else {
			t.tell("survey_words", nil)
		}
	}
}

// surveyWords takes what the customer adds to a rating, unless it is a new question.
func (t *turn) surveyWords(text string, d match.Decision) bool {
	v := t.m.Survey
	if v.Stage != "words" || t.s.Now.Sub(v.At) > t.b.set.Survey || t.c.Ticket.Open() || d.Kind == match.Answer {
		return false
	}
	v.Stage = "done"
	t.rated("added words", clip(text, 1000))
	t.tell("survey_thanks", nil)
	return true
}

// rated logs all that is known of the rating; the last of a ticket counts.
func (t *turn) rated(why, words string) {
	v := t.m.Survey
	data := []string{"ticket", v.Ticket}
	if v.Solved != "" {
		data = append(data, "solved", map[string]string{"solved": "yes", "unsolved": "no"}[v.Solved])
	}
	if v.Score > 0 {
		data = append(data, "score", strconv.Itoa(v.Score))
	}
	if words != "" {
		data = append(data, "words", words)
	}
	t.event(core.Rated, why, data...)
}
