// Package fake plays Telegram's Bot API for one bot: private chats, and one
// group of staff with members, forum topics that can be closed and deleted, 20
// posts a minute, files, edits, reactions, and the move to a supergroup.
// Updates wait for getUpdates (offsets, long poll, one poller) or are given to a
// webhook.
//
// It is written from https://core.telegram.org/bots/api and shares no code with
// the adapter or its library. People act through Write, Revise, Press and the
// rest; what they see is read with Chat, Topics and Calls.
package fake

import (
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Options is what a Platform is made of.
type Options struct {
	Token string           // of the bot; DemoToken if empty
	Group int64            // the staff's group, negative; 0 for none
	Forum bool             // the group has topics
	Now   func() time.Time // time.Now if nil
}

// DemoToken is nobody's.
const DemoToken = "123456:AAtokenAAtokenAA"

// Bot is who the token belongs to.
var Bot = User{ID: 123456, First: "Desk", Username: "desk_bot", Bot: true}

// Platform is the fake. It is an http.Handler: the API and the files. It is
// safe for concurrent use.
type Platform struct {
	token string
	now   func() time.Time

	mu      sync.Mutex
	group   int64
	old     int64 // what the group was called before it moved
	forum   bool
	members map[int64]bool
	blocked map[int64]bool
	chats   map[int64][]*Message
	topics  []*Topic
	files   map[string]File
	n       int64 // of the last name given to anything
	calls   []Call
	stamps  []time.Time         // posts to the group, for the 20 a minute
	shut    map[int64]time.Time // chats that answer 429 until then
	faults  []fault
	queue   updates
	hook    hook
}

// A User is a person or a bot.
type User struct {
	ID       int64  `json:"id"`
	Bot      bool   `json:"is_bot"`
	First    string `json:"first_name"`
	Last     string `json:"last_name,omitempty"`
	Username string `json:"username,omitempty"`
	Lang     string `json:"language_code,omitempty"`
}

// A Message is what a chat shows.
type Message struct {
	ID       int64
	Chat     int64
	Topic    int64 // 0 outside topics
	From     User
	At       time.Time
	Kind     string // text, photo, voice, document, …, location; service for what Telegram says
	Text     string // or the caption
	File     File
	Buttons  []Button
	ReplyTo  int64
	Mentions []int64 // whose phones ring
	Edited   bool
	Reaction string // the bot's
}

// A Button of a message can be pressed.
type Button struct {
	Text string `json:"text"`
	Data string `json:"callback_data"`
}

// A File is what is in a message.
type File struct {
	Name, Type string
	Body       []byte
	Size       int64 // as Telegram says; len(Body) if 0
	URL        string
}

// A Topic of the group.
type Topic struct {
	ID      int64
	Name    string
	Closed  bool
	Deleted bool
}

// A Call is a request that the API got.
type Call struct {
	Method string
	Params map[string]string
	Files  map[string]File // by the field that they came in
}

type fault struct {
	method string // empty for any that writes
	body   string
	code   int
}

// New returns a platform on which nobody has written.
func New(o Options) *Platform {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Token == "" {
		o.Token = DemoToken
	}
	p := &Platform{token: o.Token, now: o.Now, group: o.Group, forum: o.Forum, n: 500,
		members: map[int64]bool{Bot.ID: true}, blocked: map[int64]bool{}, chats: map[int64][]*Message{},
		files: map[string]File{}, shut: map[int64]time.Time{}}
	p.queue.news = make(chan struct{})
	return p
}

// Chat returns what a chat shows, oldest first. The chat of the group goes on
// under its new id.
func (p *Platform) Chat(id int64) (out []Message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range p.chats[id] {
		out = append(out, *m)
	}
	return out
}

// Said returns what the bot said in a chat, oldest first.
func (p *Platform) Said(chat int64) []Message {
	return slices.DeleteFunc(p.Chat(chat), func(m Message) bool { return !m.From.Bot || m.Kind == "service" })
}

// In returns what the bot said in a topic, oldest first.
func (p *Platform) In(topic int64) []Message {
	return slices.DeleteFunc(p.Said(p.Group()), func(m Message) bool { return m.Topic != topic })
}

// Group is the id of the group as it is now.
func (p *Platform) Group() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.group
}

// Topics returns the group's topics, deleted ones too, oldest first.
func (p *Platform) Topics() (out []Topic) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range p.topics {
		out = append(out, *t)
	}
	return out
}

// Calls returns the requests that the API got for method, all if it is empty.
func (p *Platform) Calls(method string) []Call {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(p.calls), func(c Call) bool { return method != "" && c.Method != method })
}

// Fail makes the next request for method fail with this answer; the next that
// writes anything, if method is empty.
func (p *Platform) Fail(method string, code int, description string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = append(p.faults, fault{method, refusal(code, description, nil), code})
}

// Throttle lets a chat answer 429 for so long, whatever is sent.
func (p *Platform) Throttle(chat int64, d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shut[chat] = p.now().Add(d)
}

// SetForum turns the group's topics on or off.
func (p *Platform) SetForum(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.forum = on
}

// Block lets a person block the bot, and tells it so.
func (p *Platform) Block(u User) { p.standing(u, true, "kicked") }

// Unblock undoes Block.
func (p *Platform) Unblock(u User) { p.standing(u, false, "member") }

func (p *Platform) standing(u User, blocked bool, status string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.blocked[u.ID] = blocked
	p.push("my_chat_member", map[string]any{"chat": p.chat(u.ID), "from": u, "date": p.now().Unix(),
		"new_chat_member": map[string]any{"user": Bot, "status": status}})
}

// Join makes people members of the group.
func (p *Platform) Join(us ...User) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, u := range us {
		p.members[u.ID] = true
	}
}

// Leave takes somebody out of the group and tells the bot.
func (p *Platform) Leave(u User) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.members[u.ID] = false
	p.push("chat_member", map[string]any{"chat": p.chat(p.group), "from": u, "date": p.now().Unix(),
		"old_chat_member": map[string]any{"user": u, "status": "member"}, "new_chat_member": map[string]any{"user": u, "status": "left"}})
}

// Migrate makes the group a supergroup with another id, and tells the bot. What
// was written stays under the old one.
func (p *Platform) Migrate() (id int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	id = p.group - 1_000_000_000_000
	p.old, p.group = p.group, id
	p.serve(p.old, User{ID: 1, First: "Owner"}, 0, map[string]any{"migrate_to_chat_id": id})
	p.serve(id, User{ID: 1, First: "Owner"}, 0, map[string]any{"migrate_from_chat_id": p.old})
	return id
}

// next is a name for anything. p.mu is held.
func (p *Platform) next() int64 {
	p.n++
	return p.n
}

// chat is a chat as messages show it. p.mu is held.
func (p *Platform) chat(id int64) map[string]any {
	if id > 0 {
		return map[string]any{"id": id, "type": "private"}
	}
	kind := "supergroup"
	if id > -1_000_000_000_000 && !p.forum {
		kind = "group"
	}
	c := map[string]any{"id": id, "type": kind, "title": "Desk"}
	if p.forum && id == p.group {
		c["is_forum"] = true
	}
	return c
}

// refusal is an answer that is not ok.
func refusal(code int, description string, parameters map[string]any) string {
	m := map[string]any{"ok": false, "error_code": code, "description": description}
	if parameters != nil {
		m["parameters"] = parameters
	}
	b, err := json.Marshal(m)
	if err != nil {
		panic(err) // it is made of strings and numbers
	}
	return string(b)
}

var _ http.Handler = (*Platform)(nil)
