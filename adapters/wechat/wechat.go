// Package wechat connects a WeChat Official Account (公众号, 服务号).
//
// Protocol: https://developers.weixin.qq.com/doc/service/ (message push,
// passive reply, customer service messages, template and subscription
// messages, media, stable_token) and /doc/subscription/ for 公众号.
//
// It is built on github.com/silenceper/wechat/v2: its signature and cryptography
// and its message types. Its server and its managers are not used: the server
// answers 200 without a word when it fails, and the managers share one global
// HTTP client for the process, take no context, and put the access token into
// their errors.
//
// What is promised on failure: a push is answered only after its envelope was
// filed, so the platform repeats what we could not keep. One message of a
// customer gets one visible answer, however often its push is repeated: see
// core/passive. A delivery that may have left before a crash is known to Recall.
package wechat

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/passive"
)

// Config is the account's part of the configuration; example.yaml explains it.
type Config struct {
	AppID  string        `json:"appid"`
	Secret core.Secret   `json:"secret"`
	Token  core.Secret   `json:"token"` // signs pushes
	Keys   []core.Secret `json:"keys"`  // EncodingAESKey: the current one, then the previous one
	Mode   Mode          `json:"mode"`
	URL    string        `json:"url"` // of the API

	PassiveOnly bool          `json:"passive_only"` // the account may not send customer service messages
	Hold        time.Duration `json:"hold"`         // how long a push waits for its answer
	Later       string        `json:"later"`        // passive_only: what to say if the answer is not ready in time
	Menus       Menus         `json:"menus"`

	Messages int           `json:"messages"` // that may follow a customer's message,
	Within   time.Duration `json:"within"`   // for this long
	Taps     int           `json:"taps"`     // that may follow a menu click, scan or follow,
	TapFor   time.Duration `json:"tap_for"`  // for this long
	PaidFor  time.Duration `json:"paid_for"` // any number may follow a payment, for this long
	Text     int           `json:"text"`     // longest text in bytes

	Unmarked  bool              `json:"unmarked"`  // do not let WeChat mark the bot's messages as written by an AI
	Agents    map[string]string `json:"agents"`    // Agent.ID to kf_account: whose name and picture customers see
	Templates map[string]string `json:"templates"` // names for template ids
	Desk      bool              `json:"desk"`      // customers may be handed over to WeChat's own desk
	People    bool              `json:"people"`    // ask for the unionid of customers

	MediaHosts []string      `json:"media_hosts"` // that media may be fetched from, without a token; a name stands for all below it
	Skew       time.Duration `json:"skew"`        // plain mode: how old a push may be
}

// Mode is the account's message encryption (消息加解密方式).
type Mode string

// The modes. In Safe and Compatible a push without an encrypted part is refused.
const (
	Safe       Mode = "safe"
	Compatible Mode = "compatible"
	Plain      Mode = "plain"
)

// Menus is how a Choice is shown. A passive reply has no menus, and a tap on one
// counts as a click: it opens three messages for a minute, where a typed answer
// opens five for two days.
type Menus string

const (
	MenusFree  Menus = "free"  // as a numbered list, in the passive reply where it costs nothing
	MenusFirst Menus = "first" // as a menu, which is a customer service message
)

var (
	appidForm = regexp.MustCompile(`^wx[0-9a-zA-Z]{16}$`)
	tokenForm = regexp.MustCompile(`^[0-9A-Za-z]{3,32}$`)
	keyForm   = regexp.MustCompile(`^[0-9A-Za-z+/]{43}$`)
)

// Validate fills in what is left out and reports everything that is wrong.
func (c *Config) Validate() error {
	var errs []error
	need := func(ok bool, key, what string) {
		if !ok {
			errs = append(errs, errors.New("wechat: "+key+": "+what))
		}
	}
	fill(&c.Mode, Safe)
	fill(&c.URL, "https://api.weixin.qq.com")
	fill(&c.Hold, 4*time.Second)
	fill(&c.Menus, MenusFree)
	fill(&c.Messages, 5)
	fill(&c.Within, 48*time.Hour)
	fill(&c.Taps, 3)
	fill(&c.TapFor, time.Minute)
	fill(&c.PaidFor, 48*time.Hour)
	fill(&c.Text, 2000)
	fill(&c.Skew, 5*time.Minute)
	if c.MediaHosts == nil {
		c.MediaHosts = []string{"qq.com", "qpic.cn", "qlogo.cn", "weixin.qq.com"}
	}
	need(appidForm.MatchString(c.AppID), "appid", "must be wx and 16 characters, as under 开发接口管理")
	need(c.Secret != "" || c.PassiveOnly, "secret", "the AppSecret is required unless passive_only is true")
	need(tokenForm.MatchString(string(c.Token)), "token", "must be 3 to 32 letters and digits, the same as at the platform")
	need(c.Mode == Safe || c.Mode == Compatible || c.Mode == Plain, "mode", "must be safe, compatible or plain")
	need(c.Mode == Plain || len(c.Keys) > 0, "keys", "the EncodingAESKey is required, unless mode is plain")
	need(len(c.Keys) <= 2, "keys", "at most two: the current and the previous one")
	for _, k := range c.Keys {
		need(keyForm.MatchString(string(k)), "keys", "an EncodingAESKey must be 43 letters and digits")
	}
	need(c.Menus == MenusFree || c.Menus == MenusFirst, "menus", "must be free or first")
	need(c.Hold > 0 && c.Hold <= 4500*time.Millisecond, "hold", "must be above 0s and at most 4.5s: the platform waits 5 s")
	need(c.Text >= 60 && c.Text <= 2047, "text", "must be from 60 to 2047 bytes")
	u, err := url.Parse(c.URL)
	need(err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "", "url", "must be the API's, such as https://api.weixin.qq.com")
	c.URL = strings.TrimSuffix(c.URL, "/")
	return errors.Join(errs...)
}

