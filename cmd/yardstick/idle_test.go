package main

import (
	"encoding/json"
	"flag"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

var idle = flag.Int("idle", 0, "TestIdle: how many web chats are open in the end, up to 18000 where a process may have 20000 files; 0: not at all")

// TestIdle measures what an open, quiet web chat adds to the program's resident
// memory, between a third of them and all; this process is the browsers:
//
//	go test ./cmd/yardstick -run Idle -v -timeout 1h -idle 18000
func TestIdle(t *testing.T) {
	if *idle == 0 {
		t.Skip("wants -idle")
	}
	p := serve(t, "channels:\n  web: {type: webchat, limits: {connects: 1000000, sessions: 1000000}}\n")
	p.trained()
	few := *idle / 3
	openChats(t, p.addr, few)
	before := p.settled()
	openChats(t, p.addr, *idle-few)
	after := p.settled()
	t.Logf("%d chats: %d kB resident; %d: %d kB; each %.1f kB", few, before, *idle, after, float64(after-before)/float64(*idle-few))
}

// settled is what is resident when it is the same twice, after a round of pings.
func (p *process) settled() (kB int) {
	for was := -1; ; {
		time.Sleep(40 * time.Second)
		if kB = p.rss(); was >= 0 && kB >= was-was/100 && kB <= was+was/100 {
			return kB
		}
		was = kB
	}
}

// openChats opens n web chats, each another visitor's, that answer pings until the
// test ends.
func openChats(t *testing.T, addr string, n int) {
	var all sync.WaitGroup
	next := make(chan int)
	for range 32 {
		all.Go(func() {
			for range next {
				openChat(t, addr)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	all.Wait()
}

func openChat(t *testing.T, addr string) {
	resp, err := http.Post("http://"+addr+"/chat/v1/session", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Error(err)
		return
	}
	defer resp.Body.Close()
	var s struct{ Token string }
	if err := json.NewDecoder(resp.Body).Decode(&s); err != nil || s.Token == "" {
		t.Errorf("no session: %s %v", resp.Status, err)
		return
	}
	d := websocket.Dialer{ReadBufferSize: 512, WriteBufferSize: 512, HandshakeTimeout: time.Minute}
	ws, _, err := d.Dial("ws://"+addr+"/chat/v1/socket", http.Header{"Origin": {"http://" + addr}})
	if err != nil {
		t.Error(err)
		return
	}
	t.Cleanup(func() { ws.Close() })
	if err := ws.WriteJSON(map[string]any{"op": "hello", "token": s.Token}); err != nil {
		t.Error(err)
	}
	if _, _, err := ws.ReadMessage(); err != nil {
		t.Error(err)
	}
	go ws.ReadMessage() // answers pings
}
