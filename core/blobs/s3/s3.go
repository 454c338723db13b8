// Package s3 keeps media in a bucket of an object store that speaks the S3
// protocol: Amazon S3, MinIO, Ceph, Aliyun OSS, Tencent COS.
//
// A blob is one object, named by the prefix and its handle, in the form that
// package blobs says. It is there whole or not at all, for an object appears when
// all of it has arrived. What arrives is gathered in a file first, so that its
// length is known and nothing of it is held in memory.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/blobs"
)

// Options say which bucket, and who asks.
type Options struct {
	URL    string // https://host/bucket, https://host/bucket/prefix
	Key    string // access key
	Secret core.Secret
	Region string            // empty: what the server says
	Spool  string            // folder for what is arriving; empty: the system's
	HTTP   http.RoundTripper // nil: the library's own
}

// A Bucket is a core.Blobs in a bucket. It is safe for concurrent use.
type Bucket struct {
	db     *minio.Client
	name   string
	prefix string
	spool  string
}

var _ core.Blobs = (*Bucket)(nil)

// ErrURL is what Open fails with where the address names no bucket.
var ErrURL = errors.New("s3: the address must look like https://host/bucket or https://host/bucket/prefix, without a key in it")

// split takes an address apart.
func split(address string) (host, bucket, prefix string, plain bool, err error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", "", "", false, ErrURL
	}
	bucket, prefix, _ = strings.Cut(strings.Trim(u.Path, "/"), "/")
	if bucket == "" {
		return "", "", "", false, ErrURL
	}
	if prefix != "" {
		prefix += "/"
	}
	return u.Host, bucket, prefix, u.Scheme == "http", nil
}

// Open makes a Bucket. It asks nobody: Check does.
func Open(o Options) (*Bucket, error) {
	host, bucket, prefix, plain, err := split(o.URL)
	if err != nil {
		return nil, err
	}
	db, err := minio.New(host, &minio.Options{
		Creds: credentials.NewStaticV4(o.Key, string(o.Secret), ""), Secure: !plain, Region: o.Region, Transport: o.HTTP, MaxRetries: 3,
	})
	if err != nil {
		return nil, fmt.Errorf("s3: %w", err)
	}
	return &Bucket{db: db, name: bucket, prefix: prefix, spool: o.Spool}, nil
}

// Check writes an object, reads it and removes it.
func (b *Bucket) Check(ctx context.Context) error {
	m, err := b.Save(ctx, core.Media{Type: "text/plain", Name: "check"}, strings.NewReader("check"), 5)
	if err != nil {
		return err
	}
	f, _, err := b.Open(ctx, m.Handle)
	if err == nil {
		var got []byte
		got, err = io.ReadAll(f)
		if f.Close(); err == nil && string(got) != "check" {
			err = fmt.Errorf("s3: the bucket %s gives back other bytes than it was given", b.name)
		}
	}
	_, gone := b.Remove(ctx, []string{m.Handle})
	return errors.Join(err, gone)
}

// explain adds what to do to what the server says.
func (b *Bucket) explain(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	do := "see whether the object store runs; it is tried again with the next file"
	switch said := minio.ToErrorResponse(err); {
	case said.Code == minio.NoSuchBucket:
		do = "make the bucket, or mend its name in files.s3"
	case said.Code == "RequestTimeTooSkewed":
		do = "set the clock of this machine"
	case said.Code == "AuthorizationHeaderMalformed" || said.Code == "PermanentRedirect":
		do = "look at files.region"
	case said.StatusCode/100 == 4:
		do = "look at files.key and files.secret: they need the rights to read, write, list and delete in the bucket"
	}
	return fmt.Errorf("s3: bucket %s: %w; %s", b.name, err, do)
}

