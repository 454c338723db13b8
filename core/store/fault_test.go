package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

var ctx = context.Background()

func message(i int) (core.Key, core.Envelope) {
	return core.Key{Channel: "web", Peer: "p"}, core.Envelope{Channel: "web", Ref: fmt.Sprint(i), Parts: core.Parts{core.Text{Body: strings.Repeat("words ", 50)}}}
}

func receive(s *Store, i int) error {
	key, env := message(i)
	fresh, err := s.Receive(ctx, key, env)
	if err == nil && !fresh {
		err = errors.New("not fresh")
	}
	return err
}

// wantAdvice checks that err says what is wrong and what to do.
func wantAdvice(t *testing.T, err error, words ...string) {
	t.Helper()
	f, ok := errors.AsType[*Failure](err)
	if !ok || f.Do == "" {
		t.Fatalf("no advice in %v", err)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q does not say %q", err, w)
		}
	}
}

func count(t *testing.T, s *Store) int {
	t.Helper()
	key, _ := message(0)
	past, err := s.Past(ctx, core.PastQuery{Key: key, Max: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	return len(past)
}

func TestInUse(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Options{Path: dir})
	if _, err := Open(ctx, Options{Path: dir}); err == nil {
		t.Error("opened twice in one process")
	} else {
		wantAdvice(t, err, "another frontdesk", "--data")
	}
	cmd, out := child(t, dir, "open")
	said, _ := io.ReadAll(out)
	if err := cmd.Wait(); err != nil || !strings.Contains(string(said), "another frontdesk") {
		t.Errorf("another process: %q, %v", said, err)
	}
	if err := receive(s, 1); err != nil {
		t.Error("after others tried:", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error("second Close:", err)
	}
	s = open(t, Options{Path: dir})
	s.Close()
}

// Another program holds the database's own lock.
func TestLocked(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Options{Path: dir, busy: time.Millisecond})
	other := raw(t, s.db.Name)
	defer other.Close()
	tx, err := other.Begin()
	if err != nil {
		t.Fatal(err)
	}
	wantAdvice(t, receive(s, 1), "locked", "close it")
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := receive(s, 1); err != nil {
		t.Error("after it was let go:", err)
	}
	s.Close()
	if tx, err = other.Begin(); err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	_, err = Open(ctx, Options{Path: dir, busy: time.Millisecond})
	wantAdvice(t, err, "locked", "close it")
}

func TestDamaged(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Options{Path: dir})
	for i := range 200 {
		if err := receive(s, i); err != nil {
			t.Fatal(err)
		}
	}
	s.Close()
	whole, err := os.ReadFile(s.db.Name)
	if err != nil {
		t.Fatal(err)
	}
	for name, damage := range map[string]func(b []byte){
		"not a database": func(b []byte) { copy(b, "this is no database") },
		"torn pages": func(b []byte) {
			for i := 4096; i < len(b); i++ {
				b[i] = 0xa5
			}
		},
	} {
		b := append([]byte(nil), whole...)
		damage(b)
		if err := os.WriteFile(s.db.Name, b, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Open(ctx, Options{Path: dir})
		if err == nil {
			err = receive(s, 1000)
			s.Close()
		}
		if err == nil {
			t.Fatal(name + ": no error")
		}
		wantAdvice(t, err, "damaged", "backup")
	}
}

// The disk is full: the call fails and says so, what was accepted stays, and
// work goes on when there is room.
func TestFull(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Options{Path: dir})
	limit := func(pages int) {
		t.Helper()
		if err := s.do(ctx, func(x *tx) error {
			_, err := x.exec(fmt.Sprintf("PRAGMA max_page_count=%d", pages))
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	var size int
	if err := s.query(ctx, func(scan func(...any) error) error { return scan(&size) }, "PRAGMA page_count"); err != nil {
		t.Fatal(err)
	}
	limit(size + 4)
	var err error
	n := 0
	for ; n < 1000 && err == nil; n++ {
		err = receive(s, n)
	}
	n--
	wantAdvice(t, err, "full", "make room")
	if got := count(t, s); got != n {
		t.Errorf("%d accepted, %d kept", n, got)
	}
	if _, err := s.Outbox(ctx, time.Now(), 10); err != nil {
		t.Error("what needs no room fails too:", err)
	}
	limit(1 << 30)
	if err := receive(s, n); err != nil {
		t.Error("with room again:", err)
	}
	s.Close()
	s = open(t, Options{Path: dir})
	defer s.Close()
	if got := count(t, s); got != n+1 {
		t.Errorf("%d accepted, %d kept", n+1, got)
	}
}

// childStarve lets writes of the database fail by a limit on the size of
// files, which the system reports as it does I/O errors.
func childStarve(dir string, _ []string) error {
	signal.Ignore(syscall.SIGXFSZ)
	s, err := Open(ctx, Options{Path: dir})
	if err != nil {
		return err
	}
	n := 0
	for ; n < 50; n++ {
		if err := receive(s, n); err != nil {
			return err
		}
	}
	fi, err := os.Stat(s.db.Name + "-wal")
	if err != nil {
		return err
	}
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		return err
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: uint64(fi.Size()) + 5000, Max: old.Max}); err != nil {
		return err
	}
	failed := 0
	for range 5 {
		if err := receive(s, n); err != nil {
			failed++
			if f, ok := errors.AsType[*Failure](err); !ok || !strings.Contains(f.Do, "disk") {
				return fmt.Errorf("no advice in: %w", err)
			}
			continue
		}
		n++
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		return err
	}
	for i := range 50 {
		if err := receive(s, n+i); err != nil {
			return fmt.Errorf("after the fault: %w", err)
		}
	}
	fmt.Println("failed", failed, "accepted", n+50)
	return syscall.Kill(os.Getpid(), syscall.SIGKILL)
}

func TestIOError(t *testing.T) {
	dir := t.TempDir()
	cmd, out := child(t, dir, "starve")
	said, _ := io.ReadAll(out)
	cmd.Wait()
	var failed, accepted int
	if _, err := fmt.Sscanf(string(said), "failed %d accepted %d", &failed, &accepted); err != nil || failed == 0 {
		t.Fatalf("%q, %v", said, err)
	}
	s := open(t, Options{Path: dir})
	defer s.Close()
	if n := count(t, s); n != accepted {
		t.Errorf("%d accepted, %d kept", accepted, n)
	}
}

// A directory that cannot be written to. Root may write anywhere, so this is
// another user's process.
func TestReadOnly(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs to start a process as another user")
	}
	dir := t.TempDir()
	open(t, Options{Path: dir}).Close()
	for d := dir; d != "/" && strings.HasPrefix(d, os.TempDir()); d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	exe := filepath.Join(t.TempDir(), "test")
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(own); err != nil || os.WriteFile(exe, b, 0o755) != nil {
		t.Fatal(err)
	}
	os.Chmod(filepath.Dir(exe), 0o755)
	for _, path := range []string{dir, filepath.Join(dir, "new")} {
		cmd := exec.Command(exe)
		cmd.Dir = "/"
		cmd.Env = append(os.Environ(), childEnv+"=open", childEnv+"_DIR="+path)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		said, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(said), "writable") {
			t.Errorf("%s: %q", path, said)
		}
	}
}

