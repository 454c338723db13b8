package core

import (
	"testing"
	"time"
)

var wechat = []Allowance{{CauseMessage, 5, 48 * time.Hour}, {CauseEvent, 3, time.Minute}}

func TestLedger(t *testing.T) {
	t0 := time.Date(2026, 1, 1, 8, 0, 0, 0, time.UTC)
	after := func(d time.Duration) time.Time { return t0.Add(d) }
	var l Ledger
	room := func(d time.Duration, want int) {
		t.Helper()
		if got := l.Room(after(d)); got != want {
			t.Errorf("after %v there is room for %d, want %d: %+v", d, got, want, l)
		}
	}
	room(0, 0)
	l = l.Heard(wechat, "", t0) // a page was opened
	room(0, 0)
	l = l.Heard(wechat, CauseEvent, t0)
	room(59*time.Second, 3)
	room(60*time.Second, 0)
	l = l.Heard(wechat, CauseMessage, after(10*time.Second))
	room(20*time.Second, 5)
	room(48*time.Hour+10*time.Second, 0)

	l = l.Spend(after(time.Minute)).Spend(after(time.Minute)).Spend(after(time.Minute))
	room(time.Minute, 2)
	l = l.Heard(wechat, CauseEvent, after(time.Hour)) // three more for a minute, and they go first
	room(time.Hour, 5)
	l = l.Spend(after(time.Hour))
	room(time.Hour, 4)
	room(2*time.Hour, 2)
	l = l.Heard(wechat, CauseMessage, after(-time.Hour)) // told late: it does not refill
	room(2*time.Hour, 2)
	l = l.Heard(wechat, CauseMessage, after(2*time.Hour))
	room(2*time.Hour, 5)
	l = l.Shut()
	room(2*time.Hour, 0)
	l = l.Spend(after(2 * time.Hour))
	room(2*time.Hour, 0)

	l = Ledger{}.Heard([]Allowance{{CauseMessage, 0, time.Hour}}, CauseMessage, t0)
	for range 100 {
		l = l.Spend(t0)
	}
	room(time.Minute, Any)
}

func TestCosts(t *testing.T) {
	if Costs(Free+"m1") || !Costs("m1") {
		t.Error("a free message costs, or another does not")
	}
}
