package webchat

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// masked is a frame as a client sends it; head is its first byte.
func masked(head byte, data string) string {
	b := []byte{head, 0x80}
	switch n := len(data); {
	case n < 126:
		b[1] |= byte(n)
	case n < 1<<16:
		b[1] |= 126
		b = binary.BigEndian.AppendUint16(b, uint16(n))
	default:
		b[1] |= 127
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	mask := []byte{1, 2, 3, 4}
	b = append(b, mask...)
	for i := range len(data) {
		b = append(b, data[i]^mask[i&3])
	}
	return string(b)
}

type heardTalker struct{ said []string }

func (h *heardTalker) control(op byte, data []byte) error {
	h.said = append(h.said, string(rune('0'+op))+string(data))
	return nil
}
func (h *heardTalker) alive() error { return nil }

const fin = 0x80

func TestReadMessage(t *testing.T) {
	big := strings.Repeat("x", 70_000)
	for name, x := range map[string]struct {
		in, out string
		code    int // of a wireError
		said    string
	}{
		"text":                  {in: masked(fin|opText, "hi"), out: "hi"},
		"126":                   {in: masked(fin|opText, big[:126]), out: big[:126]},
		"65535":                 {in: masked(fin|opText, big[:65535]), out: big[:65535]},
		"65536":                 {in: masked(fin|opText, big[:65536]), out: big[:65536]},
		"pieces":                {in: masked(opText, "a") + masked(opMore, "b") + masked(fin|opMore, "c"), out: "abc"},
		"a rune in two":         {in: masked(opText, "\xe8\x8c") + masked(fin|opMore, "\xb6"), out: "茶"},
		"ping between":          {in: masked(opText, "a") + masked(fin|opPing, "p") + masked(fin|opMore, "b"), out: "ab", said: ":p"},
		"empty pieces":          {in: masked(opText, "") + masked(opMore, "") + masked(fin|opMore, "b"), out: "b"},
		"only a pong":           {in: masked(fin|opPong, "")},
		"pong, then text":       {in: masked(fin|opPong, "") + masked(fin|opText, "x"), out: "x"},
		"too big":               {in: masked(fin|opText, big+big), code: closeBig},
		"too big in pieces":     {in: masked(opText, big) + masked(fin|opMore, big), code: closeBig},
		"length that lies":      {in: "\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff1234", code: closeBig},
		"not masked":            {in: "\x81\x02hi", code: closeWrong},
		"reserved bit":          {in: masked(fin|0x40|opText, "x"), code: closeWrong},
		"reserved opcode":       {in: masked(fin|0x3, "x"), code: closeWrong},
		"more of nothing":       {in: masked(fin|opMore, "x"), code: closeWrong},
		"text inside a text":    {in: masked(opText, "a") + masked(fin|opText, "b"), code: closeWrong},
		"binary":                {in: masked(fin|opBin, "x"), code: closeKind},
		"broken UTF-8":          {in: masked(fin|opText, "\xff"), code: closeUTF8},
		"ping in pieces":        {in: masked(opPing, "x"), code: closeWrong},
		"ping of 126 bytes":     {in: masked(fin|opPing, big[:126]), code: closeWrong},
		"close":                 {in: masked(fin|opClose, "\x03\xe8bye"), code: -1, said: "8\x03\xe8"},
		"close without a code":  {in: masked(fin|opClose, ""), code: -1, said: "8"},
		"ends in the middle":    {in: masked(fin|opText, "hello")[:7], code: -2},
		"ends between messages": {in: "", code: -2},
	} {
		var h heardTalker
		got, err := readMessage(bufio.NewReader(strings.NewReader(x.in)), nil, 70_000, &h)
		var wire *wireError
		code := 0
		switch {
		case errors.As(err, &wire):
			code = wire.code
		case errors.Is(err, errClosed):
			code = -1
		case err != nil:
			code = -2
		}
		if string(got) != x.out || code != x.code || strings.Join(h.said, "|") != x.said {
			t.Errorf("%s: %.20q, %v, said %q; want %.20q, code %d, said %q", name, got, err, h.said, x.out, x.code, x.said)
		}
	}
}

// A pong must not leave anybody waiting for the frame after it.
func TestPongIsNotWaitedUpon(t *testing.T) {
	a, b := net.Pipe()
	defer a.Close()
	go b.Write([]byte(masked(fin|opPong, "")))
	a.SetReadDeadline(time.Now().Add(10 * time.Second))
	if got, err := readMessage(bufio.NewReader(a), nil, 100, &heardTalker{}); got != nil || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// Pinged windows stay, and answer.
func TestPing(t *testing.T) {
	w := newWorld(t, Config{})
	a := w.tab(w.session(nil)).open()
	pings := 0
	pong := a.ws.PingHandler()
	a.ws.SetPingHandler(func(s string) error { pings++; return pong(s) })
	for i := range w.chat.socks.slots { // a ping is left out while something is written
		for _, s := range w.chat.socks.slots[i].list() {
			s.writing.Lock()
			//lint:ignore SA2001 to wait for whoever writes is the point
			s.writing.Unlock()
		}
	}
	for range 2 * len(w.chat.socks.slots) {
		w.chat.socks.ping()
	}
	a.sendText("c1", "still here")
	a.until("the answer", func() bool { return len(a.lines) == 2 })
	wantEqual(t, "pings", pings, 2)
	a.ws.WriteControl(0x9, []byte("me?"), time.Now().Add(time.Second))
	answered := ""
	a.ws.SetPongHandler(func(s string) error { answered = s; return nil })
	a.sendText("c2", "x")
	a.until("the answer", func() bool { return len(a.lines) == 4 })
	wantEqual(t, "the pong", answered, "me?")
}

func TestHandshakeRefusals(t *testing.T) {
	w := newWorld(t, Config{})
	good := map[string]string{"Connection": "keep-alive, Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
	for name, x := range map[string]struct {
		key, value string
		status     int
	}{
		"good":       {"X-Other", "1", 101},
		"connection": {"Connection", "close", 400},
		"upgrade":    {"Upgrade", "h2c", 400},
		"version":    {"Sec-WebSocket-Version", "8", 426},
		"key":        {"Sec-WebSocket-Key", "short", 400},
	} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(w.srv.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		var b bytes.Buffer
		b.WriteString("GET /chat/v1/socket HTTP/1.1\r\nHost: x\r\n")
		for k, v := range good {
			if k == x.key {
				v = x.value
			}
			b.WriteString(k + ": " + v + "\r\n")
		}
		conn.Write(append(b.Bytes(), "\r\n"...))
		conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || res.StatusCode != x.status {
			t.Errorf("%s: %v %v, want %d", name, res, err, x.status)
			continue
		}
		if x.status == 101 && res.Header.Get("Sec-WebSocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" { // RFC 6455, 1.3
			t.Errorf("accept %q", res.Header.Get("Sec-WebSocket-Accept"))
		}
	}
}

func FuzzWire(f *testing.F) {
	f.Add([]byte(masked(fin|opText, "hi")))
	f.Add([]byte(masked(opText, "a") + masked(fin|opPing, "p") + masked(fin|opMore, "b")))
	f.Add([]byte("\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff1234"))
	f.Fuzz(func(t *testing.T, b []byte) {
		const max = 300
		in := bufio.NewReader(bytes.NewReader(b))
		buf := make([]byte, 0, 16)
		for {
			got, err := readMessage(in, buf, max, &heardTalker{})
			if err != nil {
				return
			}
			if len(got) > max {
				t.Fatalf("%d bytes are let through", len(got))
			}
			if got == nil {
				if _, err := in.Peek(1); err == io.EOF {
					return
				}
			}
			// What we send, a reader of the protocol reads back.
			f := appendFrame(nil, opText, got)
			if len(f) < len(got)+2 || !bytes.HasSuffix(f, got) {
				t.Fatal("the frame is not what was put into it")
			}
		}
	})
}

// Where the program itself ends TLS, the poller cannot watch, and a goroutine
// waits for each window instead.
func TestTLS(t *testing.T) {
	w := newWorld(t, Config{})
	token := w.session(nil)
	plain := w.srv
	w.srv = httptest.NewTLSServer(w.chat)
	defer func() { w.srv.Close(); w.srv = plain }()
	d := websocket.Dialer{TLSClientConfig: w.srv.Client().Transport.(*http.Transport).TLSClientConfig}
	ws, _, err := d.Dial(w.wsURL(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	a := &tab{w: w, token: token, ws: ws}
	a.say(map[string]any{"op": "hello", "token": token})
	for i := range 3 {
		a.sendText(fmt.Sprint("c", i), "x")
	}
	a.until("the answers", func() bool { return len(a.lines) == 6 })
	w.chat.socks.closeAll(time.Second)
	wantEqual(t, "close code", a.closed(), closeAway)
}
