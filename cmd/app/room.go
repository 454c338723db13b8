package app

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// A room is customers' blobs, which may fill a part of the disk and no more:
// whoever finds the page can send files.
type room struct {
	core.Blobs
	used  func() (int64, error)  // by all blobs; costly
	free  func() (uint64, error) // on the disk
	share int                    // percent that blobs may have of used and free together

	mu     sync.Mutex
	looked time.Time
	size   int64 // used when it was looked at, and what has come since
	coming int64 // most that those under way may bring
}

// lookAgain is how long a figure of what is used is good for.
const lookAgain = 10 * time.Minute

// Save implements core.Blobs. It fails with core.ErrFull before anything is read
// if max bytes more would be too many.
func (r *room) Save(ctx context.Context, m core.Media, in io.Reader, max int64) (core.Media, error) {
	if err := r.enter(max); err != nil {
		return core.Media{}, err
	}
	saved, err := r.Blobs.Save(ctx, m, in, max)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.coming -= max
	r.size += saved.Size
	return saved, err
}

func (r *room) enter(n int64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.looked) > lookAgain {
		size, err := r.used()
		if err != nil {
			return err
		}
		r.size, r.looked = size, time.Now()
	}
	free, err := r.free()
	if err == nil && r.size+r.coming+n > (r.size+int64(free))/100*int64(r.share) {
		return core.ErrFull
	}
	r.coming += n // a system that does not tell how much is free has no limit
	return nil
}
