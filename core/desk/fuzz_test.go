package desk_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk/command"
)

// Whatever staff write: a text that begins with ! is a command of the table or
// help, any other is none, and nothing of a command reaches the customer.
func FuzzCommand(f *testing.F) {
	for _, s := range []string{"!转 @小陈 原因", "! close", "！结束 #a #b", "!park 2h x", "!", "// !close", "\u200b!undo", "!转\"", "!常用\n补发", "!更正 9999999999999999999 x", "a\n!close", "!挂起2个小时"} {
		f.Add(s)
	}
	known := map[string]bool{}
	for _, c := range command.Commands {
		known[c.Action] = true
	}
	r := rules()
	f.Fuzz(func(t *testing.T, s string) {
		act, ok := command.FromText(s)
		if ok != command.IsCommand(s) || ok && !known[act.Name] {
			t.Fatalf("%q: %+v %v", s, act, ok)
		}
		for k, v := range act.Values {
			if k == "" || v == "" || v != strings.TrimSpace(v) {
				t.Fatalf("%q: %q=%q", s, k, v)
			}
		}
		c := core.Conversation{State: core.WithAgent, Ticket: &core.Ticket{ID: "T", State: core.TicketActive, Agent: "console/eve"}}
		scene := core.Scene{Now: t0, Agents: map[string]core.Agent{"console/eve": {ID: "console/eve", Presence: core.OnDuty}}}
		o := r.Staff(c, core.Envelope{Channel: "console", Peer: core.Peer{ID: "eve"}, Ref: "r", Parts: core.Parts{core.Text{Body: s}}}, scene)
		for _, e := range o.Say {
			if e.Channel != "" || e.By.Kind != core.ByAgent || act.Name == command.ActCorrect {
				continue
			}
			if ok || e.Parts.Text() != s || !utf8.ValidString(e.Parts.Text()) && utf8.ValidString(s) {
				t.Fatalf("%q: the customer reads %q", s, e.Parts.Text())
			}
			for line := range strings.Lines(s) {
				if line = strings.TrimSpace(line); strings.HasPrefix(line, "//") || strings.HasPrefix(line, "!") || strings.HasPrefix(line, "备注") {
					t.Fatalf("%q: a note or a command went out", s)
				}
			}
		}
	})
}
