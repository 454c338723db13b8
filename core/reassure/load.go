package reassure

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// Policies are those in force, by name.
type Policies []*Policy

// Folder is where a business keeps its policies, among its scripts.
const Folder = "policies"

// Load reads the policies of a business: the files *.yaml in Folder of own, where
// there is one, else those of base. Texts that they do not have themselves are those
// of base's default.yaml. Its error has all that is wrong.
func Load(own, base fs.FS) (Policies, error) {
	std, err := read(base, "default.yaml", nil)
	if err != nil {
		return nil, err
	}
	from := own
	names := files(own)
	if len(names) == 0 {
		from, names = base, files(base)
	}
	var out Policies
	var bad []error
	for _, n := range names {
		p, err := read(from, n, std.Texts)
		if err != nil {
			bad = append(bad, err)
			continue
		}
		if i := slices.IndexFunc(out, func(q *Policy) bool { return q.Name == p.Name }); i >= 0 {
			bad = append(bad, &Problem{path.Join(Folder, n), 1, fmt.Sprintf("there is another policy called %s; give each a name of its own", p.Name)})
		}
		for _, q := range out {
			if q.Match.Priority == p.Match.Priority && q.Match.Queue == p.Match.Queue && overlap(q.Match.Channels, p.Match.Channels) {
				bad = append(bad, &Problem{path.Join(Folder, n), 1, fmt.Sprintf("it is for the same customers as %s, with the same priority; give the one that goes first a higher match.priority", q.Name)})
			}
		}
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b *Policy) int { return strings.Compare(a.Name, b.Name) })
	return out, errors.Join(bad...)
}

// overlap reports whether a channel may be one of both: no kinds are all.
func overlap(a, b []string) bool {
	return len(a) == 0 && len(b) == 0 || slices.ContainsFunc(a, func(k string) bool { return slices.Contains(b, k) })
}

// files are the names of the policies in a folder of scripts.
func files(fsys fs.FS) (out []string) {
	all, err := fs.ReadDir(fsys, Folder)
	if err != nil {
		return nil
	}
	for _, e := range all {
		if n := e.Name(); !e.IsDir() && path.Ext(n) == ".yaml" && !strings.HasPrefix(n, ".") {
			out = append(out, n)
		}
	}
	return out
}

func read(fsys fs.FS, name string, base Texts) (*Policy, error) {
	name = path.Join(Folder, name)
	src, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, err
	}
	return Parse(name, src, base)
}

// For is the policy for somebody who waits for topic on a kind of channel; nil if
// none is for them.
func (ps Policies) For(topic, kind string) (best *Policy) {
	for _, p := range ps {
		if p.For(topic, kind) && (best == nil || p.Match.Priority > best.Match.Priority) {
			best = p
		}
	}
	return best
}

// Texts are all that ps have.
func (ps Policies) Texts() Texts {
	all := Texts{}
	for _, p := range ps {
		maps.Copy(all, p.Texts)
	}
	return all
}

// Peaks are the peaks of lines, as each policy sees them.
type Peaks map[string]PeakState

// On reports whether the line for topic is at its peak, as p sees it. Topics that
// have no line of their own share that of "".
func (x Peaks) On(p *Policy, topic string) bool {
	s, ok := x[p.Name+"/"+topic]
	if !ok {
		s = x[p.Name+"/"]
	}
	return s.On
}

// Peaks is was brought up to date with lines, by topic. was stays as it is.
func (ps Policies) Peaks(was Peaks, lines map[string]core.LineState, now time.Time) Peaks {
	out := make(Peaks, len(ps)*len(lines))
	for _, p := range ps {
		for topic, l := range lines {
			key := p.Name + "/" + topic
			out[key] = p.Peak(was[key], l, now)
		}
	}
	return out
}
