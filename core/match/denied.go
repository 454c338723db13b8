package match

import "strings"

// Finds reports where a text has the words of an option: said for one place at least where they stand, and denied for
// one where they are what the customer does not want (不退货，想换一个 denies 退货).
func Finds(text, words string) (said, denies bool) {
	f, w := Fold(text), Fold(words)
	if w == "" || len(f) > 6000 {
		return false, false
	}
	r := []rune(w)
	for from := 0; ; {
		k := strings.Index(f[from:], w)
		if k < 0 {
			return said, denies
		}
		k += from
		from = k + len(w)
		if latin(r[0]) && (k > 0 && word(rune(f[k-1])) || from < len(f) && word(rune(f[from]))) {
			continue
		}
		_, no := denied(f, k, from)
		if before := f[:k]; !no && han(r[0]) {
			no = bareDenial(before)
		}
		said, denies = said || !no, denies || no
	}
}

// bareDenial: 不退货, 没拆; not 要不要退.
func bareDenial(before string) bool {
	for _, d := range []string{"不", "没", "没有", "非", "勿"} {
		if rest, ok := strings.CutSuffix(before, d); ok {
			return !strings.HasSuffix(rest, "要") && !strings.HasSuffix(rest, "能") && !strings.HasSuffix(rest, "可")
		}
	}
	return false
}
