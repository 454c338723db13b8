package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Problem is one fault of a file and what to do about it. It never contains
// the value of a secret or of a variable.
type Problem struct {
	File string
	Line int
	Col  int
	Path string // of the key, "channels.web.origins[0]"; empty for the file
	What string
	Do   string
}

func (p Problem) Error() string {
	s := fmt.Sprintf("%s:%d:%d: ", p.File, p.Line, p.Col)
	if p.Path != "" {
		s += p.Path + ": "
	}
	s += p.What
	if p.Do != "" {
		s += "; " + p.Do
	}
	return s
}

// Problems are all faults of a file, in the order of the file.
type Problems struct {
	file string
	List []Problem
}

func (p *Problems) Error() string {
	rows := make([]string, len(p.List))
	for i, x := range p.List {
		rows[i] = x.Error()
	}
	return strings.Join(rows, "\n")
}

func (p *Problems) add(at pos, path, what, do string) {
	p.List = append(p.List, Problem{p.file, at.line, at.col, path, what, do})
}

// err returns p sorted, or nil if there is nothing in it.
func (p *Problems) err() error {
	if len(p.List) == 0 {
		return nil
	}
	slices.SortStableFunc(p.List, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col), cmp.Compare(a.What, b.What))
	})
	p.List = slices.Compact(p.List)
	return p
}

// near says which of the words was probably meant.
func near(got string, words []string) string {
	best, dist := "", 1+utf8.RuneCountInString(got)/3
	for _, w := range slices.Sorted(slices.Values(words)) {
		if d := distance(strings.ToLower(got), w); d <= dist && d < max(2, len(w)) {
			if best == "" || d < dist {
				best, dist = w, d
			}
		}
	}
	if best != "" {
		return fmt.Sprintf("did you mean %s?", best)
	}
	if len(words) == 0 {
		return "remove it"
	}
	return "write one of " + strings.Join(slices.Sorted(slices.Values(words)), ", ")
}

// distance counts the letters to insert, remove, replace or swap with their
// neighbour to turn a into b.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x) > 64 || len(y) > 64 {
		return 64
	}
	two, one := make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range one {
		one[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row := make([]int, len(y)+1)
		row[0] = i
		for j := 1; j <= len(y); j++ {
			miss := 1
			if x[i-1] == y[j-1] {
				miss = 0
			}
			row[j] = min(row[j-1]+1, one[j]+1, one[j-1]+miss)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], two[j-2]+1)
			}
		}
		two, one = one, row
	}
	return one[len(y)]
}
