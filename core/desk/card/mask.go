package card

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

var (
	maskPhone = regexp.MustCompile(`(\d{3})[ -]?\d{2,4}[ -]?\d{0,2}(\d{4})\b`)
	maskMail  = regexp.MustCompile(`([\w.+-])[\w.+-]*(@[\w-]+\.[\w.-]+)`)
	maskLong  = regexp.MustCompile(`\d[\d -]{10,}\d`)
	maskPlace = regexp.MustCompile(`(\p{Han}{2,}(?:路|街|道|巷|弄|小区|花园|大厦|村))[^，。；,;\n]*`)
)

var spaces = strings.NewReplacer(" ", "", "-", "")

// mask hides what identifies a person: telephone and other long numbers, mail
// and street addresses.
func mask(s string) string {
	s = maskLong.ReplaceAllStringFunc(s, func(x string) string {
		d := spaces.Replace(x)
		return d[:3] + strings.Repeat("*", max(0, len(d)-7)) + d[len(d)-4:]
	})
	s = maskPhone.ReplaceAllString(s, "$1****$2")
	s = maskMail.ReplaceAllString(s, "$1***$2")
	return maskPlace.ReplaceAllString(s, "$1***")
}

// maskName keeps the family name, or the initial.
func maskName(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(r) + "**"
}
