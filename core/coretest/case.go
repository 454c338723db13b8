package coretest

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/frontdesk-im/frontdesk/core"
)

var update = flag.Bool("update", false, "rewrite testdata with what was observed")

// A kase is a file of sections that start with "-- name --".
type kase struct {
	name, path string
	order      []string
	text       map[string]string
}

func cases(t *testing.T, glob string) []*kase {
	paths, _ := filepath.Glob(filepath.Join("testdata", glob))
	var out []*kase
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		c := &kase{name: strings.TrimSuffix(filepath.Base(path), ".txt"), path: path, text: map[string]string{}}
		for _, s := range strings.Split("\n"+string(b), "\n-- ")[1:] {
			name, body, _ := strings.Cut(s, " --\n")
			c.order = append(c.order, name)
			c.text[name] = strings.TrimSuffix(body, "\n") + "\n"
		}
		out = append(out, c)
	}
	return out
}

func (c *kase) get(name string) string { return c.text[name] }

func (c *kase) envelope(t *testing.T) (e core.Envelope) {
	if err := json.Unmarshal([]byte(c.get("envelope")), &e); err != nil {
		t.Fatalf("%s: %v", c.path, err)
	}
	return e
}

func (c *kase) check(t *testing.T, name, got string) {
	t.Helper()
	got = strings.TrimSuffix(got, "\n") + "\n"
	if got == c.text[name] {
		return
	}
	if !*update {
		t.Errorf("%s: %s\n got %s\nwant %s", c.path, name, got, cmp.Or(c.text[name], "(nothing; run with -update)"))
		return
	}
	if _, ok := c.text[name]; !ok {
		c.order = append(c.order, name)
	}
	c.text[name] = got
	var b strings.Builder
	for _, n := range c.order {
		fmt.Fprintf(&b, "-- %s --\n%s", n, c.text[n])
	}
	if err := os.WriteFile(c.path, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
