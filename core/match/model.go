package match

import (
	"maps"
	"math"
	"slices"
	"sync"
)

// model is one trained state; it never changes, so it is read without locks.
type model struct {
	entry  []int32 // class → entry
	voc    *vocabulary
	svm    *matrix
	nets   []*smallNet // none if they did not help; small scripts have several, whose opinions are averaged
	proto  []protos    // by class: samples to show, and to measure how near a text is
	same   map[string]int32
	weight [signals]float64 // of the logistic that makes probabilities
	pool   *sync.Pool
	c      float64 // what was chosen by Refine, for reports
	tuned  bool
}

// smallNet is a net with 8-bit weights.
type smallNet struct {
	in, out *matrix
	bias    []float32
}

// protos are the samples of a class as they are compared: in which of them a word or neighbours stand.
type protos struct {
	text []string
	norm []float32 // by sample
	keys []uint32  // sorted
	from []int32   // by key: where its samples start in at
	at   []uint8
}

// protosPerClass samples of an entry are kept for comparing; more would show nothing new.
const protosPerClass = 40 // < 256

// scored is a candidate entry. near is the sample most like the text.
type scored struct {
	entry int32
	p     float64
	near  string
	close float64 // cosine with near
	equal bool    // the text is a sample, word for word
}

// workspace is the reused memory of one call.
type workspace struct {
	x      extract
	v      vector
	p      product
	svm    []float32
	mixed  []float32
	net    []float32 // the nets' sum
	one    []float32 // one of them
	hid    []float32
	keys   []uint32
	idf    []float32
	norm   float32
	top    []int32  // classes, best first
	next   []int32  // the first two of the linear model alone
	netIx  []uint32 // hidden units that are on
	netVal []float32
	near   string // the best class's sample most like the text
}

func (m *model) workspace() *workspace {
	if w, ok := m.pool.Get().(*workspace); ok {
		return w
	}
	n := len(m.entry)
	w := &workspace{svm: make([]float32, n), mixed: make([]float32, n)}
	if m.nets != nil {
		w.net, w.one, w.hid = make([]float32, n), make([]float32, n), make([]float32, m.nets[0].in.cols)
	}
	return w
}

const topN = 8 // classes that are looked at closely

// score gives the likeliest entries of folded text, best first, with calibrated probabilities.
func (m *model) score(f string) []scored {
	if m == nil || len(m.entry) == 0 {
		return nil
	}
	w := m.workspace()
	defer m.pool.Put(w)
	sig, known := m.measure(w, []rune(f))
	if !known {
		return nil
	}
	out := make([]scored, 0, len(w.top))
	p1 := logistic(dot(m.weight, sig))
	rest := 0.0
	for _, c := range w.top[1:] {
		rest += float64(w.mixed[c])
	}
	for i, c := range w.top {
		s := scored{entry: m.entry[c], p: p1}
		if i > 0 {
			s.p = min(p1, .8*(1-p1)*float64(w.mixed[c])/max(rest, 1e-9))
		}
		switch {
		case i == 0:
			s.near, s.close = w.near, sig[5]
		case i < 3 && p1 < .9: // they will be shown
			s.near, s.close = m.nearest(w, c)
		}
		out = append(out, s)
	}
	if c, ok := m.same[bare(f)]; ok {
		text, _ := m.nearest(w, c)
		out = promote(out, m.entry[c], text)
	}
	return out
}

// closeness fills in how near the text is to samples of the first three candidates.
func (m *model) closeness(f string, all []scored) {
	w := m.workspace()
	defer m.pool.Put(w)
	m.prepare(w, w.x.features([]rune(f), m.voc))
	for i := range all[:min(len(all), 3)] {
		if c := slices.Index(m.entry, all[i].entry); c >= 0 {
			all[i].near, all[i].close = m.nearest(w, int32(c))
		}
	}
}

// promote puts the entry of an equal sample first.
func promote(out []scored, entry int32, near string) []scored {
	out = slices.DeleteFunc(out, func(s scored) bool { return s.entry == entry })
	for i := range out {
		out[i].p = min(out[i].p, .01)
	}
	return slices.Insert(out, 0, scored{entry: entry, p: .99, near: near, close: 1, equal: true})
}

// measure fills w.top (classes, best first) and returns what the probability of the first is computed from; known is
// false if the script knows no word of the text.
func (m *model) measure(w *workspace, text []rune) (sig [signals]float64, known bool) {
	fs := w.x.features(text, m.voc)
	w.v = m.voc.vector(fs, w.x.whole, w.v)
	if w.v.known == 0 {
		return sig, false
	}
	m.prepare(w, fs)
	m.svm.times(w.v.ix, w.v.val, &w.p, w.svm)
	agree := m.rank(w)
	c := w.top[0]
	s1, s2 := w.svm[c], float32(-1)
	for _, other := range w.next {
		if other != c {
			s2 = max(s2, w.svm[other])
		}
	}
	var near float64
	w.near, near = m.nearest(w, c)
	p := min(max(float64(w.mixed[c]), 1e-4), 1-1e-4)
	return [signals]float64{1, float64(s1), float64(s1 - s2), w.v.known, math.Log(p / (1 - p)), near, math.Log1p(float64(w.v.words)), agree}, true
}

