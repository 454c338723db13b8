package store

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// Figures come with the machine's own limits of the same run beside them:
//
//	go test ./core/store -run '^$' -bench 'Inbound|Cycle' -benchtime 3s
//	go test ./core/store -run '^$' -bench 'Recovery|Start' -benchtime 1x
//	go test ./core/store -run '^$' -bench Stored -benchtime 1x -stored 10000000
var stored = flag.Int("stored", 100_000, "messages or conversations that the size benchmarks store first")

const callers = 64

const line = "你好,我上周买的鞋子尺码不合适,想换一双大一号的,请问怎么操作?"

// flushTime is how long one flush of a small append takes on this disk now.
func flushTime(b *testing.B, dir string) time.Duration {
	b.Helper()
	f, err := os.Create(filepath.Join(dir, "flush"))
	if err != nil {
		b.Fatal(err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	var ds []time.Duration
	for range 200 {
		if _, err := f.Write(make([]byte, 4096)); err != nil {
			b.Fatal(err)
		}
		start := time.Now()
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
		ds = append(ds, time.Since(start))
	}
	slices.Sort(ds)
	return ds[len(ds)/2]
}

// many runs work from callers goroutines, n times in all.
func many(n int, work func(i int)) time.Duration {
	var next atomic.Int64
	var wg sync.WaitGroup
	start := time.Now()
	for range callers {
		wg.Go(func() {
			for i := int(next.Add(1)); i <= n; i = int(next.Add(1)) {
				work(i)
			}
		})
	}
	wg.Wait()
	return time.Since(start)
}

func inbound(i, peers int) (core.Key, core.Envelope) {
	key := core.Key{Channel: "wechat", Peer: fmt.Sprintf("oWx%020d", i%peers)}
	return key, core.Envelope{Channel: key.Channel, Peer: core.Peer{ID: key.Peer}, Ref: fmt.Sprintf("2400%016d", i), At: time.Unix(1790000000, 0).UTC(), Parts: core.Parts{core.Text{Body: line}}}
}

// bare is the machine's limit: group commit of one insert into one table.
func bare(b *testing.B, s *Store, n int) time.Duration {
	b.Helper()
	if err := s.do(context.Background(), func(t *tx) error {
		_, err := t.exec("CREATE TABLE IF NOT EXISTS bare (seq INTEGER PRIMARY KEY, body TEXT)")
		return err
	}); err != nil {
		b.Fatal(err)
	}
	body := strings.Repeat("x", 150)
	return many(n, func(int) {
		err := s.do(context.Background(), func(t *tx) error {
			_, err := t.exec("INSERT INTO bare (seq, body) VALUES ($1, $2)", s.ids.next(), body)
			return err
		})
		if err != nil {
			b.Error(err)
		}
	})
}

// BenchmarkInbound is target 1: messages filed durably each second, from 64
// callers, and what share that is of a bare group commit at the same time.
func BenchmarkInbound(b *testing.B) {
	dir := b.TempDir()
	s := open(b, Options{Path: dir})
	defer s.Close()
	flush := flushTime(b, dir)
	n := max(b.N, 1000)
	receive := func(from, n int) time.Duration {
		return many(n, func(i int) {
			key, env := inbound(from+i, 20_000)
			if fresh, err := s.Receive(context.Background(), key, env); err != nil || !fresh {
				b.Errorf("%v, %v", fresh, err)
			}
		})
	}
	receive(1<<30, 20_000) // so that the peers are known
	bare(b, s, 20_000)
	b.ResetTimer()
	var took, limit time.Duration
	for i := range 4 { // alternating, because the machine is noisy
		limit += bare(b, s, n/4)
		took += receive(i*(n/4), n/4)
	}
	count := float64(4 * (n / 4))
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(count/took.Seconds(), "msgs/s")
	b.ReportMetric(count/limit.Seconds(), "bare/s")
	b.ReportMetric(limit.Seconds()/took.Seconds(), "of-bare")
	b.ReportMetric(float64(flush.Microseconds()), "flush-µs")
}

// cycle files a message, answers it, and settles the answer.
func cycle(s *Store, i, peers int) error {
	ctx := context.Background()
	key, env := inbound(i, peers)
	if _, err := s.Receive(ctx, key, env); err != nil {
		return err
	}
	return answer(s, key)
}

func answer(s *Store, key core.Key) error {
	ctx := context.Background()
	c, err := s.Turn(ctx, key, time.Now(), func(c core.Conversation, unread []core.Envelope) (core.Outcome, error) {
		if len(unread) == 0 {
			return core.Outcome{Conversation: c}, nil
		}
		c.Peer, c.Heard, c.Mind = unread[len(unread)-1].Peer, time.Now(), []byte(`{"flow":"exchange","step":"size","vars":{"order":"1234567890"}}`)
		return core.Outcome{Conversation: c, Say: []core.Envelope{{By: core.Author{Kind: core.ByBot, Name: "bot"}, Parts: core.Parts{core.Text{Body: line}}}},
			Events: []core.Event{{Kind: core.Answered, At: time.Now(), By: core.Author{Kind: core.ByBot}, Why: "entry exchange.size", Data: map[string]string{"entry": "exchange.size", "p": "0.93"}}}}, nil
	})
	if err != nil {
		return err
	}
	for _, d := range c.Deliveries {
		for next := &d; next != nil; {
			if next, err = s.Settle(ctx, time.Now(), core.Result{Delivery: *next, Outcome: core.AttemptSent, Ref: "r" + next.ID}); err != nil {
				return err
			}
		}
	}
	return nil
}

// BenchmarkCycle is target 3: whole messages each second (filed, decided,
// committed, settled), and how long one takes when little happens (target 2).
func BenchmarkCycle(b *testing.B) {
	dir := b.TempDir()
	s := open(b, Options{Path: dir})
	defer s.Close()
	flush := flushTime(b, dir)
	n := max(b.N, 1000)
	b.ResetTimer()
	took := many(n, func(i int) {
		if err := cycle(s, i, 20_000); err != nil {
			b.Error(err)
		}
	})
	b.StopTimer()
	var ds []time.Duration
	for i := range 500 {
		start := time.Now()
		if err := cycle(s, n+i+1, 20_000); err != nil {
			b.Fatal(err)
		}
		ds = append(ds, time.Since(start))
	}
	slices.Sort(ds)
	st, err := s.Stats(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(n)/took.Seconds(), "cycles/s")
	b.ReportMetric(float64(ds[len(ds)/2].Microseconds()), "alone-p50-µs")
	b.ReportMetric(float64(ds[len(ds)*99/100].Microseconds()), "alone-p99-µs")
	b.ReportMetric(float64(flush.Microseconds()), "flush-µs")
	b.ReportMetric(float64(st.Bytes)/float64(3*(n+500)), "bytes/row")
}

func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / (1 << 20)
}
