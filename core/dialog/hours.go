package dialog

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // zones for machines that have none
)

// hours are when people are there: weekly intervals, days off, days that
// differ, all in one zone.
type hours struct {
	Pos
	Zone     string              `yaml:"zone"`
	Week     map[string][]string `yaml:"week"`     // mon, mon-fri: ["09:00-12:00", "13:00-18:00"]
	Holidays []string            `yaml:"holidays"` // 2026-10-01 or 2026-10-01..2026-10-07
	Days     map[string][]string `yaml:"days"`     // 2026-10-10: ["09:00-18:00"], before week and holidays
	Answer   time.Duration       `yaml:"answer"`   // working time within which a message is answered

	loc  *time.Location
	week [7][]span // Monday first
	off  [][2]string
	days map[string][]span
}

// span is a part of a day, in minutes from midnight.
type span struct{ from, to int }

var weekdays = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

func (h *hours) compile(fail func(Pos, string, ...any)) {
	def(&h.Zone, "Asia/Shanghai")
	def(&h.Answer, 2*time.Hour)
	loc, err := time.LoadLocation(h.Zone)
	if err != nil || h.Zone == "Local" {
		fail(h.Pos, "zone %s is not known; write it like Asia/Shanghai or Europe/London", quote(h.Zone))
		loc = time.UTC
	}
	h.loc = loc
	for _, k := range sortedKeys(h.Week) {
		days, err := dayRange(k)
		if err != nil {
			fail(h.Pos, "week: %v", err)
			continue
		}
		spans := readSpans(h.Week[k], h.Pos, fail)
		for _, d := range days {
			h.week[d] = append(h.week[d], spans...)
		}
	}
	for _, s := range h.Holidays {
		from, to, ok := strings.Cut(s, "..")
		if !ok {
			to = from
		}
		if !isDate(from) || !isDate(to) || to < from {
			fail(h.Pos, "holiday %s is not a date; write 2026-10-01 or 2026-10-01..2026-10-07", quote(s))
			continue
		}
		h.off = append(h.off, [2]string{from, to})
	}
	h.days = map[string][]span{}
	for _, k := range sortedKeys(h.Days) {
		if !isDate(k) {
			fail(h.Pos, "days: %s is not a date; write it like 2026-10-10", quote(k))
			continue
		}
		h.days[k] = readSpans(h.Days[k], h.Pos, fail)
	}
}

func dayRange(s string) ([]int, error) {
	from, to, ok := strings.Cut(s, "-")
	if !ok {
		to = from
	}
	i, j := index(weekdays, from), index(weekdays, to)
	if i < 0 || j < 0 {
		return nil, fmt.Errorf("%s is not a weekday; write mon, sat-sun or mon-fri", quote(s))
	}
	var out []int
	for {
		out = append(out, i)
		if i == j {
			return out, nil
		}
		i = (i + 1) % 7
	}
}

func index(list []string, s string) int {
	for i, x := range list {
		if x == s {
			return i
		}
	}
	return -1
}

func isDate(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

func readSpans(in []string, at Pos, fail func(Pos, string, ...any)) []span {
	var out []span
	for _, s := range in {
		a, b, _ := strings.Cut(s, "-")
		from, err1 := clock(a)
		to, err2 := clock(b)
		if err1 != nil || err2 != nil || to <= from {
			fail(at, "%s is not a time of day; write it like 09:00-18:00 (until 24:00; over midnight needs two)", quote(s))
			continue
		}
		out = append(out, span{from, to})
	}
	return out
}

func clock(s string) (int, error) {
	h, m, ok := strings.Cut(strings.TrimSpace(s), ":")
	hh, err1 := strconv.Atoi(h)
	mm, err2 := strconv.Atoi(m)
	if !ok || err1 != nil || err2 != nil || hh < 0 || mm < 0 || mm > 59 || hh*60+mm > 24*60 {
		return 0, fmt.Errorf("bad clock %q", s)
	}
	return hh*60 + mm, nil
}

// on returns the open parts of the day that t is in.
func (h *hours) on(t time.Time) []span {
	date := t.Format(time.DateOnly)
	if s, ok := h.days[date]; ok {
		return s
	}
	for _, r := range h.off {
		if r[0] <= date && date <= r[1] {
			return nil
		}
	}
	return h.week[(int(t.Weekday())+6)%7]
}

// open reports whether people are there at now. No hours means always.
func (h *hours) open(now time.Time) bool {
	if h == nil || h.loc == nil {
		return true
	}
	t := now.In(h.loc)
	m := t.Hour()*60 + t.Minute()
	for _, s := range h.on(t) {
		if s.from <= m && m < s.to {
			return true
		}
	}
	return false
}

// horizon is how far ahead openings are looked for.
const horizon = 60

// opens is the next moment from now on at which people are there.
func (h *hours) opens(now time.Time) (time.Time, bool) {
	if h.open(now) {
		return now, true
	}
	return h.worked(now, 0)
}

// promise is when a message left at now is answered at the latest: after
// Answer of working time.
func (h *hours) promise(now time.Time) (time.Time, bool) {
	if h == nil || h.loc == nil {
		return now.Add(2 * time.Hour), true
	}
	return h.worked(now, h.Answer)
}

// worked is the first moment with people there at which work of their time has
// gone by since now.
func (h *hours) worked(now time.Time, work time.Duration) (time.Time, bool) {
	t := now.In(h.loc)
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, h.loc)
	for range horizon {
		for _, s := range h.on(day) {
			from := time.Date(day.Year(), day.Month(), day.Day(), 0, s.from, 0, 0, h.loc)
			to := time.Date(day.Year(), day.Month(), day.Day(), 0, s.to, 0, 0, h.loc)
			if !to.After(t) {
				continue
			}
			if from.Before(t) {
				from = t
			}
			if left := to.Sub(from); left > work || left == work && work > 0 {
				return from.Add(work), true
			}
			work -= to.Sub(from)
		}
		day = time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, h.loc)
	}
	return time.Time{}, false
}

// when says a moment in the customer's language, rounded up to the quarter.
func (b *Book) when(lang string, h *hours, t, now time.Time) string {
	if h != nil && h.loc != nil {
		t, now = t.In(h.loc), now.In(h.loc)
	}
	if r := t.Truncate(15 * time.Minute); r.Before(t) {
		t = r.Add(15 * time.Minute)
	}
	vars := map[string]string{"clock": t.Format("15:04"), "month": strconv.Itoa(int(t.Month())), "day": strconv.Itoa(t.Day())}
	switch t.Format(time.DateOnly) {
	case now.Format(time.DateOnly):
		return b.word(lang, "at_today", vars)
	case now.AddDate(0, 0, 1).Format(time.DateOnly):
		return b.word(lang, "at_tomorrow", vars)
	}
	vars["weekday"] = b.wordN(lang, "weekdays", (int(t.Weekday())+6)%7, nil)
	return b.word(lang, "at_date", vars)
}
