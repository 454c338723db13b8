package telegram

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"github.com/frontdesk-im/frontdesk/core"
)

// A message's fields are of three kinds: attributes and services are listed here,
// and all others are what somebody said. So what Telegram invents next is filed
// by its name. https://core.telegram.org/bots/api#message
var (
	// attributes say something about a message.
	attributes = strings.Fields(`message_id message_thread_id direct_messages_topic from sender_chat sender_boost_count
		sender_business_bot sender_tag receiver_user ephemeral_message_id guest_query_id guest_bot_caller_user
		guest_bot_caller_chat date business_connection_id chat forward_origin forward_from forward_from_chat
		forward_from_message_id forward_signature forward_sender_name forward_date is_topic_message is_automatic_forward
		reply_to_message external_reply quote reply_to_story reply_to_checklist_task_id reply_to_poll_option_id via_bot
		edit_date has_protected_content is_from_offline is_paid_post media_group_id author_signature paid_star_count
		entities link_preview_options suggested_post_info effect_id caption caption_entities show_caption_above_media
		has_media_spoiler reply_markup`)

	// services are what Telegram says of a chat. Nobody said it, and nobody answers it.
	services = strings.Fields(`new_chat_members left_chat_member new_chat_member new_chat_participant left_chat_participant
		chat_owner_left chat_owner_changed new_chat_title new_chat_photo delete_chat_photo group_chat_created
		supergroup_chat_created channel_chat_created message_auto_delete_timer_changed migrate_to_chat_id
		migrate_from_chat_id pinned_message connected_website write_access_allowed proximity_alert_triggered boost_added
		chat_background_set checklist_tasks_done checklist_tasks_added direct_message_price_changed
		paid_message_price_changed forum_topic_created forum_topic_edited forum_topic_closed forum_topic_reopened
		general_forum_topic_hidden general_forum_topic_unhidden giveaway_created giveaway_completed managed_bot_created
		community_chat_added community_chat_removed poll_option_added poll_option_deleted video_chat_scheduled
		video_chat_started video_chat_ended video_chat_participants_invited voice_chat_scheduled voice_chat_started
		voice_chat_ended voice_chat_participants_invited`)
)

// kinds are the names of what a message says, in its own order, and whether
// Telegram said it of the chat.
func (m *message) kinds() (said []string, service bool) {
	for _, k := range keysOf(m.raw) {
		switch {
		case slices.Contains(services, k):
			service = true
		case !slices.Contains(attributes, k):
			said = append(said, k)
		}
	}
	return said, service
}

// keysOf are the names in a JSON object, in its own order.
func keysOf(raw []byte) (out []string) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil
	}
	for d.More() {
		t, err := d.Token()
		k, _ := t.(string)
		var skipped json.RawMessage
		if err != nil || d.Decode(&skipped) != nil {
			return out
		}
		out = append(out, k)
	}
	return out
}

// unnamed is what a message says that parts has no word for: its caption, and its
// kind. None for what Telegram says of the chat.
func unnamed(m *message) (ps core.Parts) {
	said, service := m.kinds()
	if words := spelled(m.Caption, m.CaptionEntities); words != "" {
		ps = append(ps, core.Text{Body: words})
	}
	switch {
	case len(said) > 0:
		ps = append(ps, core.Other{Kind: said[0]})
	case len(ps) == 0 && !service:
		ps = append(ps, core.Other{Kind: "empty message"})
	}
	return ps
}

// contact is somebody's name and number, as they are written where they live.
func contact(c *tgbotapi.Contact) string {
	name := strings.TrimSpace(c.FirstName + " " + c.LastName)
	if isHan(c.FirstName) && isHan(c.LastName) {
		name = c.LastName + c.FirstName
	}
	phone := c.PhoneNumber
	if phone != "" && !strings.HasPrefix(phone, "+") {
		phone = "+" + phone
	}
	return strings.TrimSpace(name + " " + phone)
}

func isHan(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool { return !unicode.Is(unicode.Han, r) }) < 0
}

