package match

import (
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
	proto  [][]proto   // by class: samples to show, and to measure how near a text is
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

// proto is a sample as it is compared: its words and neighbours.
type proto struct {
	text string
	keys []uint32
	norm float32
}

// protosPerClass samples of an entry are kept for comparing; more would show nothing new.
const protosPerClass = 40

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
	net    []float32 // the nets together
	one    []float32 // one of them
	hid    []float32
	keys   []uint32
	idf    []float32
	norm   float32
	slots  [keySlots]uint16 // open addressing: 1 + place in keys, 0 free
	top    []int32
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
	m.prepare(w, w.x.features([]rune(f)))
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
	fs := w.x.features(text)
	w.v = m.voc.vector(fs, w.v)
	if w.v.known == 0 {
		return sig, false
	}
	m.prepare(w, fs)
	m.svm.times(w.v.ix, w.v.val, &w.p, w.svm)
	m.mix(w)
	m.best(w)
	c := w.top[0]
	s1, s2 := w.svm[c], float32(-1)
	for i, s := range w.svm {
		if int32(i) != c && s > s2 {
			s2 = s
		}
	}
	agree := 1.0
	if m.nets != nil && argmax(w.svm) != argmax(w.net) {
		agree = 0
	}
	var near float64
	w.near, near = m.nearest(w, c)
	p := min(max(float64(w.mixed[c]), 1e-4), 1-1e-4)
	return [signals]float64{1, float64(s1), float64(s1 - s2), w.v.known, math.Log(p / (1 - p)), near, math.Log1p(float64(w.v.words)), agree}, true
}

// mix blends the linear model and the net into w.mixed.
func (m *model) mix(w *workspace) {
	if len(w.svm) > 400 {
		softmaxTop(w.mixed, w.svm, 5)
		return
	}
	softmax(w.mixed, w.svm, 5)
	if m.nets == nil {
		return
	}
	clear(w.net)
	for _, n := range m.nets {
		n.predict(w)
		for i, p := range w.one {
			w.net[i] += p / float32(len(m.nets))
		}
	}
	for i, p := range w.net {
		w.mixed[i] = (w.mixed[i] + p) / 2
	}
}

// softmaxTop leaves out what would be next to nothing, which saves most of the exponentials of a large script.
func softmaxTop(out, in []float32, t float32) {
	top := in[argmax(in)]
	sum := float32(0)
	for i, x := range in {
		if d := t * (x - top); d > -5 {
			out[i] = fastExp(d)
		} else {
			out[i] = 0
		}
		sum += out[i]
	}
	for i := range out {
		out[i] /= sum
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

// best puts the topN classes into w.top.
func (m *model) best(w *workspace) {
	w.top = w.top[:0]
	for c, p := range w.mixed {
		if len(w.top) == topN && p <= w.mixed[w.top[topN-1]] {
			continue
		}
		i := len(w.top)
		for i > 0 && w.mixed[w.top[i-1]] < p {
			i--
		}
		if len(w.top) < topN {
			w.top = append(w.top, 0)
		}
		copy(w.top[i+1:], w.top[i:])
		w.top[i] = int32(c)
	}
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
	w.keys = w.keys[:min(len(w.keys), keySlots/2)] // no text that is asked has so many words
	clear(w.slots[:])
	for i, k := range w.keys {
		at := k % keySlots
		for w.slots[at] > 0 {
			at = (at + 1) % keySlots
		}
		w.slots[at] = uint16(i) + 1
	}
}

const keySlots = 1024

// weight of a word that the text has, else 0.
func (w *workspace) weight(k uint32) float32 {
	for at := k % keySlots; w.slots[at] > 0; at = (at + 1) % keySlots {
		if i := w.slots[at] - 1; w.keys[i] == k {
			return w.idf[i]
		}
	}
	return 0
}

// nearest sample of a class and its cosine with the text.
func (m *model) nearest(w *workspace, class int32) (string, float64) {
	best, text := float32(0), ""
	for _, p := range m.proto[class] {
		common := float32(0)
		for _, k := range p.keys {
			common += w.weight(k)
		}
		if c := common * common / p.norm; c > best {
			best, text = c, p.text
		}
	}
	if w.norm == 0 {
		return text, 0
	}
	return text, math.Sqrt(float64(best / w.norm))
}

// newProto of a sample; keys are the upper half of the feature hashes.
func newProto(text string, fs []feature, v *vocabulary) proto {
	p := proto{text: text}
	for _, f := range fs {
		if f.block == blockWords {
			idf := v.idf[uint32(f.key)&v.mask]
			p.keys, p.norm = append(p.keys, uint32(f.key>>32)), p.norm+idf*idf
		}
	}
	return p
}

// Bytes the trained model takes.
func (m *model) bytes() int {
	n := 4*len(m.voc.idf) + 8*len(m.voc.seen) + m.svm.bytes()
	for _, x := range m.nets {
		n += x.in.bytes() + x.out.bytes() + 4*len(x.bias)
	}
	for _, ps := range m.proto {
		for _, p := range ps {
			n += 4*len(p.keys) + 48
		}
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
