package core

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// MarshalJSON implements json.Marshaler.
func (ps Parts) MarshalJSON() ([]byte, error) {
	out := append(make([]byte, 0, 128), '[')
	for i, p := range ps {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(append(out, `{"`...), p.kind()...), `":`...)
		if t, ok := p.(Text); ok {
			out = append(AppendJSON(append(out, `{"body":`...), t.Body), "}}"...)
			continue
		}
		b, err := json.Marshal(p)
		if err != nil {
			return nil, err
		}
		out = append(append(out, b...), '}')
	}
	return append(out, ']'), nil
}

// UnmarshalJSON implements json.Unmarshaler. A part that this version does not
// know becomes an Other, so that a log written by a newer version still reads.
func (ps *Parts) UnmarshalJSON(b []byte) error {
	if t, ok := oneText(b); ok {
		*ps = Parts{t}
		return nil
	}
	var in []map[string]json.RawMessage
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	*ps = make(Parts, 0, len(in))
	for _, m := range in {
		if len(m) != 1 {
			return fmt.Errorf("core: a part has %d keys, want 1", len(m))
		}
		for k, raw := range m {
			read, ok := readers[k]
			if !ok {
				*ps = append(*ps, Other{Kind: k})
				continue
			}
			p, err := read(raw)
			if err != nil {
				return fmt.Errorf("core: part %q: %w", k, err)
			}
			*ps = append(*ps, p)
		}
	}
	return nil
}

// oneText reads what most messages are, one text with nothing in it that JSON
// escapes, as MarshalJSON writes it.
func oneText(b []byte) (Text, bool) {
	b, begins := bytes.CutPrefix(b, []byte(`[{"text":{"body":"`))
	b, ends := bytes.CutSuffix(b, []byte(`"}}]`))
	if !begins || !ends || !utf8.Valid(b) {
		return Text{}, false
	}
	for _, c := range b {
		if c < ' ' || c == '"' || c == '\\' {
			return Text{}, false
		}
	}
	return Text{string(b)}, true
}

// AppendJSON appends s as encoding/json writes it.
func AppendJSON(b []byte, s string) []byte {
	if asItIs(s) {
		return append(append(append(b, '"'), s...), '"')
	}
	quoted, err := json.Marshal(s)
	if err != nil { // no string is refused
		return append(b, `""`...)
	}
	return append(b, quoted...)
}

// asItIs reports whether JSON has nothing to escape in s.
func asItIs(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			return false
		}
	}
	return utf8.ValidString(s) && !strings.Contains(s, "\u2028") && !strings.Contains(s, "\u2029")
}

var readers = map[string]func(json.RawMessage) (Part, error){
	"text": read[Text], "media": read[Media], "place": read[Place], "card": read[Card],
	"choice": read[Choice], "pick": read[Pick], "form": read[Form], "case": read[Case],
	"joined": read[Joined], "left": read[Left], "other": read[Other],
}

func read[P Part](raw json.RawMessage) (Part, error) {
	var p P
	err := json.Unmarshal(raw, &p)
	return p, err
}
