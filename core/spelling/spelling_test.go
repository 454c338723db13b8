package spelling

import (
	"errors"
	"regexp"
	"strings"
	"testing"
)

// No word of the parser's is left: it would be no word of the author's.
func TestPattern(t *testing.T) {
	for p, want := range map[string]string{
		"(": "a ( is not closed", "a)": "a ) stands", "[a": "a [ is not closed", "[z-a]": "backwards", `a\`: "at the end", `\y`: "needs none", "*a": "be repeated",
		"a**": "two of", "a{9999}": "too large", "(?<a": "not finished", "[[:x:]]": "is none", "\xff": "it is not a pattern",
	} {
		_, err := regexp.Compile(p)
		if err == nil {
			t.Errorf("%q compiles", p)
			continue
		}
		if got := Pattern(err); !strings.Contains(got, want) || strings.Contains(got, "parsing") {
			t.Errorf("%q: %s", p, got)
		}
	}
	if got := Pattern(errors.New("x")); got != "it is not a pattern" {
		t.Error(got)
	}
}

func TestYAML(t *testing.T) {
	for msg, want := range map[string]string{
		"sequence end token ']' not found":                        "a [ is not closed by ]",
		"could not find flow mapping end token '}'":               "a { is not closed by }",
		"could not find '[' character corresponding to ']'":       "a ] stands here without its [",
		"found character '\t' that cannot start any token":        "a tab stands here; indent with blanks",
		"could not find end character of double-quoted text":      "a quotation mark is not closed",
		"value is not allowed in this context":                    "this line does not fit the ones before it",
		"block sequence entries are not allowed in this context":  "a list item (-) stands where none can stand",
		"undefined anchor name":                                   "a text that begins with & must be in quotes",
		"found character '@' that cannot start any token somehow": "a text that begins with @, ` or a tab must be in quotes",
	} {
		if got := YAML(msg); got != want {
			t.Errorf("%s: %s", msg, got)
		}
	}
}
