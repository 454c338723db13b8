package app

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/config"
	"github.com/frontdesk-im/frontdesk/core"
)

// askFor is a script whose flow asks what, twice.
func askFor(what string) string {
	return `settings: {languages: [en]}
topics: [{id: help}]
greeting: {text: I am a bot. Say human for a person., short: I am a bot.}
entries:
  - {id: book, title: Book, exact: [book a table], next: table}
flows:
  - id: table
    title: Table
    steps:
      - {ask: first, kind: text, text: "` + what + ` first?"}
      - {ask: second, kind: text, text: "` + what + ` second?"}
`
}

// Who is in a flow finishes it by the script it began with; everybody else gets
// the new one at once, and so does whoever comes back to a version that is no
// longer kept.
func TestTalkStaysOnItsVersion(t *testing.T) {
	dir := t.TempDir()
	write := func(what string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "a.yaml"), []byte(askFor(what)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("red")
	c := config.Default()
	c.Flows.Dir = dir
	s, err := openScripts(c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC)
	say := func(c core.Conversation, text string) (core.Conversation, string) {
		t.Helper()
		now = now.Add(time.Minute)
		env := core.Envelope{Channel: "web", Peer: core.Peer{ID: c.Key.Peer}, At: now, Filed: now, Parts: core.Parts{core.Text{Body: text}}}
		out, err := s.of(c.Script).Step(c, []core.Envelope{env}, core.Scene{Now: now})
		if err != nil {
			t.Fatal(err)
		}
		said := ""
		for _, e := range out.Say {
			said += e.Parts.Text()
		}
		return out.Conversation, said
	}
	reload := func(what string) {
		t.Helper()
		write(what)
		if err := s.reload(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	want := func(got, want string) {
		t.Helper()
		if len(got) < len(want) || got[len(got)-len(want):] != want {
			t.Errorf("said %q, want %q", got, want)
		}
	}
	ann := core.Conversation{Key: core.Key{Channel: "web", Peer: "ann"}}
	bob := core.Conversation{Key: core.Key{Channel: "web", Peer: "bob"}}
	ann, said := say(ann, "book a table")
	want(said, "red first?")
	reload("blue")
	began := ann
	ann, said = say(ann, "one")
	want(said, "red second?")
	bob, said = say(bob, "book a table")
	want(said, "blue first?")
	if ann, _ = say(ann, "two"); ann.Script != "" {
		t.Errorf("the flow is over, and the talk is still on version %s", ann.Script)
	}
	_, said = say(ann, "book a table")
	want(said, "blue first?")
	reload("green")
	reload("gray")
	_, said = say(began, "one")
	want(said, "gray second?")
	_, said = say(bob, "one")
	want(said, "blue second?")
}
