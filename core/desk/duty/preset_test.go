package duty_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk/duty"
)

// The configuration's word holds over what the record says, but an agent keeps
// presence and, where none is set, the name.
func TestPreset(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	key := core.Key{Channel: "inbox", Peer: "lin"}
	was := core.Agent{ID: "inbox/lin", Name: "林", Presence: core.OnDuty, Max: 5}
	plain := duty.Preset{ID: "inbox/lin", Lead: true, Topics: []string{"presale"}, Max: 3}
	shift := plain
	shift.Shift = true
	set := core.Agent{ID: "inbox/lin", Name: "林", Lead: true, Presence: core.OnDuty, Topics: []string{"presale"}, Max: 3}
	for name, c := range map[string]struct {
		p        duty.Preset
		was, now core.Agent
		wake     time.Time
		none     bool
	}{
		"new":               {p: plain, now: core.Agent{ID: "inbox/lin", Lead: true, Topics: []string{"presale"}, Max: 3}},
		"changed":           {p: plain, was: was, now: set},
		"already so":        {p: plain, was: set, none: true},
		"already, on shift": {p: shift, was: set, now: set, wake: now},
		"nothing set":       {p: duty.Preset{ID: "inbox/lin"}, now: core.Agent{ID: "inbox/lin"}}, // the record is made all the same
	} {
		out, ok := c.p.Apply(c.was, core.Conversation{Key: key}, now)
		if ok == c.none {
			t.Errorf("%s: ok %v", name, ok)
			continue
		}
		if c.none {
			continue
		}
		if len(out.Agents) != 1 || !reflect.DeepEqual(out.Agents[0], core.AgentChange{Was: c.was, Now: c.now}) {
			t.Errorf("%s: %+v", name, out.Agents)
		}
		if out.Conversation.Key != key || !out.Conversation.Wakes.At(core.WakeDesk).Equal(c.wake) {
			t.Errorf("%s: %+v", name, out.Conversation)
		}
	}
}
