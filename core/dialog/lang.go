package dialog

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/match"
	"github.com/frontdesk-im/frontdesk/core/script"
)

// profileLang is the language of the profile, as far as the script has it.
func profileLang(v view) string {
	lang := v.Settings.Languages[0]
	base, _, _ := strings.Cut(v.peer.Lang, "-")
	for _, l := range []string{v.peer.Lang, base} {
		if slices.Contains(v.Settings.Languages, l) {
			lang = l
		}
	}
	return lang
}

// hearLang follows the language of what the customer writes. A single Latin
// word in a conversation that has a language does not change it: "ok", an
// order number.
func hearLang(v view, m memory, text string) memory {
	if m.Tongue != "" {
		return m
	}
	if strings.ContainsAny(text, "[/:") {
		text = faceCodes.ReplaceAllString(text, " ")
	}
	lang, sure := langOf(text)
	switch {
	case lang == "en" && !sure && (m.Wrote || pinyin(text) || strings.ContainsAny(text, "0123456789")):
		return m
	case lang == "en" && match.Pinyin(text):
		lang = "zh"
	}
	if slices.Contains(v.Settings.Languages, lang) {
		m.Lang, m.Wrote = lang, true
	}
	return m
}

// faceCodes are a platform's faces in letters: [Smile], /::), :smile:.
var faceCodes = regexp.MustCompile(`\[[A-Za-z]{1,12}\]|/:[^\s\p{Han}]{1,8}|:[a-z_]{2,20}:`)

// foreign reports whether a text is in a language that the script does not have.
func foreign(v view, u match.Utterance) bool {
	lang := u.Tongue
	if lang == "" {
		if l, sure := langOf(u.Text); sure {
			lang = l
		}
	}
	return lang != "" && !slices.Contains(v.Settings.Languages, lang)
}

// stranger is a text in a language that the script does not have: one line that
// says so, and a person.
type stranger string

// strange takes a text as one, unless they wait for a person, who may read it.
func strange(v view, t talk, u match.Utterance, d match.Decision) act {
	if t.waiting() || t.Flow.on() && tells(v, t.memory, u) || exactly(v, d) || !foreign(v, u) {
		return nil
	}
	return stranger(u.Text)
}

func (a stranger) do(v view, t talk) talk {
	t.memory = t.asks(string(a), v.Now)
	return sayUnspoken(v, note(v, t, core.EventFellBack, "a language that the script does not speak"))
}

// sayUnspoken says which languages the script speaks, and offers a person.
func sayUnspoken(v view, t talk) talk {
	t.Strange = true
	id := "unknown_language"
	switch langs := v.Settings.Languages; {
	case len(langs) == 1:
		id = "unknown_language_one"
	case len(langs) != 2 || !slices.Contains(langs, "zh") || !slices.Contains(langs, "en"):
		id = "unknown_language_other"
	}
	return offer(v, t, "offer", v.Word(t.Lang, id, nil), v.items(t.Lang, script.ToHuman, script.ToMenu))
}

// unspoken reports whether a text is likely in a language that the script does
// not have, be it one word: hello, refund, 你好.
func unspoken(v view, text string) bool {
	lang, sure := langOf(faceCodes.ReplaceAllString(text, " "))
	if lang == "" || slices.Contains(v.Settings.Languages, lang) {
		return false
	}
	return sure || lang != "en" || len(strings.TrimSpace(text)) > 3 && !strings.ContainsAny(text, "0123456789") && !pinyin(text) && !match.Pinyin(text)
}

// noted says once, to who was answered in a language that is not theirs, that the
// script has no other.
func noted(v view, t talk, text string) talk {
	if t.Strange || len(v.Settings.Languages) != 1 || len(t.parts) == 0 || !unspoken(v, text) {
		return t
	}
	t.Strange = true
	return tell(v, t, "only_language")
}

// tongue is the language in which they ask to be answered.
type tongue string

func asksTongue(u match.Utterance) act {
	if lang, ok := u.WantsTongue(); ok {
		return tongue(lang)
	}
	return nil
}

func (a tongue) do(v view, t talk) talk {
	lang := string(a)
	if !slices.Contains(v.Settings.Languages, lang) {
		return stranger(t.text).do(v, t)
	}
	t.Lang, t.Wrote, t.Tongue = lang, true, lang
	t = note(v, t, core.EventAnswered, "asked to be answered in "+lang, "entry", "", "how", "act")
	return askAgain(v, tell(v, t, "language"))
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
