package postgres

import (
	sqldriver "database/sql/driver"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/frontdesk-im/frontdesk/core/store/driver"
)

// PostgreSQL's codes, https://www.postgresql.org/docs/current/errcodes-appendix.html.
const (
	codeSerialization = "40001"
	codeDeadlock      = "40P01"
	codeLock          = "55P03"
	codePassword      = "28P01"
	codeRefused       = "28000"
	codeNoDatabase    = "3D000"
	codeNoRight       = "42501"
	codeNoSchema      = "3F000"
	codeReadOnly      = "25006"
	codeIdle          = "25P03"
	codeDiskFull      = "53100"
	codeMemory        = "53200"
	codeMany          = "53300"
	codeStarting      = "57P03"
)

var (
	errAddress  = errors.New("it does not read as a URL") // the URL itself has a secret
	errOld      = errors.New("the server is older than version 12")
	errRights   = errors.New("this user may not make tables there")
	errEncoding = errors.New("the database does not keep UTF-8")
	errAsync    = errors.New("synchronous_commit is off: what was accepted would be lost with the server")
)

const addressAdvice = "write it as postgres://user:password@host:5432/database, with special characters of the password in %XX, in a variable that store names: ${DATABASE_URL}"

const rightsAdvice = "give it the right: ALTER DATABASE name OWNER TO user, or GRANT CREATE, USAGE ON SCHEMA public TO user"

// code is PostgreSQL's code, empty if err has none.
func code(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// lost reports whether the connection is gone.
func lost(err error) bool {
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	return errors.Is(err, sqldriver.ErrBadConn) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) || err != nil && strings.Contains(err.Error(), "conn closed")
}

// Blame implements driver.Engine.
func (e *engine) Blame(err error) driver.Blame {
	c := code(err)
	switch {
	case c == codeSerialization, c == codeDeadlock, c == codeLock:
		return driver.BlameChance
	case c == codeDiskFull, c == codeMemory, c == codeReadOnly, c == codeNoRight:
		return driver.BlameWhole
	case c == codeIdle, strings.HasPrefix(c, "57P"), strings.HasPrefix(c, "08"), lost(err):
		return driver.BlameState
	}
	return driver.BlamePiece
}

// Advice implements driver.Engine.
func (e *engine) Advice(err error) string {
	switch {
	case errors.Is(err, driver.ErrInUse):
		return "stop the nodes first (one that was killed is missed after 4 s)"
	case errors.Is(err, driver.ErrNewer):
		return "run that version; nothing was changed"
	case errors.Is(err, errOld):
		return "use version 12 or later"
	case errors.Is(err, errEncoding):
		return "make one that does, CREATE DATABASE frontdesk ENCODING 'UTF8' TEMPLATE template0, and name it in store"
	case errors.Is(err, errAsync):
		return "set synchronous_commit to on for this user or database"
	}
	switch code(err) {
	case codePassword, codeRefused:
		return "the server does not let this user in: mend the user's name and password in the variable that store names (${DATABASE_URL}), or the server's pg_hba.conf"
	case codeNoDatabase:
		return "make the database (createdb --encoding=UTF8 --owner=USER NAME), or name another in the variable that store names (${DATABASE_URL})"
	case codeNoRight, codeNoSchema:
		return rightsAdvice
	case codeReadOnly:
		return "this server only reads (a standby, perhaps): name the primary in the variable that store names (${DATABASE_URL})"
	case codeDiskFull:
		return "the server's disk is full: make room there; nothing that was accepted is lost, and work goes on by itself"
	case codeLock:
		return "another program keeps it to itself, perhaps frontdesk move: try again when it is done"
	case codeMemory:
		return "the server is out of memory; nothing that was accepted is lost, and work goes on by itself"
	case codeMany:
		return "the server has no connection left: each node needs 11; raise max_connections, or let fewer others connect"
	case codeStarting:
		return "the server is starting or stopping; work goes on by itself when it is up"
	}
	if lost(err) || os.IsTimeout(err) {
		return "is the server up, and can it be reached from here? Work goes on by itself when it can; its address is in the variable that store names (${DATABASE_URL})"
	}
	return ""
}

// text is s as PostgreSQL takes it: UTF-8 without NUL.
func text(s string) string {
	if strings.IndexByte(s, 0) < 0 && utf8.ValidString(s) {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}
