// Package weibo connects a Weibo account through its fans service (粉丝服务平台).
//
// Protocol: https://open.weibo.com/wiki/粉丝服务平台 (access, pushes, passive
// and active replies). Its pages are from 2013 to 2018 and contradict each
// other in places, so addresses and limits are configuration.
//
// What is promised on failure is what adapters/wechat promises: a push is
// answered only after its envelope was filed, and one message gets one visible
// answer however often its push is repeated (see core/passive). The signature of a
// push does not cover its body: the address must be https, old pushes are
// refused, and so are those for another account.
package weibo

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
	UID       string      `json:"uid"`        // of the account
	AppSecret core.Secret `json:"app_secret"` // signs pushes
	Token     core.Secret `json:"token"`      // access_token; empty: only passive replies
	TokenEnds string      `json:"token_ends"` // day, 2006-01-02: warn a month before
	URL       string      `json:"url"`        // of the message API
	Upload    string      `json:"upload_url"` // of the media API
	Info      string      `json:"info_url"`   // of the user API
	Biz       bool        `json:"biz"`        // the commercial variant of the reply call

	Hold     time.Duration `json:"hold"`      // how long a push waits for its answer
	Later    string        `json:"later"`     // without a token: what to say if the answer is not ready in time
	Cap      int           `json:"cap"`       // our own: messages after the customer wrote or followed,
	Within   time.Duration `json:"within"`    // for this long
	Text     int           `json:"text"`      // longest text in characters
	SaveSent bool          `json:"save_sent"` // keep what we send in the account's own outbox too
	People   bool          `json:"people"`    // ask for the nickname of customers
	Skew     time.Duration `json:"skew"`      // how old a push may be
}

var uidForm = regexp.MustCompile(`^[1-9][0-9]{0,18}$`)

// Validate fills in what is left out and reports everything that is wrong.
func (c *Config) Validate() error {
	var errs []error
	need := func(ok bool, key, what string) {
		if !ok {
			errs = append(errs, errors.New("weibo: "+key+": "+what))
		}
	}
	fill(&c.URL, "https://m.api.weibo.com")
	fill(&c.Upload, "https://upload.api.weibo.com")
	fill(&c.Info, "https://api.weibo.com")
	fill(&c.Hold, 4*time.Second)
	fill(&c.Cap, 90)
	fill(&c.Within, 48*time.Hour)
	fill(&c.Text, 299)
	fill(&c.Skew, 5*time.Minute)
	need(uidForm.MatchString(c.UID), "uid", "must be the account's number, in quotes")
	need(len(c.AppSecret) >= 8, "app_secret", "is required: it signs what the platform sends")
	need(c.Hold > 0 && c.Hold <= 4500*time.Millisecond, "hold", "must be above 0s and at most 4.5s: the platform waits 5 s")
	need(c.Text >= 20 && c.Text <= 2000, "text", "must be from 20 to 2000 characters")
	need(c.Cap > 0, "cap", "must be above 0")
	if _, err := time.Parse(time.DateOnly, c.TokenEnds); c.TokenEnds != "" {
		need(err == nil, "token_ends", "must be a day such as 2027-01-31")
	}
	for name, p := range map[string]*string{"url": &c.URL, "upload_url": &c.Upload, "info_url": &c.Info} {
		u, err := url.Parse(*p)
		need(err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "", name, "must be an address such as https://m.api.weibo.com")
		*p = strings.TrimSuffix(*p, "/")
	}
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
	conf  Config
	deps  core.Deps
	holds *passive.Holds
}

var (
	_ core.Webhook  = (*Account)(nil)
	_ core.Fetcher  = (*Account)(nil)
	_ core.Recaller = (*Account)(nil)
	_ core.Replier  = (*Account)(nil)
	_ core.Checker  = (*Account)(nil)
)

// CauseMention is that somebody mentioned the account in public, which lets us
// write to them once.
const CauseMention core.Cause = "mention"

// New returns the account that c describes.
func New(c Config, d core.Deps) (*Account, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	a := &Account{conf: c, deps: d}
	a.holds = &passive.Holds{
		Prefix: a.key(""), Wait: c.Hold, Every: 5 * time.Second, Tries: 3, Only: c.Token == "",
		Values: d.Values, Now: d.Now,
	}
	if ends, err := time.Parse(time.DateOnly, c.TokenEnds); err == nil {
		days := ends.Sub(d.Now()).Hours() / 24
		d.Meter.Set("weibo_token_days", days, "channel", d.Name)
		if days < 30 {
			d.Log.Warn("the access token ends soon; renew it at open.weibo.com and set token and token_ends", "channel", d.Name, "ends", c.TokenEnds)
		}
	}
	return a, nil
}

// key is where the account keeps a value.
func (a *Account) key(kind string) string { return "weibo/" + a.conf.UID + "/" + kind }

// Limits is from the pages on passive and active replies. The platform knows no
// count within the 48 hours; the cap is our own, below what one page mentions.
func (a *Account) Limits() core.Limits {
	l := core.Limits{Text: a.conf.Text, Unit: core.Runes, Cards: true, Places: true, Media: []string{"image/"}, OneReply: true}
	if a.conf.Token != "" {
		l.Allowances = []core.Allowance{
			{After: core.CauseMessage, Count: a.conf.Cap, Within: a.conf.Within},
			{After: core.CauseEvent, Count: a.conf.Cap, Within: a.conf.Within},
			{After: CauseMention, Count: 1, Within: a.conf.Within},
		}
	}
	return l
}

// Recall implements core.Recaller.
func (a *Account) Recall(ctx context.Context, env core.Envelope) (ref string, began bool, err error) {
	return a.holds.Recall(ctx, env.Peer.ID, env.ID)
}

// hide takes everything secret out of an error. What it returns is still what
// err was for errors.Is.
func (a *Account) hide(err error) error {
	if err == nil {
		return nil
	}
	if u, ok := errors.AsType[*url.Error](err); ok { // it prints the address, and the token in it
		err = u.Err
	}
	return hidden{a.clean(err.Error()), err}
}

var inQuery = regexp.MustCompile(`(?i)\b(access_token|signature|ticket)=[^&\s"']*`)

// clean takes everything secret out of a text.
func (a *Account) clean(s string) string {
	s = inQuery.ReplaceAllString(s, "[secret]")
	for _, k := range []core.Secret{a.conf.AppSecret, a.conf.Token} {
		if k != "" {
			s = strings.ReplaceAll(s, string(k), "[secret]")
		}
	}
	return s
}

type hidden struct {
	text string
	err  error
}

func (h hidden) Error() string   { return h.text }
func (h hidden) Is(e error) bool { return errors.Is(h.err, e) }

func rejected(format string, args ...any) error {
	return &core.SendError{Kind: core.KindRejected, Err: fmt.Errorf("weibo: "+format, args...)}
}
