package fake

import (
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

type object = map[string]any

func fail(code string) object { return object{"ok": false, "error": code} }

// refusal is the next failure that was asked for; w.mu is held.
func (w *Workspace) refusal(method string) string {
	if len(w.refusals[method]) == 0 {
		return ""
	}
	code := w.refusals[method][0]
	w.refusals[method] = w.refusals[method][1:]
	return code
}

// serveAPI is one call of a method.
func (w *Workspace) serveAPI(rw http.ResponseWriter, r *http.Request, method string) {
	args, token := arguments(r)
	w.mu.Lock()
	w.calls = append(w.calls, Call{method, args})
	code := w.refusal(method)
	var out object
	switch {
	case method == "apps.connections.open" && token != App, method != "apps.connections.open" && token != Token:
		out = fail("invalid_auth")
	case code == "" || code == "cut":
		out = w.do(method, args, r.Host)
	case code == "429":
		rw.Header().Set("Retry-After", "7")
		fallthrough
	case code == "500" || code == "503":
		status, _ := strconv.Atoi(code)
		w.mu.Unlock()
		http.Error(rw, "no", status)
		return
	default:
		out = fail(code)
	}
	w.changed()
	w.mu.Unlock()
	if code == "cut" {
		panic(http.ErrAbortHandler) // done, but nobody is told
	}
	rw.Header().Set("Content-Type", "application/json; charset=utf-8")
	rw.Header().Set("X-OAuth-Scopes", w.Scopes)
	_ = json.NewEncoder(rw).Encode(out) // if nobody reads it, nobody misses it
}

// arguments are a call's, sent as a form or as JSON, and its token.
func arguments(r *http.Request) (url.Values, string) {
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	args := url.Values{}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		var m map[string]json.RawMessage
		_ = json.NewDecoder(r.Body).Decode(&m)
		for k, raw := range m {
			s := string(raw)
			_ = json.Unmarshal(raw, &s) // a string without its quotes
			args.Set(k, s)
		}
	} else if r.ParseMultipartForm(1<<20) == nil || r.Form != nil {
		args = r.Form
	}
	if t := args.Get("token"); t != "" {
		token = t
		args.Del("token")
	}
	return args, token
}

func (w *Workspace) do(method string, a url.Values, host string) object {
	switch method {
	case "apps.connections.open":
		t := w.next("t")
		w.tickets[t] = true
		return object{"ok": true, "url": "ws://" + host + "/socket?ticket=" + t}
	case "auth.test", "api.test":
		return object{"ok": true, "url": "https://fake.slack.com/", "team": "Fake", "user": "frontdesk", "team_id": Team, "user_id": Bot, "bot_id": botID}
	case "users.info":
		name, ok := w.users[a.Get("user")]
		if !ok {
			return fail("user_not_found")
		}
		return object{"ok": true, "user": object{"id": a.Get("user"), "team_id": Team, "name": strings.ToLower(a.Get("user")), "real_name": name, "profile": object{"display_name": name, "real_name": name}}}
	case "views.open", "views.publish":
		return w.show(method, a)
	case "files.getUploadURLExternal":
		n, _ := strconv.Atoi(a.Get("length"))
		if a.Get("filename") == "" || n <= 0 {
			return fail("invalid_arguments")
		}
		f := w.keep(a.Get("filename"), nil)
		f.Size = n
		return object{"ok": true, "upload_url": "http://" + host + "/upload/" + f.ID, "file_id": f.ID}
	case "files.info":
		if f := w.files[a.Get("file")]; f != nil {
			return object{"ok": true, "file": f}
		}
		return fail("file_not_found")
	case "files.completeUploadExternal":
		return w.complete(a)
	}
	return w.doIn(method, a)
}

