package desk

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/match"
)

var (
	// What a customer does that asks for nothing.
	quietActs = []match.Act{match.ActThanks, match.ActBye, match.ActAck, match.ActYes, match.ActNo, match.ActPraise, match.ActLaugh, match.ActFace}
	// Words of a rating.
	ratings = []string{"solved", "unsolved", "resolved", "解决", "解决了", "已解决", "未解决", "没解决", "没有解决", "不满意", "有用", "没用"}
)

// courteous are the acts of a text that asks for nothing; false if it may.
func courteous(text string) ([]match.Act, bool) {
	acts, rest := match.Hear(text)
	if strings.ContainsAny(text, "?？吗呢") || rest != "" && !slices.Contains(ratings, rest) {
		return nil, false
	}
	return acts, !slices.ContainsFunc(acts, func(a match.Act) bool { return !slices.Contains(quietActs, a) })
}

// more reports whether a message asks for something: not a button, not a rating,
// not just thanks.
func more(env core.Envelope) bool {
	for _, p := range env.Parts {
		switch p := p.(type) {
		case core.Media, core.Place, core.Card:
			return true
		case core.Text:
			s := strings.TrimFunc(p.Body, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
			n := utf8.RuneCountInString(s)
			if n == 0 || n <= 2 && strings.TrimFunc(s, unicode.IsNumber) == "" || n == 2 && strings.HasSuffix(s, "分") {
				continue
			}
			if _, ok := courteous(p.Body); !ok && !slices.Contains(ratings, s) {
				return true
			}
		}
	}
	return false
}

// nods reports whether a message only thanks, parts or nods, so that nobody waits
// for an answer to it. To a question of the agent, yes is an answer, and so are
// thanks with it; a goodbye, or no and thanks, end the matter.
func (m mind) nods(env core.Envelope) bool {
	if len(env.Parts) != 1 {
		return false
	}
	text, ok := env.Parts[0].(core.Text)
	if !ok {
		return false
	}
	acts, ok := courteous(text.Body)
	if !ok || len(acts) == 0 {
		return false
	}
	has := func(a match.Act) bool { return slices.Contains(acts, a) }
	switch {
	case has(match.ActBye) || !m.questioned():
		return true
	case has(match.ActYes), has(match.ActAck):
		return false
	}
	return has(match.ActThanks)
}

// questioned reports whether the last word of the staff was a question.
func (m mind) questioned() bool {
	for _, x := range slices.Backward(m.Tail) {
		if x.Kind == core.ByAgent {
			return strings.ContainsAny(x.Text, "?？吗呢")
		}
	}
	return false
}
