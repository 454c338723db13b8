package dialog

import (
	"regexp"
	"strings"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/match"
)

// quoted is a message that WeChat and its likes put above an answer: 「name: words」
// and a line of dashes.
var quoted = regexp.MustCompile(`(?s)^\s*[「『"“].*?[」』"”]\s*\n\s*(?:[-—–─－]\s*){5,}\n?`)

// own is what a text says below the quotations in it; all of it if there is
// nothing else.
func own(text string) string {
	rest := quoted.ReplaceAllString(text, "")
	if strings.Contains(rest, ">") || strings.Contains(rest, "＞") {
		var lines []string
		for s := range strings.Lines(rest) {
			if x := strings.TrimSpace(s); !strings.HasPrefix(x, ">") && !strings.HasPrefix(x, "＞") {
				lines = append(lines, s)
			}
		}
		rest = strings.Join(lines, "")
	}
	if rest = strings.TrimSpace(rest); rest != "" {
		return rest
	}
	return strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(text), ">＞"))
}

// forwarded is a message of somebody else's words. It is acknowledged and kept
// for people, and is an answer only where a form has asked for what is in it.
func forwarded(v view, t talk, env core.Envelope, u match.Utterance) bool {
	return env.Forwarded != nil && (u.Text == "" || !tells(v, t.memory, u) || ownText(v, t.memory))
}
