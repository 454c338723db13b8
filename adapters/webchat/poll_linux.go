package webchat

import (
	"net"
	"os"
	"sync"
	"syscall"
)

// A poller tells which connections have something to read, with one goroutine
// for all of them. It has an epoll set of its own, beside the runtime's, so that
// nobody has to wait in Read: that would take a goroutine for each. The set
// itself is waited for with the runtime's poller, so no thread blocks either.
type poller struct {
	file *os.File
	raw  syscall.RawConn

	mu    sync.Mutex
	table map[int32]*socket // by descriptor
	gen   int32             // tells a descriptor's owners apart
}

// newPoller starts a poller; close ends it.
func newPoller() (*poller, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	if err := syscall.SetNonblock(fd, true); err != nil {
		syscall.Close(fd)
		return nil, os.NewSyscallError("fcntl", err)
	}
	p := &poller{file: os.NewFile(uintptr(fd), "epoll"), table: map[int32]*socket{}}
	if p.raw, err = p.file.SyscallConn(); err != nil {
		p.file.Close()
		return nil, err
	}
	go p.run()
	return p, nil
}

func (p *poller) close() { p.file.Close() }

func (p *poller) run() {
	events := make([]syscall.EpollEvent, 128)
	for {
		n := 0
		err := p.raw.Read(func(fd uintptr) bool {
			n, _ = syscall.EpollWait(int(fd), events, 0)
			return n > 0
		})
		if err != nil {
			return // closed
		}
		for _, e := range events[:n] {
			p.mu.Lock()
			s := p.table[e.Fd]
			mine := s != nil && s.gen == e.Pad
			p.mu.Unlock()
			if mine {
				go s.readable()
			}
		}
	}
}

// watch has s.readable called, once, when s.conn has something to read or has
// ended; call it again after each time. It reports false for a connection that
// epoll cannot watch, such as one with TLS.
func (p *poller) watch(s *socket) bool {
	sc, ok := s.conn.(syscall.Conn)
	if !ok {
		return false
	}
	if _, tls := s.conn.(interface{ NetConn() net.Conn }); tls {
		return false
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return false
	}
	op := syscall.EPOLL_CTL_MOD
	var bad error
	p.mu.Lock()
	defer p.mu.Unlock()
	err = raw.Control(func(fd uintptr) {
		if s.gen == 0 {
			op = syscall.EPOLL_CTL_ADD
			p.gen = max(p.gen+1, 1)
			s.gen, s.fd = p.gen, int32(fd)
			p.table[s.fd] = s
		}
		e := syscall.EpollEvent{Events: syscall.EPOLLIN | syscall.EPOLLRDHUP | syscall.EPOLLONESHOT, Fd: s.fd, Pad: s.gen}
		p.raw.Control(func(set uintptr) { bad = syscall.EpollCtl(int(set), op, int(fd), &e) })
	})
	return err == nil && bad == nil
}

// forget is for a socket that has ended. Closing its connection takes it out
// of the set.
func (p *poller) forget(s *socket) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.gen != 0 && p.table[s.fd] == s {
		delete(p.table, s.fd)
	}
}
