package main

import (
	"bytes"
	"strings"
	"testing"
	"unicode"

	"github.com/spf13/pflag"
)

// Whoever asks for help reads it in Chinese and in English.
func TestHelp(t *testing.T) {
	both := func(what, text string) {
		t.Helper()
		han := strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) })
		if latin := strings.ContainsFunc(text, func(r rune) bool { return r >= 'a' && r <= 'z' }); !han || !latin {
			t.Errorf("%s is not in both languages: %q", what, text)
		}
	}
	r := root()
	for _, c := range append(r.Commands(), r) {
		both(c.Name(), c.Short)
		if c.Long != "" && c.Name() != "help" {
			both(c.Name()+": long", c.Long)
		}
		c.Flags().VisitAll(func(f *pflag.Flag) { both(c.Name()+" --"+f.Name, f.Usage) })
	}
	var out bytes.Buffer
	r.SetOut(&out)
	r.SetArgs([]string{"--help"})
	if err := r.Execute(); err != nil {
		t.Fatal(err)
	}
	for _, raw := range []string{"Available Commands:", "Usage:", "for more information"} {
		if strings.Contains(out.String(), raw) {
			t.Errorf("%q in\n%s", raw, out.String())
		}
	}
}
