package rehearse

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/queue"
	"github.com/frontdesk-im/frontdesk/core/reassure"
)

// A world is an evening while it happens.
type world struct {
	scene    *Scenario
	policies reassure.Policies
	chance   *rand.Rand // when customers come
	end      time.Time

	now    time.Time
	agenda agenda
	line   *queue.Line
	crowd  []*person
	byID   map[string]*person // those whose ticket is open
	crews  []*crew
	lines  map[string]core.LineState // as of looked
	looked time.Time
	peaks  reassure.Peaks
}

// newWorld is the evening before it begins.
func newWorld(s *Scenario, ps reassure.Policies) *world {
	w := &world{
		scene: s, policies: ps, chance: rand.New(rand.NewPCG(s.Seed, 0)), end: s.at(float64(s.Minutes)), now: s.Start,
		line: queue.New(queue.Rules{}), byID: map[string]*person{}, crews: crews(s), peaks: reassure.Peaks{},
	}
	w.agenda.add(s.Start, changes, nil)
	for _, a := range s.Agents {
		w.agenda.add(s.at(a.Until), changes, nil)
	}
	w.expect()
	return w
}

// at is a minute of the evening.
func (s *Scenario) at(minute float64) time.Time {
	return s.Start.Add(time.Duration(minute * float64(time.Minute)))
}

// play plays the evening to its end; watch is told how much of it is over.
func (w *world) play(watch func(share float64)) {
	mark := w.scene.Start
	for {
		h, ok := w.agenda.next()
		if !ok || h.at.After(w.end) {
			break
		}
		w.now = h.at
		w.happens(h)
		w.assign()
		if w.now.Sub(mark) >= time.Minute {
			mark = w.now
			watch(float64(w.now.Sub(w.scene.Start)) / float64(w.end.Sub(w.scene.Start)))
		}
	}
	w.now = w.end
	watch(1)
}

func (w *world) happens(h happening) {
	p := h.who
	switch h.what {
	case comes:
		w.come()
		w.expect()
	case changes:
		w.shift()
	case loses:
		w.lose(p)
	case asks:
		if w.inLine(p) && p.here() {
			w.write(p, "还要多久？")
		}
	case answers:
		if w.inLine(p) && p.here() {
			w.write(p, "1")
		}
	case returns:
		if p.talk.Ticket.State == core.TicketParked && p.here() {
			w.write(p, "在的")
		}
	case wakes:
		if p.talk.Wakes.At(core.WakeWait).Equal(w.now) {
			p.talk.Wakes = p.talk.Wakes.Set(core.WakeWait, time.Time{})
			w.commit(p, p.policy.Decide(w.facts(p)), false)
		}
	case ends:
		w.close(p)
	}
}

// expect plans when the next customer comes: a Poisson process, whose rate is that
// of its piece of the evening.
func (w *world) expect() {
	at := w.now
	for _, a := range w.scene.Arrivals {
		until := w.scene.at(a.Until)
		if !at.Before(until) || a.PerMinute == 0 {
			at = later(at, until)
			continue
		}
		next := at.Add(time.Duration(w.chance.ExpFloat64() / a.PerMinute * float64(time.Minute)))
		if next.Before(until) {
			w.agenda.add(next, comes, nil)
			return
		}
		at = until // it has no memory
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// come brings a customer, who has asked for a person and gets in line.
func (w *world) come() {
	p := w.born(len(w.crowd)+1, w.now)
	w.crowd = append(w.crowd, p)
	w.byID[p.talk.Ticket.ID] = p
	w.agenda.add(p.patient, loses, p)
	w.note(p, core.EventQueued, "topic", p.talk.Ticket.Topic, "ahead", strconv.Itoa(w.snapshot()[p.talk.Ticket.Topic].Waiting))
	w.put(p)
	if p.policy != nil {
		w.commit(p, p.policy.Begin(w.facts(p)), true)
	}
}

// A crew are the agents with the same skills.
type crew struct {
	skills []string
	pieces []Agents
	size   int // how many have been on duty at once
}

// crews are the agents of a scenario.
func crews(s *Scenario) (out []*crew) {
	for _, a := range s.Agents {
		skills := slices.Sorted(slices.Values(a.Skills))
		i := slices.IndexFunc(out, func(c *crew) bool { return slices.Equal(c.skills, skills) })
		if i < 0 {
			i = len(out)
			out = append(out, &crew{skills: skills})
		}
		out[i].pieces = append(out[i].pieces, a)
	}
	return out
}

// shift sets who is on duty from now on: of each crew as many as the piece of the
// evening that now begins has. Whoever goes home finishes what they have.
func (w *world) shift() {
	for _, c := range w.crews {
		var now Agents
		if i := slices.IndexFunc(c.pieces, func(a Agents) bool { return w.now.Before(w.scene.at(a.Until)) }); i >= 0 {
			now = c.pieces[i]
		}
		c.size = max(c.size, now.Count)
		for i := range c.size {
			a := core.Agent{ID: fmt.Sprintf("desk/%s/%d", strings.Join(c.skills, "+"), i+1), Topics: c.skills, Max: now.Slots, Presence: core.OffDuty}
			if i < now.Count {
				a.Presence = core.OnDuty
			}
			w.line.Agent(a)
		}
	}
}

// lose is the end of somebody's patience. Some say that they leave, the others are
// just no longer there.
func (w *world) lose(p *person) {
	switch {
	case !w.inLine(p) || !p.here():
	case p.silent:
		p.gone = w.now
	default:
		w.hear(p)
		if p.policy != nil {
			d, _ := p.policy.Hear(w.facts(p), "9")
			p.log = append(p.log, d.Log...)
		}
		w.leave(p, "left")
	}
}

// inLine reports whether they wait, or would if they had not been parked.
func (w *world) inLine(p *person) bool {
	s := p.talk.Ticket.State
	return s == core.TicketWaiting || s == core.TicketParked
}
