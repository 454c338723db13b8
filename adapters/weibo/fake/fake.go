// Package fake plays the Weibo fans service for one account: pushes with the
// deadline of 5 s and three tries, passive replies, the API with a token that
// can end and windows that close. Tests run against it, and the playground shows
// it, so that anybody can see the channel work without an account.
//
// It is written from the platform's documentation and shares no code with the
// adapter.
package fake

import (
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// Account is the account that the platform has registered.
type Account struct {
	UID       string
	AppSecret string
	Token     string
	XML       bool // pushes in the format that is compatible with WeChat's
}

// Options is what a Platform is made of.
type Options struct {
	Account
	Hook http.Handler     // our webhook; it may be set later with SetHook
	Now  func() time.Time // time.Now if nil
}

// Platform is the fake. It is an http.Handler: the APIs of all three hosts. It
// is safe for concurrent use.
type Platform struct {
	o   Options
	now func() time.Time

	mu      sync.Mutex
	hook    http.Handler
	people  map[string]*Fan
	media   map[string]file
	n       int64
	ended   bool  // the token
	faults  []int // error codes for the next replies
	calls   []Call
	repeats int

	Think func() bool // if set, called before a reply is taken; false breaks the connection after it was
}

// A Call is a request that the API got.
type Call struct {
	Path string
	Form url.Values
	Code int
}

// A Fan is somebody who writes to the account.
type Fan struct {
	UID     string    `json:"uid"`
	Follows bool      `json:"follows"`
	Screen  []Message `json:"screen"`
	until   time.Time
	once    bool // one message only: after a mention
}

// A Message is what a phone shows.
type Message struct {
	At   time.Time `json:"at"`
	Mine bool      `json:"mine,omitempty"` // the fan's own
	How  string    `json:"how"`            // passive, active; what a fan did
	Type string    `json:"type"`
	Text string    `json:"text,omitempty"` // or the title
	URL  string    `json:"url,omitempty"`
	Took int64     `json:"took,omitempty"` // milliseconds from the request to a passive reply
}

type file struct {
	mime string
	body []byte
}

// Rules of the platform.
const (
	Deadline = 5 * time.Second
	Tries    = 3
	Window   = 48 * time.Hour
	maxText  = 300 // characters, exclusive
)

// New returns a platform without fans.
func New(o Options) *Platform {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Platform{o: o, now: o.Now, hook: o.Hook, people: map[string]*Fan{}, media: map[string]file{}, n: 1 << 53}
}

// Sign is the platform's signature.
func Sign(secret, timestamp, nonce string) string {
	h := sha1.Sum([]byte(strings.Join(slices.Sorted(slices.Values([]string{secret, timestamp, nonce})), "")))
	return hex.EncodeToString(h[:])
}

// SetHook changes where pushes go; nil refuses the connection.
func (p *Platform) SetHook(h http.Handler) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hook = h
}

// person returns the fan, a new one if need be. p.mu must be held.
func (p *Platform) person(uid string) *Fan {
	f := p.people[uid]
	if f == nil {
		f = &Fan{UID: uid, Follows: true}
		p.people[uid] = f
	}
	return f
}

// Phone returns what a fan's phone shows.
func (p *Platform) Phone(uid string) Fan {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := *p.person(uid)
	f.Screen = slices.Clone(f.Screen)
	return f
}

// Answers returns what we said to a fan, oldest first.
func (p *Platform) Answers(uid string) []Message {
	return slices.DeleteFunc(p.Phone(uid).Screen, func(m Message) bool { return m.Mine })
}

// Calls returns the requests that the API got.
func (p *Platform) Calls() []Call {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.calls)
}

// Repeats is how many times a push was made again.
func (p *Platform) Repeats() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.repeats
}

// EndToken ends the access token, as it does after a year.
func (p *Platform) EndToken() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
}

func (p *Platform) over() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ended
}

// NewToken renews it.
func (p *Platform) NewToken() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = false
}

