package card_test

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core/desk/card"
)

var t0 = time.Date(2026, 11, 11, 20, 0, 0, 0, time.UTC)

func TestPosts(t *testing.T) {
	var p card.Posts
	for i, want := range []bool{true, true, false, false, true, true, false} {
		now := t0.Add(time.Duration(i) * 15 * time.Second)
		ok, at := p.Room(now)
		if ok != want || !ok && !at.After(now) {
			t.Errorf("at %d s there is room: %v, at %s", i*15, ok, at)
		}
		if ok {
			p = p.Add(now)
		}
	}
}

// Every text that the code names is in the catalog, in both languages, with the
// same variables, and every text in the catalog is used.
func TestCatalog(t *testing.T) {
	files, err := filepath.Glob("../*.go")
	rooms, err2 := filepath.Glob("../*/*.go")
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	src := ""
	for _, name := range slices.Concat(files, rooms) {
		if strings.HasSuffix(name, "_test.go") || filepath.Base(name) == "catalog.go" {
			continue
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		src += string(b)
	}
	vars := regexp.MustCompile(`\{\w+\}`)
	for id, pair := range card.Catalog() {
		a, b := vars.FindAllString(pair[0], -1), vars.FindAllString(pair[1], -1)
		slices.Sort(a)
		slices.Sort(b)
		if pair[0] == "" || pair[1] == "" || !slices.Equal(slices.Compact(a), slices.Compact(b)) {
			t.Errorf("%s: %q and %q", id, pair[0], pair[1])
		}
		prefix, _, _ := strings.Cut(id, "_")
		if !strings.Contains(src, `"`+id+`"`) && !strings.Contains(src, `"`+prefix+`_"`) {
			t.Errorf("%s is not used", id)
		}
	}
	arg := `[^,"()]+(?:\([^,"()]*\)[^,"()]*)?, `
	used := regexp.MustCompile(`(?:(?:\.of|\.at|card\.Words|[^\w.]Words)\(` + arg + `|(?:notice|refuse|present)\(` + arg + arg + `|button\(` + arg + arg + arg + `|clocked\([^"]+"[^"]+", )"(\w+)"`)
	if n := len(used.FindAllString(src, -1)); n < 80 {
		t.Errorf("only %d uses were found", n)
	}
	for _, m := range used.FindAllStringSubmatch(src, -1) {
		if _, ok := card.Catalog()[m[1]]; !ok && !strings.HasSuffix(m[1], "_") {
			t.Errorf("%s is not in the catalog", m[1])
		}
	}
}
