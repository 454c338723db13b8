// Package blobs keeps media as files in a folder, which several processes may
// share. Package s3 beside it keeps them in a bucket, in the same form: a blob is
// the length of a line of JSON (four bytes, big-endian), the line, which is the
// core.Media, and the bytes. Copying the files moves an installation from one to
// the other.
//
// A blob is there whole or not at all: it is written beside its place, flushed,
// and moved. What a crash leaves half written is removed by a later start.
package blobs

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/disk"
)

// Arriving is the folder in a Folder of what is still being written; it is never
// to be copied.
const Arriving = "new"

// abandoned is how old a file must be that is still arriving to be one that a
// crash left: another process may be writing it.
const abandoned = 24 * time.Hour

// A Folder is a core.Blobs in a folder, under two levels of folders named by the
// beginning of the handle.
type Folder struct{ root *os.Root }

var _ core.Blobs = (*Folder)(nil)

// Open opens, and makes if needed, the folder dir, and removes what a crash left
// unfinished there.
func Open(dir string) (*Folder, error) {
	if err := os.MkdirAll(filepath.Join(dir, Arriving), 0o700); err != nil {
		return nil, failure(dir, err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, failure(dir, err)
	}
	if err := clear(root); err != nil {
		root.Close()
		return nil, failure(dir, err)
	}
	return &Folder{root}, nil
}

// clear removes what no process is writing any more.
func clear(root *os.Root) error {
	left, err := fs.ReadDir(root.FS(), Arriving)
	for _, e := range left {
		fi, gone := e.Info()
		if gone == nil && time.Since(fi.ModTime()) > abandoned {
			if e := root.Remove(Arriving + "/" + e.Name()); !errors.Is(e, fs.ErrNotExist) {
				err = errors.Join(err, e)
			}
		}
	}
	return err
}

// Close releases the folder.
func (b *Folder) Close() error { return b.root.Close() }

// failure is an error of the folder name, with advice for the operator where
// there is any.
func failure(name string, err error) error {
	switch {
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("blobs: %s: %w; make the folder and the files in it writable for this user, or choose another", name, err)
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("blobs: %s: %w; make room on the disk; nothing that was accepted is lost", name, err)
	}
	return fmt.Errorf("blobs: %w", err)
}

// Save implements core.Blobs. It returns when the blob is on disk.
func (b *Folder) Save(ctx context.Context, m core.Media, r io.Reader, max int64) (core.Media, error) {
	handle := NewHandle()
	m.Handle, m.Size = handle, 0
	part := Arriving + "/" + handle
	n, err := b.write(ctx, part, m, io.LimitReader(r, max+1))
	if err == nil && n > max {
		err = core.ErrTooLarge
	}
	if err == nil {
		err = b.keep(part, handle)
	}
	if err != nil {
		b.root.Remove(part)
		if errors.Is(err, core.ErrTooLarge) || ctx.Err() != nil {
			return core.Media{}, err
		}
		return core.Media{}, failure(b.root.Name(), err)
	}
	m.Size = n
	return m, nil
}

// write writes a blob's file and flushes it. It returns the blob's size.
func (b *Folder) write(ctx context.Context, name string, m core.Media, r io.Reader) (n int64, err error) {
	head, err := Head(m)
	if err != nil {
		return 0, err
	}
	f, err := b.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(head); err != nil {
		return 0, err
	}
	if n, err = io.Copy(f, Until(ctx, r)); err != nil {
		return n, err
	}
	return n, f.Sync()
}

// Until is r until ctx is done.
func Until(ctx context.Context, r io.Reader) io.Reader { return reader{ctx, r} }

type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// keep moves a finished file to its place, durably.
func (b *Folder) keep(part, handle string) error {
	dir, name := place(handle)
	if err := b.root.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := b.root.Rename(part, name); err != nil {
		return err
	}
	return errors.Join(disk.SyncDir(filepath.Join(b.root.Name(), dir)), disk.SyncDir(b.root.Name()))
}

func place(handle string) (dir, name string) { return handle[:2], handle[:2] + "/" + handle }

// Open implements core.Blobs.
func (b *Folder) Open(ctx context.Context, handle string) (io.ReadSeekCloser, core.Media, error) {
	if err := ctx.Err(); err != nil {
		return nil, core.Media{}, err
	}
	if !Named(handle) {
		return nil, core.Media{}, core.ErrNotFound
	}
	_, name := place(handle)
	f, err := b.root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, core.Media{}, core.ErrNotFound
	}
	if err != nil {
		return nil, core.Media{}, failure(b.root.Name(), err)
	}
	x, m, err := openBlob(f)
	if err != nil {
		f.Close()
		return nil, core.Media{}, failure(b.root.Name(), fmt.Errorf("%s is damaged: %w", handle, err))
	}
	return x, m, nil
}

// Remove deletes blobs and returns how many there were.
func (b *Folder) Remove(ctx context.Context, handles []string) (n int, err error) {
	for _, h := range handles {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		if !Named(h) {
			continue // of another program's making
		}
		_, name := place(h)
		switch err := b.root.Remove(name); {
		case err == nil:
			n++
		case !errors.Is(err, fs.ErrNotExist):
			return n, failure(b.root.Name(), err)
		}
	}
	return n, nil
}

// Size is how many bytes the blobs have on the disk. It looks at each.
func (b *Folder) Size() (n int64, err error) {
	err = fs.WalkDir(b.root.FS(), ".", func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		fi, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil {
			n += fi.Size()
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, failure(b.root.Name(), err)
	}
	return n, nil
}

// Between are the handles of blobs that came after one time and not after
// another, and when the first of them came.
func (b *Folder) Between(ctx context.Context, after, until time.Time) (handles map[string]bool, first time.Time, err error) {
	handles = map[string]bool{}
	err = fs.WalkDir(b.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		if d.IsDir() || !Named(d.Name()) {
			if name == Arriving {
				return fs.SkipDir
			}
			return nil
		}
		fi, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if at := fi.ModTime(); at.After(after) && !at.After(until) {
			handles[d.Name()] = true
			if first.IsZero() || at.Before(first) {
				first = at
			}
		}
		return nil
	})
	return handles, first, err
}

// NewHandle is a handle that cannot be guessed.
func NewHandle() string { return strings.ToLower(rand.Text()) }

// Named reports whether s is a handle of ours.
func Named(s string) bool {
	return len(s) == len(rand.Text()) && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz234567") == ""
}

// Head is what stands before the bytes of a blob.
func Head(m core.Media) ([]byte, error) {
	line, err := json.Marshal(m)
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(line))), line...), err
}

// ReadHead reads what stands before the bytes of a blob that has total bytes
// altogether, and tells where they begin.
func ReadHead(r io.Reader, total int64) (m core.Media, at int64, err error) {
	var size [4]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return m, 0, err
	}
	at = int64(len(size)) + int64(binary.BigEndian.Uint32(size[:]))
	if at > total {
		return m, 0, io.ErrUnexpectedEOF
	}
	line := make([]byte, at-int64(len(size)))
	if _, err := io.ReadFull(r, line); err != nil {
		return m, 0, err
	}
	if err := json.Unmarshal(line, &m); err != nil {
		return m, 0, err
	}
	m.Size = total - at
	return m, at, nil
}

type blob struct {
	*io.SectionReader
	io.Closer
}

func openBlob(f *os.File) (io.ReadSeekCloser, core.Media, error) {
	fi, err := f.Stat()
	if err != nil {
		return nil, core.Media{}, err
	}
	m, at, err := ReadHead(f, fi.Size())
	return blob{io.NewSectionReader(f, at, m.Size), f}, m, err
}
