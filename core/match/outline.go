package match

import (
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Outlines of sentences: words that follow each other, at most so far apart, and are neither denied nor part of a figure of
// speech. The files that hold them (data/danger.txt, data/person.txt) say how they are written. All words are found in one
// pass over the text; an outline is tried only where words of all its slots stand.

// How far a word of an outline may stand behind the one before.
const (
	gapJoined = iota // only blanks between them
	gapNear          // a few words, in one clause
	gapFar           // in one sentence
	gapAny           // further on in the text
)

// gapWidth is how much may stand in a gap. A Chinese character is four wide, every other one.
var gapWidth = [...]int{gapJoined: 1, gapNear: 16, gapFar: 130, gapAny: 400}

const outlineRunes = 1200 // of a text that are read

// An outline is a sentence in outline.
type outline struct {
	kind  string // what it says; empty for a figure of speech
	slots []slot
	never []int32 // classes that the text must not have
	stops []stop
	first bool // at the beginning of a clause
	last  bool // at its end
}

type slot struct {
	class int32
	gap   int // before it
}

// stop is a class whose words, so close before a slot, take the outline back.
type stop struct {
	class int32
	width int
}

// outlines are a file of them, read.
type outlines struct {
	find  *automaton
	of    [][]int32        // the classes of each word
	class map[string]int32 // the number of a class, by its name, or by the words of a slot
	words map[string]int32
	syms  [][]int32
	says  []outline // those that say something
	none  []outline // figures of speech
	rare  [][]int32 // of each class, those of says that have it as their rarest slot
	plain int32     // the class of words that only hold a stop
	seen  sync.Pool
}

func readOutlines(file string) *outlines {
	o := &outlines{class: map[string]int32{}, words: map[string]int32{}}
	o.plain = o.add("@plain", nil)
	section := outline{}
	for line := range strings.Lines(file) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "["):
			section = o.section(strings.Fields(strings.Trim(line, "[]")))
		case strings.HasPrefix(line, "="):
			name, words, _ := strings.Cut(line[1:], " ")
			o.add("@"+name, strings.Fields(words))
		default:
			o.write(section, line)
		}
	}
	o.find = newAutomaton(o.syms)
	o.index()
	o.seen.New = func() any { return &sighting{at: make([][]occurrence, len(o.class))} }
	o.words, o.syms = nil, nil
	return o
}

// index finds the class of each outline that has the fewest words, so that an outline is only tried where one of them stands.
func (o *outlines) index() {
	words := make([]int, len(o.class))
	for _, of := range o.of {
		for _, c := range of {
			words[c]++
		}
	}
	o.rare = make([][]int32, len(o.class))
	for i, x := range o.says {
		c := x.slots[0].class
		for _, slot := range x.slots {
			if words[slot.class] < words[c] {
				c = slot.class
			}
		}
		o.rare[c] = append(o.rare[c], int32(i))
	}
}

// section is what all outlines under a heading share: [kind class:width !class].
func (o *outlines) section(words []string) (x outline) {
	if words[0] != "none" {
		x.kind = words[0]
	}
	for _, w := range words[1:] {
		if name, ok := strings.CutPrefix(w, "!"); ok {
			x.never = append(x.never, o.add("@"+name, nil))
			continue
		}
		name, width, _ := strings.Cut(w, ":")
		n, _ := strconv.Atoi(width)
		x.stops = append(x.stops, stop{o.add("@"+name, nil), n})
	}
	return x
}

// add puts words into a class and returns its number.

func (o *outlines) add(class string, words []string) int32 {
	n, ok := o.class[class]
	if !ok {
		n = int32(len(o.class))
		o.class[class] = n
	}
	for _, w := range words {
		w = Fold(strings.ReplaceAll(w, "_", " "))
		k, ok := o.words[w]
		if !ok {
			k = int32(len(o.syms))
			o.words[w] = k
			o.syms, o.of = append(o.syms, []int32(w)), append(o.of, nil)
		}
		if !slices.Contains(o.of[k], n) {
			o.of[k] = append(o.of[k], n)
		}
	}
	return n
}

