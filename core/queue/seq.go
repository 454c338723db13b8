package queue

import (
	"slices"
	"sort"
)

// An item is a ticket's place in the order: by key, then by ord.
type item struct {
	key  int64 // virtual arrival, see Line.key
	ord  uint32
	slot int32
}

func (a item) before(b item) bool {
	return a.key < b.key || a.key == b.key && int32(a.ord-b.ord) < 0
}

const blockSize = 256

// A block is a run of items in order, block.items[lo:hi].
type block struct {
	lo, hi int
	items  [blockSize]item
}

func (b *block) live() []item { return b.items[b.lo:b.hi] }

// A seq keeps items in order: blocks of up to blockSize. Adding at the end and
// taking from the front are O(1), anything else O(√n)-ish with small constants;
// 16 bytes an item.
type seq struct {
	blocks []*block // none is empty
	last   []item   // the greatest item of each block: searched without touching the block
	count  []int32  // items in each block
	n      int
	spare  *block // one that has become empty
}

func (s *seq) len() int { return s.n }

// head returns the first item.
func (s *seq) head() (item, bool) {
	if s.n == 0 {
		return item{}, false
	}
	b := s.blocks[0]
	return b.items[b.lo], true
}

// find returns the block in which it is or would be; len(blocks) if it is
// beyond all of them.
func (s *seq) find(it item) int {
	if n := len(s.last); n > 0 && s.last[n-1].before(it) {
		return n
	}
	return sort.Search(len(s.last), func(i int) bool { return !s.last[i].before(it) })
}

// add puts it where it belongs. Runs of items that grow at their end, as those
// of each class do, end up in full blocks.
func (s *seq) add(it item) {
	s.n++
	i, at := s.find(it), 0
	if i < len(s.blocks) {
		at = place(s.blocks[i].live(), it)
	}
	switch {
	case at == 0 && i > 0 && s.blocks[i-1].room():
		b := s.blocks[i-1]
		b.items[b.hi] = it
		b.hi++
		s.note(i - 1)
	case i < len(s.blocks) && at == 0 && s.blocks[i].lo > 0:
		b := s.blocks[i]
		b.lo--
		b.items[b.lo] = it
		s.note(i)
	case i < len(s.blocks) && at > 0 && s.blocks[i].room():
		b := s.blocks[i]
		at += b.lo
		copy(b.items[at+1:b.hi+1], b.items[at:b.hi])
		b.items[at] = it
		b.hi++
		s.note(i)
	case at > 0: // no room: a run may be growing here
		s.split(i, at)
		b := s.blocks[i]
		b.items[b.hi] = it
		b.hi++
		s.note(i)
	default:
		b := s.block()
		b.items[0], b.hi = it, 1
		s.insert(i, b)
	}
}

// remove takes it out; it must be there.
func (s *seq) remove(it item) {
	i := s.find(it)
	b := s.blocks[i]
	at := b.lo + place(b.live(), it)
	s.n--
	if at == b.lo {
		b.lo++
	} else {
		copy(b.items[at:], b.items[at+1:b.hi])
		b.hi--
	}
	if b.lo == b.hi {
		s.delete(i)
		return
	}
	s.note(i)
	if s.count[i] < blockSize/4 && i+1 < len(s.blocks) && s.count[i]+s.count[i+1] <= blockSize/2 {
		s.join(i)
	}
}

// rank is how many items are before it, whether or not it is there.
func (s *seq) rank(it item) int {
	i := s.find(it)
	n := 0
	for _, c := range s.count[:min(i, len(s.count))] {
		n += int(c)
	}
	if i < len(s.blocks) {
		n += place(s.blocks[i].live(), it)
	}
	return n
}

// walk calls f with the items in order until it returns false.
func (s *seq) walk(f func(item) bool) {
	for _, b := range s.blocks {
		for _, it := range b.live() {
			if !f(it) {
				return
			}
		}
	}
}

// place is where it is or belongs among items.
func place(items []item, it item) int {
	return sort.Search(len(items), func(i int) bool { return !items[i].before(it) })
}

// room reports whether the block takes another item, and sees to it that it is
// at its end.
func (b *block) room() bool {
	if b.hi < blockSize {
		return true
	}
	if b.lo == 0 {
		return false
	}
	copy(b.items[:], b.items[b.lo:b.hi])
	b.hi -= b.lo
	b.lo = 0
	return true
}

func (s *seq) note(i int) {
	b := s.blocks[i]
	s.last[i], s.count[i] = b.items[b.hi-1], int32(b.hi-b.lo)
}

func (s *seq) insert(i int, b *block) {
	s.blocks = slices.Insert(s.blocks, i, b)
	s.last = slices.Insert(s.last, i, item{})
	s.count = slices.Insert(s.count, i, 0)
	s.note(i)
}

func (s *seq) delete(i int) {
	s.spare = s.blocks[i]
	s.blocks = slices.Delete(s.blocks, i, i+1)
	s.last = slices.Delete(s.last, i, i+1)
	s.count = slices.Delete(s.count, i, i+1)
}

// block returns an empty block.
func (s *seq) block() *block {
	b := s.spare
	if s.spare = nil; b == nil {
		return &block{}
	}
	b.lo, b.hi = 0, 0
	return b
}

// split moves what block i has from at on into a block of its own.
func (s *seq) split(i, at int) {
	b, c := s.blocks[i], s.block()
	c.hi = copy(c.items[:], b.items[b.lo+at:b.hi])
	b.hi -= c.hi
	s.note(i)
	s.insert(i+1, c)
}

func (s *seq) join(i int) {
	b, c := s.blocks[i], s.blocks[i+1]
	copy(b.items[:], b.live())
	b.hi -= b.lo
	b.lo = 0
	b.hi += copy(b.items[b.hi:], c.live())
	s.delete(i + 1)
	s.note(i)
}
