package calendar_test

import (
	"slices"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core/calendar"
)

func shanghai(t *testing.T) *time.Location {
	t.Helper()
	zone, err := calendar.Zone("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// Parts of a day may come in any order, overlap and touch: before nine in the
// morning the next opening is at nine.
func TestPartsInAnyOrder(t *testing.T) {
	zone := shanghai(t)
	for _, parts := range [][]string{
		{"09:00-12:00", "13:00-18:00"},
		{"13:00-18:00", "09:00-12:00"},
		{"15:00-18:00", "13:00-16:00", "10:00-12:00", "09:00-10:00"},
	} {
		open, err := calendar.ParseParts(parts)
		if err != nil {
			t.Fatal(err)
		}
		raw := []calendar.Part{{From: 13 * 60, To: 18 * 60}, {From: 9 * 60, To: 12 * 60}}
		for _, c := range []*calendar.Calendar{
			{Zone: zone, Week: calendar.Week{1: open}},
			{Zone: zone, Days: map[string][]calendar.Part{"2026-11-24": open}},
			{Zone: zone, Week: calendar.Week{1: raw}},
		} {
			now := time.Date(2026, 11, 24, 8, 0, 0, 0, zone) // a Tuesday
			if at, ok := c.Opens(now); !ok || at.Hour() != 9 || at.Day() != 24 {
				t.Errorf("%v: opens at %s", parts, at)
			}
			for work, want := range map[time.Duration]string{2 * time.Hour: "11:00", 3 * time.Hour: "12:00", 4 * time.Hour: "14:00", 7 * time.Hour: "17:00"} {
				if at, ok := c.Worked(now, work); !ok || at.Format("15:04") != want {
					t.Errorf("%v: %s are worked at %s, want %s", parts, work, at.Format("15:04"), want)
				}
			}
		}
	}
	got := calendar.Join([]calendar.Part{{From: 600, To: 700}, {From: 100, To: 200}, {From: 200, To: 300}, {From: 150, To: 160}})
	if !slices.Equal(got, []calendar.Part{{From: 100, To: 300}, {From: 600, To: 700}}) {
		t.Errorf("joined %v", got)
	}
}

// Days off are off but for those that differ, and without a calendar somebody is
// always there.
func TestDaysOff(t *testing.T) {
	zone := shanghai(t)
	week, err := calendar.ParseWeek(map[string][]string{"mon-fri": {"09:00-18:00"}})
	if err != nil {
		t.Fatal(err)
	}
	off, err := calendar.ParseSpan("2026-10-01..2026-10-08")
	if err != nil {
		t.Fatal(err)
	}
	c := &calendar.Calendar{Zone: zone, Week: week, Off: []calendar.Span{off},
		Days: map[string][]calendar.Part{"2026-10-10": {{From: 600, To: 960}}, "2026-10-06": {{From: 540, To: 600}}}}
	for now, want := range map[string]string{
		"2026-10-01 10:00": "2026-10-06 09:00", // opens on a day of the holiday that differs
		"2026-10-06 09:30": "2026-10-06 09:30",
		"2026-10-06 10:00": "2026-10-09 09:00",
		"2026-10-09 18:00": "2026-10-10 10:00", // a make-up Saturday
		"2026-10-10 16:00": "2026-10-12 09:00",
	} {
		at, err := time.ParseInLocation("2006-01-02 15:04", now, zone)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := c.Opens(at.UTC()); !ok || got.In(zone).Format("2006-01-02 15:04") != want {
			t.Errorf("%s: opens %s, want %s", now, got, want)
		}
	}
	if _, ok := (&calendar.Calendar{Zone: zone}).Opens(time.Date(2026, 1, 1, 0, 0, 0, 0, zone)); ok {
		t.Error("a calendar of no hours opens")
	}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, zone)
	var none *calendar.Calendar
	if at, ok := none.Worked(now, time.Hour); !none.Open(now) || !ok || !at.Equal(now.Add(time.Hour)) {
		t.Error("no calendar is not always open")
	}
	for _, bad := range []string{"2026-13-01", "2026-10-02..2026-10-01", "10-01", ""} {
		if _, err := calendar.ParseSpan(bad); err == nil {
			t.Errorf("%q was taken for days", bad)
		}
	}
	for _, bad := range []string{"Mars/Base", "Local", ""} {
		if _, err := calendar.Zone(bad); err == nil {
			t.Errorf("%q was taken for a zone", bad)
		}
	}
}

func TestCloses(t *testing.T) {
	zone := shanghai(t)
	week, err := calendar.ParseWeek(map[string][]string{"mon-fri": {"09:00-18:00"}, "sat": {"20:00-24:00"}, "sun": {"00:00-02:00"}})
	if err != nil {
		t.Fatal(err)
	}
	c := &calendar.Calendar{Zone: zone, Week: week, Off: []calendar.Span{{From: "2026-12-25", To: "2026-12-25"}}}
	at := func(s string) time.Time {
		x, err := time.ParseInLocation("2006-01-02 15:04", s, zone)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	for now, want := range map[string]string{
		"2026-12-01 09:00": "2026-12-01 18:00", "2026-12-01 17:59": "2026-12-01 18:00", "2026-12-01 18:00": "", "2026-12-25 10:00": "",
		"2026-12-05 23:30": "2026-12-06 02:00", "2026-12-06 01:00": "2026-12-06 02:00",
	} {
		got, ok := c.Closes(at(now))
		if want == "" && ok || want != "" && !got.Equal(at(want)) {
			t.Errorf("at %s they go at %v (%v), want %s", now, got, ok, want)
		}
	}
	if _, ok := (*calendar.Calendar)(nil).Closes(at("2026-12-01 09:00")); ok {
		t.Error("who is always there goes")
	}
}
