package queue_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/queue"
	"pgregory.net/rapid"
)

var t0 = time.Date(2026, 11, 11, 20, 0, 0, 0, time.UTC)

func ticket(id string, since time.Time) core.Ticket {
	return core.Ticket{ID: id, Key: core.Key{Channel: "web", Peer: "p" + id}, State: core.TicketWaiting, Class: 2, Since: since}
}

func agent(id string, max int, topics ...string) core.Agent {
	return core.Agent{ID: id, Name: id, Max: max, Topics: topics, Presence: core.OnDuty}
}

// The line agrees in every step with the list that is searched from end to end,
// and keeps what it promises: no ticket is lost or given out twice, nobody is
// over their Max, the order holds.
func TestSameAsNaive(t *testing.T) {
	modes := []queue.Mode{queue.ModeLeast, queue.ModeIdle, queue.ModeRound, queue.ModeLast}
	topics, langs := []string{"", "sales", "after", "bills"}, []string{"", "zh-CN", "en", "en-GB", "fr"}
	ids := []string{"ada", "bob", "cyn", "dan"}
	rapid.Check(t, func(r *rapid.T) {
		rules := queue.Rules{Mode: rapid.SampledFrom(modes).Draw(r, "mode"), Sticky: time.Minute, Age: 5 * time.Minute}
		line, ref := queue.New(rules), &naive{rules: rules, agents: map[string]*clerk{}, now: t0}
		now, made := t0, 0
		put := func(x core.Ticket) { line.Put(x, now); ref.now = now; ref.put(x) }
		clerkOf := func(id string) core.Agent {
			return core.Agent{
				ID: id, Max: rapid.IntRange(1, 3).Draw(r, "max"),
				Topics:   rapid.SampledFrom([][]string{nil, {"sales"}, {"after", "sales"}}).Draw(r, "topics"),
				Langs:    rapid.SampledFrom([][]string{nil, {"zh"}, {"en", "zh"}}).Draw(r, "langs"),
				Presence: rapid.SampledFrom([]core.Presence{core.OnDuty, core.OnDuty, core.OnBreak, core.OffDuty}).Draw(r, "presence"),
			}
		}
		for _, id := range ids {
			a := clerkOf(id)
			line.Agent(a)
			ref.agent(a)
		}
		pickTicket := func() *place {
			if len(ref.tickets) == 0 {
				return nil
			}
			return rapid.SampledFrom(ref.tickets).Draw(r, "ticket")
		}
		r.Repeat(map[string]func(*rapid.T){
			"arrive": func(*rapid.T) {
				made++
				x := ticket(fmt.Sprint("t", made), now)
				x.Topic, x.Lang = rapid.SampledFrom(topics).Draw(r, "topic"), rapid.SampledFrom(langs).Draw(r, "lang")
				x.Class = rapid.IntRange(0, 3).Draw(r, "class")
				x.LastOwn = rapid.SampledFrom(append(ids, "")).Draw(r, "last")
				if rapid.IntRange(0, 4).Draw(r, "message") == 0 {
					x.State = core.TicketMessage
				}
				put(x)
			},
			"next": func(r *rapid.T) {
				ref.now = now
				o, ok := line.Next(now)
				id, who, want := ref.next()
				if ok != want || o.Ticket.ID != id || o.Agent != who {
					r.Fatalf("Next: %s to %s (%v), the list says %s to %s (%v)", o.Ticket.ID, o.Agent, ok, id, who, want)
				}
				if ok && ref.load(who) > ref.agents[who].Max {
					r.Fatalf("%s has %d of %d", who, ref.load(who), ref.agents[who].Max)
				}
			},
			"change": func(*rapid.T) {
				p := pickTicket()
				if p == nil {
					return
				}
				x := p.Ticket
				switch rapid.SampledFrom([]string{"ring", "claim", "miss", "park", "resume", "message", "front", "move", "urge", "close", "drop", "again"}).Draw(r, "what") {
				case "ring":
					if x.Agent == "" {
						return
					}
					x.State = core.TicketRinging
				case "claim":
					x.State, x.Passed = core.TicketActive, nil
					if x.Agent == "" {
						x.Agent = rapid.SampledFrom(ids).Draw(r, "by")
					}
				case "miss":
					if x.Agent == "" {
						return
					}
					x.State, x.Passed, x.Agent = core.TicketWaiting, append(slices.Clone(x.Passed), x.Agent), ""
				case "park":
					x.State = core.TicketParked
				case "resume":
					x.State, x.Agent = core.TicketWaiting, ""
				case "message":
					x.State, x.Agent = core.TicketMessage, ""
				case "front":
					x.State, x.LastOwn, x.Agent, x.Front = core.TicketWaiting, x.Agent, "", x.Front+1
				case "move":
					x.State, x.Agent, x.Topic = core.TicketWaiting, "", rapid.SampledFrom(topics).Draw(r, "topic")
				case "urge":
					if p.out || x.State != core.TicketWaiting {
						return
					}
					x.Class = rapid.IntRange(0, 3).Draw(r, "class")
				case "close":
					x.State = core.TicketClosed
				case "drop":
					line.Drop(x.ID)
					ref.now = now
					ref.drop(x.ID)
					return
				case "again":
					if p.out {
						x.State, x.Agent = core.TicketWaiting, ""
					}
				}
				put(x)
			},
			"agent": func(*rapid.T) {
				a := clerkOf(rapid.SampledFrom(ids).Draw(r, "agent"))
				line.Agent(a)
				ref.agent(a)
			},
			"time": func(*rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(0, 90).Draw(r, "seconds")) * time.Second)
				line.State("", now) // Drop has no time of its own
			},
			"": func(r *rapid.T) {
				if line.Len() != len(ref.tickets) {
					r.Fatalf("the line has %d tickets, the list %d", line.Len(), len(ref.tickets))
				}
				for id, a := range line.Agents() {
					if a.Load != ref.load(id) {
						r.Fatalf("%s has %d, the list says %d", id, a.Load, ref.load(id))
					}
				}
			},
			"place": func(r *rapid.T) {
				// The line lets go of holds when it is asked for the next one.
				for _, p := range ref.tickets {
					if p.held && !now.Before(p.Since.Add(rules.Sticky)) {
						return
					}
				}
				for _, p := range ref.tickets {
					got, ok := line.Place(p.ID)
					if waits := p.State == core.TicketWaiting && !p.out; ok != waits {
						r.Fatalf("Place(%s) %v, it waits: %v", p.ID, ok, waits)
					}
					if want := ref.ahead(p); ok && got != want {
						r.Fatalf("Place(%s) = %d, the list says %d", p.ID, got, want)
					}
				}
			},
		})
	})
}

