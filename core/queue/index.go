package queue

import "hash/maphash"

// A slab keeps tickets in slots, in chunks: entries never move.
type slab struct {
	chunks [][]entry
	spare  []int32 // free slots
	used   int32   // slots ever used
}

const chunkSize = 1024

func (s *slab) entry(slot int32) *entry { return &s.chunks[slot/chunkSize][slot%chunkSize] }

func (s *slab) alloc() int32 {
	if n := len(s.spare); n > 0 {
		slot := s.spare[n-1]
		s.spare = s.spare[:n-1]
		return slot
	}
	if int(s.used) == len(s.chunks)*chunkSize {
		s.chunks = append(s.chunks, make([]entry, chunkSize))
	}
	s.used++
	return s.used - 1
}

func (s *slab) free(slot int32) {
	*s.entry(slot) = entry{}
	s.spare = append(s.spare, slot)
}

// An index finds slots by ticket ID: open addressing, linear probing, 8 bytes a
// cell, at most 7/8 full. The IDs themselves stay in the entries.
type index struct {
	seed  maphash.Seed
	cells []cell // a power of two
	n     int
}

// A cell holds slot+1; 0 is free.
type cell struct {
	hash uint32
	slot int32
}

func newIndex() index { return index{seed: maphash.MakeSeed(), cells: make([]cell, 64)} }

func (x *index) hash(id string) uint32 { return uint32(maphash.String(x.seed, id) >> 32) }

// find returns the slot of id, or -1.
func (x *index) find(s *slab, id string) int32 { return x.slot(s, id, x.hash(id)) }

func (x *index) slot(s *slab, id string, h uint32) int32 {
	if i := x.at(s, id, h); i >= 0 {
		return x.cells[i].slot - 1
	}
	return -1
}

func (x *index) at(s *slab, id string, h uint32) int {
	mask := len(x.cells) - 1
	for i := int(h) & mask; ; i = (i + 1) & mask {
		c := x.cells[i]
		if c.slot == 0 {
			return -1
		}
		if c.hash == h && s.entry(c.slot-1).id == id {
			return i
		}
	}
}

// add files slot under an ID with hash h, which must not be there.
func (x *index) add(h uint32, slot int32) {
	if x.n+1 > len(x.cells)/8*7 {
		old := x.cells
		x.cells = make([]cell, 2*len(old))
		for _, c := range old {
			if c.slot != 0 {
				x.put(c)
			}
		}
	}
	x.put(cell{h, slot + 1})
	x.n++
}

func (x *index) put(c cell) {
	mask := len(x.cells) - 1
	i := int(c.hash) & mask
	for x.cells[i].slot != 0 {
		i = (i + 1) & mask
	}
	x.cells[i] = c
}

// remove forgets id with hash h, if it is there, and closes the gap.
func (x *index) remove(s *slab, id string, h uint32) {
	i := x.at(s, id, h)
	if i < 0 {
		return
	}
	x.n--
	mask := len(x.cells) - 1
	for j := i; ; {
		j = (j + 1) & mask
		c := x.cells[j]
		if c.slot == 0 {
			break
		}
		if home := int(c.hash) & mask; (j-home)&mask >= (j-i)&mask {
			x.cells[i] = c
			i = j
		}
	}
	x.cells[i] = cell{}
}
