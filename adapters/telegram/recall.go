package telegram

import (
	"context"

	"github.com/frontdesk-im/frontdesk/core"
)

// begin notes that a message is about to leave.
func (ch *Channel) begin(ctx context.Context, env core.Envelope) error {
	return unkept(ch.notes.of("begun", env.ID).put(ctx, "", updateLife))
}

// refrain notes that a message was not taken after all.
func (ch *Channel) refrain(ctx context.Context, env core.Envelope, err error) {
	if core.KindOf(err) == core.KindUnknown {
		return
	}
	if err := ch.notes.of("begun", env.ID).drop(context.WithoutCancel(ctx)); err != nil {
		ch.deps.Log.Warn("a message that was not taken counts as begun", "channel", ch.deps.Name, "message", env.ID, "err", err)
	}
}

// Recall implements core.Recaller. A card that was to open a thread is sent
// again whatever became of it: two cards are better than a ticket that nobody
// sees, and its topic is made once.
func (ch *Channel) Recall(ctx context.Context, env core.Envelope) (ref string, began bool, err error) {
	if _, ok := env.Parts[0].(core.Case); ok {
		return "", false, nil
	}
	_, began, err = ch.notes.of("begun", env.ID).get(ctx)
	return "", began, err
}
