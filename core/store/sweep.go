package store

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// Files are the media that messages carry, wherever they are kept.
type Files interface {
	// Between are the handles of those that came after one time and not after
	// another, and when the first of them came.
	Between(ctx context.Context, after, until time.Time) (handles map[string]bool, first time.Time, err error)
	// Remove deletes files and returns how many there were. Those that are gone
	// already are no error.
	Remove(ctx context.Context, handles []string) (n int, err error)
}

// strayLife is how long a file is kept that no message carries. Whoever lets
// people send a file later than it came must let them for less.
const strayLife = time.Hour

// sweptKey keeps up to when files have been looked at.
const sweptKey = "store/swept"

// Sweep deletes the files that came an hour ago or earlier, since the
// last call, and that no message carries. It returns how many. The first call
// looks at all there are.
func (s *Store) Sweep(ctx context.Context, files Files) (n int, err error) {
	const slack = 10 * time.Minute // between the disk's clock and ours
	now := s.opt.Now()
	text, _, err := s.Get(ctx, sweptKey)
	if err != nil {
		return 0, err
	}
	since, _ := strconv.ParseInt(text, 10, 64) // 0 if there is none
	until := now.Add(-strayLife)
	strays, first, err := files.Between(ctx, fromMicro(since).Add(-slack), until)
	if err != nil {
		return 0, err
	}
	if len(strays) > 0 {
		if err := s.carried(ctx, first.Add(-slack), strays); err != nil {
			return 0, err
		}
		var names []string
		for h := range strays {
			names = append(names, h)
		}
		slices.Sort(names)
		if n, err = files.Remove(ctx, names); err != nil {
			return n, err
		}
	}
	return n, s.Put(ctx, sweptKey, strconv.FormatInt(micro(until), 10), 0)
}

// carried takes the handles that messages filed since a time name off the list.
func (s *Store) carried(ctx context.Context, since time.Time, list map[string]bool) error {
	var from int64
	if err := s.query(ctx, func(scan func(...any) error) error { return scan(&from) },
		"SELECT seq FROM log WHERE at < $1 ORDER BY seq DESC LIMIT 1", micro(since)); err != nil {
		return err
	}
	for {
		var to int64
		if err := s.query(ctx, func(scan func(...any) error) error { return scan(&to) }, stepSQL, from, forgetStep); err != nil || to == 0 {
			return err
		}
		if err := s.query(ctx, func(scan func(...any) error) error {
			var body string
			if err := scan(&body); err != nil {
				return err
			}
			e, err := unpack(core.Key{}, body)
			for _, h := range handles(e) {
				delete(list, h)
			}
			return err
		}, `SELECT body FROM log WHERE seq > $1 AND seq <= $2 AND kind <> 'event' AND body LIKE '%"handle":%'`, from, to); err != nil {
			return err
		}
		from = to
	}
}
