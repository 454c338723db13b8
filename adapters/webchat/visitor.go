package webchat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/frontdesk-im/frontdesk/core"
)

// A guest is whom a token stands for, looked up.
type guest struct {
	pass
	Peer  string   // whose conversation what they write belongs to
	Also  []string // further peers that were merged into this customer
	Lang  string
	Page  string // where they are, without query
	Facts map[string]string
}

// peers are all whose records the guest may read.
func (g guest) peers() []string { return append([]string{g.Peer}, g.Also...) }

// log names the set of conversations that the guest sees. When it changes, the
// widget has to read everything again.
func (g guest) log() string {
	return strings.Join(g.peers(), ",")
}

// Keys of what we keep. Everything about a customer is found by their name at
// the host; owner/ says whose a visitor has become.
func (c *Chat) key(kind, id string) string {
	return "webchat/" + c.d.Name + "/" + kind + "/" + url.PathEscape(id)
}

// maxAlso is how many merged visitors of one customer are still read.
const maxAlso = 16

// guest looks up whom p stands for. errToken: the visitor has become a customer
// since, and only the customer's own token opens that conversation.
func (c *Chat) guest(ctx context.Context, p pass) (guest, error) {
	g := guest{pass: p, Peer: p.Visitor}
	if p.User == "" {
		_, owned, err := c.d.Values.Get(ctx, c.key("owner", p.Visitor))
		if err == nil && owned {
			err = errToken
		}
		return g, err
	}
	main, ok, err := c.d.Values.Get(ctx, c.key("user", p.User))
	if err != nil {
		return g, err
	}
	if !ok {
		return g, errToken // erased
	}
	g.Peer = main
	also, err := c.d.Values.List(ctx, c.key("also", p.User)+"/", maxAlso+1)
	if err != nil {
		return g, err
	}
	for _, v := range also {
		if v.Value != main {
			g.Also = append(g.Also, v.Value)
		}
	}
	if s, ok, err := c.d.Values.Get(ctx, c.key("who", p.User)); err != nil {
		return g, err
	} else if ok {
		var who customer
		if err := json.Unmarshal([]byte(s), &who); err != nil {
			return g, fmt.Errorf("webchat: what is kept about a customer: %w", err)
		}
		g.Facts, g.Lang = who.Facts, who.Lang
		if who.Name != "" {
			g.Name = who.Name
		}
	}
	return g, nil
}

// login makes the visitor of p the customer whom the host has vouched for, and
// returns their new pass. The first visitor of a customer gives the customer
// their conversation; later ones are merged into it. Where a person is already
// at work on the visitor's conversation and not on the customer's, it goes on in
// the visitor's.
func (c *Chat) login(ctx context.Context, p pass, who customer) (pass, error) {
	v := c.d.Values
	if _, err := v.Add(ctx, c.key("owner", p.Visitor), who.ID, 0); err != nil {
		return p, err
	}
	owner, _, err := v.Get(ctx, c.key("owner", p.Visitor))
	if err != nil {
		return p, err
	}
	if owner != who.ID { // somebody else has used this browser
		p = pass{Visitor: name()}
		if _, err := v.Add(ctx, c.key("owner", p.Visitor), who.ID, 0); err != nil {
			return p, err
		}
	}
	b, err := json.Marshal(who)
	if err != nil {
		return p, err
	}
	if was, _, err := v.Get(ctx, c.key("who", who.ID)); err != nil {
		return p, err
	} else if was != string(b) {
		if err := v.Put(ctx, c.key("who", who.ID), string(b), 0); err != nil {
			return p, err
		}
	}
	if _, err := v.Add(ctx, c.key("user", who.ID), p.Visitor, 0); err != nil {
		return p, err
	}
	main, _, err := v.Get(ctx, c.key("user", who.ID))
	if err != nil {
		return p, err
	}
	p.User = who.ID
	if who.Name != "" {
		p.Name = who.Name
	}
	if main == p.Visitor {
		return p, nil
	}
	return p, c.merge(ctx, p, main)
}

// merge joins the visitor of p to the customer whose conversation main is.
func (c *Chat) merge(ctx context.Context, p pass, main string) error {
	mine, wrote, err := c.talk(ctx, p.Visitor)
	if err != nil || !wrote {
		return err
	}
	fresh, err := c.d.Values.Add(ctx, c.key("also", p.User)+"/"+p.Visitor, p.Visitor, 0)
	if err != nil || !fresh {
		return err
	}
	theirs, _, err := c.talk(ctx, main)
	if err != nil {
		return err
	}
	if mine.Ticket.Open() && !theirs.Ticket.Open() {
		if _, err := c.d.Values.Add(ctx, c.key("also", p.User)+"/"+main, main, 0); err != nil {
			return err
		}
		if err := c.d.Values.Put(ctx, c.key("user", p.User), p.Visitor, 0); err != nil {
			return err
		}
	}
	for _, peer := range []string{main, p.Visitor} { // other windows read everything again
		c.act(hint{Kind: again, Peer: peer})
		c.tell(ctx, hint{Kind: again, Peer: peer})
	}
	return nil
}

// talk is a peer's conversation, and whether there is one.
func (c *Chat) talk(ctx context.Context, peer string) (core.Conversation, bool, error) {
	v, err := c.d.Views.Conversation(ctx, core.Key{Channel: c.d.Name, Peer: peer})
	if errors.Is(err, core.ErrNotFound) {
		return v, false, nil
	}
	return v, err == nil, err
}

// bare is a page's address without what may carry secrets.
func bare(page string) string {
	u, err := url.Parse(page)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return ""
	}
	return clip((&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String(), 300)
}
