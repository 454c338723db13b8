package match

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

//go:embed data/pinyin.txt
var pinyinData string

const syllable0 = 0x200000 // syllables are numbered above all runes

// sounds knows the toneless reading of each simplified character, with the sounds that speakers of southern dialects and
// pinyin keyboards mix up (zh/z, ch/c, sh/s, n/l, ng/n, f/h, r/l) made equal.
var sounds = sync.OnceValue(func() *phones {
	p := &phones{of: make(map[rune]int32, 7000), syllable: make(map[string]int32, 420)}
	ids := map[string]int32{}
	for line := range strings.Lines(pinyinData) {
		s, chars, _ := strings.Cut(strings.TrimSpace(line), " ")
		k := blur(s)
		id, ok := ids[k]
		if !ok {
			id = syllable0 + int32(len(ids))
			ids[k] = id
		}
		p.syllable[s] = id
		for _, c := range chars {
			p.of[c] = id
		}
	}
	return p
})

// Homophones of a simplified Chinese character: those that are read the same, tone and the usual mix-ups of speakers and
// keyboards aside, without itself. Nothing for any other rune.
func Homophones(c rune) []rune {
	k, ok := sounds().of[c]
	if !ok {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(readAlike()[k]), func(o rune) bool { return o == c })
}

// readAlike are the characters of each syllable, in their order in Unicode.
var readAlike = sync.OnceValue(func() map[int32][]rune {
	out := map[int32][]rune{}
	for c, k := range sounds().of {
		out[k] = append(out[k], c)
	}
	for _, same := range out {
		slices.Sort(same)
	}
	return out
})

type phones struct {
	of       map[rune]int32
	syllable map[string]int32
}

func blur(s string) string {
	for _, p := range [][2]string{{"zh", "z"}, {"ch", "c"}, {"sh", "s"}, {"n", "l"}} {
		if t, ok := strings.CutPrefix(s, p[0]); ok {
			s = p[1] + t
			break
		}
	}
	if t, ok := strings.CutSuffix(s, "ng"); ok && !strings.HasSuffix(t, "o") {
		s = t + "n"
	}
	return s
}

// symbols writes folded text as syllables where it can be read aloud, else as runes. Latin words that are whole pinyin
// ("yunfei") become syllables. at[i] and at[i+1] bound symbol i in runes of the text.
func (p *phones) symbols(text []rune) (syms, at []int32) {
	syms, at = make([]int32, 0, len(text)), make([]int32, 0, len(text)+1)
	for i := 0; i < len(text); {
		c := text[i]
		if latin(c) {
			j := i
			for j < len(text) && latin(text[j]) {
				j++
			}
			if cuts := p.cut(string(text[i:j])); cuts != nil {
				for _, n := range cuts {
					syms, at = append(syms, p.syllable[string(text[i:i+n])]), append(at, int32(i))
					i += n
				}
				for i < len(text) && (text[i] == ' ' || text[i] == '\'') {
					i++ // "yun fei"
				}
				continue
			}
			for ; i < j; i++ {
				syms, at = append(syms, text[i]), append(at, int32(i))
			}
			continue
		}
		s, ok := p.of[c]
		if !ok {
			s = c
		}
		syms, at = append(syms, s), append(at, int32(i))
		i++
	}
	return syms, append(at, int32(len(text)))
}

// cut splits a Latin word into pinyin syllables, the longest that leave a rest of syllables; nil if it is not pinyin. A
// single syllable of fewer than three letters is taken for what it looks like ("me", "to").
func (p *phones) cut(w string) []int {
	cuts := p.cutShort(w)
	if len(cuts) == 1 && len(w) < 3 {
		return nil
	}
	return cuts
}

// cutShort is cut that takes every syllable for one, however short.
func (p *phones) cutShort(w string) []int {
	if len(w) > 36 {
		return nil
	}
	var size [37]int // of the syllable at each place from which the rest can be cut; 0 = it cannot
	for i := len(w) - 1; i >= 0; i-- {
		for n := min(6, len(w)-i); n > 0; n-- {
			if _, ok := p.syllable[w[i:i+n]]; ok && (i+n == len(w) || size[i+n] > 0) {
				size[i] = n
				break
			}
		}
	}
	if len(w) == 0 || size[0] == 0 {
		return nil
	}
	var cuts []int
	for i := 0; i < len(w); i += size[i] {
		cuts = append(cuts, size[i])
	}
	return cuts
}
