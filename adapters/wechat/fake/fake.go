// Package fake plays the WeChat platform for one Official Account: its API with
// tokens that expire, windows and counts that close and media that is deleted,
// and its pushes with the deadline of 5 s and three tries. Tests run against it,
// and the playground shows it, so that anybody can see the channel work without
// an account.
//
// It is written from the platform's documentation and shares no code with the
// adapter or its SDK.
package fake

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Account is the account that the platform has registered.
type Account struct {
	AppID, Secret, Token, Key string // Key is the EncodingAESKey
	Origin                    string // gh_…, the account's own name; gh_playground if empty
	Plain                     bool   // pushes are in the clear
	JSON                      bool   // data format
	Unverified                bool   // it may not send customer service messages
}

// Options is what a Platform is made of.
type Options struct {
	Account
	Hook http.Handler     // our webhook; it may be set later with SetHook
	Now  func() time.Time // time.Now if nil
}

// Platform is the fake. It is an http.Handler: the API. It is safe for
// concurrent use.
type Platform struct {
	o   Options
	now func() time.Time

	mu     sync.Mutex
	hook   http.Handler
	people map[string]*Follower
	media  map[string]medium
	n      int64 // of the last name given to anything

	token   string
	until   time.Time
	revoked bool
	forced  time.Time

	renewals int                            // tokens issued
	repeats  int                            // of pushes
	calls    []Call                         // of the API, oldest first
	faults   []int                          // errcodes for the next messages
	Status   int                            // HTTP status of every answer; 0 for 200
	Watch    func(openid string, m Message) // if set, told of what phones show of us; it must not call back
	Think    func() bool                    // if set, called before a message is taken; false breaks the connection after it was
}

// A Call is a request that the API got.
type Call struct {
	Path string
	Body string
	Code int
}

// A Follower is somebody with WeChat on their phone.
type Follower struct {
	OpenID   string    `json:"openid"`
	Follows  bool      `json:"follows"`
	Screen   []Message `json:"screen"` // what their phone shows
	Typing   time.Time `json:"typing,omitzero"`
	grants   []grant
	exchange time.Time
	consent  map[string]bool
}

// A Message is what a phone shows.
type Message struct {
	At    time.Time `json:"at"`
	Mine  bool      `json:"mine,omitempty"`  // the follower's own
	How   string    `json:"how"`             // passive, active, template, notice; what a follower did
	Type  string    `json:"type"`            // text, image, …
	Text  string    `json:"text,omitempty"`  // or the title
	URL   string    `json:"url,omitempty"`   // of an article
	Media string    `json:"media,omitempty"` // media_id
	Menu  []Entry   `json:"menu,omitempty"`  // of a msgmenu
	Agent string    `json:"agent,omitempty"` // kf_account
	AI    bool      `json:"ai,omitempty"`    // marked as written by an AI
	Took  int64     `json:"took,omitempty"`  // milliseconds from the request to a passive reply
}

// An Entry of a menu can be tapped.
type Entry struct {
	ID      string `json:"id"`
	Content string `json:"content"`
}

type grant struct {
	left  int
	until time.Time
	span  time.Duration // which kind it is
}

type medium struct {
	kind, mime string
	body       []byte
	until      time.Time
	video      string // address, for videos
}

// Rules of the platform, https://developers.weixin.qq.com/doc/service/
const (
	Deadline  = 5 * time.Second // for the answer to a push
	Tries     = 3
	TokenLife = 2 * time.Hour
	early     = 5 * time.Minute // before its end a new token is issued
	mediaLife = 72 * time.Hour
	maxText   = 2048
)

// New returns a platform without followers.
func New(o Options) *Platform {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Origin == "" {
		o.Origin = "gh_playground"
	}
	return &Platform{o: o, now: o.Now, hook: o.Hook, people: map[string]*Follower{}, media: map[string]medium{}, n: 25000000000000000}
}

// SetHook changes where pushes go; nil refuses the connection.
func (p *Platform) SetHook(h http.Handler) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hook = h
}

func (p *Platform) next() int64 {
	p.n++
	return p.n
}

// person returns the follower, a new one if need be. p.mu must be held.
func (p *Platform) person(openid string) *Follower {
	f := p.people[openid]
	if f == nil {
		f = &Follower{OpenID: openid, Follows: true, consent: map[string]bool{}}
		p.people[openid] = f
	}
	return f
}

// Phone returns what a follower's phone shows.
func (p *Platform) Phone(openid string) Follower {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := *p.person(openid)
	f.Screen = slices.Clone(f.Screen)
	return f
}

// Answers returns what we said to a follower, oldest first.
func (p *Platform) Answers(openid string) []Message {
	return slices.DeleteFunc(p.Phone(openid).Screen, func(m Message) bool { return m.Mine || m.How == "notice" })
}

// Calls returns the requests that the API got under path, all if it is empty.
func (p *Platform) Calls(path string) []Call {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(p.calls), func(c Call) bool { return path != "" && c.Path != path })
}

// Renewals is how many tokens were issued.
func (p *Platform) Renewals() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.renewals
}

// Repeats is how many times a push was made again.
func (p *Platform) Repeats() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.repeats
}

// Left is how many messages a follower may still be sent, and for how long.
func (p *Platform) Left(openid string) (n int, d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	for _, g := range p.person(openid).grants {
		if now.Before(g.until) {
			n += g.left
			d = max(d, g.until.Sub(now))
		}
	}
	return n, d
}

// CloseWindow ends what a follower may be sent.
func (p *Platform) CloseWindow(openid string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.person(openid).grants = nil
}

// BreakToken revokes the access token.
func (p *Platform) BreakToken() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.revoked = true
}

// Fail makes the next messages fail, one with each code.
func (p *Platform) Fail(codes ...int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = append(p.faults, codes...)
}

// Allow is a follower's consent to a subscription message.
func (p *Platform) Allow(openid, template string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.person(openid).consent[template] = true
}

// Put keeps media as if a follower had sent it, and returns its media_id. A
// video has an address of its own, where video serves it.
func (p *Platform) Put(kind, mime string, body []byte, video string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	id := fmt.Sprintf("MEDIA-%d", p.next())
	p.media[id] = medium{kind, mime, body, p.now().Add(mediaLife), video}
	return id
}

// open lets a follower be sent n messages for d. p.mu must be held.
func (f *Follower) open(now time.Time, n int, d time.Duration) {
	f.grants = slices.DeleteFunc(f.grants, func(g grant) bool { return !now.Before(g.until) || g.span == d })
	f.grants = append(f.grants, grant{n, now.Add(d), d})
}

// spend takes one message off what a follower may be sent, or says why not.
func (f *Follower) spend(now time.Time) int {
	if !f.Follows {
		return 45015
	}
	best, open := -1, false
	for i, g := range f.grants {
		if !now.Before(g.until) {
			continue
		}
		open = true
		if g.left > 0 && (best < 0 || g.until.Before(f.grants[best].until)) {
			best = i
		}
	}
	switch {
	case !open:
		return 45015
	case best < 0:
		return 45047
	}
	f.grants[best].left--
	return 0
}
