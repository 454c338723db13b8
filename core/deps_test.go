package core_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Who may import whom, inside this module, with the reason. A folder not listed
// may not exist. "+" allows modules from outside; the standard library is
// always allowed.
var may = map[string][]string{
	"core":             {},                                                                                               // the vocabulary: everybody imports it
	"core/spelling":    {},                                                                                               // parsers' complaints in plain words
	"core/match":       {"core/spelling", "core/match/*", "+"},                                                           // + Unicode tables
	"core/match/*":     {"core/match", "core/match/*", "+"},                                                              //
	"core/calendar":    {},                                                                                               // hours, shifts, holidays
	"core/script":      {"core", "core/spelling", "core/match", "core/calendar", "+"},                                    // + a YAML reader and expressions
	"core/dialog":      {"core", "core/script", "core/match", "core/calendar"},                                           //
	"core/queue":       {"core"},                                                                                         //
	"core/reassure":    {"core", "core/spelling", "+"},                                                                   // + a YAML reader and expressions
	"core/rehearse":    {"core", "core/spelling", "core/queue", "core/reassure", "flows", "+"},                           // + a YAML reader; flows in tests
	"core/desk":        {"core", "core/match", "core/calendar", "core/desk/*"},                                           // what goes to whom
	"core/desk/*":      {"core", "core/calendar", "core/desk/*"},                                                         // what staff see, type and work: downward
	"core/passive":     {"core"},                                                                                         // answers inside the platform's request
	"core/signed":      {"core"},                                                                                         // Standard Webhooks
	"core/turn":        {"core", "core/dialog", "core/desk", "core/desk/*", "core/queue", "core/match", "core/reassure"}, // one turn of a conversation
	"core/hub":         {"core", "core/turn", "core/dialog", "core/desk", "core/desk/*", "core/queue", "core/reassure"},  // interfaces for the rest
	"core/store":       {"core", "core/store/*", "+"},                                                                    // + SQL drivers
	"core/store/*":     {"core", "core/disk", "core/store/driver", "+"},                                                  // a kind of database each
	"core/bus":         {"core", "+"},                                                                                    // hints, leases, rates in one process
	"core/disk":        {},                                                                                               // what was written is on it
	"core/blobs":       {"core", "core/disk"},                                                                            // media in a folder
	"core/blobs/*":     {"core", "core/blobs", "+"},                                                                      // an object store
	"core/bus/*":       {"core", "core/bus", "+"},                                                                        // Redis
	"core/coretest":    {"core"},                                                                                         //
	"adapters/*":       {"core", "core/passive", "core/signed", "+"},                                                     // never another adapter, hub, store, bus or config
	"adapters/*/*":     {"core", "+"},                                                                                    //
	"adapters/console": {"core", "core/dialog", "core/desk", "core/desk/*", "core/queue", "core/match", "+"},             // shows what the pure packages decide
	"adapters":         {"core", "adapters/*"},                                                                           // the table
	"config":           {"core", "core/spelling", "core/calendar", "+"},                                                  //
	"flows":            {},                                                                                               //

	"core/store/driver": {"core"}, // what databases have in common

	"core/play":     {"core", "core/script"},                                                      // hub and store by interface
	"cmd/frontdesk": {"cmd/app", "config", "core/match", "core/match/eval", "core/rehearse", "+"}, // flags
	"cmd/yardstick": {"+"},                                                                        // shares nothing with what it is the measure of
	"cmd/app":       {"*", "core/*", "core/*/*", "adapters/*/fake", "+"},                          // puts everything together
}

const module = "github.com/frontdesk-im/frontdesk/"

func TestImports(t *testing.T) {
	root := os.DirFS("..")
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || len(d.Name()) > 1 && d.Name()[0] == '.') {
			return fs.SkipDir
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		src, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ImportsOnly)
		if err != nil {
			return err
		}
		dir := path.Dir(name)
		rule, ok := may[dir]
		for _, pat := range []string{path.Dir(dir) + "/*", path.Dir(path.Dir(dir)) + "/*/*"} {
			if !ok {
				rule, ok = may[pat]
			}
		}
		if !ok {
			t.Errorf("%s: no rule for this folder; does it have to exist?", dir)
			return fs.SkipDir
		}
		for _, s := range f.Imports {
			imp, _ := strconv.Unquote(s.Path.Value)
			inside, local := strings.CutPrefix(imp, module)
			if first, _, _ := strings.Cut(imp, "/"); !strings.Contains(first, ".") {
				continue // standard library
			}
			if !slices.ContainsFunc(rule, func(pat string) bool {
				match, _ := path.Match(pat, inside)
				return local && match || !local && pat == "+"
			}) {
				t.Errorf("%s may not import %s", name, imp)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What decides is a function of (state, input, now): no clock and no chance in
// the pure packages.
func TestPure(t *testing.T) {
	for _, dir := range []string{"core/match", "core/calendar", "core/script", "core/dialog", "core/queue", "core/desk", "core/desk/card", "core/desk/command", "core/desk/duty", "core/play", "core/turn"} {
		files, err := fs.Glob(os.DirFS(".."), dir+"/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			b, err := os.ReadFile("../" + name)
			if err != nil {
				t.Fatal(err)
			}
			for _, word := range []string{"time.Now(", "time.Since(", "time.Sleep(", "time.After(", "crypto/rand", "net/http"} {
				if strings.Contains(string(b), word) {
					t.Errorf("%s uses %s: pass it in", name, strings.TrimSuffix(word, "("))
				}
			}
		}
	}
}
