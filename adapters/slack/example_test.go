package slack

import (
	"bytes"
	"os"
	"reflect"
	"testing"

	"github.com/goccy/go-yaml"
)

// TestExample holds that the example has every key, is accepted, and that what it
// calls defaults are the defaults.
func TestExample(t *testing.T) {
	b, err := os.ReadFile("example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var c Config
	var keys map[string]any
	for _, v := range []any{&c, &keys} {
		if err := yaml.NewDecoder(bytes.NewReader(b), yaml.DisallowUnknownField()).Decode(v); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Config]()) {
		if _, ok := keys[f.Tag.Get("json")]; !ok {
			t.Errorf("the example does not have %q", f.Tag.Get("json"))
		}
	}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	least := Config{Token: "xoxb-1", App: "xapp-1", Channel: "C01"}
	if err := least.Validate(); err != nil || least.API != c.API {
		t.Errorf("the default is %q, the example says %q (%v)", least.API, c.API, err)
	}
}
