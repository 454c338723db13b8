package slack

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// names say what the IDs in a message are called: a member of the workspace, a
// channel. A channel without a name is left out: its ID says nothing to anybody.
type names struct{ user, channel func(id string) string }

// An element is a piece of a rich text, or a block with such pieces in it:
// https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
type element struct {
	Type     string          `json:"type"`
	Elements []element       `json:"elements"`
	Text     string          `json:"text"`
	URL      string          `json:"url"`
	Name     string          `json:"name"`
	Unicode  string          `json:"unicode"`
	Tone     int             `json:"skin_tone"`
	User     string          `json:"user_id"`
	Channel  string          `json:"channel_id"`
	Group    string          `json:"usergroup_id"`
	Fallback string          `json:"fallback"`
	Value    string          `json:"value"`
	Style    json.RawMessage `json:"style"`
	Indent   int             `json:"indent"`
	Offset   int             `json:"offset"`
}

// written is what somebody wrote. The blocks say it exactly; where there are none,
// or something in them is new to us, it is guessed from the text and its marks.
func written(text string, blocks json.RawMessage, called names) string {
	var tops []element
	if len(blocks) > 0 && json.Unmarshal(blocks, &tops) == nil && len(tops) > 0 {
		r := rich{called: called, groups: groupsIn(text)}
		for _, t := range tops {
			if t.Type != "rich_text" {
				return plain(text, blocks, called)
			}
			r.blocks(t.Elements)
		}
		if !r.unknown {
			return strings.TrimSpace(r.out.String())
		}
	}
	return plain(text, blocks, called)
}

// rich is a rich text being written as plain words.
type rich struct {
	called  names
	groups  map[string]string
	out     strings.Builder
	dropped bool // the last element has no words: the blank after it goes, too
	unknown bool // something in it is new to us
}

// blocks writes sections, lists and the like, each from a new line on.
func (r *rich) blocks(es []element) {
	for _, e := range es {
		r.line()
		switch e.Type {
		case "rich_text_section", "rich_text_preformatted":
			r.inline(e.Elements)
		case "rich_text_quote":
			inner := rich{called: r.called, groups: r.groups}
			inner.inline(e.Elements)
			r.unknown = r.unknown || inner.unknown
			r.out.WriteString("> " + strings.ReplaceAll(strings.TrimSpace(inner.out.String()), "\n", "\n> "))
		case "rich_text_list":
			for i, item := range e.Elements {
				mark := "• "
				if string(e.Style) == `"ordered"` {
					mark = fmt.Sprintf("%d. ", e.Offset+i+1)
				}
				r.line()
				r.out.WriteString(strings.Repeat("  ", min(max(e.Indent, 0), 8)) + mark)
				r.inline(item.Elements)
			}
		default:
			r.unknown = true
		}
	}
}

// line begins a new line, unless one has just begun.
func (r *rich) line() {
	if s := r.out.String(); s != "" && !strings.HasSuffix(s, "\n") {
		r.out.WriteString("\n")
	}
}

// inline writes what stands in one line, or in several of one block.
func (r *rich) inline(es []element) {
	r.dropped = false
	for _, e := range es {
		s := r.inWords(e)
		if r.dropped {
			s = strings.TrimPrefix(s, " ")
		}
		r.dropped = s == ""
		r.out.WriteString(s)
	}
}

func (r *rich) inWords(e element) string {
	switch e.Type {
	case "text":
		return e.Text
	case "link":
		return linked(e.URL, e.Text)
	case "user":
		return "@" + quoted(r.called.user(e.User))
	case "channel":
		return tagged("#", r.called.channel(e.Channel))
	case "usergroup":
		return r.groups[e.Group]
	case "emoji":
		if s := codepoints(e.Unicode); s != "" {
			return s
		}
		return or(usual[e.Name], ":"+e.Name+":")
	case "date":
		return e.Fallback
	case "color":
		return e.Value
	case "broadcast": // whom it calls is nobody's words
		return ""
	}
	r.unknown = true
	return ""
}

// tagged is a name with what stands before such names; nothing without a name.
func tagged(mark, name string) string {
	if name == "" {
		return ""
	}
	return mark + name
}

var group = regexp.MustCompile(`<!subteam\^([A-Z0-9]+)\|(@[^<>\n]+)>`)

// groupsIn are the names of the groups that a text mentions: blocks know only
// their IDs.
func groupsIn(text string) map[string]string {
	out := map[string]string{}
	for _, m := range group.FindAllStringSubmatch(text, -1) {
		out[m[1]] = unescaper.Replace(m[2])
	}
	return out
}

// An attachment is what hangs on a message. One that is shared is another
// message, which somebody has forwarded; the rest are previews of links.
type attachment struct {
	Share  bool        `json:"is_share"`
	Author string      `json:"author_name"`
	User   string      `json:"author_id"`
	Text   string      `json:"text"`
	TS     json.Number `json:"ts"`
	Files  []file      `json:"files"`
	Blocks []struct {
		Message struct {
			Blocks json.RawMessage `json:"blocks"`
		} `json:"message"`
	} `json:"message_blocks"`
}

func (a attachment) words(called names) string {
	var blocks json.RawMessage
	if len(a.Blocks) > 0 {
		blocks = a.Blocks[0].Message.Blocks
	}
	return written(a.Text, blocks, called)
}

// shares are the messages that an event's message forwards.
func (e *event) shares() (out []attachment) {
	for _, a := range e.Attachments {
		if a.Share {
			out = append(out, a)
		}
	}
	return out
}
