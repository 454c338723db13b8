package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/frontdesk-im/frontdesk/core/store/driver"
)

// shrinkStep is how many pages are given back while writers wait.
const shrinkStep = 2000

// Shrink gives pages back a little at a time. The first time it writes the whole
// database anew, so that it can; writers wait until that is done.
func (e *engine) Shrink(ctx context.Context, aside func(func(*sql.Conn) error) error) error {
	for left := 1; left > 0; {
		if err := aside(func(c *sql.Conn) (err error) {
			left, err = giveBack(ctx, c)
			return err
		}); err != nil {
			return err
		}
	}
	for range 20 { // a checkpoint under way is in the way
		var busy int
		err := aside(func(c *sql.Conn) error {
			var size, done int
			return c.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &size, &done)
		})
		if err == nil && busy == 0 {
			return nil
		}
		if err != nil && code(err) != codeBusy {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
	return nil // the next checkpoint does it
}

// giveBack returns how many free pages are left to be given back.
func giveBack(ctx context.Context, c *sql.Conn) (left int, err error) {
	var mode int
	if err := c.QueryRowContext(ctx, "PRAGMA auto_vacuum").Scan(&mode); err != nil {
		return 0, err
	}
	if mode == 0 {
		if _, err := c.ExecContext(ctx, "PRAGMA auto_vacuum=2"); err != nil {
			return 0, err
		}
		if _, err := c.ExecContext(ctx, "VACUUM"); err != nil {
			return 0, err
		}
	}
	rows, err := c.QueryContext(ctx, fmt.Sprintf("PRAGMA incremental_vacuum(%d)", shrinkStep))
	if err != nil {
		return 0, err
	}
	if err := driver.Each(rows, func(func(...any) error) error { return nil }); err != nil {
		return 0, err
	}
	err = c.QueryRowContext(ctx, "PRAGMA freelist_count").Scan(&left)
	return left, err
}
