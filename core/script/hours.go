package script

import (
	"strconv"
	"time"

	"github.com/frontdesk-im/frontdesk/core/calendar"
)

// Hours are when people are there: weekly intervals, days off, days that
// differ, all in one zone.
type Hours struct {
	Pos
	Zone     string              `yaml:"zone"`
	Week     map[string][]string `yaml:"week"`     // mon, mon-fri: ["09:00-12:00", "13:00-18:00"]
	Holidays []string            `yaml:"holidays"` // 2026-10-01 or 2026-10-01..2026-10-07
	Days     map[string][]string `yaml:"days"`     // 2026-10-10: ["09:00-18:00"], before week and holidays
	Answer   time.Duration       `yaml:"answer"`   // working time within which a message is answered

	Cal *calendar.Calendar
}

// compile reads the calendar; every fault is told.
func (h *Hours) compile(fail func(Pos, string, ...any)) {
	def(&h.Zone, "Asia/Shanghai")
	def(&h.Answer, 2*time.Hour)
	told := func(what string, err error) bool {
		for _, e := range parts(err) {
			fail(h.Pos, "%s%v", what, e)
		}
		return err != nil
	}
	zone, err := calendar.Zone(h.Zone)
	if told("", err) {
		zone = time.UTC
	}
	h.Cal = &calendar.Calendar{Zone: zone, Days: map[string][]calendar.Part{}}
	for _, k := range sortedKeys(h.Week) {
		days, err := calendar.ParseDays(k)
		if told("week: ", err) {
			continue
		}
		open, err := calendar.ParseParts(h.Week[k])
		told("", err)
		for _, d := range days {
			h.Cal.Week[d] = append(h.Cal.Week[d], open...)
		}
	}
	for _, s := range h.Holidays {
		if off, err := calendar.ParseSpan(s); !told("", err) {
			h.Cal.Off = append(h.Cal.Off, off)
		}
	}
	for _, k := range sortedKeys(h.Days) {
		if !calendar.IsDate(k) {
			fail(h.Pos, "days: %s is not a date; write it like 2026-10-10", quote(k))
			continue
		}
		open, err := calendar.ParseParts(h.Days[k])
		told("", err)
		h.Cal.Days[k] = open
	}
}

// parts are the errors that err joins.
func parts(err error) []error {
	if j, ok := err.(interface{ Unwrap() []error }); ok {
		return j.Unwrap()
	}
	if err == nil {
		return nil
	}
	return []error{err}
}

// Calendar is when people are there; without hours that is always.
func (h *Hours) Calendar() *calendar.Calendar {
	if h == nil {
		return nil
	}
	return h.Cal
}

// Promise is when a message left at now is answered at the latest: after
// Answer of working time.
func (h *Hours) Promise(now time.Time) (time.Time, bool) {
	if h == nil || h.Cal == nil {
		return now.Add(2 * time.Hour), true
	}
	return h.Cal.Worked(now, h.Answer)
}

// When says a moment in the customer's language, rounded up to the quarter, by
// the clock of now's zone.
func (b *Book) When(lang string, t, now time.Time) string {
	t = t.In(now.Location())
	if r := t.Truncate(15 * time.Minute); r.Before(t) {
		t = r.Add(15 * time.Minute)
	}
	vars := map[string]string{"clock": t.Format("15:04"), "month": strconv.Itoa(int(t.Month())), "day": strconv.Itoa(t.Day())}
	switch t.Format(time.DateOnly) {
	case now.Format(time.DateOnly):
		return b.Word(lang, "at_today", vars)
	case now.AddDate(0, 0, 1).Format(time.DateOnly):
		return b.Word(lang, "at_tomorrow", vars)
	}
	vars["weekday"] = b.WordN(lang, "weekdays", (int(t.Weekday())+6)%7, nil)
	return b.Word(lang, "at_date", vars)
}
