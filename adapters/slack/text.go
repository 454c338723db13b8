package slack

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// escape makes text that nobody can slip a mention, a link or a broadcast into.
// https://docs.slack.dev/messaging/formatting-message-text#escaping
func escape(s string) string { return escaper.Replace(s) }

var (
	escaper   = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	unescaper = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")
	control   = regexp.MustCompile(`<([^<>\n]*)> ?`)
	inCode    = regexp.MustCompile("```\n?((?s:.+?))\n?```|`([^`\n]+)`")
	shortcode = regexp.MustCompile(`:[a-z0-9_+'-]+:(:skin-tone-[2-6]:)?`)
)

// plain is what somebody wrote in Slack as they see it: without escapes and
// marks, mentions by name. What is a mark and what a star is guessed. blocks are
// the message's own, which say what its emoji are in Unicode.
func plain(s string, blocks json.RawMessage, called names) string {
	s = control.ReplaceAllStringFunc(s, func(m string) string {
		in := control.FindStringSubmatch(m)[1]
		out := controlled(in, called)
		if strings.HasSuffix(m, " ") && out != "" {
			out += " "
		}
		return out
	})
	s = unmarked(s)
	known := emoji(blocks)
	s = shortcode.ReplaceAllStringFunc(s, func(m string) string {
		return or(known[m], or(usual[strings.Trim(m, ":")], m))
	})
	return strings.TrimSpace(unescaper.Replace(s))
}

// controlled is what stands between < and >: a link, a mention, a broadcast.
func controlled(in string, names names) string {
	target, label, _ := strings.Cut(in, "|")
	switch {
	case in == "":
		return ""
	case in[0] == '@':
		return "@" + quoted(names.user(target[1:]))
	case in[0] == '#':
		if label == "" {
			label = names.channel(target[1:])
		}
		return tagged("#", label)
	case strings.HasPrefix(in, "!subteam^"):
		return label
	case strings.HasPrefix(in, "!date^"):
		return label
	case in[0] == '!': // <!here>, <!channel>: nobody's words
		return ""
	}
	return linked(target, label)
}

// linked is a link with the words that stand for it.
func linked(target, label string) string {
	switch {
	case strings.HasPrefix(target, "mailto:"), strings.HasPrefix(target, "tel:"):
		_, bare, _ := strings.Cut(target, ":")
		return or(label, bare)
	case label == "" || label == target || strings.HasSuffix(target, "://"+label) || strings.HasSuffix(target, "://"+label+"/"):
		return target
	}
	return label + " (" + target + ")"
}

// quoted lets a name with spaces be one word of a command.
func quoted(name string) string {
	if strings.ContainsAny(name, " \t") {
		return `"` + name + `"`
	}
	return name
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// marked are *bold*, _italic_ and ~struck~, which Slack reads as such only
// between words.
var marked = []*regexp.Regexp{mark(`\*`), mark(`_`), mark(`~`)}

func mark(c string) *regexp.Regexp {
	return regexp.MustCompile(`(^|[\s\p{P}])` + c + `([^\s` + c + `](?:[^\n` + c + `]*[^\s` + c + `])?)` + c + `($|[\s\p{P}])`)
}

// unmarked takes Slack's marks away, but not those in links and in code.
func unmarked(s string) string {
	var b strings.Builder
	for {
		i := inCode.FindStringSubmatchIndex(s)
		if i == nil {
			return b.String() + stripped(s)
		}
		b.WriteString(stripped(s[:i[0]]))
		if i[2] >= 0 {
			b.WriteString(s[i[2]:i[3]])
		} else {
			b.WriteString(s[i[4]:i[5]])
		}
		s = s[i[1]:]
	}
}

var link = regexp.MustCompile(`https?://\S+`)

func stripped(s string) string {
	links := link.FindAllString(s, -1)
	s = link.ReplaceAllString(s, "\x00")
	for _, re := range marked {
		for range 2 { // neighbours share the character between them
			s = re.ReplaceAllString(s, "$1$2$3")
		}
	}
	for _, l := range links {
		s = strings.Replace(s, "\x00", l, 1)
	}
	return s
}

// emoji finds in a message's blocks what its shortcodes are in Unicode.
func emoji(blocks json.RawMessage) map[string]string {
	out := map[string]string{}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, x := range v {
				walk(x)
			}
		case map[string]any:
			name, _ := v["name"].(string)
			code, _ := v["unicode"].(string)
			if v["type"] == "emoji" && name != "" && code != "" {
				short := ":" + name + ":"
				if tone, ok := v["skin_tone"].(float64); ok {
					short += fmt.Sprintf(":skin-tone-%d:", int(tone))
				}
				out[short] = codepoints(code)
				return
			}
			for _, x := range v {
				walk(x)
			}
		}
	}
	var v any
	if len(blocks) > 0 && json.Unmarshal(blocks, &v) == nil {
		walk(v)
	}
	return out
}

// usual are shortcodes that are understood without blocks, as in what other
// programs write in somebody's name.
var usual = map[string]string{
	"smile": "😄", "grinning": "😀", "joy": "😂", "blush": "😊", "wink": "😉", "heart_eyes": "😍", "thinking_face": "🤔", "sob": "😭", "cry": "😢", "sweat_smile": "😅",
	"+1": "👍", "thumbsup": "👍", "-1": "👎", "pray": "🙏", "clap": "👏", "wave": "👋", "ok_hand": "👌", "muscle": "💪", "handshake": "🤝", "heart": "❤️", "tada": "🎉",
	"rose": "🌹", "tea": "🍵", "gift": "🎁", "fire": "🔥", "star": "⭐", "eyes": "👀", "white_check_mark": "✅", "x": "❌", "warning": "⚠️",
}

// codepoints reads "1f44b-1f3fb".
func codepoints(s string) string {
	var b strings.Builder
	for _, hex := range strings.Split(s, "-") {
		n, err := strconv.ParseUint(hex, 16, 21)
		if err != nil {
			return ""
		}
		b.WriteRune(rune(n))
	}
	return b.String()
}