// doIn is a call that is about a channel.
func (w *Workspace) doIn(method string, a url.Values) object {
	id := a.Get("channel")
	if user := w.users[id]; user != "" && method == "chat.postMessage" { // their direct messages
		id = "D" + id
		if w.channels[id] == nil {
			w.channels[id] = &room{members: map[string]bool{Bot: true, a.Get("channel"): true}}
		}
	}
	r := w.channels[id]
	switch {
	case r == nil:
		return fail("channel_not_found")
	case method == "conversations.info":
		return object{"ok": true, "channel": object{"id": id, "name": strings.ToLower(id), "is_channel": true, "is_member": r.members[Bot], "is_archived": r.archived}}
	case method == "conversations.join":
		r.members[Bot] = true
		return object{"ok": true, "channel": object{"id": id}}
	case !r.members[Bot]:
		return fail("not_in_channel")
	case method == "conversations.history", method == "conversations.replies":
		return r.history(method, a)
	case r.archived:
		return fail("is_archived")
	}
	switch method {
	case "chat.postMessage":
		return w.posted(id, r, a, "")
	case "chat.postEphemeral":
		if !r.members[a.Get("user")] {
			return fail("user_not_in_channel")
		}
		return w.posted(id, r, a, a.Get("user"))
	case "chat.update":
		return w.updated(id, r, a)
	case "chat.delete":
		m := r.at(a.Get("ts"))
		if m == nil {
			return fail("message_not_found")
		}
		r.messages = slices.DeleteFunc(r.messages, func(x *Message) bool { return x == m })
		return object{"ok": true, "channel": id, "ts": m.TS}
	case "reactions.add", "reactions.remove":
		return r.react(method, a)
	case "conversations.members":
		var out []string
		for m, in := range r.members {
			if in {
				out = append(out, m)
			}
		}
		slices.Sort(out)
		return object{"ok": true, "members": out, "response_metadata": object{"next_cursor": ""}}
	}
	return fail("unknown_method")
}

// posted puts a message of the app's into a channel, or shows it to one user.
func (w *Workspace) posted(id string, r *room, a url.Values, to string) object {
	m := &Message{User: Bot, BotID: botID, AppID: appID, Text: a.Get("text"), Thread: a.Get("thread_ts"), Blocks: rawOf(a, "blocks"), Metadata: rawOf(a, "metadata"), Username: a.Get("username"), To: to}
	if m.Username != "" {
		m.SubType, m.User = "bot_message", ""
	}
	if code := check(m); code != "" {
		return fail(code)
	}
	if to != "" {
		m.TS, m.Channel = w.ts(), id
		r.told = append(r.told, m)
		return object{"ok": true, "message_ts": m.TS}
	}
	if m.Thread != "" && r.at(m.Thread) == nil {
		return fail("thread_not_found")
	}
	w.add(id, m)
	w.told(id, m)
	return object{"ok": true, "channel": id, "ts": m.TS, "message": m}
}

func rawOf(a url.Values, name string) json.RawMessage {
	if s := a.Get(name); s != "" && json.Valid([]byte(s)) {
		return json.RawMessage(s)
	}
	return nil
}

func (w *Workspace) updated(id string, r *room, a url.Values) object {
	m := r.at(a.Get("ts"))
	switch {
	case m == nil || m.SubType == "tombstone":
		return fail("message_not_found")
	case m.BotID == "":
		return fail("cant_update_message")
	}
	old := m.copy()
	m.Text, m.Blocks, m.Edited = a.Get("text"), rawOf(a, "blocks"), &Edited{Bot, w.ts()}
	if code := check(m); code != "" {
		*m = old
		return fail(code)
	}
	w.changedMessage(m, old, m.Edited.TS)
	return object{"ok": true, "channel": id, "ts": m.TS, "text": m.Text, "message": m}
}

// check is what Slack refuses: https://docs.slack.dev/reference/block-kit/blocks
func check(m *Message) string {
	if m.Text == "" && len(m.Blocks) == 0 {
		return "no_text"
	}
	if utf8.RuneCountInString(m.Text) > 40000 {
		return "msg_too_long"
	}
	if Blocks(m.Blocks, 50) != nil {
		return "invalid_blocks"
	}
	return ""
}

