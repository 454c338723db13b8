package dialog

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/match"
	"github.com/frontdesk-im/frontdesk/core/script"
)

// An act is what a line of the customer means, and what is then done: one of the
// types of this package with a do, each in the file of its subject. A line that
// is none of them is a doubt.
type act interface {
	do(v view, t talk) talk
}

// understand says what a text means. Nil is a doubt, of which d is what is
// known. The talk that comes back differs in what was felt on the way, in lists
// that have expired and in flows that were left, and has not said a word but
// that it is sorry.
func understand(v view, t talk, u match.Utterance) (_ talk, a act, d match.Decision) {
	if u.Danger != "" { // before all else, a wish for a person too
		d = meant(v, t.memory, spelled(u))
		if t, a = feel(v, t, u, d); a != nil {
			return t, a, d
		}
	}
	if a = inPeril(v, t, u); a != nil {
		return t, a, d
	}
	if t.inLine() && !t.Flow.on() && leavesNote(u.Folded) { // 留个话让他们联系我 is a wish too, but not for now
		return t, lineWish("message"), d
	}
	if wantsHuman(v, t.memory, u) {
		return t, wish(u.Text), d
	}
	if t, a = listed(v, t, u); a != nil {
		return t, a, d
	}
	if a = rates(v, t, u); a != nil {
		return t, a, d
	}
	if a = aboutLine(v, t, u); a != nil {
		return t, a, d
	}
	d = meant(v, t.memory, spelled(u))
	if a = besides(v, t, u, d); a != nil && !rude(a) {
		return t, a, d
	}
	blunt := a // an insult: what it says of their mood comes first
	if t, a = feel(v, t, u, d); a != nil {
		return t, a, d
	}
	if blunt != nil {
		return t, blunt, d
	}
	if t.Flow.on() {
		if t, a = inFlow(v, t, u, d); a != nil {
			return t, a, d
		}
	}
	if t.waiting() && !t.Flow.on() && !exactly(v, d) {
		if a = corrected(v, t, u); a != nil {
			return t, a, d
		}
	}
	return asks(v, t, u, d)
}

// asks says what a text means that is about nothing that went before, or about
// what was just answered. It says no more than understand does.
func asks(v view, t talk, u match.Utterance, d match.Decision) (_ talk, a act, _ match.Decision) {
	if a = afterword(v, t, u.Text, d); a != nil {
		return t, a, d
	}
	if a = command(v, t.claim, u); a != nil {
		return t, a, d
	}
	if a = several(v, t, u.Text); a != nil && !exactly(v, d) {
		return t, a, d
	}
	if a = followed(v, t, u); a != nil && !exactly(v, d) {
		return t, a, d
	}
	if sure(v, d) && !(t.waiting() && telling(u.Folded, d)) {
		if bare(u.Text, d) {
			d.Kind = match.Clarify
			return t, nil, d
		}
		return t, question{u.Text, d}, d
	}
	if a = stillAboutIt(v, t, u); a == nil {
		a = withNumber(v, t, u.Text)
	}
	return t, a, d
}

// besides is what a text does beside asking, or in which language it does.
func besides(v view, t talk, u match.Utterance, d match.Decision) act {
	if a := mannered(v, t, u, d); a != nil {
		return a
	}
	if a := strange(v, t, u, d); a != nil {
		return a
	}
	return asksTongue(u)
}

// assent is the command that a text is, with all the ways of saying yes and no.
func assent(v view, u match.Utterance) string {
	cmd := v.Commands[u.Bare]
	if a, ok := u.Act(); ok && cmd == "" {
		switch a {
		case match.ActYes, match.ActAck:
			return "yes"
		case match.ActNo:
			return "no"
		}
	}
	return cmd
}

var numbered = regexp.MustCompile(`^[A-Za-z]{1,6}(?:[ -]{1,2}[0-9]{2,})+$|^[A-Za-z]{1,6}[0-9]+(?:[ -]{1,2}[0-9]{2,})+$`)

// spelled is a number that is written with blanks and dashes as the rules of a
// script have it: without.
func spelled(u match.Utterance) match.Utterance {
	if s := compact(u.Text); s != u.Text {
		return match.Listen(s)
	}
	return u
}

// compact is spelled for a text that nobody has listened to.
func compact(text string) string {
	if c := clean(text); numbered.MatchString(c) {
		return strings.NewReplacer(" ", "", "-", "").Replace(c)
	}
	return text
}

// wish is the words with which somebody asks for a person.
type wish string

func (a wish) do(v view, t talk) talk {
	return human(v, t, request{Asked: leading(v, t.memory, string(a)), Why: "asked for a person: " + clip(string(a), 60), Class: -1})
}

// wantsHuman: the words for a person, or 0 where that does not answer a question of ours.
func wantsHuman(v view, m memory, u match.Utterance) bool {
	if v.Commands[u.Bare] == "human" {
		return true
	}
	if _, ok := u.Handoff(); ok {
		return true
	}
	if u.Bare != "0" {
		return false
	}
	if m.Flow.on() && !m.Flow.Paused {
		if s := v.step(m.Flow); s != nil && s.Ask != "" && !m.Call.on() {
			_, ok := valid(v, m.Lang, s, u, "")
			return !ok
		}
	}
	return true
}

