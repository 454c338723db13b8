package slack

import (
	"context"
	"slices"
	"sync"
	"time"

	api "github.com/slack-go/slack"

	"github.com/frontdesk-im/frontdesk/core"
)

// members are the desk's staff: those who are in one of its channels. Everybody
// in the workspace can say /desk, write to the app and open its home, and press
// the buttons in a public channel.
type members struct {
	mu sync.Mutex
	m  map[string]roster // by channel
}

type roster struct {
	ids map[string]bool
	at  time.Time // when they were asked for
}

// trust is how long the members are believed; one who is not among them is asked
// for again.
const trust = 5 * time.Minute

// staff reports whether a user is in one of the desk's channels.
func (ch *Channel) staff(ctx context.Context, user string) (bool, error) {
	return ch.within(ctx, user, ch.conf.rooms()...)
}

// within reports whether a user is in one of some channels. Where several are
// the desk's, one that cannot be looked into has no members.
func (ch *Channel) within(ctx context.Context, user string, channels ...string) (in bool, err error) {
	s := &ch.members
	s.mu.Lock()
	defer s.mu.Unlock() // one asks, the others wait for the answer
	now := ch.deps.Now()
	for _, c := range channels {
		if r := s.m[c]; r.ids[user] && now.Sub(r.at) < trust {
			return true, nil
		}
	}
	for _, c := range channels {
		r := s.m[c]
		if r.ids == nil || now.Sub(r.at) >= time.Second {
			var failed error
			if r, failed = ch.roster(ctx, c); failed != nil {
				if len(ch.conf.Rooms) == 0 || !shut(failed) {
					err = failed
				}
				continue
			}
			if s.m == nil {
				s.m = map[string]roster{}
			}
			s.m[c] = r
		}
		if r.ids[user] {
			return true, nil
		}
	}
	return false, err
}

// roster asks who is in a channel.
func (ch *Channel) roster(ctx context.Context, channel string) (roster, error) {
	r := roster{map[string]bool{}, ch.deps.Now()}
	p := api.GetUsersInConversationParameters{ChannelID: channel, Limit: 1000}
	for range pages {
		ids, next, err := ch.api.GetUsersInConversationContext(ctx, &p)
		if err != nil {
			return r, ch.refused(err)
		}
		for _, id := range ids {
			r.ids[id] = true
		}
		if p.Cursor = next; next == "" {
			break
		}
	}
	return r, nil
}

// leaves forgets a member who was taken out of a channel, and reports whether
// they have left the desk: they are in none of its others.
func (ch *Channel) leaves(ctx context.Context, user, channel string) (bool, error) {
	ch.members.mu.Lock()
	delete(ch.members.m[channel].ids, user)
	ch.members.mu.Unlock()
	others := slices.DeleteFunc(ch.conf.rooms(), func(c string) bool { return c == channel })
	still, err := ch.within(ctx, user, others...)
	return !still, err
}

// outsider reports whether somebody may not use the desk, or not what is in a
// thread of it: they are not in its room. They are told so.
func (ch *Channel) outsider(ctx context.Context, user, thread string) (bool, error) {
	rooms, words := ch.conf.rooms(), ch.say("outsider")
	var blocks []api.Block
	if c, _, ok := spot(thread); ok && len(rooms) > 1 {
		rooms, words = []string{c}, ch.say("stranger")
		blocks = append(blocks, api.NewSectionBlock(live(words+mentioned(c)), nil, nil))
	}
	in, err := ch.within(ctx, user, rooms...)
	if in || err != nil {
		return false, err
	}
	ch.deps.Log.Warn("somebody who is not in the desk's channel tried to use it", "user", user, "thread", thread)
	if _, _, err := ch.api.PostMessageContext(ctx, user, said(escape(words), blocks)...); err != nil {
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
