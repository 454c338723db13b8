package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/frontdesk-im/frontdesk/core/script"
)

// A folder is a directory that nothing leads out of: links within it are followed,
// those that leave it are errors. It is opened anew for each file, so that a
// folder that is exchanged as a whole is seen.
type folder string

var _ fs.StatFS = folder("")

// Open implements fs.FS.
func (f folder) Open(name string) (fs.File, error) {
	root, err := os.OpenRoot(string(f))
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	return root.Open(name)
}

// Stat implements fs.StatFS: it does not open, for to open a pipe waits for who
// writes into it.
func (f folder) Stat(name string) (fs.FileInfo, error) {
	root, err := os.OpenRoot(string(f))
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	return root.Stat(name)
}

// awaited is what f returns, or ctx's error as soon as ctx is done: a disk that
// does not answer must not keep the program from stopping.
func awaited[T any](ctx context.Context, f func() (T, error)) (T, error) {
	type result struct {
		v   T
		err error
	}
	done := make(chan result, 1)
	go func() {
		v, err := f()
		done <- result{v, err}
	}()
	select {
	case r := <-done:
		return r.v, r.err
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	}
}

// places says where the faults of scripts are, and nothing of what stands there.
func places(err error) string {
	var out []string
	for _, e := range list(err) {
		at := "the folder"
		if p, ok := errors.AsType[script.Problem](e); ok {
			at = p.Pos.String()
		}
		if len(out) == 20 {
			out = append(out, "…")
			break
		}
		out = append(out, at)
	}
	return fmt.Sprintf("faults in %s; the log says which", strings.Join(out, ", "))
}
