package match

import (
	_ "embed"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
)

// The mood of a text: linear scorers over characters, words and their neighbours and over a word list, trained at start on
// sentences that were written for this (data/mood.tsv): three for the moods and one for talk without any. Anger and haste count only where
// words of the list stand, and words that leave no doubt (abuse) count even where the scorer has not seen their like. Danger
// is no matter of scores: see danger.go.

//go:embed data/mood.tsv
var moodFile string

// moodSeeds is the first part of the file, everyday talk with a shop. What is common there the matcher takes for no sign
// of an entry (background); the reviews after it use other words, and would mislead it.
var moodSeeds, _, _ = strings.Cut(moodFile, "# Reviews")

const (
	moodNegative = iota
	moodAngry
	moodUrgent
	moodPlain // no feeling at all: a question, an order, a fact
	moods
)

var extracts = sync.Pool{New: func() any { return &extract{} }}

const (
	moodBits  = 15  // of the shipped scorer
	moodRunes = 600 // of a text: the beginning and the end
	moodFixed = 12  // features that are no hashes, in front
	moodShort = 30  // runes: a text below says too little to be judged without a word of the list
)

type moodScorer struct {
	w     [moods][]float32
	scale [moods][]float32
	mask  uint32
	rich  bool // places too: they need some thousand texts to learn from
}

// vector of a text: hashed characters, words, neighbours (length 1), and what the word list says.
func (s *moodScorer) vector(text []rune) (v vector, hits []lexHit) {
	if len(text) > moodRunes {
		text = slices.Concat(text[:moodRunes/2], text[len(text)-moodRunes/2:])
	}
	x := extracts.Get().(*extract)
	defer extracts.Put(x)
	x.reset()
	x.tokens(text)
	x.signs(text)
	x.words()
	for i := 2; i < len(x.tok); i++ {
		x.add(blockPairs, mix(mix(x.tok[i-2].hash, x.tok[i-1].hash), x.tok[i].hash))
	}
	if s.rich {
		x.places()
	}
	hits = lexiconOf().scan(text)
	for _, h := range hits {
		flip := uint64(1)
		if h.flipped {
			flip = 2
		}
		if h.to-h.from > 2 || h.flipped {
			x.add(blockSounds, hashRunes(flip, text[h.from:h.to]))
		}
	}
	v.ix, v.val = make([]uint32, 0, len(x.out)+moodFixed), make([]float32, 0, len(x.out)+moodFixed)
	w := 1 / sqrt(max(float32(len(x.out)), 1))
	for _, f := range x.out {
		v.ix, v.val = append(v.ix, moodFixed+uint32(f.key>>20)&s.mask), append(v.val, w)
	}
	n := weigh(text, hits)
	pos, neg := n[lexPositive], n[lexNegative]
	marks := strings.Count(string(text), "!")
	size := math.Tanh(float64(len(text)) / moodShort) // a short text without a word of the list leans nowhere
	for i, f := range []float64{size / 2, (pos - neg) / (pos + neg + 1), math.Tanh((pos - neg) / 3), math.Tanh(pos), math.Tanh(neg), math.Tanh(n[lexAngry]), math.Tanh(n[lexUrgent]), math.Tanh(n[lexDistress]), math.Tanh(float64(marks) / 2)} {
		if f != 0 {
			v.ix, v.val = append(v.ix, uint32(i)), append(v.val, float32(f))
		}
	}
	return v, hits
}

// moodLine is a labelled sentence: letters p, o, n, a, u, d.
type moodLine struct{ label, text string }

func readMoods(s string) (out []moodLine) {
	for line := range strings.Lines(s) {
		if l, t, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok && !strings.HasPrefix(line, "#") {
			out = append(out, moodLine{l, t})
		}
	}
	return out
}

func (l moodLine) is(mood int) bool {
	return strings.ContainsAny(l.label, []string{"nad", "a", "u", "o"}[mood])
}

