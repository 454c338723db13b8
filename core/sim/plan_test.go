package sim

import (
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"time"
)

// A plan is all the chance there is in one world. Every draw has a name and is
// the n-th of its name, so that what happens to one conversation does not depend
// on when another one was busy.
type plan struct {
	seed   uint64
	hubs   int
	faults []fault

	mu sync.Mutex
	n  map[string]int
}

// A fault is something that goes wrong in the world for a while.
type fault struct {
	kind  faultKind
	where string // a platform, or which hub
	at    time.Duration
	until time.Duration
	n     int // of a crash: boundaries that are still crossed
}

type faultKind string

const (
	faultCrash    faultKind = "crash"    // a hub dies at a boundary
	faultDown     faultKind = "down"     // a platform answers 503
	faultCut      faultKind = "cut"      // a platform's answers are lost: what it took, nobody knows
	faultHang     faultKind = "hang"     // a platform does not answer in time
	faultThrottle faultKind = "throttle" // a platform asks for patience
	faultClosed   faultKind = "closed"   // a platform says that its window is closed
	faultRepeat   faultKind = "repeat"   // a platform tells everything several times
	faultDelay    faultKind = "delay"    // a platform tells late, and out of order
	faultSlow     faultKind = "slow"     // the disk is slow
	faultFull     faultKind = "full"     // the disk is full
	faultDeaf     faultKind = "deaf"     // hints are lost
	faultLease    faultKind = "lease"    // leases are lost
)

// storm is how long things go wrong; people go on for a while after it.
const storm = 50 * time.Minute

// newPlan is the world's weather: at least ten faults, of which some are crashes.
func newPlan(seed uint64) *plan {
	p := &plan{seed: seed, hubs: 1, n: map[string]int{}}
	if seed%4 == 3 {
		p.hubs = 2
	}
	r := p.draw("weather")
	for range 3 + r.IntN(6) {
		p.add(r, faultCrash, "hub"+strconv.Itoa(r.IntN(p.hubs)), time.Second)
	}
	for range 10 + r.IntN(8) {
		kind := []faultKind{faultDown, faultCut, faultHang, faultThrottle, faultClosed, faultRepeat, faultDelay, faultSlow, faultFull, faultDeaf, faultLease}[r.IntN(11)]
		where, most := platforms[r.IntN(len(platforms))], 3*time.Minute
		switch kind {
		case faultClosed:
			where = "wx" // the only one that has windows
		case faultSlow, faultDeaf:
			where = ""
		case faultFull:
			where, most = "", 30*time.Second
		case faultLease:
			where, most = "hub"+strconv.Itoa(r.IntN(p.hubs)), 2*time.Minute
		}
		p.add(r, kind, where, most)
	}
	slices.SortFunc(p.faults, func(a, b fault) int { return int(a.at - b.at) })
	return p
}

func (p *plan) add(r *rand.Rand, kind faultKind, where string, most time.Duration) {
	at := time.Duration(r.Int64N(int64(storm - most)))
	p.faults = append(p.faults, fault{kind: kind, where: where, at: at, until: at + most/10 + time.Duration(r.Int64N(int64(most))), n: r.IntN(12)})
}

// during reports whether a fault of this kind is on at where.
func (p *plan) during(at time.Duration, kind faultKind, where string) bool {
	for _, f := range p.faults {
		if f.kind == kind && f.at <= at && at < f.until && (f.where == "" || f.where == where) {
			return true
		}
	}
	return false
}

// draw is the chance of the next thing called name.
func (p *plan) draw(name string) *rand.Rand {
	p.mu.Lock()
	n := p.n[name]
	p.n[name]++
	p.mu.Unlock()
	h := fnv.New64a()
	h.Write([]byte(name))
	return rand.New(rand.NewPCG(p.seed, h.Sum64()+uint64(n)*0x9e3779b97f4a7c15))
}

// between draws a time from a to b, to the nanosecond: no two things of the world
// happen at the same moment, so that their order is the seed's and not the Go
// scheduler's.
func between(r *rand.Rand, a, b time.Duration) time.Duration {
	return a + time.Duration(r.Int64N(int64(b-a)))
}
