package script

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

// A Pos is a place in a script file.
type Pos struct {
	File string
	Line int
}

func (p Pos) String() string { return fmt.Sprintf("%s:%d", p.File, p.Line) }

// A Problem is something wrong in a script: where, what, and what to do.
type Problem struct {
	Pos
	Text string
}

func (p Problem) Error() string { return p.Pos.String() + ": " + p.Text }

// node is a YAML value with its place.
type node struct {
	Pos
	kind  nodeKind
	text  string // of a scalar, as written
	items []*node
	keys  []key
}

type key struct {
	Pos
	name  string
	value *node
}

type nodeKind int

const (
	nothing nodeKind = iota
	scalar
	list
	mapping
)

func (k nodeKind) String() string {
	return [...]string{"nothing", "a text", "a list", "a block of keys"}[k]
}

// maxDepth keeps hostile nesting off the stack.
const maxDepth = 40

// parseYAML reads one file. The parser is known to have panicked on hostile
// input; a panic becomes a problem like any other.
func parseYAML(file string, src []byte) (root *node, problems []error) {
	at := Pos{file, 1}
	defer func() {
		if r := recover(); r != nil {
			root, problems = nil, []error{Problem{at, "this is not YAML; check the indentation around the last change"}}
		}
	}()
	if n := nesting(src); n > 4*maxDepth {
		return nil, []error{Problem{at, "brackets are nested too deeply; is this really a script?"}}
	}
	f, err := parser.ParseBytes(src, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, []error{syntax(file, err)}
	}
	r := &reader{file: file}
	for i, d := range f.Docs {
		switch {
		case d.Body == nil:
		case root == nil:
			root = r.read(d.Body, 0)
		default:
			r.fail(d.Body.GetToken(), fmt.Sprintf("a second document starts here (number %d); keep one document per file and remove the ---", i+1))
		}
	}
	if root == nil {
		root = &node{Pos: at}
	}
	return root, r.problems
}

func syntax(file string, err error) error {
	var se *yaml.SyntaxError
	if !errors.As(err, &se) || se.Token == nil {
		return Problem{Pos{file, 1}, "this is not YAML; check the indentation around the last change"}
	}
	hint := "check the indentation (blanks, never tabs), and put texts with : or # in quotes"
	return Problem{Pos{file, line(se.Token)}, spelling.YAML(se.Message) + "; " + hint}
}

func line(t *token.Token) int {
	if t == nil || t.Position == nil {
		return 1
	}
	return t.Position.Line
}

// nesting is how deep the brackets of a file go, or the dashes and question
// marks at the beginning of a line: the parser takes each as a level.
func nesting(src []byte) int {
	depth, deepest, lead := 0, 0, 0
	start := true
	for _, c := range src {
		switch c {
		case '[', '{':
			depth++
			deepest = max(deepest, depth)
		case ']', '}':
			depth--
		case '\n':
			lead, start = 0, true
			continue
		case ' ', '\t', '\r':
			continue
		case '-', '?', '&', '!', '*', ':':
			if start {
				lead++
				deepest = max(deepest, lead)
			}
			continue
		}
		start = false
	}
	return deepest
}

type reader struct {
	file     string
	problems []error
}

func (r *reader) fail(t *token.Token, text string) {
	r.problems = append(r.problems, Problem{Pos{r.file, line(t)}, text})
}

func (r *reader) read(n ast.Node, depth int) *node {
	if n == nil {
		return &node{Pos: Pos{r.file, 1}}
	}
	at := Pos{r.file, line(n.GetToken())}
	if depth > maxDepth {
		r.fail(n.GetToken(), "nested too deeply")
		return &node{Pos: at}
	}
	switch n := n.(type) {
	case *ast.NullNode:
		return &node{Pos: at}
	case *ast.MappingNode:
		return r.mapping(at, n.Values, depth)
	case *ast.MappingValueNode:
		return r.mapping(at, []*ast.MappingValueNode{n}, depth)
	case *ast.SequenceNode:
		out := &node{Pos: at, kind: list}
		for _, v := range n.Values {
			out.items = append(out.items, r.read(v, depth+1))
		}
		return out
	case *ast.LiteralNode:
		return &node{Pos: at, kind: scalar, text: strings.TrimRight(n.Value.Value, "\n")}
	case *ast.StringNode:
		return &node{Pos: at, kind: scalar, text: n.Value}
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return &node{Pos: at, kind: scalar, text: n.GetToken().Value}
	}
	r.fail(n.GetToken(), "anchors, aliases and tags (& * !) are not used in scripts; write the value out, or put the text in quotes")
	return &node{Pos: at}
}

func (r *reader) mapping(at Pos, values []*ast.MappingValueNode, depth int) *node {
	out := &node{Pos: at, kind: mapping}
	seen := map[string]Pos{}
	for _, v := range values {
		name := v.Key.GetToken().Value
		kp := Pos{r.file, line(v.Key.GetToken())}
		if _, ok := v.Key.(*ast.MergeKeyNode); ok {
			r.fail(v.Key.GetToken(), "<< is not used in scripts; write the keys out")
			continue
		}
		if first, ok := seen[name]; ok {
			r.problems = append(r.problems, Problem{kp, fmt.Sprintf("%s is here twice, first in line %d; remove one", name, first.Line)})
			continue
		}
		seen[name] = kp
		val := r.read(v.Value, depth+1)
		if val.kind == nothing || val.kind == mapping || val.Line == 0 {
			val.Pos = kp
		}
		out.keys = append(out.keys, key{kp, name, val})
	}
	if len(out.keys) > 0 {
		out.Pos = out.keys[0].Pos
	}
	return out
}
