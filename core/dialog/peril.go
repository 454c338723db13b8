package dialog

import (
	"slices"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/match"
)

const (
	perilLasts = 30 * time.Minute // the talk stays with a danger for so long, or until a person has had it
	perilQuiet = 2 * time.Minute  // between two words of the bot to who has been told the numbers twice
)

// A peril is the danger that was answered last.
type peril struct {
	Mood string    `json:"mood,omitempty"`
	At   time.Time `json:"at,omitzero"`   // when they last spoke of it
	Told time.Time `json:"told,omitzero"` // when the bot last did
	N    int       `json:"n,omitempty"`   // how often the bot has, since it told all
}

// fresh reports whether it was spoken of a short while ago.
func (p peril) fresh(now time.Time) bool { return now.Sub(p.At) < perilLasts && !p.At.After(now) }

// perilous reports whether the talk stays with a danger: it is fresh, and nobody
// of the staff has had its ticket yet.
func perilous(v view, t talk) bool {
	return t.waiting() && grave(t.Ticket.Mood) && t.Ticket.Claimed.IsZero() && t.Peril.fresh(v.Now)
}

// lingers is what somebody writes after a danger that no person has taken yet. It
// is kept for a person; the shop's lists and answers are out of place.
type lingers struct{ nods bool }

// inPeril takes a text as such. What they may still ask of the bot itself is to
// say nothing more, or to speak another language.
func inPeril(v view, t talk, u match.Utterance) act {
	if !perilous(v, t) {
		return nil
	}
	a, ok := u.Act()
	if ok && a == match.ActStop {
		return nil
	}
	if a := asksTongue(u); a != nil {
		return a
	}
	return lingers{ok && slices.Contains([]match.Act{match.ActAck, match.ActYes, match.ActThanks, match.ActFace, match.ActWait}, a)}
}

// do says the numbers again, shortly; the next time that all of it is kept; then
// the numbers in other words; and from then on something now and then only, for
// it is a person who reads it. A nod wants no answer.
func (a lingers) do(v view, t talk) talk {
	t.greet = false
	t = note(v, t, core.EventFellBack, "after a danger: kept for a person", "misses", "0")
	if a.nods || t.Peril.N > 2 && v.Now.Sub(t.Peril.Told) < perilQuiet {
		return t
	}
	return sayAgain(v, t)
}

// sayDanger says in one bubble what to do now, and what happens next: no words of
// theirs, no button to leave, and no time that nobody can promise. Who was told
// so a short while ago is told the numbers alone, in other words.
func sayDanger(v view, t talk, mood string) talk {
	t.Menu = menu{}
	told := t.Peril.Mood == mood && t.Peril.fresh(v.Now)
	if t.Peril.At = v.Now; told {
		return sayAgain(v, t)
	}
	t.Peril, t.grave = peril{Mood: mood, At: v.Now, Told: v.Now}, true
	next := "danger_next"
	if !served(v, t.Ticket.Topic) {
		next = "danger_nobody"
	}
	return say(t, v.Word(t.Lang, "danger_"+mood, nil)+"\n"+v.Word(t.Lang, next, nil))
}

// sayAgain says the numbers shortly, and every third time that all is kept; once
// in a turn.
func sayAgain(v view, t talk) talk {
	if t.grave {
		return t
	}
	n := t.Peril.N
	t.Peril.N, t.Peril.Told, t.grave = n+1, v.Now, true
	if n%3 == 1 {
		return tell(v, t, "danger_kept")
	}
	return say(t, v.WordN(t.Lang, "danger_again_"+t.Peril.Mood, n%3, nil))
}

// stays answers who takes a danger back with a word: a person looks at it all the
// same.
func stays(v view, t talk) talk {
	t = note(v, t, core.EventFellBack, "a danger is not taken back with a word: a person looks at it", "misses", "0")
	return sayDanger(v, t, t.Ticket.Mood)
}

// endangered reports whether it is the text in hand that speaks of a danger.
func endangered(v view, t talk) bool { return grave(t.Mood) && t.MoodAt.Equal(v.Now) }
