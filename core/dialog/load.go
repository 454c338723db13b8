package dialog

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/frontdesk-im/frontdesk/core/match"
)

// Options say what a script may refer to beside itself.
type Options struct {
	// Base has, in its words.yaml, the words and commands that the scripts leave
	// out; the embedded flows.FS as a rule.
	Base fs.FS
	// Systems are the names of the business systems that a flow may call. Nil
	// means that they are not known and not checked.
	Systems []string
	// Skip keeps files out, by path; nil reads every .yaml.
	Skip func(name string) bool
}

// maxFile is the most that one script file may hold, in bytes.
const maxFile = 4 << 20

// Load reads all .yaml files of fsys as one script and returns a Book that is
// ready to answer, or every problem found, joined, each a Problem with file,
// line, and what to do. It keeps nothing and changes nothing: to reload, call
// it again and use the new Book for the turns to come.
func Load(fsys fs.FS, o Options) (*Book, error) {
	l := &loader{opt: o, sum: sha256.New(), where: map[string]Pos{}}
	l.b = &Book{words: map[string]text{}, commands: map[string]string{}, topics: map[string]*topic{}, hours: map[string]*hours{},
		entries: map[string]*entry{}, flows: map[string]*flow{}, channels: map[string]*limits{}, facts: map[string]kindOfVar{}}
	files := l.files(fsys)
	for _, f := range files {
		l.merge(f)
	}
	if len(files) == 0 && len(l.problems) == 0 {
		l.problems = append(l.problems, Problem{Pos{".", 1}, "there are no .yaml files here; start from the demo scripts"})
	}
	if !l.torn { // what refers to a file that can't be read would be reported as missing
		l.base()
		l.check()
	}
	if len(l.problems) > 0 {
		slices.SortStableFunc(l.problems, byPlace)
		return nil, errors.Join(l.problems...)
	}
	l.b.Version = hex.EncodeToString(l.sum.Sum(nil))[:12]
	return l.b, nil
}

func byPlace(a, b error) int {
	var x, y Problem
	errors.As(a, &x)
	errors.As(b, &y)
	if c := strings.Compare(x.File, y.File); c != 0 {
		return c
	}
	return x.Line - y.Line
}

type loader struct {
	decoder
	b     *Book
	opt   Options
	sum   hash.Hash
	where map[string]Pos // of blocks that may come once
	cmds  map[string]phrases
	torn  bool // a file could not be read at all
}

// files reads and decodes what there is, in the order of the paths.
func (l *loader) files(fsys fs.FS) []*scriptFile {
	var names []string
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if ext := path.Ext(name); !d.IsDir() && (ext == ".yaml" || ext == ".yml") && (l.opt.Skip == nil || !l.opt.Skip(name)) {
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		l.problems = append(l.problems, fmt.Errorf("scripts can't be read: %w", err))
	}
	slices.Sort(names)
	var out []*scriptFile
	for _, name := range names {
		src, err := fs.ReadFile(fsys, name)
		switch {
		case err != nil:
			l.problems = append(l.problems, Problem{Pos{name, 1}, err.Error()})
			continue
		case len(src) > maxFile:
			l.problems = append(l.problems, Problem{Pos{name, 1}, "the file is over 4 MB; split it"})
			continue
		}
		fmt.Fprintf(l.sum, "%s\x00%d\x00", name, len(src))
		l.sum.Write(src)
		if f := l.file(name, src); f != nil {
			out = append(out, f)
		}
	}
	return out
}

func (l *loader) file(name string, src []byte) *scriptFile {
	root, problems := parseYAML(name, src)
	l.problems = append(l.problems, problems...)
	if root == nil {
		l.torn = true
		return nil
	}
	f := &scriptFile{}
	l.into(root, reflect.ValueOf(f).Elem())
	return f
}

func (l *loader) merge(f *scriptFile) {
	if f.Settings != nil && l.once("settings", f.Settings.Pos) {
		l.b.set = *f.Settings
	}
	if f.Greeting != nil && l.once("greeting", f.Greeting.Pos) {
		l.b.greet = f.Greeting
	}
	for i := range f.Topics {
		if t := &f.Topics[i]; l.named("topic", t.ID, t.Pos) {
			l.b.topics[t.ID] = t
		}
	}
	for id, h := range f.Hours {
		if l.named("hours", id, h.Pos) {
			l.b.hours[id] = h
		}
	}
	for _, e := range f.Entries {
		if l.named("entry", e.ID, e.Pos) {
			l.b.entries[e.ID] = e
			l.b.order = append(l.b.order, e)
		}
	}
	for _, fl := range f.Flows {
		if l.named("flow", fl.ID, fl.Pos) {
			l.b.flows[fl.ID] = fl
			l.b.flowOrder = append(l.b.flowOrder, fl)
		}
	}
	for id, t := range f.Words {
		if l.named("words", id, t.Pos) {
			l.b.words[id] = t
		}
	}
	for id, p := range f.Commands {
		if l.named("commands", id, p.Pos) {
			l.command(id, p)
		}
	}
	for id, c := range f.Channels {
		if l.named("channel", id, c.Pos) {
			l.b.channels[id] = c
		}
	}
	for id, k := range f.Facts {
		if k != "text" && k != "number" {
			l.fail(f.Pos, "facts: %s is text or number, not %s", id, quote(string(k)))
		}
		l.b.facts[id] = k
	}
}

