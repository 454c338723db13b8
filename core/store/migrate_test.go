package store

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core/store/driver"
	"github.com/frontdesk-im/frontdesk/core/store/sqlite"
)

func TestUpgrade(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Options{Path: dir})
	if err := receive(s, 1); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if copies, _ := filepath.Glob(filepath.Join(dir, "backup", "*")); len(copies) != 0 {
		t.Errorf("copies of a new database: %q", copies)
	}
	known, err := steps(sqlite.Name)
	if err != nil {
		t.Fatal(err)
	}
	upgrade := func(day int, more string) error {
		db, err := sqlite.Open(ctx, driver.Options{Place: dir, Log: s.opt.Log,
			Steps: func(string) ([]string, error) { return append(known, more), nil },
			Now:   func() time.Time { return time.Date(2026, 11, day, 3, 0, 0, 0, time.UTC) }})
		if err == nil {
			err = db.Close()
		}
		return err
	}
	db := raw(t, s.db.Name)
	defer db.Close()

	// A step that fails changes nothing.
	err = upgrade(21, "CREATE TABLE novel (x BIGINT); CREATE TABLE novel (x BIGINT)")
	if err == nil || !strings.Contains(err.Error(), fmt.Sprint("schema ", len(known)+1)) {
		t.Fatalf("a broken step: %v", err)
	}
	if v, n := version(t, db), tables(t, db, "novel"); v != len(known) || n != 0 {
		t.Errorf("after a broken step: schema %d, %d of its tables", v, n)
	}
	if err := upgrade(22, "CREATE TABLE novel (x BIGINT)"); err != nil {
		t.Fatal(err)
	}
	if v, n := version(t, db), tables(t, db, "novel"); v != len(known)+1 || n != 1 {
		t.Errorf("after a step: schema %d, %d of its tables", v, n)
	}

	// The copy that was made before is whole and opens.
	name := filepath.Join(dir, "backup", fmt.Sprintf("frontdesk-schema%d-20261122T030000.000Z.db", len(known)))
	if _, err := os.Stat(name); err != nil {
		t.Fatal(err)
	}
	_, err = Open(ctx, Options{Path: dir})
	if !errors.Is(err, ErrNewer) {
		t.Fatalf("a newer schema: %v", err)
	}
	wantAdvice(t, err, "newer frontdesk", "backup/")
	restored := t.TempDir()
	if err := os.Rename(name, filepath.Join(restored, "frontdesk.db")); err != nil {
		t.Fatal(err)
	}
	s = open(t, Options{Path: restored})
	defer s.Close()
	if n := count(t, s); n != 1 {
		t.Errorf("%d records in the copy", n)
	}
}

// What schema 1 knew as unread still wants a turn.
func TestUpgradeUnread(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Options{Path: dir})
	if err := receive(s, 1); err != nil {
		t.Fatal(err)
	}
	s.Close()
	db := raw(t, s.db.Name)
	if _, err := db.Exec("ALTER TABLE unread DROP COLUMN until; PRAGMA user_version=1"); err != nil {
		t.Fatal(err)
	}
	db.Close()
	s = open(t, Options{Path: dir})
	defer s.Close()
	key, _ := message(1)
	if ks, err := s.Ready(ctx, time.Now(), 10); err != nil || len(ks) != 1 || ks[0] != key {
		t.Errorf("ready: %v, %v", ks, err)
	}
	if c, err := s.Turn(ctx, key, time.Now(), echo); err != nil || string(c.After.Mind) != "1" {
		t.Errorf("the turn read %s, %v", c.After.Mind, err)
	}
}

