package flows_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// The demo shop's page says no price that its scripts don't, and no other days.
func TestPage(t *testing.T) {
	page, err := os.ReadFile("../adapters/webchat/dist/demo.html")
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	for _, name := range []string{"faq-tea.yaml", "faq-order.yaml", "faq-service.yaml", "flows.yaml"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		said.Write(b)
	}
	facts := regexp.MustCompile(`¥[0-9]+|[0-9]+ (?:天|days|h)\b|[0-9]+:[0-9]{2}`).FindAllString(string(page), -1)
	if len(facts) < 6 {
		t.Fatalf("found %q on the page", facts)
	}
	for _, f := range facts {
		if !strings.Contains(said.String(), f) {
			t.Errorf("the page says %q, and no script does", f)
		}
	}
}
