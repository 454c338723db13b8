package match

import (
	"cmp"
	"slices"
	"strings"
)

// Match decides what answers a query. See the package comment for the order of things.
func (m *Matcher) Match(q Query) Decision {
	if q.Heard.Text != q.Text {
		q.Heard = listen(q.Text)
	}
	f, text := q.Heard.Folded, q.Heard.runes
	d := Decision{Kind: Fallback, Mood: moodOf(text, q.Heard.Danger)}
	if strings.TrimSpace(f) == "" {
		d.Why = m.say("没有文字，无法匹配", "no words to match")
		return d
	}
	c := m.newCase(q, f)
	hits, guarded := m.rules.find(f, text)
	if len(hits) > 0 && !m.overruled(c, hits) {
		m.byRules(&d, c, hits)
		return m.answerable(d)
	}
	if syllables, ok := pinyinOf(q.Text); ok && len(m.aloud.keys) > 0 {
		if m.byPinyin(&d, syllables); d.Kind != Fallback {
			return m.answerable(d)
		}
		d.Candidates = nil
	}
	if e := m.essence(c, q.Heard); e != f {
		c = m.newCase(q, e)
	}
	c.guarded = guarded
	m.bySamples(&d, c)
	return m.answerable(d)
}

// essence is the folded text without the greetings, thanks and faces around the question, which say nothing of what is
// asked and would only speak for the entries that greet and thank. A text that is a sample stays as it is.
func (m *Matcher) essence(c oneCase, u Utterance) string {
	if _, ok := c.model.same[bare(c.f)]; ok {
		return c.f
	}
	if f := Fold(u.Rest); f != "" && (len(u.Acts) > 0 || len(f) < len(c.f)) {
		return f
	}
	return c.f
}

// overruled: what the whole message says of an entry that no hit means counts for more. A message that is a sample, word for
// word, is longer and more specific than the word of it that is another entry's keyword ("退货运费谁出" has 运费); and a
// keyword that is only near ("能泡几次" sounds like 冷泡) is no match for samples that would be answered by themselves.
func (m *Matcher) overruled(c oneCase, hits []hit) bool {
	if hits[0].how == "exact" {
		return false
	}
	meant := func(entry int32) bool { return slices.ContainsFunc(hits, func(h hit) bool { return h.entry == entry }) }
	if class, ok := c.model.same[bare(c.f)]; ok && !meant(c.model.entry[class]) {
		return true
	}
	if !hits[0].fuzzy {
		return false
	}
	best := c.model.score(c.f)
	return len(best) > 0 && best[0].p >= m.opt.Answer && !meant(best[0].entry)
}

// oneCase is a query while it is decided.
type oneCase struct {
	q       Query
	f       string // folded text
	model   *model
	topic   string // words of the entry answered last, if the text leans on it
	core    string // the text without what points back ("那", "呢")
	context int32  // that entry, -1 none
	guarded []hit  // rules that a denied wish took out
}

// byRules: the first hit wins; a hit of the same length for another entry makes it a question back, unless the trained
// model, the context or the language can tell them apart.
func (m *Matcher) byRules(d *Decision, c oneCase, hits []hit) {
	seen := map[int32]bool{}
	best := hits[0]
	ties := 0
	for _, h := range hits {
		if seen[h.entry] {
			continue
		}
		seen[h.entry] = true
		x := Candidate{Entry: m.entries[h.entry].ID, P: ruleP(h), How: h.how, Span: h.span, Pattern: h.pattern}
		if h.size == best.size && (h.how == "exact") == (best.how == "exact") {
			ties++
		} else {
			x.P = min(x.P, .4)
		}
		d.Candidates = append(d.Candidates, x)
	}
	if ties > 1 {
		m.breakTie(d.Candidates[:ties], c)
	}
	if best.fuzzy && hasHan([]rune(best.span)) && !m.backed(c, best) {
		d.Candidates[0].P = min(d.Candidates[0].P, (m.opt.Answer+m.opt.Clarify)/2)
	}
	d.Candidates = d.Candidates[:min(len(d.Candidates), m.opt.Max)]
	m.settle(d)
	for _, h := range hits {
		if m.entries[h.entry].ID == d.Candidates[0].Entry {
			best = h
			break
		}
	}
	d.Why = m.whyRule(d, best)
}

