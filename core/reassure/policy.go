package reassure

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/parser"

	"github.com/frontdesk-im/frontdesk/core/spelling"
)

// A Policy says what those who wait are told, and when. It is read by Parse and not
// changed afterwards.
type Policy struct {
	Name    string     `yaml:"policy"`
	Version int        `yaml:"version"`
	Match   Match      `yaml:"match"`
	On      Hysteresis `yaml:"peak"`
	Reserve Reserve    `yaml:"reserve"`
	Caps    Caps       `yaml:"caps"`
	Steps   []*Step    `yaml:"steps"`
	Texts   Texts      `yaml:"texts"`
	Shadow  bool       `yaml:"shadow"` // decides and logs, says nothing
}

// Match is whom a policy is for. What is left out matches everybody; of several
// that match, the one with the highest priority, then the first by name.
type Match struct {
	Queue    string   `yaml:"queue"`
	Channels []string `yaml:"channels"` // kinds of channel
	Priority int      `yaml:"priority"`
}

// Hysteresis is when the line is at its peak: when On has held for Hold, until it
// has been below OffRatio of it for OffHold.
type Hysteresis struct {
	On       cond          `yaml:"on"`
	Hold     time.Duration `yaml:"hold"`
	OffRatio float64       `yaml:"off_ratio"`
	OffHold  time.Duration `yaml:"off_hold"`
}

// Reserve is how many messages are left for others where the platform counts them.
type Reserve struct {
	Agent  int `yaml:"agent"`
	Survey int `yaml:"survey"`
}

// Caps are how often a policy may speak.
type Caps struct {
	PerConversation int           `yaml:"per_conversation"` // bubbles without a word of the customer
	MinGap          time.Duration `yaml:"min_gap"`
	AfterCustomer   time.Duration `yaml:"after_customer"` // since they wrote
	AfterBot        time.Duration `yaml:"after_bot"`      // since the bot answered them
	Quiet           span          `yaml:"quiet"`          // by the customer's clock, as 22:30-08:00
	QuietGrace      time.Duration `yaml:"quiet_grace"`    // since their last message, in which quiet hours do not count
}

// A Step is something that may be said once in a wait.
type Step struct {
	ID       string        `yaml:"id"`
	At       moment        `yaml:"at"`
	When     cond          `yaml:"when"`     // must hold too
	Text     variants      `yaml:"text"`     // by variant
	Choices  []string      `yaml:"choices"`  // keys of options
	Offers   []string      `yaml:"offers"`   // the same; what an overdue customer is offered
	Presence *Presence     `yaml:"presence"` // it asks whether they are still there
	Via      []string      `yaml:"via"`      // banner, push, message; empty: message
	Convert  string        `yaml:"convert"`  // what the wait becomes: message
	New      bool          `yaml:"skip_if_nothing_new"`
	Always   bool          `yaml:"always"` // also off the peak
	Valid    time.Duration `yaml:"valid"`  // how late it may come

	rank int // smaller is more important
	nth  int // in the file
}

// Presence is what becomes of somebody who does not answer.
type Presence struct {
	Timeout time.Duration `yaml:"timeout"`
	Misses  int           `yaml:"misses"` // questions in a row without an answer
	Again   time.Duration `yaml:"again"`  // silence after which whoever did answer is asked again; 0: never
	OnFail  string        `yaml:"on_fail"`
}

// Texts are by name, then by language (zh, en).
type Texts map[string]map[string]string

// ranks are the steps' importance by their names' beginning; what a policy calls
// otherwise comes between M1 and M4, in its order.
var ranks = []string{"M0", "MX", "M3", "M2", "M1", "", "M4"}

// A Problem is something wrong in a policy: where, what, and what to do.
type Problem struct {
	File string
	Line int
	Text string
}

func (p *Problem) Error() string { return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text) }

