package hub

import (
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// What a policy has decided to say is looked at again when it is to be sent: not
// after somebody has taken the customer, nor once staff have pulled the switch.
func TestOvertaken(t *testing.T) {
	ann := core.Key{Channel: "web", Peer: "ann"}
	for name, x := range map[string]struct {
		meanwhile func(s *stage, thread string)
		said      bool
		why       string
	}{
		"nothing happened": {func(*stage, string) {}, true, ""},
		"claimed":          {func(s *stage, thread string) { s.staff("bob", thread, core.Pick{Option: "claim"}) }, false, core.WhyHushed},
		"left the line":    {func(s *stage, _ string) { s.says("ann", "leave the line") }, false, errTaken.Error()},
		"stopped for all":  {func(s *stage, _ string) { s.staff("bob", "", core.Text{Body: "!reassure stop"}) }, false, errHalted.Error()},
		"stopped for her":  {func(s *stage, thread string) { s.staff("bob", thread, core.Text{Body: "!reassure stop"}) }, false, errHalted.Error()},
		"stopped for another": {func(s *stage, _ string) {
			s.staff("bob", "", core.Text{Body: "!reassure stop channel email"})
		}, true, ""},
		"stopped and resumed": {func(s *stage, thread string) {
			s.staff("bob", thread, core.Text{Body: "!reassure stop"})
			s.staff("bob", thread, core.Text{Body: "!reassure resume this it was a slip"})
		}, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.conf.Line.Mode = "manual"
			s.line = newLine(s.Hub)
			s.onDuty("bob")
			s.says("ann", "human")
			thread := s.card()
			s.web.take()
			slow := true
			s.web.fail = func(env core.Envelope) error {
				if slow && env.Policy != "" {
					return &core.SendError{Kind: core.KindThrottled, After: time.Minute, Only: true, Err: errSlow}
				}
				return nil
			}
			kept := s.alter(t.Context(), ann, func(c core.Conversation, _ core.Scene) core.Outcome {
				return core.Outcome{Conversation: c, Say: []core.Envelope{{Policy: "peak", Parts: core.Parts{core.Text{Body: "still in line"}}}}}
			})
			if !kept {
				t.Fatal("the turn was not kept")
			}
			s.work(time.Second)
			x.meanwhile(s, thread)
			slow = false
			s.work(3 * time.Minute)
			if got := strings.Contains(said(s.web.take()), "still in line"); got != x.said {
				t.Errorf("said: %v, want %v\n%s", got, x.said, s.record("web", "ann"))
			}
			if log := s.record("web", "ann"); x.why != "" && !strings.Contains(log, x.why) {
				t.Errorf("the log does not say %q:\n%s", x.why, log)
			}
		})
	}
}
