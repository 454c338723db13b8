package match

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/frontdesk-im/frontdesk/core/spelling"
)

// rules are the keywords that people wrote: they win over the trained model.
type rules struct {
	exact   map[string][]whole // bare text → entries
	words   *automaton         // contains, over runes
	heard   *automaton         // contains, over syllables
	contain []keyword          // by word number of words
	spoken  []int32            // word number of heard → contain
	regexps []pattern
	slips   map[string][]slip // Latin keywords with one letter left out
	usual   map[string]bool   // Latin words that people use for what they say, so that they are no slip of another
}

// whole message that an entry answers, as written.
type whole struct {
	entry int32
	raw   string
}

type keyword struct {
	text    string // folded
	raw     string // as written in the script
	entries []int32
}

type pattern struct {
	re    *regexp.Regexp
	raw   string
	entry int32
}

type slip struct {
	word    int32
	dropped bool
}

// hit is a rule that a text meets.
type hit struct {
	entry    int32
	how      string // exact, contains, regexp
	pattern  string // as written
	span     string // folded words of the text
	from, to int    // bytes in the folded text
	size     int    // runes of the span: longer is more specific
	fuzzy    bool   // by sound or with a slip of the keyboard
}

func newRules(entries []Entry) (*rules, error) {
	r := &rules{exact: make(map[string][]whole), slips: make(map[string][]slip), usual: usualWords(entries)}
	number := map[string]int32{}
	var runes, heard [][]int32
	ph := sounds()
	var errs []error // all of them: an author mends a file in one go
	for i, e := range entries {
		for _, x := range e.Exact {
			b := bare(Fold(x))
			if b == "" {
				errs = append(errs, fmt.Errorf("%s: entry %s: exact %q has no letters or signs to compare / 没有可比较的文字", e.Pos, e.ID, x))
				continue
			}
			if !slices.ContainsFunc(r.exact[b], func(w whole) bool { return w.entry == int32(i) }) {
				r.exact[b] = append(r.exact[b], whole{int32(i), x})
			}
		}
		for _, c := range e.Contains {
			f := Fold(c)
			if strings.TrimFunc(f, func(c rune) bool { return unicode.IsSpace(c) || unicode.IsPunct(c) }) == "" {
				errs = append(errs, fmt.Errorf("%s: entry %s: contains %q would match everything / 会匹配所有文字", e.Pos, e.ID, c))
				continue
			}
			n, ok := number[f]
			if !ok {
				n = int32(len(r.contain))
				number[f] = n
				r.contain = append(r.contain, keyword{text: f, raw: c})
				runes = append(runes, []int32(f))
				if syms := spoken(ph, f); syms != nil {
					heard, r.spoken = append(heard, syms), append(r.spoken, n)
				}
				r.addSlips(f, n)
			}
			if k := &r.contain[n]; !slices.Contains(k.entries, int32(i)) {
				k.entries = append(k.entries, int32(i))
			}
		}
		errs = append(errs, r.addPatterns(int32(i), e)...)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	r.words, r.heard = newAutomaton(runes), newAutomaton(heard)
	return r, nil
}

// addPatterns adds an entry's regular expressions, and returns what is wrong with them.
func (r *rules) addPatterns(entry int32, e Entry) (errs []error) {
	for _, x := range e.Regexp {
		re, err := regexp.Compile("(?i)" + string(simple().fold([]rune(x))))
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("%s: entry %s: regexp %q: %s", e.Pos, e.ID, x, spelling.Pattern(err)))
		case re.MatchString(""):
			errs = append(errs, fmt.Errorf("%s: entry %s: regexp %q would match everything / 会匹配所有文字", e.Pos, e.ID, x))
		default:
			r.regexps = append(r.regexps, pattern{re, x, entry})
		}
	}
	return errs
}

