package dialog

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-im/frontdesk/core/match"
)

var (
	numbers = regexp.MustCompile(`[-+]?[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?`)
	phones  = regexp.MustCompile(`(?:\+|00)?[0-9](?:[ \-()]?[0-9]){6,14}`)
	mobile  = regexp.MustCompile(`^1[3-9][0-9]{9}$`)
	emails  = regexp.MustCompile(`[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)*\.[A-Za-z]{2,24}`)
	tokens  = regexp.MustCompile(`[A-Za-z0-9][A-Za-z0-9_\-]*`)
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
func (t *turn) valid(s *step, text, cmd string) (string, bool) {
	if s.Choose != "" {
		return t.chosen(s, text, cmd)
	}
	wide := strings.TrimSpace(narrow(text))
	switch s.Kind {
	case "number":
		n, ok := number(text)
		return show(n, nil), ok && within(n, s)
	case "phone":
		for _, p := range phones.FindAllString(wide, 4) {
			p = strings.NewReplacer(" ", "", "-", "", "(", "", ")", "").Replace(p)
			if q := strings.TrimPrefix(strings.TrimPrefix(p, "+86"), "0086"); mobile.MatchString(q) {
				return q, true
			}
			if len(p) >= 7 && !strings.HasPrefix(p, "1") || strings.HasPrefix(p, "+") && len(p) >= 8 {
				return p, true
			}
		}
		return "", false
	case "email":
		m := emails.FindString(wide)
		return m, m != ""
	case "order":
		return byPattern(s.c.re, wide)
	case "date":
		return t.date(wide)
	}
	n := float64(utf8.RuneCountInString(text))
	if s.c.re != nil {
		return byPattern(s.c.re, wide)
	}
	return text, n <= 1000 && (s.Min != nil || s.Max != nil || n > 0) && within(n, s)
}

func within(n float64, s *step) bool {
	return (s.Min == nil || n >= *s.Min) && (s.Max == nil || n <= *s.Max)
}

// narrow turns full width letters and digits into the usual ones and leaves
// everything else alone.
func narrow(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		case r == '　':
			return ' '
		}
		return r
	}, s)
}

// byPattern finds what the pattern wants: the whole text, or one word of it.
func byPattern(re *regexp.Regexp, text string) (string, bool) {
	try := append([]string{text}, tokens.FindAllString(text, 20)...)
	for _, s := range try {
		for _, x := range []string{s, strings.ToUpper(s)} {
			if re.MatchString(x) && len(x) <= 100 {
				return x, true
			}
		}
	}
	return "", false
}

func (t *turn) chosen(s *step, text, cmd string) (string, bool) {
	f := plain(text)
	var items []item
	for _, o := range s.Options {
		for _, w := range o.Words.all() {
			if p := plain(w); p != "" && (p == f || len([]rune(p)) >= 2 && strings.Contains(f, p)) {
				return o.ID, true
			}
		}
		if cmd == o.ID { // yes and no
			return o.ID, true
		}
		items = append(items, item{o.ID, t.b.pick(o.Label, t.m.Lang, 0).render(nil)})
	}
	if i := pickItem(text, items); i >= 0 {
		return items[i].ID, true
	}
	return "", false
}

var nearDays = []struct {
	word string
	days int
}{{"大后天", 3}, {"后天", 2}, {"明天", 1}, {"今天", 0}, {"大前天", -3}, {"前天", -2}, {"昨天", -1}, {"tomorrow", 1}, {"today", 0}, {"yesterday", -1}}

// date reads 2026-11-21, 11月21日, 今天, tomorrow; a day without a year is the
// next one to come, or the last one if that is nearer.
func (t *turn) date(s string) (string, bool) {
	now := t.s.Now
	if h := t.b.hoursOf(t.b.set.Topic); h != nil && h.loc != nil {
		now = now.In(h.loc)
	}
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