// trainMood solves one linear machine per mood; the rarer side of each costs more. Each feature is scaled by how unevenly
// it is spread over the two sides (log-count ratio, Wang and Manning 2012); the scale is applied to every text.
func trainMood(lines []moodLine, bits uint) *moodScorer {
	s := &moodScorer{mask: 1<<bits - 1, rich: bits > moodBits}
	xs := make([]vector, len(lines))
	for i, l := range lines {
		xs[i], _ = s.vector([]rune(Fold(l.text)))
	}
	c := 1.0
	if s.rich {
		c = 1.5
	}
	y := make([]float32, len(lines))
	for m := range moods {
		yes := 0
		for i, l := range lines {
			y[i] = -1
			if l.is(m) {
				y[i] = 1
				yes++
			}
		}
		s.scale[m] = spreadOf(xs, y, moodFixed+1<<bits)
		scaled := scaledBy(s.scale[m], xs)
		up := min(3, math.Sqrt(float64(len(lines)-yes)/float64(max(yes, 1))))
		cost := make([]float64, len(lines))
		for i := range lines {
			cost[i] = c / min(up, 1)
			if y[i] > 0 {
				cost[i] = c * max(up, 1)
			}
		}
		if m == moodNegative && !s.rich {
			s.w[m] = solveApart(lines, scaled, y, cost, len(s.scale[m]))
		} else {
			s.w[m] = binarySVM(scaled, y, cost, len(s.scale[m]))
		}
	}
	return s
}

// scaledBy a scale; the hashed part of each text gets length 1.
func scaledBy(scale []float32, xs []vector) []vector {
	out := make([]vector, len(xs))
	for i, x := range xs {
		out[i] = vector{ix: x.ix, val: slices.Clone(x.val)}
		n := length(x, scale)
		for k, j := range x.ix {
			if j >= moodFixed {
				out[i].val[k] *= scale[j] / n
			}
		}
	}
	return out
}

// solveApart trains word list and n-grams each for itself: together the list explains the seed sentences, which were
// written with plain words, and the n-grams learn nothing for the texts it does not know. What is neither praise nor
// complaint hardly counts for the list, for it has a machine of its own (moodPlain). The three weights were chosen on reviews.
func solveApart(lines []moodLine, xs []vector, y []float32, cost []float64, n int) []float32 {
	list, grams := make([]vector, len(xs)), make([]vector, len(xs))
	listCost := make([]float64, len(xs))
	for i, x := range xs {
		for k, j := range x.ix {
			to := &grams[i]
			if j < moodFixed {
				to = &list[i]
			}
			to.ix, to.val = append(to.ix, j), append(to.val, x.val[k])
		}
		listCost[i] = cost[i] * .1
		if l := lines[i].label; l == "o" || l == "u" {
			listCost[i] *= .2
		}
	}
	w := binarySVM(grams, y, cost, n)
	for j := range w {
		w[j] *= .6
	}
	copy(w[:moodFixed], binarySVM(list, y, listCost, moodFixed))
	return w
}

// length of the hashed part of a text under a scale.
func length(v vector, scale []float32) float32 {
	sq := float32(1e-6)
	for k, j := range v.ix {
		if j >= moodFixed {
			x := v.val[k] * scale[j]
			sq += x * x
		}
	}
	return sqrt(sq)
}

// spreadOf each feature: the absolute log ratio of its share on the two sides.
func spreadOf(xs []vector, y []float32, n int) []float32 {
	yes, no := make([]float64, n), make([]float64, n)
	sumYes, sumNo := 1.0, 1.0
	for i, x := range xs {
		for _, j := range x.ix {
			if y[i] > 0 {
				yes[j]++
				sumYes++
			} else {
				no[j]++
				sumNo++
			}
		}
	}
	out := make([]float32, n)
	for j := range out {
		out[j] = 1
		if j >= moodFixed {
			out[j] = float32(math.Abs(math.Log((yes[j]+1)/sumYes/((no[j]+1)/sumNo)))) + .3
		}
	}
	return out
}

// binarySVM by dual coordinate descent; each text has its cost.
func binarySVM(xs []vector, y []float32, cost []float64, n int) []float32 {
	w := make([]float32, n)
	alpha := make([]float32, len(xs))
	data := set{x: xs}
	sq := data.squares()
	rng := rand.New(rand.NewPCG(1, 3))
	for range 20 {
		for _, i := range rng.Perm(len(xs)) {
			diag := float32(1 / (2 * cost[i]))
			dot := float32(0)
			for k, j := range xs[i].ix {
				dot += xs[i].val[k] * w[j]
			}
			old := alpha[i]
			alpha[i] = max(0, old-(y[i]*dot-1+diag*old)/(sq[i]+diag))
			if d := (alpha[i] - old) * y[i]; d != 0 {
				for k, j := range xs[i].ix {
					w[j] += d * xs[i].val[k]
				}
			}
		}
	}
	return w
}

