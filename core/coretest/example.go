package coretest

import (
	"cmp"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// Example holds an adapter's example.yaml to its Config, C. It has every key of
// C; Validate accepts it; and what stands there is the default, as Validate sets
// it in least, an account with nothing but what is required. (A text may be one
// that Validate makes the default, such as an address without its last slash.)
// The keys in own are the exceptions: they show something of one's own, which
// must not be empty. A key of a part is named "part.key".
//
// read decodes YAML and refuses keys that it does not know.
func Example[C any, P interface {
	*C
	Validate() error
}](t *testing.T, read func([]byte, any) error, least C, own ...string) {
	t.Helper()
	b, err := os.ReadFile("example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var shown, valid C
	var keys map[string]any
	for _, v := range []any{&shown, &valid, &keys} {
		if err := read(b, v); err != nil {
			t.Fatal(err)
		}
	}
	if err := P(&valid).Validate(); err != nil {
		t.Fatalf("the example is refused: %v", err)
	}
	if err := P(&least).Validate(); err != nil {
		t.Fatalf("the least there is is refused: %v", err)
	}
	e := example{t, own, map[string]bool{}}
	e.compare("", keys, account{reflect.ValueOf(shown), reflect.ValueOf(valid), reflect.ValueOf(least)})
	for _, name := range own {
		if !e.seen[name] {
			t.Errorf("there is no key %q that could be one's own", name)
		}
	}
}

type example struct {
	*testing.T
	own  []string
	seen map[string]bool
}

// account is a Config, or a part of one: as the example shows it, that validated,
// and as it is by default.
type account struct{ shown, valid, least reflect.Value }

func (a account) field(i int) account {
	return account{a.shown.Field(i), a.valid.Field(i), a.least.Field(i)}
}

// isDefault reports whether what is shown is the default.
func (a account) isDefault() bool {
	got := a.shown
	if got.Kind() == reflect.String && !got.IsZero() {
		got = a.valid
	}
	return reflect.DeepEqual(got.Interface(), a.least.Interface())
}

// compare goes through the keys of a part, and of the parts in it.
func (e example) compare(part string, keys map[string]any, a account) {
	e.Helper()
	for i := range a.shown.NumField() {
		f := a.shown.Type().Field(i)
		if !f.IsExported() {
			continue
		}
		key, _, _ := strings.Cut(cmp.Or(f.Tag.Get("yaml"), f.Tag.Get("json")), ",")
		name, field := part+key, a.field(i)
		e.seen[name] = true
		value, there := keys[key]
		switch own := slices.Contains(e.own, name); {
		case !there:
			e.Errorf("the example does not have %q", name)
		case own && field.shown.IsZero():
			e.Errorf("the example does not show what %s may be", name)
		case own:
		case f.Type.Kind() == reflect.Struct:
			in, _ := value.(map[string]any)
			e.compare(name+".", in, field)
		case !field.isDefault():
			e.Errorf("the example says %s: %v, the default is %v", name, field.shown, field.least)
		}
	}
}
