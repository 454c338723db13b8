// Package pgtest gives tests a PostgreSQL server of their own: made anew from what
// is installed, in a folder of its own, without a port, ended with the tests.
package pgtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// bin is where Debian and others put the programs of the server.
const bin = "/usr/lib/postgresql/*/bin"

// A server is a process with its folder.
type server struct {
	dir  string
	bin  string // of the server's programs
	stop func() error
}

var (
	once    sync.Once
	running *server
	failed  error
	count   atomic.Int64
)

// New is the URL of an empty database on the server of this process, which is
// started for the first of them. The test is skipped if no server is installed;
// it fails if FRONTDESK_REQUIRE_PEERS is 1. Whoever calls New calls Stop after all
// tests.
func New(t testing.TB) string {
	t.Helper()
	once.Do(func() { running, failed = start() })
	if failed != nil && os.Getenv("FRONTDESK_REQUIRE_PEERS") != "1" {
		t.Skip(failed)
	}
	if failed != nil {
		t.Fatal(failed)
	}
	name := fmt.Sprintf("test%d", count.Add(1))
	Exec(t, running.url("postgres", "postgres"), "CREATE DATABASE "+name)
	return running.url("postgres", name)
}

// Exec runs statements at a URL.
func Exec(t testing.TB, url string, statements ...string) {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// As is the database at a URL for another user.
func As(t testing.TB, at, user, password string) string {
	t.Helper()
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(user, password)
	return u.String()
}

// Stop ends the server, if there is one.
func Stop() {
	if running != nil {
		_ = running.stop()
		_ = os.RemoveAll(running.dir)
	}
}

// url is a database for a user. Only the user "secret" needs a
// password.
func (s *server) url(user, database string) string {
	u := url.URL{Scheme: "postgres", User: url.User(user), Path: "/" + database, RawQuery: url.Values{"host": {s.dir}}.Encode()}
	return u.String()
}

// program is the newest of the installed programs of a name.
func program(name string) (string, error) {
	found, err := filepath.Glob(filepath.Join(bin, name))
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("PostgreSQL is not installed here: apt-get install postgresql")
	}
	if err != nil {
		return "", err
	}
	slices.Sort(found)
	return found[len(found)-1], nil
}

const hba = "local all secret scram-sha-256\nlocal all all trust\n"

// start makes a server and waits until it answers.
func start() (s *server, err error) {
	initdb, err := program("initdb")
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "frontdesk-pg-")
	if err != nil {
		return nil, err
	}
	s = &server{dir: dir, stop: func() error { return nil }}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("PostgreSQL does not start: %w", err), s.stop(), os.RemoveAll(dir))
		}
	}()
	if err := hand(dir); err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	make, err := command(initdb, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
	if err != nil {
		return nil, err
	}
	if out, err := make.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	if err := os.WriteFile(filepath.Join(data, "pg_hba.conf"), []byte(hba), 0o644); err != nil {
		return nil, err
	}
	s.bin = filepath.Dir(initdb)
	return s, s.run()
}

// run starts the process and waits until it answers.
func (s *server) run() error {
	run, err := command(filepath.Join(s.bin, "postgres"), "-D", filepath.Join(s.dir, "data"), "-k", s.dir,
		"-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=100", "-c", "shared_buffers=64MB")
	if err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	run.Stdout, run.Stderr = log, log
	if err := run.Start(); err != nil {
		return err
	}
	s.stop = func() error { return end(run) }
	return s.await()
}

// Crash ends the server of this process as a power cut would, waits, and starts it
// again on what it had committed.
func Crash(t testing.TB, away time.Duration) {
	t.Helper()
	if err := running.stop(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(away)
	if err := running.run(); err != nil {
		t.Fatal(err)
	}
}

// await returns when the server answers.
func (s *server) await() error {
	db, err := sql.Open("pgx", s.url("postgres", "postgres"))
	if err != nil {
		return err
	}
	defer db.Close()
	for end := time.Now().Add(time.Minute); ; {
		if err = db.PingContext(context.Background()); err == nil || time.Now().After(end) {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
}
