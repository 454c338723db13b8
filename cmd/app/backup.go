package app

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
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/frontdesk-im/frontdesk/config"
	"github.com/frontdesk-im/frontdesk/core/blobs"
)

// Backup copies the data folder of conf into the new folder to, and checks the
// copy. Files are copied after the database, so that every file it names is
// there; they never change. Files in a bucket stay there.
func Backup(ctx context.Context, conf *config.Config, to string) (files int, err error) {
	from := conf.Data
	if err := aFolder(from); err != nil {
		return 0, err
	}
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
	if conf.Files.S3 != "" {
		return 0, nil
	}
	return copyFiles(mediaFolder(conf), filesOf(to))
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

// atOnce are the files that are copied together: each waits for the disk to have it,
// and a disk writes many in hardly more time than one.
const atOnce = 16

// copyFiles copies a folder of blobs, less those that are still arriving. One that
// is deleted meanwhile is left out.
func copyFiles(from, to string) (int, error) {
	var n atomic.Int64
	var g errgroup.Group
	g.SetLimit(atOnce)
	err := filepath.WalkDir(from, func(name string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // no files were ever sent, or this folder was removed meanwhile
		}
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, name)
		if err != nil {
			return err
		}
		if rel == blobs.Arriving {
			return fs.SkipDir
		}
		if d.IsDir() {
			return nil
		}
		g.Go(func() error {
			err := copyFile(name, filepath.Join(to, rel))
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			n.Add(1)
			return err
		})
		return nil
	})
	err = errors.Join(err, g.Wait())
	return int(n.Load()), err
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}
