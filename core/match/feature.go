package match

import (
	"math"
	"sync"
)

// Blocks of features; each is scaled to its own length, so a long word cannot drown the order of the words.
const (
	blockWords   = iota // words and neighbours, with both ends marked
	blockStems          // word stems, single characters
	blockLetters        // 2 to 5 letters inside a word
	blockPairs          // two words near each other, in any order
	blockSounds         // syllables and neighbours of Chinese text
	blocks
)

var blockWeight = [blocks]float64{1, .7, 1, .6, .25}

const pairSpan = 8 // how far apart the words of a pair may stand

// A feature is the hash of what it is made of; the block is part of the hash.
type feature struct {
	key   uint64
	block uint8
	tf    uint8
}

// extract takes the tokens and features of a text, in memory that is used again.
type extract struct {
	tok   []token
	out   []feature
	whole []int32 // rows of the words whose letters are no features, because a vocabulary has them as one
	slots []int32 // open addressing: 1 + place in out, 0 free
}

type token struct {
	from, to int // runes
	hash     uint64
	stem     uint64
	latin    bool
	han      bool
}

const (
	seedA = 0x9E3779B97F4A7C15
	seedB = 0xD6E8FEB86659FD93
)

func mix(h, x uint64) uint64 {
	h = (h ^ x) * seedA
	return h ^ h>>32
}

func hashRunes(h uint64, r []rune) uint64 {
	for _, c := range r {
		h = mix(h, uint64(uint32(c))+1)
	}
	return h
}

func (x *extract) reset() {
	x.out = x.out[:0]
	x.tok = x.tok[:0]
	x.whole = x.whole[:0]
	if len(x.slots) == 0 {
		x.slots = make([]int32, 1024)
	}
	clear(x.slots)
}

func (x *extract) add(block uint8, h uint64) {
	h = mix(h^seedB, uint64(block)+1)
	mask := uint64(len(x.slots) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		s := x.slots[i] - 1
		if s < 0 {
			x.out = append(x.out, feature{h, block, 1})
			x.slots[i] = int32(len(x.out))
			break
		}
		if x.out[s].key == h {
			if x.out[s].tf < 255 {
				x.out[s].tf++
			}
			return
		}
	}
	if 2*len(x.out) > len(x.slots) {
		x.grow()
	}
}

func (x *extract) grow() {
	n := 2 * len(x.slots)
	x.slots = make([]int32, n)
	mask := uint64(n - 1)
	for s, f := range x.out {
		i := f.key & mask
		for x.slots[i] > 0 {
			i = (i + 1) & mask
		}
		x.slots[i] = int32(s) + 1
	}
}

// maxRunes of a text are looked at; what comes after does not change what is asked.
const maxRunes = 400

// features of folded text. The letters of words that v has as one are not taken apart: their rows are in x.whole. The
// result is valid until the next call.
func (x *extract) features(text []rune, v *vocabulary) []feature {
	x.reset()
	text = text[:min(len(text), maxRunes)]
	x.tokens(text)
	x.words()
	for _, t := range x.tok {
		if !t.latin {
			continue
		}
		if row, ok := v.word(t.hash); ok {
			x.whole = append(x.whole, row)
		} else {
			x.letters(text[t.from:t.to])
		}
	}
	x.pairs()
	x.sounds(text)
	return x.out
}

func (x *extract) tokens(text []rune) {
	for i := 0; i < len(text); {
		c := text[i]
		j := i + 1
		switch {
		case han(c):
			h := mix(seedA, uint64(c))
			x.tok = append(x.tok, token{from: i, to: j, hash: h, stem: h, han: true})
		case digit(c):
			for j < len(text) && digit(text[j]) {
				j++
			}
			h := hashRunes(seedA, text[i:j])
			x.tok = append(x.tok, token{from: i, to: j, hash: h, stem: mix(seedA, '#')})
		case letter(c):
			for j < len(text) && letter(text[j]) {
				j++
			}
			w := text[i:j]
			x.tok = append(x.tok, token{from: i, to: j, hash: hashRunes(seedA, w), stem: hashRunes(seedA, stem(w)), latin: true})
		case emoji(c):
			h := mix(seedA, uint64(c))
			x.tok = append(x.tok, token{from: i, to: j, hash: h, stem: h})
		}
		i = j
	}
}

// letter: any letter that is not Chinese; Latin, Cyrillic, kana and the like are words by runs.
func letter(c rune) bool {
	return latin(c) || c >= 0xc0 && c != 0xd7 && c != 0xf7 && c < 0x2000 || 0x3040 <= c && c < 0x3100 || 0xac00 <= c && c < 0xd7b0
}

func (x *extract) words() {
	prev := uint64(seedA ^ '^')
	for _, t := range x.tok {
		x.add(blockWords, t.hash)
		x.add(blockWords, mix(prev, t.hash))
		x.add(blockStems, t.stem)
		prev = t.hash
	}
	x.add(blockWords, mix(prev, '$'))
}

