package hub

import (
	"testing"

	"github.com/frontdesk-im/frontdesk/core"
)

// How long a customer waited is shown once, when an agent takes them; each answer
// to the survey once. Deciding is a part of each turn's time.
func TestFigures(t *testing.T) {
	s := newStage(t)
	m := &counts{is: map[string]float64{}}
	s.Hub.conf.Meter = m
	s.onDuty("lin")
	s.says("ann", "human")
	thread := s.card()
	s.staff("lin", thread, core.Pick{Option: "claim"})
	waited := m.of("line_wait_seconds topic=")
	s.staff("lin", thread, core.Text{Body: "Hello"})
	s.staff("lin", thread, core.Text{Body: "!close done"})
	s.says("ann", "yes")
	s.says("ann", "5")
	s.says("ann", "very kind")
	if waited <= 0 || m.of("line_wait_seconds topic=") != waited {
		t.Errorf("waited %v: %v", waited, m.is)
	}
	if d := m.of("decide_seconds "); d <= 0 || d >= m.of("turn_seconds ") {
		t.Errorf("decisions took %v s of the turns' %v", d, m.of("turn_seconds "))
	}
	if m.of("ratings_total answer=yes") != 1 || m.of("ratings_total answer=5") != 1 {
		t.Errorf("ratings: %v", m.is)
	}
}
