package dialog_test

import (
	"os"
	"regexp"
	"testing"
	"testing/fstest"

	"github.com/frontdesk-im/frontdesk/core/script"
	"github.com/frontdesk-im/frontdesk/flows"
)

var fence = regexp.MustCompile("(?s)```(yaml|chat)\n(.*?)```")

// The examples for people who don't program load and play, each on its own
// beside the demo shop.
func TestReadme(t *testing.T) {
	src, err := os.ReadFile("../../flows/README.md")
	if err != nil {
		t.Fatal(err)
	}
	shop, err := flows.FS.ReadFile("shop.yaml")
	if err != nil {
		t.Fatal(err)
	}
	n := map[string]int{}
	for _, m := range fence.FindAllStringSubmatch(string(src), -1) {
		n[m[1]]++
		if m[1] == "chat" {
			c, err := script.ParseChat("README.md", []byte(m[2]))
			if err != nil {
				t.Fatal(err)
			}
			newPlayer(t, demo(t)).play(c)
			continue
		}
		all := fstest.MapFS{"shop.yaml": {Data: shop}, "x.yaml": {Data: []byte(m[2])}}
		for _, name := range []string{"faq-tea.yaml", "faq-order.yaml", "faq-service.yaml", "flows.yaml"} {
			b, err := flows.FS.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			all[name] = &fstest.MapFile{Data: b}
		}
		if b, err := script.Load(all, script.Options{Base: flows.FS}); err != nil {
			t.Errorf("%s\n%v", m[2], err)
		} else if len(b.Warnings) > 0 {
			t.Errorf("%s\n%v", m[2], b.Warnings)
		}
	}
	if n["yaml"] < 3 || n["chat"] < 1 {
		t.Errorf("examples: %v", n)
	}
}
