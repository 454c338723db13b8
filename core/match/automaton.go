package match

// automaton finds all occurrences of many words in one pass (Aho-Corasick over symbols: runes, or syllables).
type automaton struct {
	next map[uint64]int32 // state<<32|symbol → state
	fail []int32
	word []int32 // the word that ends in this state, -1 none
	more []int32 // next shorter state on the failure path in which a word ends, -1 none
	size []int32 // symbols of each word
}

// occurrence of a word: symbols [from, to).
type occurrence struct{ word, from, to int32 }

func newAutomaton(words [][]int32) *automaton {
	a := &automaton{next: make(map[uint64]int32), fail: []int32{0}, word: []int32{-1}, more: []int32{-1}}
	type edge struct {
		from, to int32
		sym      int32
	}
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
	// by depth: a failure target is always shallower
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
	return a
}

func key(state, sym int32) uint64 { return uint64(uint32(state))<<32 | uint64(uint32(sym)) }

func (a *automaton) step(at, sym int32) int32 {
	for {
		if to, ok := a.next[key(at, sym)]; ok {
			return to
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
