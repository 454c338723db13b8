// Package console is the staff's web pages: sign-in, the inbox, the team and
// its accounts, served by the same binary under /console/.
//
// To the hub it is a desk like any other: an adapter with threads, whose thread
// names are ticket IDs. Yet it carries nothing away: what staff see is read
// from Deps.Views, so Send, Edit, Mark and Typing only tell the browsers that
// there is something to look at, through hints on the bus. A hint that is lost
// costs seconds, never a message: every page also asks by itself. What staff do
// is an Envelope to Deps.Inbox and is answered 202 only after Receive returned,
// under a reference that the browser made, so that it may be repeated safely.
//
// Accounts, sessions, invitations and canned replies are in Deps.Values.
// Passwords are kept as argon2id hashes, session and link tokens as SHA-256
// hashes, so that a stolen database signs nobody in.
//
// site.go says who serves which address: the entrance (sign-in, links, passwords),
// the inbox (what the pages ask), acts (what they do), media, replies and admin.
// They share few things, each with a file of its own: accounts, sessions, devices
// and links on a shelf of Values; the board, which is the open tickets as last
// read; live, which is the browsers and the hints between processes.
package console

import (
	"context"
	"errors"
	"maps"
	"net/http"

	"github.com/frontdesk-im/frontdesk/core"
)

// Prefix is where the pages are.
const Prefix = "/console/"

// Console is the adapter: what the hub sees of the pages.
type Console struct {
	handler   http.Handler
	live      *live
	catalogue *catalogue
	links     *links
}

var (
	_ core.Workplace = (*Console)(nil)
	_ core.Founder   = (*Console)(nil)
	_ core.Runner    = (*Console)(nil)
	_ core.Editor    = (*Console)(nil)
	_ core.Marker    = (*Console)(nil)
	_ core.Typist    = (*Console)(nil)
)

// New returns a console. Its Run must be running for pages to be live.
func New(c Config, d core.Deps) (*Console, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	s, err := build(c, d)
	if err != nil {
		return nil, err
	}
	return s.console()
}

// console is the adapter of a site.
func (s site) console() (*Console, error) {
	h, err := s.routes()
	return &Console{h, s.entrance.live, s.inbox.catalogue, s.entrance.links}, err
}

// build makes those who serve the pages.
func build(c Config, d core.Deps) (site, error) {
	f, err := dist()
	if err != nil {
		return site{}, err
	}
	var (
		name = deskName(d.Name)
		kept = name.shelf(d.Values)
		at   = door{c.URL, c.networks()}
		who  = &accounts{shelf: kept}
		seen = &board{desk: name, views: d.Views, accounts: who, now: d.Now}
		told = &live{bus: d.Bus, topic: name.topic(), origin: c.URL, log: d.Log, board: seen}
		note = audit{d.Log, at}
		hash = make(hasher, 2)
		used = devices{kept, at}
		open = &links{kept, who, hash, d.Now, d.Log}
		slow = &throttle{values: d.Values, now: d.Now, front: kept.front + "fail/"}
		in   = &sessions{kept, who, used, at, d.Now, c.Idle, c.Life}
		says = &catalogue{channels: map[string]core.Limits{}}
	)
	who.ended = func(ctx context.Context, id string) { told.tell(ctx, hint{Kind: hintOut, To: id}) }
	return site{
		files: f,
		gate:  gate{in, d.Log},
		entrance: entrance{
			title: c.Title, inbox: f.index, door: at, accounts: who, sessions: in, links: open,
			lock: lock{who, slow, used, hash, d.Log, d.Meter}, live: told, audit: note, log: d.Log,
		},
		inbox:   inbox{name, c.Title, c.Upload, c.Topics, seen, who, d.Views, says, d.Now},
		acts:    acts{name, seen, told, d.Inbox, d.Blobs, d.Now},
		media:   media{d.Blobs, c.Upload},
		replies: replies{kept, told, note},
		admin:   admin{name, who, open, told, d.Inbox, note, d.Now},
	}, nil
}

// Channels tells the pages what the customers' channels carry, so that the
// composer can count. Without it the pages count characters only.
func (c *Console) Channels(l map[string]core.Limits) {
	c.catalogue.learn(func() { maps.Copy(c.catalogue.channels, l) })
}

// Titles tells the pages what people call a topic.
func (c *Console) Titles(f func(lang, topic string) string) {
	c.catalogue.learn(func() { c.catalogue.title = f })
}

