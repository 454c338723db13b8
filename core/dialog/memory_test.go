package dialog_test

import (
	"runtime"
	"testing"
)

// The demo, loaded and trained, with every table that understanding needs, lives
// in 10 MB.
func TestDemoMemory(t *testing.T) {
	live := func() float64 {
		var s runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&s)
		return float64(s.HeapAlloc) / 1e6
	}
	b := demo(t)
	if err := b.Refine(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := live()
	t.Logf("%.1f MB live heap in all", got)
	if got > 10 {
		t.Errorf("%.1f MB, want at most 10", got)
	}
	runtime.KeepAlive(b)
}
