package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/frontdesk-im/frontdesk/core/signed"
)

var (
	scaleRate = flag.Int("scale", 0, "TestScale: messages a second, in all; 0: it is not run")
	scaleFor  = flag.Duration("scalefor", 20*time.Second, "TestScale: how long")
)

// The same load on one node and on two, with the same PostgreSQL and Redis: what a
// message costs, each part for itself, and how long statements wait for locks. On
// two cores it is the processor time that tells whether a second node would help,
// not how many messages a second come through.
//
//	go test ./cmd/yardstick -run Scale -v -scale 200
func TestScale(t *testing.T) {
	if *scaleRate == 0 {
		t.Skip("measures; give -scale messages a second")
	}
	ring, err := signed.New(signed.Secrets{Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{1, 2, 1, 2} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			far := newPlatform(t)
			ns, _ := nodes(t, far, n)
			time.Sleep(15 * time.Second) // the scripts are trained
			l := &load{t: t, ring: ring, nodes: ns, far: far}
			l.run(*scaleRate, 3*time.Second)
			was := l.costs()
			locks := lockWaits(t)
			sent := l.run(*scaleRate, *scaleFor)
			waiting, active := locks()
			now := l.costs()
			per := func(what string) float64 { return (now[what] - was[what]) / float64(sent) }
			line := fmt.Sprintf("%d node(s), %d messages at %d/s: µs a message:", n, sent, *scaleRate)
			total := 0.0
			for i := range ns {
				x := per(fmt.Sprint("node", i))
				line += fmt.Sprintf(" node %d %.0f", i, x)
				total += x
			}
			pg, redis := per("postgres"), per("redis-server")
			t.Logf("%s, postgres %.0f, redis %.0f, in all %.0f; %.1f statements a message; %d of %d looks at statements found one waiting for a lock",
				line, pg, redis, total+pg+redis, per("statements"), waiting, active)
		})
	}
}

// A load is customers who write to nodes in turn.
type load struct {
	t     testing.TB
	ring  signed.Ring
	nodes []*process
	far   *platform
	n     int
}

// run has customers write at a rate for a while, waits until each has an answer, and
// returns how many they were.
func (l *load) run(rate int, length time.Duration) (sent int) {
	mark := len(l.far.got(0))
	sent = int(length.Seconds() * float64(rate))
	var all sync.WaitGroup
	hands := make(chan struct{}, crowd)
	c := caller()
	defer c.CloseIdleConnections()
	begun := time.Now()
	for i := range sent {
		time.Sleep(time.Until(begun.Add(time.Duration(i) * time.Second / time.Duration(rate))))
		l.n++
		x := webhook(l.t, l.ring, fmt.Sprint("s-", l.n), fmt.Sprint("s", l.n), asked[1+l.n%(len(asked)-1)])
		addr := l.nodes[l.n%len(l.nodes)].addr
		hands <- struct{}{}
		all.Go(func() {
			defer func() { <-hands }()
			if _, err := x.send(c, addr); err != nil {
				l.t.Error(err)
			}
		})
	}
	all.Wait()
	if got := len(l.far.wait(mark, sent, 20*time.Second)); got < sent {
		l.t.Errorf("%d of %d were answered", got, sent)
	}
	return sent
}

var statements = regexp.MustCompile(`(?m)^frontdesk_store_statements(?:_total)? (\S+)$`)

// costs are the processor time that each part has had, in µs, and the statements of
// all nodes.
func (l *load) costs() map[string]float64 {
	out := map[string]float64{}
	for i, p := range l.nodes {
		out[fmt.Sprint("node", i)] = float64(p.cpu().Microseconds())
		resp, err := http.Get("http://" + p.addr + "/metrics")
		if err != nil {
			l.t.Fatal(err)
		}
		b, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if m := statements.FindSubmatch(b); m != nil {
			x, _ := strconv.ParseFloat(string(m[1]), 64)
			out["statements"] += x
		}
	}
	for _, name := range []string{"postgres", "redis-server"} {
		out[name] = float64(used(name).Microseconds())
	}
	return out
}

// used is the processor time of all processes of a name, those that have ended
// included.
func used(name string) (d time.Duration) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, f := range stats {
		b, err := os.ReadFile(f)
		if err != nil || !strings.Contains(string(b), "("+name+")") {
			continue
		}
		x := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
		for _, i := range []int{11, 12, 13, 14} {
			n, _ := strconv.Atoi(x[i])
			d += time.Duration(n) * time.Second / 100
		}
	}
	return d
}

// lockWaits looks at the statements of the database all the time until its result is
// called: how many of those seen waited for a lock.
func lockWaits(t testing.TB) func() (waiting, active int) {
	ctx, stop := context.WithCancel(t.Context())
	db, err := pgx.Connect(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		t.Fatal(err)
	}
	var waiting, active int
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			var w, a int
			if err := db.QueryRow(ctx, `SELECT count(*) FILTER (WHERE wait_event_type = 'Lock'), count(*) FROM pg_stat_activity
				WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()`).Scan(&w, &a); err == nil {
				waiting, active = waiting+w, active+a
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	return func() (int, int) {
		stop()
		<-done
		_ = db.Close(context.WithoutCancel(ctx))
		return waiting, active
	}
}