// Save implements core.Blobs. It returns when the server has the blob.
func (b *Bucket) Save(ctx context.Context, m core.Media, r io.Reader, max int64) (core.Media, error) {
	m.Handle, m.Size = blobs.NewHandle(), 0
	f, err := os.CreateTemp(b.spool, "arriving")
	if err != nil {
		return core.Media{}, fmt.Errorf("s3: what arrives cannot be gathered: %w", err)
	}
	defer func() {
		f.Close()
		os.Remove(f.Name())
	}()
	head, err := blobs.Head(m)
	if err != nil {
		return core.Media{}, err
	}
	if _, err = f.Write(head); err != nil {
		return core.Media{}, err
	}
	n, err := io.Copy(f, blobs.Until(ctx, io.LimitReader(r, max+1)))
	if err != nil {
		return core.Media{}, err
	}
	if n > max {
		return core.Media{}, core.ErrTooLarge
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return core.Media{}, err
	}
	if _, err := b.db.PutObject(ctx, b.name, b.prefix+m.Handle, f, int64(len(head))+n, minio.PutObjectOptions{ContentType: "application/octet-stream"}); err != nil {
		return core.Media{}, b.explain(err)
	}
	m.Size = n
	return m, nil
}

// Open implements core.Blobs.
func (b *Bucket) Open(ctx context.Context, handle string) (io.ReadSeekCloser, core.Media, error) {
	if err := ctx.Err(); err != nil {
		return nil, core.Media{}, err
	}
	if !blobs.Named(handle) {
		return nil, core.Media{}, core.ErrNotFound
	}
	o, err := b.db.GetObject(ctx, b.name, b.prefix+handle, minio.GetObjectOptions{})
	if err != nil {
		return nil, core.Media{}, b.explain(err)
	}
	st, err := o.Stat()
	if err != nil {
		o.Close()
		if minio.ToErrorResponse(err).Code == minio.NoSuchKey {
			return nil, core.Media{}, core.ErrNotFound
		}
		return nil, core.Media{}, b.explain(err)
	}
	m, at, err := blobs.ReadHead(o, st.Size)
	if err != nil {
		o.Close()
		return nil, core.Media{}, fmt.Errorf("s3: %s is damaged: %w", handle, err)
	}
	return &object{all: o, from: at}, m, nil
}

// An object is the bytes of a blob, behind its head.
type object struct {
	all  *minio.Object
	from int64
}

func (o *object) Read(p []byte) (int, error) { return o.all.Read(p) }
func (o *object) Close() error               { return o.all.Close() }

// Seek implements io.Seeker.
func (o *object) Seek(offset int64, whence int) (int64, error) {
	if whence == io.SeekStart {
		if offset < 0 {
			return 0, errors.New("s3: seek before the beginning")
		}
		offset += o.from
	}
	at, err := o.all.Seek(offset, whence)
	return at - o.from, err
}

// Remove deletes blobs and returns how many it was told to delete; those that
// are gone already count.
func (b *Bucket) Remove(ctx context.Context, handles []string) (n int, err error) {
	for _, h := range handles {
		if !blobs.Named(h) {
			continue // of another program's making
		}
		if err := b.db.RemoveObject(ctx, b.name, b.prefix+h, minio.RemoveObjectOptions{}); err != nil {
			return n, b.explain(err)
		}
		n++
	}
	return n, nil
}

// Between are the handles of blobs that came after one time and not after
// another, and when the first of them came.
func (b *Bucket) Between(ctx context.Context, after, until time.Time) (handles map[string]bool, first time.Time, err error) {
	handles = map[string]bool{}
	for o := range b.db.ListObjectsIter(ctx, b.name, minio.ListObjectsOptions{Prefix: b.prefix}) {
		if o.Err != nil {
			return nil, time.Time{}, b.explain(o.Err)
		}
		h := strings.TrimPrefix(o.Key, b.prefix)
		if at := o.LastModified; blobs.Named(h) && at.After(after) && !at.After(until) {
			handles[h] = true
			if first.IsZero() || at.Before(first) {
				first = at
			}
		}
	}
	return handles, first, nil
}

// Close implements io.Closer. There is nothing to release.
func (b *Bucket) Close() error { return nil }
