package slack

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	api "github.com/slack-go/slack"
)

// seen remembers what was filed: the newest message, so that what came after it
// can be fetched, and the last ones by name, so that they are not filed again.
type seen struct {
	mu     sync.Mutex
	ts     string // newest that was filed
	kept   string // newest that is in Values
	whole  bool   // everything up to ts was filed
	recent map[string]bool
	order  []string
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

func (s *seen) behind() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.whole
}

// heard notes that a message was filed. The newest is kept ten seconds apart: a
// crash has a little fetched that was filed, which the store drops.
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
	if later(ts, s.ts) {
		s.ts = ts
	}
	keep := ""
	if s.whole && timeOf(s.ts).Sub(timeOf(s.kept)) >= 10*time.Second {
		keep, s.kept = s.ts, s.ts
	}
	s.mu.Unlock()
	if keep != "" {
		if err := ch.deps.Values.Put(ctx, ch.key("seen", ch.conf.Channel), keep, 0); err != nil {
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
// that an agent's words keep their order.
func (ch *Channel) caughtUp(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	s := &ch.seen
	s.mu.Lock()
	s.whole = false
	s.mu.Unlock()
	since, known, err := ch.deps.Values.Get(ctx, ch.key("seen", ch.conf.Channel))
	if err == nil && known {
		err = ch.catchUp(ctx, timeOf(since).Add(-margin))
	}
	if err == nil && !known {
		since = stamp(ch.deps.Now())
		err = ch.deps.Values.Put(ctx, ch.key("seen", ch.conf.Channel), since, 0)
	}
	if err != nil {
		if !errors.Is(ctx.Err(), context.Canceled) {
			ch.deps.Log.Warn("what was written meanwhile was not fetched; it is tried again", "err", ch.hide(err.Error()))
		}
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.whole, s.kept = true, since
	if later(since, s.ts) {
		s.ts = since
	}
	return true
}

// catchUp reads the channel, and of its threads those in which something is new.
func (ch *Channel) catchUp(ctx context.Context, since time.Time) error {
	me, err := ch.self(ctx)
	if err != nil {
		return err
	}
	p := api.GetConversationHistoryParameters{ChannelID: ch.conf.Channel, Oldest: stamp(time.Unix(since.Unix()-reach, 0)), Limit: 200}
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
			more, err := ch.replies(ctx, m.Timestamp, since)
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
		if err := ch.missed(ctx, m, since, me.user); err != nil {
			return err
		}
	}
	return nil
}

// replies are those of a thread that are new.
func (ch *Channel) replies(ctx context.Context, root string, since time.Time) (out []api.Message, err error) {
	p := api.GetConversationRepliesParameters{ChannelID: ch.conf.Channel, Timestamp: root, Oldest: stamp(since), Limit: 200}
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
func (ch *Channel) missed(ctx context.Context, m api.Message, since time.Time, me string) error {
	raw, err := json.Marshal(m)
	if err != nil {
		return nil // it came from JSON
	}
	var e event
	if json.Unmarshal(raw, &e) != nil {
		return nil
	}
	e.Channel, e.Type = ch.conf.Channel, "message"
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
