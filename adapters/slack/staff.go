package slack

import (
	"context"
	"slices"
	"sync"
	"time"

	api "github.com/slack-go/slack"
)

// members are the desk's staff: those who are in one of its channels. Everybody
// in the workspace can say /desk, write to the app and open its home, and press
// the buttons in a public channel.
type members struct {
	api  web
	conf *Config
	now  func() time.Time

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
func (s *members) staff(ctx context.Context, user string) (bool, error) {
	return s.within(ctx, user, s.conf.rooms()...)
}

// within reports whether a user is in one of some channels. Where several are
// the desk's, one that cannot be looked into has no members.
func (s *members) within(ctx context.Context, user string, channels ...string) (in bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock() // one asks, the others wait for the answer
	now := s.now()
	for _, c := range channels {
		if r := s.m[c]; r.ids[user] && now.Sub(r.at) < trust {
			return true, nil
		}
	}
	for _, c := range channels {
		r := s.m[c]
		if r.ids == nil || now.Sub(r.at) >= time.Second {
			var failed error
			if r, failed = s.ask(ctx, c); failed != nil {
				if len(s.conf.Rooms) == 0 || !aboutOneChannel(failed) {
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

// ask asks Slack who is in a channel.
func (s *members) ask(ctx context.Context, channel string) (roster, error) {
	r := roster{map[string]bool{}, s.now()}
	p := api.GetUsersInConversationParameters{ChannelID: channel, Limit: 1000}
	for range mostPages {
		ids, next, err := s.api.GetUsersInConversationContext(ctx, &p)
		if err != nil {
			return r, s.api.refused(err)
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
func (s *members) leaves(ctx context.Context, user, channel string) (bool, error) {
	s.mu.Lock()
	delete(s.m[channel].ids, user)
	s.mu.Unlock()
	others := slices.DeleteFunc(s.conf.rooms(), func(c string) bool { return c == channel })
	still, err := s.within(ctx, user, others...)
	return !still, err
}

// outsider reports whether somebody may not use the desk, or a thread of it
// because they are not in its room. They are told so.
func (ch *Channel) outsider(ctx context.Context, user, thread string) (bool, error) {
	rooms, words := ch.conf.rooms(), ch.lang.say("outsider")
	var blocks []api.Block
	if c, _, ok := cutRef(thread); ok && len(rooms) > 1 {
		rooms, words = []string{c}, ch.lang.say("stranger")
		blocks = append(blocks, api.NewSectionBlock(live(words+mentioned(c)), nil, nil))
	}
	in, err := ch.members.within(ctx, user, rooms...)
	if in || err != nil {
		return false, err
	}
	ch.deps.Log.Warn("somebody who is not in the desk's channel tried to use it", "user", user, "thread", thread)
	if _, _, err := ch.api.PostMessageContext(ctx, user, said(escape(words), blocks)...); err != nil {
		ch.deps.Log.Debug("they were not told", "err", ch.api.redact(err))
	}
	return true, nil
}

// eyes remember who has just done something in a thread, and so looks at it.
type eyes struct {
	now func() time.Time

	mu     sync.Mutex
	looked map[string]time.Time // by thread and agent
}

// saw remembers that an agent is looking at a thread.
func (e *eyes) saw(user, thread string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.looked) > mostRemembered {
		clear(e.looked)
	}
	e.looked[thread+" "+user] = e.now()
}

// looking is how long somebody who did something in a thread is taken to look at
// it: they are answered there for them alone, others are called by a mention.
const looking = 30 * time.Second

// on reports whether an agent looks at a thread.
func (e *eyes) on(user, thread string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	at, ok := e.looked[thread+" "+user]
	return ok && e.now().Sub(at) < looking
}
