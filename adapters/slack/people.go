package slack

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	api "github.com/slack-go/slack"
)

// people remembers what members of the workspace are called, and who we are.
type people struct {
	api web
	log *slog.Logger
	now func() time.Time

	mu sync.Mutex
	m  map[string]known
	me identity
}

// identity is who we are in the workspace.
type identity struct{ user, url string }

// known is what somebody was called when they were asked for.
type known struct {
	name string
	at   time.Time
}

const (
	nameLife       = time.Hour
	mostRemembered = 10_000 // of what is only in memory, before it is forgotten
)

// name is what a member is called, or their ID if Slack does not say: a message
// is not kept waiting for a name.
func (p *people) name(ctx context.Context, user string) string {
	now := p.now()
	p.mu.Lock()
	n, ok := p.m[user]
	p.mu.Unlock()
	if ok && now.Sub(n.at) < nameLife || user == "" {
		return n.name
	}
	u, err := p.api.GetUserInfoContext(ctx, user)
	if err != nil {
		p.log.Debug("a member's name was not found", "user", user, "err", p.api.redact(err))
		return or(n.name, user)
	}
	name := or(or(u.Profile.DisplayName, or(u.Profile.RealName, u.RealName)), or(u.Name, user))
	p.remember(user, known{name, now})
	return name
}

// channel is what a channel is called; empty if Slack does not tell us.
func (p *people) channel(ctx context.Context, id string) string {
	now := p.now()
	p.mu.Lock()
	n, ok := p.m[id]
	p.mu.Unlock()
	if ok && now.Sub(n.at) < nameLife || id == "" {
		return n.name
	}
	c, err := p.api.GetConversationInfoContext(ctx, &api.GetConversationInfoInput{ChannelID: id})
	if err != nil {
		p.log.Debug("a channel's name was not found", "slack", id, "err", p.api.redact(err))
		c = &api.Channel{}
	}
	p.remember(id, known{or(c.Name, n.name), now})
	return or(c.Name, n.name)
}

// names are those that a message needs.
func (p *people) names(ctx context.Context) names {
	return names{
		user:    func(id string) string { return p.name(ctx, id) },
		channel: func(id string) string { return p.channel(ctx, id) },
	}
}

// remember keeps what somebody or something is called.
func (p *people) remember(id string, k known) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.m == nil || len(p.m) > mostRemembered {
		p.m = map[string]known{}
	}
	p.m[id] = k
}

// self asks once who we are.
func (p *people) self(ctx context.Context) (identity, error) {
	me := p.us()
	if me.user != "" {
		return me, nil
	}
	r, err := p.api.AuthTestContext(ctx)
	if err != nil {
		return me, p.api.refused(err)
	}
	if missing := lacks(r.Header.Get("X-OAuth-Scopes")); len(missing) > 0 {
		p.log.Warn("the app lacks scopes: paste adapters/slack/manifest.yaml at App Manifest and install it again", "missing", missing)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.me = identity{r.UserID, r.URL}
	return p.me, nil
}

// us is who we are, as far as self has asked.
func (p *people) us() identity {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.me
}

// link is the address of a thread; empty if it is none, or nobody says where we are.
func (p *people) link(ctx context.Context, thread string) string {
	c, ts, ok := cutRef(thread)
	me, err := p.self(ctx)
	if !ok || err != nil || me.url == "" {
		return ""
	}
	return strings.TrimSuffix(me.url, "/") + "/archives/" + c + "/p" + strings.ReplaceAll(ts, ".", "")
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
