package queue_test

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/queue"
)

// A scene is played by the minute: customers come, lose patience, are served by
// agents with several slots each.
type scene struct {
	name     string
	agents   int
	slots    int     // of each
	rate     float64 // arrivals a minute at the peak
	service  float64 // minutes
	later    float64 // service from the middle on
	patience float64 // minutes
}

var scenes = []scene{
	{"60 slots, 10 a minute", 12, 5, 10, 8, 8, 20},
	{"18 slots, 4 a minute", 6, 3, 4, 8, 8, 20},
	{"60 slots, 30 a minute", 12, 5, 30, 8, 8, 30},
	{"service slows to 14 min", 12, 5, 7, 8, 14, 20},
}

// happening is something that will happen to a ticket.
type happening struct {
	at   time.Time
	what string
	id   string
}

type agenda []happening

func (a agenda) Len() int           { return len(a) }
func (a agenda) Less(i, j int) bool { return a[i].at.Before(a[j].at) }
func (a agenda) Swap(i, j int)      { a[i], a[j] = a[j], a[i] }
func (a *agenda) Push(x any)        { *a = append(*a, x.(happening)) }
func (a *agenda) Pop() any {
	x := (*a)[len(*a)-1]
	*a = (*a)[:len(*a)-1]
	return x
}

type promised struct {
	core.Ticket
	high  time.Duration // announced; 0 if none was
	asked bool
}

// play returns how many were told a bound, of how many who had to wait, and how
// many of those whose wait shows it waited no longer.
func (s scene) play(seed uint64) (told, waited, kept, judged int) {
	rnd := rand.New(rand.NewPCG(seed, 1))
	minutes := func(mean float64) time.Duration { return time.Duration(rnd.ExpFloat64() * mean * float64(time.Minute)) }
	l := queue.New(queue.Rules{})
	for i := range s.agents {
		l.Agent(agent(fmt.Sprint("a", i), s.slots))
	}
	end := t0.Add(4 * time.Hour)
	todo, people := &agenda{{t0, "arrive", ""}}, map[string]*promised{}
	judge := func(p *promised, wait time.Duration, served bool) {
		if p.high == 0 || !served && wait < p.high {
			return
		}
		judged++
		if served && wait <= p.high {
			kept++
		}
	}
	for n := 0; todo.Len() > 0; {
		h := heap.Pop(todo).(happening)
		now := h.at
		if now.After(end) {
			break
		}
		p := people[h.id]
		switch h.what {
		case "arrive":
			n++
			rate := s.rate
			if d := now.Sub(t0); d < 30*time.Minute {
				rate *= 0.4 + 0.6*d.Minutes()/30 // it rises
			} else if d > 3*time.Hour {
				rate *= 0.3
			}
			heap.Push(todo, happening{now.Add(minutes(1 / rate)), "arrive", ""})
			x := &promised{Ticket: ticket(fmt.Sprint(n), now)}
			people[x.ID] = x
			if st := l.State("", now); st.Free <= st.Waiting {
				if x.asked = true; st.Known {
					x.high = st.High
				}
			}
			l.Put(x.Ticket, now)
			heap.Push(todo, happening{now.Add(minutes(s.patience)), "leave", x.ID})
			if x.asked && now.Sub(t0) > 20*time.Minute {
				waited++
				if x.high > 0 {
					told++
				}
			}
		case "leave":
			if p == nil || p.State != core.TicketWaiting {
				continue
			}
			judge(p, now.Sub(p.Since), false)
			l.Drop(h.id)
			delete(people, h.id)
		case "done":
			p.State = core.TicketClosed
			l.Put(p.Ticket, now)
			delete(people, h.id)
		}
		for {
			o, ok := l.Next(now)
			if !ok {
				break
			}
			x := people[o.Ticket.ID]
			x.State, x.Agent = core.TicketActive, o.Agent
			l.Put(x.Ticket, now)
			judge(x, now.Sub(x.Since), true)
			service := s.service
			if now.Sub(t0) > 2*time.Hour {
				service = s.later
			}
			heap.Push(todo, happening{now.Add(minutes(service)), "done", x.ID})
		}
	}
	for _, p := range people { // still in line: those who are overdue were promised too much
		if p.State == core.TicketWaiting {
			judge(p, end.Sub(p.Since), false)
		}
	}
	return told, waited, kept, judged
}

