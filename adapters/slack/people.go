package slack

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	api "github.com/slack-go/slack"
)

// names remembers what members of the workspace are called.
type names struct {
	mu sync.Mutex
	m  map[string]named
}

type named struct {
	name string
	at   time.Time
}

const nameLife = time.Hour

// name is what a member is called, or their ID if Slack does not say: a message
// is not kept waiting for a name.
func (ch *Channel) name(ctx context.Context, user string) string {
	now := ch.deps.Now()
	ch.names.mu.Lock()
	n, ok := ch.names.m[user]
	ch.names.mu.Unlock()
	if ok && now.Sub(n.at) < nameLife || user == "" {
		return n.name
	}
	u, err := ch.api.GetUserInfoContext(ctx, user)
	if err != nil {
		ch.deps.Log.Debug("a member's name was not found", "user", user, "err", ch.redact(err))
		return or(n.name, user)
	}
	name := or(or(u.Profile.DisplayName, or(u.Profile.RealName, u.RealName)), or(u.Name, user))
	ch.names.mu.Lock()
	defer ch.names.mu.Unlock()
	if ch.names.m == nil || len(ch.names.m) > 10_000 {
		ch.names.m = map[string]named{}
	}
	ch.names.m[user] = named{name, now}
	return name
}

// self asks once who we are.
func (ch *Channel) self(ctx context.Context) (identity, error) {
	ch.mu.Lock()
	me := ch.me
	ch.mu.Unlock()
	if me.user != "" {
		return me, nil
	}
	r, err := ch.api.AuthTestContext(ctx)
	if err != nil {
		return me, ch.refused(err)
	}
	if missing := lacks(r.Header.Get("X-OAuth-Scopes")); len(missing) > 0 {
		ch.deps.Log.Warn("the app lacks scopes: paste adapters/slack/manifest.yaml at App Manifest and install it again", "missing", missing)
	}
	ch.mu.Lock()
	defer ch.mu.Unlock()
	ch.me = identity{r.UserID, r.URL}
	return ch.me, nil
}

// needs are the scopes in manifest.yaml.
var needs = []string{"chat:write", "chat:write.customize", "channels:history", "channels:join", "channels:read", "groups:history", "groups:read",
	"im:history", "im:write", "users:read", "files:read", "files:write", "reactions:write", "commands"}

// lacks are the scopes that are not granted; none if Slack does not say which are.
func lacks(granted string) (out []string) {
	if granted == "" {
		return nil
	}
	have := strings.FieldsFunc(granted, func(r rune) bool { return r == ',' || r == ' ' })
	return slices.DeleteFunc(slices.Clone(needs), func(s string) bool { return slices.Contains(have, s) })
}

// check finds out who we are, and enters the desk's channels where we are not in
// them. A room that cannot be used is told of; the desk goes on without it.
func (ch *Channel) check(ctx context.Context) error {
	if _, err := ch.self(ctx); err != nil {
		return err
	}
	for _, c := range ch.conf.rooms() {
		switch err := ch.named(c, ch.enter(ctx, c)); {
		case err == nil:
		case c == ch.conf.Channel || !shut(err):
			return err
		default:
			ch.deps.Log.Error("a room of the desk cannot be used; its tickets wait", "slack", c, "err", err)
		}
	}
	return nil
}

// shut reports whether an error is about one channel, and not about the app.
func shut(err error) bool {
	return slices.Contains([]string{"channel_not_found", "not_in_channel", "is_archived"}, codeOf(err))
}

func (ch *Channel) enter(ctx context.Context, channel string) error {
	c, err := ch.api.GetConversationInfoContext(ctx, &api.GetConversationInfoInput{ChannelID: channel})
	if err != nil {
		return ch.refused(err)
	}
	if c.IsArchived {
		return ch.refused(api.SlackErrorResponse{Err: "is_archived"})
	}
	if !c.IsMember {
		return ch.join(ctx, channel)
	}
	return nil
}

// join enters a channel of the desk's, which the app may do by itself if that is
// public.
func (ch *Channel) join(ctx context.Context, channel string) error {
	if _, _, _, err := ch.api.JoinConversationContext(ctx, channel); err != nil {
		ch.deps.Log.Warn("the desk's channel was not joined", "slack", channel, "err", ch.redact(err))
		return ch.refused(api.SlackErrorResponse{Err: "not_in_channel"})
	}
	ch.deps.Log.Info("joined the desk's channel", "slack", channel)
	return nil
}
