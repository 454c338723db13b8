package slack

import (
	"context"
	"encoding/json"
	"log/slog"
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
	mostSeen  = 4096               // Refs
	margin    = 5 * time.Minute    // what was filed within it may not all have been
	threadAge = 7 * 24 * time.Hour // of the oldest thread that is looked into
	mostPages = 20                 // of 200 messages each
	perPage   = 200
	keptEvery = 10 * time.Second // how far a channel was read is kept so often
)

// history fetches what was written while nobody told us of it. It keeps in mind
// how far each channel was read.
type history struct {
	conf  *Config
	api   web
	log   *slog.Logger
	now   func() time.Time
	notes notes
	file  func(ctx context.Context, m missed) error

	seen seen
}

// missed is a message that was found in a channel's history; since is when it
// was caught up with last, so that what is older has been filed.
type missed struct {
	channel string
	message api.Message
	since   time.Time
}

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

// gap says that something may have been written that nobody told us of.
func (s *seen) gap() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.rooms {
		m.whole = false
	}
}

// behind are those of some channels that are still to be caught up with.
func (s *seen) behind(channels []string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(channels, func(c string) bool { return s.in(c).whole })
}

// add remembers a ref.
func (s *seen) add(ref string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.recent == nil {
		s.recent = map[string]bool{}
	}
	if !s.recent[ref] {
		s.recent[ref] = true
		s.order = append(s.order, ref)
	}
	if len(s.order) > mostSeen {
		delete(s.recent, s.order[0])
		s.order = s.order[1:]
	}
}

// to notes that a channel was read as far as ts. It returns what is to be kept
// of it, if it is time for that.
func (s *seen) to(channel, ts string) (keep string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.in(channel)
	if later(ts, m.ts) {
		m.ts = ts
	}
	if m.whole && timeOf(m.ts).Sub(timeOf(m.kept)) >= keptEvery {
		keep, m.kept = m.ts, m.ts
	}
	return keep
}

// whole notes that everything in a channel up to ts was filed, and ts is kept.
func (s *seen) whole(channel, ts string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.in(channel)
	m.whole, m.kept = true, ts
	if later(ts, m.ts) {
		m.ts = ts
	}
}

// heard notes that a message was filed. The newest of a channel is kept ten
// seconds apart: a crash has a little fetched that was filed, which the store
// drops.
func (h *history) heard(ctx context.Context, ref, ts string) {
	h.seen.add(ref)
	channel, _, _ := cutRef(ref)
	if !h.conf.has(channel) {
		return
	}
	if keep := h.seen.to(channel, ts); keep != "" {
		if err := h.notes.of("seen", channel).keep(ctx, keep); err != nil {
			h.log.Warn("how far this desk was read is not kept", "err", err)
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
func (h *history) caughtUp(ctx context.Context) bool {
	all := true
	for _, c := range h.seen.behind(h.conf.rooms()) {
		if err := h.readUp(ctx, c); err != nil {
			all = false
			if !over(ctx, ctx.Err()) {
				h.log.Warn("what was written meanwhile was not fetched; it is tried again", "slack", c, "err", h.api.hide(err.Error()))
			}
		}
	}
	return all
}

// readUp catches up with one channel.
func (h *history) readUp(ctx context.Context, channel string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	since, known, err := h.notes.of("seen", channel).get(ctx)
	if err == nil && known {
		err = h.catchUp(ctx, channel, timeOf(since).Add(-margin))
	}
	if err == nil && !known {
		since = stamp(h.now())
		err = h.notes.of("seen", channel).keep(ctx, since)
	}
	if err != nil {
		return err
	}
	h.seen.whole(channel, since)
	return nil
}

// catchUp reads a channel, and of its threads those in which something is new.
func (h *history) catchUp(ctx context.Context, channel string, since time.Time) error {
	p := api.GetConversationHistoryParameters{ChannelID: channel, Oldest: stamp(since.Truncate(time.Second).Add(-threadAge)), Limit: perPage}
	var found []api.Message
	for range mostPages {
		r, err := h.api.GetConversationHistoryContext(ctx, &p)
		if err != nil {
			return h.api.refused(err)
		}
		for _, m := range r.Messages {
			if timeOf(m.Timestamp).After(since) || m.Edited != nil && timeOf(m.Edited.Timestamp).After(since) {
				found = append(found, m)
			}
			if m.LatestReply == "" || !timeOf(m.LatestReply).After(since) {
				continue
			}
			more, err := h.replies(ctx, channel, m.Timestamp, since)
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
		if err := h.file(ctx, missed{channel, m, since}); err != nil {
			return err
		}
	}
	return nil
}

// replies are those of a thread that are new.
func (h *history) replies(ctx context.Context, channel, root string, since time.Time) (out []api.Message, err error) {
	p := api.GetConversationRepliesParameters{ChannelID: channel, Timestamp: root, Oldest: stamp(since), Limit: perPage}
	for range mostPages {
		ms, more, next, err := h.api.GetConversationRepliesContext(ctx, &p)
		if err != nil {
			return nil, h.api.refused(err)
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

// replay files a message from the history as its event would have been, and its
// edit if it was changed since.
func (ch *Channel) replay(ctx context.Context, m missed) error {
	me, err := ch.people.self(ctx)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(m.message)
	if err != nil {
		return nil // it came from JSON
	}
	var e event
	if json.Unmarshal(raw, &e) != nil {
		return nil
	}
	for _, n := range ch.reader.replayed(e, m, []string{me.user}) {
		if err := ch.hear(ctx, n); err != nil {
			return err
		}
	}
	return nil
}

// replayed is what Slack would have told of a message that was missed.
func (r reader) replayed(e event, m missed, mine []string) (out []news) {
	e.Channel, e.Type = m.channel, "message"
	if strings.HasPrefix(e.SubType, "tombstone") {
		return []news{r.changed(&event{Channel: e.Channel, Message: &e}, mine)}
	}
	if timeOf(e.TS).After(m.since) {
		out = append(out, r.message(&e, mine))
	}
	if e.Edited != nil && timeOf(e.Edited.TS).After(m.since) {
		out = append(out, r.message(&event{Type: "message", SubType: "message_changed", Channel: e.Channel, At: e.Edited.TS, Message: &e}, mine))
	}
	return out
}