// what is announced holds for 75 % of those who are told, or nothing is
// announced.
func TestAnnouncedWaitsHold(t *testing.T) {
	for _, s := range scenes {
		told, waited, kept, judged := 0, 0, 0, 0
		for seed := range uint64(10) {
			a, b, c, d := s.play(seed)
			told, waited, kept, judged = told+a, waited+b, kept+c, judged+d
		}
		share, shown := float64(kept)/float64(max(1, judged)), float64(told)/float64(max(1, waited))
		t.Logf("%-25s %3.0f %% held, %3.0f %% of %d were told", s.name, 100*share, 100*shown, waited)
		if share < 0.75 {
			t.Errorf("%s: %.0f %% of what was announced held", s.name, 100*share)
		}
		if s.rate <= 10 && shown < 0.5 {
			t.Errorf("%s: only %.0f %% were told anything", s.name, 100*shown)
		}
	}
}

func TestNothingIsPromisedWithoutExperience(t *testing.T) {
	l := queue.New(queue.Rules{})
	l.Agent(agent("a", 1))
	for i := range 50 {
		l.Put(ticket(fmt.Sprint(i), t0), t0)
	}
	if s := l.State("", t0); s.Known || s.Waiting != 50 || s.OnDuty != 1 {
		t.Errorf("%+v", s)
	}
	if e, ok := l.Estimate("49", t0); !ok || e.Known || e.Ahead != 49 {
		t.Errorf("%+v %v", e, ok)
	}
}

// drain serves n customers, one every step, each of whom has waited about wait.
func drain(l *queue.Line, n int, step, wait time.Duration) (now time.Time) {
	now = t0
	depth := int(wait / step)
	for i := range n + depth {
		now = now.Add(step)
		l.Put(ticket(fmt.Sprint("w", i), now), now)
		if i < depth {
			continue
		}
		if o, ok := l.Next(now); ok {
			o.Ticket.State, o.Ticket.Agent = core.TicketActive, o.Agent
			l.Put(o.Ticket, now)
			o.Ticket.State = core.TicketClosed
			l.Put(o.Ticket, now)
		}
	}
	return now
}

func TestEstimateFollowsTheDrain(t *testing.T) {
	l := queue.New(queue.Rules{Max: 1})
	l.Agent(agent("a", 1))
	now := drain(l, 200, 10*time.Second, 5*time.Minute)
	busy := ticket("busy", now)
	busy.State, busy.Agent = core.TicketActive, "a"
	l.Put(busy, now)
	s := l.State("", now)
	if !s.Known || s.High < 5*time.Minute || s.High > 10*time.Minute {
		t.Errorf("5 min of people drained at a steady rate: %+v", s)
	}
	if got := queue.Band(s.Low, s.High); got == "" {
		t.Errorf("%v to %v is no band", s.Low, s.High)
	}
	// Service stops: those who wait on and on take the number away.
	stopped := now.Add(30 * time.Minute)
	if s := l.State("", stopped); s.Known {
		t.Errorf("half an hour without anybody served, and still %+v", s)
	}
	a := agent("a", 1)
	a.Presence = core.OffDuty
	l.Agent(a)
	if s := l.State("", now.Add(time.Second)); s.Known || s.OnDuty != 0 {
		t.Errorf("nobody on duty: %+v", s)
	}
}

func TestSnapshot(t *testing.T) {
	l := queue.New(queue.Rules{})
	l.Agent(agent("a", 2, "sales"))
	l.Agent(agent("b", 2))
	x := ticket("1", t0)
	x.Topic = "bills"
	l.Put(x, t0)
	m := l.Snapshot(t0.Add(time.Minute))
	if s := m["bills"]; s.Waiting != 1 || s.OnDuty != 1 || s.Free != 1 || s.Head != time.Minute {
		t.Errorf("bills: %+v", s)
	}
	if s := m["sales"]; s.Waiting != 0 || s.OnDuty != 2 || s.Free != 2 {
		t.Errorf("sales: %+v", s)
	}
	if s, ok := m[""]; !ok || s.OnDuty != 2 {
		t.Errorf("others: %+v", s)
	}
}

// Who waits can be told that nobody is on duty, and that everybody is busy.
func TestEstimateStaff(t *testing.T) {
	l := queue.New(queue.Rules{})
	l.Put(ticket("1", t0), t0)
	for _, c := range []struct {
		presence     core.Presence
		load         int
		nobody, busy bool
	}{{core.OffDuty, 0, true, false}, {core.OnBreak, 0, true, false}, {core.OnDuty, 0, false, false}, {core.OnDuty, 1, false, true}} {
		a := agent("a", 1)
		a.Presence = c.presence
		l.Agent(a)
		for i := range c.load {
			k := ticket(fmt.Sprint("had", i), t0)
			k.State, k.Agent = core.TicketActive, a.ID
			l.Put(k, t0)
		}
		if e, ok := l.Estimate("1", t0); !ok || e.Nobody != c.nobody || e.Busy != c.busy {
			t.Errorf("%s with %d: %+v", c.presence, c.load, e)
		}
	}
}
