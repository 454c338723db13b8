package webchat

import (
	"sync"
	"sync/atomic"
	"time"
)

// sockets are all that are open in this process, in as many slots as there are
// seconds between pings: one slot is pinged each second.
type sockets struct {
	n     atomic.Int64
	next  atomic.Uint32
	slots [int(pingEvery / time.Second)]slot

	mu   sync.Mutex
	turn int // slot that was pinged last
	poll *poller
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

// wake has every socket read the record.
func (ss *sockets) wake() {
	for i := range ss.slots {
		l := &ss.slots[i]
		l.mu.Lock()
		for s := range l.m {
			s.wake()
		}
		l.mu.Unlock()
	}
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

// poller is made for the first socket, and again for the first after
// closeAll.
func (ss *sockets) poller() (*poller, error) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if ss.poll == nil {
		p, err := newPoller()
		if err != nil {
			return nil, err
		}
		ss.poll = p
	}
	return ss.poll, nil
}

// ping pings the next slot and ends sockets that have been silent for too
// long: those who never said hello among them.
func (ss *sockets) ping() {
	ss.mu.Lock()
	ss.turn = (ss.turn + 1) % len(ss.slots)
	turn := ss.turn
	ss.mu.Unlock()
	for _, s := range ss.slots[turn].list() {
		silent := time.Duration(clock() - s.heard.Load())
		s.mu.Lock()
		new := s.guest.Peer == ""
		s.mu.Unlock()
		if silent > deadAfter || new && silent > readLimit {
			s.end()
			continue
		}
		go s.ping() // one that does not read makes nobody else wait
	}
}

// closeAll sends everybody away, to come back to another process or the next,
// and returns when they have gone, or at most so much later: who does not read
// never hears of it.
func (ss *sockets) closeAll(most time.Duration) {
	var all sync.WaitGroup
	for i := range ss.slots {
		for _, s := range ss.slots[i].list() {
			all.Go(func() { s.close(closeAway, "going away") })
		}
	}
	for end := time.Now().Add(most); ss.len() > 0 && time.Now().Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
	for i := range ss.slots {
		for _, s := range ss.slots[i].list() {
			s.end()
		}
	}
	all.Wait()
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if ss.poll != nil {
		ss.poll.close()
		ss.poll = nil
	}
}
