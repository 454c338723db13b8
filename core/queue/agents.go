package queue

import (
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// A worker is an agent as the line sees them.
type worker struct {
	core.Agent
	team  int
	heap  int    // index in the team's heap of those who have room; -1 if not there
	turn  uint64 // when they were last given a ticket, for Round
	held  seq    // tickets that wait for them, see Rules.Sticky
	known bool   // Agent was called; until then they only have tickets
}

// A team is the agents who serve the same lanes.
type team struct {
	name   string
	topics []string // nil: any
	langs  []string // nil: any
	lanes  []int    // that it serves
	onDuty int
	free   []int // heap of workers who have room, the next one first
	staff  int   // members that are known
}

func (t *team) serves(topic, lang string) bool {
	return (len(t.topics) == 0 || topic == "" || slices.Contains(t.topics, topic)) &&
		(len(t.langs) == 0 || lang == "" || slices.Contains(t.langs, lang))
}

// primary is the first subtag of a language, lower case; empty for what is not
// a language.
func primary(lang string) string {
	if i := strings.IndexAny(lang, "-_"); i >= 0 {
		lang = lang[:i]
	}
	if len(lang) < 2 || len(lang) > 3 {
		return ""
	}
	return strings.ToLower(lang)
}

// worker returns the number of an agent, adding one that has not been
// introduced yet.
func (l *Line) worker(id string) int {
	if i, ok := l.byID[id]; ok {
		return i
	}
	i := len(l.workers)
	l.workers = append(l.workers, &worker{Agent: core.Agent{ID: id}, team: -1, heap: -1})
	l.byID[id] = i
	return i
}

// Agent tells the line about an agent, new or changed. Load is ignored: the
// line counts it.
func (l *Line) Agent(a core.Agent) {
	i := l.worker(a.ID)
	w := l.workers[i]
	a.Load = w.Load
	if a.Idle.Before(w.Idle) {
		a.Idle = w.Idle
	}
	if a.Max <= 0 {
		a.Max = l.rules.Max
	}
	a.Topics, a.Langs = slices.Clone(a.Topics), slices.Clone(a.Langs)
	if w.known && w.Presence == a.Presence && slices.Equal(w.Topics, a.Topics) && slices.Equal(w.Langs, a.Langs) {
		w.Agent = a
		l.fix(i)
		return
	}
	l.unhold(i)
	l.leave(i)
	w.Agent, w.known = a, true
	l.join(i)
}

// Agents returns every agent with Load, by ID, for core.Scene.
func (l *Line) Agents() map[string]core.Agent {
	m := make(map[string]core.Agent, len(l.workers))
	for _, w := range l.workers {
		if w.known {
			m[w.ID] = w.Agent
		}
	}
	return m
}

// leave takes a worker out of their team.
func (l *Line) leave(i int) {
	w := l.workers[i]
	if w.team < 0 {
		return
	}
	t := l.teams[w.team]
	l.unfree(i)
	if w.Presence == core.OnDuty {
		t.onDuty--
	}
	if t.staff--; t.staff == 0 {
		l.unmatched = true
	}
	l.stale = true
	w.team = -1
}

// join puts a worker into the team for their skills.
func (l *Line) join(i int) {
	w := l.workers[i]
	topics, langs := slices.Clone(w.Topics), []string{}
	for _, s := range w.Langs {
		if s = primary(s); s != "" {
			langs = append(langs, s)
		}
	}
	slices.Sort(topics)
	slices.Sort(langs)
	name := strings.Join(topics, "\x00") + "\x01" + strings.Join(langs, "\x00")
	n := slices.IndexFunc(l.teams, func(t *team) bool { return t.name == name })
	if n < 0 {
		n = len(l.teams)
		l.teams = append(l.teams, &team{name: name, topics: topics, langs: langs})
	}
	w.team = n
	t := l.teams[n]
	if t.staff++; t.staff == 1 {
		l.unmatched = true
	}
	if w.Presence == core.OnDuty {
		t.onDuty++
	}
	l.stale = true
	l.speak()
	l.match() // the lanes of the team, before anybody in it is counted as free
	l.fix(i)
}

// fix brings the worker's place among those who have room up to date.
func (l *Line) fix(i int) {
	w := l.workers[i]
	room := w.team >= 0 && w.Presence == core.OnDuty && w.Load < w.Max
	switch {
	case room && w.heap < 0:
		t := l.teams[w.team]
		w.heap = len(t.free)
		t.free = append(t.free, i)
		l.sift(t, w.heap)
		for _, n := range t.lanes {
			l.lanes[n].free++
		}
	case room:
		l.sift(l.teams[w.team], w.heap)
	default:
		l.unfree(i)
	}
}

func (l *Line) unfree(i int) {
	w := l.workers[i]
	if w.heap < 0 {
		return
	}
	t := l.teams[w.team]
	at, end := w.heap, len(t.free)-1
	l.swap(t, at, end)
	t.free = t.free[:end]
	w.heap = -1
	if at < end {
		l.sift(t, at)
	}
	for _, n := range t.lanes {
		l.lanes[n].free--
	}
}

// sift moves the worker at place at of the heap to where they belong.
func (l *Line) sift(t *team, at int) {
	for at > 0 && l.sooner(t.free[at], t.free[(at-1)/2]) {
		l.swap(t, at, (at-1)/2)
		at = (at - 1) / 2
	}
	for {
		least := at
		for c := 2*at + 1; c <= 2*at+2 && c < len(t.free); c++ {
			if l.sooner(t.free[c], t.free[least]) {
				least = c
			}
		}
		if least == at {
			return
		}
		l.swap(t, at, least)
		at = least
	}
}

func (l *Line) swap(t *team, a, b int) {
	t.free[a], t.free[b] = t.free[b], t.free[a]
	l.workers[t.free[a]].heap, l.workers[t.free[b]].heap = a, b
}

// sooner reports whether worker i gets the next ticket rather than j.
func (l *Line) sooner(i, j int) bool {
	a, b := l.workers[i], l.workers[j]
	switch l.rules.Mode {
	case Round:
		if a.turn != b.turn {
			return a.turn < b.turn
		}
	case Idle:
	default:
		if x, y := a.Load*b.Max, b.Load*a.Max; x != y {
			return x < y
		}
	}
	if !a.Idle.Equal(b.Idle) {
		return a.Idle.Before(b.Idle)
	}
	return a.ID < b.ID
}

// load counts one ticket more or less for a worker. now is zero if that is only
// learnt, not happening.
func (l *Line) load(i, by int, now time.Time) {
	w := l.workers[i]
	w.Load += by
	if now.After(w.Idle) {
		w.Idle = now
	}
	if by > 0 && !now.IsZero() {
		l.turns++
		w.turn = l.turns
	}
	l.fix(i)
}
