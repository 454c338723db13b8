package webchat

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/frontdesk-im/frontdesk/core"
)

// TestMain lets BenchmarkIdle run this binary again as the server, so that the
// memory of its own end of the sockets is not counted.
func TestMain(m *testing.M) {
	if os.Getenv("FRONTDESK_WEBCHAT_IDLE") != "" {
		testing.Init()
		testing.Benchmark(serveIdle)
		return
	}
	os.Exit(m.Run())
}

var idleConfig = Config{
	Keys:   []core.Secret{core.Secret(strings.Repeat("idle", 10))},
	Limits: Rates{Connects: 1e9, Sessions: 1e9},
}

// serveIdle serves until its standard input ends; each line of it is answered
// with the resident bytes, as they are and after a collection.
func serveIdle(b *testing.B) {
	w := newWorld(b, idleConfig)
	fmt.Println(w.srv.URL)
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		now := resident()
		debug.FreeOSMemory()
		fmt.Println(now, resident(), w.chat.socks.len())
	}
	os.RemoveAll(w.dir)
	os.Exit(0)
}

func resident() int64 {
	b, _ := os.ReadFile("/proc/self/statm")
	f := strings.Fields(string(b))
	if len(f) < 2 {
		return 0
	}
	n, _ := strconv.ParseInt(f[1], 10, 64)
	return n * int64(os.Getpagesize())
}

// BenchmarkIdle opens 10,000 web chats, each another visitor's, that then do
// nothing but answer pings, and reports what each adds to the resident memory
// of the process that serves them:
//
//	go test -run '^$' -bench Idle -benchtime 1x ./adapters/webchat
func BenchmarkIdle(b *testing.B) {
	if resident() == 0 {
		b.Skip("needs /proc/self/statm")
	}
	const n = 10_000
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "FRONTDESK_WEBCHAT_IDLE=1")
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	defer cmd.Wait()
	defer stdin.Close()
	out := bufio.NewReader(stdout)
	conns := make([]*websocket.Conn, 0, n)
	base, err := out.ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	ask := func() (now, live int64) {
		io.WriteString(stdin, "?\n")
		var there int
		if _, err := fmt.Fscanln(out, &now, &live, &there); err != nil {
			b.Fatal(err)
		}
		if want := len(conns) + 1; there != want {
			b.Errorf("%d sockets are open, want %d", there, want)
		}
		return now, live
	}
	base = strings.TrimSpace(base)
	var cfg = idleConfig
	cfg.Validate()
	vs := visitors{ring: ring{site: cfg.Site, keys: [][]byte{[]byte(cfg.Keys[0])}}, now: time.Now}
	defer openIdle(b, vs, base).Close() // one, so that everything that is made once is there
	_, before := ask()
	start := time.Now()
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			for {
				mu.Lock()
				if len(conns) >= n {
					mu.Unlock()
					return
				}
				conns = append(conns, nil)
				at := len(conns) - 1
				mu.Unlock()
				ws := openIdle(b, vs, base)
				mu.Lock()
				conns[at] = ws
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	took := time.Since(start)
	time.Sleep(pingEvery + readLimit) // a whole round of pings, so that their cost is in it and that nobody is lost is seen
	now, live := ask()
	b.ReportMetric(float64(now-before)/n, "resident-B/chat")
	b.ReportMetric(float64(live-before)/n, "live-B/chat")
	b.ReportMetric(float64(n)/took.Seconds(), "opens/s")
	b.ReportMetric(0, "ns/op")
	for _, ws := range conns {
		if ws != nil {
			ws.Close()
		}
	}
}

func openIdle(b *testing.B, vs visitors, base string) *websocket.Conn {
	d := websocket.Dialer{ReadBufferSize: 512, WriteBufferSize: 512, HandshakeTimeout: time.Minute}
	ws, _, err := d.Dial(strings.Replace(base, "http", "ws", 1)+"/chat/v1/socket", http.Header{})
	if err != nil {
		b.Error(err)
		return nil
	}
	ws.WriteJSON(map[string]any{"op": "hello", "token": vs.issue(pass{Visitor: name()})})
	ws.SetReadDeadline(time.Now().Add(time.Minute))
	if _, _, err := ws.ReadMessage(); err != nil {
		b.Error(err)
	}
	ws.SetReadDeadline(time.Time{})
	go ws.ReadMessage() // answers pings
	return ws
}
