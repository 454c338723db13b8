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
	turn  uint64 // when they were last given a ticket, for ModeRound
	held  seq    // tickets that wait for them, see Rules.Sticky
	known bool   // Agent was called; until then they only have tickets
}

// A team is the agents who serve the same tracks.
type team struct {
	name   string
	topics []string // nil: any
	langs  []string // nil: any
	tracks []int    // that it serves
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

// staff are the workers and the teams that they form.
type staff struct {
	mode    Mode
	workers []*worker
	byID    map[string]int
	teams   []*team
	turns   uint64 // tickets given out so far
}

// number returns the number of an agent, adding one that has not been
// introduced yet.
func (s *staff) number(id string) int {
	if i, ok := s.byID[id]; ok {
		return i
	}
	i := len(s.workers)
	s.workers = append(s.workers, &worker{Agent: core.Agent{ID: id}, team: -1, heap: -1})
	s.byID[id] = i
	return i
}

// Agent tells the line about an agent, new or changed. Load is ignored: the
// line counts it.
func (l *Line) Agent(a core.Agent) {
	i := l.staff.number(a.ID)
	w := l.staff.workers[i]
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
	m := make(map[string]core.Agent, len(l.staff.workers))
	for _, w := range l.staff.workers {
		if w.known {
			m[w.ID] = w.Agent
		}
	}
	return m
}

// leave takes a worker out of their team.
func (l *Line) leave(i int) {
	n := l.staff.workers[i].team
	if n < 0 {
		return
	}
	t := l.staff.teams[n]
	l.skills.room(t, l.staff.unfree(i))
	l.staff.exit(i)
	l.skills.unmatched = l.skills.unmatched || t.staff == 0
	l.skills.stale = true
}

// join puts a worker into the team for their skills.
func (l *Line) join(i int) {
	t := l.staff.enter(i)
	l.skills.unmatched = l.skills.unmatched || t.staff == 1
	l.skills.stale = true
	l.speak()
	l.match() // the tracks of the team, before anybody in it is counted as free
	l.fix(i)
}

// fix brings the worker's place among those who have room up to date.
func (l *Line) fix(i int) {
	if more := l.staff.fix(i); more != 0 {
		l.skills.room(l.staff.teams[l.staff.workers[i].team], more)
	}
}

// load counts one ticket more or less for a worker. when is zero if that is only
// learnt, not happening.
func (l *Line) load(i, by int, when time.Time) {
	l.staff.load(i, by, when)
	l.fix(i)
}

// enter puts a worker into the team for their skills, and returns that.
func (s *staff) enter(i int) *team {
	w := s.workers[i]
	topics, langs := slices.Clone(w.Topics), []string{}
	for _, s := range w.Langs {
		if s = primary(s); s != "" {
			langs = append(langs, s)
		}
	}
	slices.Sort(topics)
	slices.Sort(langs)
	name := strings.Join(topics, "\x00") + "\x01" + strings.Join(langs, "\x00")
	n := slices.IndexFunc(s.teams, func(t *team) bool { return t.name == name })
	if n < 0 {
		n = len(s.teams)
		s.teams = append(s.teams, &team{name: name, topics: topics, langs: langs})
	}
	w.team = n
	t := s.teams[n]
	t.staff++
	if w.Presence == core.OnDuty {
		t.onDuty++
	}
	return t
}

// exit takes a worker who has no room out of their team.
func (s *staff) exit(i int) {
	w := s.workers[i]
	t := s.teams[w.team]
	t.staff--
	if w.Presence == core.OnDuty {
		t.onDuty--
	}
	w.team = -1
}

// fix brings the worker's place among those who have room up to date, and
// returns how many more of their team have room now.
func (s *staff) fix(i int) (more int) {
	w := s.workers[i]
	room := w.team >= 0 && w.Presence == core.OnDuty && w.Load < w.Max
	switch {
	case room && w.heap < 0:
		t := s.teams[w.team]
		w.heap = len(t.free)
		t.free = append(t.free, i)
		s.sift(t, w.heap)
		return 1
	case room:
		s.sift(s.teams[w.team], w.heap)
		return 0
	}
	return s.unfree(i)
}

// unfree takes a worker out of those who have room, and returns how many more of
// their team have room now.
func (s *staff) unfree(i int) (more int) {
	w := s.workers[i]
	if w.heap < 0 {
		return 0
	}
	t := s.teams[w.team]
	at, end := w.heap, len(t.free)-1
	s.swap(t, at, end)
	t.free = t.free[:end]
	w.heap = -1
	if at < end {
		s.sift(t, at)
	}
	return -1
}

// sift moves the worker at place at of the heap to where they belong.
func (s *staff) sift(t *team, at int) {
	for at > 0 && s.sooner(t.free[at], t.free[(at-1)/2]) {
		s.swap(t, at, (at-1)/2)
		at = (at - 1) / 2
	}
	for {
		least := at
		for c := 2*at + 1; c <= 2*at+2 && c < len(t.free); c++ {
			if s.sooner(t.free[c], t.free[least]) {
				least = c
			}
		}
		if least == at {
			return
		}
		s.swap(t, at, least)
		at = least
	}
}

func (s *staff) swap(t *team, a, b int) {
	t.free[a], t.free[b] = t.free[b], t.free[a]
	s.workers[t.free[a]].heap, s.workers[t.free[b]].heap = a, b
}

// sooner reports whether worker i gets the next ticket rather than j.
func (s *staff) sooner(i, j int) bool {
	a, b := s.workers[i], s.workers[j]
	switch s.mode {
	case ModeRound:
		if a.turn != b.turn {
			return a.turn < b.turn
		}
	case ModeIdle:
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

// load counts one ticket more or less for a worker. when is zero if that is only
// learnt, not happening.
func (s *staff) load(i, by int, when time.Time) {
	w := s.workers[i]
	w.Load += by
	if when.After(w.Idle) {
		w.Idle = when
	}
	if by > 0 && !when.IsZero() {
		s.turns++
		w.turn = s.turns
	}
}

// onDuty is how many of these teams are on duty.
func (s *staff) onDuty(teams []int) (n int) {
	for _, t := range teams {
		n += s.teams[t].onDuty
	}
	return n
}

// languages are those that an agent names.
func (s *staff) languages() map[string]bool {
	out := map[string]bool{}
	for _, t := range s.teams {
		if t.staff > 0 {
			for _, lang := range t.langs {
				out[lang] = true
			}
		}
	}
	return out
}