// A clock that jumps back loses nothing and stops nothing.
func TestClockBack(t *testing.T) {
	dir := t.TempDir()
	now := time.Now()
	clock := func() time.Time { return now }
	s := open(t, Options{Path: dir, Now: clock})
	key, _ := message(0)
	if err := receive(s, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Turn(ctx, key, now, echo); err != nil {
		t.Fatal(err)
	}
	now = now.Add(-10 * time.Minute)
	if err := receive(s, 2); err != nil {
		t.Fatal(err)
	}
	if ks, err := s.Ready(ctx, now, 10); err != nil || len(ks) != 1 {
		t.Errorf("ready: %v, %v", ks, err)
	}
	if _, err := s.Turn(ctx, key, now, echo); err != nil {
		t.Fatal(err)
	}
	s.Close()
	var log strings.Builder
	s = open(t, Options{Path: dir, Now: clock, Log: slog.New(slog.NewTextHandler(&log, nil))})
	defer s.Close()
	if !strings.Contains(log.String(), "clock") {
		t.Errorf("no word about the clock: %q", log.String())
	}
	// Leases of the process before end with it, whatever the clock says.
	ds, err := s.Outbox(ctx, now, 10)
	if err != nil || len(ds) != 1 {
		t.Fatalf("%d deliveries, %v", len(ds), err)
	}
	next, err := s.Settle(ctx, now, core.Result{Delivery: ds[0], Outcome: core.AttemptSent, Ref: "r"})
	if err != nil || next == nil || next.Seq <= ds[0].Seq {
		t.Errorf("next %+v, %v", next, err)
	}
	past, err := s.Past(ctx, core.PastQuery{Key: key})
	if err != nil || len(past) != 6 {
		t.Errorf("%d records, %v", len(past), err)
	}
}

// A call whose caller has gone away before the writer came to it is not done.
func TestAbandoned(t *testing.T) {
	s := open(t, Options{Path: t.TempDir()})
	defer s.Close()
	held, let := make(chan struct{}), make(chan struct{})
	go s.do(ctx, func(*tx) error { close(held); <-let; return nil })
	<-held
	short, cancel := context.WithCancel(ctx)
	const callers = 3 * maxBatch // several batches of them
	got := make(chan error, callers)
	for i := range callers {
		go func() {
			key, env := message(1000 + i)
			_, err := s.Receive(short, key, env)
			got <- err
		}()
	}
	queued := func(n int) {
		for have := -1; have < n; runtime.Gosched() {
			s.queue.mu.Lock()
			have = len(s.queue.queue)
			s.queue.mu.Unlock()
		}
	}
	queued(callers)
	live := make(chan error)
	go func() { live <- receive(s, 1) }()
	queued(callers + 1)
	cancel()
	for range callers {
		if err := <-got; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	close(let)
	if err := <-live; err != nil {
		t.Fatal(err)
	}
	if n := count(t, s); n != 1 {
		t.Errorf("%d records", n)
	}
}

// A TurnFunc or a piece of work that panics is an error of its caller only.
func TestPanic(t *testing.T) {
	s := open(t, Options{Path: t.TempDir()})
	defer s.Close()
	if err := s.do(ctx, func(*tx) error { panic("oops") }); err == nil || !strings.Contains(err.Error(), "oops") {
		t.Error(err)
	}
	if err := receive(s, 1); err != nil {
		t.Error(err)
	}
}