// spoken gives the syllables of a keyword of two or more Chinese characters; nil for all others.
func spoken(ph *phones, f string) []int32 {
	var out []int32
	for _, c := range f {
		s, ok := ph.of[c]
		if !ok {
			return nil
		}
		out = append(out, s)
	}
	if len(out) < 2 {
		return nil
	}
	return out
}

func (r *rules) addSlips(f string, n int32) {
	if len(f) < 5 || !onlyLatin(f) {
		return
	}
	r.slips[f] = append(r.slips[f], slip{n, false})
	for i := range len(f) {
		d := f[:i] + f[i+1:]
		r.slips[d] = append(r.slips[d], slip{n, true})
	}
}

// usualWords are the Latin words of everyday talk and of the script's own samples: must is no slip of musty.
func usualWords(entries []Entry) map[string]bool {
	m := map[string]bool{}
	add := func(s string) {
		for w := range strings.FieldsFuncSeq(strings.ToLower(s), func(c rune) bool { return !latin(c) }) {
			if len(w) > 3 && !m[w] {
				m[strings.Clone(w)] = true
			}
		}
	}
	add(moodSeeds)
	add(plainEnglish)
	for _, e := range entries {
		for _, s := range e.Samples {
			add(s)
		}
	}
	return m
}

func onlyLatin(s string) bool {
	for i := range len(s) {
		if s[i] < 'a' || s[i] > 'z' {
			return false
		}
	}
	return true
}

// bare strips what does not count when whole messages are compared: punctuation, blanks, emoji, greetings at the start and
// particles at the end. A text of nothing else stays as it is.
func bare(folded string) string {
	s := strings.Map(func(c rune) rune {
		if unicode.IsPunct(c) || unicode.IsSymbol(c) {
			return -1
		}
		return c
	}, folded)
	s = strings.Join(strings.Fields(s), " ")
	if s == "" {
		return strings.TrimSpace(folded)
	}
	t := s
	for _, p := range []string{"你好", "您好", "请问一下", "请问", "问一下", "亲", "那个", "麻烦", "hi ", "hello ", "please "} {
		t = strings.TrimSpace(strings.TrimPrefix(t, p))
	}
	t = strings.TrimRight(t, "啊呀呢哦嘛哈吧啦喔噢哟 ")
	t = strings.TrimSuffix(t, " please")
	if t == "" { // a greeting is all there is
		t = strings.TrimRight(s, "啊呀呢哦嘛哈吧啦喔噢哟 ")
	}
	if t == "" {
		return s
	}
	return t
}

// find gives every rule the text meets, best first; denied holds those that the negation guard took out.
func (r *rules) find(f string, text []rune) (hits []hit, guarded []hit) {
	for _, e := range r.exact[bare(f)] {
		hits = append(hits, hit{entry: e.entry, how: "exact", pattern: e.raw, span: f, to: len(f), size: len(text)})
	}
	if len(hits) > 0 {
		return hits, nil
	}
	starts := runeStarts(f, len(text))
	add := func(h hit) {
		if _, no := denied(f, h.from, h.to); no {
			guarded = append(guarded, h)
			return
		}
		hits = append(hits, h)
	}
	for _, o := range r.words.find(text, nil) {
		if !atWord(text, int(o.from), int(o.to)) {
			continue
		}
		from, to := starts[o.from], starts[o.to]
		for _, e := range r.contain[o.word].entries {
			add(hit{entry: e, how: "contains", pattern: r.contain[o.word].raw, span: f[from:to], from: from, to: to, size: int(o.to - o.from)})
		}
	}
	for _, p := range r.regexps {
		if m := p.re.FindStringIndex(f); m != nil {
			add(hit{entry: p.entry, how: "regexp", pattern: p.raw, span: f[m[0]:m[1]], from: m[0], to: m[1], size: len([]rune(f[m[0]:m[1]]))})
		}
	}
	if len(hits) == 0 && len(guarded) == 0 {
		r.byEar(f, text, starts, add)
		r.bySlip(f, add)
	}
	hits = slices.DeleteFunc(hits, func(h hit) bool { // part of what is denied
		return slices.ContainsFunc(guarded, func(g hit) bool { return g.from <= h.from && h.to <= g.to })
	})
	order(hits)
	order(guarded)
	return hits, guarded
}

