package match

import (
	"fmt"
	"slices"
	"strings"
)

// Explanations are for people who write scripts: one line, no jargon, what decided and what came next.

func (m *Matcher) say(zh, en string, args ...any) string {
	if strings.HasPrefix(m.opt.Lang, "en") {
		zh = en
	}
	if len(args) == 0 {
		return zh
	}
	return fmt.Sprintf(zh, args...)
}

// name of an entry for people.
func (m *Matcher) name(id string) string {
	if t := m.entries[m.index[id]].Title; t != "" && t != id {
		return m.say("《%s》(%s)", "%q (%s)", t, id)
	}
	return m.say("《%s》", "%q", id)
}

func (m *Matcher) whyRule(d *Decision, h hit) string {
	c := d.Candidates[0]
	var s string
	switch {
	case h.fuzzy && hasHan([]rune(h.pattern)) && h.span != h.pattern:
		s = m.say("“%s”听起来就是关键词“%s”", "%q sounds like the keyword %q", h.span, h.pattern)
	case h.fuzzy:
		s = m.say("“%s”应是关键词“%s”的笔误", "%q looks like a slip for the keyword %q", h.span, h.pattern)
	case h.how == "exact":
		s = m.say("整句与规则“%s”相同", "the whole message equals the rule %q", h.pattern)
	case h.how == "regexp":
		s = m.say("“%s”符合规则 /%s/", "%q matches the rule /%s/", h.span, h.pattern)
	default:
		s = m.say("话里有关键词“%s”", "the message has the keyword %q", h.pattern)
		if Fold(h.pattern) != h.pattern {
			s += m.say("（原话“%s”）", " (as %q)", h.span)
		}
	}
	if m.unanswered(c) {
		return s + m.say("，这样的问题没有写答案，不猜，交给人工", ", and there is no answer to such questions: no guess, a person should look")
	}
	if d.Kind != Answer && h.fuzzy && (len(d.Candidates) == 1 || d.Candidates[0].P > d.Candidates[1].P) {
		return s + m.say("，只是听起来像，先反问：%s", ", only by its sound, so ask: %s", m.name(c.Entry))
	}
	if d.Kind != Answer {
		var names []string
		for _, x := range d.Candidates[:min(3, len(d.Candidates))] {
			names = append(names, m.name(x.Entry)+m.say("“%s”", " by %q", x.Span))
		}
		return s + m.say("，但几个条目的规则一样具体，所以反问：", ", but several entries' rules are equally specific, so ask: ") + strings.Join(names, m.say("、", ", "))
	}
	s += m.say(" → %s，规则优先，把握 %s", " → %s; rules come first, %s sure", m.name(c.Entry), percent(c.P))
	if len(d.Candidates) > 1 {
		s += m.say("；不及它具体：%s 的“%s”", "; less specific: %s by %q", m.name(d.Candidates[1].Entry), d.Candidates[1].Span)
	}
	return s
}

// percent never rounds up to certainty.
func percent(p float64) string {
	if p < 1 {
		p = min(p, .99)
	}
	return fmt.Sprintf("%.0f%%", 100*p)
}

