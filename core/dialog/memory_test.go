package dialog_test

import (
	"os"
	"os/exec"
	"runtime"
	"testing"
)

// The demo, loaded and trained, with every table that understanding needs, lives
// in 10 MB. It is weighed in a process of its own: other tests leave things
// behind.
func TestDemoMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("it is weighed in the long run, without the race detector")
	}
	if os.Getenv("WEIGH_DEMO") == "" {
		c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestDemoMemory$", "-test.v")
		c.Env = append(os.Environ(), "WEIGH_DEMO=1")
		out, err := c.CombinedOutput()
		if t.Logf("%s", out); err != nil {
			t.Error(err)
		}
		return
	}
	b := demo(t)
	if err := b.Refine(t.Context()); err != nil {
		t.Fatal(err)
	}
	var s runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&s)
	got := float64(s.HeapAlloc) / 1e6
	t.Logf("%.1f MB live heap in all", got)
	if got > 10 {
		t.Errorf("%.1f MB, want at most 10", got)
	}
	runtime.KeepAlive(b)
}
