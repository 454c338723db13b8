package script

import (
	"regexp"
	"strings"
	"time"
)

// A scriptFile is the shape of a script file; those below are of its parts. flows/README.md explains them to the people who
// write them. Several files are one script: lists are joined, blocks merged.
type scriptFile struct {
	Pos
	Settings   *Settings           `yaml:"settings"`
	Topics     []Topic             `yaml:"topics"`
	Hours      map[string]*Hours   `yaml:"hours"`
	Greeting   *Greeting           `yaml:"greeting"`
	Entries    []*Entry            `yaml:"entries"`
	Unanswered Phrases             `yaml:"unanswered"`
	Flows      []*Flow             `yaml:"flows"`
	Words      map[string]Text     `yaml:"words"`
	Commands   map[string]Phrases  `yaml:"commands"`
	Channels   map[string]*Limits  `yaml:"channels"`
	Facts      map[string]FactKind `yaml:"facts"`
}

// Settings are how the bot behaves; flows/README.md explains each.
type Settings struct {
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
	Ack        time.Duration `yaml:"ack"`         // who waits and has been told that a line was noted is told nothing to the next one within this
	Flood      struct {
		Messages int           `yaml:"messages"`
		Within   time.Duration `yaml:"within"`
		Ignore   time.Duration `yaml:"ignore"`
	} `yaml:"flood"`
}

