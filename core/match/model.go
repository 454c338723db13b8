package match

import (
	"cmp"
	"context"
	"math"
	"slices"
)

// model v1: nearest sample by TF-IDF cosine over characters, words and their bigrams.
type model struct {
	idf  map[string]float64
	post map[string][]posting
	rare float64
	docs []int32
	text []string
}

type posting struct {
	doc int32
	w   float32
}

type scored struct {
	entry int32
	p     float64
	near  string // the nearest sample
}

type training struct{ entries []Entry }

func newTraining(entries []Entry) *training { return &training{entries} }

func (t *training) refine(ctx context.Context, m *model) (*model, error) { return m, ctx.Err() }

func grams(f string) []string {
	var toks []string
	r := []rune(f)
	for i := 0; i < len(r); {
		switch {
		case word(r[i]):
			j := i
			for j < len(r) && word(r[j]) {
				j++
			}
			toks = append(toks, string(r[i:j]))
			i = j
		case han(r[i]):
			toks = append(toks, string(r[i]))
			i++
		default:
			i++
		}
	}
	out := slices.Clone(toks)
	for i := 1; i < len(toks); i++ {
		out = append(out, toks[i-1]+" "+toks[i])
	}
	return out
}

func (t *training) first() *model {
	m := &model{idf: map[string]float64{}, post: map[string][]posting{}}
	var all [][]string
	for i, e := range t.entries {
		for _, s := range append(slices.Clone(e.Samples), e.Title) {
			if f := Fold(s); f != "" {
				g := grams(f)
				slices.Sort(g)
				g = slices.Compact(g)
				all, m.docs, m.text = append(all, g), append(m.docs, int32(i)), append(m.text, s)
				for _, x := range g {
					m.idf[x]++
				}
			}
		}
	}
	m.rare = math.Log(float64(len(all)) + 1)
	for x, df := range m.idf {
		m.idf[x] = math.Log(float64(len(all)+1) / df)
	}
	for d, g := range all {
		n := 0.0
		for _, x := range g {
			n += m.idf[x] * m.idf[x]
		}
		for _, x := range g {
			m.post[x] = append(m.post[x], posting{int32(d), float32(m.idf[x] / math.Sqrt(n))})
		}
	}
	return m
}

func (m *model) score(f string) []scored {
	sum := map[int32]float64{}
	n := 0.0
	g := grams(f)
	slices.Sort(g)
	for _, x := range slices.Compact(g) {
		w, ok := m.idf[x]
		if !ok {
			w = m.rare
		}
		n += w * w
		for _, p := range m.post[x] {
			sum[p.doc] += w * float64(p.w)
		}
	}
	best := map[int32]scored{}
	for d, s := range sum {
		c := s / math.Sqrt(n)
		if c > best[m.docs[d]].p {
			best[m.docs[d]] = scored{m.docs[d], c, m.text[d]}
		}
	}
	var out []scored
	for _, s := range best {
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b scored) int { return cmp.Or(cmp.Compare(b.p, a.p), cmp.Compare(a.entry, b.entry)) })
	return out
}
