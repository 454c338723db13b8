package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/adapters"
	"github.com/frontdesk-im/frontdesk/config"
	"github.com/frontdesk-im/frontdesk/core"
)

func options() config.Options {
	return config.Options{
		Makers: adapters.All,
		Sources: config.Sources{Env: func(name string) (string, bool) {
			if name == "APP_SECRET" || name == "APP_SECRET_BEFORE" || name == "ERP_SECRET" { // what signs webhooks is base64
				return "whsec_" + strings.Repeat("b3Bl", 8), true
			}
			if name == "DATABASE_URL" {
				return "postgres://frontdesk:password@localhost:5432/frontdesk", true
			}
			if name == "REDIS_URL" {
				return "redis://:password@localhost:6379/0", true
			}
			return "1:" + strings.Repeat("example ", 8) + name, true // every variable is set, and looks like a bot's token
		}},
	}
}

// The examples are accepted as they stand.
func TestExamples(t *testing.T) {
	for _, f := range []string{"minimal.yaml", "example.yaml"} {
		if _, err := config.Load(f, options()); err != nil {
			t.Errorf("%v", err)
		}
	}
}

// example.yaml shows every key that there is, the program's and those of the
// adapters that have no example of their own.
func TestExampleIsComplete(t *testing.T) {
	b, err := os.ReadFile("example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys(reflect.TypeFor[config.Config]()) {
		if !shows(string(b), key) {
			t.Errorf("example.yaml does not show %s", key)
		}
	}
	for kind, m := range adapters.All {
		if _, err := os.Stat(filepath.Join("..", "adapters", kind, "example.yaml")); err == nil {
			continue // the adapter shows its keys itself, and has a test for it
		}
		_, rest, ok := strings.Cut(string(b), "type: "+kind)
		if !ok {
			t.Errorf("example.yaml does not show the adapter %s, which has no example.yaml of its own", kind)
		}
		for _, key := range keys(struct1(m)) {
			if !shows(rest, key) {
				t.Errorf("example.yaml does not show %s of the adapter %s", key, kind)
			}
		}
	}
}

// struct1 is what an adapter decodes its part into.
func struct1(m core.Maker) (t reflect.Type) {
	_, _ = m(func(v any) error {
		t = reflect.TypeOf(v).Elem()
		return errors.New("enough")
	}, core.Deps{})
	return t
}

// shows reports whether key stands in text as a key.
func shows(text, key string) bool {
	for _, before := range []string{"\n", " ", "{", "- "} {
		if strings.Contains(text, before+key+":") {
			return true
		}
	}
	return false
}

// keys are all keys of a struct and of those in it.
func keys(t reflect.Type) (out []string) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return keys(t.Elem())
	case reflect.Struct:
	default:
		return nil
	}
	if t == reflect.TypeFor[time.Time]() {
		return nil
	}
	for i := range t.NumField() {
		f := t.Field(i)
		if key, ok := config.Key(f); ok && f.Type != reflect.TypeFor[config.Part]() {
			if key != "" {
				out = append(out, key)
			}
			out = append(out, keys(f.Type)...)
		}
	}
	return out
}
