package webchat

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// take files a visitor's line and returns the frame that says so. Where it was
// not filed, Code says whether sending it again may help: rate and busy do.
func (c *Chat) take(ctx context.Context, g guest, addr string, a ask) reply {
	if no := c.mayWrite(g, addr); no != nil {
		return no.reply(a.ID)
	}
	parts, no := c.parts(g, a)
	if no != nil {
		return no.reply(a.ID)
	}
	env := core.Envelope{
		Channel: c.d.Name, Peer: g.peer(), Ref: g.Visitor + "/" + a.ID,
		At: c.d.Now(), By: core.Author{Kind: core.ByPeer, Name: g.Name}, Parts: parts,
	}
	err := c.d.Inbox.Receive(ctx, env)
	if errors.Is(err, core.ErrInvalid) {
		return (&refusal{Code: "invalid"}).reply(a.ID)
	}
	if err != nil {
		c.report("filing a line", err)
		return (&refusal{Code: "busy", After: 3 * time.Second}).reply(a.ID)
	}
	c.relay.pass(ctx, hint{Kind: hintWrote, Peer: g.Peer})
	return reply{Op: "ack", ID: a.ID}
}

// mayWrite counts a line against the visitor's and the address's rates.
func (c *Chat) mayWrite(g guest, addr string) *refusal {
	l, now := c.cfg.Limits, c.d.Now()
	wait := c.gates.pass("line/"+g.Peer, per(time.Minute, l.Messages, l.Burst), now)
	if wait == 0 {
		wait = c.gates.pass("lines/"+addr, per(time.Minute, l.PerAddress, l.PerAddress/3+1), now)
	}
	if wait > 0 {
		return &refusal{Status: http.StatusTooManyRequests, Code: "rate", After: wait}
	}
	return nil
}

func (c *Chat) parts(g guest, a ask) (core.Parts, *refusal) {
	if a.Pick != nil {
		return core.Parts{core.Pick{Option: a.Pick.Option, Label: a.Pick.Label}}, nil
	}
	if a.File == "" {
		return core.Parts{core.Text{Body: a.Text}}, nil
	}
	var u upload
	_, err := c.visitors.ring.unseal(forFile, a.File, &u)
	if err != nil || u.Visitor != g.Visitor || c.d.Now().Sub(time.Unix(u.At, 0)) > fileLife {
		return nil, &refusal{Status: http.StatusForbidden, Code: "file"}
	}
	u.Media.Words = a.Text
	return core.Parts{u.Media}, nil
}

// signal does what needs no answer.
func (c *Chat) signal(ctx context.Context, g guest, a ask) error {
	switch a.Op {
	case "open":
		return c.opened(ctx, g)
	case "typing":
		if c.gates.pass("typing/"+g.Peer, per(time.Minute, 30, 2), c.d.Now()) == 0 {
			c.d.Inbox.Typing(ctx, core.Envelope{Channel: c.d.Name, Peer: g.peer()})
		}
	case "read":
		if c.gates.pass("read/"+g.Peer, per(time.Minute, 60, 10), c.d.Now()) == 0 {
			return c.read(ctx, g, a.Seq)
		}
	}
	return nil
}

// opened tells the program that the visitor has opened the window, for a
// greeting: once a day at most, and not into a conversation that is going on.
func (c *Chat) opened(ctx context.Context, g guest) error {
	now := c.d.Now()
	conv, known, err := c.visitors.talk(ctx, g.Peer)
	if err != nil {
		return c.report("reading a conversation", err)
	}
	if known && (conv.Ticket.Open() || now.Sub(conv.Heard) < 24*time.Hour) {
		return nil
	}
	err = c.d.Inbox.Receive(ctx, core.Envelope{
		Channel: c.d.Name, Peer: g.peer(), Ref: g.Peer + "/joined/" + now.UTC().Format(time.DateOnly),
		At: now, By: core.Author{Kind: core.ByPeer, Name: g.Name}, Parts: core.Parts{core.Joined{From: g.Page}},
	})
	if err != nil && !errors.Is(err, core.ErrInvalid) {
		return c.report("filing a visit", err)
	}
	return nil
}

// read reports what people wrote to the visitor, up to seq, as read: the
// newest few, for whoever reads the last has seen those above it.
func (c *Chat) read(ctx context.Context, g guest, seq int64) error {
	recs, _, err := c.history.records(ctx, g, core.PastQuery{Before: seq + 1, Max: 10, Peer: true})
	if err != nil {
		return c.report("reading a conversation", err)
	}
	for _, r := range recs {
		m := r.Message
		if r.In || m.By.Kind != core.ByAgent || r.State != core.ProgressSent && r.State != core.ProgressReceived {
			continue
		}
		err := c.d.Inbox.Report(ctx, core.Receipt{Channel: c.d.Name, Ref: m.ID, State: core.ReceiptRead, At: c.d.Now()})
		if err != nil && !errors.Is(err, core.ErrNotFound) {
			return c.report("filing a receipt", err)
		}
	}
	return nil
}
