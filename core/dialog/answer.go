package dialog

import (
	"slices"
	"strconv"
	"strings"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/match"
)

// how an answer was found, for the event log.
type how struct {
	how string
	p   float64
	why string
}

// answer says an entry.
func (t *turn) answer(id string, h how) {
	e := t.b.entries[id]
	again := 0
	if t.m.Last == id && t.s.Now.Sub(t.m.LastAt) < t.b.set.Context && e.Next == "" { // a flow may well be wanted three times
		again = t.m.Again + 1
	}
	t.m.Last, t.m.LastAt, t.m.Again = id, t.s.Now, again
	t.m.Intent, t.m.IntentAt = id, t.s.Now
	if t.m.Menu != nil && t.m.Menu.Kind != "menu" && t.m.Menu.Kind != "line" {
		t.m.Menu = nil
	}
	if again == 0 {
		t.m.Misses, t.m.Barren = 0, 0
	} else {
		t.m.Barren++
	}
	t.event(core.Answered, h.why, "entry", id, "p", strconv.FormatFloat(h.p, 'f', 3, 64), "how", h.how)
	if again >= 2 && !t.waiting() || t.m.Barren >= t.b.set.Barren {
		t.offerHuman(e)
		return
	}
	t.sayEntry(e)
	t.next(e)
}

// longText in characters says more than one entry can answer.
const longText = 120

// beside is what is offered with an answer that may not be all: the other
// questions that the same message asks, and a person where it asks several,
// tells a long story or sounds unhappy.
func (t *turn) beside(text string, d match.Decision) []item {
	if t.waiting() {
		return nil
	}
	var ids []string
	clauses := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",.!?;\n，。！？；", r) })
	for _, s := range clauses[:min(len(clauses), 6)] {
		if len(clauses) < 2 || len([]rune(s)) < 4 {
			continue
		}
		x := t.b.matcher.Match(match.Query{Text: s, Lang: t.m.Lang})
		if x.Kind != match.Answer || x.Candidates[0].P < early || x.Candidates[0].Entry == d.Candidates[0].Entry {
			continue
		}
		if e := t.b.entries[x.Candidates[0].Entry]; e != nil && !e.Hide && e.Context == "" && !slices.Contains(ids, e.ID) && len(ids) < 3 {
			ids = append(ids, e.ID)
		}
	}
	if len(ids) == 0 && len([]rune(text)) <= longText && d.Mood.Negative < .5 {
		return nil
	}
	return t.items(append(ids, toHuman))
}

// offerHuman: the same answer a third time helps nobody.
func (t *turn) offerHuman(e *entry) {
	t.event(core.FellBack, "the same question for the third time: a person is offered")
	items := t.items(append([]string{toHuman}, e.Related...))
	t.offer("offer", t.word("offer_human", nil), items[:min(len(items), 5)])
}

func (t *turn) sayEntry(e *entry) {
	if e.Answer.empty() {
		return
	}
	x, key := e.Answer, "entry."+e.ID
	if own, ok := variantFor(e.Channels, t.c.Key.Channel); ok {
		x, key = own, key+"."+t.c.Key.Channel
	}
	for i, w := range e.When {
		if w.guard.holds(t.filled()) {
			x, key = w.Answer, "entry."+e.ID+"."+strconv.Itoa(i)
			break
		}
	}
	s := t.textOf(key, x)
	if f := t.footer(); f != "" {
		s += "\n" + f
	}
	items := t.items(e.Replies)
	for _, x := range t.more {
		if !slices.Contains(items, x) && x.ID != e.ID {
			items = append(items, x)
		}
	}
	if len(items) > 0 {
		t.offer("menu", s, items)
	} else {
		t.say(s)
	}
	if e.Link != nil {
		t.out = append(t.out, core.Card{Title: t.b.pick(e.Link.Title, t.m.Lang, 0).render(t.env()),
			Body: t.b.pick(e.Link.Body, t.m.Lang, 0).render(t.env()), URL: e.Link.URL, Image: e.Link.Image})
	}
}

