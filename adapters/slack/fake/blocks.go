package fake

import (
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

type element struct {
	Type   string `json:"type"`
	Action string `json:"action_id"`
	Value  string `json:"value"`
	Text   *words `json:"text"`
}

type words struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

type block struct {
	Type     string    `json:"type"`
	ID       string    `json:"block_id"`
	Text     *words    `json:"text"`
	Fields   []words   `json:"fields"`
	Elements []element `json:"elements"`
	Element  *element  `json:"element"`
	Label    *words    `json:"label"`
}

// Blocks checks blocks by the limits of the documentation, at most most of them.
// https://docs.slack.dev/reference/block-kit/blocks
func Blocks(raw json.RawMessage, most int) error {
	if len(raw) == 0 {
		return nil
	}
	var bs []block
	if err := json.Unmarshal(raw, &bs); err != nil {
		return err
	}
	if len(bs) > most {
		return fmt.Errorf("%d blocks, at most %d", len(bs), most)
	}
	ids := map[string]bool{}
	for _, b := range bs {
		if b.ID != "" && ids[b.ID] {
			return fmt.Errorf("two blocks are called %q", b.ID)
		}
		ids[b.ID] = true
		if err := b.check(); err != nil {
			return fmt.Errorf("%s: %w", b.Type, err)
		}
	}
	return nil
}

func (b block) check() error {
	if len(b.ID) > 255 {
		return errors.New("block_id over 255")
	}
	switch b.Type {
	case "divider":
		return nil
	case "header":
		if b.Text == nil || b.Text.Type != "plain_text" {
			return errors.New("a header is plain text")
		}
		return b.Text.check(150)
	case "section":
		if b.Text == nil && len(b.Fields) == 0 {
			return errors.New("neither text nor fields")
		}
		if len(b.Fields) > 10 {
			return errors.New("over 10 fields")
		}
		for _, f := range b.Fields {
			if err := f.check(2000); err != nil {
				return err
			}
		}
		return b.Text.check(3000)
	case "input":
		if b.Element == nil || b.Label == nil {
			return errors.New("neither element nor label")
		}
		return b.Label.check(2000)
	case "actions":
		return b.actions()
	}
	return fmt.Errorf("no such block")
}

func (b block) actions() error {
	if n := len(b.Elements); n == 0 || n > 25 {
		return fmt.Errorf("%d elements", n)
	}
	ids := map[string]bool{}
	for _, e := range b.Elements {
		if ids[e.Action] || len(e.Action) > 255 || len(e.Value) > 2000 || e.Text == nil {
			return fmt.Errorf("element %q", e.Action)
		}
		ids[e.Action] = true
		if err := e.Text.check(75); err != nil {
			return err
		}
	}
	return nil
}

func (w *words) check(most int) error {
	if w == nil {
		return nil
	}
	if n := utf8.RuneCountInString(w.Text); n == 0 || n > most {
		return fmt.Errorf("a text of %d characters, at most %d", n, most)
	}
	if w.Type != "plain_text" && w.Type != "mrkdwn" {
		return fmt.Errorf("no such text: %q", w.Type)
	}
	return nil
}
