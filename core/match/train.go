package match

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"sync"
)

// training is what a model is made from: folded samples by class. Titles and keywords of an entry are samples too, but
// are never held out.
type training struct {
	entry   []int32 // class → entry
	samples []example
}

type example struct {
	text  []rune // folded
	raw   string
	class int32
	ref   int  // index in Entry.Samples, -1 for titles and keywords
	fixed bool // title or keyword
}

func newTraining(entries []Entry) *training {
	t := &training{}
	for i, e := range entries {
		class := int32(len(t.entry))
		n := len(t.samples)
		seen := map[string]bool{}
		add := func(s string, ref int) {
			f := Fold(s)
			if f == "" || seen[f] {
				return
			}
			seen[f] = true
			t.samples = append(t.samples, example{[]rune(f), s, class, ref, ref < 0})
		}
		for k, s := range e.Samples {
			add(s, k)
		}
		add(e.Title, -1)
		for _, s := range slices.Concat(e.Exact, e.Contains) {
			add(s, -1)
		}
		if len(t.samples) > n {
			t.entry = append(t.entry, int32(i))
		}
	}
	t.samples = slices.Clone(t.samples) // without room to grow
	return t
}

// recipe is what a fit may choose; everything else is fixed for all scripts.
type recipe struct {
	c     float64 // of the linear model
	nets  uint64  // how many, besides it
	doubt []bool  // by sample: leave it out; nil = use all
}

const (
	plainC  = .5  // if nothing else is known
	sweeps  = 4   // over the samples; ten are no better on any of the public sets
	manyC   = 400 // with more classes no net is tried
	blockOf = 128 // classes trained at once

	maxClasses = 1 << 16 // a matrix numbers its columns in 16 bits
)

// first fits what New needs: the linear model with the usual setting and the usual calibration.
func (t *training) first() *model {
	m, err := t.fit(context.Background(), t.all(), recipe{c: plainC})
	if err != nil {
		panic("match: a background context was cancelled") // cannot happen
	}
	m.same = t.same()
	return m
}

// all numbers of the samples.
func (t *training) all() []int {
	all := make([]int, len(t.samples))
	for i := range all {
		all[i] = i
	}
	return all
}

// fit trains on the samples with the given numbers.
func (t *training) fit(ctx context.Context, use []int, r recipe) (*model, error) {
	if r.doubt != nil {
		use = slices.DeleteFunc(slices.Clone(use), func(i int) bool { return r.doubt[i] })
	}
	m := &model{entry: t.entry, weight: usual, pool: &sync.Pool{}, c: r.c}
	x := &extract{}
	fs := make([][]feature, len(use))
	texts := make([][]rune, len(use))
	data := &set{classes: len(t.entry), class: make([]int32, len(use)), x: make([]vector, len(use))}
	for k, i := range use {
		if k&63 == 0 {
			runtime.Gosched()
		}
		texts[k] = t.samples[i].text
		fs[k] = slices.Clone(x.features(texts[k], nil))
		data.class[k] = t.samples[i].class
	}
	m.voc = newVocabulary(fs)
	data.words = m.voc.spell(texts)
	shown, theirs := make([][]string, len(t.entry)), make([][][]feature, len(t.entry))
	for k, i := range use {
		data.x[k] = m.voc.vector(fs[k], nil, vector{})
		if c := data.class[k]; len(shown[c]) < protosPerClass {
			shown[c], theirs[c] = append(shown[c], t.samples[i].raw), append(theirs[c], fs[k])
		}
	}
	m.proto = make([]protos, len(t.entry))
	for c := range m.proto {
		m.proto[c] = newProtos(shown[c], theirs[c], m.voc)
	}
	var err error
	if m.svm, err = fitSVM(ctx, data, len(m.voc.idf), r.c); err != nil {
		return nil, err
	}
	for seed := range r.nets {
		n, err := fitNet(ctx, data, len(m.voc.idf), seed)
		if err != nil {
			return nil, err
		}
		m.nets = append(m.nets, n)
	}
	return m, nil
}

