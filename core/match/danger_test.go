package match

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDanger(t *testing.T) {
	b, err := os.ReadFile("testdata/danger.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		kind, text, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok {
			continue
		}
		got, span, ok := DangerOf(text)
		if kind == "none" && ok || kind != "none" && got != Danger(kind) {
			t.Errorf("%s: %q by %q, want %s", text, got, span, kind)
		}
	}
}

// What people write every day sets off nothing: no alarm, and up to six characters no mood at all.
func TestEveryday(t *testing.T) {
	b, err := os.ReadFile("testdata/everyday.txt")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for text := range strings.Lines(string(b)) {
		if text = strings.TrimSpace(text); text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		n++
		if m := moodFor(Fold(text)); m.Danger != "" || m.Angry >= .5 || m.Urgent >= .5 {
			t.Errorf("%s: %+v", text, m)
		}
	}
	if n < 500 {
		t.Errorf("%d texts", n)
	}
}

// alarmsKnown are what rings on the public data: somebody who says he is the police and asks for the family's names, and
// two guests who were ill all night.
var alarmsKnown = []string{"自称是长沙公安", "朋友带我们去吃海鲜"}

// Of some 56,000 lines of public data hardly one rings: at most one in 20,000, and each is looked at.
func TestAlarmsOnData(t *testing.T) {
	files, err := filepath.Glob("../../../shared/datasets/*/*.tsv")
	if err != nil || len(files) == 0 {
		t.Skip("no ../shared/datasets here")
	}
	n, alarms := 0, 0
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		sc := bufio.NewScanner(f)
		sc.Buffer(nil, 1<<20)
		for sc.Scan() {
			n++
			label, text, _ := strings.Cut(sc.Text(), "\t")
			if strings.Contains(name, "chnsenticorp") { // the text stands first
				text = label
			}
			kind, span, ok := DangerOf(text)
			if !ok {
				continue
			}
			alarms++
			known := false
			for _, k := range alarmsKnown {
				known = known || strings.Contains(span, k)
			}
			if !known {
				t.Errorf("%s: %s by %q: %s", filepath.Base(filepath.Dir(name)), kind, span, sc.Text())
			}
		}
		f.Close()
	}
	t.Logf("%d alarms on %d lines", alarms, n)
	if alarms > n/20000 {
		t.Errorf("%d alarms on %d lines", alarms, n)
	}
}

func BenchmarkDanger(b *testing.B) {
	for _, text := range []string{"我买的东西什么时候能到", "could you tell me please how long it takes until my order arrives in berlin, thanks", "有人给我打电话说是你们客服，说我的快递丢了"} {
		b.Run("", func(b *testing.B) {
			r := []rune(Fold(text))
			b.ReportAllocs()
			for b.Loop() {
				dangerIn(r)
			}
		})
	}
}

func TestPerson(t *testing.T) {
	b, err := os.ReadFile("testdata/person.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		what, text, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok {
			continue
		}
		if span, ok := Handoff(text); ok != (what == "wish") {
			t.Errorf("%s: %v by %q, want a %s", text, ok, span, what)
		}
	}
}