func (s *Settings) defaults() {
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
	def(&s.Ack, 5*time.Minute)
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

// A Topic is what tickets can be about.
type Topic struct {
	Pos
	ID    string `yaml:"id"`
	Title Text   `yaml:"title"`
	Hours string `yaml:"hours"`
	Class *int   `yaml:"class"`
}

// Limits are what a channel holds in one message, for warnings.
type Limits struct {
	Pos
	Text    int `yaml:"text"`    // characters in one message
	Bytes   int `yaml:"bytes"`   // or bytes
	Options int `yaml:"options"` // buttons
	Label   int `yaml:"label"`   // characters on a button
}

// A Greeting is what somebody who comes is shown.
type Greeting struct {
	Pos
	Text     Text            `yaml:"text"`
	Short    Text            `yaml:"short"` // when an answer follows at once
	Menu     []string        `yaml:"menu"`
	Channels map[string]Text `yaml:"channels"`
}

// An Entry is one answer, and how customers ask for it.
type Entry struct {
	Pos
	ID       string          `yaml:"id"`
	Title    Text            `yaml:"title"`
	Context  string          `yaml:"context"` // entry that this one follows up
	Exact    Phrases         `yaml:"exact"`
	Contains Phrases         `yaml:"contains"`
	Regexp   Phrases         `yaml:"regexp"`
	Samples  Phrases         `yaml:"samples"`
	Answer   Text            `yaml:"answer"`
	When     []Conditional   `yaml:"when"` // answers for some customers only; the first that holds
	Channels map[string]Text `yaml:"channels"`
	Link     *Link           `yaml:"link"`
	Replies  []string        `yaml:"replies"` // offered after the answer: entries, flows, menu, human
	Related  []string        `yaml:"related"` // offered when the customer asks the same again
	Next     string          `yaml:"next"`    // flow, or menu, or human
	Topic    string          `yaml:"topic"`
	Hide     bool            `yaml:"hide"` // never offered in a list
	Act      string          `yaml:"act"`  // what customers do whom it answers beside those who ask: greet, thanks, bye …; see match.Act
}

// A Conditional is an answer for some customers only.
type Conditional struct {
	Pos
	If     string `yaml:"if"`
	Answer Text   `yaml:"answer"`
	Guard  *Guard
}

// A Link is a card shown behind an answer.
type Link struct {
	Pos
	Title Text   `yaml:"title"`
	Body  Text   `yaml:"body"`
	URL   string `yaml:"url"`
	Image string `yaml:"image"`
}

// A Flow is steps that are taken in order until one goes elsewhere.
type Flow struct {
	Pos
	ID    string  `yaml:"id"`
	Title Text    `yaml:"title"`
	Topic string  `yaml:"topic"`
	Steps []*Step `yaml:"steps"`
	Index map[string]int
}

// Step is one step of a flow: exactly one of the keys that name a kind is set.
type Step struct {
	Pos
	ID string `yaml:"id"`

	Say     *Text             `yaml:"say"`
	Ask     string            `yaml:"ask"`     // field
	Choose  string            `yaml:"choose"`  // field
	If      string            `yaml:"if"`      // expression
	Goto    string            `yaml:"goto"`    // target
	Call    string            `yaml:"call"`    // business system
	Handoff string            `yaml:"handoff"` // topic
	Set     map[string]string `yaml:"set"`

	Text    Text              `yaml:"text"` // ask, choose: the question; handoff: said before
	Kind    string            `yaml:"kind"`
	Pattern string            `yaml:"pattern"`
	Min     *float64          `yaml:"min"`
	Max     *float64          `yaml:"max"`
	Label   Text              `yaml:"label"` // of the field, for staff
	Tries   int               `yaml:"tries"`
	Error   Text              `yaml:"error"`
	TooMany string            `yaml:"too_many"`
	Skip    bool              `yaml:"optional"` // ask: may be left out with 跳过, skip
	Known   string            `yaml:"known"`    // ask, choose: "skip" does not ask for what is known
	Options []Option          `yaml:"options"`
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

	Cond  *Guard         // of If
	Sets  []Assignment   // of Set
	Sends []Assignment   // of Send
	About *Template      // of Asked
	Re    *regexp.Regexp // of Pattern
}

// An Option is one answer to a Choose step.
type Option struct {
	Pos
	ID    string  `yaml:"id"`
	Label Text    `yaml:"label"`
	Words Phrases `yaml:"words"` // what also means it
	Goto  string  `yaml:"goto"`
}

// Text is a wording by language, with variants. Without languages it holds for
// all of them.
type Text struct {
	Pos
	By map[string][]*Template
}

// Empty reports whether nothing is written.
func (t Text) Empty() bool { return len(t.By) == 0 }

func (t *Text) decode(d *decoder, n *node) {
	t.Pos = n.Pos
	t.By = map[string][]*Template{}
	if n.kind != mapping {
		t.By[""] = variants(d, n)
		return
	}
	for _, k := range n.keys {
		if !langTag(k.name) {
			d.fail(k.Pos, "%s is not a language; write zh: … and en: …", quote(k.name))
			continue
		}
		t.By[k.name] = variants(d, k.value)
	}
}

func variants(d *decoder, n *node) []*Template {
	items := []*node{n}
	if n.kind == list {
		items = n.items
	}
	var out []*Template
	for _, it := range items {
		if it.kind != scalar || strings.TrimSpace(it.text) == "" {
			d.fail(it.Pos, "a text is missing here")
			continue
		}
		out = append(out, &Template{Pos: it.Pos, Source: strings.TrimSpace(it.text)})
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

// Phrases are what customers write, by language or for all.
type Phrases struct {
	Pos
	By map[string][]Phrase
}

// A Phrase is one of them, with its place.
type Phrase struct {
	Pos
	Text string
}

func (p *Phrases) decode(d *decoder, n *node) {
	p.Pos = n.Pos
	p.By = map[string][]Phrase{}
	read := func(lang string, n *node) {
		items := []*node{n}
		if n.kind == list {
			items = n.items
		}
		p.By[lang] = make([]Phrase, 0, len(items)) // a script has thousands: no room to spare
		for _, it := range items {
			if it.kind != scalar || strings.TrimSpace(it.text) == "" {
				d.fail(it.Pos, "a phrase is missing here")
				continue
			}
			p.By[lang] = append(p.By[lang], Phrase{it.Pos, it.text})
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

// All returns the phrases of every language.
func (p Phrases) All() []string { return p.each(func(x Phrase) string { return x.Text }) }

// places are where they stand, in the order of all.
func (p Phrases) places() []string { return p.each(func(x Phrase) string { return x.Pos.String() }) }

func (p Phrases) each(of func(Phrase) string) []string {
	n := 0
	for _, in := range p.By {
		n += len(in)
	}
	if n == 0 {
		return nil
	}
	out := make([]string, 0, n)
	for _, lang := range sortedKeys(p.By) {
		for _, x := range p.By[lang] {
			out = append(out, of(x))
		}
	}
	return out
}

// FactKind is what a fact holds: text or number.
type FactKind string
