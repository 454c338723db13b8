package core

import (
	"slices"
	"time"
)

// Wakes are the times at which a conversation wants a turn though nobody wrote:
// at most one for each who may ask for one, so that none overwrites another's.
type Wakes []Wake

// A Wake is one of Wakes.
type Wake struct {
	Owner WakeOwner `json:"owner"`
	At    time.Time `json:"at"`
}

// WakeOwner is who wants the turn.
type WakeOwner string

const (
	WakeBot  WakeOwner = "bot"  // core/dialog: a burst is over, a business system is late
	WakeDesk WakeOwner = "desk" // core/desk: a hold, a phone that rings, a reminder; a shift's edge in the conversation of staff
	WakeWait WakeOwner = "wait" // core/reassure: a step of the policy for who waits
)

// At is when owner wants a turn; zero means never.
func (w Wakes) At(owner WakeOwner) time.Time {
	for _, x := range w {
		if x.Owner == owner {
			return x.At
		}
	}
	return time.Time{}
}

// Set is w with owner's time changed to at; zero takes it away. w stays as it is.
func (w Wakes) Set(owner WakeOwner, at time.Time) Wakes {
	if w.At(owner).Equal(at) {
		return w
	}
	out := slices.DeleteFunc(slices.Clone(w), func(x Wake) bool { return x.Owner == owner })
	if !at.IsZero() {
		out = append(out, Wake{owner, at})
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// Due reports whether owner's time has come.
func (w Wakes) Due(owner WakeOwner, now time.Time) bool {
	at := w.At(owner)
	return !at.IsZero() && !at.After(now)
}

// Next is the earliest time; zero means never.
func (w Wakes) Next() (at time.Time) {
	for _, x := range w {
		if at.IsZero() || x.At.Before(at) {
			at = x.At
		}
	}
	return at
}
