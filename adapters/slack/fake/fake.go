// Package fake is a Slack workspace with state, as far as adapters/slack meets
// it: the Web API with Slack's checks and error codes, Socket Mode, events over
// HTTP, files, forms and homes. Slack's own Node clients check it (peers_test.go).
//
// What people do is a method: Say, Edit, Delete, Press, Submit, Slash. What the
// app did is read back with Thread, Told and View. There is one channel; Room adds
// others.
package fake

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// The credentials and names that a new workspace has.
const (
	Token   = "xoxb-1-fake-bot-token"
	App     = "xapp-1-fake-app-token"
	Secret  = "fake-signing-secret-0001"
	Channel = "C0DESK"
	Bot     = "U0BOT"
	Team    = "T0FAKE"
	appID   = "A0FAKE"
	botID   = "B0BOT"
)

// A Message is one that stands in a channel.
type Message struct {
	Type        string          `json:"type"`
	SubType     string          `json:"subtype,omitempty"`
	User        string          `json:"user,omitempty"`
	BotID       string          `json:"bot_id,omitempty"`
	AppID       string          `json:"app_id,omitempty"`
	Username    string          `json:"username,omitempty"`
	Text        string          `json:"text"`
	TS          string          `json:"ts"`
	Thread      string          `json:"thread_ts,omitempty"`
	Blocks      json.RawMessage `json:"blocks,omitempty"`
	Attachments json.RawMessage `json:"attachments,omitempty"`
	Metadata    json.RawMessage `json:"metadata,omitempty"`
	Files       []File          `json:"files,omitempty"`
	Reactions   []Reaction      `json:"reactions,omitempty"`
	Edited      *Edited         `json:"edited,omitempty"`
	Replies     int             `json:"reply_count,omitempty"`
	Latest      string          `json:"latest_reply,omitempty"`
	To          string          `json:"-"` // of one that only this user saw
	Channel     string          `json:"-"`
}

// Edited says that a message was changed.
type Edited struct {
	User string `json:"user"`
	TS   string `json:"ts"`
}

// A Reaction is an emoji under a message.
type Reaction struct {
	Name  string   `json:"name"`
	Users []string `json:"users"`
	Count int      `json:"count"`
}

// A File was uploaded; its bytes need a token.
type File struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Title    string `json:"title"`
	MIME     string `json:"mimetype"`
	Size     int    `json:"size"`
	URL      string `json:"url_private"`
	Download string `json:"url_private_download"`
	body     []byte
}

// A View is a form that is open, or somebody's home.
type View struct {
	ID       string          `json:"id"`
	Type     string          `json:"type"`
	Callback string          `json:"callback_id,omitempty"`
	Data     string          `json:"private_metadata,omitempty"`
	Title    json.RawMessage `json:"title,omitempty"`
	Blocks   json.RawMessage `json:"blocks"`
	user     string
}

// Workspace is the fake. Serve it over HTTP, set URL, and give the app URL + "/api".
// The other exported fields may be set before.
type Workspace struct {
	URL    string           // where it is served
	Events string           // where events go over HTTP; empty: over sockets
	Now    func() time.Time // default time.Now
	Scopes string           // that the app was granted; default all it asks for
	Ping   time.Duration    // between pings on a socket; default 10 s, negative: none

	mu       sync.Mutex
	clock    int64
	seq      int
	users    map[string]string // names by ID
	channels map[string]*room
	files    map[string]*File
	opened   map[string]*View // forms, by who sees them
	homes    map[string]*View
	triggers map[string]string // unused ones, and whose they are
	refusals map[string][]string
	calls    []Call
	sockets  map[*socket]bool
	unacked  []*frame
	change   chan struct{} // closed at every change of what can be waited for
	tickets  map[string]bool
}

type room struct {
	archived bool
	members  map[string]bool
	messages []*Message
	told     []*Message
}

// New returns a workspace with one channel, Channel, in which are the app and two agents,
// U0LIN and U0CHEN.
func New() *Workspace {
	w := &Workspace{Now: time.Now, Ping: 10 * time.Second,
		Scopes:   "chat:write,chat:write.customize,channels:history,channels:join,channels:read,groups:history,groups:read,im:history,im:write,users:read,files:read,files:write,reactions:write,commands",
		users:    map[string]string{"U0LIN": "小林", "U0CHEN": "Mary Chen", Bot: "frontdesk"},
		channels: map[string]*room{Channel: {members: map[string]bool{"U0LIN": true, "U0CHEN": true, Bot: true}}},
		files:    map[string]*File{}, opened: map[string]*View{}, homes: map[string]*View{}, triggers: map[string]string{},
		refusals: map[string][]string{}, sockets: map[*socket]bool{}, change: make(chan struct{}), tickets: map[string]bool{}}
	return w
}

