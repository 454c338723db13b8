package webchat

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"github.com/frontdesk-im/frontdesk/core"
)

// Close codes; those from 4400 on are ours.
const (
	closeAway   = websocket.CloseGoingAway
	closeAgain  = websocket.CloseServiceRestart
	closeBad    = 4400
	closeToken  = 4401
	closeOrigin = 4403
	closeMany   = 4429
)

const (
	pingEvery  = 25 * time.Second // proxies cut quiet connections at 60 s
	deadAfter  = 70 * time.Second // without a word or a pong
	helloLimit = 10 * time.Second
	writeLimit = 10 * time.Second
	workLimit  = 15 * time.Second // of one frame, filing included
)

// Buffers are shared: a quiet socket has none but what it reads into.
var (
	writePool sync.Pool
	upgrader  = websocket.Upgrader{
		ReadBufferSize:  512,
		WriteBufferSize: 1024,
		WriteBufferPool: &writePool,
		CheckOrigin:     func(*http.Request) bool { return true }, // done before
		Error:           func(w http.ResponseWriter, _ *http.Request, status int, _ error) { w.WriteHeader(status) },
	}
	framePool = sync.Pool{New: func() any { b := make([]byte, 0, 1024); return &b }}
)

// A socket is one window's connection. What it has shown is its cursor.
type socket struct {
	c     *Chat
	ws    *websocket.Conn
	addr  string
	guest guest        // after hello
	heard atomic.Int64 // when it last gave a sign of life, monotonic nanoseconds
	slot  uint8        // among those that are pinged together
	warns uint8        // how often it was told to slow down

	writing sync.Mutex

	mu     sync.Mutex
	cursor int64
	want   struct { // what the pump has to do
		lines, typing bool
		banner        *core.Banner
	}
	busy bool  // a pump runs, or hello
	held uint8 // times in a row that a message on its way held the rest back
	dead bool
}

var started = time.Now()

func clock() int64 { return int64(time.Since(started)) }

// serveSocket turns a request into a socket. The handler's goroutine, whose
// stack has grown, ends; a new one waits for frames.
func (c *Chat) serveSocket(w http.ResponseWriter, r *http.Request) {
	ws, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // upgrader has answered
	}
	s := &socket{c: c, ws: ws, addr: c.cfg.address(r), busy: true}
	s.heard.Store(clock())
	ws.SetReadLimit(c.cfg.Limits.Body)
	ws.SetPongHandler(func(string) error { s.heard.Store(clock()); return nil })
	ws.SetReadDeadline(time.Now().Add(helloLimit))
	c.socks.add(s)
	go s.listen()
}

// turnAway closes a socket from a page that may not have one. A browser does
// not tell a page why a handshake failed, but it tells the close code: so the
// widget there stops trying.
func (c *Chat) turnAway(w http.ResponseWriter, r *http.Request) {
	if ws, err := upgrader.Upgrade(w, r, nil); err == nil {
		s := &socket{ws: ws}
		ws.SetReadLimit(c.cfg.Limits.Body)
		s.close(closeOrigin, "origin")
		s.drain()
	}
}

// listen reads frames until the socket ends. Each is handled in a goroutine of
// its own, one after the other: this one's stack stays small.
func (s *socket) listen() {
	result := make(chan error)
	for {
		b, err := s.next()
		if err != nil {
			break
		}
		s.c.work.Add(1)
		go s.handle(b, result)
		if err := <-result; err != nil {
			s.refuse(err)
			s.drain()
			break
		}
	}
	s.end()
}