// slot is the class that a word of an outline names: @class, or the words themselves, parted by |, or both. The words of a
// class that stands in a slot with others are known when the slot is read.
func (o *outlines) slot(s string) int32 {
	parts := strings.Split(s, "|")
	if len(parts) == 1 && strings.HasPrefix(s, "@") {
		return o.add(s, nil)
	}
	n, ok := o.class[s]
	if ok {
		return n
	}
	n = o.add(s, slices.DeleteFunc(slices.Clone(parts), func(p string) bool { return strings.HasPrefix(p, "@") }))
	for _, p := range parts {
		if c, ok := o.class[p]; ok && strings.HasPrefix(p, "@") {
			for w, of := range o.of {
				if slices.Contains(of, c) && !slices.Contains(of, n) {
					o.of[w] = append(of, n)
				}
			}
		}
	}
	return n
}

// write adds the outline of a line: two, where its last slot may be the end of the clause instead.
func (o *outlines) write(section outline, line string) {
	if start, ok := strings.CutSuffix(line, "|$"); ok {
		o.write(section, start)
		line = strings.TrimRight(start[:strings.LastIndexByte(start, ' ')], " +.") + " $"
	}
	x := o.outline(section, line)
	if x.kind == "" {
		o.none = append(o.none, x)
	} else {
		o.says = append(o.says, x)
	}
}

func (o *outlines) outline(section outline, line string) outline {
	x := section
	x.never = slices.Clone(section.never)
	gap := gapNear
	for _, s := range strings.Fields(line) {
		switch s {
		case "^":
			x.first = true
		case "$":
			x.last = true
		case "+":
			gap = gapJoined
		case "..":
			gap = gapFar
		case "...":
			gap = gapAny
		default:
			if no, ok := strings.CutPrefix(s, "!"); ok {
				x.never = append(x.never, o.slot(no))
				continue
			}
			x.slots = append(x.slots, slot{o.slot(s), gap})
			gap = gapNear
		}
	}
	return x
}

// sighting is where the words of each class stand in a text.
type sighting struct {
	text  []rune
	all   []occurrence
	at    [][]occurrence // of each class
	used  []int32        // classes that are in the text
	tried []int32        // outlines that may fit
}

// meets finds the first outline that a text fits, and where.
func (o *outlines) meets(text []rune) (kind string, from, to int) {
	s := o.see(text[:min(len(text), outlineRunes)])
	defer o.done(s)
	return s.says(o)
}

// says is the first outline that fits, and where.
func (s *sighting) says(o *outlines) (kind string, from, to int) {
	s.tried = s.tried[:0]
	for _, c := range s.used {
		s.tried = append(s.tried, o.rare[c]...)
	}
	slices.Sort(s.tried)
	for _, i := range s.tried {
		if from, to, ok := s.fits(o, &o.says[i]); ok {
			return o.says[i].kind, from, to
		}
	}
	return "", 0, 0
}

// figures are where figures of speech stand.
func (s *sighting) figures(o *outlines) (out []span) {
	for i := range o.none {
		x := &o.none[i]
		if !s.has(x) {
			continue
		}
		for _, w := range s.at[x.slots[0].class] {
			if to, ok := s.begins(o, x, w); ok {
				out = append(out, span{int(w.from), to})
			}
		}
	}
	return out
}

func (o *outlines) see(text []rune) *sighting {
	s := o.seen.Get().(*sighting)
	s.text, s.all = text, o.find.find(text, s.all[:0])
	for _, w := range s.all {
		if !atWord(text, int(w.from), int(w.to)) {
			continue
		}
		for _, c := range o.of[w.word] {
			if len(s.at[c]) == 0 {
				s.used = append(s.used, c)
			}
			s.at[c] = append(s.at[c], w)
		}
	}
	return s
}

func (o *outlines) done(s *sighting) {
	for _, c := range s.used {
		s.at[c] = s.at[c][:0]
	}
	s.used, s.text = s.used[:0], nil
	o.seen.Put(s)
}

