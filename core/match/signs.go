package match

import (
	_ "embed"
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// What no outline knows is judged by signs: classes of words, which of them stand together, in which order and whether in one
// clause, and the words themselves. A linear scorer has learnt from sentences how much each speaks for a danger
// (data/danger-signs.txt, danger-said.txt), or for a wish for a person (data/person-signs.txt, person-said.txt); what it learnt
// is in the .bin beside them, made by go test -run TestSigns -update. What is surely none of these is none though an outline fits
// it. A text that is long is not judged: it is left to the outlines.

//go:embed data/danger-signs.txt
var dangerSignFile string

//go:embed data/danger-signs.bin
var dangerSignBin string

//go:embed data/person-signs.txt
var personSignFile string

//go:embed data/person-signs.bin
var personSignBin string

const (
	signWidth = 400 // of a text that is judged: a story is none (a Chinese character is 4 wide)
	signMost  = 48  // signs of a text that are looked at
)

// dangerSigns take a text for a danger from a bound on at which no line of the public data rings.
var dangerSigns = sync.OnceValue(func() *signScorer {
	return newSigns(dangerSignFile, signShape{bits: 17, bound: .42, floor: -.65, kinds: dangerKinds}).read(dangerSignBin)
})

var personSigns = sync.OnceValue(func() *signScorer {
	return newSigns(personSignFile, signShape{bits: 15, bound: .2, floor: -.65, kinds: []string{"ask"}}).read(personSignBin)
})

var dangerKinds = []string{string(DangerSelfharm), string(DangerMedical), string(DangerViolence), string(DangerSwindle)}

// What the two halves of a text count: its signs, and its words.
var signShare = [2]float32{.8, 1}

// newSigns reads the classes of a file; nothing is learnt yet.
func newSigns(file string, shape signShape) *signScorer {
	c := &signClasses{outlines: readOutlines(file)}
	c.evident = make([]bool, len(c.class))
	for name, i := range c.class {
		first, _ := utf8.DecodeRuneInString(strings.TrimPrefix(name, "@"))
		c.evident[i] = unicode.IsUpper(first)
	}
	n := 2 << shape.bits
	return &signScorer{signShape: shape, classes: c, weight: make([]int8, n), scale: make([]uint8, n)}
}

// signClasses are the classes, and which of them are evidence.
type signClasses struct {
	*outlines
	evident []bool
}

// sign is a class that a text has a word of.
type sign struct {
	class    int32
	clause   int
	from, to int
}

// in finds the signs of a text in the order they stand, each class once in a clause.
func (c *signClasses) in(text []rune) []sign {
	s := c.see(text)
	defer c.done(s)
	return c.of(s)
}

// of finds the signs of a text that has been looked at.
func (c *signClasses) of(s *sighting) (out []sign) {
	if len(s.used) > 0 {
		out = make([]sign, 0, len(s.all))
	}
	for _, class := range s.used {
		if class == c.plain {
			continue
		}
		last := -1
		for _, w := range s.at[class] {
			if n := clausesBefore(s.text, int(w.from)); n != last {
				out = append(out, sign{class, n, int(w.from), int(w.to)})
				last = n
			}
		}
	}
	slices.SortFunc(out, func(a, b sign) int {
		if a.from != b.from {
			return a.from - b.from
		}
		return int(a.class - b.class)
	})
	return out[:min(len(out), signMost)]
}

func clausesBefore(text []rune, at int) (n int) {
	for _, c := range text[:at] {
		if strings.ContainsRune(clauseEnd, c) {
			n++
		}
	}
	return n
}

// evidence is where the words of evidence stand: from the first to the last of them.
func (c *signClasses) evidence(found []sign) (from, to int, ok bool) {
	for _, s := range found {
		if !c.evident[s.class] {
			continue
		}
		if !ok {
			from = s.from
		}
		to, ok = max(to, s.to), true
	}
	return from, to, ok
}

// signShape is how much room the features have, from which score on and below which one a text is judged, and what the
// sentences may be.
type signShape struct {
	bits  int
	bound float32
	floor float32
	kinds []string
}

// A signScorer is what was learnt. Features are hashed; what was not seen twice is left out of account.
type signScorer struct {
	signShape
	classes *signClasses
	weight  []int8      // of each feature
	scale   []uint8     // how unevenly it was spread over the two sides; 0 for one that was not seen
	unit    float32     // of weight
	leans   [][]float32 // of each class, how much it speaks for each kind
}

// read takes in what a test (signs_test.go) has written: the sum of the texts that were learnt from, the unit, how many
// features follow, for each the distance from the one before, its weight and scale, then the leanings of each class.
func (s *signScorer) read(file string) *signScorer {
	b := []byte(file)
	if len(b) < 16 {
		return s
	}
	s.unit = math.Float32frombits(binary.LittleEndian.Uint32(b[8:]))
	n := binary.LittleEndian.Uint32(b[12:])
	b = b[16:]
	at := uint64(0)
	for range n {
		step, size := binary.Uvarint(b)
		at += step
		s.weight[at], s.scale[at] = int8(b[size]), b[size+1]
		b = b[size+2:]
	}
	for ; len(b) > 0; b = b[len(s.kinds):] {
		k := make([]float32, len(s.kinds))
		for i := range k {
			k[i] = float32(int8(b[i]))
		}
		s.leans = append(s.leans, k)
	}
	return s
}

// features of a text: the hashes of its signs and of its words, one slice for each half.
func (s *signScorer) features(text []rune, found []sign) [2][]uint32 {
	x := extracts.Get().(*extract)
	defer extracts.Put(x)
	x.reset()
	x.tokens(text)
	x.words()
	for i := 2; i < len(x.tok); i++ {
		x.add(blockPairs, mix(mix(x.tok[i-2].hash, x.tok[i-1].hash), x.tok[i].hash))
	}
	words := len(x.out)
	x.pairSigns(found, s.classes.evident)
	all := make([]uint32, len(x.out))
	for i, f := range x.out {
		all[i] = uint32(f.key>>20) & (1<<s.bits - 1)
		if i >= words {
			all[i] |= 1 << s.bits
		}
	}
	return [2][]uint32{all[words:], all[:words]}
}

// pairSigns adds each sign, and each two of which one is evidence.
func (x *extract) pairSigns(found []sign, evident []bool) {
	x.add(blockStems, mix(seedB, 1))
	for i, a := range found {
		x.add(blockStems, mix(seedB, uint64(a.class)+1000))
		for _, b := range found[i+1:] {
			if b.class == a.class || !evident[a.class] && !evident[b.class] || b.clause > a.clause+3 {
				continue
			}
			together := uint64(1)
			if b.clause == a.clause {
				together = 2
			}
			x.add(blockLetters, mix(mix(seedB, uint64(a.class)+5000*together), uint64(b.class)+1))
			x.add(blockSounds, mix(mix(seedB, uint64(min(a.class, b.class))+1), uint64(max(a.class, b.class))+1))
		}
	}
}

// score of the features of a text: above 0 for what is more like what is sought than like the rest.
func (s *signScorer) score(half [2][]uint32) (sum float32) {
	for h, fs := range half {
		dot, sq := float32(0), float32(1e-6)
		for _, j := range fs {
			w := float32(s.scale[j])
			dot += w * float32(s.weight[j])
			sq += w * w
		}
		sum += signShare[1-h] * dot / sqrt(sq)
	}
	return sum * s.unit
}

// A reading is what the signs of a text say.
type reading struct {
	kind     string // what it is; empty for nothing of what was learnt
	from, to int    // where the words stand that say so
	calm     bool   // it is surely none, whatever an outline finds in it
}

// judge a folded text, in which an outline has found something, or nothing. Without that, and without evidence, there is
// nothing to judge: most texts end there.
func (s *signScorer) judge(text []rune, outlined string) reading {
	if wide(text) > signWidth {
		return reading{}
	}
	seen := s.classes.see(text)
	defer s.classes.done(seen)
	if outlined == "" && !slices.ContainsFunc(seen.used, func(class int32) bool { return s.classes.evident[class] }) {
		return reading{}
	}
	found := s.classes.of(seen)
	if len(found) == 0 {
		return reading{}
	}
	from, to, ok := s.classes.evidence(found)
	sum := s.score(s.features(text, found))
	if !ok || sum < s.bound {
		return reading{calm: sum < s.floor}
	}
	return reading{kind: s.kind(found), from: from, to: to}
}

func wide(text []rune) (n int) {
	for _, c := range text {
		n += width(c)
	}
	return n
}

// kind that signs speak for.
func (s *signScorer) kind(found []sign) string {
	best, most := 0, float32(math.Inf(-1))
	for k := range s.kinds {
		sum := float32(0)
		for _, f := range found {
			sum += s.leans[f.class][k]
		}
		if sum > most {
			best, most = k, sum
		}
	}
	return s.kinds[best]
}
