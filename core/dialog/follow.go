package dialog

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/frontdesk-im/frontdesk/core/match"
	"github.com/frontdesk-im/frontdesk/core/script"
)

// A followUp is a question that only changes the subject of the last one: 那红茶呢,
// and what about black tea?
type followUp struct {
	text    string
	entry   *script.Entry
	variant int // of its answer, the one that speaks of the subject
}

func (a followUp) do(v view, t talk) talk {
	t.Last = "" // it is not the same question again
	t.memory = t.asks(a.text, v.Now).turned("entry."+a.entry.ID, a.variant)
	return answer(v, t, found{a.entry.ID, "context", 1, "the last question about another subject: " + clip(a.text, 40)})
}

var (
	subjectOf = regexp.MustCompile(`^(?:那么?|还有|另外|然后|如果是|要是|换成)*(.{1,12}?)(?:的话|怎么样|咋样|又)?(?:呢|呐|吗|么)\??$|^(?:那么?|还有|另外|换成)(.{1,8})\??$|^(?:and |so |ok |then )*(?:what|how) about (?:the |your )?(.{2,30}?)\??$|^and (?:the )?(.{2,30}?)\??$`)
	linking   = regexp.MustCompile(`^(?:那么?|然后|还有|另外|对了|顺便问下?|and|so|then|ok so|also)[,，\s]*`)
)

// followed takes a text as a follow-up: the last entry has an answer that speaks of
// its subject.
func followed(v view, t talk, u match.Utterance) act {
	e := v.Entries[t.Last]
	if e == nil || t.Flow.on() || t.waiting() || v.Now.Sub(t.LastAt) >= v.Settings.Context || e.Answer.Empty() {
		return nil
	}
	subject := ""
	for i, s := range subjectOf.FindStringSubmatch(strings.TrimSpace(u.Folded)) {
		if i > 0 && s != "" {
			subject = strings.TrimSpace(s)
		}
	}
	if utf8.RuneCountInString(subject) < 2 || questioning(subject) {
		return nil
	}
	for i, x := range v.Variants(e.Answer, t.Lang) {
		said := match.Fold(x.Render(values(v, t.memory, u.Text)))
		if strings.Contains(said, subject) || strings.Contains(said, around.ReplaceAllString(subject, "")) {
			return followUp{u.Text, e, i}
		}
	}
	return nil
}

// around are English words around a subject that say nothing of it.
var around = regexp.MustCompile(`^(?:to|for|in|at|with|your|my) | (?:tea|teas|one|ones)$`)

// stillAboutIt takes a text that nothing is sure about as a question after what
// was looked up a moment ago: 那什么时候到.
func stillAboutIt(v view, t talk, u match.Utterance) act {
	e := v.Entries[t.Last]
	if e == nil || v.Flows[e.Next] == nil || t.Flow.on() || t.waiting() || v.Now.Sub(t.Ended) >= v.Settings.Context {
		return nil
	}
	if f := u.Folded; utf8.RuneCountInString(f) > 20 && strings.Count(f, " ") < 3 || !aboutIt.MatchString(f) {
		return nil
	}
	return looksUp{u.Text, found{e.ID, "context", 1, "asked again about what was looked up"}}
}

// unlinked is a text without the words that link it to what was said before.
func unlinked(text string) (string, bool) {
	f := strings.TrimSpace(text)
	at := linking.FindStringIndex(strings.ToLower(f))
	if at == nil || utf8.RuneCountInString(f[at[1]:]) < 2 {
		return text, false
	}
	return strings.TrimSpace(f[at[1]:]), true
}
