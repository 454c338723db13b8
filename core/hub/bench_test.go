package hub

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// sink is a channel that takes everything at once and tells when.
type sink struct {
	got  atomic.Int64
	mu   sync.Mutex
	tell map[string]chan time.Time
}

func (*sink) Limits() core.Limits { return core.Limits{Idempotent: true, Names: true, Options: 10} }

func (s *sink) Send(_ context.Context, env core.Envelope) (string, error) {
	s.got.Add(1)
	s.mu.Lock()
	c := s.tell[env.Peer.ID]
	s.mu.Unlock()
	if c != nil {
		c <- time.Now()
	}
	return env.ID, nil
}

func benchHub(b *testing.B, s *sink, desk core.Adapter) *Hub {
	st, err := openStore(b.Context(), b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	h := testHub(st, time.Now)
	if err := h.Connect("web", core.RoleChannel, s); err != nil {
		b.Fatal(err)
	}
	if desk != nil {
		if err := h.Connect("desk", core.RoleDesk, desk); err != nil {
			b.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- h.Run(ctx) }()
	for !h.running.Load() {
		runtime.Gosched()
	}
	b.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			b.Error(err)
		}
		if err := st.Close(); err != nil {
			b.Error(err)
		}
	})
	return h
}

func ping(peer string, n int) core.Envelope {
	return core.Envelope{Channel: "web", Peer: core.Peer{ID: peer, Lang: "en"}, Ref: peer + "-" + strconv.Itoa(n),
		Parts: core.Parts{core.Text{Body: "ping " + strconv.Itoa(n)}}}
}

// flush is how long writing a little to the disk of dir takes, the median.
func flush(b *testing.B, dir string) time.Duration {
	f, err := os.Create(filepath.Join(dir, "flush"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	var ds []time.Duration
	for range 200 {
		start := time.Now()
		if _, err := f.Write(make([]byte, 4096)); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
		ds = append(ds, time.Since(start))
	}
	slices.Sort(ds)
	return ds[len(ds)/2]
}

// BenchmarkWhole is target 3: messages in, decided, out and settled.
//
//	go test ./core/hub -run '^$' -bench Whole -benchtime 30000x
func BenchmarkWhole(b *testing.B) {
	s := &sink{}
	h := benchHub(b, s, nil)
	const clients = 64
	run := func(round int) { // every customer writes once: the first round has the greetings
		var wg sync.WaitGroup
		for c := range clients {
			wg.Go(func() {
				for i := c; i < b.N; i += clients {
					if err := h.Receive(b.Context(), ping("p"+strconv.Itoa(i), round)); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
		for rest := int64(1); rest > 0; {
			time.Sleep(5 * time.Millisecond)
			st, err := h.store.Stats(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			rest = st.Outbox + st.Unread
		}
	}
	run(1)
	s.got.Store(0)
	b.ResetTimer()
	run(2)
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msgs/s")
	b.ReportMetric(float64(s.got.Load())/float64(b.N), "replies/msg")
	b.ReportMetric(float64(flush(b, b.TempDir()).Microseconds()), "µs/flush")
}

// BenchmarkReply is target 2: from the webhook to the reply handed to the
// adapter, everything durable, at a steady rate.
//
//	go test ./core/hub -run '^$' -bench Reply -benchtime 5000x
func BenchmarkReply(b *testing.B) {
	for _, rate := range []int{100, 1000, 4000} {
		b.Run(fmt.Sprintf("%d_per_s", rate), func(b *testing.B) {
			s := &sink{tell: map[string]chan time.Time{}}
			h := benchHub(b, s, nil)
			paced(b, h, s, pace{rate, 99}, func(i int) (core.Envelope, string) {
				peer := "p" + strconv.Itoa(i)
				return ping(peer, i), peer
			})
		})
	}
}

// A pace is how many messages a second, and which percentile is told beside the
// median.
type pace struct{ rate, high int }

// paced sends b.N messages at a steady rate and tells how long each took until s
// was handed what it tells of under the name that next gives.
func paced(b *testing.B, h *Hub, s *sink, p pace, next func(i int) (env core.Envelope, name string)) {
	b.ResetTimer()
	took := make([]time.Duration, b.N)
	var wg sync.WaitGroup
	start := time.Now()
	for i := range b.N {
		due := start.Add(time.Duration(i) * time.Second / time.Duration(p.rate))
		time.Sleep(time.Until(due))
		env, name := next(i)
		c := make(chan time.Time, 1)
		s.mu.Lock()
		s.tell[name] = c
		s.mu.Unlock()
		wg.Go(func() {
			at := time.Now()
			if err := h.Receive(b.Context(), env); err != nil {
				b.Error(err)
				return
			}
			took[i] = (<-c).Sub(at)
		})
	}
	wg.Wait()
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "µs-p50")
	b.ReportMetric(float64(took[len(took)*p.high/100].Microseconds()), fmt.Sprintf("µs-p%d", p.high))
	b.ReportMetric(float64(flush(b, b.TempDir()).Microseconds()), "µs/flush")
}

// wall is a desk that takes everything at once and tells when.
type wall struct{ sink }

func (*wall) Limits() core.Limits { return core.Limits{Threads: true, Cases: true} }

func (w *wall) Send(_ context.Context, env core.Envelope) (string, error) {
	if c, ok := env.Parts[0].(core.Case); ok {
		return "t" + c.Ticket, nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for line := range strings.SplitSeq(env.Parts.Text(), "\n") { // lines that waited come as one
		if c := w.tell[line]; c != nil {
			c <- time.Now()
		}
	}
	return env.ID, nil
}

// BenchmarkDesk is our own part of what an agent waits for: from the customer's
// message to its post in the thread at a desk that answers at once, everything
// durable, 50 tickets open.
//
//	go test ./core/hub -run '^$' -bench Desk -benchtime 3000x
func BenchmarkDesk(b *testing.B) {
	for _, rate := range []int{20, 200} {
		b.Run(fmt.Sprintf("%d_per_s", rate), func(b *testing.B) {
			w := &wall{sink{tell: map[string]chan time.Time{}}}
			h := benchHub(b, &sink{}, w)
			const open = 50
			for i := range open {
				peer := "p" + strconv.Itoa(i)
				env := ping(peer, 0)
				env.Parts = core.Parts{core.Text{Body: "human"}}
				if err := h.Receive(b.Context(), env); err != nil {
					b.Fatal(err)
				}
				var c core.Conversation
				for c.Ticket == nil || len(c.Ticket.Shown) == 0 {
					runtime.Gosched()
					var err error
					if c, err = h.store.Conversation(b.Context(), core.Key{Channel: "web", Peer: peer}); err != nil {
						b.Fatal(err)
					}
				}
				err := h.Receive(b.Context(), core.Envelope{Channel: "desk", Thread: c.Ticket.Shown[0].Thread, Ref: peer, Peer: core.Peer{ID: "lin", Name: "Lin"},
					Parts: core.Parts{core.Pick{Option: "claim"}}})
				if err != nil {
					b.Fatal(err)
				}
				for c.State != core.WithAgent {
					runtime.Gosched()
					if c, err = h.store.Conversation(b.Context(), core.Key{Channel: "web", Peer: peer}); err != nil {
						b.Fatal(err)
					}
				}
			}
			paced(b, h, &w.sink, pace{rate, 95}, func(i int) (core.Envelope, string) {
				env := ping("p"+strconv.Itoa(i%open), i+1)
				return env, env.Parts.Text()
			})
		})
	}
}