// next goes where an entry leads.
func (t *turn) next(e *entry) {
	switch e.Next {
	case "":
	case toHuman:
		t.human(request{Topic: e.Topic, Asked: t.m.Asked, Class: -1, Why: "entry " + e.ID + " is for a person"})
	case toMenu:
		t.startMenu(false)
	default:
		t.startFlow(e.Next)
	}
}

// moody acts on strong feelings before anything is answered: an apology and a
// person, not an argument.
func (t *turn) moody(text string, d match.Decision) bool {
	mood := moodOf(d.Mood)
	if mood == "" {
		return false
	}
	if t.m.Flow != nil && mood != "distress" && !t.words() && t.telling(text) {
		return false // an address or a number has no mood
	}
	k := t.c.Ticket
	if k.Open() {
		if k.Mood == "" || mood == "distress" {
			k.Mood = mood
			k.Class = raised(k.Class, mood)
		}
		return false
	}
	sore := t.m.Mood != "" && t.s.Now.Sub(t.m.MoodAt) < t.b.set.Context
	t.m.Mood, t.m.MoodAt = mood, t.s.Now
	if mood == "negative" && !sore && t.m.Flow == nil && d.Kind != match.Answer {
		t.sorry = true
	}
	if mood == "angry" && (t.scripted(d) || t.telling(text)) {
		return false
	}
	if mood == "angry" && d.Mood.Angry < .9 && d.Kind == match.Answer && d.Candidates[0].P >= .9 && t.m.Flow == nil {
		t.tell("sorry", nil) // terse perhaps, and what they want is clear
		return false
	}
	switch mood {
	case "distress":
		t.tell("distress", nil)
	case "angry":
		t.tell("sorry_handoff", nil)
	default:
		return false
	}
	t.human(request{Asked: clip(text, 500), Class: -1, Mood: mood, Why: "the customer's words sound " + mood})
	return true
}

// scripted: the words are a rule of an entry that itself leads to people, like
// the one for complaints.
func (t *turn) scripted(d match.Decision) bool {
	if d.Kind != match.Answer || d.Candidates[0].How == "samples" || t.m.Flow != nil {
		return false
	}
	e := t.b.entries[d.Candidates[0].Entry]
	return e != nil && e.Next != "" && e.Next != toMenu
}

// telling: the customer answers what a flow asked; it knows what comes of it.
func (t *turn) telling(text string) bool {
	if t.m.Flow == nil || t.m.Flow.Call != nil || t.m.Flow.Paused {
		return false
	}
	s := t.stepAt(t.m.Flow)
	if s == nil || s.Ask == "" && s.Choose == "" {
		return false
	}
	_, ok := t.valid(s, text, t.b.command(text))
	return ok
}

// words: the flow asks for something in the customer's own words.
func (t *turn) words() bool {
	s := t.stepAt(t.m.Flow)
	return s != nil && s.Ask != "" && s.Kind == "text"
}