// rank puts the likeliest classes into w.top, with their share in w.mixed, and the first two of the linear model into
// w.next. Every model has one vote; agree is 1 unless the nets prefer another class than the linear one.
func (m *model) rank(w *workspace) (agree float64) {
	if m.nets == nil {
		w.top = best(w.top, w.svm, topN)
		w.next = append(w.next[:0], w.top[:min(2, len(w.top))]...)
		shares(w.mixed, w.svm, w.top)
		return 1
	}
	w.next = best(w.next, w.svm, 2)
	softmax(w.mixed, w.svm, sharpness)
	clear(w.net)
	for _, n := range m.nets {
		n.predict(w)
		for i, p := range w.one {
			w.net[i] += p
		}
	}
	if int(w.next[0]) == argmax(w.net) {
		agree = 1
	}
	for i, p := range w.net {
		w.mixed[i] = (w.mixed[i] + p) / float32(1+len(m.nets))
	}
	w.top = best(w.top, w.mixed, topN)
	return agree
}

const sharpness = 5 // of the softmax over the linear model's scores

// shares is the softmax of what is on top. In a large script the many classes far below the first are not counted: they
// would drown it, and their exponentials are most of the cost.
func shares(out, in []float32, top []int32) {
	first, sum, far := in[top[0]], float32(0), float32(20)
	if len(in) > manyC {
		far = 5
	}
	for _, x := range in {
		if d := sharpness * (first - x); d < far {
			sum += fastExp(-d)
		}
	}
	for _, c := range top {
		out[c] = fastExp(sharpness*(in[c]-first)) / sum
	}
}

func (n *smallNet) predict(w *workspace) {
	n.in.times(w.v.ix, w.v.val, &w.p, w.hid)
	ix, val := w.netIx[:0], w.netVal[:0]
	for u, h := range w.hid {
		if h > 0 {
			ix, val = append(ix, uint32(u)), append(val, h)
		}
	}
	n.out.times(ix, val, &w.p, w.one)
	for i := range w.one {
		w.one[i] += n.bias[i]
	}
	softmax(w.one, w.one, 1)
	w.netIx, w.netVal = ix, val
}

// best gives the n classes with the highest values, best first, in top's memory.
func best(top []int32, by []float32, n int) []int32 {
	top = top[:0]
	least := float32(0) // of the n that are there
	for c, p := range by {
		if len(top) == n && p <= least {
			continue
		}
		i := len(top)
		for i > 0 && by[top[i-1]] < p {
			i--
		}
		if len(top) < n {
			top = append(top, 0)
		}
		copy(top[i+1:], top[i:])
		top[i] = int32(c)
		least = by[top[len(top)-1]]
	}
	return top
}

// prepare keeps the words and neighbours of the text with their weights for nearest.
func (m *model) prepare(w *workspace, fs []feature) {
	w.keys, w.idf = w.keys[:0], w.idf[:0]
	w.norm = 0
	for _, f := range fs {
		if f.block != blockWords {
			continue
		}
		idf := m.voc.rare
		if m.voc.has(f.key) {
			idf = m.voc.idf[uint32(f.key)&m.voc.mask]
		}
		w.norm += idf * idf
		w.keys, w.idf = append(w.keys, uint32(f.key>>32)), append(w.idf, idf*idf)
	}
}

// nearest sample of a class and its cosine with the text.
func (m *model) nearest(w *workspace, class int32) (string, float64) {
	p := &m.proto[class]
	var common [protosPerClass]float32
	for i, k := range w.keys {
		at, ok := slices.BinarySearch(p.keys, k)
		if !ok {
			continue
		}
		for _, s := range p.at[p.from[at]:p.from[at+1]] {
			common[s] += w.idf[i]
		}
	}
	best, text := float32(0), ""
	for s, n := range p.norm {
		if c := common[s] * common[s] / n; c > best {
			best, text = c, p.text[s]
		}
	}
	if w.norm == 0 {
		return text, 0
	}
	return text, math.Sqrt(float64(best / w.norm))
}

// newProtos of the first samples of a class; keys are the upper half of the feature hashes.
func newProtos(texts []string, samples [][]feature, v *vocabulary) protos {
	p := protos{text: texts}
	stands := map[uint32][]uint8{}
	for i, fs := range samples {
		norm := float32(0)
		for _, f := range fs {
			if f.block != blockWords {
				continue
			}
			idf := v.idf[uint32(f.key)&v.mask]
			norm += idf * idf
			k := uint32(f.key >> 32)
			stands[k] = append(stands[k], uint8(i))
		}
		p.norm = append(p.norm, norm)
	}
	p.keys = slices.Sorted(maps.Keys(stands))
	p.from = make([]int32, 1, len(p.keys)+1)
	for _, k := range p.keys {
		p.at = append(p.at, stands[k]...)
		p.from = append(p.from, int32(len(p.at)))
	}
	p.at = slices.Clip(slices.Clone(p.at))
	return p
}

// bytes is how many the trained model takes.
func (m *model) bytes() int {
	n := 4*len(m.voc.idf) + 8*len(m.voc.seen) + m.svm.bytes()
	for _, x := range m.nets {
		n += x.in.bytes() + x.out.bytes() + 4*len(x.bias)
	}
	n += 32*len(m.voc.row) + 4*len(m.voc.size)
	for _, p := range m.proto {
		n += 20*len(p.text) + 8*len(p.keys) + len(p.at)
	}
	for k := range m.same {
		n += len(k) + 32
	}
	return n
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func dot(a, b [signals]float64) (s float64) {
	for i := range a {
		s += a[i] * b[i]
	}
	return s
}
