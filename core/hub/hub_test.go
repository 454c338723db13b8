package hub

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/bus"
	"github.com/frontdesk-im/frontdesk/core/desk"
	"github.com/frontdesk-im/frontdesk/core/dialog"
	"github.com/frontdesk-im/frontdesk/core/script"
	"github.com/frontdesk-im/frontdesk/core/store"
	"github.com/frontdesk-im/frontdesk/flows"
)

const shop = `
settings: {languages: [en], flood: {messages: 1000000, within: 1s, ignore: 1s}, confirm: 0}
greeting: {text: "I am a robot. Say human for a person.", short: "I am a robot. Say human for a person."}
topics: [{id: help}]
entries:
  - id: ping
    title: Ping
    regexp: ['^ping \d+$']
    answer: pong
words:
  survey: How was it? (survey)
`

func openStore(ctx context.Context, dir string) (*store.Store, error) {
	return store.Open(ctx, store.Options{Path: filepath.Join(dir, "frontdesk.db")})
}

var book = func() *dialog.Engine {
	b, err := script.Load(fstest.MapFS{"test.yaml": {Data: []byte(shop)}}, script.Options{Base: flows.FS})
	if err != nil {
		panic(err)
	}
	return dialog.New(b)
}

func testHub(st core.Store, now func() time.Time) *Hub {
	b := book()
	return New(Config{Store: st, Bus: bus.New(), Log: testLog(), Books: func(string) *dialog.Engine { return b }, Now: now,
		Desk: &desk.Rules{Words: b.Words, Desks: []desk.Desk{{Name: "desk", Lang: "en", Crowd: -1}}}})
}

func testLog() *slog.Logger {
	if os.Getenv("CRASH_LOG") == "" {
		return nil
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// Two turns may tell the line about one agent in the wrong order; the older word
// does not put them back on duty.
func TestAgentNewsInOrder(t *testing.T) {
	st, err := openStore(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	l := testHub(st, time.Now).line
	l.agent(core.Agent{ID: "desk/lin", Presence: core.OnDuty, Rev: 1})
	if was := l.agent(core.Agent{ID: "desk/lin", Presence: core.OffDuty, Rev: 3}); was != core.OnDuty {
		t.Errorf("they were %q", was)
	}
	if was := l.agent(core.Agent{ID: "desk/lin", Presence: core.OnDuty, Rev: 2}); was != core.OnDuty { // no change
		t.Errorf("they were %q", was)
	}
	if a := l.scene().Agents["desk/lin"]; a.Presence != core.OffDuty {
		t.Errorf("the line has %+v", a)
	}
}
