package command

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/frontdesk-im/frontdesk/core"
)

// An Act is an action with its arguments, as a button, a form or words said it.
type Act struct {
	Name   string
	Values map[string]string
}

func (a *Act) set(name, value string) {
	if value = strings.TrimSpace(value); value == "" {
		return
	}
	if a.Values == nil {
		a.Values = map[string]string{}
	}
	a.Values[name] = value
}

// IsCommand reports whether a text is a command: its first visible character is
// an exclamation mark. Such a text is never sent.
func IsCommand(text string) bool {
	s := Visible(text)
	return strings.HasPrefix(s, "!") || strings.HasPrefix(s, "！")
}

// Visible drops what cannot be seen from the front of a text: spaces, and the
// characters that platforms and keyboards leave there.
func Visible(s string) string {
	return strings.TrimLeftFunc(s, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsGraphic(r) || invisible(r) })
}

func invisible(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Variation_Selector) || r == '\u3164' || r == '\u115f' || r == '\u1160' || r == '\u2800'
}

// FromText reads a command. It reports false for a text that is none. A command
// that nobody knows is ActHelp with the word under "unknown".
func FromText(text string) (Act, bool) {
	if !IsCommand(text) {
		return Act{}, false
	}
	s := strings.TrimLeft(Visible(text), "!！")
	s = Visible(s)
	word, rest := cutSpace(s)
	low := strings.ToLower(word)
	for _, c := range Commands {
		if slices.Contains(c.En, low) || slices.Contains(c.Zh, word) {
			return c.read(rest), true
		}
	}
	// Chinese is written without spaces: 挂起2h, 转@小陈. The longest word wins.
	var best Command
	n := 0
	for _, c := range Commands {
		for _, zh := range c.Zh {
			if len(zh) > n && strings.HasPrefix(s, zh) && c.glued(s[len(zh):]) {
				best, n = c, len(zh)
			}
		}
	}
	if n > 0 {
		return best.read(s[n:]), true
	}
	a := Act{Name: ActHelp}
	a.set("unknown", word)
	return a, true
}

// glued reports whether rest can be the arguments of c though no space is
// between: a command is not guessed from a word that begins like one.
func (c Command) glued(rest string) bool {
	r, _ := utf8.DecodeRuneInString(rest)
	switch {
	case unicode.IsSpace(r):
		return true
	case c.numbers, c.Action == ActSuggest, c.Action == ActBad:
		return r >= '0' && r <= '9' || r == '#'
	}
	switch c.Action {
	case ActTransfer:
		return r == '@' || r == '＠'
	case ActNote, ActCause:
		return r == ':' || r == '：'
	case ActReassure:
		word, _ := cutSpace(rest)
		return verbs[word] != ""
	case ActPark, ActBreak:
		until, _ := cutUntil(rest)
		return until != ""
	case ActTag:
		return r == '#' || r == '＃'
	case ActPriority:
		_, ok := Class(rest)
		return ok
	case ActClose:
		return r == '#' || r == '＃'
	}
	return false
}

// Class reads P0 to P3.
func Class(s string) (int, bool) {
	s = strings.TrimPrefix(strings.ToLower(strings.TrimSpace(s)), "p")
	if len(s) != 1 || s[0] < '0' || s[0] > '3' {
		return 0, false
	}
	return int(s[0] - '0'), true
}

// cutSpace splits s at its first space.
func cutSpace(s string) (word, rest string) {
	if i := strings.IndexFunc(s, unicode.IsSpace); i >= 0 {
		return s[:i], strings.TrimSpace(s[i:])
	}
	return s, ""
}

// cutName takes a name from the front of s: quoted, or up to a space; a leading
// @ is not part of it.
func cutName(s string) (name, rest string) {
	s = strings.TrimLeft(strings.TrimSpace(s), "@＠ ")
	for _, q := range [][2]string{{`"`, `"`}, {"“", "”"}, {"「", "」"}} {
		if after, ok := strings.CutPrefix(s, q[0]); ok {
			if name, rest, ok = strings.Cut(after, q[1]); ok {
				return name, strings.TrimSpace(rest)
			}
		}
	}
	name, rest = cutSpace(s)
	return strings.TrimRight(name, ",，:："), rest
}

