package hub

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/bus"
	"github.com/frontdesk-im/frontdesk/core/desk"
	"github.com/frontdesk-im/frontdesk/core/dialog"
)

// A shaky bus takes leases away, as one does that cannot reach its server. Who
// held one is told first; the next one may have it when they have let go.
type shaky struct {
	core.Bus
	mu   sync.Mutex
	held []*shakyLease
	deaf bool // gives none
}

type shakyLease struct {
	core.Lease
	once sync.Once
	lost chan struct{}
}

func (l *shakyLease) Lost() <-chan struct{} { return l.lost }

func (l *shakyLease) Release() {
	l.lose()
	l.Lease.Release()
}

func (l *shakyLease) lose() { l.once.Do(func() { close(l.lost) }) }

func (s *shaky) Lease(ctx context.Context, name string) (core.Lease, error) {
	s.mu.Lock()
	deaf := s.deaf
	s.mu.Unlock()
	if deaf {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	l, err := s.Bus.Lease(ctx, name)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = append(s.held, &shakyLease{Lease: l, lost: make(chan struct{})})
	return s.held[len(s.held)-1], nil
}

// lose takes every lease away, and gives none any more.
func (s *shaky) lose() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deaf = true
	for _, l := range s.held {
		l.lose()
	}
}

// counts is a meter that keeps what was counted and set.
type counts struct {
	mu sync.Mutex
	is map[string]float64
}

func (c *counts) Count(name string, n float64, labels ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.is[name+" "+strings.Join(labels, "=")] += n
}

func (c *counts) Set(name string, v float64, labels ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.is[name+" "+strings.Join(labels, "=")] = v
}

func (c *counts) Time(name string, d time.Duration, labels ...string) {
	c.Count(name, d.Seconds(), labels...)
}

func (c *counts) of(name string) float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.is[name]
}

// fetcher is a customers' channel that polls a mailbox.
type fetcher struct {
	pipe
	runs chan int // +1 begun, -1 ended
}

func (f *fetcher) Run(ctx context.Context) error {
	f.runs <- 1
	<-ctx.Done()
	f.runs <- -1
	return ctx.Err()
}

