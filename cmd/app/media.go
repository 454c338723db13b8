package app

import (
	"path/filepath"

	"github.com/frontdesk-im/frontdesk/config"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/blobs"
	"github.com/frontdesk-im/frontdesk/core/blobs/s3"
	"github.com/frontdesk-im/frontdesk/core/store"
)

// media is what keeps the files that people send, wherever they are kept.
type media interface {
	core.Blobs
	store.Files
	Close() error
}

// mediaFolder is where the configuration keeps files, unless they are in a bucket.
func mediaFolder(conf *config.Config) string {
	if conf.Files.Folder != "" {
		return conf.Files.Folder
	}
	return filesOf(conf.Data)
}

// filesOf is where the files are in a data directory, and in a backup of one.
func filesOf(data string) string { return filepath.Join(data, "blobs") }

// openMedia opens what the configuration says, and makes the folder.
func openMedia(conf *config.Config) (media, error) {
	if conf.Files.S3 != "" {
		return openBucket(conf.Files)
	}
	return blobs.Open(mediaFolder(conf))
}

func openBucket(f config.Files) (*s3.Bucket, error) {
	return s3.Open(s3.Options{URL: f.S3, Key: string(f.Key), Secret: f.Secret, Region: f.Region})
}

// strangers is where customers' files go. In a folder they may fill a part of the
// disk; a bucket has limits of its own.
func (a *app) strangers() core.Blobs {
	f, ok := a.blobs.(*blobs.Folder)
	if !ok {
		return a.blobs
	}
	return &room{Blobs: f, used: f.Size, share: a.conf.Limits.Disk, free: func() (uint64, error) { return diskFree(mediaFolder(a.conf)) }}
}
