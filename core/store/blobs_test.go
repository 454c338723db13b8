package store

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/frontdesk-im/frontdesk/core"
)

func blobs(t *testing.T, dir string) *Blobs {
	t.Helper()
	b, err := OpenBlobs(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// files are the blobs' files, finished or not.
func files(t *testing.T, dir string) (out []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(dir), "blobs", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			out = append(out, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestBlobs(t *testing.T) {
	dir := t.TempDir()
	b := blobs(t, dir)
	data := bytes.Repeat([]byte("<script>\x00"), 10_000)
	want := core.Media{Type: "image/png", Name: "a/../b.png", Words: "字"}
	m, err := b.Save(ctx, want, bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	if m.Handle == "" || m.Size != int64(len(data)) || m.Type != want.Type || m.Name != want.Name {
		t.Errorf("saved %+v", m)
	}
	again, err := b.Save(ctx, want, bytes.NewReader(data), 1<<20)
	if err != nil || again.Handle == m.Handle {
		t.Errorf("again: %+v, %v", again, err)
	}
	b = blobs(t, dir)
	r, got, err := b.Open(ctx, m.Handle)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got != m {
		t.Errorf("opened %+v, saved %+v", got, m)
	}
	if err := iotest.TestReader(r, data); err != nil {
		t.Error(err)
	}
	if _, err := r.Seek(-8, io.SeekEnd); err != nil {
		t.Error(err)
	}
	if tail, err := io.ReadAll(r); err != nil || string(tail) != "script>\x00" {
		t.Errorf("tail %q, %v", tail, err)
	}
	for _, handle := range []string{"", "x", "../frontdesk.db", "..", strings.Repeat("a", 26), strings.Repeat("../", 9)[:26], m.Handle + "a", strings.ToUpper(m.Handle)} {
		if _, _, err := b.Open(ctx, handle); !errors.Is(err, core.ErrNotFound) {
			t.Errorf("Open(%q): %v", handle, err)
		}
	}
	if empty, err := b.Save(ctx, core.Media{}, strings.NewReader(""), 0); err != nil || empty.Size != 0 {
		t.Errorf("empty: %+v, %v", empty, err)
	}
}

// A blob that is too large, or whose source or caller gives up, leaves nothing.
func TestBlobsRefused(t *testing.T) {
	dir := t.TempDir()
	b := blobs(t, dir)
	if _, err := b.Save(ctx, core.Media{}, strings.NewReader("12345"), 4); !errors.Is(err, core.ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
	oops := errors.New("oops")
	if _, err := b.Save(ctx, core.Media{}, io.MultiReader(strings.NewReader("123"), iotest.ErrReader(oops)), 100); !errors.Is(err, oops) {
		t.Errorf("source: %v", err)
	}
	done, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := b.Save(done, core.Media{}, strings.NewReader("123"), 100); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if got := files(t, dir); len(got) != 0 {
		t.Errorf("left: %q", got)
	}
	// What a crash left is removed at the next start.
	if err := os.WriteFile(filepath.Join(dir, "blobs", "new", "half"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	blobs(t, dir)
	if got := files(t, dir); len(got) != 0 {
		t.Errorf("left after a crash: %q", got)
	}
}

func TestBlobsDamaged(t *testing.T) {
	dir := t.TempDir()
	b := blobs(t, dir)
	for _, damage := range []string{"", "\x00", "\xff\xff\xff\xff{}", "\x00\x00\x00\x02{", "\x00\x00\x00\x02[]data"} {
		m, err := b.Save(ctx, core.Media{Type: "x"}, strings.NewReader("data"), 10)
		if err != nil {
			t.Fatal(err)
		}
		_, name := place(m.Handle)
		if err := os.WriteFile(filepath.Join(dir, "blobs", name), []byte(damage), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := b.Open(ctx, m.Handle); err == nil || errors.Is(err, core.ErrNotFound) || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%q: %v", damage, err)
		}
	}
}

func TestBlobsConcurrent(t *testing.T) {
	b := blobs(t, t.TempDir())
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			want := strings.Repeat(string(rune('a'+i)), 1000)
			m, err := b.Save(ctx, core.Media{}, strings.NewReader(want), 1000)
			if err != nil {
				t.Error(err)
				return
			}
			r, _, err := b.Open(ctx, m.Handle)
			if err != nil {
				t.Error(err)
				return
			}
			defer r.Close()
			if got, err := io.ReadAll(r); err != nil || string(got) != want {
				t.Errorf("%d bytes, %v", len(got), err)
			}
		})
	}
	wg.Wait()
}