// Labels tells the pages what people call a field of a ticket's form and its value.
func (c *Console) Labels(f func(lang, name, value string) core.Field) {
	c.catalogue.learn(func() { c.catalogue.label = f })
}

// Templates tells the pages which templates a channel's customers may be sent.
func (c *Console) Templates(f func(channel string) []core.Template) {
	c.catalogue.learn(func() { c.catalogue.templates = f })
}

// FirstLink returns the path of a page that makes the first account. needed is
// false, and path empty, once there is one. Each call makes a new link; the
// first that is used ends all. It works once and for a day.
func (c *Console) FirstLink(ctx context.Context) (path string, needed bool, err error) {
	return c.links.first(ctx)
}

// ResetLink returns the path of a page on which the account sets a new
// password. It works once and for a day. It is for those who run the program.
func (c *Console) ResetLink(ctx context.Context, signIn string) (path string, err error) {
	return c.links.reset(ctx, signIn)
}

// Run implements core.Runner: it passes hints from the bus to the browsers
// until ctx is done, and then closes their sockets.
func (c *Console) Run(ctx context.Context) error { return c.live.run(ctx) }

// Prefix implements core.Site.
func (c *Console) Prefix() string { return Prefix }

// ServeHTTP implements core.Site.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.handler.ServeHTTP(w, r) }

// Limits implements core.Adapter: a browser shows everything.
func (c *Console) Limits() core.Limits {
	return core.Limits{
		Media: []string{""}, Options: 100, Cards: true, Places: true, Forms: true,
		Cases: true, Threads: true, Idempotent: true, Names: true,
	}
}

// Send implements core.Adapter. The message is in the log already and is read
// from there, so nothing is kept and a repetition is harmless.
func (c *Console) Send(ctx context.Context, env core.Envelope) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", &core.SendError{Kind: core.KindTransient, Err: err}
	}
	if len(env.Parts) == 0 {
		return "", &core.SendError{Kind: core.KindRejected, Err: errors.New("console: a message without parts")}
	}
	ticket, card := about(env)
	if card && env.Thread == "" {
		if ticket == "" {
			return "", &core.SendError{Kind: core.KindRejected, Err: errors.New("console: a case without a ticket")}
		}
		c.live.tell(ctx, hint{Kind: hintTicket, Ticket: ticket})
		return ticket, nil
	}
	c.live.tell(ctx, hintOf(env))
	switch {
	case env.ID != "":
		return env.ID, nil
	case ticket != "":
		return ticket, nil
	}
	return "", &core.SendError{Kind: core.KindRejected, Err: errors.New("console: a message without an ID")}
}

// Edit implements core.Editor.
func (c *Console) Edit(ctx context.Context, ref string, env core.Envelope) error {
	if err := ctx.Err(); err != nil {
		return &core.SendError{Kind: core.KindTransient, Err: err}
	}
	if ref == "" {
		return &core.SendError{Kind: core.KindGone, Err: errors.New("console: no message without a name can be replaced")}
	}
	c.live.tell(ctx, hintOf(env))
	return nil
}

// Mark implements core.Marker.
func (c *Console) Mark(ctx context.Context, at core.Via, m core.Mark, why string) error {
	c.live.tell(ctx, hint{Kind: hintMark, Ticket: at.Thread, Ref: at.Ref, State: string(m), Text: clip(why, 300)})
	return ctx.Err()
}

// Typing implements core.Typist: the customer of the thread is typing.
func (c *Console) Typing(ctx context.Context, _ core.Peer, thread string) error {
	c.live.tell(ctx, hint{Kind: hintTyping, Ticket: thread})
	return ctx.Err()
}

// hintOf tells where to see env. What is meant for one member of staff goes to
// their browsers only.
func hintOf(env core.Envelope) hint {
	ticket, card := about(env)
	h := hint{Kind: hintTicket, Ticket: ticket}
	if !card && env.Peer.ID != "" && env.By.Kind != core.ByPeer {
		h.Kind, h.To = hintNotice, env.Peer.ID
		if t, ok := env.Parts[0].(core.Text); ok { // what has buttons is seen in the conversation only
			h.Text = clip(t.Body, 500)
		}
	}
	return h
}

// about is the ticket that env belongs to, and whether env is its card.
func about(env core.Envelope) (ticket string, card bool) {
	if len(env.Parts) > 0 {
		if k, ok := env.Parts[0].(core.Case); ok {
			return k.Ticket, true
		}
	}
	if env.Thread != "" {
		return env.Thread, false
	}
	return env.Ticket, false
}

// clip shortens s to n runes.
func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
