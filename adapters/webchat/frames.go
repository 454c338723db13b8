package webchat

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// An ask is a frame from the widget.
type ask struct {
	Op     string `json:"op"`
	Token  string `json:"token"`
	After  int64  `json:"after"`
	Before int64  `json:"before"`
	Seq    int64  `json:"seq"`
	Log    string `json:"log"`
	Page   string `json:"page"`
	Title  string `json:"title"` // of the page
	Zone   string `json:"zone"`  // of the visitor's clock
	Lang   string `json:"lang"`
	ID     string `json:"id"`
	Text   string `json:"text"`
	Pick   *pick  `json:"pick"`
	File   string `json:"file"`
}

type pick struct {
	Option string `json:"option"`
	Label  string `json:"label"`
}

var (
	lineID   = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	langTag  = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$`)
	errFrame = errors.New("webchat: bad frame")
)

// parse reads a frame. What it returns is within bounds: ids are plain, texts
// are valid UTF-8 without control characters, of at most max runes.
func parse(b []byte, max int) (ask, error) {
	var a ask
	if err := json.Unmarshal(b, &a); err != nil {
		return ask{}, fmt.Errorf("%w: not the JSON we expect", errFrame)
	}
	if a.After < 0 || a.Before < 0 || a.Seq < 0 {
		return ask{}, fmt.Errorf("%w: a number is negative", errFrame)
	}
	if !langTag.MatchString(a.Lang) {
		a.Lang = ""
	}
	a.Page, a.Log = bare(a.Page), clip(a.Log, 600)
	switch a.Op {
	case "hello", "open", "typing", "read", "past":
		return a, nil
	case "send":
		return a.line(max)
	}
	return ask{}, fmt.Errorf("%w: unknown op", errFrame)
}

// line checks a frame that carries a visitor's line.
func (a ask) line(max int) (ask, error) {
	if !lineID.MatchString(a.ID) {
		return ask{}, fmt.Errorf("%w: id has to be 1 to 64 letters and digits", errFrame)
	}
	a.Text = clean(a.Text)
	if utf8.RuneCountInString(a.Text) > max {
		return a, errLong
	}
	if a.Pick != nil {
		a.Pick = &pick{Option: clip(a.Pick.Option, 200), Label: clip(a.Pick.Label, 200)}
		if a.Pick.Option == "" || a.Text != "" || a.File != "" {
			return a, fmt.Errorf("%w: a pick is an option and nothing else", errFrame)
		}
	} else if a.Text == "" && a.File == "" {
		return a, fmt.Errorf("%w: the line is empty", errFrame)
	}
	return a, nil
}

var errLong = errors.New("webchat: the line is too long")

// clean drops control characters other than line breaks and tabs, and the
// white space around the whole.
func clean(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "�"), "\r\n", "\n")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 {
			return -1
		}
		return r
	}, s))
}

// A reply is a frame to the widget.
type reply struct {
	Op     string  `json:"op"`
	Seq    int64   `json:"seq,omitempty"`
	Lines  []line  `json:"lines,omitempty"`
	More   bool    `json:"more,omitempty"`  // there are older lines
	Reset  bool    `json:"reset,omitempty"` // forget all lines but these
	Log    string  `json:"log,omitempty"`
	Token  string  `json:"token,omitempty"` // use this from now on
	Who    *who    `json:"who,omitempty"`
	Banner *banner `json:"banner,omitempty"`
	Typing bool    `json:"typing,omitempty"` // in the answer to a poll
	ID     string  `json:"id,omitempty"`     // of the line that is acknowledged or refused
	Code   string  `json:"code,omitempty"`
	Why    string  `json:"why,omitempty"`   // for the host's developers
	Retry  int     `json:"retry,omitempty"` // seconds
}

// A line is a message as the visitor sees it.
type line struct {
	Seq      int64           `json:"seq"`
	ID       string          `json:"id"`
	Mine     string          `json:"mine,omitempty"` // the widget's own id, if the visitor wrote it
	From     from            `json:"from"`
	At       int64           `json:"at"` // Unix milliseconds
	Replaces string          `json:"replaces,omitempty"`
	Parts    json.RawMessage `json:"parts"`
}

type from struct {
	Kind string `json:"kind"` // peer, bot, agent, system
	Name string `json:"name,omitempty"`
}

// who is at the other end.
type who struct {
	State string `json:"state"` // bot, line, agent
	Name  string `json:"name,omitempty"`
	Staff bool   `json:"staff"` // anybody is on duty
}

type banner struct {
	Text string `json:"text"` // empty takes it away
}

// refusal is why a request or frame is not done.
type refusal struct {
	Status int
	Code   string // the widget's word for it
	Why    string // for developers; holds no secret
	After  time.Duration
}

func (r *refusal) Error() string { return "webchat: " + r.Code }

func (r *refusal) reply(id string) reply {
	return reply{Op: "error", ID: id, Code: r.Code, Why: r.Why, Retry: seconds(r.After)}
}

// seconds rounds up.
func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }
