package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

// confirmed is what killed processes were told by the store.
type confirmed struct {
	in   map[string][]string // peer -> refs
	sent map[string][]string // peer -> IDs
	seen map[string]int64
}

func (c *confirmed) note(t *testing.T, line string) {
	f := strings.Fields(line)
	if len(f) != 3 {
		return // the process was killed while it wrote
	}
	switch peer := f[1]; f[0] {
	case "in":
		c.in[peer] = append(c.in[peer], f[2])
	case "sent":
		c.sent[peer] = append(c.sent[peer], f[2])
	case "turn":
		n, err := strconv.ParseInt(f[2], 10, 64)
		if err != nil {
			t.Fatal(line)
		}
		c.seen[peer] = n
	}
}

// TestCrash kills a process at random while it files, answers and sends, and
// checks after each kill that what the store confirmed is there, once and in
// order, and that the next process goes on with it.
func TestCrash(t *testing.T) {
	dir := t.TempDir()
	got := confirmed{map[string][]string{}, map[string][]string{}, map[string]int64{}}
	kills := 0
	for round := range coretest.Sample(t, 200, 8) {
		kills++
		cmd, out := child(t, dir, fmt.Sprintf("load %04d", round))
		var once sync.Once
		lines(out, func(line string) {
			once.Do(func() {
				time.AfterFunc(time.Duration(rand.IntN(120))*time.Millisecond, func() { cmd.Process.Kill() })
			})
			// The last line may be cut short, but then it has fewer characters than any whole one of its kind.
			got.note(t, line)
		})
		if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() != -1 {
			t.Fatal("the process ended by itself: ", err)
		}
		s := open(t, Options{Path: dir})
		got.check(t, s)
		if kills%2 == 0 {
			finish(t, s)
			got.check(t, s)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if t.Failed() {
			return
		}
	}
	n := 0
	for _, refs := range got.in {
		n += len(refs)
	}
	t.Logf("%d kills, %d messages confirmed", kills, n)
}

// check compares the store with what was confirmed.
func (c *confirmed) check(t *testing.T, s *Store) {
	t.Helper()
	ctx := context.Background()
	var sound string
	if err := s.query(ctx, func(scan func(...any) error) error { return scan(&sound) }, "PRAGMA integrity_check"); err != nil || sound != "ok" {
		t.Fatalf("integrity: %q, %v", sound, err)
	}
	for g := range loaders {
		key := loaderKey(g)
		conv, err := s.Conversation(ctx, key)
		if err == core.ErrNotFound && len(c.in[key.Peer]) == 0 {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if conv.Seen < c.seen[key.Peer] {
			t.Errorf("%s: a confirmed turn is lost: seen %d, confirmed %d", key, conv.Seen, c.seen[key.Peer])
		}
		past, err := s.Past(ctx, core.PastQuery{Key: key, Max: 1 << 30})
		if err != nil {
			t.Fatal(err)
		}
		c.compare(t, key, conv, past)
	}
}

func (c *confirmed) compare(t *testing.T, key core.Key, conv core.Conversation, past []core.Record) {
	t.Helper()
	var in, read, out, events []string
	state := map[string]core.Progress{}
	pending := false
	for i, r := range past {
		if i > 0 && r.Seq <= past[i-1].Seq {
			t.Errorf("%s: record %d after %d", key, r.Seq, past[i-1].Seq)
		}
		switch {
		case r.Event != nil:
			events = append(events, r.Event.Why)
		case r.In:
			in = append(in, r.Message.Ref)
			if r.Seq <= conv.Seen {
				read = append(read, r.Message.Ref)
			}
		default:
			out = append(out, r.Message.Parts.Text())
			state[r.Message.ID] = r.State
			if pending && r.State == core.ProgressSent {
				t.Errorf("%s: %s was sent before an older one", key, r.Message.ID)
			}
			pending = pending || r.State == core.ProgressPending
		}
	}
	if !slices.IsSorted(in) || len(slices.Compact(slices.Clone(in))) != len(in) {
		t.Errorf("%s: out of order or twice: %q", key, in)
	}
	if !slices.Equal(out, read) || !slices.Equal(events, read) || string(conv.Mind) != strconv.Itoa(len(read)) && len(read) > 0 {
		t.Errorf("%s: read %d, answered %d, logged %d, counted %s", key, len(read), len(out), len(events), conv.Mind)
	}
	for _, ref := range c.in[key.Peer] {
		if _, ok := slices.BinarySearch(in, ref); !ok {
			t.Errorf("%s: %s was confirmed and is lost", key, ref)
		}
	}
	for _, id := range c.sent[key.Peer] {
		if state[id] != core.ProgressSent {
			t.Errorf("%s: %s was settled as sent and is %q", key, id, state[id])
		}
	}
}

// finish does what the killed processes left.
func finish(t *testing.T, s *Store) {
	t.Helper()
	ctx := context.Background()
	for g := range loaders {
		if _, err := s.Turn(ctx, loaderKey(g), time.Now(), echo); err != nil {
			t.Fatal(err)
		}
	}
	// What this very process has leased by its turns counts as run out in an hour.
	for later := time.Now().Add(time.Hour); ; {
		ds, err := s.Outbox(ctx, later, 100)
		if err != nil {
			t.Fatal(err)
		}
		if len(ds) == 0 {
			break
		}
		for _, d := range ds {
			for next := &d; next != nil; {
				if next, err = s.Settle(ctx, later, core.Result{Delivery: *next, Outcome: core.AttemptSent, Ref: "sent-" + next.ID}); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if st, err := s.Stats(ctx); err != nil || st.Unread != 0 || st.Outbox != 0 {
		t.Errorf("left: %+v, %v", st, err)
	}
}
