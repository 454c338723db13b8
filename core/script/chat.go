package script

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// A Chat is a conversation in a .chat file: who says what, what must come of
// it, and the time that passes. flows/README.md has the notation. Parsing and
// printing are exact opposites, but for blank lines and blanks at line ends.
type Chat struct {
	File  string
	Steps []ChatStep
}

// A ChatStep is one line of a Chat.
type ChatStep struct {
	Pos
	Kind ChatKind

	Channel string // ChatSay, ChatExpect: "@web"; empty is the one used last
	Who     string // ChatSay: the customer; ChatAgent: the member of staff
	Text    string // what is said or expected, the comment, the argument of the outage
	Pass    time.Duration
}

// ChatKind is what a line of a Chat is.
type ChatKind string

const (
	ChatComment ChatKind = "comment" // # …
	ChatSet     ChatKind = "set"     // = staff 2: the scene: see flows/README.md
	ChatSay     ChatKind = "say"     // @web 小王> 你好
	ChatExpect  ChatKind = "expect"  // < 🤖 …: the customer is shown this
	ChatDesk    ChatKind = "desk"    // << …: staff are shown this
	ChatNothing ChatKind = "nothing" // <: the customer is shown nothing more
	ChatAgent   ChatKind = "agent"   // agent 小林> !claim
	ChatPass    ChatKind = "pass"    // + 2m
	ChatOutage  ChatKind = "outage"  // ! outage slack 5m
)

var (
	sayLine   = regexp.MustCompile(`^@([a-z0-9_-]{1,40})(?: ([^>]{1,60}))?>(?: (.*))?$`)
	agentLine = regexp.MustCompile(`^agent ([^>]{1,60})>(?: (.*))?$`)
	dialogCmd = regexp.MustCompile(`^[a-z]+( [^ ]+)*$`)
)

// ParseChat reads a .chat file. All bad lines are reported together, each a
// Problem. It never panics, whatever the input.
func ParseChat(file string, src []byte) (*Chat, error) {
	c := &Chat{File: file}
	var problems []error
	text := strings.TrimPrefix(strings.ToValidUTF8(string(src), "�"), "\ufeff")
	for i, line := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		line = strings.TrimRight(line, " \t\r")
		if line == "" {
			continue
		}
		s, err := parseChatLine(line)
		s.Pos = Pos{file, i + 1}
		if err != nil {
			problems = append(problems, Problem{s.Pos, err.Error()})
			continue
		}
		c.Steps = append(c.Steps, s)
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return c, nil
}

func parseChatLine(line string) (ChatStep, error) {
	if strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") {
		return ChatStep{}, errors.New("a line begins at its left edge; a longer text goes on behind \\n")
	}
	if m := sayLine.FindStringSubmatch(line); m != nil {
		return ChatStep{Kind: ChatSay, Channel: m[1], Who: strings.TrimSpace(m[2]), Text: unescape(m[3])}, nil
	}
	if m := agentLine.FindStringSubmatch(line); m != nil && strings.TrimSpace(m[1]) != "" {
		return ChatStep{Kind: ChatAgent, Who: strings.TrimSpace(m[1]), Text: unescape(m[2])}, nil
	}
	rest := strings.TrimSpace(strings.TrimLeft(line, "<#=+!"))
	head := line[:len(line)-len(strings.TrimLeft(line, "<#=+!"))]
	switch {
	case strings.HasPrefix(line, "#"):
		return ChatStep{Kind: ChatComment, Text: strings.TrimSpace(line[1:])}, nil
	case head == "=":
		if !dialogCmd.MatchString(rest) {
			return ChatStep{}, errors.New("= sets the scene: = staff 2, = line 30 8m-12m, = closed, = start 2026-11-23 10:00")
		}
		return ChatStep{Kind: ChatSet, Text: rest}, nil
	case head == "<" && rest == "":
		return ChatStep{Kind: ChatNothing}, nil
	case head == "<":
		return ChatStep{Kind: ChatExpect, Text: unescape(rest)}, nil
	case head == "<<" && rest != "":
		return ChatStep{Kind: ChatDesk, Text: unescape(rest)}, nil
	case head == "+":
		d, err := parseDuration(rest)
		if err != nil || d <= 0 {
			return ChatStep{}, fmt.Errorf("%s is not a time; write + 2m or + 30s", quote(rest))
		}
		return ChatStep{Kind: ChatPass, Pass: d}, nil
	case head == "!":
		if !dialogCmd.MatchString(rest) {
			return ChatStep{}, errors.New("! is for what goes wrong: ! outage slack 5m, ! restart, ! repeat")
		}
		return ChatStep{Kind: ChatOutage, Text: rest}, nil
	}
	return ChatStep{}, fmt.Errorf("%s is no line of a conversation; it begins with @channel name>, agent name>, <, <<, +, =, ! or #", quote(line))
}

