package eval

import (
	"math/rand/v2"
	"slices"
	"unicode"

	"github.com/frontdesk-im/frontdesk/core/match"
)

// keys are the rows of the keyboard, for slips to a key beside the right one.
var keys = []string{"qwertyuiop", "asdfghjkl", "zxcvbnm"}

// typos writes the questions with n slips in each, always the same ones.
func typos(lines []Line, n int) []Line {
	out := slices.Clone(lines)
	for i := range out {
		rng := rand.New(rand.NewPCG(uint64(i), uint64(n)))
		for range n {
			out[i].Text = slip(out[i].Text, rng)
		}
	}
	return out
}

// slip makes one slip of the keyboard: a letter is left out, doubled, exchanged with the next one or mistyped. A Chinese
// character is mistyped by one that is read the same. What would change nothing, such as to exchange the last letter, is
// another slip. A text of one letter stays.
func slip(text string, rng *rand.Rand) string {
	r := []rune(text)
	var at []int
	for i, c := range r {
		if unicode.IsLetter(c) {
			at = append(at, i)
		}
	}
	if len(at) < 2 {
		return text
	}
	i := at[rng.IntN(len(at))]
	switch rng.IntN(4) {
	case 0:
		return string(slices.Delete(r, i, i+1))
	case 1:
		return string(slices.Insert(r, i, r[i]))
	case 2:
		if i+1 < len(r) && r[i+1] != r[i] {
			r[i], r[i+1] = r[i+1], r[i]
			return string(r)
		}
	}
	c := mistyped(r[i], rng)
	if c == r[i] {
		return string(slices.Delete(r, i, i+1))
	}
	r[i] = c
	return string(r)
}

// mistyped gives what is struck in place of c; c itself if nothing is like it.
func mistyped(c rune, rng *rand.Rand) rune {
	if same := match.Homophones(c); len(same) > 0 {
		return same[rng.IntN(len(same))]
	}
	for _, row := range keys {
		i := slices.Index([]rune(row), unicode.ToLower(c))
		if i < 0 {
			continue
		}
		if i == 0 || i < len(row)-1 && rng.IntN(2) == 0 {
			return rune(row[i+1])
		}
		return rune(row[i-1])
	}
	return c
}
