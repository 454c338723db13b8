package dialog

import "unicode"

// languages sees that every text is there in every language.
func (l *loader) languages(t text, what string) {
	if t.empty() {
		return
	}
	if len(t.by[""]) > 0 {
		if len(l.b.set.Languages) > 1 && !wordless(t.by[""]) {
			l.fail(t.Pos, "%s has no language; write %s: … for each", what, joinLangs(l.b.set.Languages))
		}
		return
	}
	for _, lang := range l.b.set.Languages {
		if len(t.by[lang]) == 0 {
			l.fail(t.Pos, "%s is missing in %s; add %s: …", what, lang, lang)
		}
	}
}

func joinLangs(langs []string) string {
	s := ""
	for i, l := range langs {
		if i > 0 {
			s += ": … and "
		}
		s += l
	}
	return s
}

// wordless texts, like 👋 or {{ … }} alone, are the same in every language.
func wordless(vs []*template) bool {
	for _, v := range vs {
		for _, p := range v.parts {
			for _, r := range p.text {
				if unicode.IsLetter(r) {
					return false
				}
			}
		}
	}
	return true
}

// lint looks for what is allowed but wrong.
func (l *loader) lint() {}
