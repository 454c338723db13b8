package app

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core/coretest"
	"github.com/frontdesk-im/frontdesk/core/store/pgtest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	pgtest.Stop()
	os.Exit(code)
}

// cluster is the configuration of nodes that share a real PostgreSQL and Redis.
func cluster(t *testing.T) (config string) {
	t.Helper()
	t.Setenv("DATABASE_URL", pgtest.New(t))
	t.Setenv("REDIS_URL", coretest.Redis(t).URL())
	dir := t.TempDir()
	config = filepath.Join(dir, "frontdesk.yaml")
	text := "store: ${DATABASE_URL}\nbus: ${REDIS_URL}\nfiles: {folder: " + filepath.Join(dir, "files") + "}\n" +
		"channels:\n  web: {type: webchat}\ndesks:\n  inbox: {type: console}\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return config
}

// A shop that has outgrown its file goes on in PostgreSQL: its customers find
// their windows as they were.
func TestMove(t *testing.T) {
	data := t.TempDir()
	p := launch(t, Options{Settings: Settings{Data: data}})
	v := p.visit()
	v.until("人工")
	v.send("m1", "绿茶能放多久？")
	v.until("18 个月")
	file, err := Settings{Data: data}.Load()
	if err != nil {
		t.Fatal(err)
	}
	conf := Settings{Config: cluster(t), Data: t.TempDir()}
	server, err := conf.Load()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := Move(t.Context(), &out, file, server); err == nil || !strings.Contains(err.Error(), "stop the other process") {
		t.Errorf("moved beside a running serve: %v", err)
	}
	if err := p.stop(); err != nil {
		t.Errorf("stopping: %v", err)
	}
	if err := Move(t.Context(), &out, file, server); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "conversation") || !strings.Contains(out.String(), "same checksums") {
		t.Errorf("it says:\n%s", out.String())
	}
	w := &visitor{program: launch(t, Options{Settings: conf}), token: v.token}
	w.until("18 个月")
	w.send("m2", "运费多少？")
	w.until("59 元")
}

// Two nodes on one PostgreSQL and one Redis are one program: a customer's window
// may be at either, and stays when the other stops.
func TestNodes(t *testing.T) {
	conf := cluster(t)
	a := launch(t, Options{Settings: Settings{Config: conf, Data: t.TempDir()}})
	b := launch(t, Options{Settings: Settings{Config: conf, Data: t.TempDir()}})
	v := a.visit()
	v.until("人工")
	w := &visitor{program: b, token: v.token} // the same customer, at the other node
	w.until("人工")
	w.send("m1", "绿茶能放多久？")
	v.until("18 个月") // what was asked at one is shown at the other
	v.send("m2", "转人工")
	w.until("人工|同事")
	for range 3 {
		v.poll()
		w.poll()
		if len(v.lines) == len(w.lines) {
			break
		}
	}
	if len(v.lines) != len(w.lines) {
		t.Errorf("one node shows %d lines, the other %d", len(v.lines), len(w.lines))
	}
	if err := a.stop(); err != nil {
		t.Errorf("stopping: %v", err)
	}
	n := len(w.lines)
	w.send("m3", "运费多少")
	for len(w.lines) < n+2 { // the question and its answer, or that it is kept
		w.poll()
	}
	seen := map[int64]bool{}
	for _, l := range w.lines {
		if seen[l.Seq] {
			t.Errorf("line %d is shown twice", l.Seq)
		}
		seen[l.Seq] = true
	}
	for _, p := range []*program{a, b} {
		if log := p.err.String(); strings.Contains(log, "level=ERROR") || strings.Contains(log, "pass-of-this-test") {
			t.Errorf("the log:\n%s", log)
		}
	}
}

// One folder changes, and every node answers by it; a node with an old folder joins
// and takes nobody back; faults are published nowhere.
func TestScriptsOnAllNodes(t *testing.T) {
	conf := cluster(t)
	text, err := os.ReadFile(conf)
	if err != nil {
		t.Fatal(err)
	}
	answer := func(dir, words string) {
		t.Helper()
		b := "settings: {languages: [zh]}\ngreeting: {text: 您好，我是机器人。人工请回复 0, short: 我是机器人。人工请回复 0}\nentries:\n  - {id: open, title: 营业时间, exact: 几点开门, answer: " + words + "}\n"
		if err := os.WriteFile(filepath.Join(dir, "faq.yaml"), []byte(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	start := func(words string) (*program, string) {
		t.Helper()
		dir := t.TempDir()
		answer(dir, words)
		own := filepath.Join(t.TempDir(), "frontdesk.yaml")
		if err := os.WriteFile(own, append(slices.Clone(text), "flows: {dir: "+dir+", poll: 1s}\n"...), 0o600); err != nil {
			t.Fatal(err)
		}
		return launch(t, Options{Settings: Settings{Config: own, Data: t.TempDir()}}), dir
	}
	n := 0
	says := func(p *program, words string) {
		t.Helper()
		for begin := time.Now(); ; time.Sleep(200 * time.Millisecond) {
			v := p.visit()
			v.until("人工")
			n++
			v.send(fmt.Sprint("m", n), "几点开门")
			v.until("开门。")
			if strings.Contains(fmt.Sprint(v.lines[len(v.lines)-1]), words) {
				t.Logf("%s after %v", words, time.Since(begin).Round(time.Millisecond))
				return
			}
			if time.Since(begin) > time.Minute {
				t.Fatalf("it still says %v, want %s\n%s", v.lines, words, p.err.String())
			}
		}
	}
	a, dir := start("九点开门。")
	b, _ := start("九点开门。")
	says(a, "九点")
	says(b, "九点")
	answer(dir, "八点开门。")
	says(a, "八点")
	says(b, "八点")
	old, _ := start("九点开门。")
	says(old, "八点")
	says(a, "八点")
	if log := old.err.String(); !strings.Contains(log, "other processes have newer scripts") {
		t.Errorf("it does not say that its folder is an old one:\n%s", log)
	}
	if err := os.WriteFile(filepath.Join(dir, "faq.yaml"), []byte("entries: [{id: open, answr: x}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for !strings.Contains(a.err.String(), "a fault in the scripts") {
		time.Sleep(100 * time.Millisecond)
	}
	says(b, "八点")
	newer, _ := start("七点开门。")
	says(newer, "七点")
	says(a, "七点")
	says(b, "七点")
}
