package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"

	"github.com/frontdesk-im/frontdesk/config"
	"github.com/frontdesk-im/frontdesk/core/match"
	"github.com/frontdesk-im/frontdesk/core/reassure"
	"github.com/frontdesk-im/frontdesk/core/script"
)

// ErrSaid ends a command that has said itself what is wrong.
var ErrSaid = errors.New("see above")

// Check writes every fault of the configuration and of the scripts, and what is
// allowed but probably not meant. The error is ErrSaid if there are faults.
func Check(out io.Writer, s Settings) error {
	_, err := checked(out, s)
	return err
}

// Lint is Check, and also writes which samples and entries of the scripts get in
// each other's way.
func Lint(ctx context.Context, out io.Writer, s Settings) error {
	sc, err := checked(out, s)
	if err != nil {
		return err
	}
	found, err := match.Lint(ctx, sc.book.Load().Asked)
	found = slices.DeleteFunc(found, func(f match.Finding) bool { return !f.Plain() })
	for _, f := range found {
		if sc.dir != "" {
			f.Pos = filepath.Join(sc.dir, f.Pos)
		}
		fmt.Fprintln(out, "note:", f)
	}
	return err
}

// checked returns the scripts if nothing is wrong.
func checked(out io.Writer, s Settings) (*scripts, error) {
	var faults []string
	c, err := s.Load()
	if err != nil {
		faults = append(faults, lines(err)...)
		c = config.Default() // the scripts can be looked at all the same
	}
	c.Flows.Dir = cmp.Or(s.Flows, c.Flows.Dir)
	sc, err := openScripts(c, slog.New(slog.DiscardHandler))
	if err != nil {
		faults = append(faults, lines(err)...)
	}
	for _, f := range faults {
		fmt.Fprintln(out, f)
	}
	if len(faults) > 0 {
		fmt.Fprintf(out, "%d to mend\n", len(faults))
		return nil, ErrSaid
	}
	b := sc.book.Load()
	fmt.Fprintf(out, "ok: %s; scripts %s, version %s, topics %s\n", cmp.Or(s.Config, "built-in configuration"),
		cmp.Or(c.Flows.Dir, "of the demo"), b.Version, strings.Join(b.TopicNames(), " "))
	for _, w := range slices.Concat(unheard(c, b.TopicNames()), borrowed(c, b.Book, samples(c, s.makers()))) {
		fmt.Fprintf(out, "note: %s; %s\n", w.what, w.fix)
	}
	for _, w := range b.Warnings {
		fmt.Fprintln(out, "note:", placed(w, c.Flows.Dir))
	}
	return sc, nil
}

// placed puts the folder before the file names of scripts' faults.
func placed(err error, dir string) error {
	if dir == "" {
		return err
	}
	var out []error
	for _, e := range list(err) {
		if p, ok := errors.AsType[script.Problem](e); ok {
			p.File = filepath.Join(dir, p.File)
			e = p
		}
		if p, ok := errors.AsType[*reassure.Problem](e); ok {
			e = &reassure.Problem{File: filepath.Join(dir, p.File), Line: p.Line, Text: p.Text}
		}
		out = append(out, e)
	}
	return errors.Join(out...)
}

// list takes joined errors apart.
func list(err error) (out []error) {
	j, ok := err.(interface{ Unwrap() []error }) //nolint:errorlint // what wraps others is one
	if !ok {
		return []error{err}
	}
	for _, e := range j.Unwrap() {
		out = append(out, list(e)...)
	}
	return out
}

func lines(err error) []string { return strings.Split(strings.TrimSpace(err.Error()), "\n") }
