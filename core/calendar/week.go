package calendar

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Week is when somebody is there: the parts of each day, Monday first, by the
// clock of the zone that times are given in.
type Week [7][]Part

// A Part is a part of a day, in minutes from midnight; To is not part of it.
type Part struct{ From, To int }

var weekdays = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// ParseWeek reads {"mon-fri": ["09:00-12:00", "13:00-18:00"], "sat": …}. The
// error joins every fault.
func ParseWeek(in map[string][]string) (w Week, err error) {
	var errs []error
	for _, days := range slices.Sorted(maps.Keys(in)) {
		ds, err1 := ParseDays(days)
		hours, err2 := ParseParts(in[days])
		errs = append(errs, err1, err2)
		for _, d := range ds {
			w[d] = append(w[d], hours...)
		}
	}
	for d := range w {
		w[d] = Join(w[d])
	}
	return w, errors.Join(errs...)
}

// ParseDays reads mon, sat-sun or fri-mon; Monday is 0.
func ParseDays(s string) ([]int, error) {
	from, to, ok := strings.Cut(s, "-")
	if !ok {
		to = from
	}
	i, j := slices.Index(weekdays, from), slices.Index(weekdays, to)
	if i < 0 || j < 0 {
		return nil, fmt.Errorf("%q is not a weekday; write mon, sat-sun or mon-fri", s)
	}
	out := []int{i}
	for ; i != j; out = append(out, i) {
		i = (i + 1) % 7
	}
	return out, nil
}

// ParseParts reads "09:00-12:00" and its like, in any order. The error joins every
// fault.
func ParseParts(in []string) (out []Part, err error) {
	var errs []error
	for _, s := range in {
		a, b, _ := strings.Cut(s, "-")
		from, ok1 := minutes(a)
		to, ok2 := minutes(b)
		if !ok1 || !ok2 || to <= from {
			errs = append(errs, fmt.Errorf("%q is not a time of day; write it like 09:00-18:00 (until 24:00; over midnight needs two)", s))
			continue
		}
		out = append(out, Part{from, to})
	}
	return Join(out), errors.Join(errs...)
}

// Join puts parts of a day in order and makes one of those that overlap or touch.
func Join(parts []Part) []Part {
	var out []Part
	for _, h := range slices.SortedFunc(slices.Values(parts), func(a, b Part) int { return a.From - b.From }) {
		if n := len(out); n > 0 && h.From <= out[n-1].To {
			out[n-1].To = max(out[n-1].To, h.To)
			continue
		}
		out = append(out, h)
	}
	return out
}

func minutes(s string) (int, bool) {
	h, m, ok := strings.Cut(strings.TrimSpace(s), ":")
	hh, err1 := strconv.Atoi(h)
	mm, err2 := strconv.Atoi(m)
	return hh*60 + mm, ok && err1 == nil && err2 == nil && hh >= 0 && mm >= 0 && mm <= 59 && hh*60+mm <= 24*60
}

// Day is the parts of the day that t is in.
func (w Week) Day(t time.Time) []Part { return w[(int(t.Weekday())+6)%7] }

// At reports whether t is in one of the week's parts.
func (w Week) At(t time.Time) bool {
	return within(w.Day(t), t)
}

// within reports whether the clock of t is in one of the parts.
func within(parts []Part, t time.Time) bool {
	m := t.Hour()*60 + t.Minute()
	return slices.ContainsFunc(parts, func(h Part) bool { return h.From <= m && m < h.To })
}

// Edge is the next moment after t at which At changes; zero if it never does.
func (w Week) Edge(t time.Time) time.Time {
	is := w.At(t)
	for i := range 9 {
		day := time.Date(t.Year(), t.Month(), t.Day()+i, 0, 0, 0, 0, t.Location())
		var at []int
		for _, h := range append([]Part{{0, 0}}, w.Day(day)...) {
			at = append(at, h.From, h.To)
		}
		slices.Sort(at)
		for _, m := range at {
			if x := time.Date(day.Year(), day.Month(), day.Day(), 0, m, 0, 0, t.Location()); x.After(t) && w.At(x) != is {
				return x
			}
		}
	}
	return time.Time{}
}
