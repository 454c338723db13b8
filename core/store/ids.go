package store

import (
	"sort"
	"strconv"
	"strings"

	"github.com/frontdesk-im/frontdesk/core/store/driver"
)

// ids turns a seq into a message's ID and back.
type ids struct {
	epochs []driver.Epoch // ascending by First; fixed once the store is open
}

// add starts a new epoch. Epochs during which nothing was recorded are
// forgotten: the next one begins with the same seq.
func (x *ids) add(e driver.Epoch) {
	for n := len(x.epochs); n > 0 && x.epochs[n-1].First >= e.First; n-- {
		x.epochs = x.epochs[:n-1]
	}
	x.epochs = append(x.epochs, e)
}

func (x *ids) prefix(seq int64) string {
	i := sort.Search(len(x.epochs), func(i int) bool { return x.epochs[i].First > seq })
	if i == 0 {
		return ""
	}
	return x.epochs[i-1].Prefix
}

// name is the ID of record seq.
func (x *ids) name(seq int64) string { return x.prefix(seq) + "-" + strconv.FormatInt(seq, 36) }

// seq is the record that id names; ok is false if it is none of ours.
func (x *ids) seq(id string) (seq int64, ok bool) {
	prefix, n, found := strings.Cut(id, "-")
	seq, err := strconv.ParseInt(n, 36, 64)
	return seq, found && err == nil && seq > 0 && x.prefix(seq) == prefix && x.name(seq) == id
}
