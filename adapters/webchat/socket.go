package webchat

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

const (
	pingEvery  = 25 * time.Second // proxies cut quiet connections at 60 s
	deadAfter  = 70 * time.Second // without a word or a pong
	writeLimit = 10 * time.Second
	readLimit  = 10 * time.Second // from the first byte of a frame to its last
	workLimit  = 15 * time.Second // of one frame, filing included
	lastWords  = 2 * time.Second  // for the widget to answer that we close
)

// A socket is one window's connection. What it has shown is its cursor.
type socket struct {
	c     *Chat
	poll  *poller
	conn  net.Conn
	addr  string
	heard atomic.Int64 // when it last gave a sign of life, monotonic nanoseconds
	fd    int32        // poller's
	gen   int32        // poller's
	slot  uint8        // among those that are pinged together
	warns uint8        // how often it was told to slow down

	writing sync.Mutex
	goodbye bool // writing: a close frame has been sent

	mu     sync.Mutex
	guest  guest // set by hello; then it does not change
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

// serveSocket turns a request into a socket.
func (c *Chat) serveSocket(w http.ResponseWriter, r *http.Request) {
	poll, err := c.socks.poller()
	if err != nil {
		c.refuse(w, c.report("opening a poller", err))
		return
	}
	conn, err := handshake(w, r)
	if err != nil {
		return // it was answered
	}
	s := &socket{c: c, poll: poll, conn: conn, addr: c.cfg.address(r), busy: true}
	s.heard.Store(clock())
	c.socks.add(s)
	if !poll.watch(s) {
		go s.listen()
	}
}

// turnAway closes a socket from a page that may not have one. A browser does
// not tell a page why a handshake failed, but it tells the close code: so the
// widget there stops trying.
func (c *Chat) turnAway(w http.ResponseWriter, r *http.Request) {
	conn, err := handshake(w, r)
	if err != nil {
		return
	}
	s := &socket{c: c, conn: conn}
	s.close(closeOrigin, "origin")
	conn.SetReadDeadline(time.Now().Add(lastWords))
	readMessage(bufio.NewReader(conn), nil, 4<<10, s) // its answer
	conn.Close()
}

// readable reads what has come, and waits for more.
func (s *socket) readable() {
	in := readerPool.Get().(*bufio.Reader)
	in.Reset(s.conn)
	err := s.frames(in)
	in.Reset(nil)
	readerPool.Put(in)
	if err != nil || !s.poll.watch(s) {
		s.end()
	}
}

// listen is readable for a connection that the poller cannot watch.
func (s *socket) listen() {
	in := bufio.NewReaderSize(s.conn, 512)
	for {
		s.conn.SetReadDeadline(time.Time{})
		if _, err := in.Peek(1); err != nil {
			break
		}
		if s.frames(in) != nil {
			break
		}
	}
	s.end()
}

// frames handles frames until none is waiting, one after the other. An error
// ends the socket.
func (s *socket) frames(in *bufio.Reader) error {
	p := bytesPool.Get().(*[]byte)
	defer bytesPool.Put(p)
	for {
		s.conn.SetReadDeadline(time.Now().Add(readLimit))
		b, err := readMessage(in, *p, s.c.cfg.Limits.Body, s)
		if err == nil && b != nil {
			*p = b[:0]
			err = s.handle(b)
		}
		if err != nil && !s.refuse(err) {
			return err
		}
		if in.Buffered() == 0 {
			return nil
		}
	}
}

func (s *socket) handle(b []byte) error {
	s.writing.Lock()
	over := s.goodbye
	s.writing.Unlock()
	if over {
		return nil // what was under way when we closed
	}
	s.c.work.Add(1)
	defer s.c.work.Done()
	a, err := parse(b, s.c.cfg.Limits.Text)
	ctx, cancel := context.WithTimeout(context.Background(), workLimit)
	defer cancel()
	switch {
	case errors.Is(err, errLong) && s.guest.Peer != "":
		return s.write(reply{Op: "error", ID: a.ID, Code: "long"})
	case err != nil:
		return err
	case (a.Op == "hello") != (s.guest.Peer == ""):
		return errFrame // hello comes first, and once
	case a.Op == "hello":
		return s.hello(ctx, a)
	}
	return s.serve(ctx, a)
}

// refuse closes with the code that err stands for. It reports false if there
// is nobody to tell.
func (s *socket) refuse(err error) bool {
	var no *refusal
	var wire *wireError
	switch {
	case errors.As(err, &wire):
		s.close(wire.code, "protocol")
		return false // where the next frame begins is unknown
	case errors.As(err, &no) && no.Status == http.StatusTooManyRequests:
		s.close(closeMany, no.Code)
	case errors.Is(err, errToken):
		s.close(closeToken, "token")
	case errors.Is(err, errFrame), errors.Is(err, errLong):
		s.close(closeBad, "bad frame")
	case errors.Is(err, errOurs):
		s.close(closeLater, "try again")
	default:
		return false // the connection
	}
	return true
}

// hello finds out who it is and sends what they have missed.
func (s *socket) hello(ctx context.Context, a ask) error {
	p, stale, err := s.c.visitors.pass(a.Token)
	if err != nil {
		return err
	}
	g, err := s.c.visitors.guest(ctx, p)
	if err != nil {
		return s.c.report("finding a visitor", err)
	}
	if a.Lang != "" && g.Lang == "" {
		g.Lang = a.Lang
	}
	g.Page, g.Title, g.Zone = a.Page, clip(a.Title, 80), zone(a.Zone)
	if err := s.join(g); err != nil {
		return err
	}
	r := reply{Op: "ready", Log: g.log(), Reset: a.Log != "" && a.Log != g.log()}
	if r.Reset {
		a.After = 0
	}
	v, err := s.c.history.after(ctx, g, a.After)
	if err != nil {
		return s.c.report("reading a conversation", err)
	}
	if r.Who, r.Banner, err = s.c.staff.who(ctx, g); err != nil {
		return s.c.report("reading who is there", err)
	}
	if stale {
		r.Token = s.c.visitors.issue(p)
	}
	r.Lines, r.Seq, r.More = v.Lines, v.Seq, v.More && a.After == 0
	if err := s.write(r); err != nil {
		return err
	}
	s.mu.Lock()
	s.cursor = v.Seq
	s.want.lines = s.want.lines || v.More && a.After > 0
	s.mu.Unlock()
	if v.Held {
		s.later()
	}
	s.pump()
	return nil
}

// join puts the socket into its guest's rooms.
func (s *socket) join(g guest) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead {
		return errClosed
	}
	s.guest = g
	if !s.c.rooms.join(s, s.c.cfg.Limits.Sockets) {
		s.guest = guest{}
		return &refusal{Status: http.StatusTooManyRequests, Code: "windows"}
	}
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
		v, err := s.c.history.before(ctx, s.guest, a.Before)
		if err != nil {
			return s.c.report("reading a conversation", err)
		}
		return s.write(reply{Op: "past", Lines: v.Lines, More: v.More})
	}
	return s.c.signal(ctx, s.guest, a)
}

