package hub

import (
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/queue"
)

// Who has just come on duty is in the very next scene, though snapshots of the
// line are otherwise shared for a moment.
func TestOnDutyAtOnce(t *testing.T) {
	now := time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC)
	l := &line{hub: &Hub{now: func() time.Time { return now }}, kick: make(chan struct{}, 1), queue: queue.New(queue.Rules{}), stale: true}
	if n := l.scene().Line("").OnDuty; n != 0 {
		t.Fatalf("%d on duty", n)
	}
	l.agent(core.Agent{ID: "desk/lin", Presence: core.OnDuty, Max: 3, Rev: 1})
	if n := l.scene().Line("").OnDuty; n != 1 {
		t.Errorf("%d on duty in the same millisecond, want 1", n)
	}
	l.agent(core.Agent{ID: "desk/lin", Presence: core.OffDuty, Max: 3, Rev: 2})
	if n := l.scene().Line("").OnDuty; n != 0 {
		t.Errorf("%d on duty after they went home", n)
	}
}
