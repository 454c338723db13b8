package dialog

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/frontdesk-im/frontdesk/core"
)

// choose takes text as an answer to the list that was shown last.
func (t *turn) choose(text string) bool {
	m := t.m.Menu
	i := pickItem(text, m.Items)
	if t.s.Now.After(m.Until) {
		bare := ordinal(text) > 0
		t.m.Menu = nil
		if i < 0 || !bare {
			return false
		}
		t.tell("expired", nil)
		t.event(core.FellBack, "answered a list that had expired")
		t.startMenu(false)
		return true
	}
	if i < 0 {
		return false
	}
	it := m.Items[i]
	t.act(it.ID, it.Label, "list: "+clip(text, 40))
	return true
}

// picked takes the press of a button. Buttons are understood by their name for
// as long as the script has it, however old they are.
func (t *turn) picked(p core.Pick) *doubt {
	if m := t.m.Menu; m != nil {
		for _, it := range m.Items {
			if it.ID == p.Option {
				t.act(it.ID, it.Label, "button: "+it.Label)
				return nil
			}
		}
	}
	if t.b.knows(p.Option) || t.known(p.Option) {
		label := p.Label
		if label == "" {
			label = t.b.title(p.Option, t.m.Lang)
		}
		t.act(p.Option, label, "button: "+label)
		return nil
	}
	if p.Label != "" && !strings.Contains(p.Option, "=") {
		return t.understand(p.Label)
	}
	t.tell("expired", nil)
	t.event(core.FellBack, "a button of a list that is gone: "+clip(p.Option, 60))
	if t.m.Flow != nil {
		t.repeatQuestion()
	} else {
		t.startMenu(false)
	}
	return nil
}

// known are actions that hold as long as the state they belong to.
func (t *turn) known(id string) bool {
	switch id {
	case "line=leave", "line=message":
		return t.c.State == core.InLine
	}
	return strings.HasPrefix(id, "survey=") && t.surveyOpen()
}

// act does what an item of a list stands for.
func (t *turn) act(id, label, why string) {
	kind, arg, special := strings.Cut(id, "=")
	t.text = label
	asked := label
	if t.m.Menu != nil && t.m.Menu.Asked != "" {
		asked = t.m.Menu.Asked
	}
	if t.m.Menu != nil && t.m.Menu.Kind != "menu" && t.m.Menu.Kind != "line" {
		t.m.Menu = nil
	}
	switch {
	case !special && id == toHuman:
		t.human(request{Asked: asked, Class: -1, Why: why})
	case !special && id == toMenu:
		t.startMenu(false)
	case !special && t.b.entries[id] != nil:
		t.m.Asked, t.m.AskedAt = clip(asked, 500), t.s.Now
		if t.m.Flow != nil {
			t.leaveFlow("picked another topic")
		}
		t.answer(id, how{"menu", 1, why})
	case !special && t.b.flows[id] != nil:
		t.startFlow(id)
	case kind == "line":
		t.actLine(arg)
	case kind == "confirm":
		t.actConfirm(arg)
	case kind == "resume":
		t.actResume(arg)
	case kind == "survey":
		t.actSurvey(arg)
	case strings.Contains(kind, "."):
		t.actChoose(kind, arg, label)
	}
}

var ordinals = regexp.MustCompile(`^(?:我?要|选择?|就|回复|按|option|number|no\.?|choice|#)?\s*第?\s*([0-9]{1,2}|[一二三四五六七八九十两])\s*(?:个|项|条|号|种|款)?\s*(?:吧|那个|谢谢|please)?$`)

var english = map[string]int{"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "5th": 5}

// ordinal reads the place in a list: 2, ２, 二, 第二个, "2.", the second one.
// 0 is none.
func ordinal(text string) int {
	s := plain(text)
	if s == "" || utf8.RuneCountInString(s) > 20 {
		return 0
	}
	w := strings.TrimSuffix(strings.TrimPrefix(s, "the "), " one")
	if n, ok := english[w]; ok {
		return n
	}
	m := ordinals.FindStringSubmatch(s)
	if m == nil {
		return 0
	}
	if n, err := strconv.Atoi(m[1]); err == nil {
		return n
	}
	if m[1] == "两" {
		return 2
	}
	return strings.Index("一二三四五六七八九十", m[1])/len("一") + 1
}

// pickItem is the item that text means: by its number, its label, or words
// that are in one label only. -1 is none.
func pickItem(text string, items []item) int {
	if n := ordinal(text); n > 0 {
		if n <= len(items) {
			return n - 1
		}
		return -1
	}
	s := plain(text)
	if s == "" {
		return -1
	}
	for i, it := range items {
		if plain(it.Label) == s || it.ID == s {
			return i
		}
	}
	found := -1
	for i, it := range items {
		l := plain(it.Label)
		part := utf8.RuneCountInString(s) >= 2 && strings.Contains(l, s) || utf8.RuneCountInString(l) >= 2 && strings.Contains(s, l) && len(s) < 2*len(l)
		if part && found >= 0 {
			return -1
		}
		if part {
			found = i
		}
	}
	return found
}
