package dialog

import (
	"strings"
	"time"
)

// The shapes of a script file. flows/README.md explains them to the people who
// write them. Several files are one script: lists are joined, blocks merged.
type scriptFile struct {
	Pos
	Settings *settings            `yaml:"settings"`
	Topics   []topic              `yaml:"topics"`
	Hours    map[string]*hours    `yaml:"hours"`
	Greeting *greeting            `yaml:"greeting"`
	Entries  []*entry             `yaml:"entries"`
	Flows    []*flow              `yaml:"flows"`
	Words    map[string]text      `yaml:"words"`
	Commands map[string]phrases   `yaml:"commands"`
	Channels map[string]*limits   `yaml:"channels"`
	Facts    map[string]kindOfVar `yaml:"facts"`
}

type settings struct {
	Pos
	Languages  []string      `yaml:"languages"`   // the first is the default
	Answer     float64       `yaml:"answer"`      // from this probability on an entry is answered
	Clarify    float64       `yaml:"clarify"`     // from this one on the customer is asked which is meant
	ClarifyMax int           `yaml:"clarify_max"` // longest list
	Misses     int           `yaml:"misses"`      // not understood this often in a row: a person
	OnMisses   string        `yaml:"on_misses"`   // handoff or offer
	Barren     int           `yaml:"barren"`      // bot turns without progress: a person
	Overtime   bool          `yaml:"overtime"`    // whoever is on duty outside the hours gets customers
	Confirm    int           `yaml:"confirm"`     // ask before joining a line of at least so many; 0 never asks
	Topic      string        `yaml:"topic"`       // of a hand-off that names none
	Burst      time.Duration `yaml:"burst"`       // how long a doubtful line waits for more
	Greeting   time.Duration `yaml:"greeting"`    // at most one greeting in this time
	Context    time.Duration `yaml:"context"`     // how long a list and a topic hold
	Duplicate  time.Duration `yaml:"duplicate"`   // the same line again within this is one line
	Reenter    time.Duration `yaml:"reenter"`     // who left the line gets the old place back within this
	Resume     time.Duration `yaml:"resume"`      // how long an unfinished flow is kept
	Pause      time.Duration `yaml:"pause"`       // after this the customer is asked whether to go on with it
	Survey     time.Duration `yaml:"survey"`      // how long a bare digit is a rating
	Ack        time.Duration `yaml:"ack"`         // who writes while waiting is told at most this often that it was noted
	Flood      struct {
		Messages int           `yaml:"messages"`
		Within   time.Duration `yaml:"within"`
		Ignore   time.Duration `yaml:"ignore"`
	} `yaml:"flood"`
}

func (s *settings) defaults() {
	def(&s.ClarifyMax, 5)
	def(&s.Misses, 2)
	def(&s.OnMisses, "handoff")
	def(&s.Barren, 6)
	def(&s.Burst, 1500*time.Millisecond)
	def(&s.Greeting, 24*time.Hour)
	def(&s.Context, 10*time.Minute)
	def(&s.Duplicate, 5*time.Second)
	def(&s.Reenter, 2*time.Minute)
	def(&s.Resume, 48*time.Hour)
	def(&s.Pause, 30*time.Minute)
	def(&s.Survey, 30*time.Minute)
	def(&s.Ack, time.Minute)
	def(&s.Flood.Messages, 20)
	def(&s.Flood.Within, time.Minute)
	def(&s.Flood.Ignore, 5*time.Minute)
	if len(s.Languages) == 0 {
		s.Languages = []string{"zh", "en"}
	}
}

