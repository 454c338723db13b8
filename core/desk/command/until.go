package command

import (
	"strconv"
	"strings"
	"time"
)

// units are the words for lengths of time, longest first.
var units = []struct {
	word string
	d    time.Duration
}{
	{"分钟", time.Minute}, {"小时", time.Hour}, {"钟头", time.Hour}, {"minutes", time.Minute}, {"minute", time.Minute}, {"mins", time.Minute}, {"min", time.Minute},
	{"hours", time.Hour}, {"hour", time.Hour}, {"days", 24 * time.Hour}, {"day", 24 * time.Hour}, {"分", time.Minute}, {"天", 24 * time.Hour},
	{"m", time.Minute}, {"h", time.Hour}, {"d", 24 * time.Hour},
}

// cutUntil takes a time or a length of time from the front of s, if there is one.
func cutUntil(s string) (until, note string) {
	word, rest := cutSpace(s)
	if _, ok := Until(word, time.Unix(0, 0), time.UTC); ok {
		return word, rest
	}
	next, after := cutSpace(rest)
	if _, ok := Until(word+next, time.Unix(0, 0), time.UTC); ok && next != "" { // "2 hours"
		return word + next, after
	}
	return "", s
}

// Until reads "2h", "90 分钟", "半小时", "1d", "18:30", "明天", "tomorrow" or a
// time in RFC 3339, seen from now: the moment that is meant, at most 30 days
// ahead. Clock times are in zone.
func Until(s string, now time.Time, zone *time.Location) (time.Time, bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	switch s {
	case "半小时", "半个小时", "half an hour":
		return now.Add(30 * time.Minute), true
	case "明天", "tomorrow":
		y, m, d := now.In(zone).AddDate(0, 0, 1).Date()
		return time.Date(y, m, d, 9, 0, 0, 0, zone), true
	}
	if at, err := time.Parse(time.RFC3339, strings.ToUpper(s)); err == nil {
		return at, at.After(now) && at.Before(now.AddDate(0, 0, 30))
	}
	if at, err := time.Parse("15:04", strings.ReplaceAll(s, "：", ":")); err == nil {
		y, m, d := now.In(zone).Date()
		t := time.Date(y, m, d, at.Hour(), at.Minute(), 0, 0, zone)
		if !t.After(now) {
			t = t.AddDate(0, 0, 1)
		}
		return t, true
	}
	i := strings.IndexFunc(s, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
	if i <= 0 {
		return time.Time{}, false
	}
	n, err := strconv.ParseFloat(s[:i], 64)
	word := strings.TrimPrefix(strings.TrimSpace(s[i:]), "个")
	for _, u := range units {
		if word == u.word && err == nil && n > 0 {
			d := n * float64(u.d)
			return now.Add(time.Duration(min(d, float64(30*24*time.Hour)))), true
		}
	}
	return time.Time{}, false
}
