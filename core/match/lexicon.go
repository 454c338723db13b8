package match

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

// The word list of the moods: which words of a text speak for which, and how loudly.

//go:embed data/lexicon.txt
var lexiconData string

// word list categories
const (
	lexPositive = iota
	lexNegative
	lexAngry
	lexUrgent
	lexDistress
	lexNot
	lexes
	lexPlain = lexes // no category: these words keep the shorter ones inside them from being found
)

var lexNames = []string{"positive", "negative", "angry", "urgent", "distress", "not", "plain"}

type lexicon struct {
	find *automaton
	of   []uint8 // categories of each word, as bits
}

var lexiconOf = sync.OnceValue(func() *lexicon {
	number := map[string]int{}
	l := &lexicon{}
	var words [][]int32
	cat := -1
	for line := range strings.Lines(lexiconData) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "["); ok {
			cat = slices.Index(lexNames, strings.TrimSuffix(name, "]"))
			continue
		}
		if strings.HasPrefix(line, "#") || cat < 0 {
			continue
		}
		for _, w := range strings.Fields(line) {
			f := Fold(strings.ReplaceAll(w, "_", " "))
			n, ok := number[f]
			if !ok {
				n = len(words)
				number[f] = n
				words, l.of = append(words, []int32(f)), append(l.of, 0)
			}
			if cat != lexPlain {
				l.of[n] |= 1 << cat
			}
		}
	}
	l.find = newAutomaton(words)
	return l
})

// lexHit is a word of the list in a text; flipped if a negation stands before it.
type lexHit struct {
	from, to int
	cats     uint8
	flipped  bool
}

// scan gives the longest words from left to right, without overlaps.
func (l *lexicon) scan(text []rune) []lexHit {
	all := l.find.find(text, nil)
	slices.SortFunc(all, func(a, b occurrence) int {
		if a.from != b.from {
			return int(a.from - b.from)
		}
		return int(b.to - a.to)
	})
	var out []lexHit
	end := int32(0)
	for _, o := range all {
		if o.from < end || !atWord(text, int(o.from), int(o.to)) {
			continue
		}
		end = o.to
		if l.of[o.word] == 0 {
			continue
		}
		h := lexHit{from: int(o.from), to: int(o.to), cats: l.of[o.word]}
		if n := len(out); n > 0 && out[n-1].cats == 1<<lexNot && h.from-out[n-1].to <= 3 && !breaks(text[out[n-1].to:h.from]) {
			h.flipped = true
		}
		out = append(out, h)
	}
	return out
}

func breaks(r []rune) bool {
	return slices.ContainsFunc(r, func(c rune) bool { return strings.ContainsRune(clauseEnd, c) })
}

// weigh counts the words of each category: longer ones say more, those at the beginning of a long text too (a review opens
// with its verdict), those of a concession ("除了…", "虽然…") less, and a negation turns them round.
func weigh(text []rune, hits []lexHit) (n [lexes]float64) {
	for _, h := range hits {
		w := 1.0
		switch size := h.to - h.from; {
		case !han(text[h.from]):
		case size >= 4:
			w = 1.6
		case size == 3:
			w = 1.3
		}
		if len(text) > 2*moodShort && h.from < len(text)/4 {
			w *= 1.5
		}
		if concedes(text[:h.from]) {
			w *= .3
		}
		for c := range lexes {
			switch {
			case h.cats&(1<<c) == 0:
			case !h.flipped:
				n[c] += w
			case c == lexPositive:
				n[lexNegative] += w
			case c == lexNegative:
				n[lexPositive] += w / 2
			}
		}
	}
	return n
}

var concessions = []string{"虽然", "虽说", "尽管", "除了", "唯一", "如果", "要是", "希望", "本来", "原以为", "以为", "although", "though", "except", "apart from", "if "}

// concedes: the clause that ends the text begins with a concession.
func concedes(before []rune) bool {
	i := len(before)
	for i > 0 && len(before)-i < 20 && !strings.ContainsRune(clauseEnd, before[i-1]) {
		i--
	}
	clause := strings.TrimLeft(string(before[i:]), " ")
	return slices.ContainsFunc(concessions, func(c string) bool { return strings.HasPrefix(clause, c) })
}

// said: a word of the list stands in the text, not only "no".
func said(hits []lexHit) bool {
	return slices.ContainsFunc(hits, func(h lexHit) bool { return h.cats != 1<<lexNot })
}
