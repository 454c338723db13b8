package slack

import (
	"context"
	"sync"
	"time"

	api "github.com/slack-go/slack"

	"github.com/frontdesk-im/frontdesk/core"
)

// members are the desk's staff: those who are in its channel. Everybody in the
// workspace can say /desk, write to the app and open its home.
type members struct {
	mu sync.Mutex
	m  map[string]bool
	at time.Time // when they were asked for
}

// trust is how long the members are believed; one who is not among them is asked
// for again.
const trust = 5 * time.Minute

// staff reports whether a user is in the desk's channel.
func (ch *Channel) staff(ctx context.Context, user string) (bool, error) {
	s := &ch.members
	s.mu.Lock()
	defer s.mu.Unlock() // one asks, the others wait for the answer
	if age := ch.deps.Now().Sub(s.at); s.m[user] && age < trust || s.m != nil && age < time.Second {
		return s.m[user], nil
	}
	m := map[string]bool{}
	p := api.GetUsersInConversationParameters{ChannelID: ch.conf.Channel, Limit: 1000}
	for range pages {
		ids, next, err := ch.api.GetUsersInConversationContext(ctx, &p)
		if err != nil {
			return false, ch.refused(err)
		}
		for _, id := range ids {
			m[id] = true
		}
		if p.Cursor = next; next == "" {
			break
		}
	}
	s.m, s.at = m, ch.deps.Now()
	return m[user], nil
}

// leaves forgets a member who was taken out of the channel.
func (ch *Channel) leaves(user string) {
	ch.members.mu.Lock()
	defer ch.members.mu.Unlock()
	delete(ch.members.m, user)
}

// outsider reports whether somebody may not use the desk, and tells them so.
func (ch *Channel) outsider(ctx context.Context, user string) (bool, error) {
	ok, err := ch.staff(ctx, user)
	if ok || err != nil {
		return false, err
	}
	ch.deps.Log.Warn("somebody who is not in the desk's channel tried to use it", "user", user)
	if _, _, err := ch.api.PostMessageContext(ctx, user, said(escape(ch.say("outsider")), nil)...); err != nil {
		ch.deps.Log.Debug("they were not told", "err", ch.redact(err))
	}
	return true, nil
}

// acted remembers that an agent is looking at a thread.
func (ch *Channel) acted(env core.Envelope) {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	if len(ch.looked) > 10_000 {
		clear(ch.looked)
	}
	ch.looked[env.Thread+" "+env.Peer.ID] = ch.deps.Now()
}

// looking is how long somebody who did something in a thread is taken to look at
// it: they are answered there for them alone, others are called by a mention.
const looking = 30 * time.Second

func (ch *Channel) looks(user, thread string) bool {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	at, ok := ch.looked[thread+" "+user]
	return ok && ch.deps.Now().Sub(at) < looking
}
