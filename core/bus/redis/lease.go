package redis

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/frontdesk-im/frontdesk/core"
)

// The fence is the server's clock in microseconds, or one more than the last if
// that is later: it grows although the server was emptied. Who already has the
// lease asked before and did not hear the answer.
var take = redis.NewScript(`
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
local t = redis.call('TIME')
local fence = t[1] * 1000000 + t[2]
local last = tonumber(redis.call('GET', KEYS[2]) or '0')
if fence <= last then fence = last + 1 end
redis.call('SET', KEYS[2], string.format('%.0f', fence))
return fence`)

// A key that is gone although its time is not over was lost by the server. It is
// taken again unless somebody has had it meanwhile, whose fence is then there.
var renew = redis.NewScript(`
local owner = redis.call('GET', KEYS[1])
if owner == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
if owner then return 0 end
local last = redis.call('GET', KEYS[2])
if last and last ~= ARGV[3] then return 0 end
redis.call('SET', KEYS[2], ARGV[3])
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`)

var release = redis.NewScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`)

// topicLeases hints at names that were released.
const topicLeases = "leases"

// A lease is one that is held, or was.
type lease struct {
	bus   *Bus
	name  string
	token string
	fence int64
	once  sync.Once
	lost  chan struct{}
}

// Lease implements core.Bus. While the server is away it waits.
func (b *Bus) Lease(ctx context.Context, name string) (core.Lease, error) {
	within, done := context.WithCancel(ctx)
	defer done()
	freed, err := b.Listen(within, topicLeases)
	if err != nil {
		return nil, err
	}
	l := &lease{bus: b, name: name, token: b.me + " " + strconv.FormatInt(time.Now().UnixNano(), 36), lost: make(chan struct{})}
	tick := time.NewTicker(b.opt.Term / 3)
	defer tick.Stop()
	for {
		asked := time.Now()
		l.fence, err = b.ask(ctx, take, l.keys(), l.token, b.opt.Term.Milliseconds())
		if err == nil && l.fence > 0 {
			go l.keep(asked.Add(b.opt.Term))
			return l, nil
		}
		for again := false; !again; {
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-tick.C:
				again = true
			case freedName := <-freed:
				again = freedName == name || freedName == ""
			}
		}
	}
}

func (l *lease) keys() []string {
	return []string{l.bus.key("lease", l.name), l.bus.key("fence", l.name)}
}

// ask runs a script that answers with a number.
func (b *Bus) ask(ctx context.Context, s *redis.Script, keys []string, args ...any) (int64, error) {
	ctx, done := context.WithTimeout(ctx, min(patience, b.opt.Term/4))
	defer done()
	n, err := s.Run(ctx, b.db, keys, args...).Int64()
	b.state.note(err)
	return n, err
}

// keep renews the lease until it is released or can no longer be relied on. The
// server counts from when it was asked or later, so that by the holder's clock
// the lease is over first.
func (l *lease) keep(until time.Time) {
	term := l.bus.opt.Term
	for {
		wait := min(term/3, time.Until(until)-term/10)
		if wait <= 0 {
			l.lose()
			return
		}
		select {
		case <-l.lost:
			return
		case <-time.After(wait):
		}
		asked := time.Now()
		if !asked.Before(until.Add(-term / 20)) { // we slept: a process that was stopped
			l.lose()
			return
		}
		ok, err := l.bus.ask(context.Background(), renew, l.keys(), l.token, term.Milliseconds(), strconv.FormatInt(l.fence, 10))
		switch {
		case err == nil && ok == 0: // another has it
			l.lose()
			return
		case err == nil:
			until = asked.Add(term)
		}
	}
}

func (l *lease) lose() { l.once.Do(func() { close(l.lost) }) }

// Fence implements core.Lease.
func (l *lease) Fence() int64 { return l.fence }

// Lost implements core.Lease.
func (l *lease) Lost() <-chan struct{} { return l.lost }

// Release implements core.Lease. It does not wait for the server.
func (l *lease) Release() {
	l.once.Do(func() {
		close(l.lost)
		l.bus.freed.Go(func() {
			if _, err := l.bus.ask(context.Background(), release, l.keys(), l.token); err == nil {
				l.bus.Wake(context.Background(), topicLeases, l.name)
			}
		})
	})
}
