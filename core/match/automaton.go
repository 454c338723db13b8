package match

import "slices"

// automaton finds all occurrences of many words in one pass (Aho-Corasick over symbols: runes, or syllables).
type automaton struct {
	next map[uint64]int32 // state<<32|symbol → state, of the states with several symbols
	sole []edgeTo         // of the states with one: most of them
	root [128]int32       // where the first symbols below lead, 0 nowhere: most steps are such
	fail []int32
	word []int32 // the word that ends in this state, -1 none
	more []int32 // next shorter state on the failure path in which a word ends, -1 none
	size []int32 // symbols of each word
}

// edgeTo is where a symbol leads.
type edgeTo struct{ sym, to int32 }

// occurrence of a word: symbols [from, to).
type occurrence struct{ word, from, to int32 }

func newAutomaton(words [][]int32) *automaton {
	a := &automaton{next: make(map[uint64]int32), fail: []int32{0}, word: []int32{-1}, more: []int32{-1}}
	var edges []edge // parents before children
	for w, syms := range words {
		a.size = append(a.size, int32(len(syms)))
		at := int32(0)
		for _, c := range syms {
			to, ok := a.next[key(at, c)]
			if !ok {
				to = int32(len(a.fail))
				a.next[key(at, c)] = to
				a.fail, a.word, a.more = append(a.fail, 0), append(a.word, -1), append(a.more, -1)
				edges = append(edges, edge{at, to, c})
			}
			at = to
		}
		if at != 0 && a.word[at] < 0 {
			a.word[at] = int32(w)
		}
	}
	for c := range a.root {
		a.root[c] = a.next[key(0, int32(c))]
	}
	a.narrow(edges)
	a.link(edges)
	a.fail, a.word, a.more, a.size = slices.Clone(a.fail), slices.Clone(a.word), slices.Clone(a.more), slices.Clone(a.size) // without room to grow
	return a
}

// An edge leads from a state to another by one symbol.
type edge struct{ from, to, sym int32 }

// narrow takes states with one edge, which are most of them, out of the map.
func (a *automaton) narrow(edges []edge) {
	a.sole = make([]edgeTo, len(a.fail))
	for _, e := range edges {
		if a.sole[e.from].to == 0 {
			a.sole[e.from] = edgeTo{e.sym, e.to}
		} else {
			a.sole[e.from].to = -1 // several
		}
	}
	several := map[uint64]int32{} // made anew: a map keeps the room of what was deleted
	for _, e := range edges {
		if a.sole[e.from].to < 0 {
			several[key(e.from, e.sym)] = e.to
		}
	}
	a.next = several
}

// link sets where a search goes on from a state that has no edge for a symbol, by depth: such a state is always shallower.
func (a *automaton) link(edges []edge) {
	depth := make([]int32, len(a.fail))
	byDepth := make([][]edge, 1)
	for _, e := range edges {
		d := depth[e.from] + 1
		depth[e.to] = d
		for int(d) >= len(byDepth) {
			byDepth = append(byDepth, nil)
		}
		byDepth[d] = append(byDepth[d], e)
	}
	for _, level := range byDepth {
		for _, e := range level {
			if e.from != 0 {
				a.fail[e.to] = a.step(a.fail[e.from], e.sym)
			}
			if f := a.fail[e.to]; a.word[f] >= 0 {
				a.more[e.to] = f
			} else {
				a.more[e.to] = a.more[f]
			}
		}
	}
}

func key(state, sym int32) uint64 { return uint64(uint32(state))<<32 | uint64(uint32(sym)) }

func (a *automaton) step(at, sym int32) int32 {
	for {
		if at == 0 && 0 <= sym && int(sym) < len(a.root) {
			return a.root[sym]
		}
		switch x := a.sole[at]; {
		case x.to > 0:
			if x.sym == sym {
				return x.to
			}
		case x.to < 0:
			if to, ok := a.next[key(at, sym)]; ok {
				return to
			}
		}
		if at == 0 {
			return 0
		}
		at = a.fail[at]
	}
}

// find appends every occurrence to out.
func (a *automaton) find(text []int32, out []occurrence) []occurrence {
	if len(a.fail) == 1 {
		return out
	}
	at := int32(0)
	for i, c := range text {
		at = a.step(at, c)
		s := at
		if a.word[s] < 0 {
			s = a.more[s]
		}
		for ; s > 0; s = a.more[s] {
			w := a.word[s]
			out = append(out, occurrence{w, int32(i) + 1 - a.size[w], int32(i) + 1})
		}
	}
	return out
}
