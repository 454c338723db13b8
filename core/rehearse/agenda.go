package rehearse

import "time"

// What happens in an evening.
type what uint8

const (
	comes   what = iota // somebody new
	changes             // agents come or go
	loses               // patience ends
	asks                // they ask the bot, while they wait
	answers             // they answer whether they are still there
	returns             // they write again after they were parked
	wakes               // a step of the policy may be due
	ends                // the agent is done
)

// A happening is what happens at a moment. Of those of the same moment, what was
// planned first happens first.
type happening struct {
	at   time.Time
	turn int
	what what
	who  *person
}

func (h happening) before(x happening) bool {
	return h.at.Before(x.at) || h.at.Equal(x.at) && h.turn < x.turn
}

// An agenda is a heap of what will happen.
type agenda struct {
	heap  []happening
	turns int
}

func (a *agenda) add(at time.Time, w what, who *person) {
	a.turns++
	a.heap = append(a.heap, happening{at, a.turns, w, who})
	for i := len(a.heap) - 1; i > 0 && a.heap[i].before(a.heap[(i-1)/2]); i = (i - 1) / 2 {
		a.heap[i], a.heap[(i-1)/2] = a.heap[(i-1)/2], a.heap[i]
	}
}

func (a *agenda) next() (first happening, ok bool) {
	if len(a.heap) == 0 {
		return first, false
	}
	first = a.heap[0]
	end := len(a.heap) - 1
	a.heap[0] = a.heap[end]
	a.heap = a.heap[:end]
	for i := 0; ; {
		least := i
		for c := 2*i + 1; c <= 2*i+2 && c < end; c++ {
			if a.heap[c].before(a.heap[least]) {
				least = c
			}
		}
		if least == i {
			return first, true
		}
		a.heap[i], a.heap[least] = a.heap[least], a.heap[i]
		i = least
	}
}
