package console

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestBuilt fails if the pages' sources were changed and not built.
func TestBuilt(t *testing.T) {
	names := []string{"index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts"}
	for _, dir := range []string{"web/src", "web/public"} {
		err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && !strings.Contains(d.Name(), ".test.") {
				names = append(names, strings.TrimPrefix(filepath.ToSlash(name), "web/"))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(names)
	sum := sha256.New()
	for _, name := range names {
		b, err := os.ReadFile("web/" + name)
		if err != nil {
			t.Fatal(err)
		}
		one := sha256.Sum256(b)
		fmt.Fprintf(sum, "%s\n%s\n", name, hex.EncodeToString(one[:]))
	}
	want, err := fs.ReadFile(built, "dist/.inputs")
	if err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != strings.TrimSpace(string(want)) {
		t.Errorf("the pages are not built from their sources: cd adapters/console/web && npm ci && npm run build (now %s)", got)
	}
}

// TestSize holds what a browser loads at first.
func TestSize(t *testing.T) {
	total := 0
	err := fs.WalkDir(built, "dist", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(built, name)
		if err != nil {
			return err
		}
		if strings.HasSuffix(name, ".map") {
			t.Error("a source map is shipped:", name)
		}
		var z bytes.Buffer
		w := gzip.NewWriter(&z)
		if _, err := w.Write(b); err != nil {
			return err
		}
		if err := w.Close(); err != nil {
			return err
		}
		total += z.Len()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if total > 450_000 {
		t.Errorf("the pages are %d bytes compressed, more than 450 kB", total)
	}
}
