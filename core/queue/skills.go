package queue

import (
	"maps"
	"slices"
)

// A skill is what a ticket asks of an agent.
type skill struct{ topic, lang string }

// A track is the tickets that ask for the same skill.
type track struct {
	skill
	live    seq    // those that wait, except those held for an agent
	msgs    seq    // messages left, answered when nobody waits
	class   [4]int // those that wait, by class, held ones included
	teams   []int  // that serve it
	free    int    // agents with room in them
	rivals  []int  // tracks that somebody on duty serves too, and itself
	history history
}

// serves reports whether a worker takes tickets of the track.
func (n *track) serves(w *worker) bool { return w.team >= 0 && slices.Contains(n.teams, w.team) }

// skills are what tickets ask for, and which teams serve that.
type skills struct {
	tracks    []*track
	bySkill   map[skill]int
	spoken    map[string]bool // languages that an agent names; tickets in another are anyone's
	stale     bool            // track.rivals are out of date
	unmatched bool            // team.tracks, track.teams and track.free are out of date
}

// track is the track for a ticket about topic in lang; added tells that it is new.
func (k *skills) track(topic, lang string) (n int, added bool) {
	lang = primary(lang)
	if !k.spoken[lang] {
		lang = ""
	}
	s := skill{topic, lang}
	if n, ok := k.bySkill[s]; ok {
		return n, false
	}
	if len(k.tracks) == 1<<16-1 {
		return 0, false
	}
	n = len(k.tracks)
	k.tracks = append(k.tracks, &track{skill: s})
	k.bySkill[s] = n
	k.unmatched, k.stale = true, true
	return n, true
}

// match finds out which teams serve which tracks, unless that is known, and
// reports whether it did. A track that no team would serve is everybody's: better
// somebody who is not trained for it than nobody.
func (k *skills) match(teams []*team) bool {
	if !k.unmatched {
		return false
	}
	k.unmatched, k.stale = false, true
	for _, t := range teams {
		t.tracks = t.tracks[:0]
	}
	for i, n := range k.tracks {
		n.teams, n.free = n.teams[:0], 0
		for j, t := range teams {
			if t.staff > 0 && t.serves(n.topic, n.lang) {
				n.teams = append(n.teams, j)
			}
		}
		if len(n.teams) == 0 {
			for j, t := range teams {
				if t.staff > 0 {
					n.teams = append(n.teams, j)
				}
			}
		}
		for _, j := range n.teams {
			teams[j].tracks = append(teams[j].tracks, i)
			n.free += len(teams[j].free)
		}
	}
	return true
}

// room counts more agents with room in the tracks of t.
func (k *skills) room(t *team, more int) {
	for _, n := range t.tracks {
		k.tracks[n].free += more
	}
}

// rivals are the tracks that draw on the same agents on duty as n, and n itself.
func (k *skills) rivals(n *track, teams []*team) []int {
	if k.stale {
		k.compete(teams)
	}
	return n.rivals
}

// compete finds out which tracks draw on the same agents on duty.
func (k *skills) compete(teams []*team) {
	k.stale = false
	seen := make([]int, len(k.tracks)) // 1 + the track that last saw it
	for i, n := range k.tracks {
		n.rivals, seen[i] = append(n.rivals[:0], i), i+1
		for _, j := range n.teams {
			if teams[j].onDuty == 0 {
				continue
			}
			for _, m := range teams[j].tracks {
				if seen[m] != i+1 {
					seen[m] = i + 1
					n.rivals = append(n.rivals, m)
				}
			}
		}
	}
}

// ahead is how many are ahead in these tracks of somebody of this class who comes now.
func (k *skills) ahead(tracks []int, class uint8) (n int) {
	for _, m := range tracks {
		for c, some := range k.tracks[m].class {
			if c <= int(class) {
				n += some
			}
		}
	}
	return n
}

// track is the track for a ticket about topic in lang.
func (l *Line) track(topic, lang string) int {
	n, added := l.skills.track(topic, lang)
	if added {
		l.match()
	}
	return n
}

// match has every track know the teams that serve it. What was held for somebody
// who may no longer serve it is anybody's then.
func (l *Line) match() {
	if !l.skills.match(l.staff.teams) {
		return
	}
	for _, i := range slices.Clone(l.holders) {
		w := l.staff.workers[i]
		var lost []item
		w.held.walk(func(it item) bool {
			if !l.skills.tracks[l.tickets.entry(it.slot).track].serves(w) {
				lost = append(lost, it)
			}
			return true
		})
		for _, it := range lost {
			l.release(it.slot)
			l.skills.tracks[l.tickets.entry(it.slot).track].live.add(it)
		}
	}
}

// speak finds out which languages agents name: tickets in any other are
// anyone's. It moves tickets whose track that changes.
func (l *Line) speak() {
	spoken := l.staff.languages()
	if maps.Equal(spoken, l.skills.spoken) {
		return
	}
	l.skills.spoken = spoken
	defer func() { l.skills.unmatched = true }()
	for slot := range l.tickets.used {
		e := l.tickets.entry(slot)
		if e.id == "" {
			continue
		}
		if n := l.track(l.skills.tracks[e.track].topic, l.langs.list[e.lang]); n != int(e.track) {
			l.move(slot, n)
		}
	}
}

// move puts a ticket into another track as it is.
func (l *Line) move(slot int32, to int) {
	e := l.tickets.entry(slot)
	old, n := l.skills.tracks[e.track], l.skills.tracks[to]
	it := item{e.key, e.ord, slot}
	switch e.state {
	case stateWaiting:
		old.class[e.class]--
		n.class[e.class]++
		if e.flags&flagHeld == 0 {
			old.live.remove(it)
			n.live.add(it)
		}
	case stateMessage:
		old.msgs.remove(it)
		n.msgs.add(it)
	}
	e.track = uint16(to)
}
