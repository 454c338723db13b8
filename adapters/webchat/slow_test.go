package webchat

import (
	"fmt"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/frontdesk-im/frontdesk/core/coretest"
)

// crowd opens windows that ask for all of a long talk, again and again, and never
// read.
func (w *world) crowd(n int) {
	w.t.Helper()
	token := w.session(nil)
	talker := w.tab(token).open()
	for i := range 12 {
		talker.sendText(fmt.Sprint("c", i), strings.Repeat("长", 1900))
	}
	talker.until("the talk", func() bool { return len(talker.lines) == 24 })
	talker.ws.Close()
	d := websocket.Dialer{NetDial: func(network, addr string) (net.Conn, error) {
		c, err := net.Dial(network, addr)
		if err == nil {
			err = c.(*net.TCPConn).SetReadBuffer(4 << 10)
		}
		return c, err
	}}
	for range n {
		ws, _, err := d.Dial(w.wsURL(), nil)
		if err != nil {
			w.t.Fatal(err)
		}
		w.t.Cleanup(func() { ws.Close() })
		if err := ws.WriteJSON(map[string]any{"op": "hello", "token": token}); err != nil {
			w.t.Fatal(err)
		}
		for range 100 { // 14 MB of answers to 3 kB of questions
			if err := ws.WriteJSON(map[string]any{"op": "past", "before": 1000}); err != nil {
				break // it has had enough already
			}
		}
	}
}

// Windows that do not read what they ask for cost little memory and are closed;
// meanwhile others are served.
func TestSlowReaders(t *testing.T) {
	n := 4
	if coretest.Long() {
		n = 100
	}
	w := newWorld(t, Config{Limits: Rates{Sockets: n + 1, Frames: 1000 * n, Messages: 100, Burst: 100}})
	w.chat.patience = 300 * time.Millisecond
	other := w.tab(w.session(nil)).open()
	live := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := live()
	w.crowd(n)
	other.sendText("o", "在吗")
	other.until("the answer", func() bool { return len(other.lines) == 2 })
	most := int64(0)
	for w.chat.socks.len() > 1 { // for ever, were they not closed
		most = max(most, live()-before)
	}
	if most > int64(n)*3<<20+24<<20 { // and what is garbage when it is looked at; all would be 14 MB each
		t.Errorf("%d windows that do not read cost %d kB", n, most>>10)
	}
	t.Logf("%d windows that do not read cost at most %d kB at once", n, most>>10)
	other.sendText("p", "还在吗")
	other.until("the answer", func() bool { return len(other.lines) == 4 })
}

// deaf adds a window that never reads: a write to it waits.
func deaf(t *testing.T, c *Chat) (s *socket, far net.Conn) {
	near, far := net.Pipe()
	t.Cleanup(func() { near.Close() })
	s = &socket{c: c, conn: near, poll: &poller{}, guest: guest{Peer: "p"}}
	s.heard.Store(clock())
	c.socks.add(s)
	return s, far
}

// Windows that do not read hold up no end of the program, however patient it is.
func TestEndWithSlowReaders(t *testing.T) {
	c := &Chat{rooms: &rooms{}, patience: time.Hour}
	for range 5 {
		s, far := deaf(t, c)
		go s.write(reply{Op: "typing"})
		if _, err := far.Read(make([]byte, 1)); err != nil { // it is in the middle of it
			t.Fatal(err)
		}
	}
	c.socks.closeAll(time.Millisecond)
	if n := c.socks.len(); n > 0 {
		t.Errorf("%d are left", n)
	}
}

// A window that has no room for a ping does not keep the others from theirs.
func TestPingWithoutRoom(t *testing.T) {
	c := &Chat{rooms: &rooms{}, patience: time.Hour}
	heard := make(chan bool)
	for range len(c.socks.slots) {
		deaf(t, c)
	}
	for range len(c.socks.slots) {
		_, far := deaf(t, c)
		go func() { _, err := far.Read(make([]byte, 2)); heard <- err == nil }()
	}
	for range len(c.socks.slots) {
		c.socks.ping()
		if !<-heard {
			t.Error("a window that reads heard no ping")
		}
	}
}
