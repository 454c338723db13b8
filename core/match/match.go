// Package match decides which script entry answers a text, how sure that is, and why. It is pure: a Matcher is built from
// entries, and from then on Match is a function of the query alone; it reads no clock, no file and no network, takes no
// lock, and may be called from any number of goroutines.
//
// # How it decides
//
//  1. Fold brings text and script to one form (width, traditional characters, slang, numerals, slips of the keyboard).
//  2. Rules win: exact, then contains and regexp, the longest span first. A message that equals another entry's
//     sample word for word beats any rule but exact. A rule whose words stand under a denied wish ("不要退款") does not count. Keywords are also found by sound and with one slip, if nothing is found by letter.
//  3. Otherwise a linear model over hashed words and letters, trained on the sample questions, and beside it, where they
//     help, small neural networks say which entry is most like the text.
//  4. Its score is turned into a probability that was learnt, without any out-of-scope samples, by leaving entries out of
//     the training and asking for them (see calibrate.go).
//  5. P ≥ Options.Answer answers, P ≥ Options.Clarify asks back, everything else falls back to a person. It never guesses.
//
// New trains what is needed to answer; Refine does the slow rest and swaps the better model in atomically. If Refine fails
// or is cancelled, the first model goes on answering.
package match

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
)

// Entry is one answer of the script, and how customers ask for it.
type Entry struct {
	ID, Title, Lang         string
	Exact, Contains, Regexp []string // rules: they win over samples
	Samples                 []string // ways customers ask it
	Pos                     string   // file:line, for lint and explanations
	SamplePos               []string // file:line of each sample, if known
	Unanswered              bool     // the script has no answer to these: a text like them falls back, whatever else it resembles
}

// Options are thresholds on the probability that the best entry is the right one. Zero values mean the defaults.
type Options struct {
	Answer  float64 // from here on the entry is answered; default 0.5
	Clarify float64 // from here on the customer is asked which one is meant; default 0.3
	Max     int     // how many candidates a decision carries; default 5
	Lang    string  // language of Decision.Why: "zh…" (default) or "en…"
}

func (o Options) withDefaults() (Options, error) {
	if o.Answer == 0 {
		o.Answer = .5
	}
	if o.Clarify == 0 {
		o.Clarify = min(.3, o.Answer)
	}
	if o.Max == 0 {
		o.Max = 5
	}
	if o.Lang == "" {
		o.Lang = "zh"
	}
	if o.Answer < 0 || o.Answer > 1 || o.Clarify < 0 || o.Clarify > o.Answer || o.Max < 1 {
		return o, fmt.Errorf("match: thresholds must be 0 ≤ clarify ≤ answer ≤ 1, max ≥ 1; have clarify %g, answer %g, max %d", o.Clarify, o.Answer, o.Max)
	}
	return o, nil
}

// Query is a customer's text and what is known beside it.
type Query struct {
	Text    string
	Heard   Utterance // Text, if the caller has listened to it; Match listens to what is of another text
	Context string    // ID of the entry answered last; "" if none, or too old to matter
	Lang    string    // the customer's language if known ("zh-CN", "en"); decides only between equals
}

// Kind says what to do with a decision.
type Kind string

const (
	Answer   Kind = "answer"   // answer with Candidates[0]
	Clarify  Kind = "clarify"  // ask which of Candidates is meant
	Fallback Kind = "fallback" // nothing is likely enough: say so, offer a person
)

// Decision is what Match thinks of a text. Candidates are best first; with Fallback they are what came closest and may be
// empty. Why is one line for the people who write scripts.
type Decision struct {
	Kind       Kind
	Candidates []Candidate
	Why        string
	Mood       Mood
}

// Candidate is an entry that may answer.
type Candidate struct {
	Entry         string  // Entry.ID
	P             float64 // probability that this entry is what the customer wants, 0..1
	How           string  // exact, contains, regexp, samples, context
	Span, Pattern string  // the words of the (folded) text that decided, and the rule or sample that they met
}

// Mood is what the customer's words show, each 0..1; from 0.5 on it should be acted on. Danger is a matter of words in
// their sentence, not of a score.
type Mood struct {
	Negative, Angry, Urgent float64
	Danger                  Danger
}

// Matcher answers Match. Its model can be replaced while it is used.
type Matcher struct {
	entries []Entry
	index   map[string]int32
	opt     Options
	rules   *rules
	aloud   *aloud
	model   atomic.Pointer[model]
	job     *training // what Refine needs
}

// New checks the rules, trains the first model and returns a Matcher that is usable at once. Errors name Entry.Pos and
// the bad pattern; all bad entries are reported together.
func New(entries []Entry, o Options) (*Matcher, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	m := &Matcher{entries: entries, opt: o}
	if m.index, m.rules, err = read(entries); err != nil {
		return nil, err
	}
	warm()
	m.aloud = newAloud(entries)
	if m.job = newTraining(entries); len(m.job.entry) > maxClasses {
		return nil, fmt.Errorf("match: %d entries with words to learn, at most %d / 条目太多", len(m.job.entry), maxClasses)
	}
	m.model.Store(m.job.first())
	return m, nil
}

// Check says what New would have against entries, and trains nothing.
func Check(entries []Entry) error {
	_, _, err := read(entries)
	return err
}

// read makes the index and the rules of entries; all faults are joined.
func read(entries []Entry) (map[string]int32, *rules, error) {
	var errs []error
	index := make(map[string]int32, len(entries))
	for i, e := range entries {
		if e.ID == "" {
			errs = append(errs, fmt.Errorf("%s: entry without id / 条目没有 id", e.Pos))
		}
		if j, ok := index[e.ID]; ok && e.ID != "" {
			errs = append(errs, fmt.Errorf("%s: entry %s is already defined at %s / 条目重复", e.Pos, e.ID, entries[j].Pos))
		}
		index[e.ID] = int32(i)
	}
	r, err := newRules(entries)
	return index, r, errors.Join(append(errs, err)...)
}

// warm builds what all matchers of a process share, a tenth of a second once, so that no customer's first message waits.
func warm() {
	seedMoods()
	askFinder()
	dangerOutlines()
	personOutlines()
	askAloneSet()
	aloneRunes()
}

// Refine does the slow part of the training (calibration, booster) and swaps the result in; Match is served by the model
// of New until then. It returns ctx's error if it is cancelled, and the old model stays.
func (m *Matcher) Refine(ctx context.Context) error {
	better, err := m.job.refine(ctx, m.model.Load())
	if err != nil {
		return err
	}
	m.model.Store(better)
	return nil
}

// Size of the trained model in bytes (rules not counted).
func (m *Matcher) Size() int { return m.model.Load().bytes() }

// Lint reads the matcher's own script; see the function Lint.
func (m *Matcher) Lint(ctx context.Context) ([]Finding, error) { return Lint(ctx, m.entries) }

// Entries are those the matcher was made from; they are not to be changed.
func (m *Matcher) Entries() []Entry { return m.entries }
