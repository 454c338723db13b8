package sim

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

const (
	customers = 54
	agents    = 6
	homeTime  = storm + 8*time.Minute // when agents stop
)

// people plays everybody's day.
func (w *world) people() {
	var all sync.WaitGroup
	for i := range customers {
		p := []*platform{w.web, w.im, w.wx}[i%3]
		all.Go(func() { w.customer(p, fmt.Sprint("c", i)) })
	}
	for i := range agents {
		all.Go(func() { w.agent(fmt.Sprint("a", i)) })
	}
	all.Wait()
}

// wants are the words for a person.
var wants = []string{"人工", "human"}

// peerOf is a customer as the platform names them.
func peerOf(id string) core.Peer {
	return core.Peer{ID: id, Name: id, Lang: []string{"zh-CN", "en"}[int(id[len(id)-1])%2]}
}

// customer asks numbered questions, talks in numbered lines and asks for a person.
func (w *world) customer(p *platform, id string) {
	r := w.plan.draw("customer " + id)
	time.Sleep(between(r, 0, 20*time.Minute))
	asked, said := 0, 0
	for i := range 5 + r.IntN(9) {
		switch n := r.IntN(100); {
		case n < 45 && asked < questions:
			asked++
			p.say(id, i, fmt.Sprintf("q%d", asked))
		case n < 60:
			p.say(id, i, wants[r.IntN(2)])
		default:
			said++
			p.say(id, i, fmt.Sprintf("%s says %d.", id, said))
		}
		gap := between(r, 5*time.Second, 90*time.Second)
		switch n := r.IntN(10); {
		case n < 2: // a burst
			gap = between(r, 200*time.Millisecond, 2*time.Second)
		case n == 9:
			gap = between(r, 2*time.Minute, 5*time.Minute)
		}
		if time.Sleep(gap); w.now() > storm {
			return
		}
	}
}

// say is a customer's n-th message.
func (p *platform) say(id string, n int, words string) {
	p.post(peerOf(id), "", fmt.Sprintf("%s#%d %s", id, n, words), core.Text{Body: words})
}

// agent claims what waits and talks in numbered lines, closes, has a break.
func (w *world) agent(id string) {
	r := w.plan.draw("agent " + id)
	me := core.Peer{ID: id, Name: "Agent " + id}
	n := 0
	post := func(thread, words string, part core.Part) {
		n++
		w.desk.post(me, thread, fmt.Sprintf("%s#%d %s %s", id, n, thread, words), part)
	}
	time.Sleep(between(r, time.Second, time.Minute))
	post("", "on", core.Pick{Option: "on"})
	lines := map[string]int{}
	for w.now() < homeTime {
		time.Sleep(between(r, 2*time.Second, 40*time.Second))
		mine := w.desk.held("Agent " + id)
		if th, ok := pick(r, w.desk.waiting(core.TicketWaiting, core.TicketRinging)); ok && (len(mine) == 0 || r.IntN(3) == 0) {
			post(th, "claim", core.Pick{Option: "claim"})
			continue
		}
		th, ok := pick(r, mine)
		if !ok {
			continue
		}
		switch k := r.IntN(100); {
		case k < 70:
			for range 1 + r.IntN(3) {
				lines[th]++
				words := fmt.Sprintf("%s tells %s %d.", id, th, lines[th])
				post(th, words, core.Text{Body: words})
				time.Sleep(between(r, 100*time.Millisecond, 3*time.Second))
			}
		case k < 75:
			post(th, "note", core.Text{Body: "// secret"})
		case k < 90:
			post(th, "close", core.Text{Body: "!close done"})
		case k < 94:
			post(th, "release", core.Pick{Option: "release"})
		case k < 97:
			post(th, "park", core.Text{Body: "!park 2m"})
		default:
			post("", "break", core.Text{Body: "!break 3m"})
		}
	}
}

func pick(r *rand.Rand, of []string) (string, bool) {
	if len(of) == 0 {
		return "", false
	}
	return of[r.IntN(len(of))], true
}

// last are three customers who come when all is well and ask for a person: they
// must have one, or be in line.
func (w *world) last() {
	for i, p := range []*platform{w.web, w.im, w.wx} {
		p.say(fmt.Sprint("z", i), 0, wants[i%2])
	}
	time.Sleep(time.Minute)
	for i, p := range []*platform{w.web, w.im, w.wx} {
		key := core.Key{Channel: p.name, Peer: fmt.Sprint("z", i)}
		if c, err := w.store.Conversation(w.ctx, key); err != nil || !c.Ticket.Open() {
			w.found("%s asked for a person in vain: %+v %v", key, c.Ticket, err)
		}
	}
	w.settle()
}
