package match

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

//go:embed data/TSCharacters.txt
var tsCharacters string

//go:embed data/TSPhrases.txt
var tsPhrases string

// simple holds OpenCC's traditional → simplified tables, parsed once on first use.
var simple = sync.OnceValue(func() *simplifier {
	s := &simplifier{char: make(map[rune]rune, 4200), phrase: make(map[string]string, 500), first: make(map[rune]int)}
	for line := range strings.Lines(tsCharacters) {
		from, to, ok := strings.Cut(strings.TrimSpace(line), "\t")
		to, _, _ = strings.Cut(to, " ")
		if a, n := utf8.DecodeRuneInString(from); ok && n == len(from) {
			if b, m := utf8.DecodeRuneInString(to); m == len(to) && a != b {
				s.char[a] = b
				s.any.add(a)
			}
		}
	}
	for line := range strings.Lines(tsPhrases) {
		from, to, ok := strings.Cut(strings.TrimSpace(line), "\t")
		to, _, _ = strings.Cut(to, " ")
		if !ok || from == "" {
			continue
		}
		r := []rune(from)
		s.phrase[from] = to
		s.first[r[0]] = max(s.first[r[0]], len(r))
		s.any.add(r[0])
	}
	return s
})

type simplifier struct {
	char   map[rune]rune
	phrase map[string]string
	first  map[rune]int // longest phrase, in runes, that starts with this rune
	any    runes        // those that char or first have: most characters are in neither
}

// runes are a set of characters; all those beyond the basic plane are in it.
type runes [1 << 16 / 64]uint64

func (s *runes) add(c rune) {
	if c < 1<<16 {
		s[c>>6] |= 1 << (c & 63)
	}
}

func (s *runes) has(c rune) bool { return c >= 1<<16 || s[c>>6]&(1<<(c&63)) != 0 }

// fold rewrites traditional characters in place where no phrase says otherwise.
func (s *simplifier) fold(in []rune) []rune {
	out := in[:0:len(in)]
	for i := 0; i < len(in); {
		if !s.any.has(in[i]) {
			out = append(out, in[i])
			i++
			continue
		}
		n := s.longest(in[i:])
		if n > 0 {
			to := []rune(s.phrase[string(in[i:i+n])])
			if len(to) > n { // would overwrite what is not read yet
				to = to[:n]
			}
			out = append(out, to...)
			i += n
			continue
		}
		r := in[i]
		if t, ok := s.char[r]; ok {
			r = t
		}
		out = append(out, r)
		i++
	}
	return out
}

func (s *simplifier) longest(in []rune) int {
	for n := min(s.first[in[0]], len(in)); n > 1; n-- {
		if _, ok := s.phrase[string(in[:n])]; ok {
			return n
		}
	}
	return 0
}

// Fold brings a text to the one form in which everything here is compared: NFKC (so full width becomes half width),
// lower case, simplified characters, plain quotes, single blanks, runs of a repeated letter shortened ("soooo", "！！！"),
// Chinese numerals before a counter and English number words as digits, chat slang and common slips as the usual word.
// Folding a folded text changes nothing. Blanks between two Chinese characters go away.
func Fold(s string) string {
	if s == "" {
		return ""
	}
	if !plain(s) {
		s = norm.NFKC.String(s)
	}
	var room [foldRoom]rune
	r := room[:0]
	for _, c := range s {
		if c = foldRune(c); c >= 0 {
			r = append(r, c)
		}
	}
	chinese := hasHan(r)
	if chinese {
		r = simple().fold(r)
	}
	r = squeeze(r)
	latin := hasLatin(r)
	out := s
	if !spells(s, r) {
		out = string(r)
	}
	if chinese {
		out = slang().replace(out)
		out = numerals(out)
	}
	if latin {
		out = english(out)
	}
	return out
}

// foldRoom is how many characters are folded without asking for memory.
const foldRoom = 128

