package match

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Match decides what answers a query. See the package comment for the order of things.
func (m *Matcher) Match(q Query) Decision {
	f := Fold(q.Text)
	text := []rune(f)
	d := Decision{Kind: Fallback, Mood: moodOf(f)}
	if strings.TrimSpace(f) == "" {
		d.Why = m.say("没有文字，无法匹配", "no words to match")
		return d
	}
	hits, guarded := m.rules.find(f, text)
	if len(hits) > 0 {
		m.byRules(&d, f, hits)
		return d
	}
	m.bySamples(&d, q, f, guarded)
	return d
}

// byRules: the first hit wins; a hit of the same length on other words for another entry makes it a question back.
func (m *Matcher) byRules(d *Decision, f string, hits []hit) {
	seen := map[int32]bool{}
	best := hits[0]
	rival := false
	for _, h := range hits {
		if seen[h.entry] {
			continue
		}
		seen[h.entry] = true
		c := Candidate{Entry: m.entries[h.entry].ID, P: ruleP(h), How: h.how, Span: h.span, Pattern: h.pattern}
		if len(d.Candidates) > 0 {
			tie := h.size == best.size && h.how == best.how
			rival = rival || tie
			if !tie {
				c.P = min(c.P, .4)
			}
		}
		d.Candidates = append(d.Candidates, c)
	}
	if rival {
		m.breakTie(d, f, best)
	}
	d.Candidates = d.Candidates[:min(len(d.Candidates), m.opt.Max)]
	m.settle(d)
	d.Why = m.whyRule(d, best)
}

func ruleP(h hit) float64 {
	switch {
	case h.how == "exact":
		return 1
	case h.fuzzy:
		return .8
	case h.how == "regexp":
		return .97
	}
	return .96
}

// breakTie lets the trained model choose among rules that are equally specific; if it has no clear opinion they share.
func (m *Matcher) breakTie(d *Decision, f string, best hit) {
	p := map[string]float64{}
	for _, s := range m.model.Load().score(f) {
		p[m.entries[s.entry].ID] = s.p
	}
	slices.SortStableFunc(d.Candidates, func(a, b Candidate) int { return cmp.Compare(p[b.Entry]*b.P, p[a.Entry]*a.P) })
	if a, b := d.Candidates[0], d.Candidates[1]; p[a.Entry] < p[b.Entry]+.2 || p[a.Entry] < m.opt.Answer {
		for i := range d.Candidates {
			d.Candidates[i].P = min(d.Candidates[i].P, (m.opt.Answer+m.opt.Clarify)/2)
		}
		return
	}
	for i := range d.Candidates[1:] {
		d.Candidates[i+1].P = min(d.Candidates[i+1].P, .4)
	}
}

func (m *Matcher) bySamples(d *Decision, q Query, f string, guarded []hit) {
	model := m.model.Load()
	all := model.score(f)
	denial := ""
	if len(all) > 0 && !all[0].equal {
		all, denial = m.guard(model, f, all, guarded)
	}
	for _, s := range all[:min(len(all), m.opt.Max)] {
		d.Candidates = append(d.Candidates, Candidate{Entry: m.entries[s.entry].ID, P: s.p, How: "samples", Pattern: s.near, Span: f})
	}
	m.settle(d)
	d.Why = m.whySamples(d, all, denial)
}

// guard lowers entries that only the denied words speak for: "我不要退款" is not a question about refunds. A sample that
// has the same denial ("不想要了怎么退") shows that the entry means it.
func (m *Matcher) guard(model *model, f string, all []scored, guarded []hit) ([]scored, string) {
	rest, denial := undenied(f)
	if denial == "" || strings.Contains(Fold(all[0].near), denial) {
		return all, ""
	}
	without := map[int32]float64{}
	for _, s := range model.score(rest) {
		without[s.entry] = s.p
	}
	for i := range all {
		s := &all[i]
		s.p = min(s.p, without[s.entry])
	}
	for _, h := range guarded {
		for i := range all {
			if all[i].entry == h.entry {
				all[i].p = min(all[i].p, .1)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b scored) int { return cmp.Compare(b.p, a.p) })
	return all, denial
}

func (m *Matcher) settle(d *Decision) {
	d.Kind = Fallback
	if len(d.Candidates) > 0 {
		switch p := d.Candidates[0].P; {
		case p >= m.opt.Answer:
			d.Kind = Answer
		case p >= m.opt.Clarify:
			d.Kind = Clarify
		}
	}
}

func (m *Matcher) say(zh, en string, args ...any) string {
	if strings.HasPrefix(m.opt.Lang, "en") {
		return fmt.Sprintf(en, args...)
	}
	return fmt.Sprintf(zh, args...)
}

func (m *Matcher) whyRule(d *Decision, best hit) string {
	c := d.Candidates[0]
	return m.say("规则命中：%s “%s”（原文“%s”）→ %s，%.0f%%", "rule: %s %q (in the text: %q) → %s, %.0f%%", c.How, c.Pattern, c.Span, c.Entry, 100*c.P)
}

func (m *Matcher) whySamples(d *Decision, all []scored, denial string) string {
	if len(d.Candidates) == 0 {
		return m.say("没有例句与它相近", "no sample is like it")
	}
	c := d.Candidates[0]
	return m.say("最像例句“%s” → %s，%.0f%%", "most like the sample %q → %s, %.0f%%", c.Pattern, c.Entry, 100*c.P)
}
