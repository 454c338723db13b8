package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// EnvFile is where the variables of the configuration at path may stand: a file
// beside it, frontdesk.env for frontdesk.yaml. What the environment has counts
// before what stands there.
func EnvFile(path string) string {
	return strings.TrimSuffix(path, filepath.Ext(path)) + ".env"
}

// beside looks variables up in the environment, then in the file for the
// configuration at path. A file that is not there is an empty one.
func beside(path string) (func(name string) (string, bool), error) {
	file := EnvFile(path)
	b, err := Sources{}.file(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	vars, line := variables(string(b))
	if line > 0 {
		ps := Problems{file: file}
		ps.add(pos{line, 1}, "", "this is not a variable", "write NAME=value, a line each; # begins a comment")
		return nil, ps.err()
	}
	return func(name string) (string, bool) {
		if v, ok := os.LookupEnv(name); ok && v != "" {
			return v, true
		}
		v, ok := vars[name]
		return v, ok
	}, nil
}

// variables reads NAME=value lines, as systemd and a shell do: a value may stand
// in quotes. line is the first that is none, or 0.
func variables(text string) (vars map[string]string, line int) {
	vars = map[string]string{}
	for i, s := range strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n") {
		s = strings.TrimSpace(s)
		if s == "" || strings.HasPrefix(s, "#") {
			continue
		}
		id, v, ok := strings.Cut(strings.TrimPrefix(s, "export "), "=")
		if !ok || !name.MatchString(id) {
			return nil, i + 1
		}
		if n := len(v); n > 1 && (v[0] == '"' || v[0] == '\'') && v[n-1] == v[0] {
			v = v[1 : n-1]
		}
		vars[id] = v
	}
	return vars, 0
}
