// Package redis is a core.Bus that several processes share through one server
// that speaks the protocol of Redis 7: Redis, Valkey.
//
// Hints go over publish and subscribe, leases are keys that run out, buckets are
// keys that a script moves on by the server's clock. Nothing is kept there that
// must survive: the store has the record, so the server needs no persistence and
// may be emptied, restarted or away.
//
// While it is away hints reach only the listeners of their own process, and a
// rate is limited by each process for itself. A lease is lost when its time is
// over, by the holder's monotonic clock and before the server lets another have
// it; what it guards stands still until the server is back. Then every listener
// gets the empty hint, by which it looks for what it missed.
//
// A server that was emptied while somebody held a lease may give it to another
// before the holder has noticed, which takes a third of the lease's time: the
// holder's next renewal fails, or takes the name again if nobody has it.
package redis

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/bus"
)

// Options say which server, and whose part of it.
type Options struct {
	// URL is redis://user:password@host:port/number, rediss:// with TLS or
	// unix:///path?db=number.
	URL string
	// Name begins every key, so that several installations may share a server:
	// letters, digits, - and _. Empty means frontdesk.
	Name string
	// Term is how long a lease runs if it is not renewed; 0 means 10 s.
	Term time.Duration
	Log  *slog.Logger // nil: nothing is logged
}

// A Bus is one process's end. Its zero value is not usable; Open makes one.
type Bus struct {
	db     *redis.Client
	opt    Options
	me     string   // ours among the processes
	local  *bus.Bus // the listeners and buckets of this process
	state  state
	outbox chan hint

	stop  context.CancelFunc
	work  sync.WaitGroup // publish, subscribe
	freed sync.WaitGroup // leases that are being released
}

var _ core.Bus = (*Bus)(nil)

// ErrURL is what Open fails with where the address is none. It never holds the
// address, which has a password in it.
var ErrURL = errors.New("redis: the address must look like redis://user:password@host:6379/0 (rediss:// with TLS, unix:///path)")

// patience is how long one question to the server may take.
const patience = 2 * time.Second

// Open connects to the server. A server that refuses us (password, rights) is an
// error; one that cannot be reached is logged, and used once it can be.
func Open(ctx context.Context, opt Options) (*Bus, error) {
	if opt.Name == "" {
		opt.Name = "frontdesk"
	}
	if strings.Trim(opt.Name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" {
		return nil, fmt.Errorf("redis: the name %q may have letters, digits, - and _ only", opt.Name)
	}
	if opt.Term <= 0 {
		opt.Term = 10 * time.Second
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	conf, err := redis.ParseURL(opt.URL)
	if err != nil {
		return nil, ErrURL
	}
	logging.Disable() // what the library would print to stderr by itself is told by state
	conf.ClientName = "frontdesk"
	conf.ContextTimeoutEnabled = true
	conf.DialTimeout, conf.ReadTimeout, conf.WriteTimeout = patience, patience, patience
	conf.MaxRetries = 1
	live, stop := context.WithCancel(context.Background())
	b := &Bus{db: redis.NewClient(conf), opt: opt, me: rand.Text(), local: bus.New(), outbox: make(chan hint, room), stop: stop}
	b.state.log = opt.Log
	if err := b.Check(ctx); refused(err) {
		b.Close()
		return nil, fmt.Errorf("redis: the server refuses us: %w", err)
	} else if err != nil {
		b.state.note(err)
	}
	b.work.Go(func() { b.publish(live) })
	b.work.Go(func() { b.subscribe(live) })
	return b, nil
}

// Check asks the server whether it is there and takes us.
func (b *Bus) Check(ctx context.Context) error {
	ctx, done := context.WithTimeout(ctx, patience)
	defer done()
	return b.db.Ping(ctx).Err()
}

// Close ends the connections, after what was released has been. Leases that are
// still held run out.
func (b *Bus) Close() error {
	b.freed.Wait()
	b.stop()
	b.work.Wait()
	return b.db.Close()
}

// key is where the server keeps name, of a kind of ours.
func (b *Bus) key(kind, name string) string { return b.opt.Name + ":" + kind + ":" + name }

// refused tells a server that answered with an error about us from one that
// could not be asked.
func refused(err error) bool {
	var e redis.Error
	if !errors.As(err, &e) {
		return false
	}
	for _, busy := range []string{"LOADING", "BUSY", "MASTERDOWN", "READONLY", "CLUSTERDOWN", "TRYAGAIN"} {
		if strings.HasPrefix(e.Error(), busy) {
			return false
		}
	}
	return true
}

// state is whether the server was there when it was last asked. A change is
// logged once.
type state struct {
	mu   sync.Mutex
	log  *slog.Logger
	away time.Time // since when it is; zero: it is there
	next time.Time // when a question that can do without is asked again
}

// note takes in how a question ended.
func (s *state) note(err error) {
	if errors.Is(err, context.Canceled) || errors.Is(err, redis.ErrClosed) {
		return // the asker gave up
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	switch {
	case err == nil && !s.away.IsZero():
		s.log.Info("redis: the server is back", "after", now.Sub(s.away).Round(time.Millisecond))
		s.away, s.next = time.Time{}, time.Time{}
	case err != nil:
		s.next = now.Add(time.Second)
		if s.away.IsZero() {
			s.away = now
			s.log.Error("redis: the server cannot be used; messages go on, what one process at a time may do waits", "err", err)
		}
	}
}

// there reports whether it is worth the time to ask the server something that
// can be done without it.
func (s *state) there() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !time.Now().Before(s.next)
}
