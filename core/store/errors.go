package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"syscall"

	"modernc.org/sqlite"
)

// SQLite's result codes, https://www.sqlite.org/rescode.html, that need a word
// of advice.
const (
	codeBusy     = 5
	codeReadOnly = 8
	codeIO       = 10
	codeCorrupt  = 11
	codeFull     = 13
	codeCantOpen = 14
	codeNotADB   = 26
)

// code is SQLite's primary result code, 0 if err has none.
func code(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() & 0xff
	}
	return 0
}

var (
	errInUse = errors.New("another frontdesk is using it")

	// ErrClosed is returned by calls on a closed store.
	ErrClosed = errors.New("store: closed")

	// ErrNewer is returned by Open for a database that a newer program has written.
	ErrNewer = errors.New("the database was written by a newer frontdesk")
)

// A Failure is an error of the database with advice for the operator.
type Failure struct {
	Path string
	Do   string // what to do about it
	Err  error
}

func (f *Failure) Error() string { return fmt.Sprintf("store: %s: %v; %s", f.Path, f.Err, f.Do) }
func (f *Failure) Unwrap() error { return f.Err }

// explain adds what to do to an error of the database.
func (s *Store) explain(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*Failure](err); ok || errors.Is(err, ErrClosed) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	do := advice(err)
	if do == "" {
		return fmt.Errorf("store: %w", err)
	}
	return &Failure{Path: s.file, Do: do, Err: err}
}

func advice(err error) string {
	switch {
	case errors.Is(err, errInUse):
		return "stop the other process, or give this one a data directory of its own (--data)"
	case errors.Is(err, ErrNewer):
		return "run that version, or restore the copy it made under backup/ before it changed the database"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return "make the data directory writable for this user, or choose another (--data)"
	case errors.Is(err, syscall.ENOSPC):
		return "make room on the disk; nothing that was accepted is lost"
	}
	switch code(err) {
	case codeBusy:
		return "another program holds the database; close it (a sqlite3 shell, a backup tool) and try again"
	case codeReadOnly, codeCantOpen:
		return "make the data directory and the files in it writable for this user, or choose another (--data)"
	case codeFull:
		return "the disk is full: make room; nothing that was accepted is lost, and work goes on by itself"
	case codeIO:
		return "the disk reports an error: look at the system log and at the free space; nothing that was accepted is lost"
	case codeCorrupt, codeNotADB:
		return "the file is damaged: stop, keep a copy of the whole data directory, then restore a backup, or try `sqlite3 frontdesk.db .recover`"
	}
	return ""
}

// uriPath is file as the path of a file: URI.
func uriPath(file string) string {
	return (&url.URL{Path: filepath.ToSlash(file)}).EscapedPath()
}
