package app

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/dialog"
	"github.com/frontdesk-im/frontdesk/core/script"
)

// Where several processes share a database, the scripts in force are in it, and all
// have the same ones: who changes its folder publishes, the others take that up.

// A force is which scripts are in force.
type force struct {
	Print string    `json:"print"`          // of the files, see pack
	Past  []string  `json:"past,omitempty"` // of those before, the latest first
	Node  string    `json:"node"`           // who published
	At    time.Time `json:"at"`
}

const (
	forceKey = "scripts/force"
	nextKey  = "scripts/next" // print of what is being trained, so that the others train it too
	filesKey = "scripts/files/"
	seenKey  = "scripts/seen/"
	nodeKey  = "scripts/node/"

	nodeTerm  = 15 * time.Second     // after which a process that says nothing is gone
	seenTerm  = 400 * 24 * time.Hour // how long it is remembered that files were in force
	lookEvery = time.Second          // R: the same on all nodes within 2 s
)

// published is the scripts in the database.
type published struct {
	values core.Values
	node   string
	now    func() time.Time
}

// force is what is in force; false if nothing was published yet.
func (p *published) force(ctx context.Context) (f force, ok bool, err error) {
	v, ok, err := p.values.Get(ctx, forceKey)
	if err != nil || !ok {
		return f, false, err
	}
	if err := json.Unmarshal([]byte(v), &f); err != nil {
		return f, false, fmt.Errorf("which scripts are in force cannot be read: %w", err)
	}
	return f, true, nil
}

// next is the print of files that somebody is about to publish; empty if nobody is.
func (p *published) next(ctx context.Context) (string, error) {
	v, _, err := p.values.Get(ctx, nextKey)
	return v, err
}

// keep keeps files, so that everybody can have them ready.
func (p *published) keep(ctx context.Context, print string, files []byte) error {
	return errors.Join(
		p.values.Put(ctx, filesKey+print, base64.StdEncoding.EncodeToString(files), 0),
		p.values.Put(ctx, nextKey, print, 10*time.Minute),
	)
}

// enforce puts kept files in force for all, and forgets those that no talk is on any
// more.
func (p *published) enforce(ctx context.Context, print string) error {
	was, _, err := p.force(ctx)
	if err != nil {
		return err
	}
	f := force{Print: print, Node: p.node, At: p.now()}
	for _, x := range append([]string{was.Print}, was.Past...) {
		if x != "" && x != print && !slices.Contains(f.Past, x) && len(f.Past) < versionsKept {
			f.Past = append(f.Past, x)
		}
	}
	b, err := json.Marshal(f)
	if err != nil {
		return err
	}
	if err := errors.Join(p.values.Put(ctx, seenKey+print, "", seenTerm), p.values.Put(ctx, forceKey, string(b), 0)); err != nil {
		return err
	}
	return p.forget(ctx, append(f.Past, print))
}

// forget deletes the files of all but prints.
func (p *published) forget(ctx context.Context, prints []string) error {
	next, err := p.next(ctx)
	if err != nil {
		return err
	}
	vs, err := p.values.List(ctx, filesKey, 0)
	for _, v := range vs {
		if x := v.Key[len(filesKey):]; x != next && !slices.Contains(prints, x) {
			err = errors.Join(err, p.values.Delete(ctx, v.Key))
		}
	}
	return err
}

// files are those with a print.
func (p *published) files(ctx context.Context, print string) (fs.FS, error) {
	v, ok, err := p.values.Get(ctx, filesKey+print)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("the scripts %s are no longer kept", print[:min(len(print), 12)])
	}
	b, err := base64.StdEncoding.DecodeString(v)
	if err != nil {
		return nil, err
	}
	return unpack(b)
}

// seen reports whether files were in force before.
func (p *published) seen(ctx context.Context, print string) (bool, error) {
	_, ok, err := p.values.Get(ctx, seenKey+print)
	return ok, err
}

// here says that this process serves; others reports whether another does.
func (p *published) here(ctx context.Context) error {
	return p.values.Put(ctx, nodeKey+p.node, "", nodeTerm)
}

func (p *published) others(ctx context.Context) (bool, error) {
	vs, err := p.values.List(ctx, nodeKey, 0)
	return slices.ContainsFunc(vs, func(v core.Value) bool { return v.Key != nodeKey+p.node }), err
}

// gone says that this process serves no more.
func (p *published) gone(ctx context.Context) error { return p.values.Delete(ctx, nodeKey+p.node) }

// join has this process and those that share p answer by the same scripts. Nobody
// serves here yet.
func (s *scripts) join(ctx context.Context, p *published) error {
	print, archive, err := pack(s.fsys)
	if err != nil {
		return err
	}
	now, known, err := p.force(ctx)
	others, err2 := p.others(ctx)
	seen, err3 := p.seen(ctx, print)
	if err := errors.Join(err, err2, err3, p.here(ctx)); err != nil {
		return err
	}
	s.all, s.force = p, print
	if agreed(print, now, known, others, seen) {
		return errors.Join(p.keep(ctx, print, archive), p.enforce(ctx, print))
	}
	if now.Print != print {
		s.log.Info("other processes have newer scripts in force than this folder; they are taken, change a file here to publish it", "folder", s.dir, "from", now.Node, "since", now.At)
		if err := s.take(ctx, now.Print); err != nil {
			return err
		}
	}
	s.recall(ctx, now.Past)
	return nil
}

