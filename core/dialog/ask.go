package dialog

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-im/frontdesk/core/match"
	"github.com/frontdesk-im/frontdesk/core/script"
)

var (
	numbers = regexp.MustCompile(`[-+]?[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?`)
	dates   = regexp.MustCompile(`(?:([0-9]{4})[-/.年 ])?([0-9]{1,2})[-/.月 ]([0-9]{1,2})日?号?`)
)

// number reads the first number in a text: 3, ３, 1,200, 两件.
func number(s string) (float64, bool) {
	m := numbers.FindString(match.Fold(s))
	if m == "" {
		return 0, false
	}
	n, err := strconv.ParseFloat(strings.ReplaceAll(m, ",", ""), 64)
	return n, err == nil
}

// valid reads text as the answer to a question: the value in the form in which
// it is kept.
func valid(v view, lang string, s *script.Step, u match.Utterance, cmd string) (string, bool) {
	if s.Choose != "" {
		return chosen(v, lang, s, u, cmd)
	}
	text := u.Text
	switch s.Kind {
	case "number":
		n, ok := number(text)
		return strconv.FormatFloat(n, 'f', -1, 64), ok && within(n, s)
	case "phone":
		return firstOf(phonesIn(text))
	case "email":
		return firstOf(emailsIn(text))
	case "order":
		return firstOf(valuesOf(s.Re, text))
	case "date":
		return date(v, clean(text))
	}
	n := float64(utf8.RuneCountInString(text))
	if s.Re != nil {
		return firstOf(valuesOf(s.Re, text))
	}
	return text, n <= 1000 && (s.Min != nil || s.Max != nil || n > 0) && within(n, s)
}

func within(n float64, s *script.Step) bool {
	return (s.Min == nil || n >= *s.Min) && (s.Max == nil || n <= *s.Max)
}

func firstOf(found []string) (string, bool) {
	if len(found) == 0 {
		return "", false
	}
	return found[0], true
}

// further are the values in text beside the first, where a step asks for one of
// a kind that can be told apart.
func further(s *script.Step, text string) []string {
	var all []string
	switch s.Kind {
	case "phone":
		all = phonesIn(text)
	case "email":
		all = emailsIn(text)
	case "order":
		all = valuesOf(s.Re, text)
	}
	return all[min(1, len(all)):]
}

// chosen is the option that text means. One that it denies is not chosen; of two,
// the other is. Nothing is, where two fit alike.
func chosen(v view, lang string, s *script.Step, u match.Utterance, cmd string) (string, bool) {
	f := u.Bare
	var items []item
	var rest []string
	best, most := "", 0
	for _, o := range s.Options {
		label := v.Variant(o.Label, lang, 0).Render(nil)
		items = append(items, item{ID: o.ID, Label: label})
		denied := false
		for _, w := range append(o.Words.All(), label) {
			p := match.Bare(w)
			if p != "" && p == f {
				return o.ID, true
			}
			said, no := match.Finds(u.Folded, p)
			denied = denied || no && !said
			switch n := len([]rune(p)); {
			case !said || n == 0 || n == 1 && p[0] < utf8.RuneSelf:
			case n > most:
				best, most = o.ID, n
			case n == most && best != o.ID:
				best = ""
			}
		}
		if cmd == o.ID { // yes and no
			return o.ID, true
		}
		if !denied {
			rest = append(rest, o.ID)
		}
	}
	if best != "" {
		return best, true
	}
	if i := pickItem(u, items); i >= 0 && most == 0 && slices.Contains(rest, items[i].ID) {
		return items[i].ID, true
	}
	if len(rest) == 1 && len(s.Options) == 2 && most == 0 {
		return rest[0], true
	}
	return "", false
}

var nearDays = []struct {
	word string
	days int
}{{"大后天", 3}, {"后天", 2}, {"明天", 1}, {"今天", 0}, {"大前天", -3}, {"前天", -2}, {"昨天", -1}, {"tomorrow", 1}, {"today", 0}, {"yesterday", -1}}

// date reads 2026-11-21, 11月21日, 今天, tomorrow; a day without a year is the
// next one to come, or the last one if that is nearer.
func date(v view, s string) (string, bool) {
	now := v.HoursOf(v.Settings.Topic).Calendar().In(v.Now)
	lower := strings.ToLower(s)
	for _, x := range nearDays {
		if strings.Contains(lower, x.word) {
			return now.AddDate(0, 0, x.days).Format(time.DateOnly), true
		}
	}
	m := dates.FindStringSubmatch(s)
	if m == nil {
		return "", false
	}
	month, _ := strconv.Atoi(m[2])
	day, _ := strconv.Atoi(m[3])
	year, _ := strconv.Atoi(m[1])
	if m[1] == "" {
		year = now.Year()
		d := time.Date(year, time.Month(month), day, 0, 0, 0, 0, now.Location())
		switch diff := d.Sub(now); {
		case diff > 183*24*time.Hour:
			year--
		case diff < -183*24*time.Hour:
			year++
		}
	}
	d := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if int(d.Month()) != month || d.Day() != day || year < 1900 || year > 2100 {
		return "", false
	}
	return d.Format(time.DateOnly), true
}
