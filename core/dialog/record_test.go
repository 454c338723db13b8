package dialog_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// A record in which the pending call stood in the flow, as it did once, is read:
// the answer of the business system goes on with the flow, and a silence leads
// where the step says.
func TestOldPendingCall(t *testing.T) {
	b := book(t, steps)
	for _, answers := range []string{"answer", "silence"} {
		p := newPlayer(t, b)
		p.c.Mind = json.RawMessage(`{"v":"x","greeted":"2026-11-23T02:00:00Z","lang":"en","form":{"n":"7"},"room":2,
			"flow":{"flow":"form","step":"big","asked":"2026-11-23T02:00:00Z","checked":true,
			"call":{"id":"form.big#1","system":"stock","until":"2026-11-23T02:00:03Z"}}}`)
		p.deaf = true
		p.text("hello there") // it was told before that it is being checked
		if p.lastSaid() != "" || p.c.Wakes.At(core.WakeBot).IsZero() || p.c.Script == "" {
			t.Errorf("said %q, wakes %v, script %q", p.lastSaid(), p.c.Wakes, p.c.Script)
		}
		if strings.Contains(string(p.c.Mind), `"checked":true,"call"`) || !strings.Contains(string(p.c.Mind), `"call":{"id":"form.big#1"`) {
			t.Errorf("kept as %s", p.c.Mind)
		}
		want := "There are 3 left."
		if answers == "answer" {
			p.stock("form.big#1", map[string]string{"left": "3"})
		} else {
			want = "Sorry, that did not work."
			p.passes(5 * time.Second)
		}
		wantIn(t, p.lastSaid(), want)
		if p.c.Script != "" {
			t.Errorf("out of the flow, and still on version %s", p.c.Script)
		}
	}
}
