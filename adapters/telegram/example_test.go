package telegram

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/frontdesk-im/frontdesk/core/coretest"
)

func TestExample(t *testing.T) {
	coretest.Example(t, strict, Config{Token: token}, "token", "group", "webhook", "secret")
}

// strict refuses keys that there are not.
func strict(b []byte, v any) error { return yaml.UnmarshalWithOptions(b, v, yaml.Strict()) }

// The guide's configurations are taken as they stand there, and the commands it
// names are those that Telegram offers.
func TestGuide(t *testing.T) {
	b, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	guide := string(b)
	env := strings.NewReplacer("${TELEGRAM_TOKEN}", token, "${STAFF_TOKEN}", token, "${TELEGRAM_SECRET}", secret)
	blocks := regexp.MustCompile("(?s) *```yaml\n(.*?)```").FindAllStringSubmatch(guide, -1)
	seen := 0
	for _, m := range blocks {
		var all map[string]map[string]map[string]any
		if err := yaml.Unmarshal([]byte(env.Replace(m[1])), &all); err != nil {
			t.Fatalf("%v in %s", err, m[1])
		}
		for role, accounts := range all {
			for name, keys := range accounts {
				if keys["type"] != "telegram" {
					continue
				}
				seen++
				delete(keys, "type")
				delete(keys, "lang") // of every desk
				b, err := yaml.Marshal(keys)
				if err != nil {
					t.Fatal(err)
				}
				var c Config
				if err := strict(b, &c); err != nil {
					t.Fatal(err)
				}
				if err := c.Validate(); err != nil || (role == "desks") != (c.Group != 0) {
					t.Errorf("%s.%s: %v, group %d", role, name, err, c.Group)
				}
			}
		}
	}
	if seen != 3 {
		t.Errorf("the guide has %d accounts, want 3", seen)
	}
	for _, c := range commands {
		guide = strings.ReplaceAll(guide, "`/"+c[0], "`")
	}
	if left := regexp.MustCompile("`/[a-z]+[ `]").FindString(strings.ReplaceAll(guide, "`/newbot`", "")); left != "" {
		t.Errorf("the guide names %s, which Telegram does not offer", left)
	}
}
