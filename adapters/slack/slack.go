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

// Channel is one app in one workspace. It sends and receives; each job that needs
// a memory of its own has a value that knows no more than the job asks for.
type Channel struct {
	conf   Config
	deps   core.Deps
	api    web
	lang   lang
	reader reader
	notes  notes
	pace   pace

	people  people
	members members
	eyes    eyes
	doors   doors
	doubts  doubts
	files   files
	marks   marks
	screens screens
	history history

	lanes  lanes
	socket struct{ ping time.Duration } // longest silence of a socket; 0 is the library's
}

// web is Slack's Web API, and how its failures are told.
type web struct {
	*api.Client
	mask
}

var (
	_ core.Webhook = (*Channel)(nil)
	_ core.Runner  = (*Channel)(nil)
	_ core.Editor  = (*Channel)(nil)
	_ core.Marker  = (*Channel)(nil)
	_ core.Checker = (*Channel)(nil)
)

// New returns the app that c describes. It asks Slack nothing.
func New(c Config, d core.Deps) (*Channel, error) {
	hides := mask{c.Token, c.App, c.Secret}
	client := web{mask: hides, Client: api.New(string(c.Token), api.OptionAPIURL(c.API), api.OptionHTTPClient(d.HTTP),
		api.OptionAppLevelToken(string(c.App)), api.OptionLog(quiet{d.Log, hides}))}
	ch := &Channel{
		conf: c, deps: d, api: client, lang: lang(d.Lang), notes: notes{d.Values, d.Name},
		pace:   pace{now: d.Now, several: len(c.Rooms) > 0},
		eyes:   eyes{now: d.Now, looked: map[string]time.Time{}},
		doors:  doors{client, d.Log},
		doubts: doubts{begun: d.Now(), ids: map[string]bool{}},
		marks:  marks{api: client, log: d.Log, patience: 2 * time.Second},
		people: people{api: client, log: d.Log, now: d.Now},
	}
	ch.reader = reader{d.Name, &ch.conf}
	ch.members = members{api: client, conf: &ch.conf, now: d.Now}
	ch.files = files{api: client, blobs: d.Blobs, tried: map[string]bool{}}
	ch.screens = screens{desk: d.Name, lang: ch.lang, api: client, log: d.Log, notes: ch.notes, views: d.Views, people: &ch.people}
	ch.history = history{conf: &ch.conf, api: client, log: d.Log, now: d.Now, notes: ch.notes, file: ch.replay}
	return ch, nil
}

// Limits are from https://docs.slack.dev/reference/methods/chat.postMessage and
// https://docs.slack.dev/reference/block-kit/blocks. A doubtful message is looked
// for before it is sent again, so an unknown outcome may be repeated; only what
// one agent alone sees may then show twice.
func (ch *Channel) Limits() core.Limits {
	rooms := len(ch.conf.rooms())
	return core.Limits{
		Text: 3800, Unit: core.UTF16, Media: []string{""}, MediaSize: 1 << 30,
		Options: 25, Label: 75, Cases: true, Threads: true, Names: true, Idempotent: true,
		Pace: core.Rate{Tokens: rooms, Per: time.Second, Burst: burst * rooms}, // of all processes; one channel's is kept in pace.go
	}
}

// quiet passes the library's log on, without secrets.
type quiet struct {
	log  *slog.Logger
	mask mask
}

func (q quiet) Output(_ int, s string) error {
	q.log.Debug("slack-go", slog.String("says", q.mask.hide(strings.TrimSpace(s))))
	return nil
}

// A place is a channel, or in it the thread that hangs on the message root.
type place struct{ channel, root string }

// thread has a message go into the thread, if the place is one.
func (p place) thread() []api.MsgOption {
	if p.root == "" {
		return nil
	}
	return []api.MsgOption{api.MsgOptionTS(p.root)}
}

// joinRef is the name of a message, and of the thread that hangs on it:
// "<channel>:<ts>".
func joinRef(channel, ts string) string { return channel + ":" + ts }

// cutRef takes such a name apart; what follows a slash is about the message.
func cutRef(ref string) (channel, ts string, ok bool) {
	ref, _, _ = strings.Cut(ref, "/")
	channel, ts, ok = strings.Cut(ref, ":")
	return channel, ts, ok && channel != "" && ts != ""
}
