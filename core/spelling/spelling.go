// Package spelling says in plain words what parsers have against a file: for people
// who write scripts and configurations, and not parsers. What it does not know it
// describes by what usually is the matter.
package spelling

import (
	"errors"
	"regexp/syntax"
	"strings"
)

// YAML says what a YAML parser's message means.
func YAML(msg string) string {
	for _, x := range []struct{ part, words string }{
		{"corresponding to ']'", "a ] stands here without its ["}, {"corresponding to '}'", "a } stands here without its {"},
		{"']'", "a [ is not closed by ]"}, {"'}'", "a { is not closed by }"},
		{"tab character", "a tab stands here; indent with blanks"}, {"'\t'", "a tab stands here; indent with blanks"},
		{"quoted", "a quotation mark is not closed"}, {"escape", "after a \\ in double quotes stands something that means nothing there; write \\\\ or use single quotes"},
		{"anchor", "a text that begins with & must be in quotes"}, {"alias", "a text that begins with * must be in quotes"}, {"tag", "a text that begins with ! must be in quotes"},
		{"directive", "a text that begins with % must be in quotes"}, {"document separator", "a line --- is not allowed here"},
		{"sequence entries", "a list item (-) stands where none can stand"},
		{"cannot start any token", "a text that begins with @, ` or a tab must be in quotes"},
	} {
		if strings.Contains(msg, x.part) {
			return x.words
		}
	}
	return "this line does not fit the ones before it"
}

// Pattern says what is wrong with a regular expression that does not compile.
func Pattern(err error) string {
	e, ok := errors.AsType[*syntax.Error](err)
	if !ok {
		return "it is not a pattern"
	}
	words := map[syntax.ErrorCode]string{
		syntax.ErrMissingParen:          "a ( is not closed by )",
		syntax.ErrUnexpectedParen:       "a ) stands without its (",
		syntax.ErrMissingBracket:        "a [ is not closed by ]",
		syntax.ErrInvalidCharRange:      "a range between [ and ] is none, or runs backwards; write it like a-z",
		syntax.ErrInvalidCharClass:      "what stands between [ and ] is not a set of characters",
		syntax.ErrTrailingBackslash:     "a \\ stands at the end; write \\\\ if you mean the character",
		syntax.ErrInvalidEscape:         "a \\ stands before something that needs none; write \\\\ if you mean the character",
		syntax.ErrMissingRepeatArgument: "a *, + or ? stands where nothing can be repeated; write \\ before it if you mean the character",
		syntax.ErrInvalidRepeatOp:       "two of *, + and ? follow each other; keep one",
		syntax.ErrInvalidRepeatSize:     "the number between { and } is too large or upside down",
		syntax.ErrInvalidNamedCapture:   "(?< begins a name that is not finished; write (?<name>…)",
		syntax.ErrInvalidPerlOp:         "(? begins something that is not known here; write \\( if you mean the character",
		syntax.ErrLarge:                 "it is too large",
		syntax.ErrNestingDepth:          "its brackets are nested too deeply",
	}[e.Code]
	if words == "" {
		return "it is not a pattern"
	}
	return words
}
