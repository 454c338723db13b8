// Package calendar says when somebody is there: hours of a week, days off, days
// that differ. It is pure, and the one calendar for scripts, shifts and policies.
package calendar

import (
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // zones for machines that have none
)

// A Calendar is when people are there: the parts of each weekday, days off, and
// days that differ, all by the clock of one zone. A nil Calendar, or one without
// a zone, is always open.
type Calendar struct {
	Zone *time.Location
	Week Week
	Off  []Span            // nobody is there on these days
	Days map[string][]Part // 2026-10-10: its parts, whatever Week and Off say, like a make-up workday
}

// A Span is some days in a row, both ends included, as 2026-10-01.
type Span struct{ From, To string }

// Zone finds a time zone by its name in the IANA database, like Asia/Shanghai.
func Zone(name string) (*time.Location, error) {
	loc, err := time.LoadLocation(name)
	if err != nil || name == "Local" || name == "" {
		return nil, fmt.Errorf("zone %q is not known; write it like Asia/Shanghai or Europe/London", name)
	}
	return loc, nil
}

// ParseSpan reads 2026-10-01 or 2026-10-01..2026-10-07.
func ParseSpan(s string) (Span, error) {
	from, to, ok := strings.Cut(s, "..")
	if !ok {
		to = from
	}
	if !IsDate(from) || !IsDate(to) || to < from {
		return Span{}, fmt.Errorf("holiday %q is not a date; write 2026-10-01 or 2026-10-01..2026-10-07", s)
	}
	return Span{from, to}, nil
}

// IsDate reports whether s is a day like 2026-10-01.
func IsDate(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

func (c *Calendar) always() bool { return c == nil || c.Zone == nil }

// In is t by the calendar's clock.
func (c *Calendar) In(t time.Time) time.Time {
	if c.always() {
		return t
	}
	return t.In(c.Zone)
}

// On returns the parts of the day that t is in, by t's own clock: in order, and
// none touching another.
func (c *Calendar) On(t time.Time) []Part {
	date := t.Format(time.DateOnly)
	if parts, ok := c.Days[date]; ok {
		return Join(parts)
	}
	for _, off := range c.Off {
		if off.From <= date && date <= off.To {
			return nil
		}
	}
	return Join(c.Week.Day(t))
}

// Open reports whether people are there at now.
func (c *Calendar) Open(now time.Time) bool {
	if c.always() {
		return true
	}
	t := c.In(now)
	return within(c.On(t), t)
}

// horizon is how many days ahead working time is looked for.
const horizon = 60

// Opens is the next moment from now on at which people are there; false if
// there is none within two months.
func (c *Calendar) Opens(now time.Time) (time.Time, bool) {
	if c.Open(now) {
		return now, true
	}
	return c.Worked(now, 0)
}

// Closes is when they next go; false while nobody is there, and if somebody always
// is or goes on being there for a week.
func (c *Calendar) Closes(now time.Time) (time.Time, bool) {
	if c.always() || !c.Open(now) {
		return time.Time{}, false
	}
	t, end := c.In(now), now
	for i := range 8 {
		at := func(minute int) time.Time {
			return time.Date(t.Year(), t.Month(), t.Day()+i, 0, minute, 0, 0, c.Zone)
		}
		for _, part := range c.On(at(0)) {
			if from, to := at(part.From), at(part.To); !from.After(end) && to.After(end) {
				end = to // one part may begin where the last ends, at midnight
			}
		}
		if !c.Open(end) {
			return end, true
		}
	}
	return time.Time{}, false
}

// Worked is the first moment with people there at which work of their time has
// gone by since now; false if there is none within two months.
func (c *Calendar) Worked(now time.Time, work time.Duration) (time.Time, bool) {
	if c.always() {
		return now.Add(work), true
	}
	t := c.In(now)
	for i := range horizon {
		at := func(minute int) time.Time {
			return time.Date(t.Year(), t.Month(), t.Day()+i, 0, minute, 0, 0, c.Zone)
		}
		for _, part := range c.On(at(0)) {
			from, to := at(part.From), at(part.To)
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
	}
	return time.Time{}, false
}
