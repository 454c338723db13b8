package script

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"
)

// Expressions are written by people who don't program and run on what
// customers type, so each is held to what it may cost: few nodes, no loops, a
// memory budget, a short list of functions.
const (
	maxNodes  = 200
	maxMemory = 10_000
)

// functions that flows/README.md documents.
var functions = []string{"len", "lower", "upper", "trim", "int", "float", "string", "round", "min", "max", "abs"}

// scope is what expressions of one place may name, with types.
type scope struct {
	vars types.Map
}

// newScope declares flat text variables, as words have.
func newScope(names []string) scope {
	m := types.Map{}
	for _, n := range names {
		m[n] = types.String
	}
	return scope{m}
}

// mask hides all but the last letters of a value: 138****5678.
func mask(args ...any) (any, error) {
	if len(args) != 1 {
		return nil, fmt.Errorf("mask takes one value")
	}
	s, _ := args[0].(string)
	r := []rune(s)
	switch {
	case len(r) == 0:
		return nil, nil
	case len(r) <= 4:
		return "****", nil
	case len(r) < 8:
		return "****" + string(r[len(r)-2:]), nil
	}
	return string(r[:3]) + "****" + string(r[len(r)-4:]), nil
}

func (sc scope) compile(src string, more ...expr.Option) (*vm.Program, error) {
	if len(src) > 2000 {
		return nil, fmt.Errorf("the expression is too long")
	}
	if tree, err := parser.Parse(src); err == nil {
		if err := tame(tree.Node); err != nil {
			return nil, err
		}
	}
	opts := []expr.Option{expr.Env(sc.vars), expr.MaxNodes(maxNodes), expr.DisableAllBuiltins(),
		expr.Function("mask", mask, new(func(string) string))}
	for _, f := range functions {
		opts = append(opts, expr.EnableBuiltin(f))
	}
	p, err := expr.Compile(src, append(opts, more...)...)
	if err != nil {
		return nil, fmt.Errorf("%s%s", plainly(firstLine(err)), sc.hint(err))
	}
	return p, nil
}

// hint names the variable that may have been meant.
func (sc scope) hint(err error) string {
	msg := firstLine(err)
	for _, intro := range []string{"unknown name ", "unknown field "} {
		_, rest, ok := strings.Cut(msg, intro)
		if !ok {
			continue
		}
		name, _, _ := strings.Cut(rest, " ")
		known := slices.Sorted(maps.Keys(sc.vars))
		if intro == "unknown field " {
			known = known[:0]
			for _, v := range sc.vars {
				if m, ok := v.(types.Map); ok {
					known = append(known, slices.Sorted(maps.Keys(m))...)
				}
			}
		}
		return "; " + didYouMean(name, known)
	}
	return ""
}

func firstLine(err error) string {
	s, _, _ := strings.Cut(err.Error(), "\n")
	return s
}

// tame refuses loops and patterns that are put together at run time.
func tame(root ast.Node) error {
	v := &tamer{}
	ast.Walk(&root, v)
	return v.err
}

type tamer struct{ err error }

func (t *tamer) Visit(n *ast.Node) {
	switch n := (*n).(type) {
	case *ast.PredicateNode:
		t.err = fmt.Errorf("any, all, filter and the like are not available; compare one value at a time")
	case *ast.BinaryNode:
		if n.Operator == "matches" {
			if _, ok := n.Right.(*ast.StringNode); !ok {
				t.err = fmt.Errorf("what stands right of matches must be written out in quotes")
			}
		}
		if n.Operator == ".." {
			t.err = fmt.Errorf("ranges (..) are not available; write x >= 1 and x <= 9")
		}
	case *ast.VariableDeclaratorNode, *ast.SequenceNode:
		t.err = fmt.Errorf("one expression only, please: no let and no ;")
	}
}

func run(p *vm.Program, env map[string]any) (any, error) {
	m := vm.VM{MemoryBudget: maxMemory}
	return m.Run(p, env)
}

// Guard is a compiled condition.
type Guard struct{ p *vm.Program }

func (sc scope) guard(src string) (*Guard, error) {
	p, err := sc.compile(src, expr.AsBool())
	if err != nil {
		return nil, err
	}
	return &Guard{p}, nil
}

// Holds is false if the condition can't be decided, because a value is missing.
func (g *Guard) Holds(env map[string]any) bool {
	v, err := run(g.p, env)
	b, ok := v.(bool)
	return err == nil && ok && b
}

// Template is a text with {{ expression ?? "instead" }} in it.
type Template struct {
	Pos
	Source string
	parts  []segment
}

type segment struct {
	text string
	main *vm.Program // nil for plain text
	els  *vm.Program
	lit  string // instead of els, if that is a text written out, as it mostly is: a program weighs a kilobyte
}

// compile checks the template against what may be named in it.
func (t *Template) compile(sc scope, fail func(Pos, string, ...any)) {
	t.parts = nil
	rest := t.Source
	for {
		before, after, ok := strings.Cut(rest, "{{")
		if before != "" {
			t.parts = append(t.parts, segment{text: before})
		}
		if !ok {
			return
		}
		src, tail, ok := strings.Cut(after, "}}")
		if !ok {
			fail(t.Pos, "{{ without }}; close it")
			return
		}
		seg, err := sc.segment(strings.TrimSpace(src))
		if err != nil {
			fail(t.Pos, "{{ %s }}: %v", strings.TrimSpace(src), err)
		} else {
			t.parts = append(t.parts, seg)
		}
		rest = tail
	}
}

// segment splits a ?? b at its root, so that b also stands in for an empty a.
func (sc scope) segment(src string) (segment, error) {
	if _, err := sc.compile(src); err != nil {
		return segment{}, err
	}
	tree, err := parser.Parse(src)
	if err != nil {
		return segment{}, err
	}
	root, ok := tree.Node.(*ast.BinaryNode)
	if !ok || root.Operator != "??" {
		return segment{}, fmt.Errorf(`say what stands there if it is empty: {{ %s ?? "…" }}`, src)
	}
	main, err := sc.compile(root.Left.String())
	if err != nil {
		return segment{}, err
	}
	if lit, ok := root.Right.(*ast.StringNode); ok {
		return segment{main: main, lit: lit.Value}, nil
	}
	els, err := sc.compile(root.Right.String())
	return segment{main: main, els: els}, err
}

// Render never fails: what can't be had is replaced by what the author wrote.
func (t *Template) Render(env map[string]any) string {
	if len(t.parts) == 1 && t.parts[0].main == nil {
		return t.parts[0].text
	}
	var b strings.Builder
	for _, s := range t.parts {
		if s.main == nil {
			b.WriteString(s.text)
			continue
		}
		out := show(run(s.main, env))
		switch {
		case out != "":
		case s.els == nil:
			out = s.lit
		default:
			out = show(run(s.els, env))
		}
		b.WriteString(out)
	}
	return b.String()
}

func show(v any, err error) string {
	if err != nil || v == nil {
		return ""
	}
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
