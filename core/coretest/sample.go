package coretest

import (
	"iter"
	"math/rand/v2"
	"os"
	"testing"
	"testing/synctest"
)

// Long reports whether the long suites run in full: where FRONTDESK_LONG is 1,
// as .ci/run sets it, and not with -short.
func Long() bool { return os.Getenv("FRONTDESK_LONG") == "1" && !testing.Short() }

// Sample is the numbers of the cases to try of those from 0 to all-1, in rising
// order: all of them if Long, otherwise few, spread evenly over them and the
// same ones each time; the test's log says so.
func Sample(t testing.TB, all, few int) iter.Seq[int] {
	t.Helper()
	if Long() || few >= all {
		few = all
	} else {
		t.Logf("a sample of %d of %d; FRONTDESK_LONG=1 runs all", few, all)
	}
	return spread(all, few)
}

// spread draws one number from each of few parts of all, which differ in size
// by one at most.
func spread(all, few int) iter.Seq[int] {
	return func(yield func(int) bool) {
		rnd := rand.New(rand.NewPCG(uint64(all), uint64(few)))
		for i := range few {
			from, to := i*all/few, (i+1)*all/few
			if !yield(from + rnd.IntN(to-from)) {
				return
			}
		}
	}
}

// Seeds plays f under virtual time with the seeds from 0 to n-1, or a sample of
// a tenth of them, until it fails with one.
func Seeds(t *testing.T, n int, f func(t *testing.T, seed uint64)) {
	t.Helper()
	for seed := range Sample(t, n, max(1, n/10)) {
		synctest.Test(t, func(t *testing.T) { f(t, uint64(seed)) })
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}