// isWish: the words only ask for a person.
func isWish(v view, s string) bool {
	span, ok := match.Handoff(s)
	if n := utf8.RuneCountInString(s); n > 12 { // most of it is the wish: I want to talk to a person
		return ok && n <= 2*utf8.RuneCountInString(span)
	}
	return ok || v.Command(s) != "" || match.Bare(s) == "0"
}

// leading are the words that led to a wish for a person: the last real
// question if it is fresh, else the wish itself.
func leading(v view, m memory, text string) string {
	if m.Asked != "" && v.Now.Sub(m.AskedAt) < 3*v.Settings.Context && len([]rune(text)) < 12 {
		return m.Asked
	}
	return clip(text, 500)
}

// bare reports whether a text is one English word that is only likely to mean an
// entry: order may be any of several.
func bare(text string, d match.Decision) bool {
	return d.Candidates[0].How == "samples" && d.Candidates[0].P < early && oneWord(text)
}

// oneWord reports whether a text is one English word.
func oneWord(text string) bool {
	f := strings.TrimSpace(text)
	return len(f) > 2 && !strings.ContainsFunc(f, func(c rune) bool { return !unicode.IsLetter(c) || c >= utf8.RuneSelf })
}

// sure reports whether an entry certainly answers.
func sure(v view, d match.Decision) bool {
	return d.Kind == match.Answer && v.Entries[d.Candidates[0].Entry] != nil
}

func matched(v view, m memory, u match.Utterance) match.Decision {
	q := match.Query{Text: clip(u.Text, 2000), Heard: u, Lang: m.Lang}
	if m.Last != "" && v.Now.Sub(m.LastAt) < v.Settings.Context {
		q.Context = m.Last
	}
	return inContext(v, v.Matcher.Match(q), q.Context)
}

// meant is what matched makes of a text, or of the one clause of a story that asks for something, if the whole is not clear.
// Its mood is the whole's.
func meant(v view, m memory, u match.Utterance) match.Decision {
	d := matched(v, m, u)
	if sure(v, d) {
		return d
	}
	if rest, ok := unlinked(u.Text); ok {
		if x := matched(v, m, match.Listen(rest)); sure(v, x) {
			x.Mood = d.Mood
			return x
		}
	}
	if utf8.RuneCountInString(u.Text) < story {
		return d
	}
	parts := clauses(u.Text)
	if len(parts) < 2 {
		return d
	}
	var asked *match.Decision
	for _, s := range parts[max(0, len(parts)-maxClauses):] {
		x := matched(v, m, match.Listen(s))
		if utf8.RuneCountInString(s) < 4 || !sure(v, x) || x.Candidates[0].P < early {
			continue
		}
		if asked != nil && asked.Candidates[0].Entry != x.Candidates[0].Entry {
			return d
		}
		asked = &x
	}
	if asked == nil {
		return d
	}
	asked.Mood = d.Mood
	return *asked
}

const (
	maxClauses = 6  // of a message are looked at one by one
	story      = 50 // characters are more than a question
)

// clauses are what stops and line breaks part.
func clauses(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",.!?;\n，。！？；", r) })
}

// inContext drops entries that only follow up another one, when that was not
// the last.
func inContext(v view, d match.Decision, last string) match.Decision {
	n := len(d.Candidates)
	rest := slices.DeleteFunc(slices.Clone(d.Candidates), func(c match.Candidate) bool {
		x := v.Entries[c.Entry]
		return x == nil || x.Context != "" && x.Context != last
	})
	if len(rest) == n || n == 0 {
		return d
	}
	first := len(rest) > 0 && rest[0] == d.Candidates[0]
	d.Candidates = rest
	switch {
	case first && (d.Kind == match.Answer || len(rest) > 1):
	case len(rest) > 0 && rest[0].P >= cmp.Or(v.Settings.Answer, .5):
		d.Kind = match.Answer
	case len(rest) > 0 && rest[0].P >= cmp.Or(v.Settings.Clarify, .3):
		d.Kind = match.Clarify
	default:
		d.Kind = match.Fallback
	}
	return d
}

// command reads words that mean one thing outside flows and lists.
func command(v view, c claim, u match.Utterance) act {
	switch v.Commands[u.Bare] {
	case "menu":
		return wantsMenu{}
	case "message":
		return wantsMessage(u.Text)
	case "cancel", "exit":
		if c.message() {
			return takesBack{}
		}
	}
	return nil
}

// wantsMenu is the wish to begin again.
type wantsMenu struct{}

func (wantsMenu) do(v view, t talk) talk {
	t.Misses = 0
	return note(v, showMenu(v, t), core.EventFlowed, "asked for the menu", "flow", script.ToMenu, "step", "")
}

// wantsMessage is the words with which somebody asks to leave a message.
type wantsMessage string

func (a wantsMessage) do(v view, t talk) talk {
	return leaveMessage(v, t, request{Asked: leading(v, t.memory, string(a)), Why: "asked to leave a message", Class: -1})
}

// takesBack: the message that was left needs no answer any more.
type takesBack struct{}

func (takesBack) do(v view, t talk) talk {
	if grave(t.Ticket.Mood) {
		return stays(v, t)
	}
	t.claim = t.closed(v.Now)
	t.Message = false
	t = note(v, t, core.EventExited, "took the message back", "topic", t.Ticket.Topic)
	return tell(v, t, "message_cancelled")
}
