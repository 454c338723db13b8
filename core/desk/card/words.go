package card

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// Words fills a text of the catalog; vars alternate names and values.
func Words(lang, id string, vars ...string) string {
	pair, ok := catalog[id]
	if !ok {
		return id
	}
	s := pair[0]
	if strings.HasPrefix(lang, "en") {
		s = pair[1]
	}
	if len(vars) == 0 {
		return s
	}
	old := make([]string, len(vars))
	for i := range vars {
		if old[i] = vars[i]; i%2 == 0 {
			old[i] = "{" + vars[i] + "}"
		}
	}
	return strings.NewReplacer(old...).Replace(s)
}

// Option is a button.
func Option(id, label string) core.Option { return core.Option{ID: id, Label: label} }

// Clip shortens s to at most n runes.
func Clip(s string, n int) string {
	rs := []rune(s)
	if len(rs) <= n {
		return s
	}
	return string(rs[:n-1]) + "…"
}

// OneLine is s without line ends and repeated spaces.
func OneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// Span writes a length of time as 5:20 or 1:05:20.
func Span(d time.Duration) string {
	s := int(max(d, 0).Seconds())
	pad := func(n int) string {
		if n < 10 {
			return "0" + strconv.Itoa(n)
		}
		return strconv.Itoa(n)
	}
	if s >= 3600 {
		return strconv.Itoa(s/3600) + ":" + pad(s/60%60) + ":" + pad(s%60)
	}
	return pad(s/60) + ":" + pad(s%60)
}

// Above is what stands above a message that answers another one, or passes on
// somebody else's words: ↩ whose words they were; empty for all others.
func Above(env core.Envelope) string {
	if f := env.Forwarded; f != nil {
		return strings.TrimSpace("⤳ " + OneLine(f.From))
	}
	q := env.Quote
	if q == nil || q.Text == "" {
		return ""
	}
	who := cmp.Or(q.Name, map[core.AuthorKind]string{core.ByBot: "🤖"}[q.By])
	if who != "" {
		who += ": "
	}
	return "↩ " + Clip(OneLine(who+q.Text), 120)
}

// Under puts Above over the words of a message, as one text with them; behind a
// message that begins without words. The places of its other parts stay.
func Under(above string, parts core.Parts) core.Parts {
	if above == "" {
		return parts
	}
	out := slices.Clone(parts)
	if len(out) > 0 {
		if t, ok := out[0].(core.Text); ok {
			out[0] = core.Text{Body: above + "\n" + t.Body}
			return out
		}
	}
	return append(out, core.Text{Body: above})
}

// Gist is what staff read of a message in few words.
func Gist(parts core.Parts) string { return cmp.Or(parts.Text(), mediaText(parts)) }

// Heard is what staff read of a customer's message: all that it has.
func Heard(parts core.Parts) string {
	if text := parts.Text(); text != "" {
		return text
	}
	return strings.TrimSpace(mediaText(parts) + " " + otherText(parts))
}

// mediaText says what a message without words has.
func mediaText(parts core.Parts) string {
	var out []string
	for _, p := range parts {
		switch p := p.(type) {
		case core.Media:
			name := p.Name
			if name == "" {
				name = p.Type
			}
			out = append(out, "["+name+"]")
		case core.Place:
			out = append(out, "["+p.Name+" "+"📍]")
		case core.Card:
			out = append(out, p.Title)
		case core.Form:
			out = append(out, p.String())
		}
	}
	return strings.Join(out, " ")
}

// otherText says what else a message has.
func otherText(parts core.Parts) string {
	var out []string
	for _, p := range parts {
		switch p := p.(type) {
		case core.Other:
			out = append(out, "["+p.Kind+"]")
		case core.Form:
			out = append(out, p.String())
		case core.Choice:
			out = append(out, p.Numbered())
		case core.Pick:
			out = append(out, p.Option)
		}
	}
	return strings.Join(out, " ")
}
