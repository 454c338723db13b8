package core

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
type Week [7][]Hours

// Hours are a part of a day, in minutes from midnight; To is not part of it.
type Hours struct{ From, To int }

var weekdays = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// ParseWeek reads {"mon-fri": ["09:00-12:00", "13:00-18:00"], "sat": …}. The
// error joins every fault.
func ParseWeek(in map[string][]string) (w Week, err error) {
	var errs []error
	for _, days := range slices.Sorted(maps.Keys(in)) {
		ds, err1 := ParseDays(days)
		hours, err2 := ParseHours(in[days])
		errs = append(errs, err1, err2)
		for _, d := range ds {
			w[d] = append(w[d], hours...)
		}
	}
	for d := range w {
		slices.SortFunc(w[d], func(a, b Hours) int { return a.From - b.From })
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

// ParseHours reads "09:00-12:00" and its like. The error joins every fault.
func ParseHours(in []string) (out []Hours, err error) {
	var errs []error
	for _, s := range in {
		a, b, _ := strings.Cut(s, "-")
		from, ok1 := minutes(a)
		to, ok2 := minutes(b)
		if !ok1 || !ok2 || to <= from {
			errs = append(errs, fmt.Errorf("%q is not a time of day; write it like 09:00-18:00 (until 24:00; over midnight needs two)", s))
			continue
		}
		out = append(out, Hours{from, to})
	}
	return out, errors.Join(errs...)
}

func minutes(s string) (int, bool) {
	h, m, ok := strings.Cut(strings.TrimSpace(s), ":")
	hh, err1 := strconv.Atoi(h)
	mm, err2 := strconv.Atoi(m)
	return hh*60 + mm, ok && err1 == nil && err2 == nil && hh >= 0 && mm >= 0 && mm <= 59 && hh*60+mm <= 24*60
}

// Day is the parts of the day that t is in.
func (w Week) Day(t time.Time) []Hours { return w[(int(t.Weekday())+6)%7] }

// At reports whether t is in one of the week's parts.
func (w Week) At(t time.Time) bool {
	m := t.Hour()*60 + t.Minute()
	return slices.ContainsFunc(w.Day(t), func(h Hours) bool { return h.From <= m && m < h.To })
}

// Edge is the next moment after t at which At changes; zero if it never does.
func (w Week) Edge(t time.Time) time.Time {
	is := w.At(t)
	for i := range 9 {
		day := time.Date(t.Year(), t.Month(), t.Day()+i, 0, 0, 0, 0, t.Location())
		var at []int
		for _, h := range append([]Hours{{0, 0}}, w.Day(day)...) {
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