// poll is a question and its options.
func poll(p *tgbotapi.Poll) string {
	lines := []string{p.Question}
	for i, o := range p.Options {
		lines = append(lines, fmt.Sprintf("%d. %s", i+1, o.Text))
	}
	return strings.Join(lines, "\n")
}

// sticker is what a sticker stands for; nothing if it does not say.
func sticker(s *tgbotapi.Sticker) string {
	if s.Emoji == "" {
		return ""
	}
	return "[sticker " + s.Emoji + "]"
}

// prose is the words of a rich message, a line for each of its blocks; what is no
// text in it is left out. https://core.telegram.org/bots/api#richmessage
func prose(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []any:
		return joined(v, "")
	case map[string]any:
		var lines []string
		for _, k := range []string{"summary", "label", "text", "caption", "credit"} {
			if s := prose(v[k]); s != "" {
				lines = append(lines, s)
			}
		}
		for _, k := range []string{"blocks", "items", "cells"} {
			if list, ok := v[k].([]any); ok {
				if s := joined(list, "\n"); s != "" {
					lines = append(lines, s)
				}
			}
		}
		return strings.Join(lines, "\n")
	}
	return ""
}

func joined(list []any, between string) string {
	var out []string
	for _, v := range list {
		if s := prose(v); s != "" {
			out = append(out, s)
		}
	}
	return strings.Join(out, between)
}

// An origin is who wrote what is forwarded, or what is answered in another chat.
// https://core.telegram.org/bots/api#messageorigin
type origin struct {
	Date int64          `json:"date"`
	User *tgbotapi.User `json:"sender_user"`
	Name string         `json:"sender_user_name"`
	From *tgbotapi.Chat `json:"sender_chat"`
	Chat *tgbotapi.Chat `json:"chat"`
}

func (o *origin) who() string {
	switch {
	case o == nil:
		return ""
	case o.User != nil:
		return called(o.User)
	case o.From != nil:
		return cmp.Or(o.From.Title, o.From.UserName)
	case o.Chat != nil:
		return cmp.Or(o.Chat.Title, o.Chat.UserName)
	}
	return o.Name
}

// called is somebody's name.
func called(u *tgbotapi.User) string {
	return cmp.Or(strings.TrimSpace(u.FirstName+" "+u.LastName), u.UserName)
}

// forwarded says whose words a message passes on; nil if they are its sender's.
// Before 2024 Telegram wrote it otherwise.
func forwarded(m *message) *core.Forwarded {
	o := m.Origin
	if o == nil && m.ForwardDate != 0 {
		o = &origin{Date: int64(m.ForwardDate), User: m.ForwardFrom, Name: m.ForwardSenderName, Chat: m.ForwardFromChat}
	}
	if o == nil {
		return nil
	}
	return &core.Forwarded{From: o.who(), At: core.Unix(o.Date)}
}

// quoted is the message that a customer's answers, as far as Telegram says; nil
// if it answers none. Whether the bot or an agent wrote one of ours it does not say.
func quoted(m *message) *core.Quote {
	old := m.ReplyToMessage
	switch {
	case old == nil && m.External == nil:
		return nil
	case old == nil:
		q := &core.Quote{Name: m.External.Origin.who()}
		if m.Passage != nil {
			q.Text = m.Passage.Text
		}
		return q
	}
	q := &core.Quote{Text: cmp.Or(old.Text, old.Caption)}
	if old.Chat != nil {
		q.Ref = ref(old.Chat.ID, old.MessageID)
	}
	if old.From != nil {
		q.Name = called(old.From)
	}
	if old.From != nil && m.From != nil && old.From.ID == m.From.ID {
		q.By, q.Ref = core.ByPeer, "m"+q.Ref
	}
	if f, ok := fileOf(&message{Message: *old}); ok && q.Text == "" {
		q.Text = "[" + f.Name + "]"
	}
	if m.Passage != nil && m.Passage.Text != "" {
		q.Text = m.Passage.Text
	}
	return q
}
