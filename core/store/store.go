package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/frontdesk-im/frontdesk/core"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// Options say where and how to keep things.
type Options struct {
	Path  string           // data directory; made if it does not exist
	Now   func() time.Time // default time.Now
	Lease time.Duration    // how long a delivery is its sender's before it counts as crashed; default one minute
	Log   *slog.Logger     // default: nowhere

	busy time.Duration // how long to wait for another program's lock; default five seconds
}

// A Store is a database that has been opened. It is safe for concurrent use.
type Store struct {
	opt   Options
	file  string
	lock  *sql.DB // holds the lock on the data directory
	write *sql.DB // the writer's connection, and one for checkpoints
	read  *sql.DB
	stmts sync.Map // SQL -> *sql.Stmt of read
	queue *writer
	keys  keys
	ids   ids
	me    int64        // this epoch
	dead  atomic.Bool  // there may be leases of dead epochs
	flush atomic.Int64 // ns the last commit took
	once  sync.Once
}

var _ core.Store = (*Store)(nil)

// Open opens the database under o.Path, makes it if there is none, and brings
// its schema up to date. An older database with something in it is copied to
// backup/ first. Only one process can have it open.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Lease <= 0 {
		o.Lease = time.Minute
	}
	if o.busy <= 0 {
		o.busy = 5 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Store{opt: o, file: filepath.Join(o.Path, "frontdesk.db")}
	if err := s.open(ctx); err != nil {
		s.shut()
		return nil, s.explain(err)
	}
	return s, nil
}

func (s *Store) open(ctx context.Context) error {
	if err := os.MkdirAll(s.opt.Path, 0o700); err != nil {
		return err
	}
	if err := s.claim(ctx); err != nil {
		return err
	}
	if err := private(s.file); err != nil {
		return err
	}
	s.write = pool(s.file, "rwc", 8<<20, s.opt.busy)
	s.write.SetMaxOpenConns(2)
	s.write.SetMaxIdleConns(2)
	if err := migrate(ctx, s.write, s.opt); err != nil {
		return err
	}
	s.read = pool(s.file, "rw", 2<<20, s.opt.busy)
	s.read.SetMaxOpenConns(readers)
	s.read.SetMaxIdleConns(readers)
	if err := s.begin(ctx); err != nil {
		return err
	}
	q, err := newWriter(ctx, s)
	s.queue = q
	return err
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
func (s *Store) claim(ctx context.Context) error {
	lock := filepath.Join(s.opt.Path, "frontdesk.lock")
	if err := private(lock); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", fmt.Sprintf("file:%s?mode=rwc&_pragma=journal_mode(memory)&_pragma=busy_timeout(0)",
		uriPath(lock)))
	if err != nil {
		return err
	}
	s.lock = db
	db.SetMaxOpenConns(1)
	db.SetConnMaxIdleTime(0)
	if _, err := db.ExecContext(context.WithoutCancel(ctx), "BEGIN EXCLUSIVE"); err != nil {
		if code(err) == codeBusy {
			return errInUse
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

// begin starts an epoch: from here on IDs have a new prefix, and leases of
// earlier epochs are void.
func (s *Store) begin(ctx context.Context) error {
	var seq, newest sql.NullInt64
	if err := s.write.QueryRowContext(ctx, `SELECT seq, CASE WHEN at > (SELECT max(at) FROM epoch) THEN at ELSE (SELECT max(at) FROM epoch) END
		FROM log ORDER BY seq DESC LIMIT 1`).Scan(&seq, &newest); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	now := s.opt.Now()
	if d := fromMicro(newest.Int64).Sub(now); d > time.Minute {
		s.opt.Log.Warn("the clock is behind the newest record: times of new records will be too early until it is set right; nothing is lost",
			"behind", d.Round(time.Second).String())
	}
	if err := s.ids.load(ctx, s.write); err != nil {
		return err
	}
	s.ids.last.Store(seq.Int64)
	s.dead.Store(len(s.ids.epochs) > 0)
	e := epoch{first: seq.Int64 + 1, prefix: newPrefix()}
	err := s.write.QueryRowContext(ctx, `INSERT INTO epoch (id, first, prefix, at)
		SELECT coalesce(max(id), 0) + 1, $1, $2, $3 FROM epoch RETURNING id`, e.first, e.prefix, micro(now)).Scan(&s.me)
	s.ids.add(e)
	return err
}

// Close finishes what is under way and closes the database.
func (s *Store) Close() error {
	var err error
	s.once.Do(func() { err = s.shut() })
	return err
}

func (s *Store) shut() error {
	var errs []error
	if s.queue != nil {
		errs = append(errs, s.queue.close())
	}
	for _, db := range []*sql.DB{s.read, s.write, s.lock} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// query runs q on a reader, calling row for each row.
func (s *Store) query(ctx context.Context, row func(scan func(...any) error) error, q string, args ...any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	// A query that can be interrupted costs a goroutine; ours are short.
	ctx = context.WithoutCancel(ctx)
	st, err := s.stmt(ctx, q)
	if err != nil {
		return s.explain(err)
	}
	rows, err := st.QueryContext(ctx, args...)
	if err != nil {
		return s.explain(err)
	}
	return s.explain(each(rows, row))
}

func (s *Store) stmt(ctx context.Context, q string) (*sql.Stmt, error) {
	if st, ok := s.stmts.Load(q); ok {
		return st.(*sql.Stmt), nil
	}
	st, err := s.read.PrepareContext(ctx, q)
	if err != nil {
		return nil, err
	}
	if old, loaded := s.stmts.LoadOrStore(q, st); loaded {
		st.Close()
		return old.(*sql.Stmt), nil
	}
	return st, nil
}

func each(rows *sql.Rows, row func(scan func(...any) error) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

func micro(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicro(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}
