package postgres

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/frontdesk-im/frontdesk/core/store/driver"
)

// migrateLock is the key of the lock under which a schema is changed.
const migrateLock = 0x66726f6e74 // "front"

// migrate brings the database up to date, in one transaction and one process at
// a time.
func migrate(ctx context.Context, db *sql.DB, o driver.Options) error {
	steps, err := o.Steps(Name)
	if err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", migrateLock); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT PRIMARY KEY)"); err != nil {
		return err
	}
	var version int
	if err := tx.QueryRowContext(ctx, "SELECT coalesce(max(version), 0) FROM schema_version").Scan(&version); err != nil {
		return err
	}
	if version > len(steps) {
		return fmt.Errorf("%w: its schema is %d, this program knows %d", driver.ErrNewer, version, len(steps))
	}
	for i := version; i < len(steps); i++ {
		if _, err := tx.ExecContext(ctx, steps[i]); err != nil {
			return fmt.Errorf("schema %d: %w", i+1, err)
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO schema_version (version) VALUES ($1)", i+1); err != nil {
			return err
		}
	}
	return tx.Commit()
}
