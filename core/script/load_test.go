package script_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/frontdesk-im/frontdesk/core/match"
	"github.com/frontdesk-im/frontdesk/core/script"
	"github.com/frontdesk-im/frontdesk/flows"
)

const good = `settings: {languages: [en]}
topics: [{id: help}]
greeting: {text: I am a bot. Say human for a person., short: I am a bot.}
`

func demo(t testing.TB) *script.Book {
	t.Helper()
	b, err := script.Load(flows.FS, script.Options{Systems: []string{"orders"}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func load(files ...string) (*script.Book, error) {
	fsys := fstest.MapFS{}
	for i, f := range files {
		fsys[string(rune('a'+i))+".yaml"] = &fstest.MapFile{Data: []byte(f)}
	}
	return script.Load(fsys, script.Options{Base: flows.FS, Systems: []string{"orders"}})
}

// The demo loads with nothing to complain about, and quickly enough to be
// loaded again on every change.
func TestDemoIsClean(t *testing.T) {
	b := demo(t)
	for _, w := range b.Warnings {
		t.Error(w)
	}
	again := demo(t)
	if b.Version != again.Version || len(b.Version) != 12 {
		t.Errorf("versions %s and %s", b.Version, again.Version)
	}
	if l := b.Settings.Languages; !slices.Equal(l, []string{"zh", "en"}) {
		t.Errorf("languages %v", l)
	}
	if got := b.Chosen("zh-CN", "want", "exchange") + b.Chosen("en", "want", "exchange") + b.Chosen("en", "order", "XH1"); got != "换一件Exchange itXH1" {
		t.Error(got)
	}
	if got := b.Label("zh-CN", "order") + b.Topic("en", "aftersale"); got != "订单号After-sales" {
		t.Error(got)
	}
}

// A shop speaks under its own name: without a words.yaml under none of the
// demo's, and its own stands in any file, beside the texts of a words.yaml or not.
func TestName(t *testing.T) {
	shop := "settings: {languages: [zh]}\ngreeting: {text: {zh: 我是客服机器人，说“人工”找人。}, short: {zh: 我是机器人，说“人工”找人。}}\nentries:\n  - {id: a, title: {zh: 甲}, samples: {zh: [甲吗]}, answer: {zh: 乙。}}\n"
	own := "words: {bot_name: {zh: 书店助手}}\n"
	texts := "words: {bot_name: {zh: 助手}, menu: {zh: 选一项：}}\n"
	for _, tc := range []struct {
		want  string
		files map[string]string
	}{
		{"机器人助手", map[string]string{"shop.yaml": shop}},
		{"书店助手", map[string]string{"shop.yaml": shop + own}},
		{"书店助手", map[string]string{"shop.yaml": shop + own, "words.yaml": texts}},
		{"书店助手", map[string]string{"shop.yaml": shop, "words.yaml": texts, "z.yaml": own}},
		{"", map[string]string{"shop.yaml": shop + own, "z.yaml": own}},
	} {
		fsys := fstest.MapFS{}
		for name, s := range tc.files {
			fsys[name] = &fstest.MapFile{Data: []byte(s)}
		}
		b, err := script.Load(fsys, script.Options{Base: flows.FS})
		if (err != nil) != (tc.want == "") {
			t.Errorf("%v: %v", tc.files, err)
		} else if err == nil && b.Word("zh", "bot_name", nil) != tc.want {
			t.Errorf("%v: %s", tc.files, b.Word("zh", "bot_name", nil))
		}
	}
}

// Each bad file, and a part of what must be said about it.
var bad = []struct{ name, text, want string }{
	{"unknown key", "entries:\n  - {id: a, titel: A, answer: x}\n", `b.yaml:2: unknown key "titel"; did you mean title?`},
	{"a name that is taken", "entries:\n  - {id: none, title: A, samples: [a b], answer: x}\n", `b.yaml:2: entry none: this name is taken by the program; choose another`},
	{"unknown top", "entires: []\n", `b.yaml:1: unknown key "entires"; did you mean entries?`},
	{"twice", "entries:\n  - id: a\n    title: A\n    title: B\n    answer: x\n", "b.yaml:4: title is here twice, first in line 3"},
	{"id twice", "entries:\n  - {id: a, title: A, answer: x}\n  - {id: a, title: B, answer: x}\n", "b.yaml:3: entry a is already in b.yaml:2"},
	{"bad id", "entries:\n  - {id: A B, title: A, answer: x}\n", "b.yaml:2: entry \"A B\": a name has small letters"},
	{"tabs", "entries:\n\t- id: a\n", "b.yaml:2:"},
	{"indent", "entries:\n  - id: a\n   title: A\n", "b.yaml:3:"},
	{"duration", "flows:\n  - id: f\n    title: F\n    steps:\n      - {call: orders, timeout: soon, on_error: end}\n", `b.yaml:5: "soon" is not a time`},
	{"number", "flows:\n  - id: f\n    title: F\n    steps:\n      - {ask: a, text: A?, tries: many}\n", `b.yaml:5: "many" is not a whole number`},
	{"no answer", "entries:\n  - {id: a, title: A}\n", "b.yaml:2: entry a has neither answer nor next"},
	{"no title", "entries:\n  - {id: a, answer: x}\n", "b.yaml:2: entry a: title is missing"},
	{"next", "entries:\n  - {id: a, title: A, next: retuns}\nflows:\n  - {id: returns, title: R, steps: [{say: hi}]}\n", `b.yaml:2: entry a: next: flow "retuns" does not exist; did you mean returns?`},
	{"replies", "entries:\n  - {id: a, title: A, answer: x, replies: [b]}\n", `b.yaml:2: entry a: replies: "b" is no entry and no flow`},
	{"variable", "entries:\n  - {id: a, title: A, answer: 'hi {{ nmae ?? \"you\" }}'}\n", "b.yaml:2: {{ nmae ?? \"you\" }}: unknown name nmae; did you mean name?"},
	{"no fallback", "entries:\n  - {id: a, title: A, answer: 'hi {{ name }}'}\n", "b.yaml:2: {{ name }}: say what stands there if it is empty"},
	{"open brace", "entries:\n  - {id: a, title: A, answer: 'hi {{ name'}\n", "b.yaml:2: {{ without }}"},
	{"form field", "flows:\n  - id: f\n    title: F\n    steps:\n      - {ask: order, text: Which?}\n      - {if: form.ordr == \"\", then: end}\n", "b.yaml:6: flow f: step step2: if: form.ordr == \"\": unknown field ordr; did you mean order?"},
	{"types", "flows:\n  - id: f\n    title: F\n    steps:\n      - {ask: n, kind: number, text: How many?}\n      - {if: form.n == \"x\", then: end}\n", "== cannot stand between a number and a text"},
	{"loops", "entries:\n  - {id: a, title: A, answer: x, when: [{if: 'any([1], # > 0)', answer: y}]}\n", "b.yaml:2: if: any([1], # > 0): any, all, filter"},
	{"dynamic pattern", "entries:\n  - {id: a, title: A, answer: x, when: [{if: 'name matches text', answer: y}]}\n", "must be written out in quotes"},
	{"no such function", "entries:\n  - {id: a, title: A, answer: x, when: [{if: 'repeat(name, 1000) == name', answer: y}]}\n", "b.yaml:2: if: repeat"},
	{"regexp", "entries:\n  - {id: a, title: A, answer: x, regexp: '(('}\n", "b.yaml:2:"},
	{"step kind", "flows:\n  - id: f\n    title: F\n    steps:\n      - {say: hi, goto: end}\n", "b.yaml:5: flow f: step step1 has goto and say; make them steps of their own"},
	{"empty step", "flows:\n  - id: f\n    title: F\n    steps:\n      - {id: x}\n", "b.yaml:5: flow f: step x does nothing"},
	{"target", "flows:\n  - id: f\n    title: F\n    steps:\n      - {id: hello, say: hi}\n      - {goto: helo}\n", `b.yaml:6: flow f: step step2: goto: there is no step "helo"; did you mean hello?`},
	{"system", "flows:\n  - id: f\n    title: F\n    steps:\n      - {call: order, on_error: end}\n", `call: business system "order" does not exist; did you mean orders?`},
	{"on_error", "flows:\n  - id: f\n    title: F\n    steps:\n      - {call: orders}\n", "b.yaml:5: flow f: step step1: on_error is missing"},
	{"topic", "flows:\n  - id: f\n    title: F\n    steps:\n      - {handoff: halp}\n", `handoff: topic "halp" does not exist; did you mean help?`},
	{"foreign", "flows:\n  - id: f\n    title: F\n    steps:\n      - {say: hi, tries: 3}\n", "b.yaml:5: flow f: step step1: tries belongs to ask, choose, not to say"},
	{"options", "flows:\n  - id: f\n    title: F\n    steps:\n      - {choose: a, text: A?, options: [{id: x, label: X}]}\n", "choose needs 2 to 10 options"},
	{"unreachable", "flows:\n  - id: f\n    title: F\n    steps:\n      - {goto: end}\n      - {say: hi}\n", "b.yaml:6: flow f: nothing leads to the step in line 6"},
	{"circle", "flows:\n  - id: f\n    title: F\n    steps:\n      - {id: x, say: hi}\n      - {goto: x}\n", "b.yaml:5: flow f: step x comes back to itself without waiting"},
	{"circle of several", "flows:\n  - id: f\n    title: F\n    steps:\n      - goto: two\n      - {id: two, goto: three}\n      - {id: three, say: hi}\n      - goto: two\n", "b.yaml:6: flow f: step two comes back to itself without waiting for anybody (through step three, the step in line 8)"},
	{"half an expression", "entries:\n  - {id: a, title: A, samples: [b], answer: 'x {{ name ?? }}'}\n", "{{ name ?? }}: something is missing at the end"},
	{"a bad pattern", "flows:\n  - id: f\n    title: F\n    steps:\n      - {ask: a, kind: order, pattern: '(', text: A?}\n", "step1: pattern \"(\": a ( is not closed by )"},
	{"no way out", "flows:\n  - id: f\n    title: F\n    steps:\n      - {id: x, ask: a, text: A?, too_many: x}\n      - {goto: x}\n", "b.yaml:5: flow f: from step x there is no way out"},
	{"exact twice", "entries:\n  - {id: a, title: A, answer: x, exact: Hello!}\n  - {id: b, title: B, answer: x, exact: hello}\n", `b.yaml:3: entry b: exact: "hello" is also a phrase of entry a (b.yaml:2)`},
	{"sample twice", "entries:\n  - {id: a, title: A, answer: x, samples: where is it}\n  - {id: b, title: B, answer: x, samples: [Where is it?]}\n", "is also a phrase of entry a"},
	{"word", "words: {quued: hi}\n", "b.yaml:1: words: quued is not a text that the program uses; did you mean queued?"},
	{"word variable", "words: {queued: 'hi {{ place ?? 1 }}'}\n", "unknown name place"},
	{"command", "commands: {exti: x}\n", "b.yaml:1: commands: exti is not a command; did you mean exit?"},
	{"command twice", "commands: {menu: x, place: x}\n", "means both"},
	{"hours", "hours: {h: {zone: Mars/Base}}\n", `b.yaml:1: zone "Mars/Base" is not known`},
	{"span", "hours:\n  h: {week: {mon: [\"9-17\"]}}\n", "is not a time of day"},
	{"weekday", "hours:\n  h: {week: {mo: [\"09:00-17:00\"]}}\n", "is not a weekday"},
	{"holiday", "hours:\n  h: {holidays: [\"2026-13-01\"]}\n", "is not a date"},
	{"settings twice", "settings: {}\n", "settings is already in a.yaml:1"},
	{"anchor", "entries:\n  - &x {id: a, title: A, answer: x}\n  - *x\n", "anchors, aliases and tags"},
	{"two documents", "entries: []\n---\nentries: []\n", "a second document starts here"},
	{"list", "entries: {id: a}\n", "b.yaml:1:"},
	{"language", "entries:\n  - {id: a, title: A, answer: {german: x}}\n", `"german" is not a language`},
}

func TestBadScripts(t *testing.T) {
	if _, err := load(good); err != nil {
		t.Fatal(err)
	}
	for _, c := range bad {
		_, err := load(good, c.text)
		if err == nil {
			t.Errorf("%s: was taken", c.name)
		} else if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s:\n got %v\nwant %s", c.name, err, c.want)
		}
	}
	var all string
	for _, c := range bad[2:8] {
		all += c.text
	}
	for _, c := range []struct{ text, want string }{
		{"settings: {languages: [zh, en]}\ngreeting: {text: hi, short: hi}\n", "greeting: text has no language"},
		{"settings: {languages: [en]}\ngreeting: {text: hello, short: hello}\n", "must say it is a bot"},
		{"settings: {languages: [en]}\ngreeting: {text: I am a bot, short: I am a bot}\n", "must say how to reach a person"},
		{"settings: {languages: [en], answer: 2}\n", "answer and clarify are probabilities"},
		{"settings: {languages: [en], topic: nix}\n", `topic "nix" does not exist`},
		{"settings: {languages: [en]}\n", "greeting is missing"},
		{"settings: {languages: [de]}\ngreeting: {text: Ich bin ein Bot. human, short: bot}\n", "is missing in de"},
	} {
		if _, err := load(c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\n got %v", c.want, err)
		}
	}
	if _, err := load(); err == nil {
		t.Error("no files at all were taken")
	}
}

// All problems at once, each with its place.
func TestAllAtOnce(t *testing.T) {
	_, err := load(good, "entries:\n  - {id: a, titel: A, answer: x}\n  - {id: b, title: B, answer: '{{ x }}'}\n", "flows:\n  - {id: f, title: F, steps: [{goto: nowhere}]}\n")
	var n int
	for _, e := range err.(interface{ Unwrap() []error }).Unwrap() {
		var p script.Problem
		if !errors.As(e, &p) || p.Line == 0 || p.File == "" {
			t.Errorf("without a place: %v", e)
		}
		n++
	}
	if n < 4 {
		t.Errorf("%d problems: %v", n, err)
	}
}

// A file that can't be read at all is the only thing reported, and hostile
// nesting is refused before the parser sees it.
func TestTornFile(t *testing.T) {
	for _, text := range []string{"entries: [", strings.Repeat("- ", 200_000), strings.Repeat("[", 200_000), strings.Repeat("? ", 100_000), strings.Repeat("{a: ", 100_000)} {
		_, err := load(good, "entries:\n  - {id: a, title: A, next: f}\n", text)
		if err == nil || strings.Contains(err.Error(), "\n") || !strings.HasPrefix(err.Error(), "c.yaml:") {
			t.Errorf("%.20s: %v", text, err)
		}
	}
}

func TestWarnings(t *testing.T) {
	b, err := load(good, `channels: {weibo: {text: 30}}
entries:
  - {id: a, title: A, contains: tea, answer: "`+strings.Repeat("long ", 10)+`"}
  - {id: b, title: B, contains: tea, answer: We answer right away., channels: {weibo: Calm down.}}
flows: [{id: f, title: F, steps: [{say: hi}]}]
`)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, w := range b.Warnings {
		all = append(all, w.Error())
	}
	for _, want := range []string{"b.yaml:3: entry a (", "weibo takes 30", "b.yaml:4: entry b: \"right away\" promises", "b.yaml:4: entry b: weibo: \"calm down\" sounds like an order", "also belongs to entry a", "flow f is never started"} {
		if !strings.Contains(strings.Join(all, "\n"), want) {
			t.Errorf("no %q in %q", want, all)
		}
	}
}

// FuzzLoad: whatever the file, Load says so and does not panic.
func FuzzLoad(f *testing.F) {
	f.Add([]byte("hours: {0}")) // once took a block for granted
	f.Add([]byte("channels: {web: ~}"))
	for _, c := range bad {
		f.Add([]byte(c.text))
	}
	f.Add([]byte("a: [[[[[{{{{"))
	f.Add([]byte("? : - \x00"))
	f.Add([]byte("- &a *a"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 4000 {
			return
		}
		book, err := script.Load(fstest.MapFS{"a.yaml": {Data: []byte(good)}, "b.yaml": {Data: b}}, script.Options{})
		if (book == nil) == (err == nil) {
			t.Fatal("neither a book nor an error")
		}
	})
}

// FuzzChat: what can be read is printed and read as the same.
func FuzzChat(f *testing.F) {
	for _, s := range []string{"@web 小王> 你好", "< 🤖 …", "agent 小林> !claim", "+ 2m", "! outage slack 5m", "<", "<< x", "= staff 2", "# c", "@web> a\\nb\\\\", "@web >"} {
		f.Add([]byte(s + "\n"))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := script.ParseChat("f.chat", b)
		if err != nil {
			return
		}
		again, err := script.ParseChat("f.chat", []byte(c.String()))
		if err != nil || again.String() != c.String() || len(again.Steps) != len(c.Steps) {
			t.Fatalf("%v\n%q\n%q", err, c.String(), b)
		}
		for _, s := range c.Steps {
			s.Parts()
			s.Matches("some text")
		}
	})
}

// What stands under unanswered, in any file, is not answered though an entry reads much the same.
func TestUnanswered(t *testing.T) {
	b, err := load(good+"unanswered: [do you hire students]\n", "entries:\n  - {id: shops, title: Shops, samples: [do you have shops, where are your shops], answer: x}\nunanswered: {en: [do you sell shares]}\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"do you hire students", "do you sell shares"} {
		if d := b.Matcher.Match(match.Query{Text: text}); d.Kind != match.Fallback {
			t.Errorf("%s: %+v", text, d)
		}
	}
	if d := b.Matcher.Match(match.Query{Text: "where are your shops"}); d.Kind != match.Answer {
		t.Errorf("%+v", d)
	}
}

// An entry with many faults has all of them told, each once, and a circle is told
// once; no word of a parser's is among them.
func TestAuthorsWords(t *testing.T) {
	_, err := load("settings: {languages: [en]}\ngreeting: {text: I am a bot. Say human., short: I am a bot. Say human.}\nentries:\n" +
		"  - {id: a, title: A, regexp: ['(', '[', '*'], exact: ['!'], contains: ['?'], answer: 'x {{ 1 + }}', next: nowhere}\n" +
		"flows:\n  - id: f\n    title: F\n    steps:\n      - {id: one, goto: two}\n      - {id: two, goto: three}\n      - {id: three, goto: one}\n")
	if err == nil {
		t.Fatal("it was loaded")
	}
	for _, want := range []string{`regexp "(": a ( is not closed by )`, `regexp "[": a [ is not closed by ]`, `regexp "*": a *, + or ? stands`, `exact`, `contains`,
		"{{ 1 + }}: something is missing at the end", `flow "nowhere" does not exist`, "step one comes back to itself without waiting for anybody (through step two, step three)"} {
		if n := strings.Count(err.Error(), want); n == 0 || n > 1 && len(want) > 10 {
			t.Errorf("%d times %q in\n%v", n, want, err)
		}
	}
	for _, raw := range []string{"parsing", "token", "EOF", "syntax", "no way out"} {
		if strings.Contains(err.Error(), raw) {
			t.Errorf("%q in\n%v", raw, err)
		}
	}
}
