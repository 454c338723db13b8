package fake

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Rules of https://core.telegram.org/bots/api and /bots/faq
const (
	mostText    = 4096 // UTF-16 units
	mostCaption = 1024
	perMinute   = 20 // posts to a group; edits and topics count
	mostGet     = 20 << 20
	mostPost    = 50 << 20
	mostPhoto   = 10 << 20
)

var reactions = strings.Fields("👍 👎 ❤ 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐 🍓 🍾 😈 😴 😭 🤓 👻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷 😡")

var kinds = map[string]string{"sendMessage": "text", "sendPhoto": "photo", "sendVoice": "voice", "sendAudio": "audio",
	"sendVideo": "video", "sendDocument": "document", "sendLocation": "location", "sendVenue": "location"}

// ServeHTTP is the API: /bot<token>/<method> and /file/bot<token>/<path>.
func (p *Platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if id, ok := strings.CutPrefix(r.URL.Path, "/file/bot"+p.token+"/files/"); ok {
		p.download(w, id)
		return
	}
	method, ok := strings.CutPrefix(r.URL.Path, "/bot"+p.token+"/")
	if !ok {
		answer(w, 401, refusal(401, "Unauthorized", nil))
		return
	}
	q := &request{method: method, params: map[string]string{}, files: map[string]File{}}
	if err := q.read(r); err != nil {
		answer(w, 400, refusal(400, "Bad Request: "+err.Error(), nil))
		return
	}
	p.mu.Lock()
	p.calls = append(p.calls, Call{method, q.params, q.files})
	p.mu.Unlock()
	if method == "getUpdates" {
		p.poll(r.Context(), w, q)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	result, no := p.do(q)
	if no != "" {
		var e struct {
			Code int `json:"error_code"`
		}
		_ = json.Unmarshal([]byte(no), &e)
		answer(w, e.Code, no)
		return
	}
	b, err := json.Marshal(map[string]any{"ok": true, "result": result})
	if err != nil {
		panic(err) // it is made of maps
	}
	answer(w, 200, string(b))
}

func answer(w http.ResponseWriter, code int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = io.WriteString(w, body)
}

type request struct {
	method string
	params map[string]string
	files  map[string]File
}

// read takes the parameters as a form, with files, or as JSON.
func (q *request) read(r *http.Request) error {
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		var m map[string]any
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil && err != io.EOF {
			return err
		}
		for k, v := range m {
			if s, ok := v.(string); ok {
				q.params[k] = s
				continue
			}
			b, err := json.Marshal(v)
			if err != nil {
				return err
			}
			q.params[k] = string(b)
		}
		return nil
	}
	if err := r.ParseMultipartForm(64 << 20); err != nil && err != http.ErrNotMultipart {
		return err
	}
	for k, v := range r.Form {
		q.params[k] = v[0]
	}
	if r.MultipartForm == nil {
		return nil
	}
	for k, fs := range r.MultipartForm.File {
		f, err := fs[0].Open()
		if err != nil {
			return err
		}
		b, err := io.ReadAll(f)
		f.Close()
		if err != nil {
			return err
		}
		q.files[k] = File{Name: fs[0].Filename, Body: b}
	}
	return nil
}

func (q *request) int(name string) int64 {
	n, _ := strconv.ParseInt(q.params[name], 10, 64)
	return n
}

func bad(description string) string { return refusal(400, "Bad Request: "+description, nil) }

// do answers a request. p.mu is held.
func (p *Platform) do(q *request) (result any, no string) {
	if no := p.faulty(q.method); no != "" {
		return nil, no
	}
	switch q.method {
	case "getMe":
		return struct {
			User
			All bool `json:"can_read_all_group_messages"`
		}{Bot, true}, ""
	case "setWebhook":
		p.hook = hook{q.params["url"], q.params["secret_token"]}
		return true, ""
	case "deleteWebhook":
		p.hook = hook{}
		return true, ""
	case "getWebhookInfo":
		return map[string]any{"url": p.hook.url, "pending_update_count": len(p.queue.all) - int(p.queue.confirmed)}, ""
	case "answerCallbackQuery", "setMyCommands", "logOut", "close":
		return true, ""
	case "getFile":
		return p.getFile(q.params["file_id"])
	}
	return p.inChat(q)
}

// inChat answers what is about a chat.
func (p *Platform) inChat(q *request) (result any, no string) {
	chat := q.int("chat_id")
	switch {
	case chat == p.old && p.old != 0:
		return nil, refusal(400, "Bad Request: group chat was upgraded to a supergroup chat", map[string]any{"migrate_to_chat_id": p.group})
	case chat == 0, chat < 0 && chat != p.group:
		return nil, bad("chat not found")
	case chat > 0 && p.blocked[chat]:
		return nil, refusal(403, "Forbidden: bot was blocked by the user", nil)
	case chat > 0 && len(p.chats[chat]) == 0:
		return nil, refusal(403, "Forbidden: bot can't initiate conversation with a user", nil)
	}
	switch q.method {
	case "getChat":
		return p.chat(chat), ""
	case "getChatMember":
		if u := q.int("user_id"); p.members[u] {
			return map[string]any{"status": "member", "user": map[string]any{"id": u}}, ""
		}
		return map[string]any{"status": "left", "user": map[string]any{"id": q.int("user_id")}}, ""
	case "sendChatAction":
		return true, p.throttled(chat)
	case "setMessageReaction":
		return p.react(q, chat)
	case "createForumTopic", "editForumTopic", "closeForumTopic", "reopenForumTopic":
		return p.topical(q, chat)
	case "editMessageText", "editMessageCaption", "editMessageMedia":
		return p.edit(q, chat)
	}
	return p.post(q, chat)
}