// changed wakes those who wait; w.mu is held.
func (w *Workspace) changed() {
	close(w.change)
	w.change = make(chan struct{})
}

// Until waits until ok, which is asked after every change here and now and then,
// for what changes elsewhere; it reports false after ten seconds.
func (w *Workspace) Until(ok func() bool) bool {
	end := time.After(10 * time.Second)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		w.mu.Lock()
		next := w.change
		w.mu.Unlock()
		if ok() {
			return true
		}
		select {
		case <-next:
		case <-tick.C:
		case <-end:
			return false
		}
	}
}

func (w *Workspace) next(prefix string) string {
	w.seq++
	return fmt.Sprintf("%s%04d", prefix, w.seq)
}

// ts is the time of a new message: now, but later than any before.
func (w *Workspace) ts() string {
	w.clock = max(w.clock+1, w.Now().UnixMicro())
	return fmt.Sprintf("%d.%06d", w.clock/1e6, w.clock%1e6)
}

// Refuse lets the next calls of a method fail with these codes, one each: a code
// of Slack's, "429", "500", or "cut" for a connection that breaks after the call
// was done.
func (w *Workspace) Refuse(method string, codes ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refusals[method] = append(w.refusals[method], codes...)
}

// A Call is one of the Web API, as it arrived; without its token.
type Call struct {
	Method string
	Args   url.Values
}

// Calls are those that were made, in order.
func (w *Workspace) Calls() []Call {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.calls)
}

// Direct are the direct messages between the app and a user.
func (w *Workspace) Direct(user string) (out []Message) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r := w.channels["D"+user]; r != nil {
		for _, m := range r.messages {
			out = append(out, m.copy())
		}
	}
	return out
}

// View is the form that a user has open, or nil; Home is their home.
func (w *Workspace) View(user string) *View { return w.view(w.opened, user) }

// Home is what a user's home shows, or nil.
func (w *Workspace) Home(user string) *View { return w.view(w.homes, user) }

func (w *Workspace) view(m map[string]*View, user string) *View {
	w.mu.Lock()
	defer w.mu.Unlock()
	if v := m[user]; v != nil {
		c := *v
		return &c
	}
	return nil
}

func (m *Message) copy() Message {
	c := *m
	c.Files, c.Reactions = slices.Clone(m.Files), slices.Clone(m.Reactions)
	return c
}

// Marks are the names of the reactions under a message.
func (m Message) Marks() (out []string) {
	for _, r := range m.Reactions {
		out = append(out, r.Name)
	}
	return out
}

// Words is all text of a message, that of its blocks too.
func (m Message) Words() string {
	var b strings.Builder
	b.WriteString(m.Text)
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, x := range v {
				walk(x)
			}
		case map[string]any:
			if s, ok := v["text"].(string); ok {
				b.WriteString("\n" + s)
			}
			for _, k := range []string{"text", "fields", "elements"} {
				walk(v[k])
			}
		}
	}
	var v any
	if json.Unmarshal(m.Blocks, &v) == nil {
		walk(v)
	}
	return b.String()
}

// Buttons are the values of a message's or a view's buttons.
func Buttons(blocks json.RawMessage) (out []string) {
	for _, b := range buttonsOf(blocks) {
		out = append(out, b.Value)
	}
	return out
}

type button struct {
	Block  string          `json:"-"`
	Action string          `json:"action_id"`
	Value  string          `json:"value"`
	Type   string          `json:"type"`
	Text   json.RawMessage `json:"text"`
}

func buttonsOf(blocks json.RawMessage) (out []button) {
	var bs []struct {
		Type     string            `json:"type"`
		ID       string            `json:"block_id"`
		Elements []json.RawMessage `json:"elements"`
	}
	if json.Unmarshal(blocks, &bs) != nil {
		return nil
	}
	for _, b := range bs {
		for _, raw := range b.Elements {
			var x button
			if b.Type == "actions" && json.Unmarshal(raw, &x) == nil && x.Type == "button" {
				x.Block = b.ID
				out = append(out, x)
			}
		}
	}
	return out
}

// ServeHTTP is the Web API under /api/, files, uploads and the sockets.
func (w *Workspace) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/socket":
		w.serveSocket(rw, r)
	case strings.HasPrefix(r.URL.Path, "/files/"):
		w.serveFile(rw, r)
	case strings.HasPrefix(r.URL.Path, "/upload/"):
		w.serveUpload(rw, r)
	default:
		w.serveAPI(rw, r, strings.TrimPrefix(r.URL.Path, "/api/"))
	}
}
