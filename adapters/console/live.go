package console

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/coder/websocket"
	"github.com/frontdesk-im/frontdesk/core"
)

// A hint tells browsers where to look. It is what goes over the bus and, as it
// is, down the socket of each browser that may see it.
type hint struct {
	Kind   hintKind `json:"k"`
	Ticket string   `json:"t,omitempty"`
	To     string   `json:"to,omitempty"` // account; empty means everybody
	Ref    string   `json:"ref,omitempty"`
	State  string   `json:"s,omitempty"`
	Text   string   `json:"x,omitempty"`
	Name   string   `json:"n,omitempty"`
}

type hintKind string

const (
	hintTicket hintKind = "ticket" // something about Ticket has changed
	hintMark   hintKind = "mark"   // what became of the agent's message Ref: State, Text
	hintTyping hintKind = "typing" // the customer is typing; if Name is set, that colleague is
	hintNotice hintKind = "notice" // words for one member of staff
	hintTeam   hintKind = "team"   // presence, accounts or canned replies have changed
	hintAll    hintKind = "all"    // hints were lost: look at everything
	hintOut    hintKind = "out"    // To is signed out
)

// live is the browsers that are connected to this process, and the bus by which
// hints come to them from every process.
type live struct {
	bus    core.Bus
	topic  string
	origin string // where pages come from, beside our own address
	log    *slog.Logger
	board  *board // what it has read is old once there is a hint

	mu      sync.Mutex
	sockets map[*socket]struct{}
	closed  bool
}

type socket struct {
	account string
	hints   chan hint
	cancel  context.CancelFunc
}

const (
	socketQueue = 64
	heartbeat   = 25 * time.Second
)

// add registers a browser; it reports false when the program is stopping.
func (l *live) add(s *socket) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	if l.sockets == nil {
		l.sockets = map[*socket]struct{}{}
	}
	l.sockets[s] = struct{}{}
	return true
}

func (l *live) remove(s *socket) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.sockets, s)
}

// pass gives h to every browser that may see it. A browser that is too slow
// gets one hintAll in place of all that it missed.
func (l *live) pass(h hint) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for s := range l.sockets {
		if h.To != "" && h.To != s.account {
			continue
		}
		if h.Kind == hintOut {
			s.cancel()
			continue
		}
		select {
		case s.hints <- h:
		default:
			for range socketQueue / 2 {
				<-s.hints
			}
			s.hints <- hint{Kind: hintAll}
		}
	}
}

func (l *live) open() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = false
}

func (l *live) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for s := range l.sockets {
		s.cancel()
	}
}

// tell gives h to the browsers of every process. It is best effort.
func (l *live) tell(ctx context.Context, h hint) {
	l.board.stale()
	b, err := json.Marshal(h)
	if err == nil {
		err = l.bus.Wake(ctx, l.topic, string(b))
	}
	if err != nil {
		l.log.Debug("console: a hint was lost", "err", err)
	}
}

// run passes hints from the bus to the browsers until ctx is done, and then
// closes their sockets.
func (l *live) run(ctx context.Context) error {
	hints, err := l.bus.Listen(ctx, l.topic)
	if err != nil {
		return fmt.Errorf("console: listening for hints: %w", err)
	}
	l.open()
	for s := range hints {
		var h hint
		if err := json.Unmarshal([]byte(s), &h); err != nil {
			h = hint{Kind: hintAll} // from a newer version
		}
		l.board.stale()
		l.pass(h)
	}
	if ctx.Err() != nil {
		l.close()
		return nil
	}
	l.pass(hint{Kind: hintAll})
	return fmt.Errorf("console: the bus closed the channel of hints")
}

// A visit is whose browser it is, and whether they are still signed in.
type visit struct {
	account string
	still   func(context.Context) bool
}

// serve is the one socket of a browser: hints go down; nothing comes up.
func (l *live) serve(w http.ResponseWriter, r *http.Request, v visit) {
	opts := &websocket.AcceptOptions{}
	if u, err := url.Parse(l.origin); err == nil && u.Host != "" {
		opts.OriginPatterns = []string{u.Host}
	}
	conn, err := websocket.Accept(w, r, opts) // refuses other origins by itself
	if err != nil {
		return
	}
	defer conn.CloseNow()
	ctx, cancel := context.WithCancel(conn.CloseRead(context.WithoutCancel(r.Context())))
	defer cancel()
	s := &socket{account: v.account, hints: make(chan hint, socketQueue), cancel: cancel}
	if !l.add(s) {
		conn.Close(websocket.StatusGoingAway, "restarting")
		return
	}
	defer l.remove(s)
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		select {
		case h := <-s.hints:
			err = writeHint(ctx, conn, h)
		case <-beat.C:
			if !v.still(ctx) {
				conn.Close(websocket.StatusPolicyViolation, "signed out")
				return
			}
			ping, stop := context.WithTimeout(ctx, 10*time.Second)
			err = conn.Ping(ping)
			stop()
		case <-ctx.Done():
			conn.Close(websocket.StatusGoingAway, "")
			return
		}
		if err != nil {
			return
		}
	}
}

func writeHint(ctx context.Context, conn *websocket.Conn, h hint) error {
	b, err := json.Marshal(h)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return conn.Write(ctx, websocket.MessageText, b)
}
