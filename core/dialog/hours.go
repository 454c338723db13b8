package dialog

import (
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // zones for machines that have none

	"github.com/frontdesk-im/frontdesk/core"
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
	week core.Week
	off  [][2]string
	days map[string][]core.Hours
}

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
		days, err := core.ParseDays(k)
		if err != nil {
			fail(h.Pos, "week: %v", err)
			continue
		}
		parts := h.parts(h.Week[k], fail)
		for _, d := range days {
			h.week[d] = append(h.week[d], parts...)
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
	h.days = map[string][]core.Hours{}
	for _, k := range sortedKeys(h.Days) {
		if !isDate(k) {
			fail(h.Pos, "days: %s is not a date; write it like 2026-10-10", quote(k))
			continue
		}
		h.days[k] = h.parts(h.Days[k], fail)
	}
}

// parts reads the parts of a day; every fault is told.
func (h *hours) parts(in []string, fail func(Pos, string, ...any)) (out []core.Hours) {
	for _, s := range in {
		part, err := core.ParseHours([]string{s})
		if err != nil {
			fail(h.Pos, "%v", err)
		}
		out = append(out, part...)
	}
	return out
}

func isDate(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

// on returns the open parts of the day that t is in.
func (h *hours) on(t time.Time) []core.Hours {
	date := t.Format(time.DateOnly)
	if s, ok := h.days[date]; ok {
		return s
	}
	for _, r := range h.off {
		if r[0] <= date && date <= r[1] {
			return nil
		}
	}
	return h.week.Day(t)
}

// open reports whether people are there at now. No hours means always.
func (h *hours) open(now time.Time) bool {
	if h == nil || h.loc == nil {
		return true
	}
	t := now.In(h.loc)
	m := t.Hour()*60 + t.Minute()
	for _, s := range h.on(t) {
		if s.From <= m && m < s.To {
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
			from := time.Date(day.Year(), day.Month(), day.Day(), 0, s.From, 0, 0, h.loc)
			to := time.Date(day.Year(), day.Month(), day.Day(), 0, s.To, 0, 0, h.loc)
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