// backed reports whether more than its sound speaks for a keyword that stands in the text as other characters: the
// message begins with it or is little else, or the samples mean its entry too. Otherwise the customer is asked.
func (m *Matcher) backed(c oneCase, h hit) bool {
	if h.from == 0 || 2*h.size >= len([]rune(strings.Trim(bare(c.f), clauseEnd+" "))) {
		return true
	}
	best := c.model.score(c.f)
	return len(best) > 0 && best[0].entry == h.entry && best[0].p >= m.opt.Answer
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

// breakTie orders candidates that are equally specific by what the trained model says of the whole text (and of the topic,
// if the text leans on it); if it has no clear opinion, or the text has the words of both, the customer is asked.
func (m *Matcher) breakTie(tied []Candidate, c oneCase) {
	p := map[string]float64{}
	for _, s := range c.model.score(c.f) {
		p[m.entries[s.entry].ID] = s.p
	}
	if c.topic != "" {
		for _, s := range c.model.score(c.core + " " + c.topic) {
			p[m.entries[s.entry].ID] += s.p
		}
	}
	for _, x := range tied {
		if e := m.entries[m.index[x.Entry]]; c.q.Lang != "" && e.Lang != "" && language(e.Lang) == language(c.q.Lang) {
			p[x.Entry] += .5
		}
	}
	slices.SortStableFunc(tied, func(a, b Candidate) int { return cmp.Compare(p[b.Entry], p[a.Entry]) })
	clear := p[tied[0].Entry] >= p[tied[1].Entry]+.3 && p[tied[0].Entry] > 2*p[tied[1].Entry]
	if c.topic == "" && tied[0].Span != tied[1].Span {
		clear = false // two things are asked
	}
	for i := range tied {
		switch {
		case !clear:
			tied[i].P = min(tied[i].P, (m.opt.Answer+m.opt.Clarify)/2)
		case i > 0:
			tied[i].P = min(tied[i].P, .4)
		}
	}
}

func language(tag string) string {
	l, _, _ := strings.Cut(strings.ToLower(tag), "-")
	return l
}

func (m *Matcher) bySamples(d *Decision, c oneCase) {
	all := c.model.score(c.f)
	denial := ""
	how := "samples"
	switch {
	case len(all) > 0 && all[0].equal:
	case c.topic != "":
		if with := m.inContext(c, all); with != nil {
			all, how = with, "context"
		}
	default:
		all, denial = m.guard(c, all)
	}
	m.prefer(all, c.q.Lang)
	for i, s := range all[:min(len(all), m.opt.Max)] {
		x := Candidate{Entry: m.entries[s.entry].ID, P: s.p, How: how, Pattern: s.near}
		if i == 0 {
			x.Span = shared(c.f, s.near)
		}
		d.Candidates = append(d.Candidates, x)
	}
	m.settle(d)
	d.Why = m.whySamples(d, c, denial, all)
}

// prefer swaps the first two if they are nearly equal and only the second is in the customer's language.
func (m *Matcher) prefer(all []scored, lang string) {
	if lang == "" || len(all) < 2 || all[0].equal || all[0].p-all[1].p > .15 {
		return
	}
	a, b := m.entries[all[0].entry].Lang, m.entries[all[1].entry].Lang
	if a != "" && b != "" && language(a) != language(lang) && language(b) == language(lang) {
		all[0], all[1] = all[1], all[0]
		all[0].p, all[1].p = all[1].p, all[0].p
	}
}

// guard lowers entries that only the denied words speak for: "我不要退款" is not a question about refunds. A sample that
// has the same denial ("不想要了怎么退") shows that the entry means it.
func (m *Matcher) guard(c oneCase, all []scored) ([]scored, string) {
	rest, denial := undenied(c.f)
	if len(all) == 0 || denial != "" && strings.Contains(Fold(all[0].near), denial) {
		return all, ""
	}
	if denial == "" && len(c.guarded) == 0 {
		return all, ""
	}
	without := map[int32]float64{}
	if denial != "" {
		for _, s := range c.model.score(rest) {
			without[s.entry] = s.p
		}
	}
	for i := range all {
		s := &all[i]
		if denial != "" {
			s.p = min(s.p, without[s.entry])
		}
		for _, h := range c.guarded {
			if s.entry == h.entry {
				s.p = min(s.p, .1)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b scored) int { return cmp.Compare(b.p, a.p) })
	return all, denial
}

// settle says what to do with the candidates.
func (m *Matcher) settle(d *Decision) {
	d.Kind = Fallback
	if len(d.Candidates) > 0 && !m.unanswered(d.Candidates[0]) {
		switch p := d.Candidates[0].P; {
		case p >= m.opt.Answer:
			d.Kind = Answer
		case p >= m.opt.Clarify:
			d.Kind = Clarify
		}
	}
}

func (m *Matcher) unanswered(c Candidate) bool { return m.entries[m.index[c.Entry]].Unanswered }

// answerable is d without the candidates that the script has no answer to. What stands behind such a one is shown as what
// came closest, not as what is meant.
func (m *Matcher) answerable(d Decision) Decision {
	for i := range d.Candidates {
		if i > 0 && m.unanswered(d.Candidates[0]) {
			d.Candidates[i].P = min(d.Candidates[i].P, m.opt.Clarify*.9)
		}
	}
	d.Candidates = slices.DeleteFunc(d.Candidates, m.unanswered)
	return d
}
