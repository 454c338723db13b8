package driver

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"
)

var (
	// ErrClosed is returned by calls on a closed store.
	ErrClosed = errors.New("store: closed")

	// ErrInUse is returned for a database that somebody else must leave first.
	ErrInUse = errors.New("another frontdesk is using it")

	// ErrNewer is returned for a database that a newer program has written.
	ErrNewer = errors.New("the database was written by a newer frontdesk")
)

// Explain adds what to do to an error of the database at path, which advice knows.
func Explain(path string, advice func(error) string, err error) error {
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
	return &Failure{Path: path, Do: do, Err: err}
}

// FileAdvice is what to do about an error of the system; empty if that is not known.
func FileAdvice(err error) string {
	switch {
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return "make the data directory writable for this user, or choose another (--data)"
	case errors.Is(err, syscall.ENOSPC):
		return "make room on the disk; nothing that was accepted is lost"
	}
	return ""
}
