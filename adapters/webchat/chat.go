package webchat

import (
	"cmp"
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
	cfg     Config
	d       core.Deps
	ring    ring
	proc    string // names this process to the others
	rooms   rooms
	banners banners
	gates   gates
	socks   sockets
	staff   staff
	files   map[string]asset
	closing atomic.Bool
	work    sync.WaitGroup // frames being handled

	farewell time.Duration // for widgets to answer that we close
}

var (
	_ core.Site     = (*Chat)(nil)
	_ core.Runner   = (*Chat)(nil)
	_ core.Typist   = (*Chat)(nil)
	_ core.Editor   = (*Chat)(nil)
	_ core.Bannerer = (*Chat)(nil)
)

// New makes a web chat. It reads the keys from d.Values, or makes them there.
func New(cfg Config, d core.Deps) (*Chat, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if d.Inbox == nil || d.Views == nil || d.Values == nil || d.Blobs == nil || d.Log == nil || d.Now == nil {
		return nil, errors.New("webchat: Deps needs Inbox, Views, Values, Blobs, Log and Now")
	}
	c := &Chat{cfg: cfg, d: d, proc: name(), ring: ring{site: cfg.Site}, farewell: 300 * time.Millisecond}
	for _, k := range cfg.Keys {
		c.ring.keys = append(c.ring.keys, []byte(k))
	}
	if len(c.ring.keys) == 0 {
		k, err := c.madeKey()
		if err != nil {
			return nil, err
		}
		c.ring.keys = [][]byte{k}
	}
	var err error
	c.files, err = c.assets()
	return c, err
}

// madeKey is the key that all processes share where none is configured.
func (c *Chat) madeKey() ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	at := c.key("key", c.cfg.Site)
	if _, err := c.d.Values.Add(ctx, at, name()+name(), 0); err != nil {
		return nil, fmt.Errorf("webchat: keeping a key for visitor tokens: %w", err)
	}
	k, ok, err := c.d.Values.Get(ctx, at)
	if err == nil && !ok {
		err = core.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("webchat: reading the key for visitor tokens: %w", err)
	}
	return []byte(k), nil
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
		return "", &core.SendError{Kind: core.Transient, Err: ctx.Err()}
	case env.Peer.ID == "" || env.ID == "":
		return "", &core.SendError{Kind: core.Rejected, Err: errors.New("webchat: an envelope needs a peer and an ID")}
	}
	h := hint{Kind: shown, Peer: env.Peer.ID, Seq: env.Seq, ID: env.ID}
	c.act(h)
	c.tell(ctx, h)
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
	h := hint{Kind: typing, Peer: to.ID}
	c.act(h)
	c.tell(ctx, h)
	return nil
}

// Banner implements core.Bannerer.
func (c *Chat) Banner(ctx context.Context, to core.Peer, b core.Banner) error {
	h := hint{Kind: waits, Peer: to.ID, Banner: &b}
	if c.act(h) {
		c.tell(ctx, h)
	}
	return nil
}

// A hint is what the processes of a chat tell each other. All of it fits in
// the key of a core.Bus hint, so it may be lost: lines are read from the record
// anyway, a banner is set again with its next text.
type hint struct {
	Kind   kind         `json:"k"`
	From   string       `json:"f,omitempty"` // process
	Peer   string       `json:"p"`
	Seq    int64        `json:"s,omitempty"`
	ID     string       `json:"i,omitempty"`
	Banner *core.Banner `json:"b,omitempty"`
}

type kind string

const (
	shown  kind = "shown"  // the message ID, Seq is on its way to the visitor
	wrote  kind = "wrote"  // the visitor wrote
	typing kind = "typing" // somebody types to the visitor
	waits  kind = "waits"  // Banner
	again  kind = "again"  // which conversations the visitor sees has changed
)

func (c *Chat) topic() string { return "chat/" + c.d.Name }

