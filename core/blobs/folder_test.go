package blobs

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

func open(t *testing.T, dir string) *Folder {
	t.Helper()
	b, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func TestFolder(t *testing.T) {
	dir := t.TempDir()
	coretest.BlobSuite(t, func(t *testing.T) coretest.BlobKeeper { return open(t, dir) })
	left, err := fs.ReadDir(os.DirFS(dir), Arriving)
	if err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// What a crash left is removed by a later start, and what another process is
// writing stays.
func TestAbandoned(t *testing.T) {
	dir := t.TempDir()
	open(t, dir)
	for name, age := range map[string]time.Duration{"half": 25 * time.Hour, "coming": time.Minute} {
		file := filepath.Join(dir, Arriving, name)
		if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		at := time.Now().Add(-age)
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
	}
	open(t, dir)
	left, err := fs.ReadDir(os.DirFS(dir), Arriving)
	if err != nil || len(left) != 1 || left[0].Name() != "coming" {
		t.Errorf("left: %v, %v", left, err)
	}
}

func TestDamaged(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	for _, damage := range []string{"", "\x00", "\xff\xff\xff\xff{}", "\x00\x00\x00\x02{", "\x00\x00\x00\x02[]data"} {
		m, err := b.Save(t.Context(), core.Media{Type: "x"}, strings.NewReader("data"), 10)
		if err != nil {
			t.Fatal(err)
		}
		_, name := place(m.Handle)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(damage), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := b.Open(t.Context(), m.Handle); err == nil || errors.Is(err, core.ErrNotFound) || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%q: %v", damage, err)
		}
	}
}
