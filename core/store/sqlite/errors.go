package sqlite

import (
	"errors"
	"net/url"
	"path/filepath"

	"modernc.org/sqlite"

	"github.com/frontdesk-im/frontdesk/core/store/driver"
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

// Blame implements driver.Engine.
func (e *engine) Blame(err error) driver.Blame {
	switch code(err) {
	case codeIO, codeCorrupt:
		return driver.BlameState
	case codeBusy, codeReadOnly, codeFull, codeCantOpen, codeNotADB:
		return driver.BlameWhole
	}
	return driver.BlamePiece
}

// Advice implements driver.Engine.
func (e *engine) Advice(err error) string {
	switch {
	case errors.Is(err, driver.ErrInUse):
		return "stop the other process, or give this one a data directory of its own (--data)"
	case errors.Is(err, driver.ErrNewer):
		return "run that version, or restore the copy it made under backup/ before it changed the database"
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
	return driver.FileAdvice(err)
}

// uriPath is file as the path of a file: URI.
func uriPath(file string) string {
	return (&url.URL{Path: filepath.ToSlash(file)}).EscapedPath()
}
