package weibo

import (
	"bytes"
	"os"
	"reflect"
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
	zero := config()
	if err := zero.Validate(); err != nil {
		t.Fatal(err)
	}
	own := map[string]bool{"uid": true, "app_secret": true, "token": true, "token_ends": true, "later": true, "save_sent": true, "people": true, "biz": true}
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
