package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/frontdesk-im/frontdesk/config"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/match/eval"
	"github.com/frontdesk-im/frontdesk/core/play"
	"github.com/frontdesk-im/frontdesk/core/script"
	"github.com/frontdesk-im/frontdesk/core/store"
	"github.com/frontdesk-im/frontdesk/flows"
)

// TestOptions are what conversations are played with.
type TestOptions struct {
	Settings
	Files []string // .chat files; none: all beside the scripts
	Quick bool     // understand as in the first seconds after a start
}

// Test plays conversations against the scripts and writes what differs. The
// error is ErrSaid if anything does.
func Test(ctx context.Context, out io.Writer, o TestOptions) error {
	conf, err := o.Load()
	if err != nil {
		return err
	}
	sc, err := openScripts(conf, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	zone, err := time.LoadLocation(conf.Zone)
	if err != nil {
		return err
	}
	model := eval.Plain
	if !o.Quick {
		model = sc.refine(ctx)
	}
	dir, err := os.MkdirTemp("", "frontdesk-test-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	st, err := store.Open(ctx, store.Options{Path: dir})
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }()

	chats, err := chatFiles(conf, o.Files)
	if err != nil {
		return err
	}
	bad := 0
	for _, c := range chats {
		p := play.New(sc.book.Load(), zone)
		made, err := systems(conf, o.makers(), core.Deps{Inbox: p, Views: st, Values: st, Log: slog.New(slog.DiscardHandler), Now: p.Now})
		if err != nil {
			return err
		}
		for name, a := range made {
			p.Connect(name, a)
		}
		faults := p.Play(ctx, c)
		for _, f := range faults {
			fmt.Fprintln(out, f)
		}
		if len(faults) > 0 {
			bad++
			continue
		}
		fmt.Fprintf(out, "ok    %s\n", c.File)
	}
	fmt.Fprintf(out, "%d conversations, %d differ\n%s\n", len(chats), bad, eval.Model(model))
	if bad > 0 {
		return ErrSaid
	}
	return nil
}

// chatFiles reads the files named, or all beside the scripts.
func chatFiles(conf *config.Config, names []string) ([]*script.Chat, error) {
	fsys, dir := fs.FS(flows.FS), ""
	if conf.Flows.Dir != "" {
		fsys, dir = folder(conf.Flows.Dir), conf.Flows.Dir
	}
	read := os.ReadFile
	if len(names) == 0 {
		var err error
		if names, err = fs.Glob(fsys, "*.chat"); err != nil {
			return nil, err
		}
		read = func(name string) ([]byte, error) { return fs.ReadFile(fsys, name) }
	} else {
		dir = ""
	}
	var out []*script.Chat
	var errs []error
	for _, name := range names {
		b, err := read(name)
		if err == nil {
			var c *script.Chat
			if c, err = script.ParseChat(filepath.Join(dir, name), b); err == nil {
				out = append(out, c)
			}
		}
		errs = append(errs, err)
	}
	if len(names) == 0 {
		errs = append(errs, errors.New("there are no .chat files here; make one with: frontdesk chat --record first.chat"))
	}
	return out, errors.Join(errs...)
}
