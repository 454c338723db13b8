package queue

import (
	"maps"
	"slices"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// Next takes the next ticket that somebody can serve out of the line and counts
// it for them. It is theirs until the ticket is Put again: after the turn that
// made it ring, or as it was if that turn decided otherwise or failed.
//
// Messages that were left are given out when nobody who waits can be served.
// Somebody who let this ticket ring out gets it again only if nobody else has
// room.
func (l *Line) Next(now time.Time) (Offer, bool) {
	l.tick(now)
	if l.rules.Mode == Manual {
		return Offer{}, false
	}
	l.expire()
	it, agent, ok := l.first()
	if !ok {
		return Offer{}, false
	}
	e := l.entry(it.slot)
	if agent < 0 {
		agent = l.pick(it.slot)
	}
	o := Offer{Ticket: l.ticket(it.slot), Agent: l.workers[agent].ID}
	l.detach(it.slot, -1, false)
	e.state = offered
	l.attach(it.slot, int32(agent), false)
	return o, true
}

// first is the first ticket that somebody with room serves, and for whom it is
// held, or -1.
func (l *Line) first() (best item, agent int, ok bool) {
	agent = -1
	for _, n := range l.lanes {
		if n.free == 0 {
			continue
		}
		if it, some := n.live.head(); some && (!ok || it.before(best)) {
			best, ok = it, true
		}
	}
	for _, i := range l.holders {
		w := l.workers[i]
		if w.heap < 0 {
			continue
		}
		if it, some := w.held.head(); some && (!ok || it.before(best)) {
			best, agent, ok = it, i, true
		}
	}
	if ok {
		return best, agent, true
	}
	for _, n := range l.lanes {
		if n.free == 0 {
			continue
		}
		if it, some := n.msgs.head(); some && (!ok || it.before(best)) {
			best, ok = it, true
		}
	}
	return best, agent, ok
}

// pick chooses who gets a ticket; somebody with room serves it.
func (l *Line) pick(slot int32) int {
	e := l.entry(slot)
	passed := l.passed[slot]
	if l.rules.Mode == Last && e.last >= 0 {
		w := l.workers[e.last]
		if w.heap >= 0 && l.serves(int(e.last), int(e.lane)) && !slices.Contains(passed, w.ID) {
			return int(e.last)
		}
	}
	best := -1
	for _, t := range l.lanes[e.lane].teams {
		if free := l.teams[t].free; len(passed) > 0 {
			for _, i := range free {
				if !slices.Contains(passed, l.workers[i].ID) && (best < 0 || l.sooner(i, best)) {
					best = i
				}
			}
		} else if len(free) > 0 && (best < 0 || l.sooner(free[0], best)) {
			best = free[0]
		}
	}
	if best >= 0 {
		return best
	}
	for _, t := range l.lanes[e.lane].teams {
		if free := l.teams[t].free; len(free) > 0 && (best < 0 || l.sooner(free[0], best)) {
			best = free[0]
		}
	}
	return best
}

func (l *Line) ticket(slot int32) core.Ticket {
	e := l.entry(slot)
	t := core.Ticket{
		ID: e.id, Key: core.Key{Channel: l.places.list[e.channel], Peer: e.peer}, State: core.TicketWaiting,
		Topic: l.lanes[e.lane].topic, Lang: l.langs.list[e.lang], Class: int(e.class), Front: int(e.front), Since: l.since(e),
	}
	if e.state == message {
		t.State = core.TicketMessage
	}
	if e.last >= 0 {
		t.LastOwn = l.workers[e.last].ID
	}
	return t
}

// Place is how many tickets will be served before this one by those who serve
// it, as things are: all those of its class or a more urgent one that came
// before, and less urgent ones that have waited long enough to go first. It
// reports false for a ticket that does not wait.
func (l *Line) Place(id string) (ahead int, ok bool) {
	slot := l.index.find(l, id)
	if slot < 0 || l.entry(slot).state != waiting {
		return 0, false
	}
	return l.place(slot), true
}

func (l *Line) place(slot int32) int {
	l.compete()
	e := l.entry(slot)
	it, ahead := item{e.key, e.ord, slot}, 0
	for _, n := range l.lanes[e.lane].rivals {
		if s := &l.lanes[n].live; s.n > 0 {
			ahead += s.rank(it)
		}
	}
	for _, i := range l.holders {
		if l.serves(i, int(e.lane)) {
			ahead += l.workers[i].held.rank(it)
		}
	}
	return ahead
}

// serves reports whether a worker takes tickets of a lane.
func (l *Line) serves(i, lane int) bool {
	t := l.workers[i].team
	return t >= 0 && slices.Contains(l.lanes[lane].teams, t)
}

// lane is the lane for a ticket about topic in lang.
func (l *Line) lane(topic, lang string) int {
	lang = primary(lang)
	if !l.spoken[lang] {
		lang = ""
	}
	k := skill{topic, lang}
	if n, ok := l.byLane[k]; ok {
		return n
	}
	if len(l.lanes) == 1<<16-1 {
		return 0
	}
	n := len(l.lanes)
	l.lanes = append(l.lanes, &lane{skill: k})
	l.byLane[k] = n
	l.unmatched, l.stale = true, true
	l.match()
	return n
}

// speak finds out which languages agents name: tickets in any other are
// anyone's. It moves tickets whose lane that changes.
func (l *Line) speak() {
	spoken := map[string]bool{}
	for _, t := range l.teams {
		if t.staff > 0 {
			for _, s := range t.langs {
				spoken[s] = true
			}
		}
	}
	if maps.Equal(spoken, l.spoken) {
		return
	}
	l.spoken = spoken
	defer func() { l.unmatched = true }()
	for slot := range l.used {
		e := l.entry(slot)
		if e.id == "" {
			continue
		}
		if n := l.lane(l.lanes[e.lane].topic, l.langs.list[e.lang]); n != int(e.lane) {
			l.move(slot, n)
		}
	}
}

// move puts a ticket into another lane as it is.
func (l *Line) move(slot int32, to int) {
	e := l.entry(slot)
	old, n := l.lanes[e.lane], l.lanes[to]
	it := item{e.key, e.ord, slot}
	switch e.state {
	case waiting:
		old.class[e.class]--
		n.class[e.class]++
		if e.flags&flagHeld == 0 {
			old.live.remove(it)
			n.live.add(it)
		}
	case message:
		old.msgs.remove(it)
		n.msgs.add(it)
	}
	e.lane = uint16(to)
}

// match finds out which teams serve which lanes. A lane that no team would
// serve is everybody's: better somebody who is not trained for it than nobody.
func (l *Line) match() {
	if !l.unmatched {
		return
	}
	l.unmatched, l.stale = false, true
	for _, t := range l.teams {
		t.lanes = t.lanes[:0]
	}
	for i, n := range l.lanes {
		n.teams, n.free = n.teams[:0], 0
		for j, t := range l.teams {
			if t.staff > 0 && t.serves(n.topic, n.lang) {
				n.teams = append(n.teams, j)
			}
		}
		if len(n.teams) == 0 {
			for j, t := range l.teams {
				if t.staff > 0 {
					n.teams = append(n.teams, j)
				}
			}
		}
		for _, j := range n.teams {
			l.teams[j].lanes = append(l.teams[j].lanes, i)
			n.free += len(l.teams[j].free)
		}
	}
	for _, i := range slices.Clone(l.holders) { // who may no longer serve what is held for them
		var lost []item
		l.workers[i].held.walk(func(it item) bool {
			if !l.serves(i, int(l.entry(it.slot).lane)) {
				lost = append(lost, it)
			}
			return true
		})
		for _, it := range lost {
			l.release(it.slot)
			l.lanes[l.entry(it.slot).lane].live.add(it)
		}
	}
}

// compete finds out which lanes draw on the same agents on duty.
func (l *Line) compete() {
	if !l.stale {
		return
	}
	l.stale = false
	seen := make([]int, len(l.lanes)) // 1 + the lane that last saw it
	for i, n := range l.lanes {
		n.rivals, seen[i] = append(n.rivals[:0], i), i+1
		for _, j := range n.teams {
			if l.teams[j].onDuty == 0 {
				continue
			}
			for _, m := range l.teams[j].lanes {
				if seen[m] != i+1 {
					seen[m] = i + 1
					n.rivals = append(n.rivals, m)
				}
			}
		}
	}
}
