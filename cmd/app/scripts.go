package app

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/frontdesk-im/frontdesk/config"
	"github.com/frontdesk-im/frontdesk/core/dialog"
	"github.com/frontdesk-im/frontdesk/core/match/eval"
	"github.com/frontdesk-im/frontdesk/core/reassure"
	"github.com/frontdesk-im/frontdesk/core/script"
	"github.com/frontdesk-im/frontdesk/flows"
)

// scripts are the flows in force. They are exchanged as a whole: a turn sees
// the old or the new, and files with faults leave the old ones in force.
type scripts struct {
	dir  string // empty: the demo's
	fsys fs.FS
	opt  script.Options
	log  *slog.Logger
	book atomic.Pointer[dialog.Engine]
	past atomic.Pointer[[]*dialog.Engine] // those in force before, the latest first
	wait atomic.Pointer[reassure.Policies]

	mu    sync.Mutex // one reload at a time
	print string     // fingerprint of the files last tried
	err   error      // of the last try

	all   *published // nil: no other process has the same
	force string     // print of what is in force here, if all is set
}

// openScripts loads the folder that c names, else the demo. Its error has the
// places of all faults.
func openScripts(c *config.Config, log *slog.Logger) (*scripts, error) {
	fsys, opt, err := scriptsOf(c)
	if err != nil {
		return nil, err
	}
	s := &scripts{dir: c.Flows.Dir, fsys: fsys, opt: opt, log: log}
	b, err := s.load(context.Background())
	if err != nil {
		return nil, placed(err, s.dir)
	}
	s.book.Store(dialog.New(b.book))
	s.wait.Store(&b.policies)
	return s, nil
}

// policies are what those who wait are told, as it is in force.
func (s *scripts) policies() reassure.Policies { return *s.wait.Load() }

// scriptsOf says where the scripts of a configuration are, and how they are read.
func scriptsOf(c *config.Config) (fs.FS, script.Options, error) {
	opt := script.Options{Base: flows.FS, Systems: slices.AppendSeq([]string{}, maps.Keys(c.Systems))}
	if c.Flows.Dir == "" {
		return flows.FS, opt, nil
	}
	return folder(c.Flows.Dir), opt, ofScripts(c.Flows.Dir)
}

// ofScripts reports what is wrong with a folder of scripts as a whole.
func ofScripts(dir string) error {
	const do = "name the folder of your scripts with --flows or as flows.dir, or leave it out for the demo's / 请用 --flows 或 flows.dir 写对话术文件夹，不写就用演示话术"
	switch st, err := os.Stat(dir); {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no folder %s; %s", dir, do)
	case err != nil:
		return fmt.Errorf("the scripts in %s cannot be read: %w; %s", dir, unpath(err), do)
	case !st.IsDir():
		return fmt.Errorf("%s is a file; %s", dir, do)
	}
	return nil
}

// versionsKept is how many earlier scripts are kept for talks that are in one of
// their flows.
const versionsKept = 2

// of gives the script of a version, for a talk that is in one of its flows: the
// one in force for an empty version and for one that is no longer kept.
func (s *scripts) of(version string) *dialog.Engine {
	now := s.book.Load()
	if past := s.past.Load(); version != "" && version != now.Version && past != nil {
		for _, e := range *past {
			if e.Version == version {
				return e
			}
		}
	}
	return now
}

// exchange puts b in force.
func (s *scripts) exchange(b *dialog.Engine) (old *dialog.Engine) {
	old = s.book.Load()
	past := []*dialog.Engine{old}
	if p := s.past.Load(); p != nil {
		past = append(past, *p...)
	}
	past = slices.DeleteFunc(past, func(e *dialog.Engine) bool { return e.Version == b.Version })
	past = slices.Clip(past[:min(len(past), versionsKept)])
	s.past.Store(&past)
	s.book.Store(b)
	return old
}

// files are the scripts and policies of a folder at one moment.
type files struct {
	print    string
	book     *script.Book
	policies reassure.Policies
}

// load reads the files as they are now. mu is held, or nobody else has s yet.
func (s *scripts) load(ctx context.Context) (files, error) {
	f, err := awaited(ctx, func() (files, error) {
		print := fingerprint(s.fsys)
		f, err := s.read(s.fsys)
		f.print = print
		return f, err
	})
	if ctx.Err() == nil {
		s.print = f.print
	}
	return f, err
}

// read reads what is in fsys.
func (s *scripts) read(fsys fs.FS) (f files, err error) {
	var bad error
	f.book, err = script.Load(fsys, s.opt)
	f.policies, bad = reassure.Load(fsys, flows.Policies)
	return f, errors.Join(err, bad)
}

// reload loads the files again. The old scripts stay in force if that fails.
func (s *scripts) reload(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.load(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	torn := s.err != nil
	s.err = err
	if err != nil {
		faults := lines(err)
		s.log.Error("the changed scripts have faults, so the old ones stay in force", "version", s.book.Load().Version, "faults", len(faults))
		for _, f := range faults[:min(len(faults), 20)] {
			s.log.Error("a fault in the scripts", "fault", f)
		}
		return err
	}
	if s.all != nil {
		return s.publish(ctx)
	}
	b := f.book
	s.wait.Store(&f.policies)
	if old := s.book.Load(); old.Version == b.Version {
		if torn {
			s.log.Info("the faults in the scripts are gone; the files are what is in force", "version", b.Version)
		}
		return nil
	}
	model := s.trained(ctx, b)
	old := s.exchange(dialog.New(b))
	s.log.Info("scripts reloaded", "from", old.Version, "version", b.Version, "model", model)
	return nil
}

// refine improves the understanding of the scripts in force, and says which
// model they have then. A reload does it for the new ones.
func (s *scripts) refine(ctx context.Context) (model string) {
	saving.begin()
	defer saving.end()
	b := s.book.Load().Book
	model = s.trained(ctx, b)
	s.log.Info("what understands the scripts is trained", "version", b.Version, "model", model)
	debug.FreeOSMemory() // training takes much more than what it leaves
	return model
}

// trained trains the understanding of b to the end, and says which model it has
// then.
func (s *scripts) trained(ctx context.Context, b *script.Book) (model string) {
	err := b.Matcher.Refine(ctx)
	if err == nil {
		return eval.Refined
	}
	if ctx.Err() == nil {
		s.log.Warn("the scripts are understood a little less well than they could be", "err", err)
	}
	return eval.Plain
}

// saving collects garbage sooner while anything is trained: training makes much
// of it, and memory is dearer than a second. How often it is collected is one
// setting of the whole process, in which several programs may be training.
var saving thrift

type thrift struct {
	mu  sync.Mutex
	n   int // of those who train
	was int // the setting before the first of them
}

func (t *thrift) begin() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.n++; t.n == 1 {
		t.was = debug.SetGCPercent(25)
	}
}

func (t *thrift) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.n--; t.n == 0 {
		debug.SetGCPercent(t.was)
	}
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
		now, err := awaited(ctx, func() (string, error) { return fingerprint(s.fsys), nil })
		if err != nil {
			return
		}
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
		if err != nil || d.IsDir() || !script.Scripts(name) {
			return err
		}
		st, err := fs.Stat(fsys, name)
		if err != nil { // a link that leads nowhere, or one that leaves: loading tells
			_, err := fmt.Fprintf(h, "%s\x00unreadable\n", name)
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
