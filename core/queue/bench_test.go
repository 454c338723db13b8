package queue_test

import (
	"fmt"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/queue"
)

const crowd = 100_000

// spec is a ticket in few bytes, so that the test's own memory is not measured.
type spec struct {
	id          string
	topic, lang uint8
	class       uint8
}

var (
	benchTopics = []string{"sales", "after", "bills", "parts", "post", "vip", "press", "other"}
	benchLangs  = []string{"zh", "en"}
)

func (s spec) ticket(since time.Time) core.Ticket {
	return core.Ticket{
		ID: s.id, Key: core.Key{Channel: "web", Peer: s.id}, State: core.TicketWaiting,
		Topic: benchTopics[s.topic], Lang: benchLangs[s.lang], Class: int(s.class), Since: since,
	}
}

// full is a line in which 100,000 wait, on 8 topics in 2 languages, for 200
// agents, and specs for as many again.
func full(now time.Time) (*queue.Line, []spec) {
	l := queue.New(queue.Rules{})
	for i := range 200 {
		a := agent(fmt.Sprint("agent", i), 5, benchTopics[i%8], benchTopics[(i+1)%8])
		a.Langs = benchLangs[:1+i%2]
		l.Agent(a)
	}
	ts := make([]spec, 2*crowd)
	for i := range ts {
		ts[i] = spec{fmt.Sprintf("T%06d", i), uint8(i * 7 % 8), uint8(i / 8 * 3 % 2), uint8(1 + i%3)}
	}
	for i, t := range ts[:crowd] {
		at := now.Add(time.Duration(i) * time.Millisecond)
		l.Put(t.ticket(at), at)
	}
	return l, ts
}

// One decision is a ticket that comes, one that is given to an agent, or one
// that leaves. 100,000 wait all the time. Target: at most 500 ns each on one core.
//
//	go test -bench Decision -cpu 1 ./core/queue
func BenchmarkDecision(b *testing.B) {
	l, ts := full(t0)
	now := t0.Add(crowd * time.Millisecond)
	free := make([]int, 0, 2*crowd) // of ts, those not in line
	for i := crowd; i < len(ts); i++ {
		free = append(free, i)
	}
	number := func(id string) int { n, _ := strconv.Atoi(id[1:]); return n }
	var open []string // with agents, oldest first
	left := 0
	b.ResetTimer()
	for n := 0; n < b.N; n++ {
		now = now.Add(20 * time.Microsecond)
		switch {
		case l.Len()-len(open) <= crowd: // one comes
			l.Put(ts[free[0]].ticket(now), now)
			free = free[1:]
		case n%8 == 0: // one gives up, somewhere in the line
			for at := l.Len(); l.Len() == at; left = (left + 7919) % len(ts) {
				if _, ok := l.Place(ts[left].id); ok {
					l.Drop(ts[left].id)
					free = append(free, left)
				}
			}
		case len(open) > 900: // one is done
			l.Put(core.Ticket{ID: open[0], State: core.TicketClosed}, now)
			free = append(free, number(open[0]))
			open = open[1:]
		default: // one is given out and taken
			o, ok := l.Next(now)
			if !ok {
				b.Fatal("nobody free")
			}
			o.Ticket.State, o.Ticket.Agent = core.TicketActive, o.Agent
			l.Put(o.Ticket, now)
			open = append(open, o.Ticket.ID)
		}
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "decisions/s")
	b.ReportMetric(float64(l.Len()), "tickets")
}

// The whole picture: every topic, and place and estimate of everybody who
// waits. Target: at most 0.2 s.
func BenchmarkSnapshot(b *testing.B) {
	l, ts := full(t0)
	now := t0.Add(crowd * time.Millisecond)
	for b.Loop() {
		now = now.Add(2 * time.Second)
		l.Snapshot(now)
		for i := range ts[:crowd] {
			l.Estimate(ts[i].id, now)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/snapshot")
}

// What a waiting ticket costs beside its own strings: at most about 100 bytes.
func TestOverhead(t *testing.T) {
	_, ts := full(t0)
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	l := queue.New(queue.Rules{})
	before := heap()
	for i, x := range ts[:crowd] {
		at := t0.Add(time.Duration(i) * time.Millisecond)
		l.Put(x.ticket(at), at)
	}
	per := float64(heap()-before) / crowd
	t.Logf("%.0f bytes a ticket", per)
	if per > 110 {
		t.Errorf("%.0f bytes a ticket, want about 100", per)
	}
	runtime.KeepAlive(l)
	runtime.KeepAlive(ts)
}