// Everybody gets out in the order of arrival within a class, urgent ones first,
// each exactly once.
func TestOrder(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		l := queue.New(queue.Rules{Age: time.Hour})
		n := rapid.IntRange(1, 2000).Draw(r, "n")
		for i := range n {
			x := ticket(fmt.Sprint(i), t0.Add(time.Duration(i)*time.Second))
			x.Class = rapid.IntRange(0, 3).Draw(r, "class")
			l.Put(x, x.Since)
		}
		l.Agent(agent("a", n))
		now, last, seen := t0.Add(time.Duration(n)*time.Second), core.Ticket{}, map[string]bool{}
		for range n {
			o, ok := l.Next(now)
			if !ok || seen[o.Ticket.ID] {
				r.Fatalf("after %d of %d: %v, %q again", len(seen), n, ok, o.Ticket.ID)
			}
			seen[o.Ticket.ID] = true
			if x := o.Ticket; x.Class < last.Class || x.Class == last.Class && x.Since.Before(last.Since) {
				r.Fatalf("class %d since %v after class %d since %v", x.Class, x.Since, last.Class, last.Since)
			}
			last = o.Ticket
		}
		if o, ok := l.Next(now); ok {
			r.Fatalf("%s a second time", o.Ticket.ID)
		}
	})
}

// A ticket of the lowest class is overtaken only by those who come within three
// head starts, however many urgent ones keep coming.
func TestNobodyStarves(t *testing.T) {
	l := queue.New(queue.Rules{Age: 10 * time.Minute})
	slow := ticket("slow", t0)
	slow.Class = 3
	l.Put(slow, t0)
	l.Agent(agent("a", 1))
	for i := range 100 {
		now := t0.Add(time.Duration(i) * time.Minute)
		for j := range 2 { // two urgent ones a minute, one is served
			x := ticket(fmt.Sprint(i, "-", j), now)
			x.Class = 0
			l.Put(x, now)
		}
		o, ok := l.Next(now)
		if !ok {
			t.Fatal("nobody served")
		}
		l.Drop(o.Ticket.ID)
		if o.Ticket.ID == "slow" {
			if i < 30 {
				t.Fatalf("served after %d min, before more urgent ones had their head start", i)
			}
			return
		}
	}
	t.Error("starved for 100 min")
}

