package match

import (
	"math"
	"slices"
	"strings"
	"unicode"
)

// A sentence in pinyin (tui kuan duo jiu dao zhang) has no word of the script. It is compared by its syllables with the
// samples as they are read aloud.

// Pinyin reports whether a text is a sentence in pinyin: Latin letters that are syllables throughout, three at least.
func Pinyin(text string) bool {
	_, ok := pinyinOf(text)
	return ok
}

// pinyinOf gives the syllables of a text; ok is false for one that is no pinyin.
func pinyinOf(text string) (syllables []int32, ok bool) {
	if len(text) > 150 {
		return nil, false
	}
	p := sounds()
	for w := range strings.FieldsFuncSeq(strings.ToLower(text), func(c rune) bool { return !unicode.IsLetter(c) }) {
		cuts := p.cutShort(w)
		if cuts == nil || inList(looksPinyin, w) {
			return nil, false
		}
		for _, n := range cuts {
			syllables = append(syllables, p.syllable[w[:n]])
			w = w[n:]
		}
	}
	return syllables, len(syllables) > 2
}

// looksPinyin are English words that fall into syllables by chance.
const looksPinyin = "are ai human can machine see ya silence delete meeting lie one more time again change run game the here there make take give same name sale sure some come have gone done made sane lame none bone tune"

// aloud are the samples of a script as they are read: of each the syllables and their neighbours, sorted.
type aloud struct {
	class []int32 // entry of each sample
	keys  [][]uint32
	norm  []float32
	idf   map[uint32]float32
}

// newAloud reads the samples and titles of the entries that have Chinese characters.
func newAloud(entries []Entry) *aloud {
	a := &aloud{idf: map[uint32]float32{}}
	for i, e := range entries {
		for _, s := range slices.Concat([]string{e.Title}, e.Exact, e.Contains, e.Samples) {
			f := []rune(Fold(s))
			if !hasHan(f) {
				continue
			}
			syms, _ := sounds().symbols(f)
			if keys := pairsOf(syms); len(keys) > 0 {
				a.class, a.keys = append(a.class, int32(i)), append(a.keys, keys)
				for _, k := range keys {
					a.idf[k]++
				}
			}
		}
	}
	idf := map[uint32]float32{} // what stands in one sample only weighs what stands in none
	for k, n := range a.idf {
		if n > 1 {
			idf[k] = float32(math.Log(float64(len(a.keys)+1)/float64(n)) + .5)
		}
	}
	a.idf = idf
	for _, keys := range a.keys {
		a.norm = append(a.norm, a.size(keys))
	}
	a.class, a.keys, a.norm = slices.Clone(a.class), slices.Clone(a.keys), slices.Clone(a.norm) // without room to grow
	return a
}

// pairsOf are the syllables of a sentence and each two that follow one another, as sorted numbers.
func pairsOf(syms []int32) (keys []uint32) {
	last := uint32(0)
	for _, s := range syms {
		if s < syllable0 {
			last = 0
			continue
		}
		k := uint32(s-syllable0) + 1
		keys = append(keys, k)
		if last > 0 {
			keys = append(keys, last<<12|k)
		}
		last = k
	}
	slices.Sort(keys)
	return slices.Clone(slices.Compact(keys))
}

func (a *aloud) size(keys []uint32) float32 {
	s := float32(0)
	for _, k := range keys {
		w := a.weight(k)
		s += w * w
	}
	return s
}

func (a *aloud) weight(k uint32) float32 {
	if w, ok := a.idf[k]; ok {
		return w
	}
	return float32(math.Log(float64(len(a.keys)+1)) + .5)
}

// find compares a sentence with every sample and gives the nearest entries, best first, with how near they are, 0..1.
func (a *aloud) find(syllables []int32) (out []scored) {
	keys := pairsOf(syllables)
	norm := a.size(keys)
	best := map[int32]float64{}
	for i, sample := range a.keys {
		common := float32(0)
		for x, y := 0, 0; x < len(keys) && y < len(sample); {
			switch {
			case keys[x] < sample[y]:
				x++
			case keys[x] > sample[y]:
				y++
			default:
				w := a.weight(keys[x])
				common += w * w
				x++
				y++
			}
		}
		if c := float64(common) / math.Sqrt(float64(norm)*float64(a.norm[i])); c > best[a.class[i]] {
			best[a.class[i]] = c
		}
	}
	for e, c := range best {
		out = append(out, scored{entry: e, close: c})
	}
	slices.SortFunc(out, func(a, b scored) int {
		if a.close != b.close {
			if a.close > b.close {
				return -1
			}
			return 1
		}
		return int(a.entry - b.entry)
	})
	return out[:min(len(out), topN)]
}

// byPinyin fills d with the entries that a sentence in pinyin sounds like.
func (m *Matcher) byPinyin(d *Decision, syllables []int32) {
	all := m.aloud.find(syllables)
	for i, s := range all[:min(len(all), m.opt.Max)] {
		p := s.close
		if i == 0 && len(all) > 1 { // a lead makes it surer
			p = min(.97, p+.6*(p-all[1].close))
		}
		if i > 0 {
			p = min(p, d.Candidates[0].P*.6)
		}
		d.Candidates = append(d.Candidates, Candidate{Entry: m.entries[s.entry].ID, P: p, How: "samples"})
	}
	m.settle(d)
	if len(d.Candidates) > 0 {
		d.Why = m.say("拼音，听起来最像%s，把握 %s", "pinyin, sounds most like %s, %s sure", m.name(d.Candidates[0].Entry), percent(d.Candidates[0].P))
	}
}