// fitSVM trains in blocks of classes, so that 2,000 entries need no more memory at once than 128.
func fitSVM(ctx context.Context, data *set, rows int, c float64) (*matrix, error) {
	out := newMatrix(rows+len(data.words), data.classes)
	if data.classes <= 2*blockOf {
		w, err := trainSVM(ctx, data, svmParams{rows: rows, hi: data.classes, c: c})
		if err != nil {
			return nil, err
		}
		out.learn(w, data.words)
		return out, nil
	}
	var cells []cell
	for lo := 0; lo < data.classes; lo += blockOf {
		p := svmParams{rows: rows, lo: lo, hi: min(lo+blockOf, data.classes), c: c}
		w, err := trainSVM(ctx, data, p)
		if err != nil {
			return nil, err
		}
		cells = p.keep(cells, w, 0)
		for k, letters := range data.words {
			cells = p.keep(cells, letters.row(w, p.hi-p.lo), rows+k)
		}
	}
	out.base = make([]float32, rows+len(data.words))
	out.fill(cells)
	out.trim()
	return out, nil
}

// cell is a weight of a matrix that is kept.
type cell struct {
	row   int32
	class uint16
	w     float32
}

// keep appends those of the weights w that matter. They are p's classes wide, and the first row of them is row at.
func (p svmParams) keep(cells []cell, w []float32, at int) []cell {
	width := p.hi - p.lo
	for i, x := range w {
		if x > prunedMany || x < -prunedMany {
			cells = append(cells, cell{int32(at + i/width), uint16(p.lo + i%width), x})
		}
	}
	return cells
}

// fill sets the rows of a matrix of many classes, which has a base.
func (m *matrix) fill(cells []cell) {
	slices.SortFunc(cells, func(a, b cell) int { return cmp.Compare(a.row, b.row) })
	row, sorted := make([]float32, m.cols), make([]float32, m.cols)
	for i := 0; i < len(cells); {
		clear(row)
		at, j := int(cells[i].row), i
		for j < len(cells) && int(cells[j].row) == at {
			row[cells[j].class] = cells[j].w
			j++
		}
		if 4*(j-i) > m.cols { // a word that is everywhere: what it says alike of nearly all is kept once
			copy(sorted, row)
			slices.Sort(sorted)
			m.base[at] = sorted[len(sorted)/2]
			for c := range row {
				if row[c] -= m.base[at]; abs(row[c]) < prunedMany {
					row[c] = 0
				}
			}
		}
		m.set(at, row)
		i = j
	}
}

// netsFor a number of samples: with few of them a net depends on its seed, and several cost little.
func netsFor(samples int) uint64 {
	if samples < 2500 {
		return 3
	}
	return 1
}

// fitNet: the fewer samples, the more often each is seen.
func fitNet(ctx context.Context, data *set, rows int, seed uint64) (*smallNet, error) {
	p := netParams{hidden: 128, epochs: min(max(150_000/max(len(data.x), 1), 12), 30), rate: .03, keepIn: .5, keep: .8, seed: 1 + seed}
	n, err := trainNet(ctx, data, rows, p)
	if err != nil {
		return nil, err
	}
	s := &smallNet{in: newMatrix(rows+len(data.words), p.hidden), out: newMatrix(p.hidden, data.classes), bias: n.bias}
	s.in.learn(n.in, data.words)
	s.out.learn(n.out, nil)
	return s, nil
}

// same maps whole samples to their class, unless two entries have the same one.
func (t *training) same() map[string]int32 {
	out := make(map[string]int32, len(t.samples))
	for _, s := range t.samples {
		k := bare(string(s.text))
		if c, ok := out[k]; ok && c != s.class {
			out[k] = -1
			continue
		}
		out[k] = s.class
	}
	for k, c := range out {
		if c < 0 {
			delete(out, k)
		}
	}
	return out
}

func abs(x float32) float32 { return max(x, -x) }
