// Package driver is what core/store asks of a database: a connection, locks, the
// few words of SQL in which databases differ, and what to make of an error. The
// use cases and their SQL are core/store's; core/store/sqlite and
// core/store/postgres each fill in one Database.
//
// On failure a driver classifies (Blame) and advises; core/store decides what is
// run again and who is told.
package driver

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// Options say which database, and how to open it.
type Options struct {
	Place string                                 // a data directory, or a URL
	Steps func(dialect string) ([]string, error) // the schema, a step for each version
	Now   func() time.Time                       //
	Log   *slog.Logger                           //
	Busy  time.Duration                          // how long to wait for another program's lock

	// Beside opens a database that another process may have open: its schema must
	// be ours already, and nothing but values may be written.
	Beside bool
}

// A Database has been opened and its schema is up to date.
type Database struct {
	Dialect
	Engine
	Name string  // of the file, or of the server without secrets: for errors
	Read *sql.DB // sees what is committed
}

// A Dialect is the words in which the one SQL differs.
type Dialect struct {
	Begin   string // starts the writer's transaction
	Back    string // makes back, the records of conversation $3 from seq $1 on back that are newer than seq $2
	Newest  string // to be put before LIMIT where the order of back counts
	Version string // asks for the version of the schema

	// Numbered has the parameters of a long list written $1, $2, …, not ?.
	Numbered bool

	// Shared is set if other processes write to the database too: what is known of
	// it is not remembered from one transaction to the next, and is locked by
	// Engine.Lock before it is read. Behind a SELECT of rows that are to be changed,
	// Wait waits for others who have them, and Skip leaves those out; SkipTalk
	// leaves out rows whose conversation, c, others have. Among, behind a column, is
	// the condition that it is one of $1, an []int64.
	Shared                      bool
	Wait, Skip, SkipTalk, Among string

	// Free and Orphan are conditions on l (see Unsure), a record with a due time, where $1 is now
	// and $3 our number. Free: its time has come, and no other process that lives
	// has it. Orphan: a dead one has it, whatever the time.
	Free, Orphan string

	// Where others may use the database, Seize keeps them from it until the end of
	// the transaction, and Living counts those who do. Moved are the statements that
	// follow a record that was moved here.
	Seize, Living string
	Moved         []string

	// Text is a text as the database takes it; nil if it takes any.
	Text func(string) string
}

// An Engine is what a kind of database does in its own way.
type Engine interface {
	// Enrol makes this process known to the database and returns the number under
	// which it leases records.
	Enrol(ctx context.Context) (Enrolment, error)

	// Connect returns a connection for the writer.
	Connect(ctx context.Context) (*sql.Conn, error)

	// Mend is called with a new connection after an error of BlameState. It returns
	// nil when all that is committed is safe, whatever has happened.
	Mend(ctx context.Context, c *sql.Conn) error

	// Lock has the conversations keys to this transaction alone until it ends, and
	// returns the numbers of those that there are. Never called unless Shared.
	Lock(ctx context.Context, c *sql.Conn, keys []core.Key) (ids []int64, err error)

	// Seqs returns numbers for new records: from first up to, not including, end. If
	// Shared, they are greater than those of every record of the conversations
	// that this transaction has locked.
	Seqs(ctx context.Context, c *sql.Conn) (first, end int64, err error)

	// Undo rolls the writer's transaction back, which the database may have done by itself.
	Undo(ctx context.Context, c *sql.Conn) error

	// After is called between two transactions of the writer.
	After(c *sql.Conn)

	// Shrink gives the room of what was deleted back. aside calls its argument with
	// the writer's connection while no transaction is under way.
	Shrink(ctx context.Context, aside func(func(*sql.Conn) error) error) error

	// Size is how many bytes the database takes up, 0 if that is not known.
	Size(ctx context.Context) int64

	// Bereaved reports whether others may have died since it was last called.
	Bereaved() bool

	Blame(err error) Blame
	Advice(err error) string // for the operator; empty if there is none

	Close() error
}

// Unsure is the owner of a record that nobody has leased, and whose last attempt may
// have arrived all the same.
const Unsure = -2

// An Enrolment is a process's part in the database.
type Enrolment struct {
	Me      int64
	Epochs  []Epoch // ascending by First; the last one is the present one
	Orphans bool    // records may be leased by others who are dead
}

// An Epoch is a range of seqs whose records have IDs with one prefix.
type Epoch struct {
	First  int64
	Prefix string
}

// Epochs are those that the database knows, ascending by First.
func Epochs(ctx context.Context, db *sql.DB) (out []Epoch, err error) {
	rows, err := db.QueryContext(ctx, "SELECT first, prefix FROM epoch ORDER BY id")
	if err != nil {
		return nil, err
	}
	err = Each(rows, func(scan func(...any) error) error {
		var x Epoch
		err := scan(&x.First, &x.Prefix)
		out = append(out, x)
		return err
	})
	return out, err
}

// Blame is what an error concerns.
type Blame int

const (
	BlamePiece  Blame = iota // the piece of work that met it: others may do better
	BlameChance              // a race with another process: the same again may well succeed
	BlameWhole               // the whole database: nothing else would succeed now
	BlameState               // the whole database, and nobody knows what state it is in
)

// A Failure is an error of the database with advice for the operator.
type Failure struct {
	Path string // of the file or folder, or the server's name
	Do   string // what to do about it
	Err  error
}

// Error is on one line, whatever the database says.
func (f *Failure) Error() string { return fmt.Sprintf("store: %s: %s; %s", f.Path, f.What(), f.Do) }

// What is what is wrong, on one line.
func (f *Failure) What() string  { return strings.Join(strings.Fields(f.Err.Error()), " ") }
func (f *Failure) Unwrap() error { return f.Err }

// Each calls row for each of rows.
func Each(rows *sql.Rows, row func(scan func(...any) error) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
