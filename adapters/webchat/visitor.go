package webchat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// A guest is whom a token stands for, looked up.
type guest struct {
	pass
	Peer  string   // whose conversation what they write belongs to
	Also  []string // further peers that were merged into this customer
	Lang  string
	Page  string // where they are, without query
	Title string // of that page
	Zone  string // of their clock
	Facts map[string]string
}

// peers are all whose records the guest may read.
func (g guest) peers() []string { return append([]string{g.Peer}, g.Also...) }

// log names the set of conversations that the guest sees. When it changes, the
// widget has to read everything again.
func (g guest) log() string {
	return strings.Join(g.peers(), ",")
}

// visitors are who writes, and what is kept of them.
type visitors struct {
	channel string // name of the account
	values  core.Values
	views   core.Views
	ring    ring
	now     func() time.Time
}

// key is where we keep something. Everything about a customer is found by their
// name at the host; owner/ says whose a visitor has become.
func (vs visitors) key(kind, id string) string {
	return "webchat/" + vs.channel + "/" + kind + "/" + url.PathEscape(id)
}

// madeKey is the key that all processes share where none is configured.
func (vs visitors) madeKey() ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	at := vs.key("key", vs.ring.site)
	if _, err := vs.values.Add(ctx, at, name()+name(), 0); err != nil {
		return nil, fmt.Errorf("webchat: keeping a key for visitor tokens: %w", err)
	}
	k, ok, err := vs.values.Get(ctx, at)
	if err == nil && !ok {
		err = core.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("webchat: reading the key for visitor tokens: %w", err)
	}
	return []byte(k), nil
}

// maxAlso is how many merged visitors of one customer are still read.
const maxAlso = 16

// guest looks up whom p stands for. errToken: the visitor has become a customer
// since, and only the customer's own token opens that conversation.
func (vs visitors) guest(ctx context.Context, p pass) (guest, error) {
	g := guest{pass: p, Peer: p.Visitor}
	if p.User == "" {
		_, owned, err := vs.values.Get(ctx, vs.key("owner", p.Visitor))
		if err == nil && owned {
			err = errToken
		}
		return g, err
	}
	main, ok, err := vs.values.Get(ctx, vs.key("user", p.User))
	if err != nil {
		return g, err
	}
	if !ok {
		return g, errToken // erased
	}
	g.Peer = main
	also, err := vs.values.List(ctx, vs.key("also", p.User)+"/", maxAlso+1)
	if err != nil {
		return g, err
	}
	for _, v := range also {
		if v.Value != main {
			g.Also = append(g.Also, v.Value)
		}
	}
	if s, ok, err := vs.values.Get(ctx, vs.key("who", p.User)); err != nil {
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
// the visitor's. moved are the peers who see other conversations from now on.
func (vs visitors) login(ctx context.Context, p pass, who customer) (next pass, moved []string, err error) {
	v := vs.values
	if _, err := v.Add(ctx, vs.key("owner", p.Visitor), who.ID, 0); err != nil {
		return p, nil, err
	}
	owner, _, err := v.Get(ctx, vs.key("owner", p.Visitor))
	if err != nil {
		return p, nil, err
	}
	if owner != who.ID { // somebody else has used this browser
		p = pass{Visitor: name()}
		if _, err := v.Add(ctx, vs.key("owner", p.Visitor), who.ID, 0); err != nil {
			return p, nil, err
		}
	}
	b, err := json.Marshal(who)
	if err != nil {
		return p, nil, err
	}
	if was, _, err := v.Get(ctx, vs.key("who", who.ID)); err != nil {
		return p, nil, err
	} else if was != string(b) {
		if err := v.Put(ctx, vs.key("who", who.ID), string(b), 0); err != nil {
			return p, nil, err
		}
	}
	if _, err := v.Add(ctx, vs.key("user", who.ID), p.Visitor, 0); err != nil {
		return p, nil, err
	}
	main, _, err := v.Get(ctx, vs.key("user", who.ID))
	if err != nil {
		return p, nil, err
	}
	p.User = who.ID
	if who.Name != "" {
		p.Name = who.Name
	}
	if main == p.Visitor {
		return p, nil, nil
	}
	moved, err = vs.merge(ctx, p, main)
	return p, moved, err
}

// merge joins the visitor of p to the customer whose conversation main is, and
// returns the peers who see other conversations from now on.
func (vs visitors) merge(ctx context.Context, p pass, main string) ([]string, error) {
	mine, wrote, err := vs.talk(ctx, p.Visitor)
	if err != nil || !wrote {
		return nil, err
	}
	added, err := vs.values.Add(ctx, vs.key("also", p.User)+"/"+p.Visitor, p.Visitor, 0)
	if err != nil || !added {
		return nil, err
	}
	theirs, _, err := vs.talk(ctx, main)
	if err != nil {
		return nil, err
	}
	if mine.Ticket.Open() && !theirs.Ticket.Open() {
		if _, err := vs.values.Add(ctx, vs.key("also", p.User)+"/"+main, main, 0); err != nil {
			return nil, err
		}
		if err := vs.values.Put(ctx, vs.key("user", p.User), p.Visitor, 0); err != nil {
			return nil, err
		}
	}
	return []string{main, p.Visitor}, nil
}

// talk is a peer's conversation, and whether there is one.
func (vs visitors) talk(ctx context.Context, peer string) (core.Conversation, bool, error) {
	v, err := vs.views.Conversation(ctx, core.Key{Channel: vs.channel, Peer: peer})
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

var zoneName = regexp.MustCompile(`^[A-Za-z0-9_+/-]{1,40}$`)

// zone is the name of a time zone, as far as its letters go.
func zone(name string) string {
	if !zoneName.MatchString(name) {
		return ""
	}
	return name
}
