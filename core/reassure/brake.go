package reassure

import "time"

// brake is what keeps a step from being said just now; empty: nothing does. What
// passes is waited for while the step is valid, and then the step is dropped.
func (w *wait) brake(s *Step) string {
	switch {
	case w.mute() != "":
		return w.mute()
	case w.Caps.Quiet.has(w.Now.In(zone(w.Zone))) && w.Now.Sub(w.Talk.Heard) > w.Caps.QuietGrace:
		return "quiet hours"
	case w.m.Last != 0 && w.m.Said >= w.cap():
		return "cap"
	case w.Now.Before(w.free()):
		return "just spoke"
	case s.Presence != nil && w.m.Asked != 0 && w.Now.Before(w.m.Asked.time().Add(s.Presence.Timeout)):
		return "just asked"
	case !w.affords(s):
		return "budget"
	}
	return ""
}

// mails is how many mails a wait is worth: one says that theirs is here, one more
// that it takes longer.
const mails = 2

// cap is how many texts there are without a word of the customer.
func (w *wait) cap() int {
	if w.env.Channel == "email" {
		return min(w.Caps.PerConversation, mails)
	}
	return w.Caps.PerConversation
}

// mute is why policies may say nothing at all.
func (w *wait) mute() string {
	if w.Muted != "" {
		return "halted"
	}
	if w.Talk.Gone || w.Talk.Stopped {
		return "opted out"
	}
	return ""
}

// late is why a step that was due at is dropped; empty: it is not too late.
func (w *wait) late(s *Step, at time.Time) string {
	valid := s.Valid
	if s.At.kind == whenTrue && !w.repeats(s) { // as long as its condition holds, and nothing passing keeps it
		valid = 10 * valid
	}
	why := w.brake(s)
	if why == "" && !s.When.holds(&w.env) {
		why = "not then"
	}
	if why == "" {
		return ""
	}
	if why == "halted" || why == "opted out" || why == "quiet hours" || w.Now.After(at.Add(valid)) {
		return why
	}
	return ""
}

// free is when nothing that was just said stands in the way any more.
func (w *wait) free() (at time.Time) {
	at = w.Talk.Heard.Add(w.Caps.AfterCustomer)
	if w.m.Last != 0 {
		at = later(at, w.m.Last.time().Add(w.Caps.MinGap))
	}
	if w.m.Bot != 0 {
		at = later(at, w.m.Bot.time().Add(max(w.Caps.AfterBot, w.Caps.MinGap)))
	}
	return at
}

// affords reports whether the platform leaves enough: for the agent, for a survey,
// and for the more important steps that may still come. What ends the wait without
// an agent may take what was kept for one.
func (w *wait) affords(s *Step) bool {
	if len(w.Limits.Allowances) == 0 {
		return true
	}
	if s.Convert != "" {
		return w.Talk.Ledger.Room(w.Now) > 0
	}
	keep := w.Reserve.Agent
	if w.Talk.Ledger.Room(w.Now) >= 4 {
		keep += w.Reserve.Survey
	}
	for _, x := range w.Steps {
		if x.rank < s.rank && w.wanted(x) {
			keep += w.comes(x)
		}
	}
	return w.Talk.Ledger.Spare(w.Now, keep) > 0
}

// comes is how many messages a step may still need for which something is to be
// kept: a promise that may be broken, a question that may have to be repeated.
func (w *wait) comes(s *Step) int {
	switch {
	case s.At.kind == afterTold && told(w.Facts).Upper > 0:
		return 1
	case s.Presence != nil && !(w.Banner && w.Here):
		return max(s.Presence.Misses-w.m.Misses, 0)
	}
	return 0
}

func zone(z *time.Location) *time.Location {
	if z == nil {
		return time.UTC
	}
	return z
}
