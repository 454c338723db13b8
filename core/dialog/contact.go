package dialog

import (
	"regexp"
	"strings"
	"unicode"
)

// Numbers are read by rules of our own: a library of all the world's numbering
// plans weighs more than the rest of the program's dependencies for forms, and
// what staff need is the number as the customer means it, not its carrier.
var (
	phones    = regexp.MustCompile(`(?:\+|00)?[0-9(](?:[ \-()./]{0,2}[0-9]){6,16}`)
	extension = regexp.MustCompile(`^\s*(?:[,，;；#*\-]\s*|\(?\s*(?:转|轉|分机|分機|内线|ext\.?|extension|x)\s*[:：]?\s*)([0-9]{1,6})\b`)
	mobile    = regexp.MustCompile(`^1[3-9][0-9]{9}$`)
	emails    = regexp.MustCompile(`[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)*\.[A-Za-z]{2,24}`)
	spelt     = strings.NewReplacer("〇", "0", "零", "0", "一", "1", "幺", "1", "二", "2", "两", "2", "三", "3", "四", "4", "五", "5", "六", "6", "七", "7", "八", "8", "九", "9")
	speltRun  = regexp.MustCompile(`[〇零一幺二两三四五六七八九]{7,}`)
)

// phonesIn are the telephone numbers in a text, as they are kept: digits, a plus
// before a country's code, a dash before an extension. A Chinese mobile is kept
// without its country code.
func phonesIn(text string) (out []string) {
	text = speltRun.ReplaceAllStringFunc(clean(text), spelt.Replace)
	for _, at := range phones.FindAllStringIndex(text, 4) {
		raw := text[at[0]:at[1]]
		p := strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", ".", "", "/", "").Replace(raw)
		p = strings.Replace(p, "+860", "+86", 1)
		if q := strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(p, "+"), "00"), "86"); mobile.MatchString(q) {
			out = append(out, q)
			continue
		}
		n := len(strings.TrimPrefix(p, "+"))
		if strings.HasPrefix(p, "1") || n < 7 || at[0] > 0 && letterBefore(text[:at[0]]) {
			continue // a mobile with a digit too few, an order number
		}
		if k := strings.LastIndex(raw, "-"); n > 12 && strings.HasPrefix(p, "0") && !strings.HasPrefix(p, "00") && len(raw)-k <= 6 {
			out = append(out, p[:n-(len(raw)-k-1)]+"-"+raw[k+1:])
			continue
		}
		if n > 15 {
			continue
		}
		if m := extension.FindStringSubmatch(strings.ToLower(text[at[1]:])); m != nil {
			p += "-" + m[1]
		}
		out = append(out, p)
	}
	return out
}

// letterBefore reports whether a number goes on from letters: XH20261101.
func letterBefore(s string) bool {
	c := s[len(s)-1]
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

var (
	dots = regexp.MustCompile(`\s*(?:[。．｡，,]|点|點|\bdot\b)\s*`)
	ats  = regexp.MustCompile(`\s*(?:[@＠﹫]|艾特|圈[aA]|\(at\)|\[at\]|\bat\b)\s*`)
)

// emailsIn are the addresses in a text, also as a Chinese keyboard writes them.
func emailsIn(text string) []string {
	text = clean(text)
	if m := emails.FindAllString(text, 3); m != nil {
		return m
	}
	return emails.FindAllString(dots.ReplaceAllString(ats.ReplaceAllString(text, "@"), "."), 3)
}

// clean is a text with full width letters and digits as usual ones, and without
// characters that nobody sees.
func clean(s string) string {
	return strings.TrimSpace(strings.Map(func(c rune) rune {
		switch {
		case c >= '！' && c <= '～':
			return c - '！' + '!'
		case unicode.IsSpace(c), c == '　':
			return ' '
		case unicode.Is(unicode.Cf, c), unicode.Is(unicode.Cc, c), unicode.Is(unicode.Variation_Selector, c), c == 'ᅠ', c == 'ㅤ':
			return -1
		case unicode.Is(unicode.Pd, c), c == '−':
			return '-'
		}
		return c
	}, s))
}

var (
	tokens = regexp.MustCompile(`[A-Za-z0-9][A-Za-z0-9_\-]*`)
	runs   = regexp.MustCompile(`[A-Za-z0-9]+(?:[ \-.·/:：、，。]{1,3}[A-Za-z0-9]+)*`)
)

// valuesOf finds what a pattern wants in a text, each once: the whole text, one
// word of it, or words that only blanks, dashes and stops part.
func valuesOf(re *regexp.Regexp, text string) (out []string) {
	text = clean(text)
	add := func(s string) bool {
		for _, x := range []string{s, strings.ToUpper(s)} {
			if len(x) > 100 || !re.MatchString(x) {
				continue
			}
			for _, old := range out {
				if old == x {
					return true
				}
			}
			out = append(out, x)
			return true
		}
		return false
	}
	if add(text) {
		return out
	}
	for _, s := range tokens.FindAllString(text, 20) {
		add(s)
	}
	if len(out) > 0 {
		return out
	}
	for _, run := range runs.FindAllString(text, 20) {
		words := strings.FieldsFunc(run, func(c rune) bool { return !isWord(c) })
		for i := 0; i < min(len(words), 20); i++ {
			for n := min(6, len(words)-i); n > 0; n-- { // the longest first
				if add(strings.Join(words[i:i+n], "")) {
					i += n - 1
					break
				}
			}
		}
	}
	return out
}
