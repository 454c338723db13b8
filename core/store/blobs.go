package store

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

	"github.com/frontdesk-im/frontdesk/core"
)

// Blobs keeps media as files, under two levels of folders named by the
// beginning of the handle. A file starts with a line of JSON, the Media.
type Blobs struct{ root *os.Root }

var _ core.Blobs = (*Blobs)(nil)

// OpenBlobs opens, and makes if needed, the folder blobs in the data directory
// path, and removes what a crash left unfinished there.
func OpenBlobs(path string) (*Blobs, error) {
	dir := filepath.Join(path, "blobs")
	if err := os.MkdirAll(filepath.Join(dir, "new"), 0o700); err != nil {
		return nil, blobError(dir, err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, blobError(dir, err)
	}
	left, err := fs.ReadDir(root.FS(), "new")
	for _, e := range left {
		err = errors.Join(err, root.Remove("new/"+e.Name()))
	}
	if err != nil {
		root.Close()
		return nil, blobError(dir, err)
	}
	return &Blobs{root}, nil
}

// Close releases the folder.
func (b *Blobs) Close() error { return b.root.Close() }

func blobError(name string, err error) error {
	do := advice(err)
	if do == "" {
		return fmt.Errorf("blobs: %w", err)
	}
	return &Failure{Path: name, Do: do, Err: err}
}

// Save implements core.Blobs. It returns when the blob is on disk.
func (b *Blobs) Save(ctx context.Context, m core.Media, r io.Reader, max int64) (core.Media, error) {
	handle := strings.ToLower(rand.Text())
	m.Handle, m.Size = handle, 0
	part := "new/" + handle
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
		return core.Media{}, blobError(b.root.Name(), err)
	}
	m.Size = n
	return m, nil
}

// write writes a blob's file and flushes it. It returns the blob's size.
func (b *Blobs) write(ctx context.Context, name string, m core.Media, r io.Reader) (n int64, err error) {
	head, err := json.Marshal(m)
	if err != nil {
		return 0, err
	}
	f, err := b.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(head))), head...)); err != nil {
		return 0, err
	}
	if n, err = io.Copy(f, reader{ctx, r}); err != nil {
		return n, err
	}
	return n, f.Sync()
}

// reader stops reading when ctx is done.
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
func (b *Blobs) keep(part, handle string) error {
	dir, name := place(handle)
	if err := b.root.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := b.root.Rename(part, name); err != nil {
		return err
	}
	return errors.Join(syncDir(filepath.Join(b.root.Name(), dir)), syncDir(b.root.Name()))
}

func place(handle string) (dir, name string) { return handle[:2], handle[:2] + "/" + handle }

// Open implements core.Blobs.
func (b *Blobs) Open(ctx context.Context, handle string) (io.ReadSeekCloser, core.Media, error) {
	if err := ctx.Err(); err != nil {
		return nil, core.Media{}, err
	}
	if len(handle) != len(rand.Text()) || strings.Trim(handle, "abcdefghijklmnopqrstuvwxyz234567") != "" {
		return nil, core.Media{}, core.ErrNotFound
	}
	_, name := place(handle)
	f, err := b.root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, core.Media{}, core.ErrNotFound
	}
	if err != nil {
		return nil, core.Media{}, blobError(b.root.Name(), err)
	}
	x, m, err := openBlob(f)
	if err != nil {
		f.Close()
		return nil, core.Media{}, blobError(b.root.Name(), fmt.Errorf("%s is damaged: %w", handle, err))
	}
	return x, m, nil
}

type blob struct {
	*io.SectionReader
	io.Closer
}

func openBlob(f *os.File) (io.ReadSeekCloser, core.Media, error) {
	var m core.Media
	fi, err := f.Stat()
	if err != nil {
		return nil, m, err
	}
	var size [4]byte
	if _, err := io.ReadFull(f, size[:]); err != nil {
		return nil, m, err
	}
	at := int64(len(size)) + int64(binary.BigEndian.Uint32(size[:]))
	if at > fi.Size() {
		return nil, m, io.ErrUnexpectedEOF
	}
	head := make([]byte, at-int64(len(size)))
	if _, err := io.ReadFull(f, head); err != nil {
		return nil, m, err
	}
	if err := json.Unmarshal(head, &m); err != nil {
		return nil, m, err
	}
	m.Size = fi.Size() - at
	return blob{io.NewSectionReader(f, at, m.Size), f}, m, nil
}
