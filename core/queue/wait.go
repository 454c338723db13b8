package queue

import (
	"math"
	"slices"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// How long it takes: drain rate times a factor that recent waits have taught,
// announced only while recent announcements held.
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
)

// bands are the waits that are announced, in minutes.
var bands = []struct{ low, high float64 }{{0, 1}, {1, 2}, {2, 4}, {3, 6}, {5, 10}, {8, 15}, {15, 30}, {30, 45}}

// band is the place of the rounded band for an estimate, in minutes; len(bands)
// if it is longer than any, and no number may be said. The upper end is a promise
// and is rounded up; the lower end follows from it, but for waits that are sure
// to be longer.
func band(low, high float64) int {
	i := 0
	for i < len(bands) && (bands[i].high < high || bands[i].high < low) {
		i++
	}
	return i
}

// A history is what a track has seen of waits.
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

// measure learns from a ticket, there since then, that leaves the line or goes
// back to it.
func (h *history) measure(e *entry, to state, now, since time.Time) {
	if !e.state.queued() || to.queued() {
		return
	}
	h.leaves.count(now)
	if to != stateActive {
		return
	}
	h.starts.count(now)
	if e.bound == 0 {
		return
	}
	actual := float32(now.Sub(since).Minutes())
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
	n := l.skills.tracks[e.track]
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
func (l *Line) inFront(n *track, class uint8) int {
	return l.skills.ahead(l.skills.rivals(n, l.staff.teams), class)
}

// raw is the wait in minutes that the rates promise to somebody with so many
// ahead; quick if there is an agent free for them.
func (l *Line) raw(n *track, ahead int, now time.Time) (minutes float64, quick bool) {
	l.refresh(n, now)
	if ahead < n.free && l.rules.Mode != ModeManual {
		return 0, true
	}
	return float64(max(ahead, 1)) / n.history.rate, false
}

// refresh brings the factors of a track up to date, at most once a second.
func (l *Line) refresh(n *track, now time.Time) {
	h := &n.history
	if d := now.Sub(h.at); !h.at.IsZero() && d >= 0 && d < time.Second {
		return
	}
	h.at = now
	var starts, leaves uint32
	for _, m := range l.skills.rivals(n, l.staff.teams) {
		g := &l.skills.tracks[m].history
		g.starts.roll(now)
		g.leaves.roll(now)
		starts, leaves = starts+g.starts.sum, leaves+g.leaves.sum
	}
	span := max(1, min(window, now.Sub(l.clock.born)).Minutes())
	h.rate = math.Sqrt(max(minRate, float64(starts)/span) * max(minRate, float64(leaves)/span))
	h.calibrate(l.overdue(n, now))
}

// calibrate works out the factors from the waits that ended, and from those that
// go on: elapsed/raw of each, and how many are longer than was announced.
func (h *history) calibrate(elapsed []float32, late int) {
	h.upper, h.lower = untaught, 1/untaught
	if len(h.ratios.v) > 0 {
		v := slices.Clone(h.ratios.v)
		slices.Sort(v)
		h.lower = percentile(v, 0.3)
		if len(v) >= enough {
			h.upper = percentile(v, 0.8)
		}
	}
	if len(elapsed) >= minOld {
		slices.Sort(elapsed)
		h.upper = max(h.upper, percentile(elapsed, 0.8))
	}
	h.lower = min(h.lower, h.upper)
	judge := len(h.kept.v) + late
	h.known = judge >= minJudge && h.kept.sum() >= coverage*float64(judge)
	h.knownQ = len(h.quick.v) >= minJudge && h.quick.sum() >= coverage*float64(len(h.quick.v))
}

// overdue looks at the oldest in line: elapsed/raw of each, and how many have
// waited longer than their bound.
func (l *Line) overdue(n *track, now time.Time) (elapsed []float32, late int) {
	seen := 0
	n.live.walk(func(it item) bool {
		seen++
		e := l.tickets.entry(it.slot)
		if e.raw > 0 {
			waited := float32(now.Sub(l.rules.since(e)).Minutes())
			elapsed = append(elapsed, waited/e.raw)
			if waited > e.bound {
				late++
			}
		}
		return seen < 4*oldest && len(elapsed) < oldest
	})
	return elapsed, late
}

// Estimate is how many tickets will be served before this one, as things are, and
// the time it will take. It reports false for a ticket that does not wait.
func (l *Line) Estimate(id string, now time.Time) (core.Estimate, bool) {
	l.clock.tick(now)
	slot := l.index.find(&l.tickets, id)
	if slot < 0 || l.tickets.entry(slot).state != stateWaiting {
		return core.Estimate{}, false
	}
	ahead, n := l.place(slot), l.skills.tracks[l.tickets.entry(slot).track]
	low, high, known := l.expect(n, ahead, now)
	nobody := l.staff.onDuty(n.teams) == 0
	return core.Estimate{Ahead: ahead, Low: low, High: high, Known: known, Nobody: nobody, Busy: !nobody && n.free == 0}, true
}

// expect is the band to be announced to somebody with so many ahead.
func (l *Line) expect(n *track, ahead int, now time.Time) (low, high time.Duration, known bool) {
	raw, quick := l.raw(n, ahead, now)
	h := &n.history
	if quick {
		return 0, time.Minute, h.knownQ
	}
	i := band(raw*h.lower, raw*h.upper)
	if i == len(bands) || l.staff.onDuty(n.teams) == 0 {
		return minutes(raw * h.lower), minutes(raw * h.upper), false
	}
	return minutes(bands[i].low), minutes(bands[i].high), h.known
}

func minutes(m float64) time.Duration { return time.Duration(m * float64(time.Minute)) }

// state is the line for a topic, for somebody who joins it now with an ordinary
// ticket. Low and High are the ends of one of bands.
func (l *Line) state(topic string, now time.Time) core.LineState {
	var main *track // the track that speaks for the topic: the fullest, or the most seen
	s, head := core.LineState{}, now
	for _, n := range l.skills.tracks {
		if n.topic != topic {
			continue
		}
		s.Waiting += n.class[3]
		if it, ok := n.live.head(); ok {
			if since := l.rules.since(l.tickets.entry(it.slot)); since.Before(head) {
				head = since
			}
		}
		if main == nil || n.fuller(main) {
			main = n
		}
	}
	s.Head = now.Sub(head)
	for _, t := range l.staff.teams {
		if t.serves(topic, "") {
			s.OnDuty, s.Free = s.OnDuty+t.onDuty, s.Free+len(t.free)
		}
	}
	if main == nil {
		return s
	}
	ahead := l.inFront(main, 2)
	s.Waiting += ahead
	s.OnDuty = max(s.OnDuty, l.staff.onDuty(main.teams))
	s.Free = max(s.Free, main.free)
	s.Low, s.High, s.Known = l.expect(main, ahead, now)
	return s
}

// fuller reports whether n speaks for its topic rather than m.
func (n *track) fuller(m *track) bool {
	if x, y := n.total(), m.total(); x != y {
		return x > y
	}
	return len(n.history.kept.v)+len(n.history.quick.v) > len(m.history.kept.v)+len(m.history.quick.v)
}

func (n *track) total() int { return n.class[0] + n.class[1] + n.class[2] + n.class[3] }

// Snapshot is the line for somebody who joins it now with an ordinary ticket, for
// every topic that has had a ticket or an agent of its own, and for "", which
// stands for all others.
func (l *Line) Snapshot(now time.Time) map[string]core.LineState {
	l.clock.tick(now)
	m := map[string]core.LineState{"": {}}
	for _, n := range l.skills.tracks {
		m[n.topic] = core.LineState{}
	}
	for _, t := range l.staff.teams {
		for _, s := range t.topics {
			m[s] = core.LineState{}
		}
	}
	for topic := range m {
		m[topic] = l.state(topic, now)
	}
	return m
}