// Left is for how long a fan may still be sent messages.
func (p *Platform) Left(uid string) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := p.person(uid)
	if !f.Follows {
		return 0
	}
	return max(0, f.until.Sub(p.now()))
}

// CloseWindow ends what a fan may be sent.
func (p *Platform) CloseWindow(uid string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.person(uid).until = time.Time{}
}

// Fail makes the next replies fail, one with each code.
func (p *Platform) Fail(codes ...int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = append(p.faults, codes...)
}

// Put keeps media as if a fan had sent it, and returns the id that the account
// downloads it by.
func (p *Platform) Put(mime string, body []byte) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.n++
	p.media[strconv.FormatInt(p.n, 10)] = file{mime, body}
	return p.n
}

// ServeHTTP is the API.
func (p *Platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, "bad form", http.StatusBadRequest)
		return
	}
	if p.Think != nil && !p.Think() {
		defer panic(http.ErrAbortHandler) // taken, but nobody is told
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	code := p.serve(w, r)
	p.calls = append(p.calls, Call{r.URL.Path, r.Form, code})
	if code != 0 {
		w.Header().Set("Content-Type", "application/json;charset=UTF-8")
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, `{"request":%q,"error_code":%d,"error":"refused"}`, r.URL.Path, code)
	}
}

func (p *Platform) serve(w http.ResponseWriter, r *http.Request) int {
	switch {
	case r.Form.Get("access_token") != p.o.Token:
		return 21332
	case p.ended:
		return 21327
	}
	switch r.URL.Path {
	case "/2/messages/reply.json", "/2/messages/reply/biz.json":
		if code := p.reply(r.Form); code != 0 {
			return code
		}
		fmt.Fprintf(w, `{"result":true,"receiver_id":%s,"sender_id":%s}`, r.Form.Get("receiver_id"), p.o.UID)
	case "/2/mss/msget":
		f, ok := p.media[r.Form.Get("fid")]
		if !ok {
			return 20001
		}
		w.Header().Set("Content-Type", f.mime)
		w.Write(f.body)
	case "/2/account/get_uid.json":
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"uid":%s}`, p.o.UID)
	case "/2/eps/user/info.json":
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"nickname":"粉丝%s","follow":1}`, r.Form.Get("uid"))
	default:
		return 10020
	}
	return 0
}

// reply takes an active reply.
func (p *Platform) reply(form url.Values) int {
	if len(p.faults) > 0 {
		code := p.faults[0]
		p.faults = p.faults[1:]
		return code
	}
	f := p.people[form.Get("receiver_id")]
	if f == nil {
		return 20003
	}
	m, err := read(form.Get("type"), form.Get("data"))
	switch {
	case err != nil:
		return 10017
	case !f.Follows || !p.now().Before(f.until):
		return 26403
	case f.once:
		f.until = time.Time{}
	}
	m.How, m.At = "active", p.now()
	f.Screen = append(f.Screen, m)
	return 0
}

// read reads the data of a reply.
func read(kind, data string) (Message, error) {
	m := Message{Type: kind}
	var d struct {
		Text      string
		Longitude string
		Latitude  string
		Articles  []struct {
			Name string `json:"display_name"`
			URL  string
		}
	}
	if err := json.Unmarshal([]byte(data), &d); err != nil {
		return m, err
	}
	switch kind {
	case "text":
		m.Text = d.Text
		if n := utf8.RuneCountInString(d.Text); n == 0 || n >= maxText {
			return m, fmt.Errorf("fake: a text of %d characters", n)
		}
	case "articles":
		if len(d.Articles) == 0 || len(d.Articles) > 8 {
			return m, fmt.Errorf("fake: %d articles", len(d.Articles))
		}
		m.Text, m.URL = d.Articles[0].Name, d.Articles[0].URL
	case "position":
		m.Text = d.Latitude + "," + d.Longitude
	default:
		return m, fmt.Errorf("fake: no type %q", kind)
	}
	return m, nil
}
