package core

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func texts(ms []Parts) (out []string) {
	for _, m := range ms {
		out = append(out, m[0].(Text).Body)
	}
	return out
}

func TestFit(t *testing.T) {
	const family = "👨‍👩‍👧‍👦"
	for _, tt := range []struct {
		name string
		lim  Limits
		in   Part
		want string
	}{
		{"short", Limits{Text: 10}, Text{"你好"}, "你好"},
		{"empty", Limits{Text: 10}, Text{""}, ""},
		{"chinese without spaces, in bytes", Limits{Text: 7, Unit: Bytes}, Text{"一二三四五"}, "一二|三四|五"},
		{"after a full stop", Limits{Text: 6}, Text{"一二。三四五六"}, "一二。|三四五六"},
		{"the last full stop, not the first space", Limits{Text: 12}, Text{"a b. c d. efghijk"}, "a b. c d.| efghijk"},
		{"a decimal point ends no sentence", Limits{Text: 8}, Text{"价格3.14159元整"}, "价格3.1415|9元整"},
		{"a list is cut between its lines", Limits{Text: 12}, Text{"1. 一二\n2. 三四\n3. 五六"}, "1. 一二\n2. 三四\n|3. 五六"},
		{"a list's number stays with its line", Limits{Text: 8}, Text{"1. 一二\n2. 三四"}, "1. 一二\n|2. 三四"},
		{"emoji count twice in UTF-16", Limits{Text: 4, Unit: UTF16}, Text{"😀😀😀"}, "😀😀|😀"},
		{"a family stays together", Limits{Text: 8}, Text{"一二" + family + "三"}, "一二|" + family + "三"},
		{"a flag stays together", Limits{Text: 3}, Text{"一二🇨🇳三"}, "一二|🇨🇳三"},
		{"skin tone stays with its hand", Limits{Text: 2}, Text{"一👍🏽二"}, "一|👍🏽|二"},
		{"an accent stays with its letter", Limits{Text: 2}, Text{"ae\u0301x"}, "a|e\u0301|x"},
		{"a family over the limit is cut between runes", Limits{Text: 8, Unit: Bytes}, Text{family}, "👨\u200d|👩\u200d|👧\u200d|👦"},
		{"a URL over the limit starts its own message", Limits{Text: 20}, Text{"看这里https://a.example/b?c=1 好"}, "看这里|https://a.example/b?|c=1 好"},
		{"a URL that fits is never cut", Limits{Text: 24}, Text{"看这里https://a.example/b?c=1好"}, "看这里|https://a.example/b?c=1好"},
		{"broken UTF-8 is replaced", Limits{Text: 9}, Text{"a\xffb"}, "a�b"},
		{"choice as a list", Limits{}, Choice{Prompt: "哪个？", Options: []Option{{ID: "a", Label: "红"}, {ID: "b", Label: "蓝"}}}, "哪个？\n1. 红\n2. 蓝"},
		{"digits of their own", Limits{}, Choice{Prompt: "等吗？", Options: []Option{{ID: "a", Label: "留言", Digit: "2"}, {ID: "b", Label: "不等了", Digit: "9"}}}, "等吗？\n2. 留言\n9. 不等了"},
		{"labels too long for buttons", Limits{Options: 3, Label: 2}, Choice{Prompt: "?", Options: []Option{{ID: "a", Label: "很长的"}}}, "?\n1. 很长的"},
		{"card as text", Limits{}, Card{Title: "t", URL: "https://x"}, "t\nhttps://x"},
		{"file as a link", Limits{Media: []string{"image/"}}, Media{Type: "text/csv", Name: "a.csv", URL: "https://x"}, "a.csv\nhttps://x"},
		{"picture over the size", Limits{Media: []string{"image/"}, MediaSize: 9}, Media{Type: "image/png", Size: 10, URL: "https://x"}, "[image/png]\nhttps://x"},
		{"form in words", Limits{}, Form{"退货", map[string]string{"b": "2", "a": "1"}}, "退货\na: 1\nb: 2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := strings.Join(texts(tt.lim.Fit(Parts{tt.in})), "|"); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestFitKeepsWhatIsCarried(t *testing.T) {
	l := Limits{Text: 4, Options: 3, Cards: true, Places: true, Forms: true, Cases: true, Media: []string{"image/"}}
	in := Parts{Card{Title: "t"}, Place{1, 2, "x"}, Form{ID: "f"}, Case{Ticket: "7"}, Media{Type: "image/png"}}
	out := l.Fit(in)
	if len(out) != len(in) {
		t.Fatalf("%d messages for %d parts", len(out), len(in))
	}
	ch := l.Fit(Parts{Choice{Prompt: "一二三。四五六", Options: []Option{{ID: "a", Label: "甲"}}}})
	if len(ch) != 2 || ch[0][0].(Text).Body != "一二三。" || ch[1][0].(Choice).Prompt != "四五六" {
		t.Errorf("a long prompt keeps its buttons at its end: %+v", ch)
	}
}

// Whatever is fitted is within the limit, nothing is lost or reordered, and no
// rune, grapheme or URL that would have fitted a message is cut.
func FuzzFit(f *testing.F) {
	f.Add("你好 world。\n😀", 5, 0)
	f.Add("看 https://a.example/b?c=1 👨‍👩‍👧‍👦🇨🇳👍🏽 e\u0301", 12, 1)
	f.Add("각🇨🇳🇨🇳 http://x", 7, 2)
	f.Fuzz(func(t *testing.T, s string, most, unit int) {
		if !utf8.ValidString(s) || most < 4 || most > 100 {
			t.Skip()
		}
		l := Limits{Text: most, Unit: Unit(uint(unit) % 3)}
		pieces := texts(l.Fit(Parts{Text{s}}))
		if got := strings.Join(pieces, ""); got != s {
			t.Fatalf("%q became %q", s, got)
		}
		cuts := map[int]bool{}
		at := 0
		for _, p := range pieces {
			if n := l.Unit.Len(p); n > most {
				t.Errorf("%q is %d long, limit %d", p, n, most)
			}
			if !utf8.ValidString(p) {
				t.Errorf("%q: cut inside a rune", p)
			}
			at += len(p)
			cuts[at] = true
		}
		delete(cuts, len(s))
		whole(t, l, s, cuts)
	})
}

// whole fails if a cut is inside a grapheme or URL that a message could carry.
// Graphemes and URLs are told from the start of each piece, as split does.
func whole(t *testing.T, l Limits, s string, cuts map[int]bool) {
	for i := 0; i < len(s); {
		n := graphemeLen(s[i:])
		if u := urlLen(s[i:]); u > n {
			for n < u { // a mark may sit on its last letter
				n += graphemeLen(s[i+n:])
			}
			if l.Unit.Len(s[i:i+n]) > l.Text {
				n = graphemeLen(s[i:])
			}
		}
		if l.Unit.Len(s[i:i+n]) <= l.Text {
			for c := range cuts {
				if c > i && c < i+n {
					t.Errorf("cut at %d inside %q", c, s[i:i+n])
				}
			}
		} else {
			for c := range cuts { // what is over the limit is cut somewhere: go on from its last cut
				if c > i && c < i+n && !cuts[i+n] {
					return
				}
			}
		}
		i += n
	}
}

func TestFitTogether(t *testing.T) {
	parts := Parts{Text{"信"}, Media{Type: "image/png", Handle: "a"}, Media{Type: "image/png", Handle: "b"}}
	mail := Limits{Media: []string{"image/"}, Together: true}
	if got := mail.Fit(parts); len(got) != 1 || len(got[0]) != 3 {
		t.Errorf("a mail with two pictures is one message: %v", got)
	}
	mail.Together = false
	if got := mail.Fit(parts); len(got) != 3 {
		t.Errorf("a message each: %v", got)
	}
	if got := (Limits{Together: true}).Fit(nil); len(got) != 0 {
		t.Errorf("nothing to say is no message: %v", got)
	}
}

func TestFitTyped(t *testing.T) {
	c := Choice{Prompt: "哪个？", Options: []Option{{ID: "a", Label: "红"}, {ID: "b", Label: "蓝"}}}
	l := Limits{Options: 3}
	if _, ok := l.Fit(Parts{c})[0][0].(Choice); !ok {
		t.Error("buttons that fit are no list")
	}
	c.Typed = true
	if got := l.Fit(Parts{c})[0][0]; got != (Text{"哪个？\n1. 红\n2. 蓝"}) {
		t.Errorf("an answer to be typed: %v", got)
	}
}

// A tap that opens less than a written answer is not asked for (WeChat), unless
// the account's owner wants it.
func TestFitTaps(t *testing.T) {
	c := Choice{Prompt: "哪个？", Options: []Option{{ID: "a", Label: "红"}, {ID: "b", Label: "蓝"}}}
	message, event := Allowance{CauseMessage, 5, 48 * time.Hour}, Allowance{CauseEvent, 3, time.Minute}
	for _, tt := range []struct {
		name string
		as   []Allowance
		taps bool
		list bool
	}{
		{name: "nothing is counted"},
		{name: "WeChat", as: []Allowance{message, event}, list: true},
		{name: "WeChat with menus first", as: []Allowance{message, event}, taps: true},
		{name: "a tap opens nothing", as: []Allowance{message}, list: true},
		{name: "a tap opens as much", as: []Allowance{message, {CauseEvent, 5, 48 * time.Hour}}},
		{name: "a tap opens fewer for as long", as: []Allowance{message, {CauseEvent, 3, 48 * time.Hour}}, list: true},
		{name: "a tap opens any number for less long", as: []Allowance{message, {CauseEvent, 0, time.Minute}}, list: true},
		{name: "any number after both", as: []Allowance{{CauseMessage, 0, time.Hour}, {CauseEvent, 0, time.Hour}}},
	} {
		l := Limits{Options: 3, Allowances: tt.as, Taps: tt.taps}
		_, list := l.Fit(Parts{c})[0][0].(Text)
		if list != tt.list {
			t.Errorf("%s: %v", tt.name, l.Fit(Parts{c}))
		}
	}
}