// read reads the arguments of a command.
func (c Command) read(rest string) Act {
	a := Act{Name: c.Action}
	rest = strings.TrimSpace(rest)
	switch c.Action {
	case ActTransfer:
		to, note := cutName(rest)
		a.set("to", to)
		a.set("note", note)
	case ActNote:
		a.set("text", strings.TrimLeft(rest, ":： "))
	case ActPark:
		until, note := cutUntil(rest)
		a.set("until", until)
		a.set("note", note)
	case ActBreak:
		until, _ := cutUntil(rest)
		if until == "" {
			until = rest
		}
		a.set("until", until)
	case ActClose:
		a.readClose(rest)
	case ActPriority:
		word, _ := cutSpace(rest)
		a.set("class", word)
	case ActTag:
		a.set("tags", strings.Join(strings.FieldsFunc(rest, func(r rune) bool { return unicode.IsSpace(r) || r == '#' || r == '＃' }), " "))
	case ActName:
		a.set("name", rest)
	case ActCanned:
		a.set("id", rest)
	case ActTemplate:
		id, text := cutName(rest)
		a.set("id", id)
		a.set("text", text)
	case ActSuggest, ActBad:
		a.set("entry", rest)
	case ActCorrect:
		word, text := cutSpace(rest)
		if _, err := strconv.Atoi(word); err != nil {
			word, text = "", rest
		}
		a.set("message", word)
		a.set("text", text)
	case ActReassure:
		a.readReassure(rest)
	case ActCause:
		a.set("text", strings.TrimLeft(rest, ":： "))
	case ActOff:
		if word := strings.ToLower(rest); word == "force" || word == "强制" {
			a.set("force", "yes")
		}
	default:
		if c.numbers {
			a.set("message", strings.TrimLeft(rest, "#"))
		}
	}
	return a
}

// outcomes are the ends that can be named in a close command.
var outcomes = map[string]string{
	"已解决": "solved", "solved": "solved", "未解决": "unsolved", "unsolved": "unsolved",
	"垃圾": "spam", "垃圾消息": "spam", "spam": "spam", "重复": "duplicate", "duplicate": "duplicate",
	"已离开": "gone", "gone": "gone",
}

// verbs are what can be done about policies.
var verbs = map[string]string{"停": "stop", "停止": "stop", "暂停": "stop", "stop": "stop", "恢复": "resume", "继续": "resume", "resume": "resume", "start": "resume"}

// readReassure reads a verb, whom it concerns, and why.
func (a *Act) readReassure(rest string) {
	verb, rest := cutSpace(rest)
	a.set("do", verbs[strings.ToLower(verb)])
	word, why := cutSpace(rest)
	switch strings.ToLower(word) {
	case "这位", "this", "队列", "queue", "line", "渠道", "channel", "全部", "所有", "all":
		a.set("scope", strings.ToLower(word))
		a.set("why", why)
	default:
		a.set("why", rest)
	}
}

func (a *Act) readClose(rest string) {
	var said, tags []string
	for i, word := range strings.Fields(rest) {
		low := strings.ToLower(word)
		switch {
		case i == 0 && outcomes[low] != "":
			a.set("outcome", outcomes[low])
		case slices.Contains([]string{"免评价", "不评价", "nosurvey", "no-survey"}, low):
			a.set("survey", "no")
		case strings.HasPrefix(word, "#") && len(word) > 1, strings.HasPrefix(word, "＃"):
			tags = append(tags, strings.TrimLeft(word, "#＃"))
		default:
			said = append(said, word)
		}
	}
	a.set("summary", strings.Join(said, " "))
	a.set("tags", strings.Join(tags, " "))
}

// FromParts reads what a button, a form or a command asks for.
func FromParts(parts core.Parts) (Act, bool) {
	for _, p := range parts {
		switch p := p.(type) {
		case core.Form:
			a := Act{Name: p.ID}
			for k, v := range p.Values {
				a.set(k, v)
			}
			return a, true
		case core.Pick:
			name, arg, _ := strings.Cut(p.Option, ":")
			a := Act{Name: name}
			switch name {
			case ActSuggest, ActBad:
				a.set("entry", arg)
			case ActCanned:
				a.set("id", arg)
			case ActTemplate:
				id, message, _ := strings.Cut(arg, "/")
				a.set("id", id)
				a.set("message", message)
			case ActPriority:
				a.set("class", arg)
			case ActTransfer:
				a.set("to", arg)
			case ActPark, ActBreak:
				a.set("until", arg)
			default:
				a.set("message", arg)
			}
			return a, true
		}
	}
	return FromText(parts.Text())
}

// Target is the ticket that an envelope from outside every thread names
// ("claim:T12", "!认领 T12", "!claim #T12"), so that it can be filed with its
// conversation. In the thread the number means a message.
func Target(env core.Envelope) (ticket string, ok bool) {
	if env.Thread != "" {
		return "", false
	}
	for _, p := range env.Parts {
		switch p := p.(type) {
		case core.Pick:
			name, id, found := strings.Cut(p.Option, ":")
			return id, found && id != "" && name == ActClaim
		case core.Form:
			id := p.Values["ticket"]
			return id, p.ID == ActClaim && id != ""
		case core.Text:
			s := Visible(p.Body)
			if !IsCommand(s) {
				return "", false
			}
			word, rest := cutSpace(strings.TrimLeft(s, "!！"))
			c, _ := ForAction(ActClaim)
			id := strings.TrimLeft(rest, "#＃")
			return id, (slices.Contains(c.En, strings.ToLower(word)) || slices.Contains(c.Zh, word)) && id != "" && !strings.ContainsAny(id, " \n\t")
		}
	}
	return "", false
}