func fill[T comparable](p *T, v T) {
	var zero T
	if *p == zero {
		*p = v
	}
}

// Account is one account. Make it with New.
type Account struct {
	conf     Config
	deps     core.Deps
	holds    *passive.Holds // the platform's requests that may still be answered
	gate     gate           // who is let in
	api      api            // what we ask of the platform
	files    files          // media, there and back
	composer composer       // envelopes as the platform takes them
	people   people         // who customers are, and who is at WeChat's own desk
	veil     *veil          // over what must never show
}

var (
	_ core.Webhook  = (*Account)(nil)
	_ core.Typist   = (*Account)(nil)
	_ core.Fetcher  = (*Account)(nil)
	_ core.Coder    = (*Account)(nil)
	_ core.Recaller = (*Account)(nil)
	_ core.Replier  = (*Account)(nil)
	_ core.Checker  = (*Account)(nil)
)

// New returns the account that c describes.
func New(c Config, d core.Deps) (*Account, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	v := &veil{}
	for _, k := range append([]core.Secret{c.Secret, c.Token}, c.Keys...) {
		v.always = append(v.always, string(k))
	}
	w := wire{url: c.URL, http: d.HTTP, now: d.Now, veil: v}
	a := &Account{conf: c, deps: d, veil: v, gate: gate{c, d.Now}}
	a.api = api{w, &tokens{wire: w, conf: c, deps: d}}
	a.files = files{c, d, a.api}
	a.composer = composer{c, a.files}
	a.people = people{c, d, a.api}
	a.holds = &passive.Holds{
		Prefix: c.key(""), Wait: c.Hold, Every: 5 * time.Second, Tries: 3, Only: c.PassiveOnly,
		Values: d.Values, Now: d.Now,
	}
	return a, nil
}

// key is where the account keeps a value. It is by appid, not by our name for
// the account: the platform's token belongs to the appid.
func (c Config) key(kind string) string { return "wechat/" + c.AppID + "/" + kind }

// maxMedia is the platform's limit for pictures and videos.
const maxMedia = 10 << 20

// CausePayment is that a customer has paid: after it the platform lets us write as
// much as we like.
const CausePayment core.Cause = "payment"

// Limits is from the customer service message and media pages. Text is counted
// in bytes: 2048 is what the platform was seen to take.
func (a *Account) Limits() core.Limits {
	l := core.Limits{Text: a.conf.Text, Unit: core.Bytes, Cards: true, Forms: true, OneReply: true}
	if a.conf.PassiveOnly {
		return l
	}
	l.Options, l.Label, l.Taps = 10, 40, a.conf.Menus == MenusFirst
	l.Media = []string{"image/png", "image/jpeg", "image/gif", "audio/amr", "audio/mpeg", "video/mp4"}
	l.MediaSize = maxMedia
	l.Allowances = []core.Allowance{
		{After: core.CauseMessage, Count: a.conf.Messages, Within: a.conf.Within},
		{After: core.CauseEvent, Count: a.conf.Taps, Within: a.conf.TapFor},
		{After: CausePayment, Within: a.conf.PaidFor},
	}
	return l
}

// Recall implements core.Recaller.
func (a *Account) Recall(ctx context.Context, env core.Envelope) (ref string, began bool, err error) {
	return a.holds.Recall(ctx, env.Peer.ID, env.ID)
}

// rejected is an error for what the platform would refuse or we cannot carry.
func rejected(format string, args ...any) error {
	return &core.SendError{Kind: core.KindRejected, Err: fmt.Errorf("wechat: "+format, args...)}
}
