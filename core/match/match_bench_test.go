package match

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"
)

// made builds a script of n entries with k samples each, half Chinese, half English, from a small grammar: enough to
// measure time and memory, not understanding.
func made(n, k int) []Entry {
	rng := rand.New(rand.NewPCG(7, 8))
	var chars []rune
	for c := range sounds().of {
		chars = append(chars, c)
	}
	slices.Sort(chars)
	rng.Shuffle(len(chars), func(i, j int) { chars[i], chars[j] = chars[j], chars[i] })
	frames := []string{"%s怎么办理", "请问%s在哪里", "我想%s可以吗", "%s要多久", "%s多少钱", "为什么我的%s不行", "你好，帮我查一下%s", "%s有什么要求吗"}
	english := []string{"how do i %s", "can you help me with %s", "where is my %s", "what is the price of %s please", "i want to change the %s", "why does %s not work", "when will %s be ready"}
	var out []Entry
	for i := range n {
		e := Entry{ID: fmt.Sprint("e", i), Pos: fmt.Sprintf("made.yaml:%d", i)}
		topic := string([]rune{chars[i%1500], chars[(i*7+1)%1500], chars[(i*13+i/1500+2)%1500]})
		frame := frames
		if i%2 == 1 {
			frame = english
			var w []rune
			for range 2 {
				for j := range 5 {
					w = append(w, []rune("bcdfglmnprst")[rng.IntN(12)], []rune("aeiou")[rng.IntN(5)])
					_ = j
				}
				w = append(w, ' ')
			}
			topic = string(w[:len(w)-1])
		}
		for j := range k {
			e.Samples = append(e.Samples, fmt.Sprintf(frame[(i+j)%len(frame)], topic))
		}
		out = append(out, e)
	}
	return out
}

func benchMatch(b *testing.B, entries []Entry) {
	m, err := New(entries, Options{})
	if err != nil {
		b.Fatal(err)
	}
	var texts []string
	for i, e := range entries {
		texts = append(texts, e.Samples[i%len(e.Samples)]+"呢 ok")
	}
	for i := range 1000 {
		m.Match(Query{Text: texts[i%len(texts)]})
	}
	var took []time.Duration
	i := 0
	for b.Loop() {
		start := time.Now()
		m.Match(Query{Text: texts[i*31%len(texts)]})
		took = append(took, time.Since(start))
		i++
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Nanoseconds())/1000, "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds())/1000, "p99-µs")
	b.ReportMetric(float64(m.Size())/1e6, "MB")
}

func BenchmarkMatch2000Entries(b *testing.B) { benchMatch(b, made(2000, 5)) }

func BenchmarkMatch100Entries10kSamples(b *testing.B) { benchMatch(b, made(100, 100)) }

func BenchmarkTrain10kSamples(b *testing.B) {
	entries := made(100, 100)
	for b.Loop() {
		if _, err := New(entries, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkReload answers while new matchers are trained and swapped in, as at a hot reload, and reports the slowest
// answers. On one core the operating system shares it between the two.
func BenchmarkReload(b *testing.B) {
	entries := shop()
	m, err := New(entries, Options{})
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		for ctx.Err() == nil {
			fresh, err := New(entries, Options{})
			if err != nil {
				b.Error(err)
				return
			}
			if err := fresh.Refine(ctx); err == nil {
				m.model.Store(fresh.model.Load())
			}
		}
	})
	var took []time.Duration
	for b.Loop() {
		start := time.Now()
		m.Match(Query{Text: "我买的东西什么时候能到"})
		took = append(took, time.Since(start))
	}
	stop()
	wg.Wait()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds())/1000, "p99-µs")
	b.ReportMetric(float64(took[len(took)-1].Nanoseconds())/1000, "max-µs")
}

// A trained demo-sized script must stay below 10 MB of live heap, with all tables (traditional characters, sounds, moods).
func TestMemory(t *testing.T) {
	m := matcher(t, shop(), Options{})
	if err := m.Refine(t.Context()); err != nil {
		t.Fatal(err)
	}
	m.Match(Query{Text: "轉人工，yunfei"})
	var after runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&after)
	live := float64(after.HeapAlloc) / 1e6
	t.Logf("%.2f MB live heap in all, model %.2f MB", live, float64(m.Size())/1e6)
	if live > 10 {
		t.Errorf("%.1f MB, want at most 10", live)
	}
	runtime.KeepAlive(m)
}

// On public questions, where ../shared is there.
func BenchmarkMatchBanking77(b *testing.B) {
	entries := script(dataset(b, "banking77/train.tsv"))
	valid := dataset(b, "banking77/valid.tsv")
	m := matcher(b, entries, Options{})
	var took []time.Duration
	i := 0
	for b.Loop() {
		start := time.Now()
		m.Match(Query{Text: valid[i%len(valid)].text})
		took = append(took, time.Since(start))
		i++
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Nanoseconds())/1000, "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds())/1000, "p99-µs")
}
