package desk

import (
	"cmp"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// Spare is how many messages may be said to the peer of c so that what the
// platform still lets us say is left for an agent: the one budget of the bot and
// of desks' own texts while a ticket is open, and of policies always. core/turn
// holds the bot and policies to it.
func (r *Rules) Spare(c core.Conversation, now time.Time) int {
	if len(r.limits(c.Key.Channel).Allowances) == 0 {
		return core.AnyNumber
	}
	return c.Ledger.Spare(now, cmp.Or(r.Reserve, 2))
}

// NotSpared says in the event log why a message was dropped.
const NotSpared = "what the platform still lets us say is kept for the agent"
