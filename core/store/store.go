package store

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/store/driver"
	"github.com/frontdesk-im/frontdesk/core/store/postgres"
	"github.com/frontdesk-im/frontdesk/core/store/sqlite"
)

// Options say where and how to keep things.
type Options struct {
	Path  string           // data directory; made if it does not exist
	URL   string           // of a PostgreSQL database, which other processes may use too; empty: a file in Path
	Now   func() time.Time // default time.Now
	Lease time.Duration    // how long a delivery is its sender's before it counts as crashed; default one minute
	Log   *slog.Logger     // default: nowhere

	busy   time.Duration // how long to wait for another program's lock; default five seconds
	beside bool          // see Beside
}

// A Store is a database that has been opened. It is safe for concurrent use.
type Store struct {
	opt   Options
	db    *driver.Database
	stmts sync.Map // SQL -> *sql.Stmt of db.Read
	queue *writer
	keys  keys
	ids   ids
	me    int64        // our number in the database, as leases name it
	dead  atomic.Bool  // there may be leases of others who are dead
	flush atomic.Int64 // ns the last commit took

	statements, commits atomic.Int64 // since the start

	once sync.Once
}

var _ core.Store = (*Store)(nil)

// What errors of a database are, whichever it is.
type Failure = driver.Failure

var (
	ErrClosed = driver.ErrClosed
	ErrNewer  = driver.ErrNewer
)

// Open opens the database at o.URL, or the one under o.Path, which it makes if
// there is none and which only one process can have open. It brings the schema up
// to date.
func Open(ctx context.Context, o Options) (*Store, error) {
	o.defaults()
	db, err := connect(ctx, o)
	if err != nil {
		return nil, err
	}
	s := &Store{opt: o, db: db}
	if err := s.begin(ctx); err != nil {
		return nil, errors.Join(s.explain(err), s.shut())
	}
	return s, nil
}

// Kept are the values of a database.
type Kept interface {
	core.Values
	Close() error
}

// Beside opens the values of a database that other processes may have open, and
// takes no other part in it. There must be one, and its schema must be this
// program's.
func Beside(ctx context.Context, o Options) (Kept, error) {
	o.defaults()
	o.beside = true
	db, err := connect(ctx, o)
	if err != nil {
		return nil, err
	}
	s := &Store{opt: o, db: db}
	if s.queue, err = newWriter(ctx, s); err != nil {
		return nil, errors.Join(s.explain(err), s.shut())
	}
	return s, nil
}

// connect opens a database without taking part in it. Options have their defaults.
func connect(ctx context.Context, o Options) (*driver.Database, error) {
	open, place := sqlite.Open, o.Path
	if o.URL != "" {
		open, place = postgres.Open, o.URL
	}
	return open(ctx, driver.Options{Place: place, Steps: steps, Now: o.Now, Log: o.Log, Busy: o.busy, Beside: o.beside})
}

func (o *Options) defaults() {
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
}

// begin makes this process known to the database and starts the writer.
func (s *Store) begin(ctx context.Context) error {
	var newest sql.NullInt64
	if err := s.db.Read.QueryRowContext(ctx, `SELECT CASE WHEN at > (SELECT max(at) FROM epoch) THEN at ELSE (SELECT max(at) FROM epoch) END
		FROM log ORDER BY seq DESC LIMIT 1`).Scan(&newest); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if d := fromMicro(newest.Int64).Sub(s.opt.Now()); d > time.Minute {
		s.opt.Log.Warn("the clock is behind the newest record: times of new records will be too early until it is set right; nothing is lost",
			"behind", d.Round(time.Second).String())
	}
	n, err := s.db.Enrol(ctx)
	if err != nil {
		return err
	}
	s.me = n.Me
	s.dead.Store(n.Orphans)
	for _, e := range n.Epochs {
		s.ids.add(e)
	}
	s.queue, err = newWriter(ctx, s)
	return err
}

// explain adds what to do to an error of the database.
func (s *Store) explain(err error) error { return driver.Explain(s.db.Name, s.db.Advice, err) }

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
	return errors.Join(append(errs, s.db.Close())...)
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
	s.texts(args)
	s.statements.Add(1)
	rows, err := st.QueryContext(ctx, args...)
	if err != nil {
		return s.explain(err)
	}
	return s.explain(driver.Each(rows, row))
}

func (s *Store) stmt(ctx context.Context, q string) (*sql.Stmt, error) {
	if st, ok := s.stmts.Load(q); ok {
		return st.(*sql.Stmt), nil
	}
	st, err := s.db.Read.PrepareContext(ctx, q)
	if err != nil {
		return nil, err
	}
	if old, loaded := s.stmts.LoadOrStore(q, st); loaded {
		st.Close()
		return old.(*sql.Stmt), nil
	}
	return st, nil
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
