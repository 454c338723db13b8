package store

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// The times that older versions kept one by one still wake a conversation.
func TestOldWakes(t *testing.T) {
	key := core.Key{Channel: "web", Peer: "ann"}
	c, err := conversation(key, `{"key":{"Channel":"web","Peer":"ann"},"state":"line","wake":"2026-11-30T10:00:00Z"}`,
		`{"id":"7","state":"waiting","asked":"\"wake\":\"","wake":"2026-11-30T09:00:00Z"}`)
	if err != nil {
		t.Fatal(err)
	}
	at := func(s string) time.Time { x, _ := time.Parse(time.RFC3339, s); return x }
	if !c.Wakes.At(core.WakeBot).Equal(at("2026-11-30T10:00:00Z")) || !c.Wakes.At(core.WakeDesk).Equal(at("2026-11-30T09:00:00Z")) || len(c.Wakes) != 2 {
		t.Errorf("%+v", c.Wakes)
	}
	c.Wakes = c.Wakes.Set(core.WakeDesk, time.Time{})
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = conversation(key, string(b), ""); err != nil || len(c.Wakes) != 1 {
		t.Errorf("written anew: %+v, %v", c.Wakes, err)
	}
}
