package dialog

import (
	"regexp"
	"strings"

	"github.com/frontdesk-im/frontdesk/core/match"
	"github.com/frontdesk-im/frontdesk/core/script"
)

// looksUp is a text with a number in it that the script can look up, and that
// nothing else of it explains.
type looksUp struct {
	text string
	f    found
}

func (a looksUp) do(v view, t talk) talk {
	t.memory = t.asks(a.text, v.Now)
	return answer(v, t, a.f)
}

var coded = regexp.MustCompile(`[A-Za-z]{1,6}[ -]?[0-9]{4,}`)

// numberIn finds a number in a text that a rule of an entry takes by itself, and
// that a flow does something with: an order number.
func numberIn(v view, text string) (f found, rest string, ok bool) {
	text = clean(text)
	at := coded.FindStringIndex(text)
	if at == nil {
		return found{}, text, false
	}
	d := v.Matcher.Match(match.Query{Text: compact(text[at[0]:at[1]])})
	if !sure(v, d) || d.Candidates[0].How != "regexp" || v.Flows[v.Entries[d.Candidates[0].Entry].Next] == nil {
		return found{}, text, false
	}
	return best(d), strings.TrimSpace(text[:at[0]] + " " + text[at[1]:]), true
}

// lookedUp goes on from a general answer with the number that the question has in
// it, to say how it stands with that one.
func lookedUp(v view, t talk, text string, e *script.Entry) talk {
	if e.Next != "" || t.waiting() || t.Flow.on() {
		return t
	}
	f, _, ok := numberIn(v, text)
	if !ok {
		return t
	}
	return startFlow(v, t, v.Entries[f.entry].Next)
}

// withNumber is what a text that nothing is sure about means with its number
// aside: a question, or else to look it up.
func withNumber(v view, t talk, text string) act {
	if t.waiting() || t.Flow.on() {
		return nil
	}
	f, rest, ok := numberIn(v, text)
	if !ok {
		return nil
	}
	if d := matched(v, t.memory, match.Listen(rest)); sure(v, d) {
		return question{text, d}
	}
	return looksUp{text, f}
}

// aboutIt are words that mean what was looked up a moment ago: 它到哪了.
var aboutIt = regexp.MustCompile(`[它牠]|^他(?:到|什么|啥|几|怎)|这个?(?:单|包裹|快递|订单)|那个?(?:单|包裹|快递|订单)|刚才|刚刚(?:那|查|说)|上面|^(?:那|那么)?(?:这个|那个)?(?:什么时候|啥时候|几时|几天|多久|哪天|大概|到底|怎么)*(?:能|会|可以)?(?:到|送到|收到|到货|到哪|送来)|还没(?:有)?(?:收?到|送|动)|\b(?:it|that one|this one|that order|this order|the (?:parcel|package|order))\b`)

// sameAgain is the value that a first question of a flow need not ask for: the one that
// was just looked up, where the words mean it.
func sameAgain(v view, t talk, s *script.Step, first string) (string, bool) {
	x := t.Form[s.Ask]
	if first == "" || s.Kind != "order" || x == "" || v.Now.Sub(t.Ended) >= v.Settings.Context || !aboutIt.MatchString(match.Fold(first)) {
		return "", false
	}
	return x, true
}
