package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

func backupCommand() *cobra.Command {
	var s setup
	c := &cobra.Command{
		Use:   "backup FOLDER",
		Short: "Copy what is kept into a new folder, while frontdesk runs",
		Long: `Copy the database, as it is at this moment, and the files that people sent into
a new folder. frontdesk may go on running. The copy can be used as --data.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			conf, err := s.load()
			if err != nil {
				return err
			}
			n, err := backup(c.Context(), conf.Data, args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%s: the database, whole, and %d files\n", args[0], n)
			return err
		},
	}
	c.Flags().StringVar(&s.Config, "config", "", "configuration file, for its data")
	c.Flags().StringVar(&s.Data, "data", "", "folder to copy (default ./data)")
	return c
}

// backup copies the data folder from into the new folder to, and checks the
// copy. Files are copied after the database, so that every file it names is
// there; they never change.
func backup(ctx context.Context, from, to string) (files int, err error) {
	file := filepath.Join(from, "frontdesk.db")
	if _, err := os.Stat(file); err != nil {
		return 0, fmt.Errorf("there is no database in %s: %w; name the folder with --data", from, unpath(err))
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return 0, err
	}
	if err := os.Mkdir(to, 0o700); err != nil {
		return 0, fmt.Errorf("%s cannot be made: %w; name a folder that does not exist yet", to, unpath(err))
	}
	defer func() {
		if err != nil { // half a copy must not be taken for one
			err = errors.Join(err, os.RemoveAll(to))
		}
	}()
	copied := filepath.Join(to, "frontdesk.db")
	if err := query(ctx, file, patience, func(db *sql.DB) error {
		_, err := db.ExecContext(ctx, "VACUUM INTO ?", copied)
		return err
	}); err != nil {
		return 0, err
	}
	if err := os.Chmod(copied, 0o600); err != nil {
		return 0, err
	}
	if err := whole(ctx, copied); err != nil {
		return 0, err
	}
	return copyFiles(filepath.Join(from, "blobs"), filepath.Join(to, "blobs"))
}

// query opens a database for reading only. busy is how long it waits for
// somebody who holds it.
func query(ctx context.Context, file string, busy time.Duration, f func(*sql.DB) error) error {
	uri := url.URL{
		Scheme: "file", Opaque: (&url.URL{Path: filepath.ToSlash(file)}).EscapedPath(),
		RawQuery: fmt.Sprintf("mode=ro&_pragma=busy_timeout(%d)", busy.Milliseconds()),
	}
	db, err := sql.Open("sqlite", uri.String())
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	if err := db.PingContext(ctx); err != nil {
		return err
	}
	return f(db)
}

// whole reports what is wrong with a database, if anything is.
func whole(ctx context.Context, file string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	return query(ctx, file, patience, func(db *sql.DB) error {
		var said string
		if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&said); err != nil {
			return err
		}
		if said != "ok" {
			return errors.New(said)
		}
		return nil
	})
}

// copyFiles copies a folder, less what is still being written.
func copyFiles(from, to string) (n int, err error) {
	err = filepath.WalkDir(from, func(name string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // no files were ever sent, or this one was removed meanwhile
		}
		if err != nil || d.IsDir() || strings.HasSuffix(name, ".part") {
			return err
		}
		rel, err := filepath.Rel(from, name)
		if err != nil {
			return err
		}
		n++
		return copyFile(name, filepath.Join(to, rel))
	})
	return n, err
}

func copyFile(from, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}
