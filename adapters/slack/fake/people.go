package fake

import (
	"encoding/json"
	"fmt"
	"mime"
	"path"
	"slices"
	"strings"
)

// User adds a member of the workspace, who joins the desk's channel or does not.
func (w *Workspace) User(id, name string, joins bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.users[id] = name
	w.channels[Channel].members[id] = joins
}

// Say lets a user write, in a thread or, with "", in the desk's channel. text is
// as Slack stores it, with &amp;, <@U0LIN> and so on. It returns the message's ts.
func (w *Workspace) Say(user, thread, text string, files ...File) string {
	return w.say("", &Message{User: user, Thread: thread, Text: text, Files: files})
}

// SayIn lets a user write in a channel, outside of its threads.
func (w *Workspace) SayIn(channel, user, text string) string {
	return w.say(channel, &Message{User: user, Text: text})
}

// SayTo lets a user write to the app directly.
func (w *Workspace) SayTo(user, text string) string {
	return w.say("D"+user, &Message{User: user, Text: text})
}

// Broadcast is Say with "also send to the channel".
func (w *Workspace) Broadcast(user, thread, text string) string {
	return w.say("", &Message{User: user, Thread: thread, Text: text, SubType: "thread_broadcast"})
}

// Blocks is Say with the blocks that Slack's own clients add.
func (w *Workspace) Blocks(user, thread, text, blocks string) string {
	return w.say("", &Message{User: user, Thread: thread, Text: text, Blocks: json.RawMessage(blocks)})
}

// Attach is Say with attachments, as a forwarded message has.
func (w *Workspace) Attach(user, thread, text, attachments string) string {
	return w.say("", &Message{User: user, Thread: thread, Text: text, Attachments: json.RawMessage(attachments)})
}

// say puts a person's message into a channel, or, with "", where its thread is.
func (w *Workspace) say(channel string, m *Message) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if channel == "" {
		channel = w.home(m.Thread)
	}
	if len(m.Files) > 0 {
		m.SubType = "file_share"
		for i, f := range m.Files {
			m.Files[i] = *w.keep(f.Name, f.body)
		}
	}
	w.add(channel, m)
	w.told(channel, m)
	return m.TS
}

// Upload is a file for Say.
func Upload(name, body string) File { return File{Name: name, body: []byte(body)} }

// keep stores a file's bytes; w.mu is held.
func (w *Workspace) keep(name string, body []byte) *File {
	f := &File{ID: w.next("F"), Name: name, Title: name, MIME: mime.TypeByExtension(path.Ext(name)), Size: len(body), body: body}
	f.URL = w.URL + "/files/" + f.ID + "/" + name
	f.Download = f.URL
	w.files[f.ID] = f
	return f
}

// add puts a message into a channel; w.mu is held.
func (w *Workspace) add(channel string, m *Message) {
	m.Type, m.TS, m.Channel = "message", w.ts(), channel
	r := w.channels[channel]
	if r == nil {
		r = &room{members: map[string]bool{Bot: true, m.User: true}}
		w.channels[channel] = r
	}
	r.messages = append(r.messages, m)
	if root := r.at(m.Thread); root != nil && m.Thread != "" {
		root.Thread, root.Latest = root.TS, m.TS
		root.Replies++
	}
	w.changed()
}

func (r *room) at(ts string) *Message {
	for _, m := range r.messages {
		if m.TS == ts {
			return m
		}
	}
	return nil
}

func kindOf(channel string) string {
	if channel[0] == 'D' {
		return "im"
	}
	return "channel"
}

// told tells the app of a message; w.mu is held.
func (w *Workspace) told(channel string, m *Message) {
	e := fields(m)
	e["channel"], e["channel_type"], e["event_ts"] = channel, kindOf(channel), m.TS
	w.event(e)
}

func fields(v any) map[string]any {
	b, _ := json.Marshal(v)
	out := map[string]any{}
	_ = json.Unmarshal(b, &out)
	return out
}

// Edit lets a user change what they wrote.
func (w *Workspace) Edit(ts, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	m := w.channels[w.home(ts)].at(ts)
	old := m.copy()
	at := w.ts()
	m.Text, m.Edited = text, &Edited{m.User, at}
	w.changedMessage(m, old, at)
}

// Unfold is what Slack does to a message with a link in it: a change without an
// edit.
func (w *Workspace) Unfold(ts string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	m := w.channels[w.home(ts)].at(ts)
	w.changedMessage(m, m.copy(), w.ts())
}

func (w *Workspace) changedMessage(m *Message, old Message, at string) {
	w.event(map[string]any{"type": "message", "subtype": "message_changed", "hidden": true, "channel": m.Channel, "channel_type": kindOf(m.Channel),
		"ts": at, "event_ts": at, "message": fields(m), "previous_message": fields(old)})
	w.changed()
}

// Delete takes a message away. A root with replies leaves a tombstone.
func (w *Workspace) Delete(ts string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.channels[w.home(ts)]
	m := r.at(ts)
	old := m.copy()
	at := w.ts()
	if m.Replies > 0 {
		*m = Message{Type: "message", SubType: "tombstone", User: "USLACKBOT", Text: "This message was deleted.", TS: m.TS, Thread: m.TS, Replies: m.Replies, Latest: m.Latest, Channel: m.Channel}
		w.changedMessage(m, old, at)
		return
	}
	r.messages = slices.DeleteFunc(r.messages, func(x *Message) bool { return x == m })
	w.event(map[string]any{"type": "message", "subtype": "message_deleted", "hidden": true, "channel": m.Channel, "channel_type": kindOf(m.Channel),
		"ts": at, "event_ts": at, "deleted_ts": ts, "previous_message": fields(old)})
	w.changed()
}

