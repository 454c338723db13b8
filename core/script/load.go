package script

import (
	"context"
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
	// Matcher makes what understands the entries. Nil is match.New.
	Matcher func([]match.Entry, match.Options) (Matcher, error)
}

// A Matcher says which entry answers a text. Match may be called from any number
// of goroutines, also while Refine makes it better, which takes seconds for a
// big script; if that fails, it goes on as it was.
type Matcher interface {
	Match(match.Query) match.Decision
	Refine(context.Context) error
}

// Load reads all .yaml files of fsys as one script and returns a Book that is
// ready to answer, or every problem found, joined, each a Problem with file,
// line, and what to do. It keeps nothing and changes nothing: to reload, call
// it again and use the new Book for the turns to come.
func Load(fsys fs.FS, o Options) (*Book, error) {
	l := newLoader(o, &Book{Texts: map[string]Text{}, Commands: map[string]string{}, Topics: map[string]*Topic{}, Hours: map[string]*Hours{},
		Entries: map[string]*Entry{}, Flows: map[string]*Flow{}, Channels: map[string]*Limits{}, Facts: map[string]FactKind{}})
	files := l.files(fsys)
	for _, f := range files {
		l.merge(f)
	}
	if len(files) == 0 && len(l.faults) == 0 {
		l.fail(Pos{".", 1}, "there are no .yaml files here; start from the demo scripts")
	}
	if !l.torn { // what refers to a file that can't be read would be reported as missing
		l.base()
		c := &checker{report: l.report, b: l.b, systems: o.Systems, where: l.where, cmds: l.cmds}
		c.check()
		l.matcher()
	}
	if len(l.faults) > 0 {
		return nil, errors.Join(l.sorted()...)
	}
	l.b.Warnings = l.warnings
	l.b.Version = hex.EncodeToString(l.sum.Sum(nil))[:12]
	return l.b, nil
}

// A loader puts files together to a Book. What is in it twice is a fault.
type loader struct {
	decoder
	b          *Book
	opt        Options
	sum        hash.Hash
	where      map[string]Pos // of blocks that may come once
	cmds       map[string]Phrases
	unanswered []Phrases // questions without an answer, of every file
	torn       bool      // a file could not be read at all
}

func newLoader(o Options, b *Book) *loader {
	return &loader{decoder: decoder{&report{}}, opt: o, sum: sha256.New(), b: b, where: map[string]Pos{}, cmds: map[string]Phrases{}}
}

// files reads and decodes what there is, in the order of the paths.
func (l *loader) files(fsys fs.FS) []*scriptFile {
	found, err := names(fsys, l.opt.Skip)
	if err != nil {
		l.take(fmt.Errorf("scripts can't be read: %w", plain(err)))
	}
	var out []*scriptFile
	all := 0
	for _, name := range found {
		src, err := content(fsys, name)
		was := ""
		if err == nil {
			src, was, err = decoded(src)
		}
		if err == nil {
			err = crowded(src)
		}
		if all += len(src); err == nil && all > maxAll {
			err = fmt.Errorf("the scripts are over %d MB together", maxAll>>20)
		}
		if err != nil {
			l.fail(Pos{name, 1}, "%v", err)
			l.torn = true
			continue
		}
		if was != "" {
			l.warn(Pos{name, 1}, "the file is written in %s; it was read, but save it as UTF-8, which every program reads", was)
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
	before := len(l.faults)
	l.faults = append(l.faults, problems...)
	f := &scriptFile{}
	if root == nil {
		l.torn, f = true, nil
	} else {
		l.into(root, reflect.ValueOf(f).Elem())
	}
	if len(l.faults) > before {
		l.colons(name, src)
	}
	return f
}

func (l *loader) merge(f *scriptFile) {
	if f.Settings != nil && l.once("settings", f.Settings.Pos) {
		l.b.Settings = *f.Settings
	}
	if f.Greeting != nil && l.once("greeting", f.Greeting.Pos) {
		l.b.Greeting = f.Greeting
	}
	for i := range f.Topics {
		if t := &f.Topics[i]; l.named("topic", t.ID, t.Pos) {
			l.b.Topics[t.ID] = t
		}
	}
	for id, h := range f.Hours {
		if l.named("hours", id, h.Pos) {
			l.b.Hours[id] = h
		}
	}
	for _, e := range f.Entries {
		if l.named("entry", e.ID, e.Pos) {
			l.b.Entries[e.ID] = e
			l.b.Order = append(l.b.Order, e)
		}
	}
	l.unanswered = append(l.unanswered, f.Unanswered)
	for _, fl := range f.Flows {
		if l.named("flow", fl.ID, fl.Pos) {
			l.b.Flows[fl.ID] = fl
			l.b.FlowOrder = append(l.b.FlowOrder, fl)
		}
	}
	for id, t := range f.Words {
		if l.worded(id, t.Pos) {
			l.b.Texts[id] = t
		}
	}
	for id, p := range f.Commands {
		if l.named("commands", id, p.Pos) {
			l.cmds[id] = p
		}
	}
	for id, c := range f.Channels {
		if l.named("channel", id, c.Pos) {
			l.b.Channels[id] = c
		}
	}
	for id, k := range f.Facts {
		if k != "text" && k != "number" {
			l.fail(f.Pos, "facts: %s is text or number, not %s", id, quote(string(k)))
		}
		l.b.Facts[id] = k
	}
}

func (l *loader) once(what string, at Pos) bool {
	if first, ok := l.where[what]; ok {
		l.fail(at, "%s is already in %s; keep one", what, first)
		return false
	}
	l.where[what] = at
	return true
}

// worded takes a text of the program's own. What words.yaml says is said unless
// another file says it otherwise: a shop's name stands with the shop.
func (l *loader) worded(id string, at Pos) bool {
	first, twice := l.where["words "+id]
	if !twice || first.File == at.File || path.Base(first.File) != wordsFile && path.Base(at.File) != wordsFile {
		return l.named("words", id, at)
	}
	if path.Base(at.File) == wordsFile {
		return false
	}
	l.where["words "+id] = at
	return true
}

// wordsFile has the program's own texts.
const wordsFile = "words.yaml"

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
	case (what == "entry" || what == "flow") && (id == ToEnd || id == ToMenu || id == ToHuman || id == None):
		l.fail(at, "%s %s: this name is taken by the program; choose another", what, id)
		return false
	}
	return l.once(what+" "+id, at)
}

