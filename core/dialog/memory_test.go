package dialog_test

import (
	"os"
	"os/exec"
	"runtime"
	"testing"
)

// The demo, loaded and trained, with every table that understanding needs, lives
// in 12 MB. It is weighed in a process of its own: other tests leave things
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
	before := live()
	b := demo(t)
	if err := b.Matcher.Refine(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := float64(live()-before) / 1e6
	t.Logf("%.1f MB more live heap", got)
	if got > 12 {
		t.Errorf("%.1f MB, want at most 12", got)
	}
	runtime.KeepAlive(b)
}

// live is the heap that is in use, in bytes.
func live() uint64 {
	runtime.GC()
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}
