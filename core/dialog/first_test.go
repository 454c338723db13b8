package dialog_test

import (
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/dialog"
	"github.com/frontdesk-im/frontdesk/flows"
)

func TestFirst(t *testing.T) {
	b, err := dialog.Load(flows.FS, dialog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	s := core.Scene{Now: now, Lines: map[string]core.LineState{"": {OnDuty: 1, Free: 0, Waiting: 3}}}
	c := core.Conversation{Key: core.Key{Channel: "web", Peer: "p"}}
	for _, line := range []string{"你好", "茶叶能放多久啊", "9999", "人工", "9", "human please"} {
		out, err := b.Step(c, []core.Envelope{{Channel: "web", Parts: core.Parts{core.Text{Body: line}}}}, s)
		if err != nil {
			t.Fatal(err)
		}
		c = out.Conversation
		t.Logf("> %s  left %d wake %v state %s", line, out.Left, c.Wake, c.State)
		for _, e := range out.Say {
			for _, p := range e.Parts {
				t.Logf("< %+v", p)
			}
		}
		for _, e := range out.Events {
			t.Logf("  %s %s %v", e.Kind, e.Why, e.Data)
		}
		s.Now = s.Now.Add(10 * time.Second)
	}
}
