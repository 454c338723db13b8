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
	if n := l.Spend(after(2 * time.Hour)).Room(after(2 * time.Hour)); n != 1 { // what is over cannot be spent
		t.Errorf("of two, one was spent and %d are left: %+v", n, l)
	}
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
	room(time.Minute, AnyNumber)
}

// What opens any number is not closed by what opens five for longer.
func TestLedgerAny(t *testing.T) {
	const paid Cause = "payment"
	as := append([]Allowance{{paid, 0, 48 * time.Hour}}, wechat...)
	t0 := time.Date(2026, 1, 1, 8, 0, 0, 0, time.UTC)
	l := Ledger{}.Heard(as, CauseMessage, t0).Heard(as, paid, t0).Heard(as, CauseMessage, t0.Add(time.Hour))
	for range 100 {
		l = l.Spend(t0.Add(2 * time.Hour))
	}
	for d, want := range map[time.Duration]int{47 * time.Hour: AnyNumber + 5, 48 * time.Hour: 5, 49 * time.Hour: 0} {
		if got := l.Room(t0.Add(d)); got != want {
			t.Errorf("after %v there is room for %d, want %d: %+v", d, got, want, l)
		}
	}
}

func TestCosts(t *testing.T) {
	if Costs(FreeRef+"m1") || !Costs("m1") {
		t.Error("a free message costs, or another does not")
	}
}

func TestSpare(t *testing.T) {
	now := time.Unix(0, 0)
	l := Ledger{Left: 5, Until: now.Add(time.Hour)}
	for _, tt := range []struct{ reserve, want int }{{0, 5}, {2, 3}, {5, 0}, {9, 0}, {-1, 5}} {
		if got := l.Spare(now, tt.reserve); got != tt.want {
			t.Errorf("reserve %d: %d, want %d", tt.reserve, got, tt.want)
		}
	}
	if got := l.Spare(now.Add(time.Hour), 0); got != 0 {
		t.Errorf("a window that has closed: %d", got)
	}
}
