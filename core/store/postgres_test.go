package store

import (
	"errors"
	"strings"
	"testing"

	"github.com/frontdesk-im/frontdesk/core/store/pgtest"
	"github.com/frontdesk-im/frontdesk/core/store/postgres"
)

// What is wrong with a database is said by both, with what to do, and never with
// the password.
func TestPostgresWrong(t *testing.T) {
	url := pgtest.New(t)
	word := "hidden-word"
	pgtest.Exec(t, url, "CREATE USER secret PASSWORD 'another'", "CREATE USER guest",
		"CREATE DATABASE ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0", "CREATE USER hasty", "ALTER USER hasty SET synchronous_commit = off")
	other := func(database string) string {
		return url[:strings.LastIndex(url, "/")+1] + database + url[strings.Index(url, "?"):]
	}
	for what, c := range map[string]struct{ url, want, do string }{
		"no URL":              {"postgres://a:" + word + "@[", "does not read as a URL", "%XX"},
		"nobody there":        {"postgres://a:" + word + "@127.0.0.1:1/x", "a@127.0.0.1:1/x", "is the server up"},
		"wrong password":      {pgtest.As(t, url, "secret", word), "secret", "mend the user's name and password"},
		"no such database":    {other("nothing"), "nothing", "createdb"},
		"no rights":           {pgtest.As(t, url, "guest", ""), "guest", "OWNER TO user"},
		"another encoding":    {other("ascii"), "SQL_ASCII", "ENCODING 'UTF8'"},
		"answers before disk": {pgtest.As(t, url, "hasty", ""), "synchronous_commit", "set synchronous_commit to on"},
	} {
		t.Run(what, func(t *testing.T) {
			_, err := postgres.Check(ctx, c.url)
			s, err2 := Open(ctx, Options{URL: c.url})
			if s != nil {
				s.Close()
			}
			for _, err := range []error{err, err2} {
				wantAdvice(t, err, c.want, c.do)
				if strings.Contains(err.Error(), word) {
					t.Errorf("it tells the password: %v", err)
				}
			}
		})
	}
	if server, err := postgres.Check(ctx, url); err != nil || !strings.HasPrefix(server, "PostgreSQL 1") {
		t.Errorf("a good one: %q, %v", server, err)
	}
}

// An old program leaves a newer database alone.
func TestPostgresNewer(t *testing.T) {
	url := pgtest.New(t)
	s := open(t, Options{URL: url})
	s.Close()
	pgtest.Exec(t, url, "INSERT INTO schema_version VALUES (1000)")
	if _, err := Open(ctx, Options{URL: url}); !errors.Is(err, ErrNewer) {
		t.Errorf("opened: %v", err)
	}
}
