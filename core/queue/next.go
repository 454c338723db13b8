package queue

import (
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
	l.clock.tick(now)
	if l.rules.Mode == ModeManual {
		return Offer{}, false
	}
	l.expire()
	it, agent, ok := l.first()
	if !ok {
		return Offer{}, false
	}
	e := l.tickets.entry(it.slot)
	if agent < 0 {
		agent = l.pick(it.slot)
	}
	o := Offer{Ticket: l.ticket(it.slot), Agent: l.staff.workers[agent].ID}
	l.detach(it.slot, -1)
	e.state = stateOffered
	l.attach(it.slot, int32(agent), l.clock.now)
	return o, true
}

// first is the first ticket that somebody with room serves, and for whom it is
// held, or -1.
func (l *Line) first() (best item, agent int, ok bool) {
	agent = -1
	for _, n := range l.skills.tracks {
		if n.free == 0 {
			continue
		}
		if it, some := n.live.head(); some && (!ok || it.before(best)) {
			best, ok = it, true
		}
	}
	for _, i := range l.holders {
		w := l.staff.workers[i]
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
	for _, n := range l.skills.tracks {
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
	e := l.tickets.entry(slot)
	passed := l.passed[slot]
	if l.rules.Mode == ModeLast && e.last >= 0 {
		w := l.staff.workers[e.last]
		if w.heap >= 0 && l.skills.tracks[e.track].serves(w) && !slices.Contains(passed, w.ID) {
			return int(e.last)
		}
	}
	best := -1
	for _, t := range l.skills.tracks[e.track].teams {
		if free := l.staff.teams[t].free; len(passed) > 0 {
			for _, i := range free {
				if !slices.Contains(passed, l.staff.workers[i].ID) && (best < 0 || l.staff.sooner(i, best)) {
					best = i
				}
			}
		} else if len(free) > 0 && (best < 0 || l.staff.sooner(free[0], best)) {
			best = free[0]
		}
	}
	if best >= 0 {
		return best
	}
	for _, t := range l.skills.tracks[e.track].teams {
		if free := l.staff.teams[t].free; len(free) > 0 && (best < 0 || l.staff.sooner(free[0], best)) {
			best = free[0]
		}
	}
	return best
}

func (l *Line) ticket(slot int32) core.Ticket {
	e := l.tickets.entry(slot)
	t := core.Ticket{
		ID: e.id, Key: core.Key{Channel: l.places.list[e.channel], Peer: e.peer}, State: core.TicketWaiting,
		Topic: l.skills.tracks[e.track].topic, Lang: l.langs.list[e.lang], Class: int(e.class), Front: int(e.front), Since: l.rules.since(e),
	}
	if e.state == stateMessage {
		t.State = core.TicketMessage
	}
	if e.last >= 0 {
		t.LastOwn = l.staff.workers[e.last].ID
	}
	return t
}

// place is how many tickets will be served before this one by those who serve
// it, as things are: all those of its class or a more urgent one that came
// before, and less urgent ones that have waited long enough to go first.
func (l *Line) place(slot int32) int {
	e := l.tickets.entry(slot)
	it, ahead := item{e.key, e.ord, slot}, 0
	n := l.skills.tracks[e.track]
	for _, m := range l.skills.rivals(n, l.staff.teams) {
		if s := &l.skills.tracks[m].live; s.n > 0 {
			ahead += s.rank(it)
		}
	}
	for _, i := range l.holders {
		if w := l.staff.workers[i]; n.serves(w) {
			ahead += w.held.rank(it)
		}
	}
	return ahead
}
