package slack

import (
	"context"
	"errors"
	"fmt"
	"strings"

	api "github.com/slack-go/slack"

	"github.com/frontdesk-im/frontdesk/core"
)

// Check implements core.Checker: both tokens are taken, the scopes of
// manifest.yaml are granted, and the desk's channels are there and open to us. It
// enters none: that is done when the program starts. A socket that it asks for
// is not opened: https://docs.slack.dev/reference/methods/apps.connections.open
func (ch *Channel) Check(ctx context.Context) error {
	r, err := ch.api.AuthTestContext(ctx)
	if err != nil {
		return told(ch.api.refused(err), "install the app again and write its Bot User OAuth Token (xoxb-…) as token")
	}
	if missing := lacks(r.Header.Get("X-OAuth-Scopes")); len(missing) > 0 {
		return fmt.Errorf("slack: the app lacks the scopes %s; paste adapters/slack/manifest.yaml at App Manifest and install it again", strings.Join(missing, ", "))
	}
	if ch.conf.App != "" {
		if _, _, err := ch.api.StartSocketModeContext(ctx); err != nil {
			return told(ch.api.refused(err), "make an app-level token with connections:write (xapp-…) under Basic Information and write it as app_token")
		}
	}
	for _, c := range ch.conf.rooms() {
		info, err := ch.api.GetConversationInfoContext(ctx, &api.GetConversationInfoInput{ChannelID: c})
		switch {
		case err != nil:
			err = ch.api.refused(err)
		case info.IsArchived:
			err = ch.api.refused(api.SlackErrorResponse{Err: "is_archived"})
		case !info.IsMember && info.IsPrivate:
			err = ch.api.refused(api.SlackErrorResponse{Err: "not_in_channel"})
		}
		if err != nil {
			return told(ch.conf.blamed(c, err), "compare channel and rooms with the channels' details in Slack")
		}
	}
	return nil
}

// told adds what to do to what Slack has against us: its own advice, which
// stands behind a colon, or else this.
func told(err error, do string) error {
	switch {
	case core.KindOf(err) == core.KindThrottled:
		return fmt.Errorf("%w; nothing has to be changed, check again later", err)
	case core.KindOf(err) != core.KindDenied:
		return fmt.Errorf("%w; see whether this machine reaches Slack", err)
	case advice[codeOf(err)] == "":
		return fmt.Errorf("%w; %s", err, do)
	}
	_, text, _ := strings.Cut(err.Error(), "slack: ") // what comes before it is the kind and the code
	return errors.New("slack: " + strings.Replace(text, ": ", "; ", 1))
}