// Parse reads a policy strictly; name is what errors call it. Texts that it does not
// have itself are base's; nil: it has none to fall back on. Its error is all that
// Lint finds wrong, joined.
func Parse(name string, src []byte, base Texts) (_ *Policy, err error) {
	defer func() { // the parser is known to have panicked on hostile input
		if recover() != nil {
			err = &Problem{name, 1, "this is not YAML; check the indentation around the last change"}
		}
	}()
	if len(src) > maxSource {
		return nil, &Problem{name, 1, "a policy of over 256 kB is a mistake; split it"}
	}
	f, err := parser.ParseBytes(src, 0)
	if err != nil {
		return nil, problem(name, err)
	}
	if len(f.Docs) != 1 || f.Docs[0].Body == nil {
		return nil, &Problem{name, 1, "a file holds one policy; it begins with policy: and a name"}
	}
	p := &Policy{
		On: Hysteresis{Hold: time.Minute, OffRatio: 0.7, OffHold: 5 * time.Minute}, Reserve: Reserve{Agent: 2},
		Caps: Caps{PerConversation: 4, MinGap: 2 * time.Minute, AfterCustomer: 45 * time.Second, AfterBot: time.Minute, QuietGrace: 30 * time.Minute},
	}
	if err := yaml.NodeToValue(f.Docs[0].Body, p, yaml.Strict()); err != nil {
		return nil, problem(name, err)
	}
	p.fill(base)
	l := &linter{file: name, ast: f}
	l.compile(p)
	l.all(p)
	return p, errors.Join(l.found...)
}

const maxSource = 256 << 10

// fill is what has no value of its own.
func (p *Policy) fill(base Texts) {
	all := Texts{}
	for _, from := range []Texts{base, p.Texts} {
		for id, t := range from {
			all[id] = t
		}
	}
	p.Texts = all
	p.Steps = slices.DeleteFunc(p.Steps, func(s *Step) bool { return s == nil })
	for i, s := range p.Steps {
		s.rank, s.nth = rankOf(s.ID), i
		if s.Valid == 0 {
			s.Valid = 3 * time.Minute
		}
		if x := s.Presence; x != nil && x.Misses == 0 {
			x.Misses = 1
		}
	}
	slices.SortStableFunc(p.Steps, func(a, b *Step) int { return a.rank - b.rank })
}

func rankOf(id string) int {
	for i, r := range ranks {
		if r != "" && strings.HasPrefix(id, r) {
			return i
		}
	}
	return slices.Index(ranks, "")
}

// For reports whether p is for somebody who waits for topic on a kind of channel.
func (p *Policy) For(topic, kind string) bool {
	return (p.Match.Queue == "" || p.Match.Queue == topic) && (len(p.Match.Channels) == 0 || slices.Contains(p.Match.Channels, kind))
}

// problem says in plain words what the YAML reader has against a file.
func problem(name string, err error) error {
	line := 1
	var at yaml.Error
	if errors.As(err, &at) {
		if t := at.GetToken(); t != nil && t.Position != nil {
			line = t.Position.Line
		}
	}
	var unknown *yaml.UnknownFieldError
	switch {
	case errors.As(err, &unknown) && unknown.Token != nil:
		return &Problem{name, line, fmt.Sprintf("unknown key %q; see flows/policies/README.md for the keys of a policy", unknown.Token.Value)}
	case at != nil:
		return &Problem{name, line, spelling.YAML(at.GetMessage())}
	}
	return &Problem{name, line, err.Error()}
}

// variants are names of texts by what suits: negative for whoever is upset, again for
// what was said before, unknown without an estimate, order and answer where the
// script knows something, progress, default, and plain for when a variable of all
// these is not known. A text alone is the default.
type variants map[string]string

// UnmarshalYAML reads one.
func (v *variants) UnmarshalYAML(read func(any) error) error {
	var one string
	if read(&one) == nil {
		*v = variants{"default": one}
		return nil
	}
	var many map[string]string
	if err := read(&many); err != nil {
		return errors.New("a step's text is the name of a text, or names by variant: {default: m3, negative: m3_neg}")
	}
	*v = many
	return nil
}

// A span is a time of day, as 22:30-08:00; it may go over midnight.
type span struct {
	src      string
	from, to time.Duration // since midnight
	on       bool
}

// UnmarshalYAML takes it as it stands.
func (s *span) UnmarshalYAML(read func(any) error) error { return read(&s.src) }

// compile makes it ready.
func (s *span) compile() error {
	if s.src == "" {
		return nil
	}
	a, b, _ := strings.Cut(s.src, "-")
	from, err := time.Parse("15:04", strings.TrimSpace(a))
	to, err2 := time.Parse("15:04", strings.TrimSpace(b))
	if err != nil || err2 != nil {
		return fmt.Errorf("quiet hours are written 22:30-08:00, not %q", s.src)
	}
	s.from, s.to, s.on = clockOf(from), clockOf(to), true
	return nil
}

func clockOf(t time.Time) time.Duration {
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
}

// has reports whether t is in it, by the clock of t's zone.
func (s span) has(t time.Time) bool {
	c := clockOf(t)
	switch {
	case !s.on:
		return false
	case s.from <= s.to:
		return s.from <= c && c < s.to
	}
	return c >= s.from || c < s.to
}
