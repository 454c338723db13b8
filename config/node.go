package config

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/frontdesk-im/frontdesk/core/spelling"
)

// What a file may be at most: it is written by hand.
const (
	maxBytes = 1 << 20
	maxDepth = 40
)

// pos is a place in the file, counted from 1.
type pos struct{ line, col int }

type kind int

const (
	isNull kind = iota
	isText
	isNumber
	isBool
	isList
	isMap
)

func (k kind) String() string {
	return [...]string{"empty", "text", "a number", "true or false", "a list", "a group of keys"}[k]
}

// A node is a value of the file with its place.
type node struct {
	kind  kind
	at    pos
	text  string // of a scalar, as written
	pairs []pair // of a map, in order
	items []*node
}

type pair struct {
	key string
	at  pos
	val *node
}

// read parses one YAML document. Every fault it can find is reported.
func read(src []byte, p *Problems) *node {
	if len(src) > maxBytes {
		p.add(pos{1, 1}, "", fmt.Sprintf("the file has %d bytes, more than %d", len(src), maxBytes), "is it the right file?")
		return nil
	}
	if at, deep := nested(src); deep {
		p.add(at, "", fmt.Sprintf("nested more than %d levels deep", maxDepth), "is it the right file?")
		return nil
	}
	file, err := parse(src)
	if err != nil {
		at := pos{1, 1}
		what := err.Error()
		var y yaml.Error
		if errors.As(err, &y) {
			what = y.GetMessage()
			if t := y.GetToken(); t != nil {
				at = place(t)
			}
		}
		p.add(at, "", "not valid YAML: "+spelling.YAML(what), "check the indentation (spaces, no tabs), the colons and the quotes around here")
		return nil
	}
	var docs []*ast.DocumentNode
	for _, d := range file.Docs {
		if d.Body != nil {
			docs = append(docs, d)
		}
	}
	if len(docs) == 0 {
		return &node{kind: isMap, at: pos{1, 1}}
	}
	if len(docs) > 1 {
		p.add(place(docs[1].Body.GetToken()), "", "a second document begins here", "keep one document in a file: remove the line ---")
	}
	w := walker{p: p}
	n := w.walk(docs[0].Body, "", 0)
	if n != nil && n.kind == isNull {
		n = &node{kind: isMap, at: n.at}
	}
	return n
}

// parse guards against panics of the parser.
func parse(src []byte) (f *ast.File, err error) {
	defer func() {
		if r := recover(); r != nil {
			f, err = nil, errors.New("the file cannot be read as YAML")
		}
	}()
	return parser.ParseBytes(src, 0, parser.AllowDuplicateMapKey())
}

// nested reports where brackets or dashes nest too deeply for the parser, which
// recurses. Brackets inside texts count too, so the bound is generous.
func nested(src []byte) (pos, bool) {
	line, depth := 1, 0
	for row := range strings.Lines(string(src)) {
		dashes := 0
		for i, c := range row {
			switch c {
			case '[', '{':
				depth++
			case ']', '}':
				depth = max(0, depth-1)
			case '-', '?':
				dashes++
			case ' ', '\t':
			default:
				dashes = -len(row) // the rest is a value
			}
			if depth > 25*maxDepth || dashes > 3*maxDepth {
				return pos{line, i + 1}, true
			}
		}
		line++
	}
	return pos{}, false
}

type walker struct{ p *Problems }

func (w walker) walk(n ast.Node, path string, depth int) *node {
	if n == nil {
		return &node{}
	}
	at := place(n.GetToken())
	if depth > maxDepth {
		w.p.add(at, path, fmt.Sprintf("nested more than %d levels deep", maxDepth), "is it the right file?")
		return nil
	}
	switch n := n.(type) {
	case *ast.NullNode:
		return &node{kind: isNull, at: at}
	case *ast.StringNode:
		return &node{kind: isText, at: at, text: n.Value}
	case *ast.LiteralNode:
		return &node{kind: isText, at: at, text: n.Value.Value}
	case *ast.BoolNode:
		return &node{kind: isBool, at: at, text: n.Token.Value}
	case *ast.IntegerNode:
		return &node{kind: isNumber, at: at, text: n.Token.Value}
	case *ast.FloatNode:
		return &node{kind: isNumber, at: at, text: n.Token.Value}
	case *ast.SequenceNode:
		out := &node{kind: isList, at: at}
		for i, v := range n.Values {
			if c := w.walk(v, fmt.Sprintf("%s[%d]", path, i), depth+1); c != nil {
				out.items = append(out.items, c)
			}
		}
		return out
	case *ast.MappingNode:
		return w.pairs(at, n.Values, path, depth)
	case *ast.MappingValueNode:
		return w.pairs(at, []*ast.MappingValueNode{n}, path, depth)
	case *ast.AnchorNode, *ast.AliasNode:
		w.p.add(at, path, "an anchor or alias (& or *) is not read", "write the value out, or quote it if the sign belongs to it")
	case *ast.TagNode:
		w.p.add(at, path, "a tag ("+n.Start.Value+") is not read", "remove it, or quote the value if the sign belongs to it")
	default:
		w.p.add(at, path, "this kind of value is not read", "write text, a number, true, false, a list or keys")
	}
	return nil
}

func (w walker) pairs(at pos, vs []*ast.MappingValueNode, path string, depth int) *node {
	out := &node{kind: isMap, at: at}
	seen := map[string]pos{}
	for _, v := range vs {
		kat := place(v.Key.GetToken())
		k, ok := v.Key.(ast.ScalarNode)
		if !ok || v.Key.IsMergeKey() {
			w.p.add(kat, path, "this is not a key that can be read", "write a plain word, a colon and a value")
			continue
		}
		name := k.GetToken().Value
		sub := join(path, name)
		if first, twice := seen[name]; twice {
			w.p.add(kat, sub, "the key stands here twice", fmt.Sprintf("keep one; the first is in line %d", first.line))
			continue
		}
		seen[name] = kat
		if c := w.walk(v.Value, sub, depth+1); c != nil {
			out.pairs = append(out.pairs, pair{key: name, at: kat, val: c})
		}
	}
	if len(out.pairs) > 0 {
		out.at = out.pairs[0].at
	}
	return out
}

func place(t *token.Token) pos {
	if t == nil || t.Position == nil {
		return pos{1, 1}
	}
	return pos{max(1, t.Position.Line), max(1, t.Position.Column)}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
