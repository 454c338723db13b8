package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/frontdesk-im/frontdesk/adapters/wechat/fake"
	"github.com/frontdesk-im/frontdesk/core/signed"
)

var (
	rounds  = flag.Int("rounds", 0, "TestCompare: how often both programs are measured, alternating; 0: not at all")
	most    = flag.Int("burst", 20000, "TestCompare: messages at once, from as many customers")
	steady  = flag.Duration("steady", 5*time.Second, "TestCompare: how long each steady rate is kept")
	product = flag.String("frontdesk", "", "a built program to measure instead of this source's")
	parts   = flag.String("parts", "burst,100,1000,passive,later", "TestCompare: what is measured")
)

// TestCompare measures Frontdesk, as it is built and run, beside the yardstick,
// from a third process that is both ends, in alternating rounds, and prints the
// medians:
//
//	go test ./cmd/yardstick -run Compare -v -timeout 1h -rounds 10
//
// The programs stay up through all rounds. A flush of the disk is measured before
// each part. Nothing is asserted but that every message is answered once.
func TestCompare(t *testing.T) {
	if *rounds == 0 {
		t.Skip("wants -rounds")
	}
	ring, err := signed.New(signed.Secrets{Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	sheet := sheet{}
	wx := fake.New(fake.Options{Account: account})
	for _, c := range []struct{ hold, later string }{{"", ""}, {", hold: 1ms", "-later"}} {
		if wants := strings.Contains(*parts, "later"); (c.later != "") && !wants {
			continue
		}
		var benches []*bench
		for _, name := range []string{"yardstick", "frontdesk"} {
			far := newPlatform(t)
			b := &bench{t: t, far: far, ring: ring, wx: wx, sheet: sheet}
			if name == "yardstick" {
				b.process = yardstick(t, far, strings.Fields(c.later)...)
			} else {
				b.process = frontdesk(t, far, c.hold)
			}
			benches = append(benches, b)
		}
		for _, b := range benches {
			b.trained()
			if c.later == "" {
				b.greet()
			}
		}
		for range *rounds {
			for part := range strings.SplitSeq(*parts, ",") {
				if (part == "later") != (c.later != "") {
					continue
				}
				for _, b := range benches {
					b.sheet.add("", "flush", "", ms(flush(t)))
					b.measure(part)
				}
			}
		}
		for _, b := range benches {
			b.sheet.add(b.name, "resident at the end, MB", "", float64(b.rss())/1024)
			b.kill()
		}
	}
	sheet.print(os.Stdout)
}

// A bench measures one program.
type bench struct {
	*process
	t     testing.TB
	far   *platform
	ring  signed.Ring
	wx    *fake.Platform
	sheet sheet
	n     int // messages so far
	round int // of the crowd's
}

func (b *bench) measure(part string) {
	switch part {
	case "burst":
		b.burst(*most)
	case "passive", "later":
		b.paced(part, 200, b.push)
	default:
		rate, err := strconv.Atoi(part)
		if err != nil {
			b.t.Fatalf("-parts: %q is none", part)
		}
		b.paced(part+"/s", rate, b.webhook)
	}
}

// asked is what customers write, one after the other: the same words twice would
// get one answer.
var asked = []string{"绿茶能放多久？", "运费多少？", "可以货到付款吗？", "你们有实体店吗？"}

// begins is how the greeting and the answers to asked[1:] begin.
var begins = []string{"你好", "满 59 元", "微信、支付宝", "目前两家"}

// webhook is the next message of customer i of the crowd.
func (b *bench) webhook(i int) (x post, peer string) {
	b.n++
	peer = fmt.Sprintf("c%07d", i)
	return webhook(b.t, b.ring, "m-"+strconv.Itoa(b.n), peer, asked[(i+b.round)%len(asked)]), peer
}

// push is the message of a new follower.
func (b *bench) push(int) (x post, peer string) {
	b.n++
	peer = fmt.Sprintf("oYardstick%018d", b.n)
	return push(b.t, b.wx, strconv.Itoa(1e9+b.n), peer, asked[b.n%len(asked)]), peer
}

// greet has every customer write once: the first answer has a greeting before it,
// and what is measured is one message in, one out.
func (b *bench) greet() {
	posts := make([]post, *most)
	for i := range posts {
		posts[i], _ = b.webhook(i)
	}
	burst(b.t, b.addr, posts)
	for n := -1; n != len(b.far.got(0)); time.Sleep(2 * time.Second) {
		n = len(b.far.got(0))
	}
	b.round++
}

// burst measures n messages at once.
func (b *bench) burst(n int) {
	posts := make([]post, n)
	for i := range posts {
		posts[i], _ = b.webhook(i)
	}
	b.round++
	mark, cpu := len(b.far.got(0)), b.cpu()
	start := time.Now()
	burst(b.t, b.addr, posts)
	filed := time.Since(start)
	came := b.far.wait(mark, n, 20*time.Second)
	took := came[len(came)-1].at.Sub(start)
	b.once(came, n)
	b.sheet.add(b.name, "burst", "whole messages/s", float64(n)/took.Seconds())
	b.sheet.add(b.name, "burst", "last answer after, s", took.Seconds())
	b.sheet.add(b.name, "burst", "inbound meanwhile/s", float64(n)/filed.Seconds())
	b.sheet.add(b.name, "burst", "CPU a message, µs", float64((b.cpu()-cpu).Microseconds())/float64(n))
}

// once checks that each of the last n customers got one answer.
func (b *bench) once(came []arrival, n int) {
	b.t.Helper()
	got := map[string][]string{}
	for _, a := range came {
		got[a.to] = append(got[a.to], a.of)
	}
	var wrong []string
	for to, said := range got {
		if len(said) != 1 {
			wrong = append(wrong, fmt.Sprintf("%s: %q", to, said))
		}
	}
	if len(got) != n || len(wrong) > 0 {
		b.t.Errorf("%s: %d of %d customers got an answer, %d of them more than one, such as %s", b.name, len(got), n, len(wrong), wrong[:min(1, len(wrong))])
	}
}

// paced measures messages at a steady rate: how long until the answer.
func (b *bench) paced(part string, rate int, next func(i int) (post, string)) {
	n := min(int(steady.Seconds()*float64(rate)), *most)
	client := caller()
	defer client.CloseIdleConnections()
	posts, peers := make([]post, n), make([]string, n)
	for i := range posts {
		posts[i], peers[i] = next(i)
	}
	b.round++
	took := make([]time.Duration, n)
	cpu, start := b.cpu(), time.Now()
	var all sync.WaitGroup
	for i := range n {
		time.Sleep(time.Until(start.Add(time.Duration(i) * time.Second / time.Duration(rate))))
		all.Go(func() {
			at := time.Now()
			answered := b.far.expect(peers[i])
			got, err := posts[i].send(client, b.addr)
			switch {
			case err != nil:
				b.t.Errorf("posting: %v", err)
			case strings.Contains(string(got), "Encrypt"):
				took[i] = time.Since(at)
			case part == "passive":
				b.t.Errorf("no passive reply: %s", got)
			default:
				select {
				case came := <-answered:
					took[i] = came.Sub(at)
				case <-time.After(20 * time.Second):
					b.t.Errorf("no answer to %s", peers[i])
				}
			}
		})
	}
	all.Wait()
	slices.Sort(took)
	b.sheet.add(b.name, part, "p50, ms", ms(took[n/2]))
	b.sheet.add(b.name, part, "p99, ms", ms(took[n*99/100]))
	b.sheet.add(b.name, part, "CPU a message, µs", float64((b.cpu()-cpu).Microseconds())/float64(n))
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// flush is how long writing a little to the disk takes, the median.
func flush(t testing.TB) time.Duration {
	f, err := os.Create(filepath.Join(t.TempDir(), "flush"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var ds []time.Duration
	for range 100 {
		start := time.Now()
		if _, err := f.Write(make([]byte, 4096)); err != nil {
			t.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			t.Fatal(err)
		}
		ds = append(ds, time.Since(start))
	}
	slices.Sort(ds)
	return ds[len(ds)/2]
}

// A cell is what a sheet has figures of: of both programs, if of has no name.
type cell struct{ of, part, what string }

// A sheet is all figures, in rounds.
type sheet map[cell][]float64

func (s sheet) add(of, part, what string, v float64) {
	c := cell{of, part, what}
	s[c] = append(s[c], v)
}

// median is the middle of the rounds.
func (s sheet) median(c cell) float64 {
	v := slices.Sorted(slices.Values(s[c]))
	if len(v) == 0 {
		return 0
	}
	return v[len(v)/2]
}

// print writes the medians, and of their ratios the median too.
func (s sheet) print(to io.Writer) {
	var rows []cell
	for c := range s {
		if c.of != "yardstick" {
			rows = append(rows, c)
		}
	}
	slices.SortFunc(rows, func(a, b cell) int { return strings.Compare(a.part+a.what, b.part+b.what) })
	w := tabwriter.NewWriter(to, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "part\tfigure\tfrontdesk\tyardstick\tratio\tfrom–to of frontdesk")
	for _, c := range rows {
		y := cell{"yardstick", c.part, c.what}
		low, high := slices.Min(s[c]), slices.Max(s[c])
		if len(s[y]) == 0 {
			fmt.Fprintf(w, "%s\t%s\t%.2f\t\t\t%.2f–%.2f\n", c.part, c.what, s.median(c), low, high)
			continue
		}
		var ratios []float64
		for i := range min(len(s[c]), len(s[y])) {
			ratios = append(ratios, s[c][i]/s[y][i])
		}
		slices.Sort(ratios)
		fmt.Fprintf(w, "%s\t%s\t%.2f\t%.2f\t%.2f\t%.2f–%.2f\n", c.part, c.what, s.median(c), s.median(y), ratios[len(ratios)/2], low, high)
	}
	w.Flush()
}
