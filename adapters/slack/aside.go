package slack

import (
	"context"

	api "github.com/slack-go/slack"
)

// An aside is what the adapter itself says to one agent alone; without blocks it
// is words.
type aside struct {
	words  string
	blocks []api.Block
}

// tell says something to one agent alone, best effort.
func (ch *Channel) tell(ctx context.Context, user string, at place, a aside) {
	o := append(said(escape(a.words), a.blocks), at.thread()...)
	if _, err := ch.api.PostEphemeralContext(ctx, at.channel, user, o...); err != nil {
		ch.deps.Log.Debug("an agent was not told", "err", ch.api.redact(err))
	}
}
