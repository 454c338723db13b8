package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/frontdesk-im/frontdesk/core/desk/command"
)

func TestActionsAreTheDesks(t *testing.T) {
	known := map[string]bool{"help": true, "mine": true, "queue": true, "stats": true} // the pages show those themselves
	for _, m := range []map[string][]string{ticketActions, deskActions} {
		for name := range m {
			known[name] = true
		}
	}
	for _, c := range command.Commands {
		if !known[c.Action] {
			t.Errorf("the pages do not know %q", c.Action)
		}
	}
}

func FuzzAct(f *testing.F) {
	for _, s := range []string{
		`{"ref":"0123456789","ticket":"T1","text":"hi"}`, `{"ref":"0123456789","action":"on"}`, `{"ref":"0123456789","ticket":"T1","action":"close","values":{"outcome":"solved"}}`,
		`{"ref":"0123456789","ticket":"T1","option":"send:1"}`, `{}`, `[]`, `{"ref":"0123456789","ticket":"T1","text":"\ud800"}`, `{"ref":"0123456789","ticket":"T1","media":["a"]} {}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := parseAct(b)
		if err != nil {
			return
		}
		if !plainID(a.Ref, 8, 64) || a.Ticket != "" && !plainID(a.Ticket, 1, 64) {
			t.Fatalf("%+v", a)
		}
		said, did := a.Text != "" || len(a.Media) > 0, a.Action != "" || a.Option != ""
		if said == did || said && a.Ticket == "" || a.Action != "" && a.Option != "" {
			t.Fatalf("neither words nor an action, or both: %+v", a)
		}
		again, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := parseAct(again); err != nil || fmt.Sprint(a) != fmt.Sprint(b) {
			t.Fatalf("%+v does not survive a round: %+v %v", a, b, err)
		}
		if bytes.ContainsRune([]byte(a.Ref), 0) {
			t.Fatal("a zero byte")
		}
	})
}
