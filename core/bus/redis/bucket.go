package redis

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/frontdesk-im/frontdesk/core"
)

// A bucket is the time at which it will be full, in microseconds of the server's
// clock. It never lies further ahead than filling an empty one takes, so that a
// clock that was set back holds nobody up for longer.
var draw = redis.NewScript(`
local t = redis.call('TIME')
local now, each, n, most = t[1] * 1000000 + t[2], tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local full = tonumber(redis.call('GET', KEYS[1]) or '0')
if full < now then full = now end
if full > now + each * most then full = now + each * most end
full = full + each * n
local wait = full - now - each * math.max(most, n)
if wait > 0 then return math.ceil(wait) end
redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000) + 1)
return 0`)

// Take implements core.Bus. While the server is away each process has a bucket
// of its own, so that all of them together may be faster than rate.
func (b *Bus) Take(ctx context.Context, name string, rate core.Rate, n int) (time.Duration, error) {
	if rate.Tokens <= 0 || rate.Per <= 0 || n <= 0 || !b.state.there() {
		return b.local.Take(ctx, name, rate, n)
	}
	each := float64(rate.Per.Microseconds()) / float64(rate.Tokens)
	wait, err := b.ask(ctx, draw, []string{b.key("rate", name)}, each, n, rate.Full())
	if err == nil {
		return time.Duration(wait) * time.Microsecond, nil
	}
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	return b.local.Take(ctx, name, rate, n)
}
