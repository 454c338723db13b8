package desk

import (
	"slices"
	"strings"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk/command"
)

// spoken keeps the parts that can be said. Of the others the desk's adapter tells
// the agent.
func spoken(parts core.Parts) core.Parts {
	var out core.Parts
	for _, p := range parts {
		switch p := p.(type) {
		case core.Text:
			if strings.TrimSpace(p.Body) != "" {
				out = append(out, p)
			}
		case core.Media, core.Place, core.Card:
			out = append(out, p)
		}
	}
	return out
}

// noteMarks begin a line that is a note.
var noteMarks = []string{"//", "／／", "/／", "／/", "备注", "備註"}

// isNote reports whether a line is a note.
func isNote(line string) bool {
	s := command.Visible(line)
	return slices.ContainsFunc(noteMarks, func(m string) bool { return strings.HasPrefix(s, m) })
}

// noteText is a note without its mark.
func noteText(s string) string {
	s = command.Visible(s)
	for _, m := range noteMarks {
		if rest, ok := strings.CutPrefix(s, m); ok {
			return strings.TrimLeft(rest, ":： ")
		}
	}
	return s
}

// eachLine calls f with every line that a message has in any of its parts.
func eachLine(parts core.Parts, f func(string)) {
	for _, p := range parts {
		var s string
		switch p := p.(type) {
		case core.Text:
			s = p.Body
		case core.Media:
			s = p.Words
		}
		for l := range strings.FieldsFuncSeq(s, lineEnd) {
			f(l)
		}
	}
}

// lineEnd: every character that some platform shows as the end of a line.
func lineEnd(r rune) bool {
	return r == '\n' || r == '\r' || r == '\v' || r == '\f' || r == '\u0085' || r == '\u2028' || r == '\u2029'
}

// sayable is a message without the lines that are never sent, and whether there
// were any.
func sayable(parts core.Parts) (out core.Parts, cut bool) {
	clean := func(s string) string {
		var keep []string
		for l := range strings.FieldsFuncSeq(s, lineEnd) {
			if isNote(l) || command.IsCommand(l) {
				cut = true
				continue
			}
			keep = append(keep, l)
		}
		if !cut {
			return s
		}
		return strings.Join(keep, "\n")
	}
	for _, p := range parts {
		switch q := p.(type) {
		case core.Text:
			if q.Body = clean(q.Body); strings.TrimSpace(q.Body) == "" {
				continue
			}
			p = q
		case core.Media:
			q.Words = clean(q.Words)
			p = q
		}
		out = append(out, p)
	}
	return out, cut
}

// marked takes the > off the lines of a message that may go out from an explicit
// desk, and tells whether all lines have it, or some.
func marked(parts core.Parts) (out core.Parts, all, some bool) {
	all = true
	for _, p := range parts {
		s, ok := p.(core.Text)
		if !ok {
			out = append(out, p)
			continue
		}
		var ls []string
		for l := range strings.FieldsFuncSeq(s.Body, lineEnd) {
			rest, ok := strings.CutPrefix(command.Visible(l), ">")
			if !ok {
				rest, ok = strings.CutPrefix(command.Visible(l), "＞")
			}
			switch {
			case ok:
				some = true
				l = strings.TrimLeft(rest, " 　")
			case strings.TrimSpace(l) != "":
				all = false
			}
			ls = append(ls, l)
		}
		if body := strings.Join(ls, "\n"); strings.TrimSpace(body) != "" {
			out = append(out, core.Text{Body: body})
		}
	}
	return out, all && some, some
}

// first is the first line of a message that has something to see.
func first(parts core.Parts) (line string) {
	eachLine(parts, func(l string) {
		if line == "" {
			line = command.Visible(l)
		}
	})
	return line
}
