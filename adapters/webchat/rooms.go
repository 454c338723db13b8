package webchat

import (
	"sync"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// rooms holds who is connected to this process, by peer.
type rooms struct {
	mu sync.Mutex
	m  map[string]*room
}

// A room is one peer's open windows.
type room struct {
	socks []*socket
	polls []chan<- struct{} // capacity 1
	high  int64             // records up to this Seq have been shown, pending or not
	last  string            // ID of the latest that was
	typed time.Time         // when somebody was last typing to the peer
}

func (rs *rooms) get(peer string) *room {
	if rs.m == nil {
		rs.m = map[string]*room{}
	}
	r := rs.m[peer]
	if r == nil {
		r = &room{}
		rs.m[peer] = r
	}
	return r
}

// drop forgets a room that nobody is in.
func (rs *rooms) drop(peer string, r *room) {
	if len(r.socks)+len(r.polls) == 0 {
		delete(rs.m, peer)
	}
}

// join adds s to the rooms of its guest's peers, unless there are max sockets
// in the first already.
func (rs *rooms) join(s *socket, max int) bool {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if r := rs.m[s.guest.Peer]; r != nil && len(r.socks) >= max {
		return false
	}
	for _, p := range s.guest.peers() {
		r := rs.get(p)
		r.socks = append(r.socks, s)
	}
	return true
}

func (rs *rooms) leave(s *socket) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	for _, p := range s.guest.peers() {
		r := rs.m[p]
		if r == nil {
			continue
		}
		for i, x := range r.socks {
			if x == s {
				r.socks = append(r.socks[:i], r.socks[i+1:]...)
				break
			}
		}
		rs.drop(p, r)
	}
}

// wait adds a poll to the rooms of peers; call the result to take it out.
func (rs *rooms) wait(peers []string, bell chan<- struct{}, max int) (done func(), ok bool) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if r := rs.m[peers[0]]; r != nil && len(r.polls) >= max {
		return nil, false
	}
	for _, p := range peers {
		r := rs.get(p)
		r.polls = append(r.polls, bell)
	}
	return func() {
		rs.mu.Lock()
		defer rs.mu.Unlock()
		for _, p := range peers {
			r := rs.m[p]
			for i, x := range r.polls {
				if x == bell {
					r.polls = append(r.polls[:i], r.polls[i+1:]...)
					break
				}
			}
			rs.drop(p, r)
		}
	}, true
}

// in returns who is in peer's room after f has changed it. f is not called if
// nobody is.
func (rs *rooms) in(peer string, f func(*room)) []*socket {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	r := rs.m[peer]
	if r == nil {
		return nil
	}
	if f != nil {
		f(r)
	}
	for _, bell := range r.polls {
		select {
		case bell <- struct{}{}:
		default:
		}
	}
	return append([]*socket(nil), r.socks...)
}

// shown reports whether r's delivery has been begun, as far as is known here.
func (rs *rooms) shown(r record) bool {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	room := rs.m[r.peer]
	if room == nil {
		return false
	}
	if r.Message.ID != "" && room.last == r.Message.ID {
		room.high = max(room.high, r.Seq)
	}
	return r.Seq <= room.high
}

// typing reports whether somebody was typing to peer a moment ago.
func (rs *rooms) typing(peer string, now time.Time) bool {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	r := rs.m[peer]
	return r != nil && now.Sub(r.typed) < 6*time.Second
}

// banners are the lines about the wait, by peer. The hub repeats them after a
// restart; every process hears of every one.
type banners struct {
	mu sync.Mutex
	m  map[string]core.Banner
}

// set reports whether b is another than before.
func (bs *banners) set(peer string, b core.Banner) bool {
	bs.mu.Lock()
	defer bs.mu.Unlock()
	if bs.m == nil {
		bs.m = map[string]core.Banner{}
	}
	old, had := bs.m[peer]
	if b.Text == "" {
		delete(bs.m, peer)
		return true // it may also say who has the conversation now
	}
	bs.m[peer] = b
	return !had || old != b
}

func (bs *banners) get(peer string) (core.Banner, bool) {
	bs.mu.Lock()
	defer bs.mu.Unlock()
	b, ok := bs.m[peer]
	return b, ok
}