// base fills in the words and commands that the scripts leave out.
func (l *loader) base() {
	missing := slices.ContainsFunc(sortedKeys(wordings), func(id string) bool { return l.b.Texts[id].Empty() }) || len(l.cmds) < len(commandNames)
	if l.opt.Base == nil || !missing {
		return
	}
	sub := newLoader(Options{Skip: func(name string) bool { return name != wordsFile }}, &Book{Texts: map[string]Text{}})
	for _, f := range sub.files(l.opt.Base) {
		for id, t := range f.Words {
			if _, ok := l.b.Texts[id]; !ok {
				l.b.Texts[id] = t
			}
		}
		for id, p := range f.Commands {
			if _, ok := l.cmds[id]; !ok {
				l.cmds[id] = p
			}
		}
	}
	l.faults = append(l.faults, sub.faults...)
}

// matcher makes what understands the entries. What it has against them is a
// fault of the scripts.
func (l *loader) matcher() {
	l.b.Asked = asked(l.b, l.b.Order)
	if none := notAnswered(l.b, l.unanswered); len(none.Samples) > 0 {
		l.b.Asked = append(l.b.Asked, none)
	}
	understand := l.opt.Matcher
	if understand == nil {
		understand = func(in []match.Entry, o match.Options) (Matcher, error) { return match.New(in, o) }
	}
	m, err := understand(l.b.Asked, l.b.Thresholds())
	l.take(err)
	l.b.Matcher = m
}

// asked are entries as core/match is given them.
func asked(b *Book, entries []*Entry) (out []match.Entry) {
	for _, e := range entries {
		m := match.Entry{ID: e.ID, Title: b.Title(e.ID, b.Settings.Languages[0]), Pos: e.Pos.String(),
			Exact: e.Exact.All(), Contains: e.Contains.All(), Regexp: e.Regexp.All(), Samples: e.Samples.All(), SamplePos: e.Samples.places()}
		for _, lang := range sortedKeys(e.Title.By) {
			for _, t := range e.Title.By[lang] {
				m.Exact = append(m.Exact, t.Source)
			}
		}
		out = append(out, m)
	}
	return out
}

// None is the name of the questions that the script has no answer to; no entry may have it.
const None = "none"

// notAnswered is what core/match is given of the questions that stand under unanswered.
func notAnswered(b *Book, all []Phrases) match.Entry {
	e := match.Entry{ID: None, Title: "没有写答案的问题", Unanswered: true}
	if b.Settings.Languages[0] == "en" {
		e.Title = "questions without an answer"
	}
	for _, p := range all {
		e.Samples, e.SamplePos = append(e.Samples, p.All()...), append(e.SamplePos, p.places()...)
	}
	if len(e.SamplePos) > 0 {
		e.Pos = e.SamplePos[0]
	}
	return e
}

// Thresholds are the settings that core/match goes by.
func (b *Book) Thresholds() match.Options {
	o := match.Options{Answer: b.Settings.Answer, Clarify: b.Settings.Clarify, Max: max(1, b.Settings.ClarifyMax), Lang: b.Settings.Languages[0]}
	if o.Answer < 0 || o.Answer > 1 || o.Clarify < 0 || o.Clarify > 1 || o.Clarify > max(o.Answer, .5) || o.Answer > 0 && o.Clarify > o.Answer {
		o.Answer, o.Clarify = 0, 0 // reported by checkSettings
	}
	return o
}
