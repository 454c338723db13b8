package coretest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// BlobKeeper is core.Blobs as the program keeps them.
type BlobKeeper interface {
	core.Blobs
	Between(ctx context.Context, after, until time.Time) (map[string]bool, time.Time, error)
	Remove(ctx context.Context, handles []string) (int, error)
}

// BlobSuite is what whatever keeps blobs has to do. open makes one more end of the
// same keeper: another process's.
func BlobSuite(t *testing.T, open func(*testing.T) BlobKeeper) {
	t.Run("kept", func(t *testing.T) { blobsKept(t, open) })
	t.Run("refused", func(t *testing.T) { blobsRefused(t, open(t)) })
	t.Run("concurrent", func(t *testing.T) { blobsConcurrent(t, open(t)) })
	t.Run("removed", func(t *testing.T) { blobsRemoved(t, open) })
}

func blobsKept(t *testing.T, open func(*testing.T) BlobKeeper) {
	ctx := t.Context()
	b := open(t)
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
	b = open(t)
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
	empty, err := b.Save(ctx, core.Media{}, strings.NewReader(""), 0)
	if err != nil || empty.Size != 0 {
		t.Fatalf("empty: %+v, %v", empty, err)
	}
	e, _, err := b.Open(ctx, empty.Handle)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if rest, err := io.ReadAll(e); err != nil || len(rest) != 0 {
		t.Errorf("an empty one holds %q, %v", rest, err)
	}
}

// A blob that is too large, or whose source or caller gives up, leaves nothing.
func blobsRefused(t *testing.T, b BlobKeeper) {
	ctx := t.Context()
	before, _, err := b.Between(ctx, time.Time{}, time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
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
	after, _, err := b.Between(ctx, time.Time{}, time.Now().Add(time.Hour))
	if err != nil || len(after) != len(before) {
		t.Errorf("%d were there, and are %d now, %v", len(before), len(after), err)
	}
}

func blobsConcurrent(t *testing.T, b BlobKeeper) {
	ctx := t.Context()
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

func blobsRemoved(t *testing.T, open func(*testing.T) BlobKeeper) {
	ctx := t.Context()
	one, two := open(t), open(t)
	m, err := one.Save(ctx, core.Media{}, strings.NewReader("x"), 1)
	if err != nil {
		t.Fatal(err)
	}
	old, _, err := two.Between(ctx, time.Time{}, time.Now().Add(-time.Hour))
	if err != nil || old[m.Handle] {
		t.Errorf("a new one is old: %v", err)
	}
	all, first, err := two.Between(ctx, time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
	if err != nil || !all[m.Handle] || first.IsZero() || time.Since(first) > time.Hour {
		t.Errorf("a new one is not there: %v since %s, %v", all, first, err)
	}
	if n, err := two.Remove(ctx, []string{"../x", m.Handle}); err != nil || n != 1 {
		t.Errorf("removed %d, %v", n, err)
	}
	if _, _, err := one.Open(ctx, m.Handle); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("after it was removed: %v", err)
	}
	if _, err := one.Remove(ctx, []string{m.Handle}); err != nil {
		t.Errorf("removed again: %v", err)
	}
}
