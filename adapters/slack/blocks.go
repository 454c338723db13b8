package slack

import (
	"fmt"
	"strings"
	"unicode/utf8"

	api "github.com/slack-go/slack"

	"github.com/frontdesk-im/frontdesk/core"
)

// What a block takes: https://docs.slack.dev/reference/block-kit/blocks
const (
	mostSection = 3000 // characters of a section
	mostField   = 2000 // of a field
	mostFields  = 10   // in a section
	mostHeader  = 150
	perRow      = 5 // buttons in a row, so that they are read as one
	mostID      = 255
	mostLines   = 2 // sections of a card with what was said
)

// text is words in a block: nothing in them is markup.
func text(s string) *api.TextBlockObject {
	return api.NewTextBlockObject(api.PlainTextType, s, true, false)
}

// live is words in which links and mentions work.
func live(s string) *api.TextBlockObject {
	return api.NewTextBlockObject(api.MarkdownType, s, false, false)
}

// clip cuts s to at most n characters.
func clip(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

// sections are the words of s, in as many sections as they need.
func sections(s string) (out []api.Block) {
	for _, ps := range (core.Limits{Text: mostSection, Unit: core.UTF16}).Fit(core.Parts{core.Text{Body: s}}) {
		if t := ps.Text(); strings.TrimSpace(t) != "" {
			out = append(out, api.NewSectionBlock(text(t), nil, nil))
		}
	}
	return out
}

// buttons are rows of options. The ID of their block names the thread, because a
// press of a button that one agent alone saw does not say where it was.
func buttons(thread string, options []core.Option) (out []api.Block, err error) {
	for i := 0; i < len(options); i += perRow {
		var row []api.BlockElement
		for j, o := range options[i:min(i+perRow, len(options))] {
			if o.ID == "" || len(o.ID) > 2000 {
				return nil, wrong(core.KindRejected, "a button's id has 1 to 2000 bytes: %q", clip(o.ID, 40))
			}
			b := api.NewButtonBlockElement(fmt.Sprint("o", i+j), o.ID, text(clip(or(o.Label, o.ID), 75)))
			switch o.ID {
			case "claim", "take", "resume":
				b = b.WithStyle(api.StylePrimary)
			case "close":
				b = b.WithStyle(api.StyleDanger)
			}
			row = append(row, b)
		}
		out = append(out, api.NewActionBlock(clip(fmt.Sprintf("%s/%d", or(thread, outside), i/perRow), mostID), row...))
	}
	return out, nil
}

// onCard names the rows of a card that opens a thread: its place is not known yet.
const onCard = "card"

// card is a ticket: what it is about, the facts, what was said last, the buttons.
func card(thread string, c core.Case) ([]api.Block, error) {
	title := "#" + c.Ticket + " " + c.Title
	out := []api.Block{api.NewHeaderBlock(text(clip(title, mostHeader)))}
	if utf8.RuneCountInString(title) > mostHeader {
		out = append(out, sections(title)...)
	}
	var fields []*api.TextBlockObject
	for _, f := range c.Fields[:min(len(c.Fields), 3*mostFields)] {
		fields = append(fields, field(f))
	}
	for ; len(fields) > 0; fields = fields[min(mostFields, len(fields)):] {
		out = append(out, api.NewSectionBlock(nil, fields[:min(mostFields, len(fields))], nil))
	}
	said := sections(strings.Join(c.Lines, "\n"))
	out = append(out, said[max(0, len(said)-mostLines):]...) // the oldest go first: they are above the card's thread
	rows, err := buttons(thread, c.Actions[:min(len(c.Actions), 25)])
	return append(out, rows...), err
}

// field is one fact; addresses in it can be pressed.
func field(f core.Field) *api.TextBlockObject {
	if strings.Contains(f.Value, "://") {
		if s := "*" + escape(f.Name) + "*\n" + escape(f.Value); utf8.RuneCountInString(s) <= mostField {
			return live(s)
		}
	}
	return text(clip(f.Name+"\n"+f.Value, mostField))
}

// content is one part as a message: the words that stand where blocks do not,
// and the blocks, if it needs any. mention, if set, calls an agent.
func content(thread string, p core.Part, mention string) (words string, blocks []api.Block, err error) {
	call := ""
	if mention != "" {
		call = "<@" + mention + "> "
	}
	switch p := p.(type) {
	case core.Text:
		return call + escape(p.Body), nil, nil
	case core.Case:
		blocks, err = card(or(thread, onCard), p)
		return escape("#" + p.Ticket + " " + p.Title), blocks, err
	case core.Choice:
		if call != "" {
			blocks = append(blocks, api.NewSectionBlock(live(call), nil, nil))
		}
		rows, err := buttons(thread, p.Options)
		return call + escape(p.Prompt), append(append(blocks, sections(p.Prompt)...), rows...), err
	}
	return "", nil, wrong(core.KindRejected, "cannot carry %T", p)
}
