package s3

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

func open(t *testing.T, s *coretest.S3Server, more string) *Bucket {
	t.Helper()
	b, err := Open(Options{URL: s.URL + more, Key: s.Key, Secret: core.Secret(s.Secret), Spool: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestBucket(t *testing.T) {
	s := coretest.S3(t)
	for _, prefix := range []string{"", "/shop/one"} {
		var ends []*Bucket
		coretest.BlobSuite(t, func(t *testing.T) coretest.BlobKeeper {
			b := open(t, s, prefix)
			ends = append(ends, b)
			return b
		})
		for _, b := range ends {
			if left, err := os.ReadDir(b.spool); err == nil && len(left) != 0 {
				t.Errorf("left where what arrives is gathered: %v", left)
			}
		}
	}
	if err := open(t, s, "").Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// What is wrong is said with what to do, and never with the secret.
func TestWrong(t *testing.T) {
	for _, url := range []string{"", "files", "https://", "https://host", "ftp://host/files", "https://key:word@host/files", "https://host/files?key=x"} {
		if _, err := Open(Options{URL: url}); !errors.Is(err, ErrURL) || strings.Contains(err.Error(), "word@") {
			t.Errorf("%q: %v", url, err)
		}
	}
	s := coretest.S3(t)
	for what, c := range map[string]struct {
		o    Options
		want string
	}{
		"no such bucket": {Options{URL: s.URL + "x", Key: s.Key, Secret: core.Secret(s.Secret)}, "make the bucket"},
		"wrong secret":   {Options{URL: s.URL, Key: s.Key, Secret: "not-this-word"}, "files.secret"},
		"wrong key":      {Options{URL: s.URL, Key: "nobody", Secret: core.Secret(s.Secret)}, "files.key"},
	} {
		b, err := Open(c.o)
		if err != nil {
			t.Fatal(err)
		}
		err = b.Check(t.Context())
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), string(c.o.Secret)) {
			t.Errorf("%s: %v", what, err)
		}
	}
	b := open(t, s, "")
	s.Kill()
	if err := b.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "whether the object store runs") {
		t.Errorf("a server that is gone: %v", err)
	}
}
