package telegram

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

// fake is a Bot API server with state: updates with offsets, long polling,
// topics that can be deleted, a limit of posts to a group, files.
type fake struct {
	t     *testing.T
	srv   *httptest.Server
	inbox *coretest.Inbox
	log   *coretest.Log
	vals  *coretest.Values
	blobs *coretest.Blobs
	clock time.Time

	mu        sync.Mutex
	news      chan struct{} // closed when an update comes
	updates   []json.RawMessage
	confirmed int
	polling   int
	nextID    int
	forum     bool
	topics    map[string]string // id: name
	posts     []string          // "<thread or chat>: text", in order
	edits     []string
	reactions []string
	stamps    []time.Time // of posts to the group
	fail      string      // the answer to every send, if set
}

const group = -100123

func newFake(t *testing.T) *fake {
	f := &fake{t: t, inbox: &coretest.Inbox{}, log: &coretest.Log{}, vals: &coretest.Values{}, blobs: &coretest.Blobs{},
		clock: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), news: make(chan struct{}), topics: map[string]string{}, nextID: 500, forum: true}
	f.srv = httptest.NewServer(f)
	t.Cleanup(f.srv.Close)
	t.Cleanup(func() {
		if strings.Contains(f.log.String(), token) {
			t.Errorf("the token was logged: %s", f.log)
		}
	})
	return f
}

func (f *fake) open(c Config) *Channel {
	c.Token, c.API, c.Secret, c.Poll = token, f.srv.URL, secret, 1
	if err := c.Validate(); err != nil {
		f.t.Fatal(err)
	}
	d := coretest.Deps(f.inbox, f.log, f.srv.Client())
	d.Values, d.Blobs = f.vals, f.blobs
	d.Now = func() time.Time { f.mu.Lock(); defer f.mu.Unlock(); return f.clock }
	ch, err := New(c, d)
	if err != nil {
		f.t.Fatal(err)
	}
	return ch
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if rest, ok := strings.CutPrefix(r.URL.Path, "/file/bot"+token+"/"); ok {
		io.WriteString(w, "bytes of "+rest)
		return
	}
	method, ok := strings.CutPrefix(r.URL.Path, "/bot"+token+"/")
	if !ok {
		w.WriteHeader(401)
		io.WriteString(w, `{"ok":false,"error_code":401,"description":"Unauthorized"}`)
		return
	}
	_ = r.ParseMultipartForm(1 << 20)
	if method == "getUpdates" {
		f.poll(w, r)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	result, refusal := f.do(method, r)
	if refusal != "" {
		w.WriteHeader(400)
		io.WriteString(w, refusal)
		return
	}
	b, _ := json.Marshal(map[string]any{"ok": true, "result": result})
	w.Write(b)
}

func refuse(code int, text, more string) string {
	return fmt.Sprintf(`{"ok":false,"error_code":%d,"description":%q%s}`, code, text, more)
}

func (f *fake) do(method string, r *http.Request) (result any, refusal string) {
	chat, thread := r.FormValue("chat_id"), r.FormValue("message_thread_id")
	f.nextID++
	switch method {
	case "getChat":
		return map[string]any{"id": group, "type": "supergroup", "is_forum": f.forum}, ""
	case "getFile":
		return map[string]any{"file_id": r.FormValue("file_id"), "file_path": "x/" + r.FormValue("file_id")}, ""
	case "createForumTopic":
		if !f.forum {
			return nil, refuse(400, "Bad Request: the chat is not a forum", "")
		}
		f.topics[strconv.Itoa(f.nextID)] = r.FormValue("name")
		return map[string]any{"message_thread_id": f.nextID, "name": r.FormValue("name")}, f.limited(chat)
	case "setMessageReaction":
		f.reactions = append(f.reactions, r.FormValue("message_id")+" "+r.FormValue("reaction"))
		return true, ""
	case "editMessageText":
		f.edits = append(f.edits, r.FormValue("message_id")+": "+r.FormValue("text"))
		return map[string]any{"message_id": f.nextID}, f.limited(chat)
	case "answerCallbackQuery", "deleteWebhook", "setWebhook", "sendChatAction":
		return true, ""
	}
	if f.fail != "" {
		return nil, f.fail
	}
	if thread != "" && f.topics[thread] == "" {
		return nil, refuse(400, "Bad Request: message thread not found", "")
	}
	if no := f.limited(chat); no != "" {
		return nil, no
	}
	where := chat
	if thread != "" {
		where = thread
	}
	f.posts = append(f.posts, where+": "+r.FormValue("text")+r.FormValue("caption"))
	return map[string]any{"message_id": f.nextID}, ""
}

// limited is the 20 posts a minute of a group.
func (f *fake) limited(chat string) string {
	if chat != strconv.Itoa(group) {
		return ""
	}
	for len(f.stamps) > 0 && f.clock.Sub(f.stamps[0]) >= time.Minute {
		f.stamps = f.stamps[1:]
	}
	if len(f.stamps) >= 20 {
		return refuse(429, "Too Many Requests: retry after 7", `,"parameters":{"retry_after":7}`)
	}
	f.stamps = append(f.stamps, f.clock)
	return ""
}

// poll is getUpdates: an offset confirms what is before it; only one may poll.
func (f *fake) poll(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	if f.polling++; f.polling > 1 {
		f.polling--
		f.mu.Unlock()
		w.WriteHeader(409)
		io.WriteString(w, refuse(409, "Conflict: terminated by other getUpdates request", ""))
		return
	}
	offset, _ := strconv.Atoi(r.FormValue("offset"))
	f.confirmed = max(f.confirmed, offset)
	news := f.news
	waiting := len(f.updates) <= f.confirmed
	f.mu.Unlock()
	if waiting {
		select {
		case <-news:
		case <-r.Context().Done():
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.polling--
	out := []json.RawMessage{}
	if f.confirmed < len(f.updates) {
		out = f.updates[f.confirmed:]
	}
	b, _ := json.Marshal(map[string]any{"ok": true, "result": out})
	w.Write(b)
}

// push makes an update of the rest of a document that starts {"update_id":N,.
func (f *fake) push(rest string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.updates = append(f.updates, json.RawMessage(fmt.Sprintf(`{"update_id":%d,%s}`, len(f.updates), fmt.Sprintf(rest, args...))))
	close(f.news)
	f.news = make(chan struct{})
}

func (f *fake) pass(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.clock = f.clock.Add(d)
}

var _ core.Inbox = (*coretest.Inbox)(nil)