// order puts the longest and most specific rule first.
func order(hits []hit) {
	slices.SortStableFunc(hits, func(a, b hit) int {
		return cmp.Or(cmp.Compare(b.size, a.size), cmp.Compare(len(b.pattern), len(a.pattern)), cmp.Compare(a.entry, b.entry))
	})
}

// byEar finds keywords that were typed as other characters of the same sound, or in pinyin.
func (r *rules) byEar(f string, text []rune, starts []int, add func(hit)) {
	if len(r.spoken) == 0 {
		return
	}
	syms, at := sounds().symbols(text)
	for _, o := range r.heard.find(syms, nil) {
		k := r.contain[r.spoken[o.word]]
		a, b := int(at[o.from]), int(at[o.to])
		for b > a && text[b-1] == ' ' {
			b--
		}
		span := text[a:b]
		if !alike(span, []rune(k.text)) || inside(text, a, []rune(k.text)) {
			continue
		}
		for _, e := range k.entries {
			add(hit{entry: e, how: "contains", pattern: k.raw, span: string(span), from: starts[a], to: starts[b], size: int(o.to - o.from), fuzzy: true})
		}
	}
}

// inside reports whether what is heard at text[at:] would begin in the middle of a word: 们店 in 你们店 is no 门店.
func inside(text []rune, at int, keyword []rune) bool {
	return text[at] != keyword[0] && at > 0 && han(text[at-1]) && strings.ContainsRune("们子的了着过吗呢吧么儿头得地啊呀点些样里", text[at])
}

// alike: all in pinyin, or at least half of the characters are those of the keyword.
func alike(span, keyword []rune) bool {
	if !hasHan(span) {
		return true
	}
	if len(span) != len(keyword) {
		return false
	}
	same := 0
	for i := range span {
		if span[i] == keyword[i] {
			same++
		}
	}
	return 2*same >= len(span)
}

// bySlip finds Latin keywords of five letters or more with one letter missing, added, wrong or swapped.
func (r *rules) bySlip(f string, add func(hit)) {
	if len(r.slips) == 0 {
		return
	}
	for i := 0; i < len(f); {
		if f[i] < 'a' || f[i] > 'z' {
			i++
			continue
		}
		j := i
		for j < len(f) && f[j] >= 'a' && f[j] <= 'z' {
			j++
		}
		if n, ok := r.slipOf(f[i:j]); ok {
			k := r.contain[n]
			for _, e := range k.entries {
				add(hit{entry: e, how: "contains", pattern: k.raw, span: f[i:j], from: i, to: j, size: j - i, fuzzy: true})
			}
		}
		i = j
	}
}

func (r *rules) slipOf(w string) (int32, bool) {
	if len(w) < 4 || len(w) > 24 || r.usual[w] {
		return 0, false
	}
	for _, s := range r.slips[w] {
		if s.dropped {
			return s.word, true // a letter is missing
		}
	}
	if len(w) < 5 {
		return 0, false
	}
	for i := range len(w) {
		for _, s := range r.slips[w[:i]+w[i+1:]] {
			if oneApart(w, r.contain[s.word].text) {
				return s.word, true
			}
		}
	}
	return 0, false
}

// oneApart: one letter added, wrong, or two neighbours swapped; the first letter is right.
func oneApart(a, b string) bool {
	if a[0] != b[0] {
		return false
	}
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	switch len(a) - len(b) {
	case 1:
		return a[i+1:] == b[i:]
	case 0:
		if i >= len(a) {
			return false
		}
		return a[i+1:] == b[i+1:] || i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
	}
	return false
}
