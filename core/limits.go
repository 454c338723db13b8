package core

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits says what a platform can carry.
type Limits struct {
	Text       int         // longest text, counted in Unit; 0 means any length
	Unit       Unit        // how the platform counts
	Media      []string    // MIME types or prefixes ("image/"); others are sent as links
	MediaSize  int64       // largest file in bytes; 0 means any
	Options    int         // most options in a Choice; 0 turns a Choice into a numbered list
	Label      int         // longest option label in runes; 0 means any; a Choice with a longer one becomes a numbered list
	Cards      bool        // otherwise a Card becomes text
	Places     bool        // otherwise a Place becomes a link
	Forms      bool        // otherwise a Form becomes text
	Cases      bool        // otherwise a Case becomes text; a desk that does without still opens threads
	Threads    bool        // whether replies can be grouped; a desk needs it
	Idempotent bool        // the platform drops a second message with the same Envelope.ID, so an unknown outcome may be repeated
	OneReply   bool        // what is said at once is one message where its length allows: the platform takes one answer inside its own request, and that one costs nothing; without Allowances there is no other way
	Together   bool        // one message carries any number of parts: a mail with its text and pictures
	Names      bool        // the adapter shows Envelope.By itself; otherwise Fit's caller marks bot text
	Pace       Rate        // how fast messages may be sent, by all processes together; zero means any speed
	Allowances []Allowance // how much we may say unasked; none means any
	Taps       bool        // a Choice is tapped even where a tap opens less of the Allowances than a written answer; otherwise it is a numbered list there
}

// An Allowance is what the platform lets us say after the peer did something.
type Allowance struct {
	After  Cause
	Count  int // messages; 0 means any number
	Within time.Duration
}

// Cause is what a peer did.
type Cause string

const (
	CauseMessage Cause = "message" // wrote to us
	CauseEvent   Cause = "event"   // followed, scanned, pressed a menu entry
)

// Fit turns parts into the messages that carry them within l, in order: each
// result is one message. What the platform cannot carry is said in words;
// nothing is dropped. A text is cut at sentence ends, else at spaces, else
// between graphemes, and inside a URL or a grapheme only if that alone is over
// the limit. Invalid UTF-8 is replaced first. Where parts go Together, all of
// them are one message.
func (l Limits) Fit(parts Parts) []Parts {
	out := l.apart(parts)
	if l.Together && len(out) > 1 {
		return []Parts{slices.Concat(out...)}
	}
	return out
}

// apart is Fit with a message for each part.
func (l Limits) apart(parts Parts) []Parts {
	var out []Parts
	for _, p := range parts {
		p = l.plain(p)
		switch p := p.(type) {
		case Text:
			for _, s := range l.split(p.Body) {
				out = append(out, Parts{Text{s}})
			}
		case Choice:
			pre := l.split(p.Prompt)
			for _, s := range pre[:len(pre)-1] {
				out = append(out, Parts{Text{s}})
			}
			p.Prompt = pre[len(pre)-1]
			out = append(out, Parts{p})
		default:
			out = append(out, Parts{p})
		}
	}
	return out
}

// Carries reports whether the platform takes m as a file.
func (l Limits) Carries(m Media) bool {
	if l.MediaSize > 0 && m.Size > l.MediaSize {
		return false
	}
	return slices.ContainsFunc(l.Media, func(t string) bool { return strings.HasPrefix(m.Type, t) })
}

// plain replaces a part that l cannot carry by text that says the same.
func (l Limits) plain(p Part) Part {
	switch p := p.(type) {
	case Text:
		return Text{strings.ToValidUTF8(p.Body, "�")}
	case Choice:
		if !l.fits(p) {
			return Text{strings.ToValidUTF8(p.Numbered(), "�")}
		}
		p.Prompt = strings.ToValidUTF8(p.Prompt, "�")
		return p
	case Card:
		if !l.Cards {
			return Text{lines(p.Title, p.Body, p.URL)}
		}
	case Place:
		if !l.Places {
			return Text{lines(p.Name, fmt.Sprintf("https://www.openstreetmap.org/?mlat=%g&mlon=%g", p.Lat, p.Lon))}
		}
	case Media:
		if !l.Carries(p) {
			return Text{lines(cmpOr(p.Name, "["+p.Type+"]"), p.Words, p.URL)}
		}
	case Form:
		if !l.Forms {
			return Text{p.String()}
		}
	case Case:
		if !l.Cases {
			return Text{p.String()}
		}
	case Pick:
		return Text{cmpOr(p.Label, p.Option)}
	case Joined, Left:
		return Text{"[" + p.kind() + "]"}
	case Other:
		return Text{"[" + p.Kind + "]"}
	}
	return p
}

func (l Limits) fits(c Choice) bool {
	if c.Typed || len(c.Options) == 0 || len(c.Options) > l.Options || !l.Taps && l.tapsLess() {
		return false
	}
	return l.Label == 0 || !slices.ContainsFunc(c.Options, func(o Option) bool { return utf8.RuneCountInString(o.Label) > l.Label })
}

// tapsLess reports whether a tap opens less of the Allowances than a written answer:
// whoever has tapped "a person, please" could hardly be written to.
func (l Limits) tapsLess() bool { return l.opens(CauseEvent).less(l.opens(CauseMessage)) }

// opens is what we may say after a peer did what cause says.
func (l Limits) opens(cause Cause) Allowance {
	i := slices.IndexFunc(l.Allowances, func(a Allowance) bool { return a.After == cause })
	if i < 0 {
		return Allowance{}
	}
	a := l.Allowances[i]
	if a.Count == 0 {
		a.Count = AnyNumber
	}
	return a
}

func (a Allowance) less(b Allowance) bool { return a.Count < b.Count || a.Within < b.Within }

// Numbered is the choice in words: its prompt and a line for each option.
func (c Choice) Numbered() string {
	var b strings.Builder
	b.WriteString(c.Prompt)
	for i, o := range c.Options {
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s. %s", cmp.Or(o.Digit, strconv.Itoa(i+1)), o.Label)
	}
	return b.String()
}

// String is the form in words, a line for each value, ordered by name.
func (f Form) String() string {
	var ss []string
	for k, v := range f.Values {
		ss = append(ss, k+": "+v)
	}
	slices.Sort(ss)
	return lines(append([]string{f.ID}, ss...)...)
}

// String is the case in words.
func (c Case) String() string {
	ss := []string{"#" + c.Ticket + " " + c.Title}
	for _, f := range c.Fields {
		ss = append(ss, f.Name+": "+f.Value)
	}
	ss = append(ss, c.Lines...)
	for _, a := range c.Actions {
		ss = append(ss, "["+a.Label+"]")
	}
	return lines(ss...)
}

func lines(ss ...string) string {
	ss = slices.DeleteFunc(ss, func(s string) bool { return s == "" })
	return strings.ToValidUTF8(strings.Join(ss, "\n"), "�")
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