// tell passes h to the other processes.
func (c *Chat) tell(ctx context.Context, h hint) {
	if c.d.Bus == nil {
		return
	}
	h.From = c.proc
	b, err := json.Marshal(h)
	if err != nil {
		return
	}
	if err := c.d.Bus.Wake(ctx, c.topic(), string(b)); err != nil {
		c.d.Log.Debug("webchat: a hint was lost", "channel", c.d.Name, "err", err)
	}
}

// act does what h says to the windows that are open in this process. It
// reports false if there was nothing new in it.
func (c *Chat) act(h hint) bool {
	switch h.Kind {
	case shown:
		for _, s := range c.rooms.in(h.Peer, func(r *room) { r.high, r.last = max(r.high, h.Seq), h.ID }) {
			s.wake()
		}
	case wrote:
		for _, s := range c.rooms.in(h.Peer, nil) {
			s.wake()
		}
	case typing:
		now := c.d.Now()
		for _, s := range c.rooms.in(h.Peer, func(r *room) { r.typed = now }) {
			s.typing()
		}
	case waits:
		if h.Banner == nil || !c.banners.set(h.Peer, *h.Banner) {
			return false
		}
		for _, s := range c.rooms.in(h.Peer, nil) {
			s.banner(h.Banner)
		}
	case again:
		for _, s := range c.rooms.in(h.Peer, nil) {
			s.close(closeAgain, "read again")
		}
	}
	return true
}

// Run implements core.Runner: it hears the other processes and keeps sockets
// alive. When ctx is done it closes them all with 1001 and returns once the
// frames that were being handled are done.
func (c *Chat) Run(ctx context.Context) error {
	c.closing.Store(false)
	var hints <-chan string
	if c.d.Bus != nil {
		var err error
		if hints, err = c.d.Bus.Listen(ctx, c.topic()); err != nil {
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
			if json.Unmarshal([]byte(s), &h) == nil && h.From != c.proc {
				c.act(h)
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

// staff remembers for a moment who is on duty.
type staff struct {
	mu    sync.Mutex
	at    time.Time
	names map[string]string
	duty  bool
}

// who is at the other end of g's conversation.
func (c *Chat) who(ctx context.Context, g guest) (*who, *banner, error) {
	conv, _, err := c.talk(ctx, g.Peer)
	if err != nil {
		return nil, nil, err
	}
	agent := ""
	if conv.State == core.WithAgent && conv.Ticket != nil {
		agent = conv.Ticket.Agent
	}
	name, duty, err := c.onDuty(ctx, agent)
	if err != nil {
		return nil, nil, err
	}
	w := &who{State: cmp.Or(string(conv.State), string(core.WithBot)), Name: name, Staff: duty || agent != ""}
	b, ok := c.banners.get(g.Peer)
	if !ok || b.Text == "" {
		return w, nil, nil
	}
	return w, &banner{b.Text}, nil
}

func (c *Chat) whoBy(b core.Banner) *who {
	if b.State == "" {
		return nil
	}
	c.staff.mu.Lock()
	defer c.staff.mu.Unlock()
	return &who{State: string(b.State), Name: b.Name, Staff: c.staff.duty || b.State == core.WithAgent}
}

// onDuty is the name of agent, if one is asked for, and whether anybody is on
// duty.
func (c *Chat) onDuty(ctx context.Context, agent string) (name string, duty bool, err error) {
	c.staff.mu.Lock()
	defer c.staff.mu.Unlock()
	now := c.d.Now()
	name, known := c.staff.names[agent]
	if age := now.Sub(c.staff.at); c.staff.names != nil && age >= 0 && age < 5*time.Second && (known || agent == "") {
		return name, c.staff.duty, nil
	}
	agents, err := c.d.Views.Agents(ctx)
	if err != nil {
		return "", false, err
	}
	c.staff.names, c.staff.duty, c.staff.at = map[string]string{}, false, now
	for _, a := range agents {
		c.staff.names[a.ID] = a.Name
		c.staff.duty = c.staff.duty || a.Presence == core.OnDuty
	}
	return c.staff.names[agent], c.staff.duty, nil
}
