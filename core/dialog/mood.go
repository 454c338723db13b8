package dialog

import (
	"github.com/frontdesk-im/frontdesk/core/match"
	"github.com/frontdesk-im/frontdesk/core/script"
)

// upset is a customer whose feelings come before any answer: an apology and a
// person, not an argument.
type upset struct{ text, mood string }

func (a upset) do(v view, t talk) talk {
	if !grave(a.mood) {
		t = toHuman(v, t, "sorry_handoff")
	} else if t.waiting() {
		t.memory = t.left()
		return sayDanger(v, t, a.mood)
	}
	return human(v, t, request{Asked: clip(a.text, 500), Class: -1, Mood: a.mood, Why: "the customer's words sound " + a.mood})
}

// feel notes the mood of a text, and whether it comes before everything else.
func feel(v view, t talk, u match.Utterance, d match.Decision) (talk, act) {
	mood := moodOf(d.Mood)
	if mood == "" || d.Kind == match.Answer && d.Candidates[0].How == "exact" { // what the script has an answer to word for word
		return t, nil
	}
	telling := tells(v, t.memory, u)
	if t.Flow.on() && !grave(mood) && !ownText(v, t.memory) && telling {
		return t, nil // an address or a number has no mood
	}
	if t.waiting() {
		if k := *t.Ticket; k.Mood == "" || grave(mood) {
			k.Mood = mood
			k.Class = raised(k.Class, mood)
			t.Ticket = &k
			if grave(mood) {
				t.Mood, t.MoodAt = mood, v.Now
				return t, upset{u.Text, mood}
			}
		}
		return t, nil
	}
	t.Mood, t.MoodAt = mood, v.Now
	switch {
	case mood == "angry" && (scripted(v, t.memory, d) || telling):
		return t, nil
	case mood == "angry" && d.Mood.Angry < .9 && d.Kind == match.Answer && d.Candidates[0].P >= .9 && !t.Flow.on():
		return tell(v, t, "sorry"), nil // terse perhaps, and what they want is clear
	case mood == "angry" || grave(mood):
		return t, upset{u.Text, mood}
	}
	return t, nil
}

// scripted: the words are a rule of an entry that itself leads to people, like
// the one for complaints.
func scripted(v view, m memory, d match.Decision) bool {
	if d.Kind != match.Answer || d.Candidates[0].How == "samples" || m.Flow.on() {
		return false
	}
	e := v.Entries[d.Candidates[0].Entry]
	return e != nil && e.Next != "" && e.Next != script.ToMenu
}

// tells: the customer answers what a flow asked; it knows what comes of it.
func tells(v view, m memory, u match.Utterance) bool {
	if !m.Flow.on() || m.Call.on() || m.Flow.Paused {
		return false
	}
	s := v.step(m.Flow)
	if s == nil || s.Ask == "" && s.Choose == "" {
		return false
	}
	_, ok := valid(v, m.Lang, s, u, v.Commands[u.Bare])
	return ok
}

// ownText: the flow asks for something in the customer's own words.
func ownText(v view, m memory) bool {
	s := v.step(m.Flow)
	return s != nil && s.Ask != "" && s.Kind == "text"
}

// grave moods are dangers: nothing comes before them.
func grave(mood string) bool { return match.Danger(mood).Known() }

func moodOf(m match.Mood) string {
	switch {
	case m.Danger != "":
		return string(m.Danger)
	case m.Angry >= .5:
		return "angry"
	case m.Urgent >= .5:
		return "urgent"
	case m.Negative >= .5:
		return "negative"
	}
	return ""
}

// raised is how urgent a ticket is, given a mood.
func raised(class int, mood string) int {
	switch {
	case grave(mood):
		return 0
	case mood == "angry" || mood == "urgent":
		return max(0, class-1)
	}
	return class
}
