package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"slices"
	"strings"

	"github.com/frontdesk-im/frontdesk/core/store/driver"
)

// ErrHasRecord is returned by Move for a database that is not empty.
var ErrHasRecord = errors.New("there is a record in it already")

// A Moved says what of a table was moved, and a checksum of its rows that is the
// same for both databases.
type Moved struct {
	Table string
	Rows  int64
	Sum   string
}

// A table is one of the schema with the columns that order its rows.
type table struct {
	name string
	key  string
}

// allTables make up the record. What processes know of each other is not
// part of it.
var allTables = []table{
	{"epoch", "id"}, {"conversation", "id"}, {"unread", "conv"}, {"log", "seq"}, {"ticket", "id"}, {"agent", "id"}, {"thread", "desk, thread"}, {"value", "key"},
}

// Move copies the record of one database to another, which must be empty, of
// whatever kind both are. Nobody may use either meanwhile: a process that does is
// an error, one that starts is kept waiting or refused. It is one transaction:
// until it is done, nothing has been moved, and it can be run again. Before it
// commits, what was written is read back, and its checksum compared with that of
// what was read.
func Move(ctx context.Context, from, to Options) ([]Moved, error) {
	a, err := quiet(ctx, from)
	if err != nil {
		return nil, err
	}
	defer a.close()
	b, err := quiet(ctx, to)
	if err != nil {
		return nil, err
	}
	defer b.close()
	if a.db.Name == b.db.Name {
		return nil, fmt.Errorf("store: %s would be moved to itself", a.db.Name)
	}
	done, err := transfer(ctx, a, b)
	return done, b.explain(err)
}

func transfer(ctx context.Context, a, b *still) (done []Moved, err error) {
	if err := b.empty(ctx); err != nil {
		return nil, err
	}
	for _, t := range allTables {
		if _, err := b.conn.ExecContext(ctx, "DELETE FROM "+t.name); err != nil { // the epoch that migration made
			return nil, err
		}
		read, err := copied(ctx, a, b, t)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", t.name, err)
		}
		there, err := b.read(ctx, t, nil)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", t.name, err)
		}
		if read != there {
			return nil, fmt.Errorf("%s: %d rows with checksum %s became %d rows with checksum %s; nothing was moved", t.name, read.Rows, read.Sum, there.Rows, there.Sum)
		}
		done = append(done, read)
	}
	for _, q := range b.db.Moved {
		if _, err := b.conn.ExecContext(ctx, q); err != nil {
			return nil, err
		}
	}
	_, err = b.conn.ExecContext(ctx, "COMMIT")
	return done, err
}

// A still database is one that nobody else uses, in a transaction.
type still struct {
	db   *driver.Database
	conn *sql.Conn
}

func quiet(ctx context.Context, o Options) (*still, error) {
	o.defaults()
	db, err := connect(ctx, o)
	if err != nil {
		return nil, err
	}
	q := &still{db: db}
	if err := q.begin(ctx); err != nil {
		q.close()
		return nil, q.explain(err)
	}
	return q, nil
}

func (q *still) begin(ctx context.Context) (err error) {
	if q.conn, err = q.db.Connect(ctx); err != nil {
		return err
	}
	if _, err := q.conn.ExecContext(ctx, q.db.Begin); err != nil {
		return err
	}
	if !q.db.Shared {
		return nil // opening it has kept the others out
	}
	if _, err := q.conn.ExecContext(ctx, q.db.Seize); err != nil {
		return err
	}
	var living int
	if err := q.conn.QueryRowContext(ctx, q.db.Living).Scan(&living); err != nil {
		return err
	}
	if living > 0 {
		return fmt.Errorf("%w: %d nodes", driver.ErrInUse, living)
	}
	return nil
}

func (q *still) explain(err error) error { return driver.Explain(q.db.Name, q.db.Advice, err) }

// close gives up what was not committed.
func (q *still) close() {
	if q.conn != nil {
		_ = q.db.Undo(context.Background(), q.conn)
		_ = q.conn.Close()
	}
	_ = q.db.Close()
}

func (q *still) empty(ctx context.Context) error {
	var n int
	if err := q.conn.QueryRowContext(ctx, "SELECT (SELECT count(*) FROM conversation) + (SELECT count(*) FROM log)").Scan(&n); err != nil {
		return err
	}
	if n > 0 {
		return fmt.Errorf("store: %s: %w; name an empty one", q.db.Name, ErrHasRecord)
	}
	return nil
}

// together is how many rows are written in one statement.
const together = 100

// copied writes the rows of t from a to b.
func copied(ctx context.Context, a, b *still, t table) (Moved, error) {
	var args []any
	var columns []string
	flush := func() error {
		if len(args) == 0 {
			return nil
		}
		q := "INSERT INTO " + t.name + " (" + strings.Join(columns, ", ") + ")" + values(len(columns), len(args)/len(columns), b.db.Numbered)
		_, err := b.conn.ExecContext(ctx, q, args...)
		args = args[:0]
		return err
	}
	m, err := a.read(ctx, t, func(names []string, row []any) error {
		columns = names
		if args = append(args, row...); len(args) < together*len(columns) {
			return nil
		}
		return flush()
	})
	return m, errors.Join(err, flush())
}

// read calls row for each row of t in the order of its key, and sums them up. The
// row is row's until it returns.
func (q *still) read(ctx context.Context, t table, row func(columns []string, row []any) error) (Moved, error) {
	rows, err := q.conn.QueryContext(ctx, "SELECT * FROM "+t.name+" ORDER BY "+t.key)
	if err != nil {
		return Moved{}, err
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		return Moved{}, err
	}
	names := make([]string, len(types))
	for i, c := range types {
		names[i] = c.Name()
	}
	order := ordered(names) // a column that was added later may stand elsewhere in the other
	sum, n := sha256.New(), int64(0)
	vs, dst := make([]any, len(names)), make([]any, len(names))
	for i := range vs {
		dst[i] = &vs[i]
	}
	for rows.Next() {
		if err := rows.Scan(dst...); err != nil {
			return Moved{}, err
		}
		for i, c := range types {
			vs[i] = common(c, vs[i])
		}
		add(sum, vs, order)
		n++
		if row != nil {
			if err := row(names, vs); err != nil {
				return Moved{}, err
			}
		}
	}
	return Moved{t.name, n, hex.EncodeToString(sum.Sum(nil))[:16]}, rows.Err()
}

// ordered are the places of names in the order of the alphabet.
func ordered(names []string) []int {
	order := make([]int, len(names))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(names[a], names[b]) })
	return order
}

// nobody has what a process of the other database was sending: its number may be
// another's there.
const nobody = int64(-1)

// common is a value of a column in the form that both kinds of database take.
func common(c *sql.ColumnType, v any) any {
	switch x := v.(type) {
	case int64:
		if c.Name() == "owner" && x > 0 {
			return nobody
		}
		if strings.HasPrefix(c.DatabaseTypeName(), "BOOL") {
			return x != 0
		}
	case []byte:
		return string(x)
	}
	return v
}

// add sums up a row.
func add(sum hash.Hash, row []any, order []int) {
	for _, i := range order {
		s := fmt.Sprint(row[i])
		fmt.Fprintf(sum, "%d:%s", len(s), s)
	}
}