// spells reports whether s is r, so that it need not be written again.
func spells(s string, r []rune) bool {
	i := 0
	for _, c := range s {
		if i == len(r) || r[i] != c {
			return false
		}
		i++
	}
	return i == len(r)
}

// plain reports whether NFKC cannot change s.
func plain(s string) bool {
	for _, c := range s {
		if c >= utf8.RuneSelf && !settled(c) {
			return norm.NFKC.IsNormalString(s)
		}
	}
	return true
}

// settled are the characters that most texts are made of and with which NFKC does nothing that foldRune does not, whatever
// stands beside them.
func settled(c rune) bool {
	return fullWidth(c) || c == 0x3000 || 0x4e00 <= c && c <= 0x9fff || 0x3001 <= c && c <= 0x3002 || 0x300a <= c && c <= 0x300f || 0x2018 <= c && c <= 0x201d
}

// fullWidth are ASCII's characters in full width.
func fullWidth(c rune) bool { return 0xff01 <= c && c <= 0xff5e }

// foldRune lowers one rune; -1 drops it.
func foldRune(c rune) rune {
	if fullWidth(c) {
		c -= 0xfee0
	}
	switch {
	case c < utf8.RuneSelf:
		if 'A' <= c && c <= 'Z' {
			return c + 'a' - 'A'
		}
		if c < ' ' {
			return ' '
		}
		if c == 0x7f {
			return -1
		}
		if c == '`' {
			return '\''
		}
		return c
	case 0x4e00 <= c && c <= 0x9fff:
		return c
	case c == '’' || c == '‘' || c == '′':
		return '\''
	case c == '“' || c == '”' || c == '「' || c == '」' || c == '『' || c == '』' || c == '″':
		return '"'
	case c == '。':
		return '.'
	case c == '、':
		return ','
	case c == '～' || c == '〜':
		return '~'
	case c == '—' || c == '–' || c == '‐' || c == '−':
		return '-'
	case c == 0xfe0f || c == 0xfe0e || c == 0x200d || c == utf8.RuneError || 0x1f3fb <= c && c <= 0x1f3ff:
		return -1 // variation selectors, joiners, skin tones
	case unicode.Is(unicode.Cf, c):
		return -1
	case unicode.IsSpace(c) || unicode.IsControl(c):
		return ' '
	}
	return unicode.ToLower(c)
}

// squeeze shortens runs and blanks: letters three times or more become one, Chinese characters and emoji two and
// punctuation one; blanks at the ends and between Chinese characters go.
func squeeze(in []rune) []rune {
	out := in[:0]
	for i := 0; i < len(in); {
		c := in[i]
		j := i + 1
		for j < len(in) && in[j] == c {
			j++
		}
		n := j - i
		switch {
		case c == ' ':
			n = 1
			if len(out) == 0 || j == len(in) || han(out[len(out)-1]) && han(in[j]) {
				n = 0
			}
		case unicode.IsDigit(c):
		case n >= 3 && unicode.IsLetter(c) && !han(c):
			n = 1
		case n >= 3 && !unicode.IsPunct(c) && !unicode.IsSymbol(c) || n >= 2 && emoji(c):
			n = 2
		case n >= 2 && c != '-' && (unicode.IsPunct(c) || unicode.IsSymbol(c)):
			n = 1
		}
		for range n {
			out = append(out, c)
		}
		i = j
	}
	return out
}

func han(c rune) bool {
	return 0x4e00 <= c && c <= 0x9fff || 0x3400 <= c && c <= 0x4dbf || 0x20000 <= c && c <= 0x323af || c == '〇'
}

func latin(c rune) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

func emoji(c rune) bool { return 0x1f300 <= c && c <= 0x1faff || 0x2600 <= c && c <= 0x27bf }

func hasHan(r []rune) bool {
	for _, c := range r {
		if han(c) {
			return true
		}
	}
	return false
}

func hasLatin(r []rune) bool {
	for _, c := range r {
		if latin(c) {
			return true
		}
	}
	return false
}
