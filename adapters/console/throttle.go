package console

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// throttle slows down those who guess passwords. It counts failures per
// account and address together, strictly; per address, for those who try many
// accounts; and per account, generously, so that a stranger cannot lock a
// member of staff out. A device that is known counts for itself alone. The counts
// outlive the process.
type throttle struct {
	values core.Values
	now    func() time.Time
	front  string // of our keys
	mu     sync.Mutex
}

// A tally is the failures under one key.
type tally struct {
	N    int       `json:"n"`
	Last time.Time `json:"last"`
}

const tallyLife = 30 * time.Minute

// Free failures before waiting begins; after them each doubles the wait.
const (
	freePair       = 4
	freeAddress    = 20
	freeAccount    = 60
	longestPenalty = 15 * time.Minute
)

// A source is from where somebody tries to sign in to an account: an address, or
// a device that is known to have signed in to it before.
type source struct{ account, address, device string }

func (t *throttle) keys(s source) map[string]int {
	if s.device != "" {
		return map[string]int{t.front + "device/" + digest(s.account+"\x00"+s.device): freePair}
	}
	return map[string]int{
		t.front + "both/" + digest(s.account+"\x00"+s.address): freePair,
		t.front + "addr/" + digest(s.address):                  freeAddress,
		t.front + "acct/" + digest(s.account):                  freeAccount,
	}
}

// begin counts an attempt, as a failure until passed says otherwise, or says
// how long the account may not be tried from there. Counting first keeps
// many guesses at the same moment from all seeing the same low count.
func (t *throttle) begin(ctx context.Context, s source) (wait time.Duration, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	counts := map[string]tally{}
	for key, free := range t.keys(s) {
		n, err := t.read(ctx, key)
		if err != nil {
			return 0, err
		}
		wait = max(wait, n.Last.Add(penalty(n.N, free)).Sub(now))
		counts[key] = tally{N: n.N + 1, Last: now}
	}
	if wait > 0 {
		return wait, nil
	}
	for key, n := range counts {
		if err := t.write(ctx, key, n); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

// passed takes back what begin counted, and forgets the failures of the account
// from there.
func (t *throttle) passed(ctx context.Context, s source) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for key, free := range t.keys(s) {
		n, err := t.read(ctx, key)
		if err != nil {
			return err
		}
		if n.N--; n.N <= 0 || free == freePair {
			err = t.values.Delete(ctx, key)
		} else {
			err = t.write(ctx, key, n)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *throttle) write(ctx context.Context, key string, n tally) error {
	b, err := json.Marshal(n)
	if err != nil {
		return err
	}
	return t.values.Put(ctx, key, string(b), tallyLife)
}

func (t *throttle) read(ctx context.Context, key string) (tally, error) {
	var n tally
	s, ok, err := t.values.Get(ctx, key)
	if err != nil || !ok {
		return n, err
	}
	if err := json.Unmarshal([]byte(s), &n); err != nil || t.now().Sub(n.Last) > tallyLife {
		return tally{}, nil
	}
	return n, nil
}

// penalty is the wait after n failures of which free cost nothing.
func penalty(n, free int) time.Duration {
	if n <= free {
		return 0
	}
	return min(longestPenalty, 2*time.Second<<min(n-free-1, 20))
}
