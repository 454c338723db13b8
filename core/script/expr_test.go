package script_test

import (
	"strings"
	"testing"
)

// What nobody may do with an expression is refused or stopped.
func TestExpressions(t *testing.T) {
	for src, want := range map[string]string{
		"len(" + strings.Repeat("name + ", 150) + "name) > 1": "the expression is too long",
		"all(1..9, # > 0)": "not available", "1..9 == 2": "not available", "let x = 1; x > 0": "one expression", "env.x": "unknown",
		"name.foo()": "", "now() > 1": "", "1 + ": "", "name": "this gives a text, and a condition must be true or false",
	} {
		_, err := load(good, "entries:\n  - {id: a, title: A, answer: x, when: [{if: '"+src+"', answer: y}]}\n")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s: %v", src, err)
		}
	}
}
