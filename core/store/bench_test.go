package store

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// Figures come with the machine's own limits of the same run beside them:
//
//	go test ./core/store -run '^$' -bench 'Inbound|Cycle' -benchtime 200000x
//	go test ./core/store -run '^$' -bench Paced -benchtime 10000x
//	go test ./core/store -run '^$' -bench 'Recovery|Start' -benchtime 1x
//	go test ./core/store -run '^$' -bench Stored -benchtime 1x -stored 10000000
var stored = flag.Int("stored", 100_000, "messages or conversations that the size benchmarks store first")

const (
	callers = 64
	peers   = 10_000 // who write
)

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

func inbound(i, of int) (core.Key, core.Envelope) {
	key := core.Key{Channel: "wechat", Peer: fmt.Sprintf("oWx%020d", i%of)}
	return key, core.Envelope{Channel: key.Channel, Peer: core.Peer{ID: key.Peer}, Ref: fmt.Sprintf("2400%016d", i), At: time.Unix(1790000000, 0).UTC(), Parts: core.Parts{core.Text{Body: line}}}
}

// bare is the machine's limit: the same group commit of the least that files a
// message once, a row with its key. from keeps the keys apart.
func bare(b *testing.B, s *Store, from, n int) time.Duration {
	b.Helper()
	if err := s.do(context.Background(), func(t *tx) error {
		_, err := t.exec("CREATE TABLE IF NOT EXISTS bare (seq INTEGER PRIMARY KEY, channel TEXT, ref TEXT, body TEXT, UNIQUE (channel, ref))")
		return err
	}); err != nil {
		b.Fatal(err)
	}
	return many(n, func(i int) {
		key, env := inbound(from+i, peers)
		body, err := pack(key, env)
		if err != nil {
			b.Error(err)
		}
		err = s.do(context.Background(), func(t *tx) error {
			_, err := t.exec("INSERT INTO bare (seq, channel, ref, body) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING", t.seq(), env.Channel, env.Ref, body)
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
			key, env := inbound(from+i, peers)
			if fresh, err := s.Receive(context.Background(), key, env); err != nil || !fresh {
				b.Errorf("%v, %v", fresh, err)
			}
		})
	}
	receive(1<<30, 2*peers) // so that the peers are known
	bare(b, s, 1<<30, 2*peers)
	b.ResetTimer()
	var took, limit time.Duration
	for i := range 4 { // alternating, because the machine is noisy
		limit += bare(b, s, i*(n/4), n/4)
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
func cycle(s *Store, i, of int) error {
	ctx := context.Background()
	key, env := inbound(i, of)
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
			Events: []core.Event{{Kind: core.EventAnswered, At: time.Now(), By: core.Author{Kind: core.ByBot}, Why: "entry exchange.size", Data: map[string]string{"entry": "exchange.size", "p": "0.93"}}}}, nil
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
		if err := cycle(s, i, peers); err != nil {
			b.Error(err)
		}
	})
	b.StopTimer()
	var ds []time.Duration
	for i := range 500 {
		start := time.Now()
		if err := cycle(s, n+i+1, peers); err != nil {
			b.Fatal(err)
		}
		ds = append(ds, time.Since(start))
	}
	slices.Sort(ds)
	var busy, size, done int64
	db := raw(b, s.db.Name)
	defer db.Close()
	if err := db.QueryRow("PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &size, &done); err != nil || busy != 0 {
		b.Fatal(busy, err)
	}
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

// BenchmarkPaced is the store's part of target 2: how long whole messages take
// when a thousand come each second, none waiting for another.
func BenchmarkPaced(b *testing.B) {
	dir := b.TempDir()
	s := open(b, Options{Path: dir})
	defer s.Close()
	flush := flushTime(b, dir)
	many(2*peers, func(i int) {
		if err := cycle(s, 1<<30+i, peers); err != nil {
			b.Error(err)
		}
	})
	n := max(b.N, 2000)
	ds := make([]time.Duration, n)
	var wg sync.WaitGroup
	b.ResetTimer()
	start := time.Now()
	for i := range n {
		due := start.Add(time.Duration(i) * time.Millisecond)
		time.Sleep(time.Until(due))
		wg.Go(func() {
			if err := cycle(s, i, peers); err != nil {
				b.Error(err)
			}
			ds[i] = time.Since(due)
		})
	}
	wg.Wait()
	slices.Sort(ds)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(ds[n/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(ds[n*99/100].Microseconds()), "p99-µs")
	b.ReportMetric(float64(ds[n-1].Microseconds()), "max-µs")
	b.ReportMetric(float64(flush.Microseconds()), "flush-µs")
}

// fill stores n finished messages of n/per conversations, per of each, quickly.
func fill(b *testing.B, s *Store, n, per int) {
	b.Helper()
	b.StopTimer()
	ctx := context.Background()
	many(n/per, func(i int) {
		for k := range per / 2 {
			key, env := inbound(i, n)
			env.Ref = fmt.Sprintf("2300%09d%07d", k, i)
			if _, err := s.Receive(ctx, key, env); err != nil {
				b.Error(err)
			}
			if err := answer(s, key); err != nil {
				b.Error(err)
			}
		}
	})
	b.StartTimer()
}

// latency is how long whole messages take, one after the other, from
// conversations all over the store.
func latency(b *testing.B, s *Store, conversations, n, round int) time.Duration {
	b.Helper()
	var ds []time.Duration
	for i := range n {
		key, env := inbound(i*7919, conversations)
		env.Ref = fmt.Sprintf("2500%04d%012d", round, i)
		start := time.Now()
		if _, err := s.Receive(context.Background(), key, env); err != nil {
			b.Fatal(err)
		}
		if err := answer(s, key); err != nil {
			b.Fatal(err)
		}
		if _, err := s.Past(context.Background(), core.PastQuery{Key: key, Max: 20, Peer: true}); err != nil {
			b.Fatal(err)
		}
		ds = append(ds, time.Since(start))
	}
	slices.Sort(ds)
	return ds[len(ds)/2]
}

// BenchmarkStored is target 8: how long a message takes in a store with
// -stored messages, as a multiple of that in a store with ten thousand.
func BenchmarkStored(b *testing.B) {
	small, large := open(b, Options{Path: b.TempDir()}), open(b, Options{Path: b.TempDir()})
	defer small.Close()
	defer large.Close()
	const per = 20 // messages of a conversation
	fill(b, small, 10_000, per)
	fill(b, large, *stored, per)
	st, err := large.Stats(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	var few, lots []time.Duration
	for round := range 5 { // alternating, because the machine is noisy
		few = append(few, latency(b, small, 10_000/per, 1000, round))
		lots = append(lots, latency(b, large, *stored/per, 1000, round))
	}
	slices.Sort(few)
	slices.Sort(lots)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(lots[2].Microseconds()), "large-p50-µs")
	b.ReportMetric(float64(few[2].Microseconds()), "small-p50-µs")
	b.ReportMetric(float64(lots[2])/float64(few[2]), "ratio")
	b.ReportMetric(float64(st.Bytes)/float64(*stored*3/2), "bytes/row") // a third of the rows are events
}

// BenchmarkRecovery is target 6: after a crash with -stored unfinished
// messages (half unread, half unsent), how long until the store serves, and
// until all of them are done, and how much memory that takes.
func BenchmarkRecovery(b *testing.B) {
	ctx := context.Background()
	dir := b.TempDir()
	cmd, _ := child(b, dir, fmt.Sprintf("backlog %d", *stored))
	if cmd.Wait(); cmd.ProcessState.ExitCode() != -1 {
		b.Fatal("the process was not killed: ", cmd.ProcessState)
	}
	before := resident(b)
	b.ResetTimer()
	start := time.Now()
	s, err := Open(ctx, Options{Path: dir})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	key, env := inbound(1<<30, 1<<31)
	if _, err := s.Receive(ctx, key, env); err != nil {
		b.Fatal(err)
	}
	first, err := s.Outbox(ctx, time.Now(), 100)
	if err != nil || len(first) != 100 {
		b.Fatal(len(first), err)
	}
	ready, err := s.Ready(ctx, time.Now(), 100)
	if err != nil || len(ready) != 100 {
		b.Fatal(len(ready), err)
	}
	serving := time.Since(start)
	drain(b, s, first)
	b.StopTimer()
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(serving.Milliseconds()), "serving-ms")
	b.ReportMetric(time.Since(start).Seconds(), "drained-s")
	b.ReportMetric(resident(b)-before, "MB-more")
}

// drain does what is unfinished: turns and deliveries at the same time.
func drain(b *testing.B, s *Store, ds []core.Delivery) {
	b.Helper()
	ctx := context.Background()
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			keys, err := s.Ready(ctx, time.Now(), 1000)
			if err != nil {
				b.Error(err)
			}
			if len(keys) == 0 {
				return
			}
			many(len(keys), func(i int) {
				if err := answer(s, keys[i-1]); err != nil {
					b.Error(err)
				}
			})
		}
	})
	var err error
	for len(ds) > 0 {
		many(len(ds), func(i int) {
			if _, err := s.Settle(ctx, time.Now(), core.Result{Delivery: ds[i-1], Outcome: core.AttemptSent, Ref: "r" + ds[i-1].ID}); err != nil {
				b.Error(err)
			}
		})
		if ds, err = s.Outbox(ctx, time.Now(), 1000); err != nil {
			b.Error(err)
		}
	}
	wg.Wait()
	st, err := s.Stats(ctx)
	if err != nil || st.Unread != 0 || st.Outbox != 0 {
		b.Errorf("left: %+v, %v", st, err)
	}
}

// BenchmarkStart is the store's part of target 4: start and memory with
// -stored conversations that are idle.
func BenchmarkStart(b *testing.B) {
	dir := b.TempDir()
	s := open(b, Options{Path: dir})
	fill(b, s, 2**stored, 2)
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	before := resident(b)
	b.ResetTimer()
	start := time.Now()
	s = open(b, Options{Path: dir})
	took := time.Since(start)
	defer s.Close()
	if _, err := s.Ready(context.Background(), time.Now(), 100); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(took.Microseconds())/1000, "start-ms")
	b.ReportMetric(resident(b)-before, "MB-more")
}

// resident is the memory of the process in MB.
func resident(b *testing.B) float64 {
	b.Helper()
	debug.FreeOSMemory()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Skip("no /proc: ", err)
	}
	var size, pages float64
	if _, err := fmt.Sscan(string(text), &size, &pages); err != nil {
		b.Fatal(err)
	}
	return pages * float64(os.Getpagesize()) / (1 << 20)
}