// whySamples explains a decision by the scores of the entries, best first; denial is the word that denies what follows it.
func (m *Matcher) whySamples(d *Decision, c oneCase, denial string, all []scored) string {
	if len(d.Candidates) == 0 {
		if denial != "" || len(c.guarded) > 0 {
			return m.say("话里说的是不要，没有别的条目与它相近，不猜", "the wish is denied and no other entry is near: no guess")
		}
		return m.say("脚本里没有一个词与它相同，不猜，交给人工", "the script knows none of these words: no guess, a person should look")
	}
	best := d.Candidates[0]
	s := ""
	if denial != "" {
		s = m.say("“%s”否定了后面的话，那部分不算；", "%q denies what follows, which does not count; ", denial)
	}
	if len(c.guarded) > 0 && denial == "" {
		s = m.say("“%s”被否定，规则不算；", "%q is denied, its rule does not count; ", c.guarded[0].span)
	}
	switch {
	case best.How == "context":
		s += m.say("接着上一个问题%s来理解；", "read as a follow-up to %s; ", m.name(c.q.Context))
	case all[0].equal && m.unanswered(best):
		return s + m.say("与例句“%s”一字不差，这样的问题没有写答案，不猜，交给人工", "equals the sample %q, and there is no answer to such questions: no guess, a person should look", best.Pattern)
	case all[0].equal:
		return s + m.say("与例句“%s”一字不差 → %s", "equals the sample %q → %s", best.Pattern, m.name(best.Entry))
	}
	like := m.say("最像%s", "most like %s", m.name(best.Entry))
	if best.Pattern != "" && best.Span != "" {
		like = m.say("最像%s的例句“%s”（都有“%s”）", "most like %s, sample %q (both have %q)", m.name(best.Entry), best.Pattern, best.Span)
	}
	s += like + m.say("，把握 %s", ", %s sure", percent(best.P))
	if m.unanswered(best) {
		return s + m.say("，这样的问题没有写答案，不猜，交给人工", ", and there is no answer to such questions: no guess, a person should look")
	}
	switch d.Kind {
	case Answer:
		s += m.say("，够 %s，直接回答", ", at least %s: answered", percent(m.opt.Answer))
	case Clarify:
		s += m.say("，不到 %s，先反问", ", below %s: ask back", percent(m.opt.Answer))
	default:
		s += m.say("，不到 %s，不猜，交给人工", ", below %s: no guess, a person should look", percent(m.opt.Clarify))
	}
	if len(d.Candidates) > 1 && d.Candidates[1].P >= .01 {
		s += m.say("；其次%s %s", "; next %s %s", m.name(d.Candidates[1].Entry), percent(d.Candidates[1].P))
	}
	return s
}

// shared gives the words of the folded text that the sample has too, in the text's order, "…" between what is apart.
// Words that everybody uses are left out if there are others.
func shared(f, sample string) string {
	if sample == "" {
		return ""
	}
	var room, more [64][2]int
	other := []rune(Fold(sample))
	theirs := spans(room[:0], other)
	text := []rune(f)
	mine := slices.DeleteFunc(spans(more[:0], text), func(t [2]int) bool {
		return !slices.ContainsFunc(theirs, func(o [2]int) bool { return slices.Equal(text[t[0]:t[1]], other[o[0]:o[1]]) })
	})
	pick := func(all bool) string {
		var b strings.Builder
		last := -1
		for _, t := range mine {
			w := string(text[t[0]:t[1]])
			if !all && common[w] {
				continue
			}
			switch {
			case last < 0 || t[0] == last:
			case t[0] == last+1 && text[last] == ' ':
				b.WriteByte(' ')
			default:
				b.WriteString("…")
			}
			b.WriteString(w)
			last = t[1]
		}
		return b.String()
	}
	if s := pick(false); s != "" {
		return s
	}
	return pick(true)
}

// spans adds those of the words of a text: single Chinese characters, other words and numbers whole.
func spans(out [][2]int, text []rune) [][2]int {
	for i := 0; i < len(text); {
		j := i + 1
		switch c := text[i]; {
		case han(c):
			out = append(out, [2]int{i, j})
		case letter(c) || digit(c):
			for j < len(text) && (letter(text[j]) || digit(text[j])) {
				j++
			}
			out = append(out, [2]int{i, j})
		}
		i = j
	}
	return out
}

var common = map[string]bool{"的": true, "了": true, "我": true, "你": true, "吗": true, "呢": true, "是": true, "a": true, "an": true, "the": true, "i": true, "my": true, "to": true,
	"is": true, "it": true, "do": true, "of": true, "for": true, "in": true, "on": true, "me": true, "you": true, "and": true, "can": true, "am": true, "what": true, "how": true}
