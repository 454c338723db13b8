package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

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