// Row 56: an even distribution.
func TestFairness(t *testing.T) {
	for _, mode := range []queue.Mode{queue.ModeRound, queue.ModeLeast, queue.ModeIdle} {
		l := queue.New(queue.Rules{Mode: mode})
		for i := range 10 {
			l.Agent(agent(fmt.Sprint("agent", i), 5))
		}
		got, open := map[string]int{}, []string{}
		now := t0
		for i := range 1000 {
			now = now.Add(time.Second)
			l.Put(ticket(fmt.Sprint(i), now), now)
			o, ok := l.Next(now)
			if !ok {
				t.Fatalf("%s: %d not served", mode, i)
			}
			x := o.Ticket
			x.State, x.Agent = core.TicketActive, o.Agent
			l.Put(x, now)
			got[o.Agent]++
			if open = append(open, x.ID); len(open) > 20 { // closed in another order than they came
				k := i * 7 % len(open)
				if mode == queue.ModeLeast { // which follows how long they take: here all take the same
					k = 0
				}
				l.Drop(open[k])
				open = slices.Delete(open, k, k+1)
			}
		}
		for id, n := range got {
			if n < 95 || n > 105 {
				t.Errorf("%s: %s has %d of 1000 among 10", mode, id, n)
			}
		}
	}
}

func TestReturnsToTheFront(t *testing.T) {
	l := queue.New(queue.Rules{})
	for i := range 10 {
		x := ticket(fmt.Sprint(i), t0.Add(time.Duration(i)*time.Second))
		x.Class = i % 4
		l.Put(x, x.Since)
	}
	back := ticket("9", t0.Add(9*time.Second))
	back.Class, back.Front = 3, 1
	l.Put(back, t0.Add(time.Minute))
	if n, _ := l.Place("9"); n != 0 {
		t.Errorf("%d ahead of what returned to the front", n)
	}
	l.Agent(agent("a", 1))
	if o, _ := l.Next(t0.Add(time.Minute)); o.Ticket.ID != "9" || !o.Ticket.Since.Equal(back.Since) || o.Ticket.Front != 1 {
		t.Errorf("next is %+v", o.Ticket)
	}
}

func TestParkedKeepsItsArrival(t *testing.T) {
	l := queue.New(queue.Rules{})
	for i := range 3 {
		l.Put(ticket(fmt.Sprint(i), t0.Add(time.Duration(i)*time.Second)), t0)
	}
	first := ticket("0", t0)
	first.State = core.TicketParked
	l.Put(first, t0)
	if _, ok := l.Place("0"); ok {
		t.Error("a parked ticket has a place")
	}
	if n, _ := l.Place("2"); n != 1 {
		t.Errorf("%d ahead, want 1: the parked one is skipped", n)
	}
	first.State = core.TicketWaiting
	l.Put(first, t0.Add(time.Hour))
	l.Agent(agent("a", 1))
	if o, _ := l.Next(t0.Add(time.Hour)); o.Ticket.ID != "0" {
		t.Errorf("%s before the one that was parked", o.Ticket.ID)
	}
}

func TestMessagesComeLast(t *testing.T) {
	l := queue.New(queue.Rules{})
	m := ticket("m", t0)
	m.State, m.Class = core.TicketMessage, 0
	l.Put(m, t0)
	l.Put(ticket("live", t0.Add(time.Hour)), t0.Add(time.Hour))
	l.Agent(agent("a", 2))
	for _, want := range []string{"live", "m"} {
		if o, ok := l.Next(t0.Add(time.Hour)); !ok || o.Ticket.ID != want {
			t.Errorf("%s, want %s", o.Ticket.ID, want)
		}
	}
	if s := l.State("", t0.Add(time.Hour)); s.Waiting != 0 {
		t.Errorf("a message counts as waiting: %+v", s)
	}
}

func TestOnlyThoseOnDuty(t *testing.T) {
	l := queue.New(queue.Rules{})
	a := agent("a", 3)
	l.Agent(a)
	l.Put(ticket("1", t0), t0)
	for _, p := range []core.Presence{core.OnBreak, core.OffDuty, ""} {
		a.Presence = p
		l.Agent(a)
		if o, ok := l.Next(t0); ok {
			t.Errorf("%q: got %s", p, o.Ticket.ID)
		}
	}
}

func TestPassed(t *testing.T) {
	l := queue.New(queue.Rules{})
	l.Agent(agent("a", 3))
	x := ticket("1", t0)
	x.Passed = []string{"a"}
	l.Put(x, t0)
	l.Agent(agent("b", 1))
	o, _ := l.Next(t0)
	if o.Agent != "b" {
		t.Fatalf("%s, who let it ring out, before b", o.Agent)
	}
	x.Passed = []string{"a", "b"}
	l.Put(x, t0)
	y := ticket("2", t0.Add(time.Second))
	y.State, y.Agent = core.TicketActive, "b"
	l.Put(y, t0)
	if o, ok := l.Next(t0); !ok || o.Agent != "a" {
		t.Errorf("nobody else has room, yet it went to %q", o.Agent)
	}
}

