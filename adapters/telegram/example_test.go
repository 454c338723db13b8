package telegram

import (
	"bytes"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// TestExample holds that the example has every key, and that what it calls
// defaults are the defaults.
func TestExample(t *testing.T) {
	b, err := os.ReadFile("example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var c, raw Config
	var keys map[string]any
	for _, v := range []any{&c, &raw, &keys} {
		if err := yaml.NewDecoder(bytes.NewReader(b), yaml.DisallowUnknownField()).Decode(v); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	zero := Config{Token: token}
	if err := zero.Validate(); err != nil {
		t.Fatal(err)
	}
	own := map[string]bool{"token": true, "group": true, "webhook": true, "secret": true}
	for i, f := range reflect.VisibleFields(reflect.TypeFor[Config]()) {
		name := f.Tag.Get("json")
		if _, ok := keys[name]; !ok {
			t.Errorf("the example does not have %q", name)
		}
		if got, want := reflect.ValueOf(raw).Field(i).Interface(), reflect.ValueOf(zero).Field(i).Interface(); !own[name] && !reflect.DeepEqual(got, want) {
			t.Errorf("the example says %s: %v, the default is %v", name, got, want)
		}
	}
}

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
				if err := yaml.NewDecoder(bytes.NewReader(b), yaml.DisallowUnknownField()).Decode(&c); err != nil {
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