// Two hubs on one store and one bus. The first keeps the line until its leases
// are taken away: then it stops at once, the second goes on, and every ticket is
// given out once.
func TestLostLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st, err := openStore(t.Context(), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		all := bus.New()
		first := &shaky{Bus: all}
		b := book()
		runs := make(chan int, 10)
		meters := [2]*counts{{is: map[string]float64{}}, {is: map[string]float64{}}}
		desks := &pipe{name: "desk", lim: core.Limits{Threads: true, Cases: true, Idempotent: true}} // the platform has one desk, whoever writes to it
		var hubs [2]*Hub
		for i, bs := range []core.Bus{first, all} {
			h := New(Config{Store: st, Bus: bs, Log: testLog(), Meter: meters[i], Books: func(string) *dialog.Engine { return b },
				Desk: &desk.Rules{Words: b.Words, Desks: []desk.Desk{{Name: "desk", Lang: "en", Crowd: -1}}}})
			web := &fetcher{pipe: pipe{name: "web", lim: core.Limits{Options: 10, Idempotent: true, Names: true}}, runs: runs}
			if err := h.Connect("web", core.RoleChannel, web); err != nil {
				t.Fatal(err)
			}
			if err := h.Connect("desk", core.RoleDesk, desks); err != nil {
				t.Fatal(err)
			}
			hubs[i] = h
		}
		ctx, cancel := context.WithCancel(t.Context())
		var ended sync.WaitGroup
		ended.Go(func() { hubs[0].Run(ctx) })
		synctest.Wait()
		ended.Go(func() { hubs[1].Run(ctx) })
		pass := func(d time.Duration) { time.Sleep(d); synctest.Wait() }
		pass(time.Second)
		n := 0
		say := func(h *Hub, channel, peer, text string) {
			n++
			env := core.Envelope{Channel: channel, Ref: fmt.Sprint(n), Peer: core.Peer{ID: peer, Name: peer, Lang: "en"}, Parts: core.Parts{core.Text{Body: text}}}
			if err := h.Receive(ctx, env); err != nil {
				t.Fatal(err)
			}
			pass(3 * time.Second)
		}
		ticket := func(peer string) core.Ticket {
			c, err := st.Conversation(ctx, core.Key{Channel: "web", Peer: peer})
			if err != nil || c.Ticket == nil {
				t.Fatalf("%s has no ticket: %v", peer, err)
			}
			return *c.Ticket
		}
		if meters[0].of("lease_held lease=line") != 1 || meters[1].of("lease_held lease=line") != 0 {
			t.Fatalf("the first keeps the line: %v, %v", meters[0].is, meters[1].is)
		}
		if len(runs) != 1 {
			t.Fatalf("%d fetch from one mailbox", len(runs))
		}

		// What the second takes in, the keeper knows.
		say(hubs[1], "desk", "lin", "!on")
		say(hubs[1], "web", "ann", "human")
		if k := ticket("ann"); k.Agent != "desk/lin" {
			t.Fatalf("nobody was given ann's ticket: %+v", k)
		}

		first.lose()
		pass(time.Second)
		if meters[0].of("leases_lost_total lease=line") != 1 || meters[0].of("lease_held lease=line") != 0 || meters[1].of("lease_held lease=line") != 1 {
			t.Fatalf("the second took over: %v, %v", meters[0].is, meters[1].is)
		}
		if sum := []int{<-runs, <-runs, <-runs}; sum[1] != -1 || sum[2] != 1 {
			t.Errorf("the mailbox: %v; the first lets go, then the second begins", sum)
		}
		if n := hubs[0].line.queue.Len(); n == 0 {
			t.Error("the first has forgotten the line")
		}
		say(hubs[0], "web", "bob", "human")
		if k := ticket("bob"); k.Agent != "desk/lin" {
			t.Errorf("nobody was given bob's ticket after the take-over: %+v", k)
		}
		rang := 0
		for _, peer := range []string{"ann", "bob"} {
			rs, err := st.Past(ctx, core.PastQuery{Key: core.Key{Channel: "web", Peer: peer}, Max: 100})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rs {
				if r.Event != nil && r.Event.Kind == core.EventRang {
					rang++
				}
			}
		}
		if rang != 2 {
			t.Errorf("two tickets were offered %d times", rang)
		}
		cancel()
		ended.Wait()
	})
}

// What another hub has put in line without a hint that arrived is known once the
// bus says that hints were missed.
func TestMissedHints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st, err := openStore(t.Context(), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		b := book()
		h := New(Config{Store: st, Bus: bus.New(), Log: testLog(), Books: func(string) *dialog.Engine { return b }, Desk: &desk.Rules{Words: b.Words}})
		if err := h.line.load(t.Context()); err != nil {
			t.Fatal(err)
		}
		key := core.Key{Channel: "web", Peer: "ann"}
		if _, err := st.Receive(t.Context(), key, core.Envelope{Channel: "web", Ref: "1", Peer: core.Peer{ID: "ann"}, Parts: core.Parts{core.Text{Body: "human"}}}); err != nil {
			t.Fatal(err)
		}
		_, err = st.Turn(t.Context(), key, time.Now(), func(c core.Conversation, _ []core.Envelope) (core.Outcome, error) {
			c.Ticket = &core.Ticket{ID: "t1", Key: key, State: core.TicketWaiting, Since: time.Now()}
			return core.Outcome{Conversation: c}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := h.line.queue.Len(); n != 0 {
			t.Fatalf("%d wait before it is told", n)
		}
		h.line.hear(t.Context(), "")
		if n := h.line.queue.Len(); n != 1 {
			t.Errorf("%d wait after it was told to look", n)
		}
	})
}
