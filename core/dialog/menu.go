package dialog

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/match"
	"github.com/frontdesk-im/frontdesk/core/script"
)

// pick is an item of a list or a button, chosen by its number, its label or a
// tap. Why says which.
type pick struct{ id, label, why string }

// do does what the item stands for.
func (a pick) do(v view, t talk) talk {
	kind, arg, special := strings.Cut(a.id, "=")
	t.text = a.label
	asked := a.label
	if t.Menu.Asked != "" {
		asked = t.Menu.Asked
	}
	if t.Menu.passing() {
		t.Menu = menu{}
	}
	switch {
	case !special && a.id == script.ToHuman:
		return human(v, t, request{Asked: asked, Class: -1, Why: a.why})
	case !special && a.id == script.ToMenu:
		return showMenu(v, t)
	case !special && v.Entries[a.id] != nil:
		t.memory = t.asks(asked, v.Now)
		if t.Flow.on() {
			t = leaveFlow(v, t, "picked another topic")
		}
		return answer(v, t, found{a.id, "menu", 1, a.why})
	case !special && v.Flows[a.id] != nil:
		return startFlow(v, t, a.id)
	case kind == "line":
		return lineWish(arg).do(v, t)
	case kind == "confirm":
		return confirmed(arg).do(v, t)
	case kind == "resume":
		return resumes(arg).do(v, t)
	case kind == "survey":
		return rated(arg).do(v, t)
	case strings.Contains(kind, "."):
		return choose(v, t, kind, arg)
	}
	return t
}

// stale is the number of an item of a list that has expired.
type stale struct{}

func (stale) do(v view, t talk) talk {
	t = tell(v, t, "expired")
	t = note(v, t, core.EventFellBack, "answered a list that had expired")
	return showMenu(v, t)
}

// listed takes text as an answer to the list that was shown last, and forgets
// one that has expired.
func listed(v view, t talk, u match.Utterance) (talk, act) {
	m := t.Menu
	if !m.on() {
		return t, nil
	}
	i := pickItem(u, m.Items)
	if v.Now.After(m.Until) {
		t.Menu = menu{}
		if i < 0 || ordinal(u) == 0 {
			return t, nil
		}
		return t, stale{}
	}
	if i < 0 {
		return t, nil
	}
	return t, pick{m.Items[i].ID, m.Items[i].Label, "list: " + clip(u.Text, 40)}
}

// pressed takes the press of a button. Buttons are understood by their name for
// as long as the script has it, however old they are.
func pressed(v view, t talk, p core.Pick) (talk, *doubt) {
	for _, it := range t.Menu.Items {
		if it.ID == p.Option {
			return pick{it.ID, it.Label, "button: " + it.Label}.do(v, t), nil
		}
	}
	if v.Knows(p.Option) || holds(v, t, p.Option) {
		label := p.Label
		if label == "" {
			label = v.Title(p.Option, t.Lang)
		}
		return pick{p.Option, label, "button: " + label}.do(v, t), nil
	}
	if p.Label != "" && !strings.Contains(p.Option, "=") {
		return reply(v, t, match.Listen(p.Label))
	}
	if p.Menu {
		t = note(v, t, core.EventFellBack, "a button of the account's own menu that no script knows: "+clip(p.Option, 60))
	} else {
		t = tell(v, t, "expired")
		t = note(v, t, core.EventFellBack, "a button of a list that is gone: "+clip(p.Option, 60))
	}
	if t.Flow.on() {
		return askAgain(v, t), nil
	}
	return showMenu(v, t), nil
}

// holds reports whether a button does something as long as the state it belongs
// to lasts.
func holds(v view, t talk, id string) bool {
	switch id {
	case "line=leave", "line=message":
		return t.State == core.InLine
	}
	return strings.HasPrefix(id, "survey=") && surveyOpen(v, t.memory)
}

const numerals = "一二三四五六七八九十"

var (
	ordinals = regexp.MustCompile(`^(?:我?要|选择?|就|回复|按|option|number|no\.?|choice|选项|序号|方案|#)*\s*第?\s*([0-9]{1,2}|[` + numerals + `两])\s*(?:个|项|条|号|种|款|样)?\s*(?:吧|那个|这个|的|那|谢谢|please|就行|就好|好了)*$`)
	digits   = strings.NewReplacer("壹", "一", "贰", "二", "貳", "二", "叁", "三", "參", "三", "肆", "四", "伍", "五", "陆", "六", "柒", "七", "捌", "八", "玖", "九", "拾", "十",
		"①", "1", "②", "2", "③", "3", "④", "4", "⑤", "5", "⑥", "6", "⑦", "7", "⑧", "8", "⑨", "9", "⑩", "10", "🔟", "10", "\ufe0f", "", "\u20e3", "")
	english = map[string]int{"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "5th": 5}
	// Places that depend on how long the list is.
	lastOne  = regexp.MustCompile(`^(?:我?要|选择?|就|the )?(?:后者|最后(?:一?个|那个|一项)|后面(?:那个|一个|的)|下面(?:那个|一个|的)|latter|last(?: one)?|bottom(?: one)?)(?:吧|的|那个)?$`)
	firstOne = regexp.MustCompile(`^(?:我?要|选择?|就|the )?(?:前者|前面(?:那个|一个|的)|上面(?:那个|一个|的)|头一个|former|top(?: one)?)(?:吧|的|那个)?$`)
)

// ordinal reads the place in a list: 2, ２, 二, 贰, 2️⃣, 第二个, 选项2, "2.", the
// second one. 0 is none.
func ordinal(u match.Utterance) int {
	s := u.Bare
	if d := digits.Replace(u.Text); d != u.Text {
		s = match.Bare(d)
	}
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
	return strings.Index(numerals, m[1])/len("一") + 1
}

// inList is ordinal for a list of n: 前者 and 后者 are its first and last.
func inList(u match.Utterance, n int) int {
	if k := ordinal(u); k > 0 {
		return k
	}
	switch s := u.Bare; {
	case n > 0 && firstOne.MatchString(s):
		return 1
	case n > 0 && lastOne.MatchString(s):
		return n
	}
	return 0
}

// pickItem is the item that a text means: by its number, its label, or words
// that are in one label only. -1 is none.
func pickItem(u match.Utterance, items []item) int {
	if n := ordinal(u); n > 0 && slices.ContainsFunc(items, func(it item) bool { return it.Digit != "" }) {
		return slices.IndexFunc(items, func(it item) bool { return it.Digit == strconv.Itoa(n) })
	}
	if n := inList(u, len(items)); n > 0 {
		if n <= len(items) {
			return n - 1
		}
		return -1
	}
	s := u.Bare
	if s == "" {
		return -1
	}
	for i, it := range items {
		if match.Bare(it.Label) == s || it.ID == s {
			return i
		}
	}
	found := -1
	for i, it := range items {
		l := match.Bare(it.Label)
		if _, denied := match.Finds(u.Folded, l); denied {
			continue
		}
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
