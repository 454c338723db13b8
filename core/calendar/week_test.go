package calendar_test

import (
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core/calendar"
)

func TestWeek(t *testing.T) {
	w, err := calendar.ParseWeek(map[string][]string{"mon-fri": {"13:00-18:00", "09:00-12:00"}, "sat": {"20:00-24:00"}, "sun": {"00:00-02:00"}})
	if err != nil {
		t.Fatal(err)
	}
	zone := time.FixedZone("CST", 8*3600)
	at := func(s string) time.Time {
		x, err := time.ParseInLocation("2006-01-02 15:04", s, zone)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	for now, want := range map[string]string{ // 2026-11-27 is a Friday
		"2026-11-27 08:59": "off 2026-11-27 09:00",
		"2026-11-27 09:00": "on 2026-11-27 12:00",
		"2026-11-27 12:00": "off 2026-11-27 13:00",
		"2026-11-27 17:59": "on 2026-11-27 18:00",
		"2026-11-27 18:00": "off 2026-11-28 20:00",
		"2026-11-28 23:00": "on 2026-11-29 02:00", // over midnight, as one
		"2026-11-29 02:00": "off 2026-11-30 09:00",
	} {
		got := map[bool]string{true: "on ", false: "off "}[w.At(at(now))] + w.Edge(at(now)).Format("2006-01-02 15:04")
		if got != want {
			t.Errorf("%s: %s, want %s", now, got, want)
		}
	}
	always, err := calendar.ParseWeek(map[string][]string{"sat-fri": {"00:00-24:00"}})
	if err != nil || !always.At(at("2026-11-27 00:00")) || !always.Edge(at("2026-11-27 00:00")).IsZero() || !(calendar.Week{}).Edge(at("2026-11-27 00:00")).IsZero() {
		t.Errorf("%v %v", always, err)
	}
	_, err = calendar.ParseWeek(map[string][]string{"mo": {"9-17"}, "tue": {"18:00-09:00", "09:60-10:00", "00:00-24:01"}})
	for _, want := range []string{`"mo" is not a weekday`, `"9-17" is not a time of day`, `"18:00-09:00"`, `"09:60-10:00"`, `"00:00-24:01"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: want %s", err, want)
		}
	}
}
