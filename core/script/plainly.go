package script

import (
	"regexp"
	"strings"
)

// saying is how a complaint of the expressions' reader reads for who wrote one.
var saying = []struct {
	find  *regexp.Regexp
	words string
}{
	{regexp.MustCompile(`unexpected token EOF.*|unexpected end of expression.*`), "something is missing at the end"},
	{regexp.MustCompile(`unexpected token \w+\("(.*?)"\).*`), `"$1" does not belong there`},
	{regexp.MustCompile(`literal not terminated.*`), "a quotation mark is not closed"},
	{regexp.MustCompile(`unrecognized character: \S+ '(.)'.*`), `"$1" does not belong there`},
	{regexp.MustCompile(`invalid operation: (\S+) \(mismatched types (\w+) and (\w+)\).*`), `$1 cannot stand between $2 and $3`},
	{regexp.MustCompile(`expected bool, but got (\w+).*`), "this gives $1, and a condition must be true or false"},
	{regexp.MustCompile(`compilation failed: .*exceeds maximum allowed nodes.*`), "the expression is too long"},
	{regexp.MustCompile(`cannot call .*|unknown function .*`), "this is not one of the functions: " + strings.Join(functions, ", ") + ", mask"},
	{regexp.MustCompile(`\s*\(\d+:\d+\)$`), ""},
	{regexp.MustCompile(`\bstring\b`), "a text"},
	{regexp.MustCompile(`\b(?:int|float)[0-9]*\b`), "a number"},
	{regexp.MustCompile(`\bbool\b`), "true or false"},
}

// plainly says what the expressions' reader has against an expression, without
// its own words.
func plainly(msg string) string {
	for _, s := range saying {
		msg = s.find.ReplaceAllString(msg, s.words)
	}
	return msg
}
