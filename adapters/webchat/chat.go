package webchat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// Chat is the web chat of one site.
type Chat struct {
	cfg      Config
	d        core.Deps
	visitors visitors
	history  history
	relay    relay
	staff    *staff
	rooms    *rooms
	gates    gates
	socks    sockets
	pages    pages
	closing  atomic.Bool
	work     sync.WaitGroup // frames being handled

	farewell time.Duration // for widgets to answer that we close
	patience time.Duration // for a socket to take a frame
}

var (
	_ core.Site         = (*Chat)(nil)
	_ core.Demonstrator = (*Chat)(nil)
	_ core.Runner       = (*Chat)(nil)
	_ core.Typist       = (*Chat)(nil)
	_ core.Editor       = (*Chat)(nil)
	_ core.Bannerer     = (*Chat)(nil)
)

// New makes a web chat. It reads the keys from d.Values, or makes them there.
func New(cfg Config, d core.Deps) (*Chat, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if d.Inbox == nil || d.Views == nil || d.Values == nil || d.Blobs == nil || d.Log == nil || d.Now == nil {
		return nil, errors.New("webchat: Deps needs Inbox, Views, Values, Blobs, Log and Now")
	}
	files, err := assets(cfg)
	if err != nil {
		return nil, err
	}
	vs := visitors{channel: d.Name, values: d.Values, views: d.Views, ring: ring{site: cfg.Site}, now: d.Now}
	for _, k := range cfg.Keys {
		vs.ring.keys = append(vs.ring.keys, []byte(k))
	}
	if len(vs.ring.keys) == 0 {
		k, err := vs.madeKey()
		if err != nil {
			return nil, err
		}
		vs.ring.keys = [][]byte{k}
	}
	rs, bs := &rooms{}, &banners{}
	return &Chat{
		cfg: cfg, d: d, visitors: vs, rooms: rs, pages: pages{files, cfg.NoDemo}, farewell: 300 * time.Millisecond, patience: writeLimit,
		history: history{d.Name, cfg.Prefix, d.Views, rs, vs.ring, d.Now},
		relay:   relay{"chat/" + d.Name, name(), d.Bus, rs, bs, d.Log, d.Now},
		staff:   &staff{visitors: vs, banners: bs},
	}, nil
}

// Prefix implements core.Site.
func (c *Chat) Prefix() string { return c.cfg.Prefix }

// Limits implements core.Adapter.
func (c *Chat) Limits() core.Limits {
	return core.Limits{
		Text:    4000,
		Media:   []string{"image/", "audio/", "video/", "application/", "text/"},
		Options: 20, Label: 60,
		Cards:      true,
		Idempotent: true,
		Names:      true,
	}
}

// Send lets the visitor's windows see env, which is in their record. That they
// are closed is no failure: the record is read when they open.
func (c *Chat) Send(ctx context.Context, env core.Envelope) (string, error) {
	switch {
	case ctx.Err() != nil:
		return "", &core.SendError{Kind: core.KindTransient, Err: ctx.Err()}
	case env.Peer.ID == "" || env.ID == "":
		return "", &core.SendError{Kind: core.KindRejected, Err: errors.New("webchat: an envelope needs a peer and an ID")}
	}
	c.relay.pass(ctx, hint{Kind: hintShown, Peer: env.Peer.ID, Seq: env.Seq, ID: env.ID})
	return env.ID, nil
}

// Edit implements core.Editor: env is in the record with the ID of the message
// that it replaces, so this is Send.
func (c *Chat) Edit(ctx context.Context, _ string, env core.Envelope) error {
	_, err := c.Send(ctx, env)
	return err
}

// Typing implements core.Typist.
func (c *Chat) Typing(ctx context.Context, to core.Peer, _ string) error {
	c.relay.pass(ctx, hint{Kind: hintTyping, Peer: to.ID})
	return nil
}

// Banner implements core.Bannerer.
func (c *Chat) Banner(ctx context.Context, to core.Peer, b core.Banner) error {
	c.relay.pass(ctx, hint{Kind: hintWaits, Peer: to.ID, Banner: &b})
	return nil
}

// Run implements core.Runner: it hears the other processes and keeps sockets
// alive. When ctx is done it closes them all with 1001 and returns once the
// frames that were being handled are done.
func (c *Chat) Run(ctx context.Context) error {
	c.closing.Store(false)
	var hints <-chan string
	if c.d.Bus != nil {
		var err error
		if hints, err = c.d.Bus.Listen(ctx, c.relay.topic); err != nil {
			return fmt.Errorf("webchat: listening: %w", err)
		}
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			c.closing.Store(true)
			c.socks.closeAll(c.farewell)
			c.drain(5 * time.Second)
			return nil
		case s, ok := <-hints:
			if !ok {
				hints = nil // ctx is done, or the bus is: sockets still see what this process sends
				continue
			}
			var h hint
			if s == "" { // some were missed
				c.socks.wake()
			} else if json.Unmarshal([]byte(s), &h) == nil && h.From != c.relay.process {
				c.relay.act(h)
			}
		case <-tick.C:
			c.socks.ping()
			if c.d.Meter != nil {
				c.d.Meter.Set("webchat_sockets", float64(c.socks.len()), "channel", c.d.Name)
			}
		}
	}
}

// drain waits for frames that are being handled.
func (c *Chat) drain(most time.Duration) {
	done := make(chan struct{})
	go func() { c.work.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(most):
	}
}