func (r *room) react(method string, a url.Values) object {
	m, name := r.at(a.Get("timestamp")), a.Get("name")
	if m == nil {
		return fail("message_not_found")
	}
	i := slices.IndexFunc(m.Reactions, func(x Reaction) bool { return x.Name == name })
	switch {
	case method == "reactions.add" && i >= 0:
		return fail("already_reacted")
	case method == "reactions.add":
		m.Reactions = append(m.Reactions, Reaction{name, []string{Bot}, 1})
	case i < 0:
		return fail("no_reaction")
	default:
		m.Reactions = slices.Delete(m.Reactions, i, i+1)
	}
	return object{"ok": true}
}

// history is the newest first of a channel, the oldest first of a thread, in
// pages.
func (r *room) history(method string, a url.Values) object {
	var out []*Message
	oldest, root := a.Get("oldest"), a.Get("ts")
	if method == "conversations.replies" && r.at(root) == nil {
		return fail("thread_not_found")
	}
	for _, m := range r.messages {
		after := oldest == "" || m.TS > oldest
		if method == "conversations.replies" && (m.TS == root || m.Thread == root && after) || method == "conversations.history" && (m.Thread == "" || m.Thread == m.TS || m.SubType == "thread_broadcast") && after {
			c := m.copy()
			if a.Get("include_all_metadata") != "true" && a.Get("include_all_metadata") != "1" {
				c.Metadata = nil
			}
			out = append(out, &c)
		}
	}
	if method == "conversations.history" {
		slices.Reverse(out)
	}
	limit, _ := strconv.Atoi(a.Get("limit"))
	from, _ := strconv.Atoi(a.Get("cursor"))
	out = out[min(from, len(out)):]
	next := ""
	if limit > 0 && len(out) > limit {
		out, next = out[:limit], strconv.Itoa(from+limit)
	}
	if out == nil {
		out = []*Message{}
	}
	return object{"ok": true, "messages": out, "has_more": next != "", "response_metadata": object{"next_cursor": next}}
}

// show opens a form or sets a home.
func (w *Workspace) show(method string, a url.Values) object {
	var v View
	if json.Unmarshal([]byte(a.Get("view")), &v) != nil || Blocks(v.Blocks, 100) != nil {
		return fail("invalid_arguments")
	}
	v.ID = w.next("V")
	if method == "views.publish" {
		v.user = a.Get("user_id")
		w.homes[v.user] = &v
		return object{"ok": true, "view": v}
	}
	user, ok := w.triggers[a.Get("trigger_id")]
	if !ok {
		return fail("invalid_trigger_id")
	}
	delete(w.triggers, a.Get("trigger_id"))
	v.user = user
	w.opened[user] = &v
	return object{"ok": true, "view": v}
}

// complete shares uploaded files in a thread, as one message.
func (w *Workspace) complete(a url.Values) object {
	var fs []File
	r := w.channels[a.Get("channel_id")]
	if json.Unmarshal([]byte(a.Get("files")), &fs) != nil || len(fs) == 0 {
		return fail("invalid_arguments")
	}
	if r == nil {
		return fail("channel_not_found")
	}
	m := &Message{SubType: "file_share", User: Bot, Text: a.Get("initial_comment"), Thread: a.Get("thread_ts")}
	if m.Thread != "" && r.at(m.Thread) == nil {
		return fail("thread_not_found")
	}
	for _, f := range fs {
		kept := w.files[f.ID]
		if kept == nil || kept.body == nil {
			return fail("file_not_found")
		}
		if f.Title != "" {
			kept.Title = f.Title
		}
		kept.MIME = mime.TypeByExtension(path.Ext(kept.Name))
		m.Files = append(m.Files, *kept)
	}
	w.add(a.Get("channel_id"), m)
	w.told(a.Get("channel_id"), m)
	return object{"ok": true, "files": fs}
}

// Body is what a file has in it.
func (w *Workspace) Body(id string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if f := w.files[id]; f != nil {
		return string(f.body)
	}
	return ""
}
