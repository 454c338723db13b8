package slack

import (
	"context"
	"log/slog"
	"slices"

	api "github.com/slack-go/slack"
)

// check finds out who we are, and enters the desk's channels where we are not in
// them. A room that cannot be used is told of; the desk goes on without it.
func (ch *Channel) check(ctx context.Context) error {
	if _, err := ch.people.self(ctx); err != nil {
		return err
	}
	for _, c := range ch.conf.rooms() {
		switch err := ch.conf.blamed(c, ch.doors.enter(ctx, c)); {
		case err == nil:
		case c == ch.conf.Channel || !aboutOneChannel(err):
			return err
		default:
			ch.deps.Log.Error("a room of the desk cannot be used; its tickets wait", "slack", c, "err", err)
		}
	}
	return nil
}

// aboutOneChannel reports whether an error is about one channel, and not about the app.
func aboutOneChannel(err error) bool {
	return slices.Contains([]string{"channel_not_found", "not_in_channel", "is_archived"}, codeOf(err))
}

// doors let us into the desk's channels.
type doors struct {
	api web
	log *slog.Logger
}

// enter joins a channel, unless we are in it.
func (d doors) enter(ctx context.Context, channel string) error {
	c, err := d.api.GetConversationInfoContext(ctx, &api.GetConversationInfoInput{ChannelID: channel})
	if err != nil {
		return d.api.refused(err)
	}
	if c.IsArchived {
		return d.api.refused(api.SlackErrorResponse{Err: "is_archived"})
	}
	if !c.IsMember {
		return d.join(ctx, channel)
	}
	return nil
}

// join enters a channel of the desk's, which the app may do by itself if that is
// public.
func (d doors) join(ctx context.Context, channel string) error {
	if _, _, _, err := d.api.JoinConversationContext(ctx, channel); err != nil {
		d.log.Warn("the desk's channel was not joined", "slack", channel, "err", d.api.redact(err))
		return d.api.refused(api.SlackErrorResponse{Err: "not_in_channel"})
	}
	d.log.Info("joined the desk's channel", "slack", channel)
	return nil
}
