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
package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk"
)

// Prefix is where the pages are.
const Prefix = "/console/"

// Config is the console's part of the configuration.
type Config struct {
	Title   string        `yaml:"title"`   // name over the pages; Frontdesk if empty
	URL     string        `yaml:"url"`     // public address, e.g. https://desk.example.com; needed behind a proxy that speaks TLS
	Proxies []string      `yaml:"proxies"` // networks whose X-Forwarded-For is believed, e.g. 127.0.0.1/32
	Idle    time.Duration `yaml:"idle"`    // a session ends after so long without use; 12h if 0
	Life    time.Duration `yaml:"life"`    // a session ends after so long in any case; 168h if 0
	Topics  []string      `yaml:"topics"`  // offered for transfers, beside those in use
	Upload  int64         `yaml:"upload"`  // largest attachment in bytes; 20 MiB if 0
}

// Validate sets defaults and reports what is wrong, all of it at once.
func (c *Config) Validate() error {
	if c.Title == "" {
		c.Title = "Frontdesk"
	}
	if c.Idle == 0 {
		c.Idle = 12 * time.Hour
	}
	if c.Life == 0 {
		c.Life = 7 * 24 * time.Hour
	}
	if c.Upload == 0 {
		c.Upload = 20 << 20
	}
	var errs []error
	if c.Idle < time.Minute || c.Life < c.Idle {
		errs = append(errs, fmt.Errorf("console: idle %v, life %v: idle must be a minute at least and life not shorter than idle", c.Idle, c.Life))
	}
	if c.Upload < 0 {
		errs = append(errs, fmt.Errorf("console: upload %d: must be a number of bytes", c.Upload))
	}
	if c.URL != "" {
		if u, err := url.Parse(c.URL); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.Path != "" && u.Path != "/" {
			errs = append(errs, fmt.Errorf("console: url %q: write scheme and host only, e.g. https://desk.example.com", c.URL))
		}
	}
	for _, p := range c.Proxies {
		if _, err := netip.ParsePrefix(p); err != nil {
			errs = append(errs, fmt.Errorf("console: proxies: %q is not a network like 10.0.0.0/8", p))
		}
	}
	return errors.Join(errs...)
}

// Console is the adapter.
type Console struct {
	Config
	core.Deps
	proxies  []netip.Prefix
	handler  http.Handler
	files    files
	live     live
	board    board
	throttle throttle
	hashing  chan struct{} // at most so many argon2 at a time: each takes 19 MiB
	accounts sync.Mutex    // held from reading an account to writing it back

	mu        sync.Mutex
	title     func(lang, topic string) string // of a topic; nil: as it is
	templates func(channel string) []desk.Template
	channels  map[string]core.Limits
}

var (
	_ core.Site   = (*Console)(nil)
	_ core.Runner = (*Console)(nil)
	_ core.Editor = (*Console)(nil)
	_ core.Marker = (*Console)(nil)
	_ core.Typist = (*Console)(nil)
)

// New returns a console. Its Run must be running for pages to be live.
func New(c Config, d core.Deps) (*Console, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	o := &Console{Config: c, Deps: d, hashing: make(chan struct{}, 2), channels: map[string]core.Limits{}}
	for _, p := range c.Proxies {
		o.proxies = append(o.proxies, netip.MustParsePrefix(p))
	}
	o.throttle = throttle{values: d.Values, now: d.Now, prefix: o.key("fail/")}
	var err error
	if o.files, err = dist(); err != nil {
		return nil, err
	}
	if o.handler, err = o.routes(); err != nil {
		return nil, err
	}
	return o, nil
}

// Channels tells the pages what the customers' channels carry, so that the
// composer can count. Without it the pages count characters only.
func (c *Console) Channels(l map[string]core.Limits) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, limits := range l {
		c.channels[name] = limits
	}
}

// Titles tells the pages what people call a topic.
func (c *Console) Titles(f func(lang, topic string) string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.title = f
}

// Templates tells the pages which templates a channel's customers may be sent.
func (c *Console) Templates(f func(channel string) []desk.Template) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.templates = f
}

