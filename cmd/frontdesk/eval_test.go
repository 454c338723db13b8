package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/frontdesk-im/frontdesk/core/match/eval"
)

func TestEvalCommand(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	train := file("train.tsv", "ret\t怎么退货\nret\t我要退货\nret\t买错了想退\nship\t什么时候发货\nship\t发货了吗\nship\t多久能发出\n")
	test := file("test.tsv", "ret\t想退货\nship\t何时发货\n")
	bad := file("bad.tsv", "no tab\n")
	empty := file("empty.tsv", "\n# nothing\n")
	run := func(args ...string) (string, error) {
		c := evalCommand()
		var b bytes.Buffer
		c.SetOut(&b)
		c.SetErr(&b)
		c.SetArgs(args)
		err := c.ExecuteContext(t.Context())
		return b.String(), err
	}
	out, err := run("--train", train, "--test", test, "--json")
	if err != nil {
		t.Fatal(err)
	}
	var r eval.Report
	if err := json.Unmarshal([]byte(out), &r); err != nil || r.Tested != 2 || r.Accuracy != 1 || r.Samples != 6 {
		t.Errorf("%v %s", err, out)
	}
	if out, err := run("--train", train, "--test", test, "--clean"); err != nil || !strings.Contains(out, "100.00%") {
		t.Errorf("cleaned: %v %s", err, out)
	}
	if out, err := run("--train", train, "--test", test, "--typos", "1"); err != nil || !strings.Contains(out, "1 in each question") {
		t.Errorf("with typos: %v %s", err, out)
	}
	if out, err := run("--train", train); err != nil || !strings.Contains(out, "accuracy") {
		t.Errorf("cross-validation: %v %s", err, out)
	}
	for _, args := range [][]string{{}, {"--train", bad}, {"--train", filepath.Join(dir, "none")}, {"--train", train, "--oos", test},
		{"--train", empty}, {"--train", train, "--test", empty}, {"--train", train, "--test", test, "--oos", empty}, {"--train", train, "--folds", "1"},
		{"--train", train, "--typos", "1"}, {"--train", train, "--test", test, "--typos", "-1"}} {
		if _, err := run(args...); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}