func (x *extract) letters(w []rune) {
	var buf [34]rune
	n := min(len(w), 32)
	buf[0] = '<'
	copy(buf[1:], w[:n])
	buf[n+1] = '>'
	p := buf[:n+2]
	for i := range p {
		h := mix(seedB, uint64(p[i]))
		for k := 1; k < 5 && i+k < len(p); k++ {
			h = mix(h, uint64(p[i+k]))
			x.add(blockLetters, h)
		}
	}
}

func (x *extract) pairs() {
	for i, a := range x.tok {
		for j := i + 1; j < len(x.tok) && j <= i+pairSpan; j++ {
			p, q := a.stem, x.tok[j].stem
			if p == q {
				continue
			}
			if p > q {
				p, q = q, p
			}
			x.add(blockPairs, mix(p, q))
		}
	}
}

func (x *extract) sounds(text []rune) {
	ph := sounds()
	prev := uint64(0)
	for _, t := range x.tok {
		if !t.han {
			prev = 0
			continue
		}
		s, ok := ph.of[text[t.from]]
		if !ok {
			s = text[t.from]
		}
		h := mix(seedB, uint64(uint32(s)))
		x.add(blockSounds, h)
		if prev != 0 {
			x.add(blockSounds, mix(prev, h))
		}
		prev = h
	}
}

// stem cuts the common endings of English words. It does not have to be a word, only the same for its forms.
func stem(w []rune) []rune {
	n := len(w)
	has := func(s string, keep int) bool {
		if n-len(s) < keep {
			return false
		}
		for i := range len(s) {
			if w[n-len(s)+i] != rune(s[i]) {
				return false
			}
		}
		return true
	}
	switch {
	case has("ies", 2):
		return append(append([]rune{}, w[:n-3]...), 'y')
	case has("sses", 2) || has("ches", 2) || has("shes", 2) || has("xes", 2):
		w = w[:n-2]
	case has("s", 3) && !has("ss", 1) && !has("us", 1) && !has("is", 1):
		w = w[:n-1]
	}
	n = len(w)
	switch {
	case has("ing", 3):
		w = undouble(w[:n-3])
	case has("ied", 2):
		return append(append([]rune{}, w[:n-3]...), 'y')
	case has("ed", 3):
		w = undouble(w[:n-2])
	case has("ly", 3):
		w = w[:n-2]
	case has("ment", 4):
		w = w[:n-4]
	case has("ation", 4):
		w = w[:n-5]
	}
	if n = len(w); n > 3 && w[n-1] == 'e' {
		w = w[:n-1]
	}
	return w
}

func undouble(w []rune) []rune {
	if n := len(w); n > 3 && w[n-1] == w[n-2] && w[n-1] != 'l' && w[n-1] != 's' {
		return w[:n-1]
	}
	return w
}

// vector is a text in the space of a vocabulary.
type vector struct {
	ix    []uint32
	val   []float32
	known float64 // share of the weight that the script knows, 0..1
	words int     // tokens
}

// vocabulary: weights of the hashed features, and which were ever seen.
type vocabulary struct {
	mask uint32
	idf  []float32        // by bucket
	rare float32          // weight of what was never seen
	seen []uint64         // one bit per feature hash
	row  map[uint64]int32 // by hash of a word: where its letters stand as one, behind the buckets
	size []float32        // the length of those letters, by row
}

// word gives the row of a word's letters.
func (v *vocabulary) word(hash uint64) (row int32, ok bool) {
	if v == nil {
		return 0, false
	}
	row, ok = v.row[hash]
	return row, ok
}

// spell keeps the words that stand in two samples or more as one row each: most of what a message costs is looking up
// letters, and a word's are always the same. It gives their letters as vectors of length 1, in the order of the rows.
func (v *vocabulary) spell(samples [][]rune) []vector {
	v.row = map[uint64]int32{}
	var out []vector
	x := &extract{}
	seen := map[uint64]int{} // the sample where a word was seen first
	for i, s := range samples {
		x.reset()
		x.tokens(s[:min(len(s), maxRunes)])
		for _, t := range x.tok {
			if _, ok := v.row[t.hash]; ok || !t.latin {
				continue
			}
			if at, ok := seen[t.hash]; !ok || at == i {
				seen[t.hash] = i
				continue
			}
			v.row[t.hash] = int32(len(v.idf) + len(out))
			x.out = x.out[:0]
			clear(x.slots)
			x.letters(s[t.from:t.to])
			letters, size := v.letters(x.out)
			out, v.size = append(out, letters), append(v.size, size)
		}
	}
	return out
}

