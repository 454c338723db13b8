package coretest

import (
	"slices"
	"testing"
)

func TestSpread(t *testing.T) {
	for _, c := range []struct{ all, few int }{{0, 0}, {1, 1}, {7, 3}, {200, 20}, {10_000, 999}, {50, 50}} {
		got := slices.Collect(spread(c.all, c.few))
		if len(got) != c.few || !slices.Equal(got, slices.Collect(spread(c.all, c.few))) {
			t.Fatalf("%d of %d: %v, and not the same again", c.few, c.all, got)
		}
		last := -1
		for i, n := range got {
			if n <= last || n >= c.all {
				t.Errorf("%d of %d: %d after %d", c.few, c.all, n, last)
			}
			if n*c.few < (i-1)*c.all || n*c.few > (i+2)*c.all {
				t.Errorf("%d of %d: number %d is %d, which is far from its place", c.few, c.all, i, n)
			}
			last = n
		}
	}
}

func TestLong(t *testing.T) {
	sample := func() int { return len(slices.Collect(Sample(t, 100, 10))) }
	t.Setenv("FRONTDESK_LONG", "1")
	want := 100
	if testing.Short() {
		want = 10
	}
	if n := sample(); Long() == testing.Short() || n != want {
		t.Errorf("Long is %v, %d of 100 tried, want %d", Long(), n, want)
	}
	t.Setenv("FRONTDESK_LONG", "")
	if n := sample(); Long() || n != 10 {
		t.Errorf("Long is %v without being asked for, %d of 100 tried", Long(), n)
	}
}
