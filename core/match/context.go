package match

import (
	"cmp"
	"slices"
	"strings"
)

// A short text that points back ("那退货呢?", "what about returns?") is read together with the entry answered last.

var (
	pointers = []string{"那么", "那如果", "那要是", "那", "还有", "另外", "然后", "再问下", "如果是", "如果", "要是", "换成", "至于", "and what about", "what about", "how about", "and if", "what if",
		"and", "also", "or", "then", "so"}
	fragments = []string{"怎么弄", "怎么办理", "怎么办", "怎么操作", "多久", "要多久", "多少钱", "要钱吗", "多少", "几天", "在哪", "在哪里", "哪里", "可以吗", "行吗", "为什么", "什么时候", "怎么走",
		"how long", "how much", "how", "why", "when", "where"}
)

const shortText = 14 // Chinese characters, or 8 words

func (m *Matcher) newCase(q Query, f string) oneCase {
	c := oneCase{q: q, f: f, model: m.model.Load(), context: -1}
	i, ok := m.index[q.Context]
	if q.Context == "" || !ok {
		return c
	}
	core, points := pointsBack(f)
	if !points {
		return c
	}
	c.context, c.core = i, core
	e := m.entries[i]
	c.topic = Fold(e.Title)
	if len(e.Samples) > 0 {
		c.topic += " " + Fold(e.Samples[0])
	}
	return c
}

// pointsBack strips "那…呢" and tells whether the text leans on what was said before.
func pointsBack(f string) (core string, ok bool) {
	core = strings.Trim(f, clauseEnd+" ")
	if n := len([]rune(core)); hasHan([]rune(core)) && n > shortText || len(strings.Fields(core)) > 8 {
		return f, false
	}
	for _, p := range pointers {
		if rest, cut := strings.CutPrefix(core, p); cut && rest != "" && (han([]rune(p)[0]) || rest[0] == ' ') {
			core, ok = strings.TrimSpace(strings.TrimLeft(rest, ", ")), true
			break
		}
	}
	if rest, cut := strings.CutSuffix(core, "呢"); cut && rest != "" {
		core, ok = rest, true
	}
	return core, ok || slices.Contains(fragments, strings.TrimRight(core, "啊呀呢吗"))
}

// inContext weighs each entry by what the text alone says and by what it says together with the topic, and leaves out the
// topic itself unless nothing else is known. nil means that the context does not help.
func (m *Matcher) inContext(c oneCase, alone []scored) []scored {
	if rest := c.model.score(c.core); len(rest) > 0 {
		alone = rest
		if rest[0].equal {
			return rest
		}
	}
	c.model.closeness(c.core, alone)
	joined := c.model.score(c.core + " " + c.topic)
	if len(joined) == 0 {
		return nil
	}
	if len(alone) == 0 || alone[0].p < .1 {
		return m.stay(c, joined)
	}
	own, with := spread(alone, c.context), spread(joined, c.context)
	by := map[int32]scored{}
	for _, s := range slices.Concat(joined, alone) {
		if s.entry != c.context {
			by[s.entry] = s
		}
	}
	var out []scored
	for _, s := range alone { // near to a sample, though another entry is nearer
		own[s.entry] = (own[s.entry] + s.close) / 2
	}
	for e, s := range by {
		if own[e] < .03 {
			continue // the text itself must speak for it
		}
		both := .35*own[e] + .65*with[e]
		s.p = min(.95, max(s.p*both, .9*both*min(1, own[e]*6)))
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b scored) int { return cmp.Or(cmp.Compare(b.p, a.p), cmp.Compare(a.entry, b.entry)) })
	if len(out) == 0 {
		return nil
	}
	return out
}

// stay with the topic: the text adds no words that the script knows. It is asked back, not guessed.
func (m *Matcher) stay(c oneCase, joined []scored) []scored {
	i := slices.IndexFunc(joined, func(s scored) bool { return s.entry == c.context })
	if i < 0 {
		return nil
	}
	s := joined[i]
	s.p = min(s.p, (m.opt.Answer+m.opt.Clarify)/2)
	return slices.Insert(slices.Delete(joined, i, i+1), 0, s)
}

// spread shares 1 among the entries other than the topic.
func spread(all []scored, topic int32) map[int32]float64 {
	sum := 0.0
	for _, s := range all {
		if s.entry != topic {
			sum += s.p
		}
	}
	out := map[int32]float64{}
	for _, s := range all {
		if s.entry != topic && sum > 0 {
			out[s.entry] = s.p / sum
		}
	}
	return out
}
