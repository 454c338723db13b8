package dialog

import (
	"slices"
	"strconv"
	"strings"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/match"
	"github.com/frontdesk-im/frontdesk/core/script"
)

// doubt is a line that nothing is sure about.
type doubt struct {
	said  match.Utterance
	d     match.Decision
	shown bool // more than words came: it is acknowledged in any case
	act   act  // what it means by itself, if nothing else comes of the burst; nil for nothing
}

// early is how sure the bot must be to answer lines that only together make
// sense while more may come.
const early = .8

// burst is several doubtful lines that are one question together.
type burst struct {
	text string
	f    found
}

func (a burst) do(v view, t talk) talk {
	t.text = a.text
	t.memory = t.asks(a.text, v.Now)
	return answer(v, t, a.f)
}

// settled tries several doubtful lines as one question.
func settled(v view, m memory, doubts []doubt, least float64) act {
	if len(doubts) < 2 {
		return nil
	}
	if least > 0 && !questioning(doubts[len(doubts)-1].said.Text) {
		return nil
	}
	u := joined(doubts)
	d := matched(v, m, u)
	if !sure(v, d) || d.Candidates[0].P < least {
		return nil
	}
	return burst{u.Text, best(d)}
}

// joined are the lines of doubts as one; what they do beside asking is left out.
func joined(doubts []doubt) match.Utterance {
	var lines []string
	for _, d := range doubts {
		if _, polite := d.act.(manners); !polite {
			lines = append(lines, d.said.Text)
		}
	}
	if all := strings.Join(lines, "\n"); all != doubts[0].said.Text {
		return match.Listen(all)
	}
	return doubts[0].said
}

// doubtful decides what nothing was sure about: ask which is meant, or own up.
func doubtful(v view, t talk, doubts []doubt) talk {
	for _, x := range slices.Backward(doubts) {
		if q, ok := x.act.(question); ok {
			return q.do(v, t)
		}
	}
	doubts = slices.DeleteFunc(slices.Clone(doubts), func(x doubt) bool { return x.act != nil })
	d := doubts[len(doubts)-1]
	for _, x := range doubts {
		if x.d.Kind == match.Clarify {
			d = x
		}
	}
	if len(doubts) > 1 {
		if all := matched(v, t.memory, joined(doubts)); all.Kind == match.Clarify {
			d.d = all
		}
	}
	d.said = joined(doubts)
	t.text = d.said.Text
	t.memory = t.asks(t.text, v.Now)
	for _, x := range doubts {
		d.shown = d.shown || x.shown
	}
	if d.d.Kind == match.Clarify && !t.message() && !foreign(v, d.said) { // of a message it is a part; of another language nothing is known
		if ids := meanings(v, t, d); len(ids) > 0 {
			return clarify(v, t, d, ids)
		}
	}
	if t.waiting() {
		return keepFor(v, t, d)
	}
	return fallback(v, t, d)
}

// meanings are the entries that a doubt may be about, as far as it is worth
// asking.
func meanings(v view, t talk, d doubt) []string {
	var ids []string
	behind := d.d.Candidates[0].P / 3 // what is far behind the first only confuses
	if oneWord(d.said.Text) {
		behind /= 5
	}
	for _, c := range d.d.Candidates {
		if e := v.Entries[c.Entry]; e != nil && !e.Hide && len(ids) < v.Settings.ClarifyMax-1 && c.P >= behind {
			ids = append(ids, c.Entry)
		}
	}
	if t.waiting() && (len([]rune(d.said.Text)) < 4 || d.d.Candidates[0].P < .4) {
		return nil // who waits for a person talks to them, not to us
	}
	if t.Barren+1 >= v.Settings.Barren && !t.waiting() {
		return nil
	}
	return ids
}

// clarify shows the candidates as a list, a person last.
func clarify(v view, t talk, d doubt, ids []string) talk {
	t.Barren++
	items := v.items(t.Lang, ids...)
	if !t.waiting() {
		items = append(items, item{ID: script.ToHuman, Label: v.Word(t.Lang, "clarify_none", nil)})
	}
	prompt := "clarify"
	if len(ids) == 1 {
		prompt = "clarify_one"
	}
	t = offer(v, t, "clarify", v.Word(t.Lang, prompt, nil), items)
	t.Menu.Asked = d.said.Text
	return note(v, t, core.EventClarified, d.d.Why, "entries", strings.Join(ids, " "))
}

// fallback owns up, each time in other words, and goes for a person before it
// gets tiresome.
func fallback(v view, t talk, d doubt) talk {
	if a, ok := asidePart(d.said); ok {
		return manners{a, d.said.Text}.do(v, t)
	}
	t.Misses++
	t.Barren++
	t = note(v, t, core.EventFellBack, d.d.Why, "misses", strconv.Itoa(t.Misses))
	if t.Misses >= v.Settings.Misses && v.Settings.OnMisses == "handoff" || t.Barren >= v.Settings.Barren {
		t = toHuman(v, t, "stuck")
		return human(v, t, request{Asked: clip(d.said.Text, 500), Class: -1, Why: "not understood " + strconv.Itoa(t.Misses) + " times in a row"})
	}
	if foreign(v, d.said) || !t.Strange && unspoken(v, d.said.Text) {
		return sayUnspoken(v, t)
	}
	if t.Misses > 2 { // said twice; now only the way out
		return offer(v, t, "offer", v.Word(t.Lang, "offer_human", nil), v.items(t.Lang, script.ToHuman))
	}
	var ids []string
	for _, c := range d.d.Candidates {
		if e := v.Entries[c.Entry]; e != nil && !e.Hide && c.P >= .15 && len(ids) < 3 {
			ids = append(ids, c.Entry)
		}
	}
	if len(ids) == 0 {
		ids = v.Greeting.Menu
	}
	prompt := v.WordN(t.Lang, "fallback", t.Misses-1, map[string]string{"text": clip(d.said.Text, 30)})
	items := v.items(t.Lang, ids...)
	return offer(v, t, "menu", prompt, append(items[:min(len(items), 4)], v.items(t.Lang, script.ToHuman)...))
}