// lean of each mood: complaints are worded more calmly than the sentences the scorer learnt from (chosen on reviews).
var lean = [moods]float64{moodNegative: .24}

// score of each mood, as a probability.
func (s *moodScorer) score(v vector) (out [moods]float64) {
	for m := range moods {
		w, scale := s.w[m], s.scale[m]
		plain, hashed, sq := float32(0), float32(0), float32(1e-6)
		for k, j := range v.ix {
			if j < moodFixed {
				plain += v.val[k] * w[j]
				continue
			}
			x := v.val[k] * scale[j]
			hashed += x * w[j]
			sq += x * x
		}
		out[m] = logistic(2.5*float64(plain+hashed/sqrt(sq)) + lean[m])
	}
	return out
}

var seedMoods = sync.OnceValue(func() *moodScorer { return trainMood(readMoods(moodFile), moodBits) })

// moodOf a folded text that speaks of a danger, or of none.
func moodOf(text []rune, d Danger) Mood {
	m := seedMoods().mood(text)
	if m.Danger = d; d != "" {
		m.Negative = max(m.Negative, .8)
	}
	return m
}

func (s *moodScorer) mood(text []rune) Mood {
	v, hits := s.vector(text)
	if len(v.ix) == 0 {
		return Mood{}
	}
	p := s.score(v)
	m := Mood{Negative: p[moodNegative], Angry: p[moodAngry], Urgent: p[moodUrgent]}.sure(hits)
	if p[moodPlain] >= .5 || len(text) < moodShort && !said(hits) {
		m.Negative, m.Angry = min(m.Negative, .45), min(m.Angry, .45)
	}
	m.Negative = max(m.Negative, m.Angry)
	return m
}

// sure lets the words speak that leave no doubt, and takes back what no word supports: a plain question is no outcry, and
// a false alarm costs an agent's time or an apology that nobody understands.
func (m Mood) sure(hits []lexHit) Mood {
	var n [lexes]int
	for _, h := range hits {
		for c := range lexes {
			if h.cats&(1<<c) != 0 && !h.flipped {
				n[c]++
			}
		}
	}
	if n[lexAngry] > 1 || n[lexAngry] == 1 && n[lexNegative] > 0 && m.Angry > .25 {
		m.Angry = max(m.Angry, .6)
	}
	if n[lexUrgent] > 0 && m.Urgent > .2 {
		m.Urgent = max(m.Urgent, .55)
	}
	if n[lexAngry] == 0 && n[lexNegative] < 2 || n[lexPositive] > 0 && n[lexNegative]+n[lexAngry] == 0 {
		m.Angry = min(m.Angry, .4)
	}
	if n[lexUrgent] == 0 {
		m.Urgent = min(m.Urgent, .4)
	}
	return m
}

// signs adds the punctuation to the tokens, in its place: for a mood it says as much as the words.
func (x *extract) signs(text []rune) {
	end := 0
	add := func(to int) {
		for ; end < to; end++ {
			if c := text[end]; c != ' ' {
				h := mix(seedA, uint64(c))
				x.tok = append(x.tok, token{from: end, to: end + 1, hash: h, stem: h})
			}
		}
	}
	words := slices.Clone(x.tok)
	x.tok = x.tok[:0]
	for _, t := range words {
		add(t.from)
		x.tok = append(x.tok, t)
		end = t.to
	}
	add(len(text))
}

// places marks the words of the first and the last third of a longer text: a review says what it thinks at its ends.
func (x *extract) places() {
	n := len(x.tok)
	if n <= 12 {
		return
	}
	for i, t := range x.tok {
		where := uint64(1)
		switch {
		case i >= n-n/3:
			where = 2
		case i >= n/3:
			continue
		}
		x.add(blockLetters, mix(t.hash, where))
		if i > 0 {
			x.add(blockLetters, mix(mix(x.tok[i-1].hash, t.hash), where))
		}
	}
}
