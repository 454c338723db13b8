package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core/coretest"
	"github.com/frontdesk-im/frontdesk/core/signed"
	"github.com/frontdesk-im/frontdesk/core/store/pgtest"
)

var (
	chaosFor  = flag.Duration("chaos", 0, "TestChaos: how long faults happen; 0: 20 s, a minute and a half with FRONTDESK_LONG=1")
	chaosSeed = flag.Uint64("seed", 0, "TestChaos: which faults happen; 0: new ones")
)

// nodes are n processes of Frontdesk on one PostgreSQL and one Redis.
func nodes(t testing.TB, far *platform, n int) (out []*process, redis *coretest.RedisServer) {
	t.Helper()
	redis = coretest.Redis(t)
	setenv(t, map[string]string{"DATABASE_URL": pgtest.New(t), "REDIS_URL": redis.URL(), "SIGNS": secret})
	dir := t.TempDir()
	conf := filepath.Join(dir, "frontdesk.yaml")
	text := fmt.Sprintf(`store: ${DATABASE_URL}
bus: ${REDIS_URL}
files: {folder: %s}
channels:
  app: {type: hook, url: "%s/messages", secret: "${SIGNS}"}
desks:
  inbox: {type: console}
`, filepath.Join(dir, "files"), far.url())
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		addr := free(t)
		out = append(out, launch(&process{t: t, name: fmt.Sprintf("node %d", i), addr: addr,
			args: []string{build(t, "frontdesk"), "serve", "--config", conf, "--data", filepath.Join(dir, fmt.Sprint("data", i)), "--listen", addr}}))
	}
	return out, redis
}

func setenv(t testing.TB, vars map[string]string) {
	t.Helper()
	for k, v := range vars {
		t.(interface{ Setenv(k, v string) }).Setenv(k, v)
	}
}

// A crew writes to the nodes for as long as it is told, one customer after the
// other: each writes its lines in order, to whichever node takes them, and some of
// them twice.
type crew struct {
	t     testing.TB
	ring  signed.Ring
	nodes []*process
	n     atomic.Int64 // customers so far
	over  chan struct{}
	all   sync.WaitGroup
}

func (c *crew) start(hands int) {
	for range hands {
		c.all.Go(func() {
			client := caller()
			client.Timeout = 5 * time.Second // as platforms have it
			defer client.CloseIdleConnections()
			for {
				select {
				case <-c.over:
					return
				default:
				}
				i := c.n.Add(1)
				for j, text := range asked[1:] {
					x := webhook(c.t, c.ring, fmt.Sprintf("m-%d-%d", i, j), fmt.Sprintf("c%d", i), text)
					for {
						if _, err := x.send(client, c.nodes[rand.IntN(len(c.nodes))].addr); err == nil {
							break
						}
						time.Sleep(50 * time.Millisecond) // that one is down, or may have taken it: it is said again
					}
					if rand.IntN(8) == 0 { // a platform repeats what was answered late
						x.send(client, c.nodes[rand.IntN(len(c.nodes))].addr)
					}
				}
			}
		})
	}
}

// A fault befalls the nodes, and is over when it returns.
type fault struct {
	name string
	do   func(r *rand.Rand)
}

func faults(t testing.TB, ns []*process, redis *coretest.RedisServer) []fault {
	one := func(r *rand.Rand) *process { return ns[r.IntN(len(ns))] }
	some := func(r *rand.Rand, most time.Duration) time.Duration { return time.Duration(r.Int64N(int64(most))) }
	return []fault{
		{"a node is killed", func(r *rand.Rand) {
			p := one(r)
			p.kill()
			time.Sleep(some(r, 6*time.Second))
			p.start()
		}},
		{"a node stands still", func(r *rand.Rand) { // longer than its heart may, sometimes
			p := one(r)
			p.cmd.Process.Signal(syscall.SIGSTOP)
			time.Sleep(some(r, 15*time.Second))
			p.cmd.Process.Signal(syscall.SIGCONT)
		}},
		{"Redis is away and comes back empty", func(r *rand.Rand) {
			redis.Kill()
			time.Sleep(some(r, 8*time.Second))
			redis.Start()
		}},
		{"PostgreSQL crashes", func(r *rand.Rand) { pgtest.Crash(t, some(r, 5*time.Second)) }},
	}
}

// Three nodes under load, while they are killed and stand still, and while what
// they share goes away, lose nothing, double nothing and keep the order:
//
//	go test ./cmd/yardstick -run Chaos -v -timeout 1h -chaos 30m
//
// The faults are those of a seed, which a failure tells.
func TestChaos(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a while")
	}
	length, seed := *chaosFor, *chaosSeed
	if length == 0 {
		length = 20 * time.Second
		if coretest.Long() {
			length = 90 * time.Second
		}
	}
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("-seed %d", seed)
	ring, err := signed.New(signed.Secrets{Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	far := newPlatform(t)
	ns, redis := nodes(t, far, 3)
	c := &crew{t: t, ring: ring, nodes: ns, over: make(chan struct{})}
	c.start(24)
	r := rand.New(rand.NewPCG(seed, 0))
	kinds := faults(t, ns, redis)
	count := map[string]int{}
	started := time.Now()
	for ; time.Since(started) < length; time.Sleep(time.Duration(r.Int64N(int64(2 * time.Second)))) {
		f := kinds[r.IntN(len(kinds))]
		count[f.name]++
		f.do(r)
	}
	t.Logf("%s of faults", time.Since(started).Round(time.Second))
	close(c.over)
	c.all.Wait()
	t.Logf("all is sent after %s", time.Since(started).Round(time.Second))
	customers := int(c.n.Load())
	far.wait(0, customers*len(begins), time.Minute)
	told := map[string][]string{}
	for _, a := range far.got(0) {
		told[a.to] = append(told[a.to], a.of)
	}
	for i := 1; i <= customers; i++ {
		peer := fmt.Sprintf("c%d", i)
		if !begin(told[peer], begins) {
			t.Errorf("%s was told %q, want what begins %q", peer, told[peer], begins)
		}
	}
	t.Logf("%d customers, %d answers, %d of them came again with their ID; %v", customers, len(far.got(0)), far.twice, count)
}

// begin reports whether each of got begins as it should.
func begin(got, want []string) bool {
	if len(got) != len(want) {
		return false
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			return false
		}
	}
	return true
}
