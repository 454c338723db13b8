// Package sqlite is the driver for a database in one file, without cgo. Only one
// process can have it open, so the lock is a lock on the directory, what is
// committed may be remembered, and every other process that ever leased a record
// is dead.
//
// On failure: what is committed is in the write-ahead log and is replayed on
// Open. After an I/O error the writer's connection is thrown away, and everything
// that is committed is written to the database file and flushed, before anything
// else is accepted.
package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/store/driver"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// Name is the dialect's, as the files of the schema have it.
const Name = "sqlite"

var dialect = driver.Dialect{
	Begin: "BEGIN IMMEDIATE",
	// The records of a conversation are a list, from the newest back. An index over
	// (conv, seq) would cost every new record the writing of a page of its own.
	Back: `WITH RECURSIVE back (seq, prev, kind, channel, ref, at, body, state, why) AS (
	SELECT seq, prev, kind, channel, ref, at, body, state, why FROM log WHERE seq = $1 AND seq > $2 AND conv = $3
	UNION ALL
	SELECT l.seq, l.prev, l.kind, l.channel, l.ref, l.at, l.body, l.state, l.why FROM back b JOIN log l ON l.seq = b.prev WHERE l.seq > $2) `,
	Version: "PRAGMA user_version",
	Free:    "l.due > 0 AND l.due <= $1 AND l.owner <= $3",
	Orphan:  "l.due > 0 AND l.due > $1 AND l.owner NOT IN (0, -2) AND l.owner <> $3",
}

// engine is a database that is open.
type engine struct {
	driver.Options
	file  string
	lock  *sql.DB // holds the lock on the data directory
	write *sql.DB // the writer's connection, and one for checkpoints
	read  *sql.DB
	wal   *wal
}

var _ driver.Engine = (*engine)(nil)

// Open opens the database in the folder o.Place, makes it if there is none, and
// brings its schema up to date. An older database with something in it is copied
// to backup/ first.
func Open(ctx context.Context, o driver.Options) (*driver.Database, error) {
	e := &engine{Options: o, file: filepath.Join(o.Place, "frontdesk.db")}
	if err := e.open(ctx); err != nil {
		_ = e.Close()
		return nil, driver.Explain(e.file, e.Advice, err)
	}
	return &driver.Database{Dialect: dialect, Engine: e, Name: e.file, Read: e.read}, nil
}

func (e *engine) open(ctx context.Context) error {
	if e.Beside {
		if _, err := os.Stat(e.file); err != nil {
			return err
		}
	} else if err := e.own(ctx); err != nil {
		return err
	}
	e.write = pool(e.file, "rwc", 8<<20, e.Busy)
	e.write.SetMaxOpenConns(2)
	e.write.SetMaxIdleConns(2)
	if err := e.schema(ctx); err != nil {
		return err
	}
	e.read = pool(e.file, "rw", 2<<20, e.Busy)
	e.read.SetMaxOpenConns(readers)
	e.read.SetMaxIdleConns(readers)
	e.wal = newWAL(e)
	return nil
}

// own makes the folder and the database, and takes the lock on them.
func (e *engine) own(ctx context.Context) error {
	if err := os.MkdirAll(e.Place, 0o700); err != nil {
		return err
	}
	if err := e.claim(ctx); err != nil {
		return err
	}
	return private(e.file)
}

// schema brings the database up to date, or finds out that it is.
func (e *engine) schema(ctx context.Context) error {
	if e.Beside {
		return current(ctx, e.write, e.Options)
	}
	return migrate(ctx, e.write, e.Options)
}

const readers = 4

// pool is a pool of connections to the database in file, each with a page
// cache of at most cache bytes.
func pool(file, mode string, cache int, busy time.Duration) *sql.DB {
	dsn := fmt.Sprintf("file:%s?mode=%s&_txlock=immediate&_pragma=busy_timeout(%d)&_pragma=synchronous(2)"+
		"&_pragma=cache_size(-%d)&_pragma=wal_autocheckpoint(0)&_pragma=temp_store(2)", uriPath(file), mode, busy.Milliseconds(), cache>>10)
	if mode == "rw" {
		dsn += "&_pragma=query_only(1)"
	}
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		panic(err) // the driver is not linked
	}
	return db
}

