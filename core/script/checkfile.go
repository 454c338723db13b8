package script

import (
	"maps"
	"slices"

	"github.com/frontdesk-im/frontdesk/core/match"
)

// CheckFile checks one file as it is being written, beside the rest of the
// script as it was last loaded; what rest has of a file of this name is left
// out of account. It returns what Load would refuse and what it would warn of
// in this file, in order. It trains nothing and does not change rest, so that an
// editor can call it at every pause in the typing. What a change here breaks in
// other files only Load says.
func CheckFile(name string, src []byte, rest *Book) (faults, warnings []Problem) {
	b, where := rest.without(name)
	l := newLoader(Options{}, b)
	l.where = where
	if f := l.file(name, src); f != nil {
		l.merge(f)
		maps.DeleteFunc(b.Commands, func(_, id string) bool { _, ok := l.cmds[id]; return ok })
		c := &checker{report: l.report, b: b, file: name, where: l.where, cmds: l.cmds}
		c.check()
		var own []*Entry
		for _, e := range b.Order {
			if e.File == name {
				own = append(own, e)
			}
		}
		l.take(match.Check(asked(b, own)))
	}
	return inFile(name, l.sorted()), inFile(name, l.warnings)
}

// inFile are the problems of one file.
func inFile[E error](name string, in []E) (out []Problem) {
	for _, err := range in {
		if p, ok := error(err).(Problem); ok && p.File == name {
			out = append(out, p)
		}
	}
	return out
}

// without is the book as if a file were not there, and where the rest has its
// blocks. Nodes are shared with b; maps and lists are not.
func (b *Book) without(name string) (*Book, map[string]Pos) {
	n := *b
	where := map[string]Pos{}
	n.Topics = others(name, "topic", b.Topics, where)
	n.Hours = others(name, "hours", b.Hours, where)
	n.Entries = others(name, "entry", b.Entries, where)
	n.Flows = others(name, "flow", b.Flows, where)
	n.Channels = others(name, "channel", b.Channels, where)
	others(name, "words", b.Texts, where)
	n.Texts = maps.Clone(b.Texts) // what the file leaves out, the demo has
	if b.Settings.File == name {
		n.Settings = Settings{}
	} else if b.Settings.File != "" {
		where["settings"] = b.Settings.Pos
	}
	if b.Greeting.File == name {
		n.Greeting = nil
	} else {
		where["greeting"] = b.Greeting.Pos
	}
	n.Order = slices.DeleteFunc(slices.Clone(b.Order), func(e *Entry) bool { return e.File == name })
	n.FlowOrder = slices.DeleteFunc(slices.Clone(b.FlowOrder), func(f *Flow) bool { return f.File == name })
	n.Commands, n.Facts, n.Warnings = maps.Clone(b.Commands), maps.Clone(b.Facts), nil
	return &n, where
}

// A placed node says where it stands.
type placed interface{ place() Pos }

func (p Pos) place() Pos { return p }

func others[N placed](name, what string, in map[string]N, where map[string]Pos) map[string]N {
	out := map[string]N{}
	for id, n := range in {
		if at := n.place(); at.File != name {
			out[id], where[what+" "+id] = n, at
		}
	}
	return out
}
