package slack

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	api "github.com/slack-go/slack"
)

// seen remembers what was filed: how far each channel was read, so that what came
// after it can be fetched, and the last messages by name, so that they are not
// filed again.
type seen struct {
	mu     sync.Mutex
	rooms  map[string]*bookmark // by channel
	recent map[string]bool
	order  []string
}

// bookmark is how far a channel was read.
type bookmark struct {
	ts    string // newest that was filed
	kept  string // newest that is in Values
	whole bool   // everything up to ts was filed
}

const (
	remembered = 4096             // Refs
	margin     = 5 * time.Minute  // what was filed within it may not all have been
	reach      = 7 * 24 * 60 * 60 // seconds that a thread may be old to be looked into
	pages      = 20               // of 200 messages each
)

func (s *seen) has(ref string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.recent[ref]
}

// in is what is known of a channel; s.mu is held.
func (s *seen) in(channel string) *bookmark {
	if s.rooms == nil {
		s.rooms = map[string]*bookmark{}
	}
	if s.rooms[channel] == nil {
		s.rooms[channel] = &bookmark{}
	}
	return s.rooms[channel]
}

// missed says that something may have been written that nobody told us of.
func (s *seen) missed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.rooms {
		m.whole = false
	}
}

// behind are the channels that are still to be caught up with.
func (ch *Channel) behind() []string {
	ch.seen.mu.Lock()
	defer ch.seen.mu.Unlock()
	return slices.DeleteFunc(ch.conf.rooms(), func(c string) bool { return ch.seen.in(c).whole })
}

// heard notes that a message was filed. The newest of a channel is kept ten
// seconds apart: a crash has a little fetched that was filed, which the store
// drops.
func (ch *Channel) heard(ctx context.Context, ref, ts string) {
	s := &ch.seen
	s.mu.Lock()
	if s.recent == nil {
		s.recent = map[string]bool{}
	}
	if !s.recent[ref] {
		s.recent[ref] = true
		s.order = append(s.order, ref)
	}
	if len(s.order) > remembered {
		delete(s.recent, s.order[0])
		s.order = s.order[1:]
	}
	channel, _, _ := spot(ref)
	keep := ""
	if ch.conf.has(channel) {
		m := s.in(channel)
		if later(ts, m.ts) {
			m.ts = ts
		}
		if m.whole && timeOf(m.ts).Sub(timeOf(m.kept)) >= 10*time.Second {
			keep, m.kept = m.ts, m.ts
		}
	}
	s.mu.Unlock()
	if keep != "" {
		if err := ch.deps.Values.Put(ctx, ch.key("seen", channel), keep, 0); err != nil {
			ch.deps.Log.Warn("how far this desk was read is not kept", "err", err)
		}
	}
}

// later reports whether a is a later time than b.
func later(a, b string) bool {
	return a != "" && (b == "" || timeOf(a).After(timeOf(b)))
}

// caughtUp fetches what was written since the last message that was filed: at the
// start, and after every break of the socket. It comes before what is new, so
// that an agent's words keep their order. A channel that cannot be read does not
// keep the others from it.
func (ch *Channel) caughtUp(ctx context.Context) bool {
	all := true
	for _, c := range ch.behind() {
		if err := ch.readUp(ctx, c); err != nil {
			all = false
			if !over(ctx, ctx.Err()) {
				ch.deps.Log.Warn("what was written meanwhile was not fetched; it is tried again", "slack", c, "err", ch.hide(err.Error()))
			}
		}
	}
	return all
}

func (ch *Channel) readUp(ctx context.Context, channel string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	since, known, err := ch.deps.Values.Get(ctx, ch.key("seen", channel))
	if err == nil && known {
		err = ch.catchUp(ctx, channel, timeOf(since).Add(-margin))
	}
	if err == nil && !known {
		since = stamp(ch.deps.Now())
		err = ch.deps.Values.Put(ctx, ch.key("seen", channel), since, 0)
	}
	if err != nil {
		return err
	}
	ch.seen.mu.Lock()
	defer ch.seen.mu.Unlock()
	m := ch.seen.in(channel)
	m.whole, m.kept = true, since
	if later(since, m.ts) {
		m.ts = since
	}
	return nil
}

// catchUp reads a channel, and of its threads those in which something is new.
func (ch *Channel) catchUp(ctx context.Context, channel string, since time.Time) error {
	me, err := ch.self(ctx)
	if err != nil {
		return err
	}
	p := api.GetConversationHistoryParameters{ChannelID: channel, Oldest: stamp(time.Unix(since.Unix()-reach, 0)), Limit: 200}
	var found []api.Message
	for range pages {
		r, err := ch.api.GetConversationHistoryContext(ctx, &p)
		if err != nil {
			return ch.refused(err)
		}
		for _, m := range r.Messages {
			if timeOf(m.Timestamp).After(since) || m.Edited != nil && timeOf(m.Edited.Timestamp).After(since) {
				found = append(found, m)
			}
			if m.LatestReply == "" || !timeOf(m.LatestReply).After(since) {
				continue
			}
			more, err := ch.replies(ctx, channel, m.Timestamp, since)
			if err != nil {
				return err
			}
			found = append(found, more...)
		}
		if p.Cursor = r.ResponseMetaData.NextCursor; !r.HasMore || p.Cursor == "" {
			break
		}
	}
	slices.SortStableFunc(found, func(a, b api.Message) int { return timeOf(a.Timestamp).Compare(timeOf(b.Timestamp)) })
	for _, m := range found {
		if err := ch.missed(ctx, channel, m, since, me.user); err != nil {
			return err
		}
	}
	return nil
}

// replies are those of a thread that are new.
func (ch *Channel) replies(ctx context.Context, channel, root string, since time.Time) (out []api.Message, err error) {
	p := api.GetConversationRepliesParameters{ChannelID: channel, Timestamp: root, Oldest: stamp(since), Limit: 200}
	for range pages {
		ms, more, next, err := ch.api.GetConversationRepliesContext(ctx, &p)
		if err != nil {
			return nil, ch.refused(err)
		}
		for _, m := range ms {
			if m.Timestamp != root {
				out = append(out, m)
			}
		}
		if p.Cursor = next; !more || next == "" {
			break
		}
	}
	return out, nil
}

// missed files a message from the history as its event would have been, and its
// edit if it was changed since.
func (ch *Channel) missed(ctx context.Context, channel string, m api.Message, since time.Time, me string) error {
	raw, err := json.Marshal(m)
	if err != nil {
		return nil // it came from JSON
	}
	var e event
	if json.Unmarshal(raw, &e) != nil {
		return nil
	}
	e.Channel, e.Type = channel, "message"
	if strings.HasPrefix(e.SubType, "tombstone") {
		return ch.hear(ctx, ch.changed(&event{Channel: e.Channel, Message: &e}, []string{me}))
	}
	if timeOf(e.TS).After(since) {
		if err := ch.hear(ctx, ch.message(&e, []string{me})); err != nil {
			return err
		}
	}
	if e.Edited == nil || !timeOf(e.Edited.TS).After(since) {
		return nil
	}
	return ch.hear(ctx, ch.message(&event{Type: "message", SubType: "message_changed", Channel: e.Channel, At: e.Edited.TS, Message: &e}, []string{me}))
}