func moodOf(m match.Mood) string {
	switch {
	case m.Distress >= .5:
		return "distress"
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
	switch mood {
	case "distress":
		return 0
	case "angry", "urgent":
		return max(0, class-1)
	}
	return class
}

// early is how sure the bot must be to answer lines that only together make
// sense while more may come.
const early = .8

// settles tries several doubtful lines as one question.
func (t *turn) settles(doubts []doubt, least float64) bool {
	if len(doubts) < 2 {
		return false
	}
	text := joined(doubts)
	d := t.match(text)
	if d.Kind != match.Answer || t.b.entries[d.Candidates[0].Entry] == nil || d.Candidates[0].P < least {
		return false
	}
	c := d.Candidates[0]
	t.text = text
	t.m.Asked, t.m.AskedAt = clip(text, 500), t.s.Now
	t.answer(c.Entry, how{c.How, c.P, d.Why})
	return true
}

func joined(doubts []doubt) string {
	var lines []string
	for _, d := range doubts {
		lines = append(lines, d.text)
	}
	return strings.Join(lines, "\n")
}

// doubtful decides what nothing was sure about: ask which is meant, or own up.
func (t *turn) doubtful(doubts []doubt) {
	d := doubts[len(doubts)-1]
	for _, x := range doubts {
		if x.d.Kind == match.Clarify {
			d = x
		}
	}
	if len(doubts) > 1 {
		if all := t.match(joined(doubts)); all.Kind == match.Clarify {
			d.d = all
		}
	}
	d.text = joined(doubts)
	t.text = d.text
	t.m.Asked, t.m.AskedAt = clip(d.text, 500), t.s.Now
	for _, x := range doubts {
		d.shown = d.shown || x.shown
	}
	if t.sorry && !t.waiting() {
		t.tell("sorry", nil)
	}
	leaving := t.c.Ticket.Open() && t.c.Ticket.State == core.TicketMessage // then it belongs to the message
	if d.d.Kind == match.Clarify && !leaving && t.clarify(d) {
		return
	}
	t.fallback(d)
}

// clarify shows the candidates as a list, a person last.
func (t *turn) clarify(d doubt) bool {
	var ids []string
	for _, c := range d.d.Candidates { // what is far behind the first only confuses
		if e := t.b.entries[c.Entry]; e != nil && !e.Hide && len(ids) < t.b.set.ClarifyMax-1 && c.P >= d.d.Candidates[0].P/3 {
			ids = append(ids, c.Entry)
		}
	}
	if t.waiting() && (len([]rune(d.text)) < 4 || d.d.Candidates[0].P < .4) {
		return false // who waits for a person talks to them, not to us
	}
	if len(ids) == 0 || t.m.Barren+1 >= t.b.set.Barren && !t.waiting() {
		return false
	}
	t.m.Barren++
	items := t.items(ids)
	if !t.waiting() {
		items = append(items, item{toHuman, t.word("clarify_none", nil)})
	}
	prompt := "clarify"
	if len(ids) == 1 {
		prompt = "clarify_one"
	}
	t.offer("clarify", t.word(prompt, nil), items)
	t.m.Menu.Asked = d.text
	t.event(core.Clarified, d.d.Why, "entries", strings.Join(ids, " "))
	return true
}

// fallback owns up, each time in other words, and goes for a person before it
// gets tiresome.
func (t *turn) fallback(d doubt) {
	if t.waiting() {
		t.noted(d)
		return
	}
	t.m.Misses++
	t.m.Barren++
	t.event(core.FellBack, d.d.Why, "misses", strconv.Itoa(t.m.Misses))
	if t.m.Misses >= t.b.set.Misses && t.b.set.OnMisses == "handoff" || t.m.Barren >= t.b.set.Barren {
		t.tell("stuck", nil)
		t.human(request{Asked: clip(d.text, 500), Class: -1, Why: "not understood " + strconv.Itoa(t.m.Misses) + " times in a row"})
		return
	}
	if t.foreign(d.text) {
		t.offer("offer", t.word("unknown_language", nil), t.items([]string{toHuman, toMenu}))
		return
	}
	prompt := t.b.wordN(t.m.Lang, "fallback", t.m.Misses-1, map[string]string{"text": clip(d.text, 30)})
	if t.m.Misses > 2 { // said twice; now only the way out
		t.offer("offer", t.word("offer_human", nil), t.items([]string{toHuman}))
		return
	}
	var ids []string
	for _, c := range d.d.Candidates {
		if e := t.b.entries[c.Entry]; e != nil && !e.Hide && c.P >= .15 && len(ids) < 3 {
			ids = append(ids, c.Entry)
		}
	}
	if len(ids) == 0 {
		ids = append(ids, t.b.greet.Menu...)
	}
	items := t.items(ids)
	t.offer("menu", prompt, append(items[:min(len(items), 4)], t.items([]string{toHuman})...))
}
