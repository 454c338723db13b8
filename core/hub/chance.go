package hub

import "time"

// A Chance draws a duration from 0 to n, n excluded.
type Chance func(n time.Duration) time.Duration

// backoff is how long to wait after a failure: from half a second, doubling to
// five minutes, half of it by chance so that messages do not come back at once.
func (c Chance) backoff(tries int) time.Duration {
	return c.jitter(min(500*time.Millisecond<<min(tries, 12), 5*time.Minute))
}

func (c Chance) jitter(d time.Duration) time.Duration { return d/2 + c(d/2+1) }
