package card

import (
	"slices"
	"time"
)

// PostsPerMinute is how many posts that nobody asked for a desk gets in a
// minute: cards of tickets that wait, and digests. A desk with a negative Crowd, where
// cards disturb nobody, is not counted.
const PostsPerMinute = 2

// Posts are the times at which a desk got a post that nobody asked for.
type Posts []time.Time

// Room reports whether there may be one more, and if not, when.
func (p Posts) Room(now time.Time) (ok bool, at time.Time) {
	if len(p) < PostsPerMinute {
		return true, now
	}
	at = p[len(p)-PostsPerMinute].Add(time.Minute)
	return !now.Before(at), at
}

// Add is p with one more.
func (p Posts) Add(now time.Time) Posts {
	if len(p) >= PostsPerMinute {
		p = p[len(p)-PostsPerMinute+1:]
	}
	return append(slices.Clone(p), now)
}
