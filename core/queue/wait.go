package queue

import (
	"math"
	"slices"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// How long it takes: those ahead are started at a rate, and some of them give up
// meanwhile; times a factor that recent waits have taught, announced only while
// recent announcements held.
const (
	window   = 14 * time.Minute // over which rates are measured
	minRate  = 0.2              // a minute, at least
	samples  = 300              // finished waits that calibrate
	enough   = 30               // of them, before they are used
	oldest   = 20               // of those still waiting, that calibrate too
	minOld   = 10               // of them, before they are used
	untaught = 1.3              // factor until there are enough
	within   = 0.83             // share of waits that are to be within the upper end
	beyond   = 0.3              // share of waits that may be below the lower end
	judged   = 40               // outcomes that coverage is measured over
	minJudge = 20               // of them, before a number may be shown
	fewest   = 10               // starts in the window after which one may be shown without that many, while nobody is late
	coverage = 0.6              // share of waits within what was announced, at least
	trust    = 14               // announcements that are taken for kept before there are any
	margin   = 1.06             // a line that grows is slower than what it taught
	aim      = 0.87             // share of announcements that are to hold
	firm     = 0.8              // how much of what is missing is added to within
	least    = 0.75             // that comes out
	most     = 0.97
	prior    = 3   // weight of what the rates promise, beside what waits taught
	flattest = 0.2 // b of a line
	shortest = 0.1 // minutes, of a wait that teaches
	ordinary = 2   // class
)

// edges are the waits that are announced, in minutes.
var edges = []float64{1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 18, 22, 26, 30, 36, 45}

// band is the rounded band for an estimate, in minutes; ok is false if it is longer
// than any, and no number may be said. The upper end is a promise and is rounded
// up; the lower one is rounded down, but never below half of it: from 0 to 45 minutes
// tells nobody anything.
func band(lower, upper float64) (low, high float64, ok bool) {
	i := slices.IndexFunc(edges, func(e float64) bool { return e >= upper && e >= lower })
	if i < 0 {
		return lower, upper, false
	}
	for _, e := range edges[:i] {
		if e <= max(lower, edges[i]/2) {
			low = e
		}
	}
	return low, edges[i], true
}

// A history is what a track has seen of waits.
type history struct {
	starts, leaves meter         // who was started, and who went without
	waiting        gauge         // how many waited
	waits          ring[pair]    // finished ones
	kept           ring[float32] // 1 for a wait within its bound, 0 for one beyond
	quick          ring[float32] // the same, for those who came while somebody was free
	at             time.Time
	rate           float64 // starts of all rivals, a minute
	hazard         float64 // of going without, of one who waits, a minute
	begun          int     // starts of all rivals in the window
	fit            line    // from what the rates promise to what is to be expected
	upper, lower   float64 // factors on that
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

// A gauge adds up how many waited for how long, over the last window.
type gauge struct {
	steps [window / step]float64 // person-minutes
	at    int64
	sum   float64
	last  time.Time
}

// count adds n who waited since it was last told.
func (g *gauge) count(now time.Time, n int) {
	at := now.UnixNano() / int64(step)
	for g.at < at {
		if at-g.at > int64(len(g.steps)) {
			*g = gauge{at: at, last: now}
			return
		}
		g.at++
		i := g.at % int64(len(g.steps))
		g.sum -= g.steps[i]
		g.steps[i] = 0
	}
	d := now.Sub(g.last)
	g.last = now
	if d <= 0 || d > window {
		return
	}
	x := float64(n) * d.Minutes()
	g.steps[g.at%int64(len(g.steps))] += x
	g.sum += x
}

// A ring keeps the latest values, up to its capacity.
type ring[T any] struct {
	v  []T
	at int
}

func (r *ring[T]) add(x T, max int) {
	if len(r.v) < max {
		r.v = append(r.v, x)
		return
	}
	r.v[r.at] = x
	r.at = (r.at + 1) % max
}

func sum(v []float32) (s float64) {
	for _, x := range v {
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
	if to != stateActive {
		h.leaves.count(now)
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
	if e.class < ordinary { // those few who overtake teach nothing about the others
		return
	}
	h.waits.add(pairOf(e.raw, actual), samples)
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
	e.bound = float32(announced(n.history.fit.at(raw) * n.history.upper))
}

// announced rounds an upper end as it is shown.
func announced(upper float64) float64 {
	_, high, _ := band(0, upper)
	return high
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
	return n.history.drain(float64(max(ahead, 1))), false
}

// drain is after how many minutes so many people are no longer ahead: they are
// started at a rate, and each of them may give up. T = ln(1 + h·N/s)/h.
func (h *history) drain(people float64) float64 {
	if h.hazard < 1e-6 {
		return people / h.rate
	}
	return math.Log1p(h.hazard*people/h.rate) / h.hazard
}

// refresh brings the factors of a track up to date, at most once a second.
func (l *Line) refresh(n *track, now time.Time) {
	h := &n.history
	if d := now.Sub(h.at); !h.at.IsZero() && d >= 0 && d < time.Second {
		return
	}
	h.at = now
	var starts, leaves uint32
	waited := 0.0
	for _, m := range l.skills.rivals(n, l.staff.teams) {
		t := l.skills.tracks[m]
		g := &t.history
		g.starts.roll(now)
		g.leaves.roll(now)
		g.waiting.count(now, t.total())
		starts, leaves, waited = starts+g.starts.sum, leaves+g.leaves.sum, waited+g.waiting.sum
	}
	span := max(1, min(window, now.Sub(l.clock.born)).Minutes())
	h.rate, h.begun, h.hazard = max(minRate, float64(starts)/span), int(starts), 0
	if waited > 1 {
		h.hazard = min(1, float64(leaves)/waited)
	}
	h.calibrate(l.overdue(n, now))
}

// calibrate works out the factors from the waits that ended, and from those that
// go on: how long they are beside what was to be expected, and how many are longer
// than was announced. Where fewer hold than should, the upper end goes up.
func (h *history) calibrate(going []pair, late int) {
	h.fit = fitted(h.waits.v)
	h.upper, h.lower = untaught, 1/untaught
	judge := len(h.kept.v) + late
	share := within
	if judge >= minJudge {
		share = min(max(share+firm*(aim-sum(h.kept.v)/float64(judge)), least), most)
	}
	if v := h.fit.beside(h.waits.v); len(v) > 0 {
		h.lower = math.Exp(percentile(v, beyond))
		if len(v) >= enough {
			h.upper = math.Exp(percentile(v, share))
		}
	}
	if len(going) >= minOld {
		h.upper = max(h.upper, math.Exp(percentile(h.fit.beside(going), share)))
	}
	h.upper *= margin
	h.lower = min(h.lower, h.upper)
	h.known = (judge >= minJudge || h.begun >= fewest) && sum(h.kept.v)+trust >= coverage*float64(judge+trust)
	h.knownQ = len(h.quick.v) >= minJudge && sum(h.quick.v) >= coverage*float64(len(h.quick.v))
}

// A pair is a wait: what the rates promised when it began, and what it was, or is by
// now, as logarithms of minutes.
type pair struct{ raw, actual float64 }

func pairOf(raw, actual float32) pair {
	return pair{math.Log(float64(raw)), math.Log(max(float64(actual), shortest))}
}

// A line says what to expect where the rates promise something: e^a · promise^b.
// The zero value expects what they promise.
type line struct{ a, b float64 }

// fitted is the line that fits the waits best. Rates that are measured on few people
// are off by chance, so that a short promise is mostly too short, and a long one
// too long: then b is below 1. A few waits prove little: it begins at 1.
func fitted(v []pair) line {
	n := float64(len(v))
	if n < enough {
		return line{}
	}
	var sx, sy, sxx, sxy float64
	for _, w := range v {
		sx, sy, sxx, sxy = sx+w.raw, sy+w.actual, sxx+w.raw*w.raw, sxy+w.raw*w.actual
	}
	vx, vxy := sxx-sx*sx/n, sxy-sx*sy/n
	b := min(max((vxy+prior)/(vx+prior), flattest), 1)
	return line{a: (sy - b*sx) / n, b: b - 1}
}

// at is what to expect where the rates promise raw.
func (f line) at(raw float64) float64 { return math.Exp(f.a) * math.Pow(raw, 1+f.b) }

// beside are the logarithms of waits as shares of what was to be expected, in order.
func (f line) beside(v []pair) []float32 {
	out := make([]float32, len(v))
	for i, w := range v {
		out[i] = float32(w.actual - f.a - (1+f.b)*w.raw)
	}
	slices.Sort(out)
	return out
}

// overdue looks at the oldest in line: how long each has waited, and how many have
// waited longer than their bound.
func (l *Line) overdue(n *track, now time.Time) (going []pair, late int) {
	seen := 0
	n.live.walk(func(it item) bool {
		seen++
		e := l.tickets.entry(it.slot)
		if e.raw > 0 {
			waited := float32(now.Sub(l.rules.since(e)).Minutes())
			going = append(going, pairOf(e.raw, waited))
			if waited > e.bound {
				late++
			}
		}
		return seen < 4*oldest && len(going) < oldest
	})
	return going, late
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
	low, high, known := l.expect(n, ahead, l.tickets.entry(slot).class, now)
	nobody := l.staff.onDuty(n.teams) == 0
	return core.Estimate{Ahead: ahead, Low: low, High: high, Known: known, Nobody: nobody, Busy: !nobody && n.free == 0}, true
}

// expect is the band to be announced to somebody of a class with so many ahead.
func (l *Line) expect(n *track, ahead int, class uint8, now time.Time) (low, high time.Duration, known bool) {
	raw, quick := l.raw(n, ahead, now)
	h := &n.history
	if quick {
		return 0, time.Minute, h.knownQ
	}
	mean := raw // of those who overtake; the fit is that of the others
	if class >= ordinary {
		mean = h.fit.at(raw)
	}
	lower, upper, ok := band(mean*h.lower, mean*h.upper)
	return minutes(lower), minutes(upper), ok && h.known && l.staff.onDuty(n.teams) > 0
}

func minutes(m float64) time.Duration { return time.Duration(m * float64(time.Minute)) }

// state is the line for a topic, for somebody who joins it now with an ordinary
// ticket. Low and High are among edges.
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
	s.Low, s.High, s.Known = l.expect(main, ahead, ordinary, now)
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
