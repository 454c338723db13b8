package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"sort"
	"strconv"
	"strings"
	"sync/atomic"
)

// ids turns a seq into a message's ID and back.
type ids struct {
	last   atomic.Int64 // seq given out last
	epochs []epoch      // ascending by first; fixed once the store is open
}

type epoch struct {
	first  int64
	prefix string
}

func (x *ids) load(ctx context.Context, db *sql.DB) error {
	rows, err := db.QueryContext(ctx, "SELECT first, prefix FROM epoch ORDER BY id")
	if err != nil {
		return err
	}
	return each(rows, func(scan func(...any) error) error {
		var e epoch
		if err := scan(&e.first, &e.prefix); err != nil {
			return err
		}
		x.add(e)
		return nil
	})
}

// add starts a new epoch. Epochs during which nothing was recorded are
// forgotten: the next one begins with the same seq.
func (x *ids) add(e epoch) {
	for n := len(x.epochs); n > 0 && x.epochs[n-1].first >= e.first; n-- {
		x.epochs = x.epochs[:n-1]
	}
	x.epochs = append(x.epochs, e)
}

func newPrefix() string { return strings.ToLower(rand.Text()[:10]) }

func (x *ids) next() int64 { return x.last.Add(1) }

func (x *ids) prefix(seq int64) string {
	i := sort.Search(len(x.epochs), func(i int) bool { return x.epochs[i].first > seq })
	if i == 0 {
		return ""
	}
	return x.epochs[i-1].prefix
}

// name is the ID of record seq.
func (x *ids) name(seq int64) string { return x.prefix(seq) + "-" + strconv.FormatInt(seq, 36) }

// seq is the record that id names; ok is false if it is none of ours.
func (x *ids) seq(id string) (seq int64, ok bool) {
	prefix, n, found := strings.Cut(id, "-")
	seq, err := strconv.ParseInt(n, 36, 64)
	return seq, found && err == nil && seq > 0 && x.prefix(seq) == prefix && x.name(seq) == id
}
