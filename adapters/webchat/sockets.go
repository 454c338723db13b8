package webchat

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

// sockets are all that are open in this process, in as many slots as there are
// seconds between pings: one slot is pinged each second.
type sockets struct {
	n     atomic.Int64
	next  atomic.Uint32
	slots [int(pingEvery / time.Second)]slot
	turn  int
}

type slot struct {
	mu sync.Mutex
	m  map[*socket]struct{}
}

func (ss *sockets) add(s *socket) {
	s.slot = uint8(ss.next.Add(1) % uint32(len(ss.slots)))
	l := &ss.slots[s.slot]
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.m == nil {
		l.m = map[*socket]struct{}{}
	}
	l.m[s] = struct{}{}
	ss.n.Add(1)
}

func (ss *sockets) remove(s *socket) {
	l := &ss.slots[s.slot]
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.m[s]; ok {
		delete(l.m, s)
		ss.n.Add(-1)
	}
}

func (ss *sockets) len() int64 { return ss.n.Load() }

func (l *slot) list() []*socket {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]*socket, 0, len(l.m))
	for s := range l.m {
		out = append(out, s)
	}
	return out
}

// ping pings the next slot and ends sockets that have been silent for too
// long. A ping is 2 bytes: where they do not fit at once, nothing has been
// taken for long.
func (ss *sockets) ping() {
	ss.turn = (ss.turn + 1) % len(ss.slots)
	for _, s := range ss.slots[ss.turn].list() {
		if clock()-s.heard.Load() > int64(deadAfter) {
			s.ws.Close()
			continue
		}
		s.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(20*time.Millisecond))
	}
}

// closeAll sends everybody away, to come back to another process or the next.
func (ss *sockets) closeAll() {
	for i := range ss.slots {
		for _, s := range ss.slots[i].list() {
			go s.close(closeAway, "going away")
		}
	}
}
