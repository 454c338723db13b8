package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"

	"github.com/frontdesk-im/frontdesk/core/disk"
	"github.com/frontdesk-im/frontdesk/core/store/driver"
)

// migrate brings the database up to date, one transaction a step.
func migrate(ctx context.Context, db *sql.DB, o driver.Options) error {
	steps, err := o.Steps(Name)
	if err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, "PRAGMA journal_mode=WAL"); err != nil {
		return err
	}
	var version int
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	if version > len(steps) {
		return fmt.Errorf("%w: its schema is %d, this program knows %d", driver.ErrNewer, version, len(steps))
	}
	if version > 0 && version < len(steps) {
		name, err := backup(ctx, db, o, version)
		if err != nil {
			return fmt.Errorf("copying the database before schema %d → %d: %w", version, len(steps), err)
		}
		o.Log.Info("database copied before its schema is changed", "copy", name, "from", version, "to", len(steps))
	}
	for i := version; i < len(steps); i++ {
		if err := step(ctx, db, i+1, steps[i]); err != nil {
			return fmt.Errorf("schema %d: %w", i+1, err)
		}
	}
	return nil
}

// current reports a schema that is not this program's.
func current(ctx context.Context, db *sql.DB, o driver.Options) error {
	steps, err := o.Steps(Name)
	if err != nil {
		return err
	}
	var version int
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	switch {
	case version > len(steps):
		return fmt.Errorf("%w: its schema is %d, this program knows %d", driver.ErrNewer, version, len(steps))
	case version < len(steps):
		return fmt.Errorf("its schema is %d, this program's %d; start this version of frontdesk once, or use the version that runs", version, len(steps))
	}
	return nil
}

func step(ctx context.Context, db *sql.DB, version int, text string) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, text); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version=%d", version)); err != nil {
		return err
	}
	return tx.Commit()
}

// backup copies the database to backup/ and returns the copy's name. VACUUM
// INTO gives a consistent copy with everything that is in the write-ahead log.
func backup(ctx context.Context, db *sql.DB, o driver.Options, version int) (string, error) {
	dir := filepath.Join(o.Place, "backup")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	name := filepath.Join(dir, fmt.Sprintf("frontdesk-schema%d-%s.db", version, o.Now().UTC().Format("20060102T150405.000Z")))
	part := name + ".part"
	if err := os.Remove(part); err != nil && !os.IsNotExist(err) {
		return "", err
	}
	if _, err := db.ExecContext(ctx, "VACUUM INTO $1", part); err != nil {
		return "", err
	}
	if err := disk.SyncFile(part); err != nil {
		return "", err
	}
	if err := os.Rename(part, name); err != nil {
		return "", err
	}
	return name, disk.SyncDir(dir)
}
