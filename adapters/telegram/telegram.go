// Package telegram connects a Telegram bot: private chats with customers, or,
// as a desk, a group of staff with one forum topic for each ticket (in a group
// without topics, one message that agents reply to).
//
// It stands on go-telegram-bot-api v5.5.1, which predates topics, contexts and
// secret tokens: requests go through its MakeRequest and UploadFiles, updates
// are decoded and fetched here.
//
// Protocol: https://core.telegram.org/bots/api
//
// A customers' channel hears private chats only. A desk hears the members of its
// group, there and in private chats; anybody else is not staff, whatever button
// they press.
//
// What is promised on failure: an update is confirmed to Telegram only after it
// is filed, so a crash has it delivered again, with the same Ref. Telegram has
// no idempotency keys: a send whose answer is lost is Unknown. What is about to
// leave is noted, so that after a crash only that is in doubt (recall.go). A topic
// that was deleted is Gone, and the hub shows its ticket in a new one; a group
// that becomes a supergroup is followed (group.go). Rates are kept by refusing
// with the time until there is room (pace.go); the hub joins what waits.
package telegram

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// Config is the account's part of the configuration.
type Config struct {
	Token   core.Secret `json:"token"`   // from @BotFather
	Group   int64       `json:"group"`   // as a desk: the staff's group, -100…; 0 as a customers' channel
	API     string      `json:"api"`     // of the Bot API server; default https://api.telegram.org
	Webhook string      `json:"webhook"` // our public address of /hook/<name>/; empty: long polling
	Secret  core.Secret `json:"secret"`  // comes back with every webhook; 16 to 256 of A-Z a-z 0-9 _ -
	Poll    int         `json:"poll"`    // seconds a poll is kept open; default 50
}

// Validate reports what is missing and sets defaults.
func (c *Config) Validate() error {
	id, key, ok := strings.Cut(string(c.Token), ":")
	if _, err := strconv.ParseInt(id, 10, 64); err != nil || !ok || key == "" {
		return errors.New("telegram: token must be the one that @BotFather gave, like 123456:ABC…")
	}
	if c.API == "" {
		c.API = "https://api.telegram.org"
	}
	if u, err := url.Parse(c.API); err != nil || u.Host == "" {
		return errors.New("telegram: api must be the http(s) address of a Bot API server")
	}
	c.API = strings.TrimSuffix(c.API, "/")
	if c.Webhook != "" && (!strings.HasPrefix(c.Webhook, "https://") || len(c.Secret) < 16 || strings.Trim(string(c.Secret), secretRunes) != "") {
		return errors.New("telegram: a webhook needs an https address and a secret of 16 or more letters, digits, _ or -; make one with: openssl rand -hex 16")
	}
	if c.Group > 0 {
		return errors.New("telegram: group must be a group's id, which is negative, like -1001234567890; that of a person is no desk")
	}
	if c.Poll <= 0 {
		c.Poll = 50
	}
	return nil
}

const secretRunes = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

// Channel is one bot.
type Channel struct {
	conf   Config
	deps   core.Deps
	lang   lang
	reader reader
	notes  notes
	bot    *bot
	pace   *pace

	group  staff
	files  files
	albums albums
	typing typing
}

// A lang is the language of the staff, zh-CN unless it begins with en.
type lang string

// say is what the adapter itself says to staff.
func (l lang) say(zh, en string) string {
	if strings.HasPrefix(string(l), "en") {
		return en
	}
	return zh
}

var (
	_ core.Webhook  = (*Channel)(nil)
	_ core.Runner   = (*Channel)(nil)
	_ core.Typist   = (*Channel)(nil)
	_ core.Editor   = (*Channel)(nil)
	_ core.Marker   = (*Channel)(nil)
	_ core.Recaller = (*Channel)(nil)
	_ core.Checker  = (*Channel)(nil)
)

// New returns the bot that c describes. It asks Telegram nothing.
func New(c Config, d core.Deps) (*Channel, error) {
	b, n, p := newBot(c, d.HTTP), notes{d.Values, d.Name}, &pace{now: d.Now, chats: map[string]*window{}}
	log := d.Log.With("channel", d.Name)
	ch := &Channel{
		conf: c, deps: d, lang: lang(d.Lang), reader: reader{d.Name}, notes: n, bot: b, pace: p,
		group:  staff{first: c.Group, bot: b, pace: p, notes: n, log: log, now: d.Now},
		files:  files{bot: b, blobs: d.Blobs, log: log},
		typing: typing{now: d.Now},
	}
	ch.albums = albums{notes: n, log: log, file: ch.album, news: make(chan struct{}, 1), quiet: time.Second, open: map[int64]int{}}
	b.heed = ch.group.heed
	return ch, nil
}

// Limits are from https://core.telegram.org/bots/api#sendmessage and
// https://core.telegram.org/bots/faq#how-do-i-upload-a-large-file. The pace is the
// bot's in all processes; each chat's is kept in pace.go.
func (ch *Channel) Limits() core.Limits {
	text := mostText
	if ch.group.desk() { // who speaks is said before it
		text -= 4 * longName
	}
	return core.Limits{
		Text: text, Unit: core.UTF16, Media: []string{""}, MediaSize: mostUpload,
		Options: 30, Label: 60, Places: true, Cases: true, Threads: ch.group.desk(),
		Pace: core.Rate{Tokens: allRate.most, Per: allRate.span},
	}
}