func def[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

type topic struct {
	Pos
	ID    string `yaml:"id"`
	Title text   `yaml:"title"`
	Hours string `yaml:"hours"`
	Class *int   `yaml:"class"`
}

type limits struct {
	Pos
	Text    int `yaml:"text"`    // characters in one message
	Bytes   int `yaml:"bytes"`   // or bytes
	Options int `yaml:"options"` // buttons
	Label   int `yaml:"label"`   // characters on a button
}

type greeting struct {
	Pos
	Text     text            `yaml:"text"`
	Short    text            `yaml:"short"` // when an answer follows at once
	Menu     []string        `yaml:"menu"`
	Channels map[string]text `yaml:"channels"`
}

type entry struct {
	Pos
	ID       string          `yaml:"id"`
	Title    text            `yaml:"title"`
	Context  string          `yaml:"context"` // entry that this one follows up
	Exact    phrases         `yaml:"exact"`
	Contains phrases         `yaml:"contains"`
	Regexp   phrases         `yaml:"regexp"`
	Samples  phrases         `yaml:"samples"`
	Answer   text            `yaml:"answer"`
	When     []conditional   `yaml:"when"` // answers for some customers only; the first that holds
	Channels map[string]text `yaml:"channels"`
	Link     *link           `yaml:"link"`
	Replies  []string        `yaml:"replies"` // offered after the answer: entries, flows, menu, human
	Related  []string        `yaml:"related"` // offered when the customer asks the same again
	Next     string          `yaml:"next"`    // flow, or menu, or human
	Topic    string          `yaml:"topic"`
	Hide     bool            `yaml:"hide"` // never offered in a list
}

type conditional struct {
	Pos
	If     string `yaml:"if"`
	Answer text   `yaml:"answer"`
	guard  *guard
}

type link struct {
	Pos
	Title text   `yaml:"title"`
	Body  text   `yaml:"body"`
	URL   string `yaml:"url"`
	Image string `yaml:"image"`
}

type flow struct {
	Pos
	ID    string  `yaml:"id"`
	Title text    `yaml:"title"`
	Topic string  `yaml:"topic"`
	Steps []*step `yaml:"steps"`
	index map[string]int
}

// step is one step of a flow: exactly one of the keys that name a kind is set.
type step struct {
	Pos
	ID string `yaml:"id"`

	Say     *text             `yaml:"say"`
	Ask     string            `yaml:"ask"`     // field
	Choose  string            `yaml:"choose"`  // field
	If      string            `yaml:"if"`      // expression
	Goto    string            `yaml:"goto"`    // target
	Call    string            `yaml:"call"`    // business system
	Handoff string            `yaml:"handoff"` // topic
	Set     map[string]string `yaml:"set"`

	Text    text              `yaml:"text"` // ask, choose: the question; handoff: said before
	Kind    string            `yaml:"kind"`
	Pattern string            `yaml:"pattern"`
	Min     *float64          `yaml:"min"`
	Max     *float64          `yaml:"max"`
	Label   text              `yaml:"label"` // of the field, for staff
	Tries   int               `yaml:"tries"`
	Error   text              `yaml:"error"`
	TooMany string            `yaml:"too_many"`
	Skip    bool              `yaml:"optional"` // ask: may be left out with 跳过, skip
	Known   string            `yaml:"known"`    // ask, choose: "skip" does not ask for what is known
	Options []option          `yaml:"options"`
	Then    string            `yaml:"then"`
	Else    string            `yaml:"else"`
	Send    map[string]string `yaml:"send"`
	Form    string            `yaml:"form"` // shown by the customer's platform as a message of its own
	Save    map[string]string `yaml:"save"` // field: value of the answer
	Timeout time.Duration     `yaml:"timeout"`
	OnError string            `yaml:"on_error"`
	Errors  map[string]string `yaml:"errors"` // answer's error: target
	Class   *int              `yaml:"class"`
	Asked   string            `yaml:"asked"` // handoff: what staff are told was asked
	Replies []string          `yaml:"replies"`

	c compiled
}

type option struct {
	Pos
	ID    string  `yaml:"id"`
	Label text    `yaml:"label"`
	Words phrases `yaml:"words"` // what also means it
	Goto  string  `yaml:"goto"`
}

// text is a wording by language, with variants. Without languages it holds for
// all of them.
type text struct {
	Pos
	by map[string][]*template
}

func (t text) empty() bool { return len(t.by) == 0 }

func (t *text) decode(d *decoder, n *node) {
	t.Pos = n.Pos
	t.by = map[string][]*template{}
	if n.kind != mapping {
		t.by[""] = variants(d, n)
		return
	}
	for _, k := range n.keys {
		if !langTag(k.name) {
			d.fail(k.Pos, "%s is not a language; write zh: … and en: …", quote(k.name))
			continue
		}
		t.by[k.name] = variants(d, k.value)
	}
}

func variants(d *decoder, n *node) []*template {
	items := []*node{n}
	if n.kind == list {
		items = n.items
	}
	var out []*template
	for _, it := range items {
		if it.kind != scalar || strings.TrimSpace(it.text) == "" {
			d.fail(it.Pos, "a text is missing here")
			continue
		}
		out = append(out, &template{Pos: it.Pos, source: strings.TrimSpace(it.text)})
	}
	return out
}

// langTag reports whether s looks like zh, en or zh-TW.
func langTag(s string) bool {
	first, rest, more := strings.Cut(s, "-")
	if len(first) < 2 || len(first) > 3 || strings.ToLower(first) != first {
		return false
	}
	return !more || rest != "" && len(rest) <= 8
}

// phrases are what customers write, by language or for all.
type phrases struct {
	Pos
	by map[string][]phrase
}

type phrase struct {
	Pos
	text string
}

func (p *phrases) decode(d *decoder, n *node) {
	p.Pos = n.Pos
	p.by = map[string][]phrase{}
	read := func(lang string, n *node) {
		items := []*node{n}
		if n.kind == list {
			items = n.items
		}
		for _, it := range items {
			if it.kind != scalar || strings.TrimSpace(it.text) == "" {
				d.fail(it.Pos, "a phrase is missing here")
				continue
			}
			p.by[lang] = append(p.by[lang], phrase{it.Pos, it.text})
		}
	}
	if n.kind != mapping {
		read("", n)
		return
	}
	for _, k := range n.keys {
		if !langTag(k.name) {
			d.fail(k.Pos, "%s is not a language; write zh: … and en: …", quote(k.name))
			continue
		}
		read(k.name, k.value)
	}
}

// all returns the phrases of every language.
func (p phrases) all() []string { return p.each(func(x phrase) string { return x.text }) }

// places are where they stand, in the order of all.
func (p phrases) places() []string { return p.each(func(x phrase) string { return x.Pos.String() }) }

func (p phrases) each(of func(phrase) string) []string {
	var out []string
	for _, lang := range sortedKeys(p.by) {
		for _, x := range p.by[lang] {
			out = append(out, of(x))
		}
	}
	return out
}

// kindOfVar is what a fact holds: text or number.
type kindOfVar string