// write sends one frame. A socket that does not take it in time ends.
func (s *socket) write(r reply) error {
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.goodbye {
		return nil
	}
	return s.put(opText, b)
}

// put writes a frame; writing is held.
func (s *socket) put(op byte, data []byte) error {
	p := bytesPool.Get().(*[]byte)
	defer bytesPool.Put(p)
	*p = appendFrame((*p)[:0], op, data)
	s.conn.SetWriteDeadline(time.Now().Add(s.c.patience))
	_, err := s.conn.Write(*p)
	if err != nil {
		go s.end()
	}
	if cap(*p) > 64<<10 {
		*p = nil
	}
	return err
}

// control implements talker.
func (s *socket) control(op byte, data []byte) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.goodbye {
		return nil
	}
	s.goodbye = op == opClose
	return s.put(op, data)
}

// alive implements talker. Frames of every kind come out of one bucket: the
// visitor's, and the address's until it is known who it is.
func (s *socket) alive() error {
	s.heard.Store(clock())
	l := s.c.cfg.Limits
	key, n := "frames/"+s.guest.Peer, l.Frames
	if s.guest.Peer == "" {
		key, n = "frames at/"+s.addr, max(l.Frames, l.Connects)
	}
	if s.c.gates.pass(key, per(time.Minute, n, n), s.c.d.Now()) > 0 {
		return &wireError{closeMany}
	}
	return nil
}

// ping pings, unless somebody is writing anyway.
func (s *socket) ping() {
	if s.writing.TryLock() {
		defer s.writing.Unlock()
		if !s.goodbye {
			s.put(opPing, nil)
		}
	}
}

// close tells the widget why. The socket ends when the widget has answered, or
// soon: closing while something unread is in the system's buffer would reset
// the connection, and the widget would never learn why.
func (s *socket) close(code int, why string) {
	s.control(opClose, append(binary.BigEndian.AppendUint16(nil, uint16(code)), why...))
	time.AfterFunc(lastWords, s.end)
}

// end takes the socket out of everything. It may be called more than once.
func (s *socket) end() {
	s.mu.Lock()
	was := s.dead
	s.dead = true
	g := s.guest
	s.mu.Unlock()
	s.conn.Close()
	if was || s.poll == nil {
		return
	}
	s.poll.forget(s)
	if g.Peer != "" {
		s.c.rooms.leave(s)
	}
	s.c.socks.remove(s)
}

// errOurs marks failures that are not the widget's.
var errOurs = errors.New("webchat: failed")

// report logs a failure of ours, once, and passes it on.
func (c *Chat) report(doing string, err error) error {
	if errors.Is(err, errToken) {
		return err
	}
	if !errors.Is(err, context.Canceled) {
		c.d.Log.Error("webchat: "+doing+" failed", "channel", c.d.Name, "err", err)
	}
	return errors.Join(errOurs, err)
}
