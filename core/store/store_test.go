package store

import (
	"context"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
	"github.com/frontdesk-im/frontdesk/core/store/pgtest"
)

func TestStore(t *testing.T) {
	coretest.Store(t, func(t *testing.T, path string) core.Store { return open(t, Options{Path: path}) })
}

// Where path is a test's own folder for SQLite, it is a database of its own on a
// server here.
func TestStorePostgres(t *testing.T) {
	urls := map[string]string{}
	coretest.Store(t, func(t *testing.T, path string) core.Store {
		if urls[path] == "" {
			urls[path] = pgtest.New(t)
		}
		return open(t, Options{URL: urls[path]})
	})
}

func open(t testing.TB, o Options) *Store {
	t.Helper()
	s, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A flood of messages to one conversation is read in turns of bounded size,
// oldest first, whatever is known of it in memory.
func TestFlood(t *testing.T) {
	s := open(t, Options{Path: t.TempDir()})
	defer s.Close()
	const flood = 5000
	key, _ := message(0)
	many(flood, func(i int) {
		if err := receive(s, i); err != nil {
			t.Error(err)
		}
	})
	next, turns := int64(0), 0
	for more := true; more; turns++ {
		c, err := s.Turn(ctx, key, time.Now(), func(c core.Conversation, unread []core.Envelope) (core.Outcome, error) {
			if len(unread) > flood/8 {
				t.Errorf("%d messages in one turn", len(unread))
			}
			for _, e := range unread {
				if e.Seq <= next {
					t.Errorf("%d after %d", e.Seq, next)
				}
				next = e.Seq
			}
			return echo(c, unread)
		})
		if err != nil {
			t.Fatal(err)
		}
		more = c.More
	}
	if c, err := s.Conversation(ctx, key); err != nil || string(c.Mind) != strconv.Itoa(flood) {
		t.Errorf("%s of %d messages were read, %v", c.Mind, flood, err)
	}
	if turns > 30 {
		t.Errorf("%d turns", turns)
	}
	if n := count(t, s); n != 3*flood {
		t.Errorf("%d records", n)
	}
}

// What is on the disk is nobody else's to read.
func TestPrivate(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s := open(t, Options{Path: dir})
	defer s.Close()
	files, err := os.ReadDir(dir)
	if err != nil || len(files) < 3 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		if fi, err := f.Info(); err != nil || fi.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is %v, %v", f.Name(), fi.Mode(), err)
		}
	}
}

// What a call has returned for must survive the loss of power, which no test
// here can show: it rests on these settings.
func TestDurable(t *testing.T) {
	s := open(t, Options{Path: t.TempDir()})
	defer s.Close()
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2"} {
		var got string
		if err := s.do(ctx, func(x *tx) error {
			_, err := x.row([]any{&got}, "PRAGMA "+pragma)
			return err
		}); err != nil || got != want {
			t.Errorf("%s is %q, want %q; %v", pragma, got, want, err)
		}
	}
}
