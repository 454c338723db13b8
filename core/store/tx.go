package store

import (
	"context"
	"database/sql"
)

// A tx is the transaction of a batch.
type tx struct {
	s       *Store
	w       *writer
	records []record // appended, but not written yet
	touched []*conv
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
	st, err := t.stmt(q)
	if err != nil {
		return nil, err
	}
	return st.ExecContext(context.Background(), args...)
}

// rows calls row for each row of q.
func (t *tx) rows(row func(scan func(...any) error) error, q string, args ...any) error {
	st, err := t.stmt(q)
	if err != nil {
		return err
	}
	rows, err := st.QueryContext(context.Background(), args...)
	if err != nil {
		return err
	}
	return each(rows, row)
}

// row reads the first row of q into dst and reports whether there is one.
func (t *tx) row(dst []any, q string, args ...any) (found bool, err error) {
	err = t.rows(func(scan func(...any) error) error {
		found = true
		return scan(dst...)
	}, q, args...)
	return found, err
}