// templatesOf are in the configuration's order.
func (c *Console) templatesOf(channel string) []desk.Template {
	c.mu.Lock()
	f := c.templates
	c.mu.Unlock()
	if f == nil {
		return nil
	}
	return f(channel)
}

// titles are what topics are called, by language and topic.
type titles map[string]map[string]string

func (c *Console) titled(topics []string) titles {
	c.mu.Lock()
	f := c.title
	c.mu.Unlock()
	if f == nil {
		return nil
	}
	out := titles{}
	for _, lang := range []string{"zh", "en"} {
		out[lang] = map[string]string{}
		for _, id := range topics {
			out[lang][id] = f(lang, id)
		}
	}
	return out
}

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
		return "", &core.SendError{Kind: core.Transient, Err: err}
	}
	if len(env.Parts) == 0 {
		return "", &core.SendError{Kind: core.Rejected, Err: errors.New("console: a message without parts")}
	}
	ticket, card := about(env)
	if card && env.Thread == "" {
		if ticket == "" {
			return "", &core.SendError{Kind: core.Rejected, Err: errors.New("console: a case without a ticket")}
		}
		c.hint(ctx, hint{Kind: hintTicket, Ticket: ticket})
		return ticket, nil
	}
	c.show(ctx, env)
	switch {
	case env.ID != "":
		return env.ID, nil
	case ticket != "":
		return ticket, nil
	}
	return "", &core.SendError{Kind: core.Rejected, Err: errors.New("console: a message without an ID")}
}

// Edit implements core.Editor.
func (c *Console) Edit(ctx context.Context, ref string, env core.Envelope) error {
	if err := ctx.Err(); err != nil {
		return &core.SendError{Kind: core.Transient, Err: err}
	}
	if ref == "" {
		return &core.SendError{Kind: core.Gone, Err: errors.New("console: no message without a name can be replaced")}
	}
	c.show(ctx, env)
	return nil
}

// Mark implements core.Marker.
func (c *Console) Mark(ctx context.Context, at core.Via, m core.Mark, why string) error {
	c.hint(ctx, hint{Kind: hintMark, Ticket: at.Thread, Ref: at.Ref, State: string(m), Text: clip(why, 300)})
	return ctx.Err()
}

// Typing implements core.Typist: the customer of the thread is typing.
func (c *Console) Typing(ctx context.Context, _ core.Peer, thread string) error {
	c.hint(ctx, hint{Kind: hintTyping, Ticket: thread})
	return ctx.Err()
}

// show tells the browsers that env is there to be seen. What is meant for one
// member of staff goes to their browsers only.
func (c *Console) show(ctx context.Context, env core.Envelope) {
	ticket, card := about(env)
	h := hint{Kind: hintTicket, Ticket: ticket}
	if !card && env.Peer.ID != "" && env.By.Kind != core.ByPeer {
		h.Kind, h.To = hintNotice, env.Peer.ID
		if t, ok := env.Parts[0].(core.Text); ok { // what has buttons is seen in the conversation only
			h.Text = clip(t.Body, 500)
		}
	}
	c.hint(ctx, h)
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

// hint tells the browsers of every process. It is best effort.
func (c *Console) hint(ctx context.Context, h hint) {
	c.board.stale()
	b, err := json.Marshal(h)
	if err == nil {
		err = c.Bus.Wake(ctx, c.topic(), string(b))
	}
	if err != nil {
		c.Log.Debug("console: a hint was lost", "err", err)
	}
}

func (c *Console) topic() string { return "console/" + c.Name }

// key is a key of ours in Values.
func (c *Console) key(rest string) string { return "console/" + c.Name + "/" + rest }

// agent is the Agent.ID of an account.
func (c *Console) agent(account string) string { return c.Name + "/" + account }

// account is the account behind an Agent.ID; empty if they work at another desk.
func (c *Console) account(agent string) string {
	id, ok := strings.CutPrefix(agent, c.Name+"/")
	if !ok {
		return ""
	}
	return id
}

// clip shortens s to n runes.
func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