// raw is the database in file as another program sees it.
func raw(t testing.TB, file string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+file+"?mode=rwc&_txlock=immediate&_pragma=busy_timeout(1000)")
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func version(t *testing.T, db *sql.DB) (n int) {
	t.Helper()
	if err := db.QueryRow("PRAGMA user_version").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func tables(t *testing.T, db *sql.DB, name string) (n int) {
	t.Helper()
	if err := db.QueryRow("SELECT count(*) FROM sqlite_schema WHERE name = $1", name).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// A message that the platform may have seen keeps its ID to itself, even if
// the database is put back to an earlier state.
func TestRestored(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Options{Path: dir})
	s.Close()
	old, err := os.ReadFile(s.db.Name)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for range 3 {
		if err := os.WriteFile(s.db.Name, old, 0o600); err != nil {
			t.Fatal(err)
		}
		s := open(t, Options{Path: dir})
		key, _ := message(0)
		for i := range 3 {
			if err := receive(s, i); err != nil {
				t.Fatal(err)
			}
			c, err := s.Turn(ctx, key, time.Now(), echo)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range c.Deliveries {
				if seen[d.ID] {
					t.Errorf("%s was given out before", d.ID)
				}
				seen[d.ID] = true
			}
		}
		s.Close()
	}
}

// The queries that run all the time must not scan what is stored.
func TestPlans(t *testing.T) {
	s := open(t, Options{Path: t.TempDir()})
	defer s.Close()
	for _, q := range []string{
		rowSQL,
		s.db.Back + "SELECT seq FROM back WHERE kind = 'in'",
		dueSQL + "l.due > 0 AND l.due <= $1 ORDER BY l.due LIMIT $2",
		"SELECT " + pendingCols + " FROM log WHERE conv = $1 AND channel = $2 AND state = 'pending' ORDER BY seq LIMIT 1",
		"SELECT channel, count(*) FROM log WHERE conv = $1 AND state = 'pending' GROUP BY channel",
		unreadSQL,
		wokenSQL,
		"SELECT l.seq FROM log l WHERE l.channel = $1 AND l.ref = $2 AND l.kind = 'out' AND l.ref <> '' ORDER BY l.seq DESC LIMIT 1",
		"SELECT ref FROM log WHERE seq = $1 AND channel = $2 AND kind = 'out'",
		"SELECT t.body FROM ticket t WHERE t.state IN ($1, $2) AND t.state <> 'closed' ORDER BY t.since, t.id",
		"SELECT count(*) FROM ticket WHERE state = 'waiting'",
		"SELECT at FROM log WHERE due > 0 AND due <= $1 ORDER BY due LIMIT 1",
		"SELECT seq, at FROM log ORDER BY seq DESC LIMIT 1",
	} {
		n := 0
		for i := 1; i <= 9; i++ {
			if strings.Contains(q, "$"+string(rune('0'+i))) {
				n = i
			}
		}
		rows, err := s.db.Read.Query("EXPLAIN QUERY PLAN "+q, make([]any, n)...)
		if err != nil {
			t.Fatal(q, err)
		}
		var plan []string
		if err := driver.Each(rows, func(scan func(...any) error) error {
			var a, b, c int
			var text string
			err := scan(&a, &b, &c, &text)
			plan = append(plan, text)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for _, step := range plan {
			whole := strings.HasPrefix(step, "SCAN ") && !strings.HasPrefix(step, "SCAN back") && !strings.HasPrefix(step, "SCAN b") &&
				!strings.Contains(step, "unread_since") && !strings.Contains(step, "SCAN u ") && step != "SCAN log"
			sorts := strings.Contains(step, "TEMP B-TREE") && !strings.Contains(q, "ticket")
			if whole || sorts || step == "SCAN log" && !strings.Contains(q, "DESC LIMIT 1") {
				t.Errorf("%s\n%s", q, strings.Join(plan, "\n"))
			}
		}
	}
}

// SQLite here is C translated to Go against one exact version of its own libc.
// Another version builds, and fails in ways nobody tests.
// https://gitlab.com/cznic/sqlite/-/issues/177
func TestLibc(t *testing.T) {
	list := func(format, module string) string {
		out, err := exec.Command("go", "list", "-m", "-f", format, module).Output()
		if err != nil {
			t.Skip("no go command: ", err)
		}
		return strings.TrimSpace(string(out))
	}
	mod, err := os.ReadFile(list("{{.GoMod}}", "modernc.org/sqlite"))
	if err != nil {
		t.Fatal(err)
	}
	want := regexp.MustCompile(`modernc.org/libc (v\S+)`).FindStringSubmatch(string(mod))
	if want == nil {
		t.Fatal("modernc.org/sqlite does not name a libc")
	}
	if got := list("{{.Version}}", "modernc.org/libc"); got != want[1] {
		t.Errorf("modernc.org/libc is %s, but modernc.org/sqlite wants exactly %s: go get modernc.org/libc@%[2]s", got, want[1])
	}
}