// unescape turns \n into a new line and \\ into \.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && (s[i+1] == 'n' || s[i+1] == '\\') {
			i++
			if s[i] == 'n' {
				b.WriteByte('\n')
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func escape(s string) string {
	return strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", "").Replace(strings.TrimSpace(s))
}

// String is the step as a line.
func (s ChatStep) String() string {
	switch s.Kind {
	case ChatSay:
		line := "@" + s.Channel
		if s.Who != "" {
			line += " " + s.Who
		}
		return strings.TrimRight(line+"> "+escape(s.Text), " ")
	case ChatAgent:
		return strings.TrimRight("agent "+s.Who+"> "+escape(s.Text), " ")
	case ChatExpect:
		return "< " + escape(s.Text)
	case ChatDesk:
		return "<< " + escape(s.Text)
	case ChatNothing:
		return "<"
	case ChatPass:
		return "+ " + shortDuration(s.Pass)
	case ChatSet:
		return "= " + s.Text
	case ChatOutage:
		return "! " + s.Text
	}
	return strings.TrimRight("# "+s.Text, " ")
}

// shortDuration is 2m, not 2m0s.
func shortDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// String is the whole file, with a blank line before whoever speaks.
func (c *Chat) String() string {
	var b strings.Builder
	for i, s := range c.Steps {
		if i > 0 && (s.Kind == ChatSay || s.Kind == ChatAgent) && c.Steps[i-1].Kind != ChatSay {
			b.WriteByte('\n')
		}
		b.WriteString(s.String() + "\n")
	}
	return b.String()
}

// Matches reports whether what was said is what the step expects: the text
// somewhere in it, with … for any run of text, and ^ and $ for the ends. A
// pattern between slashes is a regular expression. Runs of blanks and new lines
// count as one blank.
func (s ChatStep) Matches(said string) (bool, error) {
	said = strings.Join(strings.Fields(said), " ")
	if p := s.Text; len(p) > 2 && strings.HasPrefix(p, "/") && strings.HasSuffix(p, "/") {
		re, err := regexp.Compile(p[1 : len(p)-1])
		if err != nil {
			return false, Problem{s.Pos, err.Error()}
		}
		return re.MatchString(said), nil
	}
	want := strings.Join(strings.Fields(s.Text), " ")
	parts := strings.Split(want, "…")
	for i, p := range parts {
		p = strings.TrimSpace(p)
		at := strings.Index(said, p)
		if i == 0 && strings.HasPrefix(p, "^") {
			if !strings.HasPrefix(said, p[1:]) {
				return false, nil
			}
			at, p = 0, p[1:]
		}
		if i == len(parts)-1 && strings.HasSuffix(p, "$") && len(p) > 1 {
			return strings.HasSuffix(said, strings.TrimSuffix(p, "$")), nil
		}
		if at < 0 {
			return false, nil
		}
		said = said[at+len(p):]
	}
	return true, nil
}

var bracket = regexp.MustCompile(`^\[([a-z>]+)(?:[: ]\s*(.*))?\]$`)

// Parts is what a ChatSay sends: its text, or what stands in brackets instead:
// [join], [leave], [voice], [voice: words of the recording], [image], [file a.pdf],
// [place], [sticker] and other kinds; [> label] presses a button: a Pick whose
// Option the player must look up in the last list shown.
func (s ChatStep) Parts() core.Parts {
	m := bracket.FindStringSubmatch(s.Text)
	if m == nil {
		return core.Parts{core.Text{Body: s.Text}}
	}
	switch m[1] {
	case "join":
		return core.Parts{core.Joined{From: m[2]}}
	case "leave":
		return core.Parts{core.Left{}}
	case "voice":
		return core.Parts{core.Media{Type: "audio/amr", Words: m[2]}}
	case "image":
		return core.Parts{core.Media{Type: "image/png", Words: m[2]}}
	case "file":
		return core.Parts{core.Media{Type: "application/octet-stream", Name: m[2]}}
	case "place":
		return core.Parts{core.Place{Lat: 30.27, Lon: 120.15, Name: m[2]}}
	case ">":
		return core.Parts{core.Pick{Label: m[2]}}
	}
	return core.Parts{core.Other{Kind: m[1]}}
}
