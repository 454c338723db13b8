package sim

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// Faults of the program, put back one at a time by a store that is wrong: the
// simulation must find each of them within a hundred seeds.
var mutants = []struct {
	name string
	make func(core.Store) core.Store
	says string // in a finding
}{
	{"dedupe without the unique key", func(s core.Store) core.Store { return &loose{Store: s, seen: map[string]bool{}} }, "filed "},
	{"settled before it is sent", func(s core.Store) core.Store { return &early{Store: s, after: map[string]*core.Delivery{}} }, "kept as sent, seen 0 times"},
	{"order by arrival of answers", func(s core.Store) core.Store { return &hasty{Store: s} }, "out of order"},
}

func TestMutants(t *testing.T) {
	if testing.Short() {
		t.Skip("plays many worlds; it runs without -short")
	}
	for _, m := range mutants {
		t.Run(m.name, func(t *testing.T) {
			for seed := range uint64(100) {
				res := play(t, seed, m.make)
				for _, f := range res.findings {
					if strings.Contains(f, m.says) {
						t.Logf("found with seed %d: %s", seed, f)
						return
					}
				}
			}
			t.Error("not found with 100 seeds")
		})
	}
}

// loose remembers in memory what it has filed, and has no unique key.
type loose struct {
	core.Store
	mu   sync.Mutex
	seen map[string]bool
}

func (s *loose) Receive(ctx context.Context, key core.Key, env core.Envelope) (bool, error) {
	s.mu.Lock()
	name := env.Channel + " " + env.Ref
	if s.seen[name] {
		s.mu.Unlock()
		return false, nil
	}
	env.Ref += " " + time.Now().String() // never the same: the key never strikes
	s.mu.Unlock()
	fresh, err := s.Store.Receive(ctx, key, env)
	if err == nil {
		s.mu.Lock()
		s.seen[name] = true
		s.mu.Unlock()
	}
	return fresh, err
}

// early notes that a delivery was sent before the hub has it.
type early struct {
	core.Store
	mu    sync.Mutex
	after map[string]*core.Delivery // by ID, what settling it has leased
}

func (s *early) settle(ctx context.Context, now time.Time, ds []core.Delivery) error {
	for _, d := range ds {
		next, err := s.Store.Settle(ctx, now, core.Result{Delivery: d, Outcome: core.AttemptSent, Ref: "r" + d.ID})
		if err != nil {
			return err
		}
		s.mu.Lock()
		s.after[d.ID] = next
		s.mu.Unlock()
	}
	return nil
}

func (s *early) Turn(ctx context.Context, key core.Key, now time.Time, f core.TurnFunc) (core.Committed, error) {
	done, err := s.Store.Turn(ctx, key, now, f)
	if err == nil {
		err = s.settle(ctx, now, customersOnly(done.Deliveries))
	}
	return done, err
}

func (s *early) Outbox(ctx context.Context, now time.Time, most int) ([]core.Delivery, error) {
	ds, err := s.Store.Outbox(ctx, now, most)
	if err == nil {
		err = s.settle(ctx, now, customersOnly(ds))
	}
	return ds, err
}

func (s *early) Settle(ctx context.Context, now time.Time, r core.Result) (*core.Delivery, error) {
	s.mu.Lock()
	next, settled := s.after[r.Delivery.ID]
	delete(s.after, r.Delivery.ID)
	s.mu.Unlock()
	if !settled {
		return s.Store.Settle(ctx, now, r)
	}
	if next != nil {
		return next, s.settle(ctx, now, customersOnly([]core.Delivery{*next}))
	}
	return nil, nil
}

func customersOnly(ds []core.Delivery) (out []core.Delivery) {
	for _, d := range ds {
		if d.Channel != "desk" {
			out = append(out, d)
		}
	}
	return out
}

// hasty hands out all that a turn says to the customer at once, not only the
// oldest of it: the order is that in which the platform answers.
type hasty struct{ core.Store }

func (s *hasty) Turn(ctx context.Context, key core.Key, now time.Time, f core.TurnFunc) (core.Committed, error) {
	said := 0
	done, err := s.Store.Turn(ctx, key, now, func(c core.Conversation, unread []core.Envelope) (core.Outcome, error) {
		out, err := f(c, unread)
		said = len(out.Say)
		return out, err
	})
	if err != nil || said < 2 || key.Channel == "desk" {
		return done, err
	}
	leased := map[string]bool{}
	for _, d := range done.Deliveries {
		leased[d.ID] = true
	}
	rs, err := s.Store.Past(ctx, core.PastQuery{Key: key, Max: 2 * said, Peer: true})
	for _, r := range rs {
		if r.Message != nil && !r.In && r.State == core.ProgressPending && !leased[r.Message.ID] && r.Message.Channel != "desk" {
			done.Deliveries = append(done.Deliveries, core.Delivery{Envelope: *r.Message, Key: key, Lease: now.Add(time.Minute)})
		}
	}
	return done, err
}
