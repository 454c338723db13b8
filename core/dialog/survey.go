package dialog

import (
	"slices"
	"strconv"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/match"
)

// unrated are ends that are not for the customer to rate.
var unrated = []string{"left", "message", "spam", "gone", "duplicate", "silent"}

// survey asks, once for a ticket that somebody worked on with the customer
// there, whether it was solved.
func survey(v view, t talk) talk {
	k, left := t.Ticket, t.Message
	t.memory = t.left().settled()
	t.Menu, t.Confirm, t.Message, t.Form = menu{}, request{}, false, nil
	switch {
	case t.Stopped, k == nil || k.State != core.TicketClosed, k.Claimed.IsZero(), left, t.claim.Gone,
		t.Surveyed == k.ID && k.ID != "", slices.Contains(unrated, k.Outcome), slices.Contains(k.Tags, core.TagNoSurvey):
		return t
	case v.ledger.Why != "" && v.ledger.Left == 0 && !v.ledger.Until.IsZero():
		return t // the platform lets us say nothing more
	}
	t.Surveyed = k.ID
	t.Survey = rating{Ticket: k.ID, Stage: stageSolved, At: v.Now}
	t.Bubbles, t.Room = 0, 2
	t = askRating(v, t, "survey", []item{{ID: "survey=solved", Label: v.Word(t.Lang, "opt_solved", nil)}, {ID: "survey=unsolved", Label: v.Word(t.Lang, "opt_unsolved", nil)}})
	return note(v, t, core.EventSurvey, "the ticket was closed", "ticket", k.ID)
}

func askRating(v view, t talk, id string, items []item) talk {
	t.Menu = menu{}
	t.speech = t.say(choice(v.Word(t.Lang, id, nil), items))
	return t
}

func surveyOpen(v view, m memory) bool {
	return m.Survey.Stage != "" && m.Survey.Stage != stageDone && v.Now.Sub(m.Survey.At) <= v.Settings.Survey
}

// rated is an answer to the survey: solved, unsolved, or 1 to 5.
type rated string

// rates takes a bare digit or the words of the survey as a rating.
func rates(v view, t talk, u match.Utterance) act {
	if !surveyOpen(v, t.memory) || t.Flow.on() || t.waiting() {
		return nil
	}
	stage, n := t.Survey.Stage, ordinal(u)
	if stage == stageSolved {
		i := pickItem(u, []item{{ID: "solved", Label: v.Word(t.Lang, "opt_solved", nil)}, {ID: "unsolved", Label: v.Word(t.Lang, "opt_unsolved", nil)}})
		switch {
		case i >= 0:
		case v.Commands[u.Bare] == "yes":
			i = 0
		case v.Commands[u.Bare] == "no":
			i = 1
		default:
			return ratesWords(v, t, u, n)
		}
		return rated([]string{"solved", "unsolved"}[i])
	}
	if stage != stageScore {
		return nil
	}
	if n >= 1 && n <= 5 {
		return rated(strconv.Itoa(n))
	}
	if i := pickItem(u, scores(v, t.Lang)); i >= 0 {
		return rated(strconv.Itoa(i + 1))
	}
	if n = starsOf(u); n > 0 {
		return rated(strconv.Itoa(n))
	}
	return nil
}

// ratesWords takes an answer in other words than ours: solved or not, or at once
// a score. A question that a rule of the script answers is none.
func ratesWords(v view, t talk, u match.Utterance, n int) act {
	if n < 1 || n > 5 {
		n = 0
	}
	if d := matched(v, t.memory, u); n == 0 && sure(v, d) && d.Candidates[0].How == "exact" && v.Entries[d.Candidates[0].Entry].Act == "" {
		return nil
	}
	switch solved, stars := solvedOf(u), starsOf(u); {
	case n > 0:
		return rated(strconv.Itoa(n))
	case solved != "":
		return rated(solved)
	case stars > 0:
		return rated(strconv.Itoa(stars))
	}
	return nil
}

func scores(v view, lang string) []item {
	var out []item
	for i := 1; i <= 5; i++ {
		n := strconv.Itoa(i)
		out = append(out, item{ID: "survey=" + n, Label: v.Word(lang, "opt_"+n, nil)})
	}
	return out
}

// do takes one answer and asks for the next.
func (a rated) do(v view, t talk) talk {
	if !surveyOpen(v, t.memory) {
		return tell(v, t, "expired")
	}
	if a == "solved" || a == "unsolved" {
		t.Survey.Solved, t.Survey.Stage = string(a), stageScore
		return askRating(v, noteRating(v, t, "answered the survey", ""), "survey_score", scores(v, t.Lang))
	}
	n, err := strconv.Atoi(string(a))
	if err != nil || n < 1 || n > 5 {
		return tell(v, t, "expired")
	}
	t.Survey.Score, t.Survey.Stage = n, stageWords
	t = noteRating(v, t, "gave "+string(a), "")
	if n <= 3 || t.Survey.Solved == "unsolved" {
		return tell(v, t, "survey_sorry")
	}
	return tell(v, t, "survey_words")
}

// remark is what the customer adds to a rating.
type remark string

// afterword takes a text as a remark, unless it is a new question.
func afterword(v view, t talk, text string, d match.Decision) act {
	if t.Survey.Stage != stageWords || !surveyOpen(v, t.memory) || t.waiting() || d.Kind == match.Answer {
		return nil
	}
	return remark(text)
}

func (a remark) do(v view, t talk) talk {
	t.Survey.Stage = stageDone
	return tell(v, noteRating(v, t, "added words", clip(string(a), 1000)), "survey_thanks")
}

// noteRating logs all that is known of the rating; the last of a ticket counts.
func noteRating(v view, t talk, why, words string) talk {
	r := t.Survey
	data := []string{"ticket", r.Ticket}
	if r.Solved != "" {
		data = append(data, "solved", map[string]string{"solved": "yes", "unsolved": "no"}[r.Solved])
	}
	if r.Score > 0 {
		data = append(data, "score", strconv.Itoa(r.Score))
	}
	if words != "" {
		data = append(data, "words", words)
	}
	return note(v, t, core.EventRated, why, data...)
}
