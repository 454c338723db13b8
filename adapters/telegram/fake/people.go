package fake

import (
	"encoding/json"
	"fmt"
	"slices"
)

// A Draft is what somebody writes.
type Draft struct {
	Topic     int64 // of the group; 0 for General or a chat without topics
	ReplyTo   int64
	Text      string // or the caption
	Kind      string // photo, voice, video, document, audio; empty for text
	File      File
	Album     string         // media_group_id
	Anonymous bool           // in the name of the group
	More      map[string]any // further fields, such as entities or sticker
}

// Write lets somebody write in a chat, and returns the message's id. Whoever
// writes in the group is a member of it.
func (p *Platform) Write(u User, chat int64, d Draft) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if chat < 0 && !d.Anonymous {
		p.members[u.ID] = true
	}
	m := &Message{ID: p.next(), Chat: chat, Topic: d.Topic, From: u, At: p.now(), Kind: "text", Text: d.Text, ReplyTo: d.ReplyTo}
	if d.Kind != "" {
		m.Kind, m.File = d.Kind, d.File
	}
	p.chats[chat] = append(p.chats[chat], m)
	doc := p.doc(m)
	if d.Album != "" {
		doc["media_group_id"] = d.Album
	}
	if d.Anonymous {
		doc["sender_chat"] = p.chat(chat)
		doc["from"] = User{ID: 1087968824, Bot: true, First: "Group", Username: "GroupAnonymousBot"}
	}
	for k, v := range d.More {
		doc[k] = v
	}
	p.push("message", doc)
	return m.ID
}

// Revise lets somebody change what they wrote.
func (p *Platform) Revise(chat, id int64, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if m := p.find(chat, id); m != nil {
		m.Text, m.Edited = text, true
		doc := p.doc(m)
		doc["edit_date"] = p.now().Unix()
		p.push("edited_message", doc)
	}
}

// Press lets somebody press the button of a message that shows this text. It
// fails if there is none.
func (p *Platform) Press(u User, chat, id int64, text string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	m := p.find(chat, id)
	if m == nil {
		return fmt.Errorf("fake: no message %d in %d", id, chat)
	}
	i := slices.IndexFunc(m.Buttons, func(b Button) bool { return b.Text == text })
	if i < 0 {
		return fmt.Errorf("fake: no button %q in %v", text, m.Buttons)
	}
	p.push("callback_query", map[string]any{"id": fmt.Sprint(p.next()), "from": u, "chat_instance": "1", "data": m.Buttons[i].Data, "message": p.doc(m)})
	return nil
}

// CloseTopic lets somebody close a topic of the group.
func (p *Platform) CloseTopic(u User, topic int64) { p.turn(u, topic, true, "forum_topic_closed") }

// ReopenTopic lets somebody open a closed topic again.
func (p *Platform) ReopenTopic(u User, topic int64) { p.turn(u, topic, false, "forum_topic_reopened") }

func (p *Platform) turn(u User, topic int64, closed bool, service string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t := p.topic(topic); t != nil && t.Closed != closed {
		t.Closed = closed
		p.serve(p.group, u, topic, map[string]any{service: map[string]any{}})
	}
}

// DeleteTopic lets somebody delete a topic with all that is in it. Bots are not
// told.
func (p *Platform) DeleteTopic(topic int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t := p.topic(topic); t != nil {
		t.Deleted = true
		p.chats[p.group] = slices.DeleteFunc(p.chats[p.group], func(m *Message) bool { return m.Topic == topic })
	}
}

// Push hands the bot an update: the document without its update_id.
func (p *Platform) Push(kind string, doc any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.push(kind, doc)
}

// serve is a service message. p.mu is held.
func (p *Platform) serve(chat int64, u User, topic int64, more map[string]any) {
	m := &Message{ID: p.next(), Chat: chat, Topic: topic, From: u, At: p.now(), Kind: "service"}
	p.chats[chat] = append(p.chats[chat], m)
	doc := p.doc(m)
	for k, v := range more {
		doc[k] = v
	}
	p.push("message", doc)
}

func (p *Platform) find(chat, id int64) *Message {
	for _, m := range p.chats[chat] {
		if m.ID == id {
			return m
		}
	}
	return nil
}

func (p *Platform) topic(id int64) *Topic {
	for _, t := range p.topics {
		if t.ID == id {
			return t
		}
	}
	return nil
}

// doc is a message as the API says it. p.mu is held.
func (p *Platform) doc(m *Message) map[string]any {
	d := map[string]any{"message_id": m.ID, "from": m.From, "chat": p.chat(m.Chat), "date": m.At.Unix()}
	if m.Topic != 0 {
		d["message_thread_id"], d["is_topic_message"] = m.Topic, true
	}
	if m.ReplyTo != 0 {
		d["reply_to_message"] = map[string]any{"message_id": m.ReplyTo, "chat": p.chat(m.Chat), "date": m.At.Unix()}
	}
	if len(m.Buttons) > 0 {
		var rows [][]Button
		for _, b := range m.Buttons {
			rows = append(rows, []Button{b})
		}
		d["reply_markup"] = map[string]any{"inline_keyboard": rows}
	}
	switch m.Kind {
	case "service":
	case "text":
		d["text"] = m.Text
	case "location":
		var at struct{ Latitude, Longitude float64 }
		_, _ = fmt.Sscan(m.Text, &at.Latitude, &at.Longitude)
		d["location"] = map[string]any{"latitude": at.Latitude, "longitude": at.Longitude}
	default:
		if m.Text != "" {
			d["caption"] = m.Text
		}
		d[m.Kind] = p.keep(m.Kind, m.File)
	}
	return d
}

// keep gives a file an id and returns how messages show it. p.mu is held.
func (p *Platform) keep(kind string, f File) any {
	id := fmt.Sprintf("FILE-%d", p.next())
	p.files[id] = f
	size := f.Size
	if size == 0 {
		size = int64(len(f.Body))
	}
	doc := map[string]any{"file_id": id, "file_unique_id": "u" + id, "file_size": size}
	switch kind {
	case "photo":
		doc["width"], doc["height"] = 90, 90
		return []any{map[string]any{"file_id": id + "-small", "file_unique_id": "s", "width": 9, "height": 9, "file_size": 1}, doc}
	case "voice":
		doc["duration"] = 1
	}
	if f.Type != "" {
		doc["mime_type"] = f.Type
	}
	if f.Name != "" {
		doc["file_name"] = f.Name
	}
	return doc
}

// push queues an update. p.mu is held.
func (p *Platform) push(kind string, doc any) {
	id := int64(len(p.queue.all)) + 1
	b, err := json.Marshal(map[string]any{"update_id": id, kind: doc})
	if err != nil {
		panic(fmt.Sprintf("fake: an update does not marshal: %v", err))
	}
	p.queue.all = append(p.queue.all, b)
	close(p.queue.news)
	p.queue.news = make(chan struct{})
}
