package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
)

// slot finds ${NAME}, ${NAME:-default} and ${file:/path}; $${ is a literal ${.
var slot = regexp.MustCompile(`\$?\$\{[^}]*\}?`)

var name = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// Sources is where values come from that do not stand in the file.
type Sources struct {
	Env  func(name string) (string, bool)  // nil: the process's environment
	File func(path string) ([]byte, error) // nil: the disk
}

func (s Sources) env(name string) (string, bool) {
	if s.Env != nil {
		return s.Env(name)
	}
	return os.LookupEnv(name)
}

func (s Sources) file(path string) ([]byte, error) {
	if s.File != nil {
		return s.File(path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, 64<<10+1))
	if err == nil && len(b) > 64<<10 {
		err = errors.New("it has more than 64 kB")
	}
	return b, err
}

// expand replaces the slots in text. It reports whether there were any, and all
// that went wrong: what and what to do.
func (s Sources) expand(text string) (out string, any bool, wrong [][2]string) {
	out = slot.ReplaceAllStringFunc(text, func(m string) string {
		if strings.HasPrefix(m, "$$") {
			return m[1:]
		}
		any = true
		v, what, do := s.fill(m)
		if what != "" {
			wrong = append(wrong, [2]string{what, do})
		}
		return v
	})
	return out, any, wrong
}

func (s Sources) fill(m string) (v, what, do string) {
	in, ok := strings.CutSuffix(m[2:], "}")
	if !ok {
		return "", "${ is not closed", "write ${NAME}, or $${ if you mean the characters"
	}
	if path, ok := strings.CutPrefix(in, "file:"); ok {
		b, err := s.file(path)
		if err != nil {
			var p *os.PathError
			if errors.As(err, &p) {
				err = p.Err
			}
			return "", fmt.Sprintf("cannot read the file %s: %v", path, err), "create it, readable for the user who runs frontdesk, with nothing but the value in it"
		}
		return strings.TrimRight(string(b), "\r\n"), "", ""
	}
	id, def, has := strings.Cut(in, ":-")
	if !name.MatchString(id) {
		return "", fmt.Sprintf("%q is not the name of a variable", id), "write ${NAME}, ${NAME:-default} or ${file:/path}"
	}
	if v, ok := s.env(id); ok && v != "" {
		return v, "", ""
	}
	if has {
		return def, "", ""
	}
	return "", fmt.Sprintf("the environment variable %s is not set", id), fmt.Sprintf("set it where frontdesk is started, or write ${%s:-default}", id)
}

// kept reports whether a secret written as text really is somewhere else: text
// is one slot without a default.
func kept(text string) bool {
	m := slot.FindString(text)
	if m == "" || m != strings.TrimSpace(text) || strings.HasPrefix(m, "$$") {
		return false
	}
	_, def, _ := strings.Cut(strings.TrimSuffix(m, "}"), ":-")
	return def == "" || strings.HasPrefix(m, "${file:")
}
