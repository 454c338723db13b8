package console

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// peak fills the real store: so many who wait, fifty who are served by each of
// four agents, and so many tickets closed today.
func peak(t testing.TB, waiting, closed int) *stage {
	s := newStage(t, Config{})
	var wg sync.WaitGroup
	sem := make(chan struct{}, 64)
	for i := range waiting + 200 + closed {
		sem <- struct{}{}
		wg.Go(func() {
			defer func() { <-sem }()
			k := core.Ticket{ID: fmt.Sprint("P", i), State: core.TicketWaiting, Topic: "售后", Class: 2, Since: s.clock.Now().Add(-time.Duration(i) * time.Second), Asked: "退款"}
			switch {
			case i >= waiting+200:
				k.State, k.Agent, k.Claimed, k.Closed = core.TicketClosed, fmt.Sprint("console/a", i%4), s.clock.Now().Add(-time.Minute), s.clock.Now()
			case i >= waiting:
				k.State, k.Agent = core.TicketActive, fmt.Sprint("console/a", i%4)
			}
			key := core.Key{Channel: "web", Peer: fmt.Sprint("p", i)}
			env := core.Envelope{Channel: "web", Ref: fmt.Sprint(i), Peer: core.Peer{ID: key.Peer}, At: s.clock.Now(), Filed: s.clock.Now(), Parts: core.Parts{core.Text{Body: "退款一个星期了还没到账"}}}
			if _, err := s.store.Receive(t.Context(), key, env); err != nil {
				t.Error(err)
			}
			s.keep(key, func(c *core.Conversation, _ *core.Outcome) { k.Key, c.Ticket, c.State = key, &k, core.InLine })
		})
	}
	wg.Wait()
	return s
}

func TestOnTheStore(t *testing.T) {
	s := peak(t, 20, 30)
	srv := s.open(t)
	b := s.hire(t, srv, "a0", roleAdmin)
	b.get(Prefix+"api/tickets?box=waiting").want(t, 200, `"waiting":20`, "退款一个星期了")
	b.get(Prefix+"api/tickets?box=mine").want(t, 200, `"mine":50`)
	b.get(Prefix+"api/tickets/P3").want(t, 200, `"id":"P3"`)
	b.get(Prefix+"api/tickets/P3/past").want(t, 200, "退款一个星期了")
	b.get(Prefix+"api/me").want(t, 200, `"load":50`, `"closed":8`)
	b.get(Prefix+"api/team").want(t, 200, `"waiting":20`)
	b.get(Prefix+"api/notices").want(t, 200)
}

// What a browser asks for while thousands wait:
//
//	go test ./adapters/console -run xxx -bench Peak
func BenchmarkPeak(b *testing.B) {
	s := peak(b, 5000, 5000)
	srv := s.open(b)
	who := s.hire(b, srv, "a0", roleAdmin)
	for _, path := range []string{"api/tickets?box=waiting", "api/tickets?box=mine", "api/tickets?box=closed", "api/me", "api/team", "api/tickets/P7", "api/tickets/P7/past"} {
		b.Run(path, func(b *testing.B) {
			for b.Loop() {
				s.clock.Pass(11 * time.Second) // nothing is fresh
				who.get(Prefix+path).want(b, http.StatusOK)
			}
		})
	}
	b.Run("unread lists again", func(b *testing.B) {
		for b.Loop() {
			who.get(Prefix+"api/tickets?box=mine").want(b, http.StatusOK)
		}
	})
}