// next reads a frame into a buffer that handle gives back.
func (s *socket) next() (*[]byte, error) {
	_, r, err := s.ws.NextReader()
	if err != nil {
		return nil, err
	}
	p := framePool.Get().(*[]byte)
	b := (*p)[:0]
	for {
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if err == io.EOF {
			*p = b
			return p, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func (s *socket) handle(p *[]byte, result chan<- error) {
	defer s.c.work.Done()
	s.heard.Store(clock())
	a, err := parse(*p, s.c.cfg.Limits.Text)
	framePool.Put(p)
	ctx, cancel := context.WithTimeout(context.Background(), workLimit)
	defer cancel()
	switch {
	case errors.Is(err, errLong) && s.guest.Peer != "":
		err = s.write(reply{Op: "error", ID: a.ID, Code: "long"})
	case err != nil:
	case (a.Op == "hello") != (s.guest.Peer == ""):
		err = errFrame // hello comes first, and once
	case a.Op == "hello":
		err = s.hello(ctx, a)
	default:
		err = s.serve(ctx, a)
	}
	result <- err
}

// refuse ends the socket with the code that err stands for.
func (s *socket) refuse(err error) {
	var no *refusal
	switch {
	case errors.As(err, &no) && no.Status == http.StatusTooManyRequests:
		s.close(closeMany, no.Code)
	case errors.Is(err, errToken):
		s.close(closeToken, "token")
	case errors.Is(err, errFrame), errors.Is(err, errLong):
		s.close(closeBad, "bad frame")
	default:
		s.close(websocket.CloseTryAgainLater, "try again")
	}
}

// hello finds out who it is and sends what they have missed.
func (s *socket) hello(ctx context.Context, a ask) error {
	p, stale, err := s.c.pass(a.Token)
	if err != nil {
		return err
	}
	g, err := s.c.guest(ctx, p)
	if err != nil {
		return s.c.report("finding a visitor", err)
	}
	if a.Lang != "" && g.Lang == "" {
		g.Lang = a.Lang
	}
	g.Page = a.Page
	s.guest = g
	if !s.c.rooms.join(s, s.c.cfg.Limits.Sockets) {
		return &refusal{Status: http.StatusTooManyRequests, Code: "windows"}
	}
	r := reply{Op: "ready", Log: g.log(), Reset: a.Log != "" && a.Log != g.log()}
	if r.Reset {
		a.After = 0
	}
	v, err := s.c.after(ctx, g, a.After)
	if err != nil {
		return s.c.report("reading a conversation", err)
	}
	if r.Who, r.Banner, err = s.c.who(ctx, g); err != nil {
		return s.c.report("reading who is there", err)
	}
	if stale {
		r.Token = s.c.issue(p)
	}
	r.Lines, r.Seq, r.More = v.Lines, v.Seq, v.More && a.After == 0
	if err := s.write(r); err != nil {
		return err
	}
	s.ws.SetReadDeadline(time.Time{}) // from here on pings tell whether it lives
	s.mu.Lock()
	s.cursor = v.Seq
	s.want.lines = s.want.lines || v.More && a.After > 0
	s.mu.Unlock()
	if v.Held {
		s.later()
	}
	go s.pump()
	return nil
}

// serve does what a frame after hello asks for.
func (s *socket) serve(ctx context.Context, a ask) error {
	switch a.Op {
	case "send":
		r := s.c.take(ctx, s.guest, s.addr, a)
		if r.Code == "rate" {
			if s.warns++; s.warns > 30 {
				return &refusal{Status: http.StatusTooManyRequests, Code: "rate"}
			}
		}
		return s.write(r)
	case "past":
		v, err := s.c.before(ctx, s.guest, a.Before)
		if err != nil {
			return s.c.report("reading a conversation", err)
		}
		return s.write(reply{Op: "past", Lines: v.Lines, More: v.More})
	}
	return s.c.signal(ctx, s.guest, a)
}

// wake has the pump read the record after the cursor.
func (s *socket) wake() { s.ask(func() { s.want.lines = true }) }

func (s *socket) typing() { s.ask(func() { s.want.typing = true }) }

func (s *socket) banner(b *core.Banner) { s.ask(func() { s.want.banner = b }) }

// ask notes what the pump has to do and starts it if it does not run.
func (s *socket) ask(note func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead {
		return
	}
	note()
	if !s.busy {
		s.busy = true
		go s.pump()
	}
}

// pump sends until there is nothing to send. There is one at a time, so that
// the cursor only moves on.
func (s *socket) pump() {
	for {
		s.mu.Lock()
		want := s.want
		s.want.lines, s.want.typing, s.want.banner = false, false, nil
		if s.dead || !want.lines && !want.typing && want.banner == nil {
			s.busy = false
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		if want.banner != nil {
			s.write(reply{Op: "banner", Banner: &banner{want.banner.Text}, Who: s.c.whoBy(*want.banner)})
		}
		if want.typing {
			s.write(reply{Op: "typing"})
		}
		if want.lines {
			s.catchUp()
		}
	}
}

// catchUp sends the next piece of the record.
func (s *socket) catchUp() {
	ctx, cancel := context.WithTimeout(context.Background(), workLimit)
	defer cancel()
	at := s.cursor // only hello and the one pump write it
	v, err := s.c.after(ctx, s.guest, at)
	if err != nil {
		s.c.report("reading a conversation", err)
		s.later()
		return
	}
	if v.Seq > at && s.write(reply{Op: "lines", Seq: v.Seq, Lines: v.Lines}) != nil {
		return // the widget comes back with its own cursor
	}
	s.mu.Lock()
	s.cursor = v.Seq
	s.want.lines = s.want.lines || v.More && at > 0
	if v.Seq > at {
		s.held = 0
	}
	s.mu.Unlock()
	if v.Held {
		s.later()
	}
}

// later wakes the socket in a moment: a hint that a message is on its way may
// have been lost, or gone to another process before this one listened.
func (s *socket) later() {
	s.mu.Lock()
	d := 250 * time.Millisecond << min(s.held, 5)
	s.held = min(s.held+1, 5)
	s.mu.Unlock()
	time.AfterFunc(d, s.wake)
}

// write sends one frame. A socket that does not take it in time ends.
func (s *socket) write(r reply) error {
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	s.writing.Lock() // replies and the pump meet here
	defer s.writing.Unlock()
	s.ws.SetWriteDeadline(time.Now().Add(writeLimit))
	if err = s.ws.WriteMessage(websocket.TextMessage, b); err != nil {
		s.ws.Close()
	}
	return err
}

// close tells the widget why. The reader ends the socket when the widget has
// answered, or soon: closing while something unread is in the system's buffer
// would reset the connection and the widget would never learn why.
func (s *socket) close(code int, why string) {
	s.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, why), time.Now().Add(time.Second))
	s.ws.SetReadDeadline(time.Now().Add(2 * time.Second))
}

// drain reads, in the reader's place, until the socket ends.
func (s *socket) drain() {
	for {
		if _, _, err := s.ws.NextReader(); err != nil {
			s.ws.Close()
			return
		}
	}
}

// end takes the socket out of everything, once its reader is done.
func (s *socket) end() {
	s.mu.Lock()
	s.dead = true
	s.mu.Unlock()
	s.ws.Close()
	if s.guest.Peer != "" {
		s.c.rooms.leave(s)
	}
	s.c.socks.remove(s)
}

// report logs a failure of ours, once, and passes it on.
func (c *Chat) report(doing string, err error) error {
	if !errors.Is(err, errToken) && !errors.Is(err, context.Canceled) {
		c.d.Log.Error("webchat: "+doing+" failed", "channel", c.d.Name, "err", err)
	}
	return err
}
