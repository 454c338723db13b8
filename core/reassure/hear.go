package reassure

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/frontdesk-im/frontdesk/core"
)

// Hear is what becomes of words that may be an answer to a text about the wait. It
// reports false for everything else, which is the bot's. A digit answers the
// newest text that offered it: the bot's own list goes before an older text of the
// policy's.
func (p *Policy) Hear(f Facts, text string) (Decision, bool) {
	w := p.wait(f)
	digit := digitOf(text)
	if digit == "" || w.m.Offered == 0 || f.Listed.After(w.m.Offered.time()) {
		return Decision{}, false
	}
	i := slices.IndexFunc(options, func(o Option) bool { return o.Digit == digit })
	if i < 0 {
		return Decision{}, false
	}
	o := options[i]
	if (o.Key == "self" || o.Key == "helped") && !w.m.offers(digit) {
		return Decision{}, false
	}
	d := w.chosen(o)
	return d, true
}

// chosen does what an option asks for.
func (w *wait) chosen(o Option) Decision {
	w.m.Bot = stampOf(w.Now) // it is answered like a question
	d := Decision{Log: []core.Event{w.event(&Step{ID: "choice"}, o.Key)}}
	switch o.Key {
	case "keep":
		d = w.answer(d, "keep")
	case "helped":
		d = w.answer(d, "helped")
	case "person":
		d.Divert = "stay"
	default:
		d.Divert = o.Key
	}
	return w.finish(d)
}

// answer says a text to somebody who has just chosen; without such a text the
// script tells the place.
func (w *wait) answer(d Decision, text string) Decision {
	if !w.promises() {
		text += "_unknown"
	}
	l, why := w.render("answer", []string{text, strings.TrimSuffix(text, "_unknown")}, nil)
	if l.Upper > 0 && !w.promises() {
		why = "would break a promise"
	}
	if why != "" {
		d.Divert = "stay"
		return d
	}
	d.Say, d.Told = append(d.Say, l), w.promised(l)
	return d
}

// Wrote keeps the policy's next step away from what the bot has just said to the
// customer.
func (p *Policy) Wrote(f Facts) Decision {
	w := p.wait(f)
	w.m.Bot = stampOf(f.Now)
	return w.finish(Decision{})
}

// digitOf is the digit that somebody typed, however; empty if they typed more.
func digitOf(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	for _, front := range []string{"回复", "回覆", "选择", "选", "我选", "reply", "press", "按"} {
		s = strings.TrimSpace(strings.TrimPrefix(s, front))
	}
	digit := ""
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digit += string(r)
		case r >= '０' && r <= '９':
			digit += string('0' + r - '０')
		case r >= '①' && r <= '⑨':
			digit += string('1' + r - '①')
		case r == '\ufe0f' || r == '\u20e3' || unicode.IsPunct(r) || unicode.IsSpace(r):
		default:
			return ""
		}
	}
	if len(digit) != 1 {
		return ""
	}
	return digit
}

func primary(lang string) string {
	l, _, _ := strings.Cut(strings.ToLower(lang), "-")
	return l
}

// until is when the promise that was made last is over; zero: there is none.
func (w *wait) until() time.Time {
	t := told(w.Facts)
	if t.Upper == 0 {
		return time.Time{}
	}
	return t.At.Add(t.Upper)
}
