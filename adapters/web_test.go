package adapters

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var imported = regexp.MustCompile(`(?m)(?:^import |\bfrom |\bimport\()['"](\./[^'"]+)['"]`)

// TestNoCircles fails if files of a web page import each other in a circle:
// whoever reads one of them has to read all.
func TestNoCircles(t *testing.T) {
	dirs, err := filepath.Glob("*/web/src")
	if err != nil || len(dirs) == 0 {
		t.Fatal(dirs, err)
	}
	for _, dir := range dirs {
		g := imports(t, dir)
		for from := range g {
			if c := g.circle(from, nil); c != nil {
				t.Errorf("%s: %s", dir, strings.Join(c, " → "))
				break
			}
		}
	}
}

// A graph has, for each file by its name without an ending, what it imports.
type graph map[string][]string

func imports(t *testing.T, dir string) graph {
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	g := graph{}
	for _, f := range files {
		name, ok := module(f.Name())
		if !ok {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		g[name] = nil
		for _, m := range imported.FindAllStringSubmatch(string(b), -1) {
			to, _ := module(path.Base(m[1]))
			g[name] = append(g[name], to)
		}
	}
	return g
}

// module is a file's name without .ts or .tsx; false if it ends otherwise.
func module(file string) (string, bool) {
	for _, end := range []string{".tsx", ".ts"} {
		if name, ok := strings.CutSuffix(file, end); ok {
			return name, true
		}
	}
	return file, false
}

// circle is a way from the last of trail back to the first through name, if
// name begins one.
func (g graph) circle(name string, trail []string) []string {
	if len(trail) > 0 && name == trail[0] {
		return append(slices.Clone(trail), name)
	}
	if slices.Contains(trail, name) {
		return nil // another's, found from there
	}
	trail = append(slices.Clone(trail), name)
	for _, to := range g[name] {
		if c := g.circle(to, trail); c != nil {
			return c
		}
	}
	return nil
}

// What the check finds, and what it must not.
func TestCircle(t *testing.T) {
	g := graph{"a": {"b", "c"}, "b": {"d"}, "c": {"d"}, "d": nil, "x": {"y"}, "y": {"z"}, "z": {"y"}}
	if c := g.circle("a", nil); c != nil {
		t.Errorf("two ways to the same file are no circle: %q", c)
	}
	if c := g.circle("y", nil); !slices.Equal(c, []string{"y", "z", "y"}) {
		t.Errorf("got %q", c)
	}
	if got := imported.FindAllStringSubmatch("import { a } from './b';\nimport './c.css';\nimport type { D } from \"./d.ts\";\nconst e = import('./e');\nimport {\n  f,\n} from './f';\nimport g from 'g';\n", -1); len(got) != 5 {
		t.Errorf("found %q", got)
	}
}
