package hub

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk/card"
)

// A board shows at the desks who waits: one card after the other, never more
// than a desk can bear. What it does not show, the digest tells of.
type board struct {
	hub  *Hub
	kick chan struct{}

	mu     sync.Mutex
	byID   map[string]*unshown
	topics map[string][]*unshown // oldest first; those with no desks left are passed over
	n      int
	posts  map[string]card.Posts
	carded map[string]time.Time // by desk: when its last post was, if that was a card
	came   map[string]int       // by desk: how many have come that its last digest did not tell of
}

// unshown is a ticket that waits, and the desks that do not show it yet.
type unshown struct {
	ticket string
	key    core.Key
	topic  string
	desks  []string
	n      int // in order of arrival here
}

func newBoard(h *Hub) *board {
	return &board{hub: h, kick: make(chan struct{}, 1), byID: map[string]*unshown{}, topics: map[string][]*unshown{}, posts: map[string]card.Posts{}, carded: map[string]time.Time{}, came: map[string]int{}}
}

// load fills the board from the store.
func (b *board) load(ctx context.Context) error {
	ts, err := b.hub.store.Tickets(ctx, core.TicketQuery{States: []core.TicketState{core.TicketWaiting, core.TicketMessage}})
	for _, v := range ts {
		b.put(&v.Ticket)
	}
	return err
}

// put tells the board what has become of a ticket.
func (b *board) put(t *core.Ticket) {
	desks := b.hub.conf.Desk.Unshown(t)
	b.mu.Lock()
	defer b.mu.Unlock()
	u := b.byID[t.ID]
	if u != nil && (len(desks) == 0 || u.topic != t.Topic) {
		u.desks = nil
		delete(b.byID, t.ID)
		u = nil
	}
	switch {
	case u != nil:
		u.desks = desks
	case len(desks) > 0:
		b.n++
		u = &unshown{ticket: t.ID, key: t.Key, topic: t.Topic, desks: desks, n: b.n}
		b.byID[t.ID] = u
		b.topics[t.Topic] = append(b.topics[t.Topic], u)
		for _, d := range desks {
			b.came[d]++
		}
	default:
		return
	}
	select {
	case b.kick <- struct{}{}:
	default:
	}
}

// run shows who waits until ctx is done.
func (b *board) run(ctx context.Context) {
	tick := time.NewTicker(b.hub.conf.Poll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.kick:
		case <-tick.C:
		}
		b.show(ctx)
	}
}

// show shows what may be shown now and returns how much.
func (b *board) show(ctx context.Context) (n int) {
	for _, d := range b.hub.conf.Desk.Desks {
		for ctx.Err() == nil {
			u, ok := b.next(d.Name)
			if !ok {
				break
			}
			n++
			kept := b.hub.alter(ctx, u.key, func(c core.Conversation, s core.Scene) core.Outcome {
				if c.Ticket == nil || c.Ticket.ID != u.ticket {
					return core.Outcome{Conversation: c}
				}
				return b.hub.conf.Desk.Show(c, d.Name, s)
			})
			if !kept { // it keeps its place
				break
			}
			b.shown(u.ticket, d.Name)
		}
	}
	return n
}

// shown notes that a desk has nothing more to show of a ticket.
func (b *board) shown(ticket, name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	u := b.byID[ticket]
	if u == nil {
		return
	}
	u.desks = slices.DeleteFunc(slices.Clone(u.desks), func(d string) bool { return d == name })
	if len(u.desks) == 0 {
		delete(b.byID, ticket)
	}
}

// next is the ticket that a desk shows next, if it may show one now.
func (b *board) next(name string) (next unshown, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.hub.accounts[name] == nil || len(b.byID) == 0 {
		return next, false
	}
	scene := b.hub.line.scene()
	var first *unshown
	crowd := false
	for topic := range b.topics {
		switch u := b.first(topic, name); {
		case u == nil:
		case b.hub.conf.Desk.Crowded(name, topic, scene):
			crowd = true
		case first == nil || u.n < first.n:
			first = u
		}
	}
	if first == nil || crowd && !b.waits(name, scene.Now) || !b.may(name, scene.Now) {
		return next, false
	}
	b.carded[name] = scene.Now
	return *first, true
}

// first is the oldest ticket of topic that a desk does not show; b.mu is held.
func (b *board) first(topic, name string) *unshown {
	us := b.topics[topic]
	for len(us) > 0 && len(us[0].desks) == 0 {
		us = us[1:]
	}
	if b.topics[topic] = us; len(us) == 0 {
		delete(b.topics, topic)
	}
	for _, u := range us {
		if slices.Contains(u.desks, name) {
			return u
		}
	}
	return nil
}

// waits reports whether a card has waited long enough for the digest that tells
// of a crowd: within a minute every second post is left to it. b.mu is held.
func (b *board) waits(name string, now time.Time) bool {
	at := b.carded[name].Add(time.Minute)
	if now.Before(at) {
		b.hub.note(at)
		return false
	}
	return true
}

// may takes the place of one post at a desk, if there is room; b.mu is held.
func (b *board) may(name string, now time.Time) bool {
	ok, at := b.posts[name].Room(now)
	if !ok {
		b.hub.note(at)
		return false
	}
	b.posts[name] = b.posts[name].Add(now)
	return true
}

// told takes the place of a digest at a desk, if there is room.
func (b *board) told(name string, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.may(name, now) {
		return false
	}
	b.came[name] = 0
	delete(b.carded, name)
	return true
}

// since is how many have come since a desk's last digest.
func (b *board) since(name string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.came[name]
}
