package match

import (
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// A text that repeats a keyword or a question takes work as its length does, not as its square: who pastes a hundred
// thousand characters holds nobody up. What is counted is the processor's time in this thread alone, which is the same
// on a machine that is busy.
func TestLongTexts(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	spent := func() time.Duration {
		const thisThread = 3 // CLOCK_THREAD_CPUTIME_ID
		var at syscall.Timespec
		if _, _, e := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, thisThread, uintptr(unsafe.Pointer(&at)), 0); e != 0 {
			t.Fatal(e)
		}
		return time.Duration(at.Nano())
	}
	m := matcher(t, []Entry{{ID: "a", Contains: []string{"退款"}, Samples: []string{"怎么退款"}}, {ID: "b", Samples: []string{"什么时候发货"}}}, Options{})
	took := func(text string) time.Duration {
		best := time.Hour
		for range 3 {
			start := spent()
			m.Match(Query{Text: text})
			best = min(best, spent()-start)
		}
		return best
	}
	for _, s := range []string{"退款 ", "要不要", "特别"} {
		if short, long := took(strings.Repeat(s, 1000)), took(strings.Repeat(s, 16000)); long > 32*short {
			t.Errorf("%q: 1,000 times take %v, 16,000 times %v", s, short, long)
		} else {
			t.Logf("%q: 1,000 times take %v, 16,000 times %v", s, short, long)
		}
	}
}
