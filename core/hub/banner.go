package hub

import (
	"context"
	"sync"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// banners keep the one line about the wait current for those who wait on a
// channel that can show it. They are kept in memory only: after a restart every
// one is shown again.
type banners struct {
	hub *Hub

	mu   sync.Mutex
	told map[core.Key]told
}

type told struct {
	ticket string
	peer   core.Peer
	state  core.State
	agent  string // name, while somebody has it
	at     time.Time
	text   string
}

// bannerRest is how long a banner stays as it is while nothing happens.
const bannerRest = 15 * time.Second

// show tells the peer of a conversation how things stand after a turn.
func (b *banners) show(ctx context.Context, c core.Conversation) {
	a := b.hub.accounts[c.Key.Channel]
	if a == nil || a.banner == nil {
		return
	}
	peer := c.Peer
	peer.ID = c.Key.Peer
	t := c.Ticket
	now := told{peer: peer, state: c.State}
	if c.State == core.WithAgent {
		now.agent = b.name(t.Agent)
	}
	b.mu.Lock()
	before, shown := b.told[c.Key]
	if t.Open() {
		now.ticket = t.ID
		b.told[c.Key] = now
	} else {
		delete(b.told, c.Key)
	}
	b.mu.Unlock()
	switch {
	case !t.Open() && shown:
		b.set(ctx, c.Key, now, core.Banner{State: core.WithBot})
	case !t.Open():
	case t.State == core.TicketWaiting || t.State == core.TicketRinging:
		if now.text = before.text; before.ticket == now.ticket && before.state == now.state {
			now.at = before.at
		}
		b.waiting(ctx, c.Key, now)
	case !shown || before.state != now.state || before.agent != now.agent:
		b.set(ctx, c.Key, now, core.Banner{State: c.State, Name: now.agent})
	}
}

func (b *banners) name(agent string) string {
	return b.hub.line.scene().Agents[agent].Name
}

// waiting shows the place in line when the text has changed, if the last change
// is some time ago: told.at is zero where the state is new.
func (b *banners) waiting(ctx context.Context, key core.Key, n told) {
	est, ok := b.hub.line.estimate(n.ticket)
	if !ok {
		return
	}
	text := b.hub.conf.Books("").Place(n.peer.Lang, est)
	if text == n.text || b.hub.now().Sub(n.at) < bannerRest {
		return
	}
	n.text, n.at = text, b.hub.now()
	b.mu.Lock()
	b.told[key] = n
	b.mu.Unlock()
	b.set(ctx, key, n, core.Banner{Text: text, State: core.InLine})
}

func (b *banners) set(ctx context.Context, key core.Key, n told, banner core.Banner) {
	a := b.hub.accounts[key.Channel]
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if err := guard(func() error { return a.banner.Banner(ctx, n.peer, banner) }); err != nil {
		b.hub.log.Debug("a banner was not shown", "conversation", key.String(), "err", err)
	}
}

// load shows every banner again, after a restart.
func (b *banners) load(ctx context.Context) error {
	ts, err := b.hub.store.Tickets(ctx, core.TicketQuery{States: []core.TicketState{core.TicketWaiting, core.TicketRinging, core.TicketActive}})
	if err != nil {
		return err
	}
	for _, v := range ts {
		t := v.Ticket
		c := core.Conversation{Key: t.Key, Peer: v.Peer, Ticket: &t, State: core.InLine}
		if t.State == core.TicketActive {
			c.State = core.WithAgent
		}
		b.show(ctx, c)
	}
	return nil
}

// run refreshes the banners of those who wait until ctx is done.
func (b *banners) run(ctx context.Context) {
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			b.refresh(ctx)
		}
	}
}

func (b *banners) refresh(ctx context.Context) {
	b.mu.Lock()
	todo := make(map[core.Key]told, len(b.told))
	for k, n := range b.told {
		if n.state == core.InLine {
			todo[k] = n
		}
	}
	b.mu.Unlock()
	for k, n := range todo {
		b.waiting(ctx, k, n)
	}
}
