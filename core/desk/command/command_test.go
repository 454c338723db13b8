package command_test

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk/command"
)

// COMMANDS.md is what staff are told: every example in it does what it says.
func TestCommands(t *testing.T) {
	b, err := os.ReadFile("COMMANDS.md")
	if err != nil {
		t.Fatal(err)
	}
	example := regexp.MustCompile("`([^`]+)`")
	zh, en := map[string]bool{}, map[string]bool{}
	rows := 0
	for row := range strings.Lines(string(b)) {
		cells := strings.Split(strings.TrimSpace(row), "|")
		if len(cells) != 6 || !strings.Contains(row, "`") {
			continue
		}
		rows++
		does := strings.TrimSpace(cells[3])
		want := map[string]string{}
		for _, v := range strings.Split(cells[4], ";") {
			if k, v, ok := strings.Cut(strings.TrimSpace(v), "="); ok {
				want[k] = v
			}
		}
		for i, seen := range []map[string]bool{zh, en} {
			m := example.FindStringSubmatch(cells[1+i])
			if m == nil {
				continue
			}
			seen[does] = true
			act, ok := command.FromText(m[1])
			if want["unknown"] == "*" && act.Values["unknown"] != "" {
				act.Values = want
			}
			if !ok || act.Name != does || !maps.Equal(act.Values, want) && len(act.Values)+len(want) > 0 {
				t.Errorf("%s does %s %v, the table says %s %v", m[1], act.Name, act.Values, does, want)
			}
		}
	}
	for _, c := range command.Commands {
		if !zh[c.Action] || !en[c.Action] {
			t.Errorf("%s: no example in COMMANDS.md", c.Action)
		}
	}
	if rows < 40 {
		t.Errorf("only %d rows were read", rows)
	}
}

// No word means two things, and every word is found.
func TestCommandWords(t *testing.T) {
	seen := map[string]string{}
	for _, c := range command.Commands {
		for _, w := range slices.Concat(c.Zh, c.En) {
			if other, ok := seen[w]; ok {
				t.Errorf("%s is %s and %s", w, other, c.Action)
			}
			seen[w] = c.Action
			if act, ok := command.FromText("!" + w); !ok || act.Name != c.Action || act.Values["unknown"] != "" {
				t.Errorf("!%s is %+v, want %s", w, act, c.Action)
			}
		}
		if c.About[0] == "" || c.About[1] == "" || (c.Args[0] == "") != (c.Args[1] == "") {
			t.Errorf("%s is not explained in both languages", c.Action)
		}
	}
}

func TestUntil(t *testing.T) {
	zone := time.FixedZone("CST", 8*3600)
	now := time.Date(2026, 11, 11, 12, 0, 0, 0, time.UTC) // 20:00 there
	for s, want := range map[string]time.Duration{
		"2h": 2 * time.Hour, "90m": 90 * time.Minute, "1d": 24 * time.Hour, "2小时": 2 * time.Hour, "30 分钟": 30 * time.Minute, "1.5h": 90 * time.Minute,
		"半小时": 30 * time.Minute, "3 天": 72 * time.Hour, "2个小时": 2 * time.Hour, "21:30": 90 * time.Minute, "19:00": 23 * time.Hour, "18：30": 22*time.Hour + 30*time.Minute,
		"明天": 13 * time.Hour, "tomorrow": 13 * time.Hour, "2026-11-11T14:00:00Z": 2 * time.Hour, "999d": 30 * 24 * time.Hour, "999999999999999h": 30 * 24 * time.Hour,
	} {
		if got, ok := command.Until(s, now, zone); !ok || got.Sub(now) != want {
			t.Errorf("%s: %v %v, want in %v", s, got, ok, want)
		}
	}
	for _, s := range []string{"", "h", "2", "soon", "-2h", "0h", "25:00", "2020-01-01T00:00:00Z", "2x", "..h"} {
		if got, ok := command.Until(s, now, zone); ok {
			t.Errorf("%q: %v", s, got)
		}
	}
}

func TestTarget(t *testing.T) {
	for text, want := range map[string]string{"!claim T12": "T12", "！认领 #T12": "T12", "!claim": "", "claim T1": "", "!close T1": "", "!claim a b": ""} {
		if got, ok := command.Target(core.Envelope{Parts: core.Parts{core.Text{Body: text}}}); ok != (want != "") || ok && got != want {
			t.Errorf("%q: %q %v", text, got, ok)
		}
	}
	if got, ok := command.Target(core.Envelope{Parts: core.Parts{core.Pick{Option: "claim:T9"}}}); got != "T9" || !ok {
		t.Error(got, ok)
	}
	if _, ok := command.Target(core.Envelope{Thread: "x", Parts: core.Parts{core.Pick{Option: "claim:T9"}}}); ok {
		t.Error("in a thread")
	}
}