// faulty is the answer that Fail has ordered for this request.
func (p *Platform) faulty(method string) string {
	writes := strings.HasPrefix(method, "send") && method != "sendChatAction" || strings.HasPrefix(method, "edit")
	i := slices.IndexFunc(p.faults, func(f fault) bool { return f.method == method || f.method == "" && writes })
	if i < 0 {
		return ""
	}
	no := p.faults[i].body
	p.faults = slices.Delete(p.faults, i, i+1)
	return no
}

// throttled is the 429 that Throttle has ordered.
func (p *Platform) throttled(chat int64) string {
	if left := p.shut[chat].Sub(p.now()); left > 0 {
		return tooMany(left)
	}
	return ""
}

func tooMany(d time.Duration) string {
	secs := int((d + time.Second - 1) / time.Second)
	return refusal(429, fmt.Sprintf("Too Many Requests: retry after %d", secs), map[string]any{"retry_after": secs})
}

// counted is the 429 of a group that has had its 20 posts of the minute.
func (p *Platform) counted(chat int64) string {
	if no := p.throttled(chat); no != "" || chat > 0 {
		return no
	}
	now := p.now()
	p.stamps = slices.DeleteFunc(p.stamps, func(t time.Time) bool { return now.Sub(t) >= time.Minute })
	if len(p.stamps) >= perMinute {
		return tooMany(p.stamps[0].Add(time.Minute).Sub(now))
	}
	p.stamps = append(p.stamps, now)
	return ""
}

func (p *Platform) getFile(id string) (any, string) {
	f, ok := p.files[id]
	switch {
	case !ok:
		return nil, bad("wrong file_id or the file is temporarily unavailable")
	case f.Size > mostGet || len(f.Body) > mostGet:
		return nil, bad("file is too big")
	}
	return map[string]any{"file_id": id, "file_unique_id": "u" + id, "file_size": len(f.Body), "file_path": "files/" + id}, ""
}

func (p *Platform) download(w http.ResponseWriter, id string) {
	p.mu.Lock()
	f, ok := p.files[id]
	p.mu.Unlock()
	if !ok {
		answer(w, 404, refusal(404, "Not Found", nil))
		return
	}
	_, _ = w.Write(f.Body)
}

func (p *Platform) react(q *request, chat int64) (any, string) {
	m := p.find(chat, q.int("message_id"))
	if m == nil {
		return nil, bad("message to react not found")
	}
	var rs []struct{ Type, Emoji string }
	if err := json.Unmarshal([]byte(q.params["reaction"]), &rs); err != nil || len(rs) > 1 {
		return nil, bad("can't parse reaction")
	}
	m.Reaction = ""
	for _, r := range rs {
		if r.Type != "emoji" || !slices.Contains(reactions, r.Emoji) {
			return nil, bad("REACTION_INVALID")
		}
		m.Reaction = r.Emoji
	}
	return true, ""
}

// topical makes, names, closes and opens topics.
func (p *Platform) topical(q *request, chat int64) (any, string) {
	if !p.forum || chat != p.group {
		return nil, bad("the chat is not a forum")
	}
	name := q.params["name"]
	if n := len([]rune(name)); n > 128 || n == 0 && q.method == "createForumTopic" {
		return nil, bad("TOPIC_TITLE_EMPTY or too long")
	}
	if no := p.counted(chat); no != "" {
		return nil, no
	}
	if q.method == "createForumTopic" {
		t := &Topic{ID: p.next(), Name: name}
		p.topics = append(p.topics, t)
		return map[string]any{"message_thread_id": t.ID, "name": name, "icon_color": 7322096}, ""
	}
	t := p.topic(q.int("message_thread_id"))
	switch {
	case t == nil || t.Deleted:
		return nil, bad("TOPIC_ID_INVALID")
	case q.method == "editForumTopic" && t.Name == name, q.method != "editForumTopic" && t.Closed == (q.method == "closeForumTopic"):
		return nil, bad("TOPIC_NOT_MODIFIED")
	case q.method == "editForumTopic":
		t.Name = name
		p.serve(chat, Bot, t.ID, map[string]any{"forum_topic_edited": map[string]any{"name": name}})
	default:
		t.Closed = q.method == "closeForumTopic"
		p.serve(chat, Bot, t.ID, map[string]any{map[bool]string{true: "forum_topic_closed", false: "forum_topic_reopened"}[t.Closed]: map[string]any{}})
	}
	return true, ""
}
