package app

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// shopHours is the shop of init, open on weekdays.
const shopHours = "云上书店\nzh\n周一到周五 9:00-18:00\n你们卖二手书吗\n卖的，在二楼。\n怎么停车\n地下车库。\n\nweb\ninbox\nlocal\n"

// In the terminal the clock may be set, training is announced, and of a card that
// comes again only what is new is shown.
func TestChatInTerminal(t *testing.T) {
	dir, _ := initialise(t, shopHours)
	talk := func(o ChatOptions, typed string) (out, log string) {
		t.Helper()
		var b, e bytes.Buffer
		o.Config, o.In, o.Out, o.Err = filepath.Join(dir, "frontdesk.yaml"), strings.NewReader(typed), &b, &e
		if err := Chat(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		return b.String(), e.String()
	}
	night, log := talk(ChatOptions{At: "2026-11-28 22:30", Quick: true}, "人工\n")
	if !strings.Contains(night, "已下班") || !strings.Contains(night, "22:30 👤 人工") || strings.Contains(log, "training, a moment") {
		t.Errorf("on a Saturday night:\n%s\n%s", night, log)
	}
	day, log := talk(ChatOptions{At: "2026-11-27 10:00"}, "@@ !上班\n人工\n@ !认领\n@ 您好\n")
	if strings.Contains(day, "已下班") || !strings.Contains(log, "training, a moment") {
		t.Errorf("on a Friday morning:\n%s\n%s", day, log)
	}
	if n := strings.Count(day, "┃ 渠道: chat"); n != 1 || !strings.Contains(day, "小林 处理中") {
		t.Errorf("the customer's channel is shown %d times:\n%s", n, day)
	}
	var e bytes.Buffer
	if err := Chat(t.Context(), ChatOptions{At: "soon", Quick: true, Err: &e}); err == nil || !strings.Contains(err.Error(), "22:30") {
		t.Errorf("a time that is none: %v", err)
	}
}

// A folder of scripts that is not there is named, with what to do.
func TestNoFolder(t *testing.T) {
	var out bytes.Buffer
	nowhere := filepath.Join(t.TempDir(), "nosuch")
	if err := Check(&out, Settings{Flows: nowhere}); err == nil || !strings.Contains(out.String(), "there is no folder "+nowhere) || !strings.Contains(out.String(), "--flows") {
		t.Errorf("check: %v\n%s", err, out.String())
	}
	if _, err := Measured(Settings{Flows: nowhere}); err == nil || !strings.Contains(err.Error(), "there is no folder") {
		t.Errorf("eval: %v", err)
	}
	file := filepath.Join(t.TempDir(), "a.yaml")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := ofScripts(file); err == nil || !strings.Contains(err.Error(), "is a file") {
		t.Errorf("a file: %v", err)
	}
}

// What eval measures may be named by a configuration, with its systems.
func TestMeasuredByConfig(t *testing.T) {
	dir, _ := initialise(t, shopHours)
	m, err := Measured(Settings{Config: filepath.Join(dir, "frontdesk.yaml")})
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, e := range m.Entries {
		ids[e.ID] = true
	}
	if !ids["q1"] || !ids["q2"] || ids["returns_entry"] {
		t.Errorf("it measures %v", ids)
	}
	demo, err := Measured(Settings{})
	if err != nil || len(demo.Entries) < 20 {
		t.Errorf("the demo: %d entries, %v", len(demo.Entries), err)
	}
}
