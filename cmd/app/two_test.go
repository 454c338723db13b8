package app

import (
	"runtime/debug"
	"testing"
)

// Two programs run in one process: each answers its own customers, and the one
// goes on when the other stops.
func TestTwo(t *testing.T) {
	a, b := launch(t, Options{Settings: Settings{Data: t.TempDir()}}), launch(t, Options{Settings: Settings{Data: t.TempDir()}})
	v, w := a.visit(), b.visit()
	v.until("人工")
	w.until("人工")
	v.send("m1", "转人工")
	v.until("同事|人工")
	if err := a.stop(); err != nil {
		t.Errorf("stopping: %v", err)
	}
	w.send("m1", "绿茶能放多久？")
	w.until("18 个月")
	if n := len(w.lines); n != 3 { // the greeting, the question, the answer
		t.Errorf("%d lines, want 3: %v", n, w.lines)
	}
	if err := b.stop(); err != nil {
		t.Errorf("stopping: %v", err)
	}
}

// However the trainings of several programs overlap, the process is left as it was.
func TestThrift(t *testing.T) {
	was := debug.SetGCPercent(77)
	defer debug.SetGCPercent(was)
	var s thrift
	s.begin()
	s.begin()
	s.end()
	if got := debug.SetGCPercent(25); got != 25 {
		t.Errorf("while one still trains: %d", got)
	}
	s.end()
	if got := debug.SetGCPercent(was); got != 77 {
		t.Errorf("after both: %d, want 77", got)
	}
}