// recall has earlier scripts ready for talks that are on them. One that cannot be had
// is no reason not to serve: its talks go on with what is in force.
func (s *scripts) recall(ctx context.Context, prints []string) {
	var past []*dialog.Engine
	for _, x := range prints {
		fsys, err := s.all.files(ctx, x)
		if err == nil {
			var f files
			if f, err = s.read(fsys); err == nil {
				past = append(past, dialog.New(f.book))
			}
		}
		if err != nil {
			s.log.Warn("earlier scripts cannot be read; talks that are on them go on with those in force", "err", err)
		}
	}
	s.past.Store(&past)
}

// take puts files of another process in force here.
func (s *scripts) take(ctx context.Context, print string) error {
	r := s.prepare(ctx, print)
	<-r.loaded
	if r.err != nil {
		return r.err
	}
	s.put(r.files, print)
	return nil
}

// put puts f in force here. mu is held, or nobody else has s yet.
func (s *scripts) put(f files, print string) {
	s.force = print
	s.wait.Store(&f.policies)
	if old := s.book.Load(); old.Version != f.book.Version {
		s.exchange(dialog.New(f.book))
		s.log.Info("scripts reloaded", "from", old.Version, "version", f.book.Version)
	}
}

// publish puts the folder in force, here and for all. mu is held.
func (s *scripts) publish(ctx context.Context) error {
	err := s.publishing(ctx)
	if err != nil && ctx.Err() == nil {
		s.print = "" // try again
		s.log.Error("the changed scripts could not be published, so the old ones stay in force", "err", err)
	}
	return err
}

func (s *scripts) publishing(ctx context.Context) error {
	print, archive, err := pack(s.fsys)
	if err != nil || print == s.force {
		return err
	}
	fsys, err := unpack(archive)
	if err != nil {
		return err
	}
	f, err := s.read(fsys) // what was packed, whatever has changed since
	if err != nil {
		return err
	}
	if err := s.all.keep(ctx, print, archive); err != nil {
		return err
	}
	if s.book.Load().Version != f.book.Version {
		s.trained(ctx, f.book)
	}
	if err := s.all.enforce(ctx, print); err != nil {
		return err
	}
	s.put(f, print)
	return nil
}

// A ready is files that are made ready to be put in force.
type ready struct {
	print        string
	loaded, done chan struct{} // closed when they can be used, and when they are trained
	files        files
	err          error // set before loaded is closed
}

// prepare reads and trains the files of print in the background.
func (s *scripts) prepare(ctx context.Context, print string) *ready {
	r := &ready{print: print, loaded: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(r.done)
		fsys, err := s.all.files(ctx, print)
		if err == nil {
			r.files, err = s.read(fsys)
		}
		r.err = err
		close(r.loaded)
		if err == nil {
			s.trained(ctx, r.files.book)
		}
	}()
	return r
}

// follow takes up what other processes publish, until ctx is done.
func (s *scripts) follow(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	var r *ready
	failed := false
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		var err error
		if r, err = s.look(ctx, r); err == nil && n%5 == 0 {
			err = s.all.here(ctx)
		}
		if err != nil && ctx.Err() == nil && !failed {
			s.log.Error("the scripts that other processes publish cannot be read; this one goes on with what it has", "err", err)
		}
		failed = err != nil
	}
}

// look makes ready what is about to be published, and puts in force what is.
func (s *scripts) look(ctx context.Context, r *ready) (*ready, error) {
	next, err := s.all.next(ctx)
	now, known, err2 := s.all.force(ctx)
	if err := errors.Join(err, err2); err != nil {
		return r, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if next != "" && next != s.force && (r == nil || r.print != next) {
		r = s.prepare(ctx, next)
	}
	if !known || now.Print == s.force {
		return r, nil
	}
	if r == nil || r.print != now.Print {
		r = s.prepare(ctx, now.Print)
	}
	select {
	case <-r.done:
	case <-time.After(lookEvery): // used as it is, and trained meanwhile
	case <-ctx.Done():
		return r, ctx.Err()
	}
	<-r.loaded
	if r.err != nil {
		return nil, r.err
	}
	s.put(r.files, now.Print)
	return r, nil
}

// agreed decides at the start of a process whether its folder is put in force for all.
// Alone it is, as ever. Beside others it is if nobody has ever had it in force: then
// it is newer. A folder that was in force before is an old one, and does not take the
// others back.
func agreed(own string, now force, known, others, seen bool) (publish bool) {
	switch {
	case !known:
		return true
	case own == now.Print:
		return false
	}
	return !others || !seen
}

// pack is all scripts and policies of a folder in one archive, and its print: the
// same for the same files.
func pack(fsys fs.FS) (print string, archive []byte, err error) {
	var buf bytes.Buffer
	z, h := zip.NewWriter(&buf), sha256.New()
	err = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !script.Scripts(name) {
			return err
		}
		b, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(h, "%d %s %d\n", len(name), name, len(b))
		_, _ = h.Write(b)
		w, err := z.Create(name)
		if err != nil {
			return err
		}
		_, err = w.Write(b)
		return err
	})
	if err = errors.Join(err, z.Close()); err != nil {
		return "", nil, err
	}
	return hex.EncodeToString(h.Sum(nil)), buf.Bytes(), nil
}

// mostFiles is how much an archive may hold, unpacked.
const mostFiles = 256 << 20

func unpack(archive []byte) (fs.FS, error) {
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return nil, err
	}
	total := uint64(0)
	for _, f := range z.File {
		if total += f.UncompressedSize64; total > mostFiles {
			return nil, io.ErrShortBuffer
		}
	}
	return z, nil
}