// letters of one word as a vector of length 1, and the length it has in a text.
func (v *vocabulary) letters(fs []feature) (vector, float32) {
	var out vector
	norm := float32(0)
	for _, f := range fs {
		b := uint32(f.key) & v.mask
		w := float32(f.tf) * v.idf[b]
		norm += w * v.idf[b]
		out.ix, out.val = append(out.ix, b), append(out.val, w)
	}
	size := sqrt(norm)
	for i := range out.val {
		out.val[i] /= size
	}
	return out, size
}

// newVocabulary counts in how many samples each feature stands. Pairs count only from two samples on.
func newVocabulary(samples [][]feature) *vocabulary {
	df := make(map[uint64]int32, 1<<14)
	for _, s := range samples {
		for _, f := range s {
			df[f.key]++
		}
	}
	back, backN := background()
	n := 1 << 10
	for n < len(df)/4 && n < 1<<14 {
		n *= 2
	}
	bits := 1 << 12
	for bits < 12*len(df) && bits < 1<<23 {
		bits *= 2
	}
	v := &vocabulary{mask: uint32(n - 1), idf: make([]float32, n), seen: make([]uint64, bits/64)}
	sum := make([]float64, n)
	for _, s := range samples { // pairs that stand in one sample only are as good as unseen
		for _, f := range s {
			if f.block != blockPairs || df[f.key] > 1 {
				i, b := v.bit(f.key)
				v.seen[i] |= b
			}
		}
	}
	share := bgShare(len(samples))
	for k, c := range df {
		b := uint32(k) & v.mask
		sum[b] = max(sum[b], float64(c)+share*float64(back[k]))
	}
	total := float64(len(samples)) + share*float64(backN)
	v.rare = float32(math.Log(1+total) + 1)
	for b, c := range sum {
		v.idf[b] = float32(math.Log((1+total)/(1+c)) + 1)
	}
	return v
}

func (v *vocabulary) bit(k uint64) (int, uint64) {
	b := (k >> 24) & uint64(len(v.seen)*64-1)
	return int(b / 64), 1 << (b % 64)
}

func (v *vocabulary) has(k uint64) bool {
	i, b := v.bit(k)
	return v.seen[i]&b != 0
}

// vector weighs features and whole words; ix and val are appended to the given slices' memory. The letters of each word
// count for themselves, as if no other word had them.
func (v *vocabulary) vector(fs []feature, whole []int32, into vector) vector {
	out := vector{ix: into.ix[:0], val: into.val[:0]}
	var norm [blocks]float64
	var all, known float64
	for _, f := range fs {
		if f.block == blockStems {
			out.words += int(f.tf)
		}
		tf, often := float32(1), float64(1)
		switch {
		case f.tf == 1:
		case f.block == blockLetters:
			tf, often = float32(f.tf), 1/float64(f.tf)
		default:
			tf = 1 + float32(math.Log(float64(f.tf)))
		}
		if !v.has(f.key) {
			if f.block != blockPairs {
				w := float64(tf * v.rare)
				norm[f.block] += w * w * often
				if f.block <= blockStems {
					all += float64(v.rare)
				}
			}
			continue
		}
		b := uint32(f.key) & v.mask
		w := tf * v.idf[b]
		norm[f.block] += float64(w) * float64(w) * often
		if f.block <= blockStems {
			all += float64(v.idf[b])
			known += float64(v.idf[b])
		}
		out.ix = append(out.ix, b|uint32(f.block)<<28)
		out.val = append(out.val, w)
	}
	for _, row := range whole {
		w := v.size[int(row)-len(v.idf)]
		norm[blockLetters] += float64(w) * float64(w)
		out.ix = append(out.ix, uint32(row)|blockLetters<<28)
		out.val = append(out.val, w)
	}
	var scale [blocks]float32
	for b := range scale {
		if norm[b] > 0 {
			scale[b] = float32(blockWeight[b] / math.Sqrt(norm[b]))
		}
	}
	for i, b := range out.ix {
		out.val[i] *= scale[b>>28]
		out.ix[i] = b & (1<<28 - 1)
	}
	if all > 0 {
		out.known = known / all
	}
	return out
}

// bgShare is how much a background sentence counts beside n samples of the script.
func bgShare(n int) float64 { return min(1, 500/float64(n+1)) }

// background counts features in sentences of everyday customer talk: what is common there is no sign of an entry, even if
// a small script has it only once.
var background = sync.OnceValues(func() (map[uint64]int32, int) {
	df := map[uint64]int32{}
	lines := readMoods(moodSeeds)
	x := &extract{}
	for _, l := range lines {
		for _, f := range x.features([]rune(Fold(l.text)), nil) {
			df[f.key]++
		}
	}
	common := map[uint64]int32{} // what stands there once is not; a map of its own, for one that shrinks keeps its memory
	for k, n := range df {
		if n >= 3 {
			common[k] = n
		}
	}
	return common, len(lines)
})
