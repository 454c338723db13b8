package queue

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// A seq is a sorted slice that is fast.
func TestSeq(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var s seq
		var want []item
		compare := func(a, b item) int {
			if a.before(b) {
				return -1
			}
			return 1
		}
		runs := rapid.IntRange(1, 4).Draw(r, "runs")
		next := make([]int64, runs)
		ord := uint32(0)
		for range rapid.IntRange(1, 30).Draw(r, "steps") {
			n := rapid.IntRange(1, 400).Draw(r, "n")
			switch rapid.SampledFrom([]string{"run", "run", "any", "pop", "drop"}).Draw(r, "what") {
			case "run": // each grows at its own end
				i := rapid.IntRange(0, runs-1).Draw(r, "run")
				for range n {
					ord++
					next[i]++
					it := item{int64(i)*1e9 + next[i], ord, int32(ord)}
					s.add(it)
					want = append(want, it)
				}
			case "any":
				for range n % 50 {
					ord++
					it := item{rapid.Int64Range(0, int64(runs)*1e9).Draw(r, "key"), ord, int32(ord)}
					s.add(it)
					want = append(want, it)
				}
			case "pop":
				slices.SortFunc(want, compare)
				for range min(n, len(want)) {
					if it, ok := s.head(); !ok || it != want[0] {
						r.Fatalf("head %v, want %v", it, want[0])
					}
					s.remove(want[0])
					want = want[1:]
				}
			case "drop":
				for range min(n, len(want)) {
					i := rapid.IntRange(0, len(want)-1).Draw(r, "i")
					s.remove(want[i])
					want = slices.Delete(want, i, i+1)
				}
			}
			slices.SortFunc(want, compare)
			var got []item
			s.walk(func(it item) bool { got = append(got, it); return true })
			if !slices.Equal(got, want) || s.len() != len(want) {
				r.Fatalf("%d items (%d counted), want %d", len(got), s.len(), len(want))
			}
			if len(want) > 0 {
				i := rapid.IntRange(0, len(want)-1).Draw(r, "rank")
				if n := s.rank(want[i]); n != i {
					r.Fatalf("rank %d, want %d", n, i)
				}
			}
		}
	})
}
