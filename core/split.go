package core

import (
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Unit is how a platform counts the length of a text.
type Unit int

const (
	Runes Unit = iota
	Bytes
	UTF16
)

// Len is the length of s in this unit.
func (u Unit) Len(s string) int {
	switch u {
	case Bytes:
		return len(s)
	case UTF16:
		n := 0
		for _, r := range s {
			n += utf16.RuneLen(r)
		}
		return n
	}
	return utf8.RuneCountInString(s)
}

// split cuts s into pieces of at most l.Text units. The pieces joined are s.
func (l Limits) split(s string) []string {
	if l.Text <= 0 || l.Unit.Len(s) <= l.Text {
		return []string{s}
	}
	var out []string
	for l.Unit.Len(s) > l.Text {
		n := l.cut(s)
		out, s = append(out, s[:n]), s[n:]
	}
	if s != "" {
		out = append(out, s)
	}
	return out
}

// cut returns how many bytes of s, which is too long, the first piece has.
func (l Limits) cut(s string) int {
	var sentence, space, grapheme, inURL int // the last good place of each sort
	used, urlEnd := 0, 0
	for i := 0; i < len(s); {
		if i >= urlEnd {
			urlEnd = i + urlLen(s[i:])
		}
		next := i + graphemeLen(s[i:])
		if used += l.Unit.Len(s[i:next]); used > l.Text {
			break
		}
		if i = next; i < urlEnd {
			inURL = i
			continue
		}
		grapheme = i
		switch r, _ := utf8.DecodeLastRuneInString(s[:i]); {
		case strings.ContainsRune("\n。！？；…", r), strings.ContainsRune(".!?;", r) && i < len(s) && s[i] <= ' ' && !numbered(s[:i]):
			sentence = i
		case unicode.IsSpace(r), strings.ContainsRune("，、：,:", r):
			space = i
		}
	}
	least := grapheme / 3 // a good place is not worth a very short piece
	switch {
	case sentence > least:
		return sentence
	case space > least:
		return space
	case grapheme > 0:
		return grapheme
	case inURL > 0:
		return inURL
	}
	return l.runes(s[:graphemeLen(s)])
}

// numbered reports whether s ends with the number of a list's line, as in "29.".
func numbered(s string) bool {
	return len(s) > 1 && s[len(s)-1] == '.' && s[len(s)-2] >= '0' && s[len(s)-2] <= '9'
}

// runes returns how many bytes of g, one grapheme, fit in a message; one rune
// at least, for a limit below one rune cannot be kept by anybody.
func (l Limits) runes(g string) int {
	used, end := 0, 0
	for i, r := range g {
		if used += l.Unit.Len(string(r)); used > l.Text && i > 0 {
			break
		}
		end = i + utf8.RuneLen(r)
	}
	return end
}

// urlLen is the length of the URL that s starts with, 0 if it does not.
func urlLen(s string) int {
	if !strings.HasPrefix(s, "http://") && !strings.HasPrefix(s, "https://") {
		return 0
	}
	for i, r := range s {
		if r <= ' ' || r >= 0x80 || strings.ContainsRune("<>\"`", r) {
			return i
		}
	}
	return len(s)
}

// graphemeLen is the length of the first user-perceived character of s, after
// the rules of UAX #29 that matter for chat: marks, joiners, variation
// selectors, skin tones, flags, tags, Hangul and CRLF.
func graphemeLen(s string) int {
	r, n := utf8.DecodeRuneInString(s)
	if r == '\r' && strings.HasPrefix(s[n:], "\n") {
		return n + 1
	}
	if unicode.IsControl(r) {
		return n
	}
	flags := 0
	if regional(r) {
		flags = 1
	}
	prev := r
	for n < len(s) {
		q, m := utf8.DecodeRuneInString(s[n:])
		switch {
		case extends(q), prev == zwj && !unicode.IsControl(q) && !unicode.IsSpace(q), hangul(prev, q):
		case regional(q) && flags == 1:
			flags = 2
		default:
			return n
		}
		n, prev = n+m, q
	}
	return n
}

const zwj = '\u200d'

func regional(r rune) bool { return r >= 0x1F1E6 && r <= 0x1F1FF }

func extends(r rune) bool {
	return r == zwj || unicode.In(r, unicode.Mn, unicode.Me, unicode.Mc) ||
		r >= 0x1F3FB && r <= 0x1F3FF || r >= 0xE0020 && r <= 0xE007F
}

// hangul reports whether q goes on with the syllable that p began.
func hangul(p, q rune) bool {
	lead := func(r rune) bool { return r >= 0x1100 && r <= 0x115F }
	vowel := func(r rune) bool { return r >= 0x1160 && r <= 0x11A7 }
	tail := func(r rune) bool { return r >= 0x11A8 && r <= 0x11FF }
	whole := func(r rune) bool { return r >= 0xAC00 && r <= 0xD7A3 }
	switch {
	case lead(p):
		return lead(q) || vowel(q) || whole(q)
	case vowel(p):
		return vowel(q) || tail(q)
	case tail(p):
		return tail(q)
	case whole(p):
		return tail(q) || vowel(q) && (p-0xAC00)%28 == 0
	}
	return false
}
