// Package disk has what was written reach the disk.
package disk

import (
	"errors"
	"os"
	"runtime"
)

// SyncDir makes the names in a directory durable. Windows does that by itself.
func SyncDir(name string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	return SyncFile(name)
}

// SyncFile has what was written to a file reach the disk.
func SyncFile(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
