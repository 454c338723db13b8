package match

import (
	"strings"
	"unicode"
)

// An Utterance is a text that has been listened to: what it says beside what it asks. It is made once, by Listen, and handed
// to whatever decides about the text, so that nobody takes it apart again.
type Utterance struct {
	Text   string // as it was written
	Folded string // see Fold
	Bare   string // see Bare
	Acts   []Act  // what it does beside asking, the one that counts most first
	Rest   string // its words that do nothing but ask or tell, without the courtesies around them
	Tongue string // see Tongue
	Danger Danger // that it speaks of
	Peril  string // the folded words that speak of it
	runes  []rune // Folded
}

// Listen takes a text apart.
func Listen(text string) Utterance {
	u := listen(text)
	u.Bare, u.Tongue = bareOf(text, u.Folded), Tongue(text)
	return u
}

// listen is Listen without what Match has no need of.
func listen(text string) Utterance {
	u := folded(text)
	u.Acts, u.Rest = Hear(text)
	u.Danger, u.Peril = dangerIn(u.runes)
	return u
}

// folded is a text that nobody has listened to yet.
func folded(text string) Utterance {
	f := Fold(text)
	return Utterance{Text: text, Folded: f, runes: []rune(f)}
}

// Act tells what an utterance does if it does nothing but that; see ActOf.
func (u Utterance) Act() (act Act, ok bool) {
	if u.Rest != "" || len(u.Acts) == 0 {
		return "", false
	}
	return u.Acts[0], true
}

// Bare is a short text without case, width, and the blanks and marks around it; a text of over 200 bytes has none.
func Bare(text string) string { return bareOf(text, Fold(text)) }

func bareOf(text, folded string) string {
	if len(text) > 200 {
		return ""
	}
	return strings.TrimFunc(folded, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsPunct(r) || unicode.IsSymbol(r) })
}
