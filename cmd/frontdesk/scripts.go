package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/frontdesk-im/frontdesk/config"
	"github.com/frontdesk-im/frontdesk/core/dialog"
	"github.com/frontdesk-im/frontdesk/flows"
)

// scripts are the flows in force. They are exchanged as a whole: a turn sees
// the old or the new, and files with faults leave the old ones in force.
type scripts struct {
	fsys fs.FS
	opt  dialog.Options
	log  *slog.Logger
	book atomic.Pointer[dialog.Book]

	mu    sync.Mutex // one reload at a time
	print string     // fingerprint of the files last tried
	err   error      // of the last try
}

// openScripts loads the folder that c names, else the demo.
func openScripts(c *config.Config, log *slog.Logger) (*scripts, error) {
	s := &scripts{fsys: flows.FS, opt: dialog.Options{Base: flows.FS}, log: log}
	if c.Flows.Dir != "" {
		s.fsys = os.DirFS(c.Flows.Dir)
	}
	s.opt.Systems = make([]string, 0, len(c.Systems))
	for name := range c.Systems {
		s.opt.Systems = append(s.opt.Systems, name)
	}
	s.print = fingerprint(s.fsys)
	b, err := dialog.Load(s.fsys, s.opt)
	if err != nil {
		return nil, err
	}
	s.book.Store(b)
	return s, nil
}

// reload loads the files again. The old scripts stay in force if that fails.
func (s *scripts) reload(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.print = fingerprint(s.fsys)
	b, err := dialog.Load(s.fsys, s.opt)
	s.err = err
	if err != nil {
		faults := lines(err)
		s.log.Error("the changed scripts have faults, so the old ones stay in force", "version", s.book.Load().Version, "faults", len(faults))
		for _, f := range faults[:min(len(faults), 20)] {
			s.log.Error("a fault in the scripts", "fault", f)
		}
		return err
	}
	if old := s.book.Load(); old.Version == b.Version {
		return nil
	}
	if err := b.Refine(ctx); err != nil && ctx.Err() == nil {
		s.log.Warn("the new scripts are understood a little less well than they could be", "err", err)
	}
	old := s.book.Swap(b)
	s.log.Info("scripts reloaded", "from", old.Version, "version", b.Version)
	return nil
}

// refine improves the understanding of the scripts in force. A reload does it
// for the new ones.
func (s *scripts) refine(ctx context.Context) {
	if err := s.book.Load().Refine(ctx); err != nil && ctx.Err() == nil {
		s.log.Warn("the scripts are understood a little less well than they could be", "err", err)
	}
	debug.FreeOSMemory() // training takes much more than what it leaves
}

// fault is why the files on disk are not in force, or nil.
func (s *scripts) fault() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// watch reloads when files change, until ctx is done. A change is taken up when
// the files have looked the same twice, so that one being written is left alone.
func (s *scripts) watch(ctx context.Context, every time.Duration) {
	t := time.NewTicker(every)
	defer t.Stop()
	last := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		now := fingerprint(s.fsys)
		s.mu.Lock()
		changed := now != s.print && now == last
		s.mu.Unlock()
		last = now
		if changed {
			_ = s.reload(ctx) // it has logged the fault and keeps it for /readyz
		}
	}
}

// fingerprint changes when a script file does.
func fingerprint(fsys fs.FS) string {
	h := sha256.New()
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".yaml" {
			return err
		}
		st, err := d.Info()
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(h, "%s\x00%d\x00%d\n", name, st.Size(), st.ModTime().UnixNano())
		return err
	})
	if err != nil {
		_, _ = fmt.Fprintf(h, "unreadable: %v", err)
	}
	return string(h.Sum(nil))
}
