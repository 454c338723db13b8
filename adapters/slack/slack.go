// Package slack connects a Slack workspace as a desk: a channel of the staff, and
// rooms of their own for tickets about some topics. Every ticket is a thread in
// its topic's room. Its root is the card with the buttons, what is written in it
// is read by core/desk. A ticket that gets another topic goes on in that one's
// room, in a new thread.
//
// It stands on slack-go. Slack's events come over a socket that we open (Socket
// Mode, with an app-level token) or over HTTP, signed; both go the same way. They
// are read here and not by slack-go, which refuses an event as a whole if one
// block in it is new to it.
//
// Protocol: https://docs.slack.dev/apis/events-api/ and
// https://docs.slack.dev/apis/events-api/using-socket-mode
//
// What is promised on failure: an event is acknowledged only after it is filed,
// so a crash has it delivered again with the same Ref; what Slack does not
// deliver again (it tries for some minutes) is fetched after connecting. Slack
// has no idempotency keys: every message of ours carries its Envelope.ID as
// metadata, and one whose outcome is in doubt is looked for before it is sent
// again.
package slack

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	api "github.com/slack-go/slack"

	"github.com/frontdesk-im/frontdesk/core"
)

// Config is the desk's part of the configuration.
type Config struct {
	Token   core.Secret `json:"token"`     // of the bot, xoxb-…
	App     core.Secret `json:"app_token"` // for Socket Mode, xapp-…; empty: events come over HTTP
	Secret  core.Secret `json:"secret"`    // the app's Signing Secret; needed for HTTP
	Channel string      `json:"channel"`   // the staff's channel by its ID, C…
	API     string      `json:"api"`       // of the Web API; default https://slack.com/api

	Rooms map[string]string `json:"rooms"` // topics that have a channel of their own, and its ID
}

var channelID = regexp.MustCompile(`^[CG][A-Z0-9]{2,}$`)

// Validate reports what is missing and sets defaults.
func (c *Config) Validate() error {
	if !strings.HasPrefix(string(c.Token), "xoxb-") {
		return errors.New("slack: token must be the app's Bot User OAuth Token, xoxb-…")
	}
	if c.App == "" && len(c.Secret) < 16 {
		return errors.New("slack: needs app_token (xapp-…, Socket Mode) or secret (the Signing Secret, for events over HTTP)")
	}
	if c.App != "" && !strings.HasPrefix(string(c.App), "xapp-") {
		return errors.New("slack: app_token must be an app-level token with connections:write, xapp-…")
	}
	if !channelID.MatchString(c.Channel) {
		return errors.New("slack: channel must be the channel's ID, like C0123ABCD: open the channel's details, it is at the bottom")
	}
	for i, id := range c.rooms() {
		if !channelID.MatchString(id) {
			return fmt.Errorf("slack: rooms: %q must be a channel's ID, like C0123ABCD", id)
		}
		if slices.Contains(c.rooms()[:i], id) {
			return fmt.Errorf("slack: rooms: %s is there twice: every topic has a channel of its own, what has none goes to channel", id)
		}
	}
	if _, ok := c.Rooms[""]; ok {
		return errors.New("slack: rooms: a topic has no name; what has no room of its own goes to channel")
	}
	if c.API == "" {
		c.API = "https://slack.com/api"
	}
	if u, err := url.Parse(c.API); err != nil || u.Host == "" {
		return errors.New("slack: api must be the http(s) address of a Web API")
	}
	c.API = strings.TrimSuffix(c.API, "/") + "/"
	return nil
}

// Channel is one app in one workspace.
type Channel struct {
	conf  Config
	deps  core.Deps
	api   *api.Client
	begun time.Time // what was made before may have been sent by an earlier process

	pace    pace
	names   names
	members members
	lanes   lanes
	marks   marks
	seen    seen
	socket  struct{ ping time.Duration } // longest silence of a socket; 0 is the library's

	mu     sync.Mutex
	me     identity
	doubt  map[string]bool      // IDs of messages whose outcome is unknown
	tried  map[string]bool      // Refs of messages whose files could not be fetched
	looked map[string]time.Time // when an agent last did something in a thread
}

// identity is who we are in the workspace.
type identity struct{ user, url string }

var (
	_ core.Webhook = (*Channel)(nil)
	_ core.Runner  = (*Channel)(nil)
	_ core.Editor  = (*Channel)(nil)
	_ core.Marker  = (*Channel)(nil)
)

// New returns the app that c describes. It asks Slack nothing.
func New(c Config, d core.Deps) (*Channel, error) {
	ch := &Channel{conf: c, deps: d, begun: d.Now(), doubt: map[string]bool{}, tried: map[string]bool{}, looked: map[string]time.Time{}}
	ch.api = api.New(string(c.Token), api.OptionAPIURL(c.API), api.OptionHTTPClient(d.HTTP),
		api.OptionAppLevelToken(string(c.App)), api.OptionLog(quiet{ch}))
	ch.pace = pace{now: d.Now, several: len(c.Rooms) > 0}
	ch.marks.patience = 2 * time.Second
	return ch, nil
}

// Limits are from https://docs.slack.dev/reference/methods/chat.postMessage and
// https://docs.slack.dev/reference/block-kit/blocks. A doubtful message is looked
// for before it is sent again, so an unknown outcome may be repeated; only what
// one agent alone sees may then show twice.
func (*Channel) Limits() core.Limits {
	return core.Limits{
		Text: 3800, Unit: core.UTF16, Media: []string{""}, MediaSize: 1 << 30,
		Options: 25, Label: 75, Cases: true, Threads: true, Names: true, Idempotent: true,
	}
}

func (ch *Channel) key(kind, id string) string {
	return "slack/" + ch.deps.Name + "/" + kind + "/" + id
}

// quiet passes the library's log on, without secrets.
type quiet struct{ ch *Channel }

func (q quiet) Output(_ int, s string) error {
	q.ch.deps.Log.Debug("slack-go", slog.String("says", q.ch.hide(strings.TrimSpace(s))))
	return nil
}

// A place is a message or a thread: "<channel>:<ts>".
func place(channel, ts string) string { return channel + ":" + ts }

// spot takes a place apart; what follows a slash is about it.
func spot(ref string) (channel, ts string, ok bool) {
	ref, _, _ = strings.Cut(ref, "/")
	channel, ts, ok = strings.Cut(ref, ":")
	return channel, ts, ok && channel != "" && ts != ""
}