// Vanish is Delete while the app is not told.
func (w *Workspace) Vanish(ts string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.channels[w.home(ts)]
	r.messages = slices.DeleteFunc(r.messages, func(x *Message) bool { return x.TS == ts })
}

func (w *Workspace) trigger(user string) string {
	t := w.next("trigger.")
	w.triggers[t] = user
	return t
}

func (w *Workspace) person(user string) map[string]any {
	return map[string]any{"id": user, "username": w.users[user], "name": w.users[user], "team_id": Team}
}

// Press lets a user press the button with a value under a message, one that only
// they see included. It fails if there is no such button.
func (w *Workspace) Press(user, ts, value string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	channel, alone := w.home(ts), false
	m := w.channels[channel].at(ts)
	for id, r := range w.channels {
		for _, t := range r.told {
			if m == nil && t.TS == ts && t.To == user {
				m, channel, alone = t, id, true
			}
		}
	}
	if m == nil {
		return fmt.Errorf("there is no message %s", ts)
	}
	in := map[string]any{"type": "message", "message_ts": ts, "channel_id": channel, "is_ephemeral": alone}
	p := map[string]any{"container": in, "channel": map[string]any{"id": channel, "name": strings.ToLower(channel)}}
	if m.Thread != "" {
		in["thread_ts"] = m.Thread
	}
	if !alone {
		p["message"] = fields(m)
	}
	return w.press(user, m.Blocks, value, p)
}

// PressHome lets a user press a button on their home.
func (w *Workspace) PressHome(user, value string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	v := w.homes[user]
	if v == nil {
		return fmt.Errorf("%s has no home", user)
	}
	return w.press(user, v.Blocks, value, map[string]any{"container": map[string]any{"type": "view", "view_id": v.ID}, "view": fields(v)})
}

func (w *Workspace) press(user string, blocks json.RawMessage, value string, p map[string]any) error {
	for _, b := range buttonsOf(blocks) {
		if b.Value == value {
			p["type"], p["user"], p["team"], p["api_app_id"], p["trigger_id"] = "block_actions", w.person(user), map[string]any{"id": Team}, appID, w.trigger(user)
			a := fields(b)
			a["block_id"], a["action_ts"] = b.Block, w.ts()
			p["actions"] = []any{a}
			w.deliver("interactive", p)
			return nil
		}
	}
	return fmt.Errorf("no button has the value %q, there are %q", value, Buttons(blocks))
}

// Shortcut lets a user choose an entry of a message's menu.
func (w *Workspace) Shortcut(user, ts, callback string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	channel := w.home(ts)
	w.deliver("interactive", map[string]any{"type": "message_action", "callback_id": callback, "trigger_id": w.trigger(user), "action_ts": w.ts(),
		"user": w.person(user), "team": map[string]any{"id": Team}, "channel": map[string]any{"id": channel, "name": strings.ToLower(channel)}, "message": fields(w.channels[channel].at(ts))})
}

// Submit lets a user fill in the form they have open: values by block_id.
func (w *Workspace) Submit(user string, values map[string]string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	v := w.opened[user]
	if v == nil {
		return fmt.Errorf("%s has no form open", user)
	}
	delete(w.opened, user)
	state := map[string]any{}
	var inputs []struct {
		ID      string `json:"block_id"`
		Element struct {
			Type    string `json:"type"`
			Action  string `json:"action_id"`
			Initial *struct {
				Value string `json:"value"`
			} `json:"initial_option"`
		} `json:"element"`
	}
	if err := json.Unmarshal(v.Blocks, &inputs); err != nil {
		return err
	}
	for _, in := range inputs {
		val, given := values[in.ID]
		delete(values, in.ID)
		if !given && in.Element.Initial != nil {
			val, given = in.Element.Initial.Value, true
		}
		x := map[string]any{"type": in.Element.Type, "value": nil}
		switch option := map[string]any{"value": val}; {
		case !given:
		case in.Element.Type == "checkboxes":
			x["selected_options"] = []any{option}
		case strings.HasSuffix(in.Element.Type, "_select"):
			x["selected_option"] = option
		default:
			x["value"] = val
		}
		state[in.ID] = map[string]any{in.Element.Action: x}
	}
	if len(values) > 0 {
		return fmt.Errorf("the form has no fields %v", values)
	}
	f := fields(v)
	f["state"] = map[string]any{"values": state}
	w.deliver("interactive", map[string]any{"type": "view_submission", "user": w.person(user), "team": map[string]any{"id": Team}, "api_app_id": appID, "trigger_id": w.trigger(user), "view": f})
	return nil
}

// Slash lets a user type /desk in a channel.
func (w *Workspace) Slash(user, channel, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deliver("slash_commands", map[string]any{"command": "/desk", "text": text, "user_id": user, "user_name": w.users[user], "channel_id": channel,
		"team_id": Team, "api_app_id": appID, "trigger_id": w.trigger(user), "response_url": "https://hooks.slack.com/commands/fake"})
}

// OpenHome lets a user look at the app's home.
func (w *Workspace) OpenHome(user string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.event(map[string]any{"type": "app_home_opened", "user": user, "channel": "D" + user, "tab": "home", "event_ts": w.ts()})
}

// Event tells the app of an event of any kind.
func (w *Workspace) Event(e map[string]any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.event(e)
}

func (w *Workspace) event(e map[string]any) {
	w.deliver("events_api", map[string]any{"type": "event_callback", "team_id": Team, "api_app_id": appID, "event_id": w.next("Ev"), "event_time": w.Now().Unix(),
		"authorizations": []any{map[string]any{"team_id": Team, "user_id": Bot, "is_bot": true}}, "event": e})
}
