package reassure

import (
	"math"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// PeakState is what is known of a line's peak. Its zero value is a line without one.
type PeakState struct {
	On    bool
	Since time.Time // since when the line asks for the other; zero: it does not
}

// Peak is s brought up to date. It goes on when the policy's condition has held for
// its time, and off when the line has long been well below it: what the line counts
// is divided by OffRatio, so that a threshold is that much lower.
func (p *Policy) Peak(s PeakState, line core.LineState, now time.Time) PeakState {
	if p.On.On.run == nil {
		return PeakState{On: true}
	}
	ratio, hold := 1.0, p.On.Hold
	if s.On {
		ratio, hold = p.On.OffRatio, p.On.OffHold
	}
	e := env{Ahead: math.Inf(1), Closing: math.Inf(1), Left: math.Inf(1), Queue: lineOf(line), ETA: etaEnv{Upper: math.Inf(1)}, Agents: float64(line.OnDuty), Peak: s.On}
	if line.Known {
		e.ETA = etaEnv{Upper: line.High.Seconds() / ratio, Low: line.Low.Seconds() / ratio, Known: true}
	} else if line.Free > 0 || line.Waiting == 0 {
		e.ETA.Upper = 0
	}
	e.Queue.Length, e.Queue.Head = e.Queue.Length/ratio, e.Queue.Head/ratio
	if p.On.On.holds(&e) == s.On {
		s.Since = time.Time{}
		return s
	}
	if s.Since.IsZero() {
		s.Since = now
	}
	if now.Sub(s.Since) >= hold {
		return PeakState{On: !s.On}
	}
	return s
}
