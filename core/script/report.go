package script

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A report collects what is wrong with a script: faults, with which it can't be
// loaded, and warnings.
type report struct {
	faults   []error
	warnings []Problem
}

func (r *report) fail(at Pos, format string, args ...any) {
	p := Problem{at, fmt.Sprintf(format, args...)}
	if !slices.Contains(r.faults, error(p)) { // a text may be looked at for several reasons
		r.faults = append(r.faults, p)
	}
}

func (r *report) warn(at Pos, format string, args ...any) {
	r.warnings = append(r.warnings, Problem{at, fmt.Sprintf(format, args...)})
}

// take adds errors as faults, each of its own, with its place if it names one.
func (r *report) take(err error) {
	if err != nil {
		r.faults = append(r.faults, split(err)...)
	}
}

// sorted are the faults in the order of their places.
func (r *report) sorted() []error {
	slices.SortStableFunc(r.faults, func(a, b error) int {
		var x, y Problem
		errors.As(a, &x)
		errors.As(b, &y)
		if c := strings.Compare(x.File, y.File); c != 0 {
			return c
		}
		return x.Line - y.Line
	})
	return r.faults
}

// split takes joined errors apart and reads "file:line: text".
func split(err error) []error {
	if j, ok := err.(interface{ Unwrap() []error }); ok {
		var out []error
		for _, e := range j.Unwrap() {
			out = append(out, split(e)...)
		}
		return out
	}
	var p Problem
	parts := strings.SplitN(err.Error(), ":", 3)
	if len(parts) == 3 {
		if _, e := fmt.Sscanf(parts[1], "%d", &p.Line); e == nil {
			p.File, p.Text = parts[0], strings.TrimSpace(parts[2])
			return []error{p}
		}
	}
	return []error{err}
}
