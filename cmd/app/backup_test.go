package app

import (
	"bytes"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/frontdesk-im/frontdesk/config"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/blobs"
	"github.com/frontdesk-im/frontdesk/core/coretest"
	"github.com/frontdesk-im/frontdesk/core/store"
)

// Sixty backups while files arrive are all clean: every file in them is whole, and
// what was kept before is there. Each file costs a disk a moment, so there are never
// more than some dozens: sixty backups of all that sixty rounds bring would be 14,000.
func TestBackupDuringUploads(t *testing.T) {
	const folders = 10
	times := len(slices.Collect(coretest.Sample(t, 60, 20))) / folders
	for range folders {
		backUp(t, times)
	}
}

// backUp makes backups of one folder while files arrive in it.
func backUp(t *testing.T, times int) {
	data := t.TempDir()
	s, err := store.Open(t.Context(), store.Options{Path: data})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	media, err := blobs.Open(filepath.Join(data, "blobs"))
	if err != nil {
		t.Fatal(err)
	}
	defer media.Close()
	body := bytes.Repeat([]byte("backup "), 2000)
	save := func() string {
		m, err := media.Save(t.Context(), core.Media{Type: "text/plain"}, bytes.NewReader(body), 1<<20)
		if err != nil {
			t.Error(err)
		}
		return m.Handle
	}
	kept := []string{save()}
	for i := range times {
		arriving := make(chan string, 8)
		var senders sync.WaitGroup
		for range 4 {
			senders.Go(func() { arriving <- save(); arriving <- save() })
		}
		to := filepath.Join(t.TempDir(), strconv.Itoa(i))
		n, err := Backup(t.Context(), &config.Config{Data: data}, to)
		senders.Wait()
		if err != nil {
			t.Fatalf("backup %d: %v", i, err)
		}
		if n < len(kept) || n > len(kept)+cap(arriving) {
			t.Errorf("backup %d: %d files are said to be copied; there were %d, and %d arrived meanwhile", i, n, len(kept), cap(arriving))
		}
		intact(t, to, kept, body)
		close(arriving)
		for h := range arriving {
			kept = append(kept, h)
		}
	}
}

// intact checks that a copied folder has the blobs of handles, and no other kind
// of file.
func intact(t *testing.T, folder string, handles []string, body []byte) {
	t.Helper()
	half, err := filepath.Glob(filepath.Join(folder, "blobs", blobs.Arriving, "*"))
	if err != nil || len(half) > 0 {
		t.Errorf("files were copied while they arrived: %v %v", half, err)
	}
	media, err := blobs.Open(filepath.Join(folder, "blobs")) // which would clear away what is half there
	if err != nil {
		t.Fatal(err)
	}
	defer media.Close()
	for _, h := range handles {
		f, _, err := media.Open(t.Context(), h)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(f)
		if err := errors.Join(err, f.Close()); err != nil || !bytes.Equal(got, body) {
			t.Errorf("a copied file has %d bytes of %d: %v", len(got), len(body), err)
		}
	}
}
