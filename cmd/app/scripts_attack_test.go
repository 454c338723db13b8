//go:build unix

package app

import (
	"context"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/frontdesk-im/frontdesk/config"
	"github.com/frontdesk-im/frontdesk/core/script"
	"github.com/frontdesk-im/frontdesk/flows"
)

// Script files that never end, are none, lead out of the folder, are far too large
// or written in who knows what are refused with a word that helps, by bounded
// memory and at once: a pipe that was opened would hang this test.
func TestHostileScripts(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "secret.yaml")
	if err := os.WriteFile(outside, []byte("entries: [{id: secretword}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	write := func(b string) func(string) error {
		return func(name string) error { return os.WriteFile(name, []byte(b), 0o600) }
	}
	for name, x := range map[string]struct {
		put  func(name string) error
		want string
	}{
		"pipe":     {func(name string) error { return syscall.Mkfifo(name, 0o600) }, "pipe"},
		"endless":  {func(name string) error { return os.Symlink("/dev/zero", name) }, "leads out of the folder"},
		"link":     {func(name string) error { return os.Symlink(outside, name) }, "leads out of the folder"},
		"dangling": {func(name string) error { return os.Symlink("nowhere.yaml", name) }, "leads nowhere"},
		"sparse":   {func(name string) error { return errorsOf(write("")(name), os.Truncate(name, 1<<40)) }, "over 1 MB"},
		"dashes":   {write(strings.Repeat("- a\n", 1<<18-1)), "over 50000 lines"},
		"many":     {write(strings.Repeat("- a\n", 49_000)), "must be a block of keys"},
		"brackets": {write(strings.Repeat("[", 1<<20)), "nested too deeply"},
		"words":    {write("entries: [" + strings.Repeat("a, ", 300_000) + "]"), "over 50000 lines"},
		"binary":   {write("\x7fELF\x00\x01\x02\x03\xff"), "neither UTF-8 nor GB18030"},
		"latin":    {write("title: caf\xe9 \xe0 la cr\xe8me, d\xe9j\xe0 vu \xfc\xf6\xe4 \xdf\n"), "neither UTF-8 nor GB18030"},
		"big5":     {write("title: \xb1z\xa6n\xa1A\xbd\xd0\xb0\xdd\xb3o\xad\xd3\xb0\xd3\xab~\xac\xb0\xa4\xb0\xbb\xf2\xc1\xd9\xa8S\xb5o\xb3f\n"), "neither UTF-8 nor GB18030"},
	} {
		dir := t.TempDir()
		if err := x.put(filepath.Join(dir, "shop.yaml")); err != nil {
			t.Fatal(name, err)
		}
		c := config.Default()
		c.Flows.Dir = dir
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		_, err := openScripts(c, slog.New(slog.DiscardHandler))
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), x.want) || strings.Contains(err.Error(), "secretword") {
			t.Errorf("%s: %.300v, want %q", name, err, x.want)
		}
		if mb := (after.HeapSys - before.HeapSys) >> 20; after.HeapSys > before.HeapSys && mb > 100 {
			t.Errorf("%s: %d MB more", name, mb)
		}
	}
}

func errorsOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// Links within the folder are followed, as Kubernetes makes them, and hidden
// folders are not looked into.
func TestLinkedScripts(t *testing.T) {
	dir := t.TempDir()
	real := filepath.Join(dir, "..2026_11_30")
	if err := errorsOf(os.Mkdir(real, 0o700), os.WriteFile(filepath.Join(real, "shop.yaml"), []byte(smallShop), 0o600),
		os.Symlink("..2026_11_30", filepath.Join(dir, "..data")), os.Symlink("..data/shop.yaml", filepath.Join(dir, "shop.yaml"))); err != nil {
		t.Fatal(err)
	}
	c := config.Default()
	c.Flows.Dir = dir
	s, err := openScripts(c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	print := fingerprint(s.fsys)
	if err := os.WriteFile(filepath.Join(real, "shop.yaml"), []byte(smallShop+"# changed\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if fingerprint(s.fsys) == print {
		t.Error("a change of what a link leads to is not seen")
	}
}

// stuck is a disk that does not answer.
type stuck struct{ let chan struct{} }

func (s stuck) Open(string) (fs.File, error) { <-s.let; return nil, fs.ErrNotExist }

// Who asks the program to stop is obeyed although the scripts do not load.
func TestStopWhileLoading(t *testing.T) {
	disk := stuck{make(chan struct{})}
	defer close(disk.let)
	s := &scripts{fsys: disk, opt: script.Options{Base: flows.FS}, log: slog.New(slog.DiscardHandler)}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 2)
	go func() { done <- s.reload(ctx) }()
	go func() { s.watch(ctx, time.Millisecond); done <- nil }()
	cancel()
	<-done
	<-done
}

// What /readyz says of faults is where they are, not what stands there.
func TestPlaces(t *testing.T) {
	_, err := script.Load(fstest.MapFS{"a.yaml": {Data: []byte("entries:\n  - {id: a, titel: secretword, answer: x}\n")}}, script.Options{Base: flows.FS})
	if got := places(err); strings.Contains(got, "secretword") || strings.Contains(got, "titel") || !strings.Contains(got, "a.yaml:2") {
		t.Error(got)
	}
}
