package store

import (
	"context"
	"database/sql"

	"github.com/frontdesk-im/frontdesk/core/store/driver"
)

// A tx is the transaction of a batch.
type tx struct {
	s       *Store
	w       *writer
	records []record // appended, but not written yet
	touched []*conv
	err     error // no seq was to be had; flush returns it
}

// seq is the number of a new record. If there is none to be had it is 0, and
// flush fails.
func (t *tx) seq() int64 {
	n := &t.w.seqs
	if n.next == n.end {
		var err error
		if n.next, n.end, err = t.s.db.Seqs(context.Background(), t.w.conn); err != nil {
			n.next, n.end = 0, 0
			t.err = err
			return 0
		}
	}
	n.next++
	return n.next - 1
}

func (t *tx) stmt(q string) (*sql.Stmt, error) {
	if st, ok := t.w.stmts[q]; ok {
		return st, nil
	}
	st, err := t.w.conn.PrepareContext(context.Background(), q)
	if err == nil {
		t.w.stmts[q] = st
	}
	return st, err
}

func (t *tx) exec(q string, args ...any) (sql.Result, error) {
	t.s.texts(args)
	st, err := t.stmt(q)
	if err != nil {
		return nil, err
	}
	t.s.statements.Add(1)
	return st.ExecContext(context.Background(), args...)
}

// texts makes texts among args such as the database takes.
func (s *Store) texts(args []any) {
	if s.db.Text == nil {
		return
	}
	for i, a := range args {
		if v, ok := a.(string); ok {
			args[i] = s.db.Text(v)
		}
	}
}

// rows calls row for each row of q.
func (t *tx) rows(row func(scan func(...any) error) error, q string, args ...any) error {
	st, err := t.stmt(q)
	if err != nil {
		return err
	}
	t.s.texts(args)
	t.s.statements.Add(1)
	rows, err := st.QueryContext(context.Background(), args...)
	if err != nil {
		return err
	}
	return driver.Each(rows, row)
}

// row reads the first row of q into dst and reports whether there is one.
func (t *tx) row(dst []any, q string, args ...any) (found bool, err error) {
	err = t.rows(func(scan func(...any) error) error {
		found = true
		return scan(dst...)
	}, q, args...)
	return found, err
}
