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
// member of staff out. The counts outlive the process.
type throttle struct {
	values core.Values
	now    func() time.Time
	prefix string
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
	freePair    = 4
	freeAddress = 20
	freeAccount = 60
	longestWait = 15 * time.Minute
)

func (t *throttle) keys(account, address string) map[string]int {
	return map[string]int{
		t.prefix + "both/" + digest(account+"\x00"+address): freePair,
		t.prefix + "addr/" + digest(address):                freeAddress,
		t.prefix + "acct/" + digest(account):                freeAccount,
	}
}

// begin counts an attempt, as a failure until passed says otherwise, or says
// how long the account may not be tried from that address. Counting first keeps
// many guesses at the same moment from all seeing the same low count.
func (t *throttle) begin(ctx context.Context, account, address string) (wait time.Duration, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	counts := map[string]tally{}
	for key, free := range t.keys(account, address) {
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

// passed takes back what begin counted, and forgets the failures of account
// from address.
func (t *throttle) passed(ctx context.Context, account, address string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for key, free := range t.keys(account, address) {
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
	return min(longestWait, 2*time.Second<<min(n-free-1, 20))
}
