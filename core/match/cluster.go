package match

import (
	"cmp"
	"slices"
)

// Group is a set of unanswered questions that ask the same thing, and what to do with them.
type Group struct {
	Questions []string // the most typical first
	Entry     string   // the entry that should learn them as samples; "" proposes a new entry
	P         float64  // mean probability of that entry over the group
	Title     string   // for a new entry: its most typical question
	Keywords  []string // words that most of the group share and the rest do not
}

const (
	alikeFrom = .3  // cosine from which two questions ask the same
	adoptFrom = .25 // mean probability from which an existing entry should learn them
)

// Cluster groups questions that were not answered and proposes for each group the entry that should learn them, or a new
// one. Largest groups first; questions that are like no other come last, as groups of one. The order of the questions does
// not matter for what is grouped, only for which of equals is shown first.
func (m *Matcher) Cluster(questions []string) []Group {
	c := newClusterer(questions, m.job.samples)
	var out []Group
	for _, members := range c.groups() {
		out = append(out, m.propose(c, members))
	}
	slices.SortStableFunc(out, func(a, b Group) int { return cmp.Compare(len(b.Questions), len(a.Questions)) })
	return out
}

// propose looks for the entry that the group as a whole is nearest to.
func (m *Matcher) propose(c *clusterer, members []int) Group {
	g := Group{}
	sum := map[int32]float64{}
	model := m.model.Load()
	for _, i := range members {
		g.Questions = append(g.Questions, c.raw[i])
		for _, s := range model.score(c.folded[i]) {
			sum[s.entry] += s.p / float64(len(members))
		}
	}
	best := int32(-1)
	for e, p := range sum {
		if best < 0 || p > sum[best] || p == sum[best] && e < best {
			best = e
		}
	}
	g.Title, g.Keywords = c.raw[members[0]], c.keywords(members)
	if best >= 0 {
		if g.P = sum[best]; g.P >= adoptFrom {
			g.Entry = m.entries[best].ID
		}
	}
	return g
}

// clusterer holds the questions as vectors of one vocabulary and an index of who has which feature.
type clusterer struct {
	raw    []string
	folded []string
	x      []vector
	post   map[uint32][]share
	words  [][]string
	near   [][]int // by question: those alike, nearest first
}

type share struct {
	doc int
	w   float32
}

func newClusterer(questions []string, script []example) *clusterer {
	c := &clusterer{post: map[uint32][]share{}}
	x := &extract{}
	var fs [][]feature
	for _, q := range questions {
		f := Fold(q)
		if len(spans(nil, []rune(f))) == 0 {
			continue
		}
		c.raw, c.folded = append(c.raw, q), append(c.folded, f)
		c.words = append(c.words, slices.DeleteFunc(phrases(f), func(w string) bool { return everyday[w] }))
		fs = append(fs, slices.Clone(x.features([]rune(f), nil)))
	}
	all := slices.Clip(fs) // the script shows which words are common
	for _, e := range script[:min(len(script), 5000)] {
		all = append(all, slices.Clone(x.features(e.text, nil)))
	}
	v := newVocabulary(all)
	for i := range fs {
		vec := v.vector(fs[i], nil, vector{})
		sq := float32(1e-9)
		for _, w := range vec.val {
			sq += w * w
		}
		for k, j := range vec.ix {
			vec.val[k] /= sqrt(sq)
			c.post[j] = append(c.post[j], share{i, vec.val[k]})
		}
		c.x = append(c.x, vec)
	}
	c.neighbours()
	return c
}

// neighbours by cosine. Features that more than 200 questions have are too common to make two questions alike.
func (c *clusterer) neighbours() {
	sum := make([]float32, len(c.x))
	c.near = make([][]int, len(c.x))
	for i, v := range c.x {
		clear(sum)
		for k, j := range v.ix {
			if p := c.post[j]; len(p) <= max(200, len(c.x)/4) {
				for _, s := range p {
					sum[s.doc] += v.val[k] * s.w
				}
			}
		}
		for d, s := range sum {
			if d != i && s >= alikeFrom && c.share(i, d) {
				c.near[i] = append(c.near[i], d)
			}
		}
		own := slices.Clone(sum)
		slices.SortStableFunc(c.near[i], func(a, b int) int { return cmp.Compare(own[b], own[a]) })
	}
}

// share: two questions have a telling word or pair of characters in common, not only "可以…吗".
func (c *clusterer) share(i, j int) bool {
	for _, w := range c.words[i] {
		if _, ok := slices.BinarySearch(c.words[j], w); ok {
			return true
		}
	}
	return false
}

// groups takes the question with the most neighbours left, with them, until none is left.
func (c *clusterer) groups() (out [][]int) {
	free := make([]bool, len(c.x))
	left := make([]int, len(c.x))
	for i := range free {
		free[i], left[i] = true, len(c.near[i])
	}
	for {
		best := -1
		for i := range free {
			if free[i] && (best < 0 || left[i] > left[best]) {
				best = i
			}
		}
		if best < 0 {
			return out
		}
		group := []int{best}
		for _, j := range c.near[best] {
			if free[j] {
				group = append(group, j)
			}
		}
		for _, i := range group {
			free[i] = false
			for _, j := range c.near[i] {
				left[j]--
			}
		}
		out = append(out, group)
	}
}

// keywords: runs of words that at least 60 % of the group have, and less than a tenth of the others.
func (c *clusterer) keywords(members []int) (out []string) {
	if len(members) < 2 {
		return nil
	}
	in := map[string]int{}
	for _, i := range members {
		for _, w := range phrases(c.folded[i]) {
			in[w]++
		}
	}
	others := map[string]int{}
	for _, f := range c.folded {
		for _, w := range phrases(f) {
			if in[w] > 0 {
				others[w]++
			}
		}
	}
	for w, n := range in {
		if 5*n >= 3*len(members) && 10*(others[w]-n) <= max(len(c.folded)-len(members), 0) {
			out = append(out, w)
		}
	}
	slices.SortFunc(out, func(a, b string) int {
		return cmp.Or(cmp.Compare(in[b], in[a]), cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
	return out[:min(len(out), 5)]
}

// phrases: two neighbouring Chinese characters, or a word of another script; each once.
func phrases(f string) (out []string) {
	r := []rune(f)
	last := -1
	for _, t := range spans(nil, r) {
		w := string(r[t[0]:t[1]])
		switch {
		case !han(r[t[0]]):
			if !common[w] && len(w) > 2 {
				out = append(out, w)
			}
			last = -1
		default:
			if last >= 0 && last+1 == t[0] && !common[string(r[last])] && !common[w] {
				out = append(out, string(r[last:t[1]]))
			}
			last = t[0]
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// everyday pairs of characters and words are in questions about anything.
var everyday = map[string]bool{"可以": true, "怎么": true, "什么": true, "多少": true, "多久": true, "时候": true, "么时": true, "请问": true, "能不": true, "不能": true, "有没": true, "没有": true,
	"是不": true, "不是": true, "一下": true, "麻烦": true, "这个": true, "那个": true, "需要": true, "要怎": true, "可不": true, "不可": true, "帮我": true, "我想": true, "为什": true, "你们": true, "我们": true, "哪里": true, "在哪": true,
	"how": true, "what": true, "when": true, "where": true, "why": true, "can": true, "does": true, "did": true, "have": true, "has": true, "will": true, "would": true, "could": true, "should": true,
	"this": true, "that": true, "there": true, "with": true, "from": true, "not": true, "are": true, "was": true, "please": true, "want": true, "need": true, "get": true, "your": true, "any": true}
