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
	if out, err := run("--train", train, "--test", test, "--samples", "2", "--draws", "2"); err != nil || !strings.Contains(out, "mean") {
		t.Errorf("with two samples: %v %s", err, out)
	}
	if out, err := run("--train", train); err != nil || !strings.Contains(out, "accuracy") {
		t.Errorf("cross-validation: %v %s", err, out)
	}
	for _, args := range [][]string{{}, {"--train", bad}, {"--train", filepath.Join(dir, "none")}, {"--train", train, "--oos", test},
		{"--train", empty}, {"--train", train, "--test", empty}, {"--train", train, "--test", test, "--oos", empty}, {"--train", train, "--folds", "1"},
		{"--train", train, "--typos", "1"}, {"--train", train, "--withhold", "5"}, {"--train", train, "--test", test, "--withhold", "1"}, {"--train", train, "--test", test, "--typos", "-1"}} {
		if _, err := run(args...); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}

// A script is measured as its customers meet it: with its own thresholds, the
// model in force, several right labels, questions that no entry answers, and
// figures per class.
func TestEvalFlows(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	write("shop.yaml", `settings: {languages: [zh], answer: 0.99, clarify: 0.9}
greeting: {text: {zh: 我是客服机器人，说“人工”找人。}, short: {zh: 我是机器人，说“人工”找人。}}
entries:
  - id: ship
    title: {zh: 发货时间}
    exact: [什么时候发货]
    samples: [多久能发出, 发货要几天, 几天能发货]
    answer: {zh: 48 小时内发出。}
  - id: back
    title: {zh: 退货}
    exact: [怎么退货, 转人工退货]
    samples: [我要退货, 买错了想退, 不想要了]
    answer: {zh: 七天内可以退。}
`)
	test := write("q.tsv", "ship\t什么时候发货\tin\tplain\nship|back\t怎么退货\tin\nnone\t今天股票涨了吗\tforeign\nnone\t怎么退货\tnear\nback\t发货退货随便讲讲\tin\nback\t人工\tin\n")
	measure := func(args ...string) map[string]any {
		t.Helper()
		c := evalCommand()
		var b bytes.Buffer
		c.SetOut(&b)
		c.SetArgs(append([]string{"--flows", dir, "--test", test}, args...))
		if err := c.ExecuteContext(t.Context()); err != nil {
			t.Fatal(err)
		}
		var r map[string]any
		if err := json.Unmarshal(b.Bytes(), &r); err != nil {
			return map[string]any{"text": b.String()}
		}
		return r
	}
	r := measure("--json")
	for k, want := range map[string]any{
		"right_of_all": 2.0 / 3, "said": 3.0, "answered": 0.5, "precision": 1.0, "tested": 4.0, "unknown": 0.0,
		"in_answered": 0.5, "near_answered": 1.0, "foreign_answered": 0.0, "model": "refined",
	} {
		if r[k] != want {
			t.Errorf("%s is %v, want %v", k, r[k], want)
		}
	}
	if bold := measure("--json", "--answer", "0.01"); bold["said"].(float64) <= 3 {
		t.Errorf("--answer does not stand over the script's own threshold: %v", bold["said"])
	}
	text, _ := measure()["text"].(string)
	for _, want := range []string{"答出来的有多少是对的  66.7%", "foreign", "as serve has it"} {
		if !strings.Contains(text, want) {
			t.Errorf("missing %q in\n%s", want, text)
		}
	}
}