func TestLastAgentFirst(t *testing.T) {
	l := queue.New(queue.Rules{Mode: queue.ModeLast, Sticky: time.Minute})
	l.Agent(agent("a", 1))
	l.Agent(agent("b", 5))
	busy := ticket("busy", t0)
	busy.State, busy.Agent = core.TicketActive, "a"
	l.Put(busy, t0)
	x := ticket("x", t0)
	x.LastOwn = "a"
	l.Put(x, t0)
	if o, ok := l.Next(t0.Add(59 * time.Second)); ok {
		t.Fatalf("went to %s within the window", o.Agent)
	}
	y := ticket("y", t0.Add(time.Minute))
	y.LastOwn = "a"
	l.Put(y, t0.Add(time.Minute))
	if o, _ := l.Next(t0.Add(time.Minute)); o.Ticket.ID != "x" || o.Agent != "b" {
		t.Errorf("after the window: %s to %s", o.Ticket.ID, o.Agent)
	}
	l.Drop("busy")
	if o, _ := l.Next(t0.Add(time.Minute)); o.Ticket.ID != "y" || o.Agent != "a" {
		t.Errorf("%s to %s, want y to its last agent", o.Ticket.ID, o.Agent)
	}
}

func TestManual(t *testing.T) {
	l := queue.New(queue.Rules{Mode: queue.ModeManual})
	l.Agent(agent("a", 1))
	l.Put(ticket("1", t0), t0)
	if _, ok := l.Next(t0); ok {
		t.Error("given out, though agents claim")
	}
	if n, ok := l.Place("1"); n != 0 || !ok {
		t.Error("no place")
	}
}

func TestBand(t *testing.T) {
	for _, c := range []struct {
		low, high time.Duration
		want      string
	}{
		{0, 30 * time.Second, "0-1"}, {0, time.Minute, "0-1"}, {time.Minute, 90 * time.Second, "1-2"},
		{time.Minute, 3 * time.Minute, "1-3"}, {time.Minute, 5 * time.Minute, "2-5"}, {4 * time.Minute, 10 * time.Minute, "5-10"},
		{time.Minute, 11 * time.Minute, "6-12"}, {0, 20 * time.Minute, "10-22"}, {0, 45 * time.Minute, "22-45"}, {0, 46 * time.Minute, ""},
	} {
		if got := queue.Band(c.low, c.high); got != c.want {
			t.Errorf("Band(%v, %v) = %q, want %q", c.low, c.high, got, c.want)
		}
	}
}

// A ticket whose customer may be gone is passed over, and has its old place when
// they answer.
func TestHeld(t *testing.T) {
	l := queue.New(queue.Rules{})
	first, second := ticket("1", t0), ticket("2", t0.Add(time.Second))
	l.Put(first, t0)
	l.Put(second, t0)
	now := t0.Add(time.Minute)
	first.Held = now.Add(2 * time.Minute)
	l.Put(first, now)
	if n, ok := l.Place("2"); n != 0 || !ok {
		t.Errorf("%d ahead of the second, %v", n, ok)
	}
	if _, ok := l.Estimate("1", now); ok {
		t.Error("an estimate for a ticket that is passed over")
	}
	l.Agent(agent("a", 1))
	o, ok := l.Next(now)
	if !ok || o.Ticket.ID != "2" {
		t.Fatalf("%+v %v", o, ok)
	}
	second.State, second.Agent = core.TicketActive, "a"
	l.Put(second, now)
	third := ticket("3", now)
	l.Put(third, now)
	first.Held = time.Time{}
	l.Put(first, now.Add(time.Second))
	if n, _ := l.Place("3"); n != 1 {
		t.Errorf("%d ahead of the third", n)
	}
	second.State = core.TicketClosed
	l.Put(second, now.Add(time.Second))
	if o, ok := l.Next(now.Add(time.Second)); !ok || o.Ticket.ID != "1" {
		t.Errorf("%+v %v", o, ok)
	}
}

// An important customer goes before ordinary ones who came less than an age before
// them, not before all.
func TestVIP(t *testing.T) {
	l := queue.New(queue.Rules{Age: 10 * time.Minute})
	for i, at := range []time.Duration{0, 11 * time.Minute, 12 * time.Minute} {
		l.Put(ticket(fmt.Sprint(i), t0.Add(at)), t0.Add(at))
	}
	now := t0.Add(20 * time.Minute)
	x := ticket("vip", now)
	x.VIP = true
	l.Put(x, now)
	if n, ok := l.Place("vip"); n != 1 || !ok {
		t.Errorf("%d ahead", n)
	}
	if n, _ := l.Place("1"); n != 2 {
		t.Errorf("%d ahead of the second", n)
	}
	l.Agent(agent("a", 4))
	var got []string
	for o, ok := l.Next(now); ok; o, ok = l.Next(now) {
		got = append(got, o.Ticket.ID)
	}
	if want := []string{"0", "vip", "1", "2"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
