package script_test

import (
	"context"
	"strings"
	"testing"

	"github.com/frontdesk-im/frontdesk/core/match"
	"github.com/frontdesk-im/frontdesk/core/script"
	"github.com/frontdesk-im/frontdesk/flows"
)

// mute understands nothing and counts how often one is made.
type mute struct{}

func (mute) Match(match.Query) match.Decision { return match.Decision{Kind: match.Fallback} }
func (mute) Refine(context.Context) error     { return nil }

// A file is checked beside the rest of the script, and nothing is trained: not
// by this package, which makes one matcher for Load and none afterwards.
func TestCheckFile(t *testing.T) {
	made := 0
	b, err := script.Load(flows.FS, script.Options{Matcher: func([]match.Entry, match.Options) (script.Matcher, error) { made++; return mute{}, nil }})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"shop.yaml", "faq-order.yaml", "faq-service.yaml", "faq-tea.yaml", "flows.yaml", "words.yaml"} {
		src, err := flows.FS.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if faults, warnings := script.CheckFile(name, src, b); len(faults)+len(warnings) > 0 {
			t.Errorf("%s as it is: %v %v", name, faults, warnings)
		}
		torn := append(src, "\nflows: [\n"...)
		if faults, _ := script.CheckFile(name, torn, b); len(faults) == 0 {
			t.Errorf("%s: torn, and no fault", name)
		}
	}
	for _, c := range []struct{ text, want string }{
		{"entries:\n  - {id: a, title: {zh: 甲, en: A}, next: retruns}\n", `new.yaml:2: entry a: next: flow "retruns" does not exist; did you mean returns?`},
		{"entries:\n  - {id: a, title: {zh: 甲, en: A}, next: returns, regexp: '(('}\n", "new.yaml:2:"},
		{"entries:\n  - {id: a, title: {zh: 甲}, next: returns}\n", "title is missing in en"},
		{"flows:\n  - id: returns\n    title: {zh: 甲, en: A}\n", "flow returns is already in flows.yaml:"},
		{"entries:\n  - {id: a, title: {zh: 甲, en: A}, answer: {zh: '{{ form.oder ?? 1 }}', en: x}}\n", "unknown field oder"},
		{"greeting: {}\n", "greeting is already in shop.yaml"},
		{"commands: {menu: 取消}\n", "means both cancel and menu"},
	} {
		faults, _ := script.CheckFile("new.yaml", []byte(c.text), b)
		if len(faults) != 1 || !strings.Contains(faults[0].Error(), c.want) {
			t.Errorf("%s\n got %v\nwant %s", c.text, faults, c.want)
		}
	}
	if made != 1 {
		t.Errorf("%d matchers made", made)
	}
	if again, err := script.Load(flows.FS, script.Options{}); err != nil || again.Version != b.Version {
		t.Errorf("%v, version %s", err, again.Version)
	}
	if len(b.Warnings) > 0 || b.Greeting == nil || b.Entries["a"] != nil {
		t.Error("checking changed the book")
	}
}

func BenchmarkCheckFile(b *testing.B) {
	book := demo(b)
	src, err := flows.FS.ReadFile("faq-tea.yaml")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		script.CheckFile("faq-tea.yaml", src, book)
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := script.Load(flows.FS, script.Options{Base: flows.FS}); err != nil {
			b.Fatal(err)
		}
	}
}
