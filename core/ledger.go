package core

import (
	"strings"
	"time"
)

// FreeRef starts the ref of a message that cost nothing of the allowance, because
// it went out in answer to the platform's own request or by another right.
const FreeRef = "free/"

// Costs reports whether the message that has this ref counts against a Ledger.
func Costs(ref string) bool { return !strings.HasPrefix(ref, FreeRef) }

// AnyNumber is Ledger.Left where an Allowance has no Count.
const AnyNumber = 1 << 30

// Heard is the ledger after the peer did what cause says, at that moment. Each
// act opens an allowance of its own; the one that lasts longer is Left, a
// shorter one on top of it is Extra.
func (l Ledger) Heard(as []Allowance, cause Cause, at time.Time) Ledger {
	for _, a := range as {
		if a.After != cause {
			continue
		}
		n, until := a.Count, at.Add(a.Within)
		if n == 0 {
			n = AnyNumber
		}
		switch {
		case !until.Before(l.Until):
			if l.Left > n && l.Why != string(cause) && at.Before(l.Until) {
				l.Extra, l.ExtraUntil = l.Left, l.Until // more than this one, while it lasts
			}
			l.Left, l.Until, l.Why = n, until, string(cause)
		case l.Why == string(cause): // told late: a newer one is known
		case until.After(l.ExtraUntil):
			l.Extra, l.ExtraUntil = n, until
		}
	}
	return l
}

// Room is how many messages may be sent now.
func (l Ledger) Room(now time.Time) int {
	n := 0
	if now.Before(l.Until) {
		n = l.Left
	}
	if now.Before(l.ExtraUntil) {
		n += l.Extra
	}
	return max(n, 0)
}

// Spare is how many messages may be sent now without touching reserve, which is
// kept for the agent: all that the bot, a desk's own texts and policies may
// spend together.
func (l Ledger) Spare(now time.Time, reserve int) int { return max(l.Room(now)-max(reserve, 0), 0) }

// Spend is the ledger after one message more was sent. What is about to end is
// spent first.
func (l Ledger) Spend(now time.Time) Ledger {
	switch {
	case now.Before(l.ExtraUntil) && l.Extra >= AnyNumber:
	case now.Before(l.ExtraUntil) && l.Extra > 0:
		l.Extra--
	case l.Left > 0 && l.Left < AnyNumber:
		l.Left--
	}
	return l
}

// Shut is the ledger after the platform refused: it knows better what is left.
func (l Ledger) Shut() Ledger {
	l.Left, l.Extra = 0, 0
	return l
}
