package queue

import (
	"math"
	"slices"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// How long it takes: drain rate times a factor that recent waits have taught,
// announced only while recent announcements held (product.md 4.2).
const (
	window   = 8 * time.Minute // over which rates are measured
	minRate  = 0.2             // a minute, at least
	samples  = 150             // finished waits that calibrate
	enough   = 30              // of them, before they are used
	oldest   = 40              // of those still waiting, that calibrate too
	minOld   = 10              // of them, before they are used
	untaught = 1.3             // factor until there are enough
	judged   = 40              // outcomes that coverage is measured over
	minJudge = 20              // of them, before a number may be shown
	coverage = 0.6             // share of waits within what was announced, at least
	longest  = 45              // minutes that may be announced
)

// bands are the waits that are announced, in minutes.
var bands = []struct {
	name      string
	low, high float64
}{
	{"0-1", 0, 1}, {"1-2", 1, 2}, {"2-4", 2, 4}, {"3-6", 3, 6}, {"5-10", 5, 10}, {"8-15", 8, 15}, {"15-30", 15, 30}, {"30-45", 30, 45},
}

// Band names the rounded band for an estimate, for the scripts' words: "0-1",
// "1-2", "2-4", "3-6", "5-10", "8-15", "15-30" or "30-45" minutes; empty if it
// is longer than that and no number may be shown. The upper end is a promise
// and is rounded up; the lower end follows from it, but for waits that are sure
// to be longer.
func Band(low, high time.Duration) string {
	if i := band(low.Minutes(), high.Minutes()); i < len(bands) {
		return bands[i].name
	}
	return ""
}

func band(low, high float64) int {
	i := 0
	for i < len(bands) && (bands[i].high < high || bands[i].high < low) {
		i++
	}
	return i
}

// A history is what a lane has seen of waits.
type history struct {
	starts, leaves meter
	ratios         ring // actual/raw of finished waits
	kept           ring // 1 for a wait within its bound, 0 for one beyond
	quick          ring // the same, for those who came while somebody was free
	at             time.Time
	rate           float64 // geometric mean of starts and leaves of all rivals, a minute
	upper, lower   float64 // factors on raw
	known, knownQ  bool    // whether bounds may be shown: for those who wait, for those who come while somebody is free
}

// A meter counts what happened in the last window, in steps of 10 s.
type meter struct {
	steps [window / step]uint32
	at    int64 // number of the step that now counts
	sum   uint32
}

const step = 10 * time.Second

func (m *meter) roll(now time.Time) {
	n := now.UnixNano() / int64(step)
	for m.at < n {
		if n-m.at > int64(len(m.steps)) {
			*m = meter{at: n}
			return
		}
		m.at++
		i := m.at % int64(len(m.steps))
		m.sum -= m.steps[i]
		m.steps[i] = 0
	}
}

func (m *meter) count(now time.Time) {
	m.roll(now)
	m.steps[m.at%int64(len(m.steps))]++
	m.sum++
}

// A ring keeps the latest values, up to its capacity.
type ring struct {
	v  []float32
	at int
}

func (r *ring) add(x float32, max int) {
	if len(r.v) < max {
		r.v = append(r.v, x)
		return
	}
	r.v[r.at] = x
	r.at = (r.at + 1) % max
}

func (r *ring) sum() (s float64) {
	for _, x := range r.v {
		s += float64(x)
	}
	return s
}

// percentile of sorted values, nearest rank.
func percentile(v []float32, p float64) float64 {
	return float64(v[max(0, int(math.Ceil(p*float64(len(v))))-1)])
}

// measure learns from a ticket that leaves the line or goes back to it.
func (l *Line) measure(e *entry, to state, now time.Time) {
	if !e.state.queued() || to.queued() {
		return
	}
	h := &l.lanes[e.lane].history
	h.leaves.count(now)
	if to != active {
		return
	}
	h.starts.count(now)
	if e.bound == 0 {
		return
	}
	actual := float32(now.Sub(l.since(e)).Minutes())
	kept := float32(0)
	if actual <= e.bound {
		kept = 1
	}
	if e.flags&flagQuick != 0 {
		h.quick.add(kept, judged)
		return
	}
	h.ratios.add(actual/e.raw, samples)
	h.kept.add(kept, judged)
}

// promise works out, for a ticket that has just come, what its wait is expected
// to be, whether or not anybody is told.
func (l *Line) promise(e *entry, now time.Time) {
	n := l.lanes[e.lane]
	raw, quick := l.raw(n, l.inFront(n, e.class), now)
	if quick {
		e.flags |= flagQuick
		e.raw, e.bound = 0, 1
		return
	}
	e.raw = float32(raw)
	e.bound = float32(announced(raw * n.history.upper))
}

// announced rounds an upper end as it is shown.
func announced(upper float64) float64 {
	if i := band(0, upper); i < len(bands) {
		return bands[i].high
	}
	return upper
}

// inFront is how many are ahead of somebody of this class who comes now.
func (l *Line) inFront(n *lane, class uint8) int {
	l.compete()
	ahead := 0
	for _, m := range n.rivals {
		for c, k := range l.lanes[m].class {
			if c <= int(class) {
				ahead += k
			}
		}
	}
	return ahead
}

// raw is the wait in minutes that the rates promise to somebody with so many
// ahead; quick if there is an agent free for them.
func (l *Line) raw(n *lane, ahead int, now time.Time) (minutes float64, quick bool) {
	l.refresh(n, now)
	if ahead < n.free && l.rules.Mode != Manual {
		return 0, true
	}
	return float64(max(ahead, 1)) / n.history.rate, false
}

// refresh brings the factors of a lane up to date, at most once a second.
func (l *Line) refresh(n *lane, now time.Time) {
	h := &n.history
	if d := now.Sub(h.at); !h.at.IsZero() && d >= 0 && d < time.Second {
		return
	}
	h.at = now
	l.compete()
	var starts, leaves uint32
	for _, m := range n.rivals {
		g := &l.lanes[m].history
		g.starts.roll(now)
		g.leaves.roll(now)
		starts, leaves = starts+g.starts.sum, leaves+g.leaves.sum
	}
	span := max(1, min(window, now.Sub(l.born)).Minutes())
	h.rate = math.Sqrt(max(minRate, float64(starts)/span) * max(minRate, float64(leaves)/span))
	h.upper, h.lower = untaught, 1/untaught
	if len(h.ratios.v) > 0 {
		v := slices.Clone(h.ratios.v)
		slices.Sort(v)
		h.lower = percentile(v, 0.3)
		if len(v) >= enough {
			h.upper = percentile(v, 0.8)
		}
	}
	elapsed, overdue := l.overdue(n, now)
	if len(elapsed) >= minOld {
		slices.Sort(elapsed)
		h.upper = max(h.upper, percentile(elapsed, 0.8))
	}
	h.lower = min(h.lower, h.upper)
	judge := len(h.kept.v) + overdue
	h.known = judge >= minJudge && h.kept.sum() >= coverage*float64(judge)
	h.knownQ = len(h.quick.v) >= minJudge && h.quick.sum() >= coverage*float64(len(h.quick.v))
}

// overdue looks at the oldest in line: elapsed/raw of each, and how many have
// waited longer than their bound.
func (l *Line) overdue(n *lane, now time.Time) (elapsed []float32, late int) {
	seen := 0
	n.live.walk(func(it item) bool {
		seen++
		e := l.entry(it.slot)
		if e.raw > 0 {
			waited := float32(now.Sub(l.since(e)).Minutes())
			elapsed = append(elapsed, waited/e.raw)
			if waited > e.bound {
				late++
			}
		}
		return seen < 4*oldest && len(elapsed) < oldest
	})
	return elapsed, late
}

// Estimate is Place with the time it will take.
func (l *Line) Estimate(id string, now time.Time) (Estimate, bool) {
	l.tick(now)
	slot := l.index.find(l, id)
	if slot < 0 || l.entry(slot).state != waiting {
		return Estimate{}, false
	}
	ahead := l.place(slot)
	low, high, known := l.expect(l.lanes[l.entry(slot).lane], ahead, now)
	return Estimate{Ahead: ahead, Low: low, High: high, Known: known}, true
}

// expect is the band to be announced to somebody with so many ahead.
func (l *Line) expect(n *lane, ahead int, now time.Time) (low, high time.Duration, known bool) {
	raw, quick := l.raw(n, ahead, now)
	h := &n.history
	if quick {
		return 0, time.Minute, h.knownQ
	}
	i := band(raw*h.lower, raw*h.upper)
	if i == len(bands) || l.onDuty(n) == 0 {
		return minutes(raw * h.lower), minutes(raw * h.upper), false
	}
	return minutes(bands[i].low), minutes(bands[i].high), h.known
}

func minutes(m float64) time.Duration { return time.Duration(m * float64(time.Minute)) }

func (l *Line) onDuty(n *lane) (k int) {
	for _, t := range n.teams {
		k += l.teams[t].onDuty
	}
	return k
}

// State is the line for a topic, for somebody who joins it now with an ordinary
// ticket. Low and High are the edges of a Band.
func (l *Line) State(topic string, now time.Time) core.LineState {
	l.tick(now)
	return l.state(topic, now)
}

func (l *Line) state(topic string, now time.Time) core.LineState {
	var main *lane // the lane that speaks for the topic: the fullest, or the most seen
	s, head := core.LineState{}, now
	for _, n := range l.lanes {
		if n.topic != topic {
			continue
		}
		s.Waiting += n.class[3]
		if it, ok := n.live.head(); ok {
			if since := l.since(l.entry(it.slot)); since.Before(head) {
				head = since
			}
		}
		if main == nil || l.fuller(n, main) {
			main = n
		}
	}
	s.Head = now.Sub(head)
	for _, t := range l.teams {
		if t.serves(topic, "") {
			s.OnDuty, s.Free = s.OnDuty+t.onDuty, s.Free+len(t.free)
		}
	}
	if main == nil {
		return s
	}
	ahead := l.inFront(main, 2)
	s.Waiting += ahead
	s.OnDuty = max(s.OnDuty, l.onDuty(main))
	s.Free = max(s.Free, main.free)
	s.Low, s.High, s.Known = l.expect(main, ahead, now)
	return s
}

func (l *Line) fuller(a, b *lane) bool {
	if x, y := a.waiting(), b.waiting(); x != y {
		return x > y
	}
	return len(a.history.kept.v)+len(a.history.quick.v) > len(b.history.kept.v)+len(b.history.quick.v)
}

func (n *lane) waiting() int { return n.class[0] + n.class[1] + n.class[2] + n.class[3] }

// Snapshot is State for every topic that has had a ticket or an agent of its
// own, and for "", which stands for all others.
func (l *Line) Snapshot(now time.Time) map[string]core.LineState {
	l.tick(now)
	m := map[string]core.LineState{"": {}}
	for _, n := range l.lanes {
		m[n.topic] = core.LineState{}
	}
	for _, t := range l.teams {
		for _, s := range t.topics {
			m[s] = core.LineState{}
		}
	}
	for topic := range m {
		m[topic] = l.state(topic, now)
	}
	return m
}
