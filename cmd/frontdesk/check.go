package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"

	"github.com/frontdesk-im/frontdesk/config"
	"github.com/frontdesk-im/frontdesk/core/dialog"
	"github.com/frontdesk-im/frontdesk/core/match"
)

// check reports every fault of the configuration and of the scripts.
func check(out io.Writer, s setup) error {
	var faults []string
	c, err := s.load()
	if err != nil {
		faults = append(faults, lines(err)...)
		c = config.Default() // the scripts can be looked at all the same
	}
	c.Flows.Dir = cmp.Or(s.Flows, c.Flows.Dir)
	sc, err := openScripts(c, slog.New(slog.DiscardHandler))
	if err != nil {
		faults = append(faults, lines(placed(err, c.Flows.Dir))...)
	}
	for _, f := range faults {
		fmt.Fprintln(out, f)
	}
	if len(faults) > 0 {
		fmt.Fprintf(out, "%d to mend\n", len(faults))
		return errSaid
	}
	b := sc.book.Load()
	fmt.Fprintf(out, "ok: %s; scripts %s, version %s, topics %s\n", cmp.Or(s.Config, "built-in configuration"),
		cmp.Or(c.Flows.Dir, "of the demo"), b.Version, strings.Join(b.Topics(), " "))
	for _, w := range unheard(c, b.Topics()) {
		fmt.Fprintln(out, "note:", w)
	}
	s.Flows = c.Flows.Dir
	return advise(out, b, s)
}

// advise prints what is allowed in the scripts but probably not meant: what the
// loader noticed, and samples and entries that get in each other's way.
func advise(out io.Writer, b *dialog.Book, s setup) error {
	dir := s.Flows
	for _, w := range b.Warnings {
		fmt.Fprintln(out, "note:", placed(w, dir))
	}
	if !s.Lint {
		return nil
	}
	found, err := match.Lint(context.Background(), b.Entries())
	for _, f := range found {
		if dir != "" {
			f.Pos = filepath.Join(dir, f.Pos)
		}
		fmt.Fprintln(out, "note:", f)
	}
	return err
}

// placed puts the folder before the file names of scripts' faults.
func placed(err error, dir string) error {
	if dir == "" {
		return err
	}
	var out []error
	for _, e := range list(err) {
		if p, ok := errors.AsType[dialog.Problem](e); ok {
			p.File = filepath.Join(dir, p.File)
			e = p
		}
		out = append(out, e)
	}
	return errors.Join(out...)
}

// list takes joined errors apart.
func list(err error) []error {
	if j, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // only the outermost is meant
		return j.Unwrap()
	}
	return []error{err}
}

func lines(err error) []string { return strings.Split(strings.TrimSpace(err.Error()), "\n") }