// fits reports where an outline fits the text first.
func (s *sighting) fits(o *outlines, x *outline) (from, to int, ok bool) {
	if !s.has(x) {
		return 0, 0, false
	}
	for _, w := range s.at[x.slots[0].class] {
		if to, ok := s.begins(o, x, w); ok && (x.kind == "" || !s.figure(o, span{int(w.from), to})) {
			return int(w.from), to, true
		}
	}
	return 0, 0, false
}

// has reports whether the text has words for all slots, and none that it must not have.
func (s *sighting) has(x *outline) bool {
	for _, slot := range x.slots {
		if len(s.at[slot.class]) == 0 {
			return false
		}
	}
	for _, c := range x.never {
		if len(s.at[c]) > 0 {
			return false
		}
	}
	return true
}

// begins reports whether an outline begins with the word w, and where it ends.
func (s *sighting) begins(o *outlines, x *outline, w occurrence) (to int, ok bool) {
	from := int(w.from)
	if x.first && !s.opens(from) || s.stopped(o, x, span{0, from}) {
		return 0, false
	}
	return s.follow(o, x, 1, int(w.to))
}

// span of a text, in runes.
type span struct{ from, to int }

// follow fits the slots from i on behind end, and returns where the last one ends.
func (s *sighting) follow(o *outlines, x *outline, i, end int) (int, bool) {
	if i == len(x.slots) {
		return end, !x.last || s.closes(end)
	}
	for _, w := range s.at[x.slots[i].class] {
		gap := span{end, int(w.from)}
		if gap.to < end || !s.near(gap, x.slots[i].gap) || s.stopped(o, x, gap) {
			continue
		}
		if to, ok := s.follow(o, x, i+1, int(w.to)); ok {
			return to, true
		}
	}
	return 0, false
}

// near reports whether a gap allows what stands between two words.
func (s *sighting) near(between span, gap int) bool {
	most := gapWidth[gap]
	for _, c := range s.text[between.from:between.to] {
		if most -= width(c); most < 0 {
			return false
		}
		switch c {
		case '.', '!', '?', ';', '\n':
			if gap < gapAny {
				return false
			}
		case ',', ':', '~':
			if gap < gapFar {
				return false
			}
		case ' ':
		default:
			if gap == gapJoined {
				return false
			}
		}
	}
	return true
}

func width(c rune) int {
	if han(c) {
		return 4
	}
	return 1
}

// opens reports whether a clause begins at i.
func (s *sighting) opens(i int) bool {
	for ; i > 0; i-- {
		if c := s.text[i-1]; c != ' ' {
			return strings.ContainsRune(clauseEnd, c)
		}
	}
	return true
}

// closes reports whether a clause ends at i, but for its particles.
func (s *sighting) closes(i int) bool {
	for _, c := range s.text[i:] {
		if strings.ContainsRune(clauseEnd, c) {
			return true
		}
		if !strings.ContainsRune(" 了啊吧呀呢嘛哦吗的", c) && !pictured(c) {
			return false
		}
	}
	return true
}

// stopped reports that words at the end of a gap deny what follows it, or ask whether it might be.
func (s *sighting) stopped(o *outlines, x *outline, gap span) bool {
	for _, st := range x.stops {
		for _, w := range s.at[st.class] {
			if int(w.to) <= gap.to && int(w.from) >= gap.from && s.close(span{int(w.to), gap.to}, st.width) && !s.plain(o, w) {
				return true
			}
		}
	}
	return false
}

// close reports whether what stands between is one clause, no wider than that.
func (s *sighting) close(between span, most int) bool {
	for _, c := range s.text[between.from:between.to] {
		if most -= width(c); most < 0 || strings.ContainsRune(clauseEnd, c) {
			return false
		}
	}
	return true
}

// plain reports whether a stop is only a part of a longer word (不停).
func (s *sighting) plain(o *outlines, w occurrence) bool {
	return slices.ContainsFunc(s.at[o.plain], func(p occurrence) bool { return p.from <= w.from && w.to <= p.to })
}

// figure reports whether a figure of speech has some of the words.
func (s *sighting) figure(o *outlines, words span) bool {
	return slices.ContainsFunc(s.figures(o), func(f span) bool { return f.from < words.to && words.from < f.to })
}
