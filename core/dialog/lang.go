package dialog

import (
	"slices"
	"strings"
	"unicode"
)

// startLang begins with the language of the profile.
func (t *turn) startLang() {
	if t.m.Lang != "" {
		return
	}
	t.m.Lang = t.b.set.Languages[0]
	base, _, _ := strings.Cut(t.c.Peer.Lang, "-")
	for _, l := range []string{t.c.Peer.Lang, base} {
		if slices.Contains(t.b.set.Languages, l) {
			t.m.Lang = l
		}
	}
}

// heardLang follows the language of what the customer writes. A single Latin
// word in a conversation that has a language does not change it: "ok", an
// order number.
func (t *turn) heardLang(text string) {
	lang, sure := langOf(text)
	if lang == "" {
		return
	}
	if lang == "en" && !sure && (t.m.Wrote || pinyin(text)) {
		return
	}
	if slices.Contains(t.b.set.Languages, lang) {
		t.m.Lang, t.m.Wrote = lang, true
	}
}

// foreign reports whether text is in a language that the script does not have.
func (t *turn) foreign(text string) bool {
	lang, sure := langOf(text)
	return lang != "" && sure && !slices.Contains(t.b.set.Languages, lang)
}

// langOf tells languages apart by their script. It is sure of Latin letters
// only when there are two words or more, and calls them English; addresses and
// numbers with letters in them are no words.
func langOf(text string) (lang string, sure bool) {
	var han, kana, hangul, other int
	for _, r := range text {
		switch {
		case unicode.Is(unicode.Han, r):
			han++
		case unicode.In(r, unicode.Hiragana, unicode.Katakana):
			kana++
		case unicode.Is(unicode.Hangul, r):
			hangul++
		case unicode.IsLetter(r) && !unicode.Is(unicode.Latin, r):
			other++
		}
	}
	words, latin := latinWords(text)
	switch {
	case kana >= 2:
		return "ja", true
	case hangul >= 2:
		return "ko", true
	case han > 0:
		return "zh", true
	case other > latin:
		return otherScript(text), true
	case latin >= 2:
		return "en", words >= 2
	}
	return "", false
}

// latinWords counts words of Latin letters alone, and their letters.
func latinWords(text string) (words, letters int) {
	for _, f := range strings.Fields(text) {
		f = strings.TrimFunc(f, func(r rune) bool { return unicode.IsPunct(r) || unicode.IsSymbol(r) })
		n := 0
		for _, r := range f {
			switch {
			case unicode.Is(unicode.Latin, r):
				n++
			case r != '\'' && r != '’' && r != '-':
				n = -1 << 20
			}
		}
		if n > 0 {
			words++
			letters += n
		}
	}
	return words, letters
}

func otherScript(text string) string {
	for _, r := range text {
		switch {
		case unicode.Is(unicode.Cyrillic, r):
			return "ru"
		case unicode.Is(unicode.Arabic, r):
			return "ar"
		case unicode.Is(unicode.Thai, r):
			return "th"
		}
	}
	return "und"
}

// pinyin reports whether a single word is a common word in pinyin, so that its
// writer reads Chinese.
func pinyin(text string) bool {
	w := strings.ToLower(strings.TrimSpace(text))
	for _, p := range []string{"rengong", "renggong", "zhuan", "kefu", "zhenren", "nihao", "zaima", "huoren"} {
		if strings.Contains(w, p) {
			return true
		}
	}
	return false
}