// claim takes the lock on the data directory: a transaction on an empty
// database of its own, which the system ends with the process.
func (e *engine) claim(ctx context.Context) error {
	lock := filepath.Join(e.Place, "frontdesk.lock")
	if err := private(lock); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", fmt.Sprintf("file:%s?mode=rwc&_pragma=journal_mode(memory)&_pragma=busy_timeout(0)",
		uriPath(lock)))
	if err != nil {
		return err
	}
	e.lock = db
	db.SetMaxOpenConns(1)
	db.SetConnMaxIdleTime(0)
	if _, err := db.ExecContext(context.WithoutCancel(ctx), "BEGIN EXCLUSIVE"); err != nil {
		if code(err) == codeBusy {
			return driver.ErrInUse
		}
		return err
	}
	return nil
}

// private makes an empty file that only this user can read, if there is none.
// A file that is there is not touched: opening and closing it here would end
// the locks that this process has on it.
func private(name string) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// Enrol starts an epoch: from here on IDs have a new prefix, and leases of
// earlier epochs are void.
func (e *engine) Enrol(ctx context.Context) (n driver.Enrolment, err error) {
	if n.Epochs, err = driver.Epochs(ctx, e.write); err != nil {
		return n, err
	}
	n.Orphans = len(n.Epochs) > 0
	x := driver.Epoch{Prefix: strings.ToLower(rand.Text()[:10])}
	err = e.write.QueryRowContext(ctx, `INSERT INTO epoch (id, first, prefix, at)
		SELECT coalesce(max(id), 0) + 1, (SELECT coalesce(max(seq), 0) + 1 FROM log), $1, $2 FROM epoch RETURNING id, first`,
		x.Prefix, e.Now().UnixMicro()).Scan(&n.Me, &x.First)
	n.Epochs = append(n.Epochs, x)
	return n, err
}

// Connect implements driver.Engine.
func (e *engine) Connect(ctx context.Context) (*sql.Conn, error) { return e.write.Conn(ctx) }

// Mend has everything that is committed written to the database file and
// flushed, so that nothing depends on what may have become of the write-ahead
// log.
func (e *engine) Mend(ctx context.Context, c *sql.Conn) error {
	var busy, log, done int
	err := c.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &log, &done)
	if err == nil && busy != 0 {
		err = errors.New("a reader is in the way")
	}
	return err
}

// Lock implements driver.Engine: nobody else writes.
func (e *engine) Lock(context.Context, *sql.Conn, []core.Key) ([]int64, error) { return nil, nil }

// Bereaved implements driver.Engine: those who died did so before Enrol.
func (e *engine) Bereaved() bool { return false }

// Seqs implements driver.Engine: all that there are, once.
func (e *engine) Seqs(ctx context.Context, c *sql.Conn) (first, end int64, err error) {
	err = c.QueryRowContext(ctx, "SELECT coalesce(max(seq), 0) + 1 FROM log").Scan(&first)
	return first, math.MaxInt64, err
}

// Undo implements driver.Engine.
func (e *engine) Undo(ctx context.Context, c *sql.Conn) error {
	if _, err := c.ExecContext(ctx, "ROLLBACK"); err != nil && code(err) != 1 { // 1: no transaction is active any more
		return err
	}
	return nil
}

// Size implements driver.Engine.
func (e *engine) Size(context.Context) (n int64) {
	for _, suffix := range []string{"", "-wal"} {
		if fi, err := os.Stat(e.file + suffix); err == nil {
			n += fi.Size()
		}
	}
	return n
}

// Close implements driver.Engine.
func (e *engine) Close() error {
	if e.wal != nil {
		e.wal.close()
	}
	var errs []error
	for _, db := range []*sql.DB{e.read, e.write, e.lock} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}
