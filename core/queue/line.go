package queue

import (
	"container/heap"
	"slices"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// A Line is the waiting line. Use New.
type Line struct {
	rules   Rules
	clock   clock
	tickets slab
	index   index // tickets by ID
	ords    uint32
	langs   names              // of tickets
	places  names              // channels of tickets
	passed  map[int32][]string // slot → Ticket.Passed
	staff   staff
	skills  skills
	holders []int // workers for whom tickets are held
	holds   holds // when that ends
}

// A clock is what the calls have said of the time.
type clock struct {
	now  time.Time // latest that a call named
	born time.Time // earliest
}

func (c *clock) tick(now time.Time) {
	if c.born.IsZero() {
		c.born = now
	}
	if now.After(c.now) {
		c.now = now
	}
}

// An entry is a ticket: 72 bytes, and the strings that the ticket has anyway.
type entry struct {
	id, peer string
	key      int64
	ord      uint32
	agent    int32   // worker who has it; -1 nobody
	last     int32   // worker who had this peer last; -1 nobody
	raw      float32 // minutes of wait that the rates promised when it came; 0 for no sample
	bound    float32 // minutes announced
	track    uint16
	lang     uint16
	channel  uint16
	state    state
	class    uint8
	front    uint8
	flags    uint8
}

type state uint8

const (
	stateWaiting state = iota
	stateOffered       // Next gave it to agent
	stateRinging
	stateActive
	stateParked
	stateMessage
	stateHeld // passed over for a moment
)

const (
	flagHeld  uint8 = 1 << iota // in worker.held, not in track.live
	flagQuick                   // somebody was free when it came
)

// queued reports whether it is in line or on its way out of it.
func (s state) queued() bool {
	return s == stateWaiting || s == stateOffered || s == stateRinging || s == stateHeld
}

// busy reports whether it counts for its agent.
func (s state) busy() bool { return s == stateOffered || s == stateRinging || s == stateActive }

// New returns an empty line.
func New(r Rules) *Line {
	if r.Mode == "" {
		r.Mode = ModeLeast
	}
	if r.Sticky <= 0 {
		r.Sticky = time.Minute
	}
	if r.Age <= 0 {
		r.Age = 10 * time.Minute
	}
	r.Age = min(r.Age, 365*24*time.Hour)
	if r.Max <= 0 {
		r.Max = 5
	}
	return &Line{
		rules: r, index: newIndex(), passed: map[int32][]string{}, langs: names{byName: map[string]uint16{}}, places: names{byName: map[string]uint16{}},
		staff: staff{mode: r.Mode, byID: map[string]int{}}, skills: skills{bySkill: map[skill]int{}, spoken: map[string]bool{}},
	}
}

// century puts what returned to the front before everything that did not.
const century = int64(100 * 365 * 24 * time.Hour)

// key is the virtual arrival by which tickets are ordered.
func (r Rules) key(t *core.Ticket, now time.Time) int64 {
	since := t.Since
	if since.IsZero() {
		since = now
	}
	k := since.UnixNano() + int64(class(t))*int64(r.Age)
	if t.Front > 0 {
		k -= century
	}
	return k
}

// since is the arrival of e.
func (r Rules) since(e *entry) time.Time {
	k := e.key - int64(e.class)*int64(r.Age)
	if e.front > 0 {
		k += century
	}
	return time.Unix(0, k)
}

// class is the class by which a ticket has its place: an important customer has the
// next more urgent one, so that they go first, and nobody waits for them for ever.
func class(t *core.Ticket) uint8 {
	c := max(0, min(t.Class, 3))
	if t.VIP && c > 0 {
		c--
	}
	return uint8(c)
}

// Put tells the line what a ticket is now: call it after every commit. A ticket
// that waits gets or keeps its place; one that rings or is active counts for
// its agent; one that is parked is skipped and keeps its arrival time; a closed
// one is dropped.
func (l *Line) Put(t core.Ticket, now time.Time) {
	l.clock.tick(now)
	hash := l.index.hash(t.ID)
	slot := l.index.slot(&l.tickets, t.ID, hash)
	if t.State == core.TicketClosed {
		if slot >= 0 {
			l.forget(slot, hash)
		}
		return
	}
	var was state
	fresh := slot < 0
	if fresh {
		slot = l.tickets.alloc()
		e := l.tickets.entry(slot)
		*e = entry{id: t.ID, peer: t.Key.Peer, channel: l.places.number(t.Key.Channel), agent: -1, last: -1, state: stateParked}
		l.index.add(hash, slot)
	}
	e := l.tickets.entry(slot)
	was = e.state
	key, to, n := l.rules.key(&t, now), stateOf(&t, now), int(e.track)
	if fresh || l.skills.tracks[n].topic != t.Topic || l.langs.list[e.lang] != primary(t.Lang) {
		n = l.track(t.Topic, t.Lang)
	}
	if !fresh && to == was && e.key == key && int(e.track) == n && l.stays(e, &t) {
		l.detail(slot, &t)
		return
	}
	agent := int32(-1)
	if to.busy() && t.Agent != "" {
		if agent = e.agent; agent < 0 || l.staff.workers[agent].ID != t.Agent {
			agent = int32(l.staff.number(t.Agent))
		}
	}
	if !fresh {
		l.detach(slot, agent)
		l.history(e).measure(e, to, now, l.rules.since(e))
	}
	if !was.queued() || !to.queued() || int(e.track) != n {
		e.raw, e.bound, e.flags = 0, 0, 0
	}
	e.key, e.track, e.state, e.class, e.front = key, uint16(n), to, class(&t), uint8(min(t.Front, 255))
	l.detail(slot, &t)
	if fresh && to == stateWaiting && t.Front == 0 && now.Sub(l.rules.since(e)) < time.Minute {
		l.promise(e, now)
	}
	when := l.clock.now
	if fresh {
		when = time.Time{} // whoever has it had it before
	}
	l.attach(slot, agent, when)
}

// history is what e's track has seen of waits.
func (l *Line) history(e *entry) *history { return &l.skills.tracks[e.track].history }

// stays reports whether t asks for nothing that e does not have already.
func (l *Line) stays(e *entry, t *core.Ticket) bool {
	if e.state.busy() {
		return e.agent >= 0 && l.staff.workers[e.agent].ID == t.Agent
	}
	if e.flags&flagHeld != 0 && slices.Contains(t.Passed, l.staff.workers[e.last].ID) {
		return false
	}
	return e.class == class(t)
}

// detail sets what has no bearing on the place.
func (l *Line) detail(slot int32, t *core.Ticket) {
	e := l.tickets.entry(slot)
	if lang := primary(t.Lang); e.lang == 0 || l.langs.list[e.lang] != lang {
		e.lang = l.langs.number(lang)
	}
	if e.flags&flagHeld == 0 {
		e.last = -1
		if t.LastOwn != "" {
			e.last = int32(l.staff.number(t.LastOwn))
		}
	}
	switch {
	case len(t.Passed) > 0:
		l.passed[slot] = slices.Clone(t.Passed)
	case len(l.passed) > 0:
		delete(l.passed, slot)
	}
}

func stateOf(t *core.Ticket, now time.Time) state {
	if t.State == core.TicketWaiting && now.Before(t.Held) {
		return stateHeld
	}
	switch t.State {
	case core.TicketRinging:
		return stateRinging
	case core.TicketActive:
		return stateActive
	case core.TicketParked:
		return stateParked
	case core.TicketMessage:
		return stateMessage
	}
	return stateWaiting
}

// Drop forgets a ticket; an unknown one is ignored.
func (l *Line) Drop(id string) {
	hash := l.index.hash(id)
	if slot := l.index.slot(&l.tickets, id, hash); slot >= 0 {
		l.forget(slot, hash)
	}
}

func (l *Line) forget(slot int32, hash uint32) {
	e := l.tickets.entry(slot)
	l.detach(slot, -1)
	l.history(e).measure(e, stateParked, l.clock.now, l.rules.since(e))
	l.index.remove(&l.tickets, e.id, hash)
	if len(l.passed) > 0 {
		delete(l.passed, slot)
	}
	l.tickets.free(slot)
}

// Len is how many tickets the line knows.
func (l *Line) Len() int { return l.index.n }

// attach puts a ticket where its state belongs. agent is who has it, and when
// since when, zero if that is only learnt, not happening.
func (l *Line) attach(slot, agent int32, when time.Time) {
	e := l.tickets.entry(slot)
	n := l.skills.tracks[e.track]
	switch {
	case e.state == stateWaiting:
		if e.ord == 0 {
			l.ords++
			e.ord = l.ords
		}
		n.class[e.class]++
		if l.hold(slot) {
			return
		}
		n.live.add(item{e.key, e.ord, slot})
	case e.state == stateMessage:
		if e.ord == 0 {
			l.ords++
			e.ord = l.ords
		}
		n.msgs.add(item{e.key, e.ord, slot})
	case e.state.busy() && agent >= 0:
		if e.agent != agent {
			e.agent = agent
			l.load(int(agent), 1, when)
		}
	}
}

// detach takes a ticket from where it is, unless it stays with agent.
func (l *Line) detach(slot, agent int32) {
	e := l.tickets.entry(slot)
	n := l.skills.tracks[e.track]
	switch {
	case e.state == stateWaiting:
		n.class[e.class]--
		if e.flags&flagHeld != 0 {
			l.release(slot)
		} else {
			n.live.remove(item{e.key, e.ord, slot})
		}
	case e.state == stateMessage:
		n.msgs.remove(item{e.key, e.ord, slot})
	}
	if e.agent >= 0 && e.agent != agent {
		was := e.agent
		e.agent = -1
		l.load(int(was), -1, l.clock.now)
	}
}

// hold keeps a ticket for its last agent, if the rules say so, and reports
// whether it did.
func (l *Line) hold(slot int32) bool {
	e := l.tickets.entry(slot)
	if l.rules.Mode != ModeLast || e.last < 0 || e.front > 0 {
		return false
	}
	w := l.staff.workers[e.last]
	until := l.rules.since(e).Add(l.rules.Sticky)
	if !w.known || w.Presence != core.OnDuty || !l.clock.now.Before(until) ||
		!l.skills.tracks[e.track].serves(w) || slices.Contains(l.passed[slot], w.ID) {
		return false
	}
	if w.held.len() == 0 {
		l.holders = append(l.holders, int(e.last))
	}
	w.held.add(item{e.key, e.ord, slot})
	e.flags |= flagHeld
	heap.Push(&l.holds, item{until.UnixNano(), e.ord, slot})
	return true
}

// release takes a held ticket out of its agent's list.
func (l *Line) release(slot int32) {
	e := l.tickets.entry(slot)
	w := l.staff.workers[e.last]
	w.held.remove(item{e.key, e.ord, slot})
	e.flags &^= flagHeld
	if w.held.len() == 0 {
		l.holders = slices.DeleteFunc(l.holders, func(i int) bool { return i == int(e.last) })
	}
}

// unhold lets everything that is held for a worker go to anybody.
func (l *Line) unhold(i int) {
	w := l.staff.workers[i]
	for w.held.len() > 0 {
		it, _ := w.held.head()
		l.release(it.slot)
		l.skills.tracks[l.tickets.entry(it.slot).track].live.add(it)
	}
}

// expire lets go what has been held long enough.
func (l *Line) expire() {
	for len(l.holds) > 0 && l.holds[0].key <= l.clock.now.UnixNano() {
		it := heap.Pop(&l.holds).(item)
		e := l.tickets.entry(it.slot)
		if e.flags&flagHeld == 0 || e.ord != it.ord {
			continue // went another way meanwhile
		}
		l.release(it.slot)
		l.skills.tracks[e.track].live.add(item{e.key, e.ord, it.slot})
	}
}

// holds is a heap of held tickets by when the hold ends.
type holds []item

func (h holds) Len() int           { return len(h) }
func (h holds) Less(i, j int) bool { return h[i].before(h[j]) }
func (h holds) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *holds) Push(x any)        { *h = append(*h, x.(item)) }
func (h *holds) Pop() any {
	x := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return x
}

// names numbers strings.
type names struct {
	byName map[string]uint16
	list   []string
}

// number returns the number of name; 0 when there are too many.
func (x *names) number(name string) uint16 {
	if len(x.list) > 0 && x.list[len(x.list)-1] == name {
		return uint16(len(x.list) - 1)
	}
	n, ok := x.byName[name]
	if !ok {
		if len(x.list) == 1<<16-1 {
			return 0
		}
		n = uint16(len(x.list))
		x.byName[name] = n
		x.list = append(x.list, name)
	}
	return n
}