func (l *loader) command(id string, p phrases) {
	if l.cmds == nil {
		l.cmds = map[string]phrases{}
	}
	l.cmds[id] = p
}

func (l *loader) once(what string, at Pos) bool {
	if first, ok := l.where[what]; ok {
		l.fail(at, "%s is already in %s; keep one", what, first)
		return false
	}
	l.where[what] = at
	return true
}

func (l *loader) named(what, id string, at Pos) bool {
	switch {
	case id == "":
		l.fail(at, "this %s has no id; give it a short name, like order_status", what)
		return false
	case len(id) > 40 || strings.ContainsFunc(id, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_' || r == '-')
	}):
		l.fail(at, "%s %s: a name has small letters a-z, digits, _ and -, at most 40", what, quote(id))
		return false
	case (what == "entry" || what == "flow") && (id == toEnd || id == toMenu || id == toHuman):
		l.fail(at, "%s %s: this name is taken by the program; choose another", what, id)
		return false
	}
	return l.once(what+" "+id, at)
}

// base fills in the words and commands that the scripts leave out.
func (l *loader) base() {
	missing := slices.ContainsFunc(sortedKeys(wordings), func(id string) bool { return l.b.words[id].empty() }) || len(l.cmds) < len(commandNames)
	if l.opt.Base == nil || !missing {
		return
	}
	sub := &loader{opt: Options{Skip: func(name string) bool { return name != "words.yaml" }}, sum: sha256.New(), where: map[string]Pos{}}
	sub.b = &Book{words: map[string]text{}}
	for _, f := range sub.files(l.opt.Base) {
		for id, t := range f.Words {
			if _, ok := l.b.words[id]; !ok {
				l.b.words[id] = t
			}
		}
		for id, p := range f.Commands {
			if _, ok := l.cmds[id]; !ok {
				l.command(id, p)
			}
		}
	}
	l.problems = append(l.problems, sub.problems...)
}

// matcher makes the matcher of the entries. What it has against them is a
// problem of the scripts.
func (l *loader) matcher() {
	var in []match.Entry
	for _, e := range l.b.order {
		m := match.Entry{ID: e.ID, Title: l.b.title(e.ID, l.b.set.Languages[0]), Pos: e.Pos.String(),
			Exact: e.Exact.all(), Contains: e.Contains.all(), Regexp: e.Regexp.all(), Samples: e.Samples.all(), SamplePos: e.Samples.places()}
		for _, lang := range sortedKeys(e.Title.by) {
			for _, t := range e.Title.by[lang] {
				m.Exact = append(m.Exact, t.source)
			}
		}
		in = append(in, m)
	}
	o := match.Options{Answer: l.b.set.Answer, Clarify: l.b.set.Clarify, Max: max(1, l.b.set.ClarifyMax), Lang: l.b.set.Languages[0]}
	if o.Answer < 0 || o.Answer > 1 || o.Clarify < 0 || o.Clarify > 1 || o.Clarify > max(o.Answer, .5) || o.Answer > 0 && o.Clarify > o.Answer {
		o.Answer, o.Clarify = 0, 0 // reported by checkSettings
	}
	m, err := match.New(in, o)
	if err != nil {
		l.problems = append(l.problems, split(err)...)
		return
	}
	l.b.matcher, l.b.asked = m, in
}

// split takes joined errors apart and reads "file:line: text".
func split(err error) []error {
	if j, ok := err.(interface{ Unwrap() []error }); ok {
		var out []error
		for _, e := range j.Unwrap() {
			out = append(out, split(e)...)
		}
		return out
	}
	var p Problem
	parts := strings.SplitN(err.Error(), ":", 3)
	if len(parts) == 3 {
		if _, e := fmt.Sscanf(parts[1], "%d", &p.Line); e == nil {
			p.File, p.Text = parts[0], strings.TrimSpace(parts[2])
			return []error{p}
		}
	}
	return []error{err}
}
