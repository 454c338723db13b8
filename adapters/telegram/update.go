package telegram

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"github.com/frontdesk-im/frontdesk/core"
)

// An update is what Telegram tells: https://core.telegram.org/bots/api#update
type update struct {
	ID       int       `json:"update_id"`
	Message  *message  `json:"message"`
	Edited   *message  `json:"edited_message"`
	Callback *callback `json:"callback_query"`
	Mine     *standing `json:"my_chat_member"`
	Theirs   *standing `json:"chat_member"`
}

// A message is the library's with what has been added since.
type message struct {
	tgbotapi.Message
	Chat    *chat `json:"chat"`
	Topic   int   `json:"message_thread_id"`
	InTopic bool  `json:"is_topic_message"`

	Closed   *struct{} `json:"forum_topic_closed"`
	Reopened *struct{} `json:"forum_topic_reopened"`

	Origin   *origin `json:"forward_origin"`
	External *struct {
		Origin *origin `json:"origin"`
	} `json:"external_reply"` // what it answers is in another chat
	Passage *struct {
		Text string `json:"text"`
	} `json:"quote"` // what it answers of a longer message

	Rich      any        `json:"rich_message"`
	LivePhoto *livePhoto `json:"live_photo"`

	raw []byte // as it came
	odd error  // a field that is not as we know it
}

// A livePhoto is a picture that moves.
type livePhoto struct {
	FileID string `json:"file_id"`
	MIME   string `json:"mime_type"`
	Size   int    `json:"file_size"`
}

// UnmarshalJSON implements json.Unmarshaler. A field that is not as we know it
// stays empty, for the others are as good as ever.
func (m *message) UnmarshalJSON(b []byte) error {
	type plain message
	var p plain
	err := json.Unmarshal(b, &p)
	if _, odd := errors.AsType[*json.UnmarshalTypeError](err); odd {
		p = plain{}
		_ = json.Unmarshal(shaped[plain](b), &p) // an odd number in it still stays 0
		p.odd, err = err, nil
	}
	*m = message(p)
	m.raw = bytes.Clone(b)
	return err
}

// shaped is a JSON object without the fields that should be objects, or have
// some in them, and are none: T would have empty ones in their place.
func shaped[T any](b []byte) []byte {
	var fields map[string]json.RawMessage
	if json.Unmarshal(b, &fields) != nil {
		return b
	}
	maps.DeleteFunc(fields, func(name string, raw json.RawMessage) bool {
		one, err := json.Marshal(map[string]json.RawMessage{name: raw})
		if err == nil {
			err = json.Unmarshal(one, new(T))
		}
		odd, ok := errors.AsType[*json.UnmarshalTypeError](err)
		return ok && odd.Type.Kind() == reflect.Struct
	})
	out, err := json.Marshal(fields)
	if err != nil {
		return b
	}
	return out
}

// addressed reports whether it is known who wrote a message, and where.
func (m *message) addressed() bool {
	return m.MessageID != 0 && m.Chat != nil && m.Chat.ID != 0 && (m.From == nil || m.From.ID != 0)
}

type chat struct {
	ID    int64  `json:"id"`
	Type  string `json:"type"`
	Forum bool   `json:"is_forum"`
}

func (c *chat) kind() kind {
	if c.Forum {
		return kindForum
	}
	return kindFlat
}

type callback struct {
	ID      string        `json:"id"`
	From    tgbotapi.User `json:"from"`
	Data    string        `json:"data"`
	Message *message      `json:"message"`
}

// A standing is that somebody, or the bot, came to be a member or ceased to.
type standing struct {
	Chat chat          `json:"chat"`
	From tgbotapi.User `json:"from"`
	Date int64         `json:"date"`
	New  struct {
		User   tgbotapi.User `json:"user"`
		Status string        `json:"status"`
		Is     bool          `json:"is_member"`
	} `json:"new_chat_member"`
}

func (s *standing) out() bool {
	return s.New.Status == "left" || s.New.Status == "kicked" || s.New.Status == "restricted" && !s.New.Is
}

// message is that of an update, new or changed.
func (u *update) message() *message { return cmp.Or(u.Message, u.Edited) }

// chat is where an update happened, so that one chat's updates stay in order.
func (u *update) chat() (c chat) {
	switch {
	case u.message() != nil && u.message().Chat != nil:
		return *u.message().Chat
	case u.Callback != nil && u.Callback.Message != nil && u.Callback.Message.Chat != nil:
		return *u.Callback.Message.Chat
	case u.Mine != nil:
		return u.Mine.Chat
	case u.Theirs != nil:
		return u.Theirs.Chat
	}
	return c
}

// decode reads an update. One odd field loses no message whose writer is known.
func decode(raw []byte) (u update, err error) {
	if err = json.Unmarshal(raw, &u); err == nil {
		if m := u.message(); m != nil && m.odd != nil && !m.addressed() {
			err = m.odd
		}
	}
	if err != nil {
		return u, fmt.Errorf("telegram: %w: not an update: %w", core.ErrInvalid, err)
	}
	return u, nil
}

// A reader turns what Telegram tells into envelopes of a channel. It asks nobody.
type reader struct{ channel string }

// read turns an update into an envelope; ok is false for what nobody said. home
// is the staff's group, 0 for a customers' channel. Media is still to be
// copied: its Handle is Telegram's file_id.
func (r reader) read(u *update, home int64, now time.Time) (env core.Envelope, ok bool) {
	c := u.chat()
	private, group := c.Type == "private", home != 0 && c.ID == home
	switch {
	case !private && !group:
	case u.Message != nil:
		env, ok = r.said(u.Message, u.Message.Date, home)
	case u.Edited != nil:
		if env, ok = r.said(u.Edited, u.Edited.EditDate, home); ok { // update_id: two edits can be of one second
			env.Replaces, env.Ref = env.Ref, fmt.Sprintf("%s/e%d", env.Ref, u.ID)
		}
	case u.Callback != nil:
		env, ok = r.pressed(u.Callback, home), true
		env.At = now.UTC() // Telegram does not say when
	case u.Mine != nil && private && home == 0:
		env, ok = r.envelope(&u.Mine.From, u.Mine.Date), true
		env.Ref, env.Parts = fmt.Sprintf("u%d", u.ID), core.Parts{core.Joined{}}
		if u.Mine.New.Status == "kicked" {
			env.Parts = core.Parts{core.Left{}}
		}
	case u.Theirs != nil && group && u.Theirs.out() && !u.Theirs.New.User.IsBot:
		env, ok = r.envelope(&u.Theirs.New.User, u.Theirs.Date), true
		env.Ref, env.Parts = fmt.Sprintf("u%d", u.ID), core.Parts{core.Left{}}
	}
	return env, ok
}

func (r reader) envelope(from *tgbotapi.User, date int64) core.Envelope {
	return core.Envelope{
		Channel: r.channel, At: core.Unix(date), Cause: core.CauseMessage,
		Peer: core.Peer{ID: strconv.FormatInt(from.ID, 10), Name: called(from), Lang: from.LanguageCode},
	}
}

// nobody reports whether a message is by a bot, or in the name of the group or
// of a channel: then nobody knows who wrote it.
func (m *message) nobody() bool { return m.From == nil || m.From.IsBot || m.SenderChat != nil }

func (r reader) said(m *message, date int, home int64) (core.Envelope, bool) {
	if m.nobody() {
		return core.Envelope{}, false
	}
	env := r.envelope(m.From, int64(date))
	env.Ref = fmt.Sprintf("m%d.%d", m.Chat.ID, m.MessageID)
	env.Thread = thread(m, home)
	desk := home != 0
	switch {
	case desk && m.Closed != nil:
		env.Parts = core.Parts{core.Pick{Option: "close"}}
	case desk && m.Reopened != nil:
		env.Parts = core.Parts{core.Pick{Option: "reopen"}}
	case desk && m.LeftChatMember != nil && !m.LeftChatMember.IsBot:
		gone := r.envelope(m.LeftChatMember, int64(date))
		gone.Ref, gone.Parts = env.Ref, core.Parts{core.Left{}}
		return gone, true
	case m.EditDate != 0 && m.Location != nil: // a position that moves
		env.Parts = core.Parts{core.Other{Kind: "location", Quiet: true}}
	default:
		if env.Parts = parts(m); desk && m.Text != "" {
			env.Parts = commanded(env.Parts)
		}
		if len(env.Parts) == 0 && (m.Chat.Type == "private" || env.Thread != "") {
			env.Parts = unnamed(m)
		}
		env.Forwarded = forwarded(m)
		if !desk {
			env.Quote = quoted(m)
		}
		if _, ok := last(env.Parts).(core.Other); ok || m.Rich != nil {
			env.Raw = m.raw
		}
	}
	return env, len(env.Parts) > 0
}

// thread is the ticket's: the topic, or, in a group without topics, the message
// that was replied to. General and replies in it have a message_thread_id too,
// which is of no use.
func thread(m *message, home int64) string {
	switch {
	case home == 0 || m.Chat.ID != home:
		return ""
	case m.InTopic:
		return strconv.Itoa(m.Topic)
	case m.ReplyToMessage != nil:
		return replies + ref(home, m.ReplyToMessage.MessageID)
	}
	return ""
}

func ref(chat int64, message int) string { return fmt.Sprintf("%d.%d", chat, message) }

func (r reader) pressed(c *callback, home int64) core.Envelope {
	env := r.envelope(&c.From, 0)
	env.Ref, env.Cause = "c"+c.ID, core.CauseEvent
	pick := core.Pick{Option: c.Data}
	if kb := c.Message.ReplyMarkup; kb != nil {
		for _, b := range slices.Concat(kb.InlineKeyboard...) {
			if b.CallbackData != nil && *b.CallbackData == c.Data {
				pick.Label = b.Text
			}
		}
	}
	if home != 0 && c.Message.Chat.ID == home {
		if env.Thread = thread(c.Message, home); !c.Message.InTopic {
			env.Thread = replies + ref(home, c.Message.MessageID)
		}
	}
	env.Parts = core.Parts{pick}
	return env
}

// parts are what a message says, if there are parts for it.
func parts(m *message) core.Parts {
	switch {
	case m.Text != "":
		text := spelled(m.Text, m.Entities)
		if from, ok := strings.CutPrefix(m.Text, "/start"); ok && (from == "" || from[0] == ' ') {
			return core.Parts{core.Joined{From: strings.TrimSpace(from)}}
		}
		return core.Parts{core.Text{Body: text}}
	case m.Location != nil:
		p := core.Place{Lat: m.Location.Latitude, Lon: m.Location.Longitude}
		if m.Venue != nil {
			p.Name = strings.TrimSpace(m.Venue.Title + " " + m.Venue.Address)
		}
		return core.Parts{p}
	}
	for _, words := range []string{saidIn(m.Contact, contact), saidIn(m.Poll, poll), saidIn(m.Sticker, sticker), strings.TrimSpace(prose(m.Rich))} {
		if words != "" {
			return core.Parts{core.Text{Body: words}}
		}
	}
	if f, ok := fileOf(m); ok {
		f.Words = spelled(m.Caption, m.CaptionEntities)
		return core.Parts{f}
	}
	return nil
}

// saidIn is what some content says in words; nothing if it is not there.
func saidIn[T any](content *T, words func(*T) string) string {
	if content == nil {
		return ""
	}
	return words(content)
}

func last(ps core.Parts) core.Part {
	if len(ps) == 0 {
		return nil
	}
	return ps[len(ps)-1]
}

// fileOf is the file in a message, with Telegram's file_id as its Handle.
func fileOf(m *message) (f core.Media, ok bool) {
	switch {
	case len(m.Photo) > 0: // the last is the largest
		p := m.Photo[len(m.Photo)-1]
		f = core.Media{Type: "image/jpeg", Handle: p.FileID, Name: "photo.jpg", Size: int64(p.FileSize)}
	case m.Voice != nil:
		f = core.Media{Type: cmp.Or(m.Voice.MimeType, "audio/ogg"), Handle: m.Voice.FileID, Name: "voice.ogg", Size: int64(m.Voice.FileSize)}
	case m.Video != nil:
		f = core.Media{Type: m.Video.MimeType, Handle: m.Video.FileID, Name: m.Video.FileName, Size: int64(m.Video.FileSize)}
	case m.VideoNote != nil:
		f = core.Media{Type: "video/mp4", Handle: m.VideoNote.FileID, Name: "video.mp4", Size: int64(m.VideoNote.FileSize)}
	case m.Audio != nil:
		f = core.Media{Type: m.Audio.MimeType, Handle: m.Audio.FileID, Name: m.Audio.FileName, Size: int64(m.Audio.FileSize)}
	case m.Document != nil: // animations have it, too
		f = core.Media{Type: m.Document.MimeType, Handle: m.Document.FileID, Name: m.Document.FileName, Size: int64(m.Document.FileSize)}
	case m.Animation != nil:
		f = core.Media{Type: cmp.Or(m.Animation.MimeType, "video/mp4"), Handle: m.Animation.FileID, Name: cmp.Or(m.Animation.FileName, "animation.mp4"), Size: int64(m.Animation.FileSize)}
	case m.LivePhoto != nil && m.LivePhoto.FileID != "": // where there is no still picture of it
		f = core.Media{Type: cmp.Or(m.LivePhoto.MIME, "video/mp4"), Handle: m.LivePhoto.FileID, Name: "live.mp4", Size: int64(m.LivePhoto.Size)}
	default:
		return f, false
	}
	f.Type = cmp.Or(f.Type, "application/octet-stream")
	return f, true
}

// spelled is a text with the addresses written out that its links hide. Offsets
// are in UTF-16.
func spelled(text string, es []tgbotapi.MessageEntity) string {
	if !slices.ContainsFunc(es, func(e tgbotapi.MessageEntity) bool { return e.Type == "text_link" }) {
		return text
	}
	u := utf16.Encode([]rune(text))
	for _, e := range slices.Backward(es) {
		if e.Type != "text_link" || e.URL == "" || e.Offset < 0 || e.Length < 0 || e.Offset > len(u) || e.Length > len(u)-e.Offset {
			continue
		}
		end := e.Offset + e.Length
		if word := string(utf16.Decode(u[e.Offset:end])); strings.Contains(e.URL, "://"+strings.TrimSuffix(word, "/")) && word != "" || word == e.URL {
			continue
		}
		u = slices.Insert(u, end, utf16.Encode([]rune(" ("+e.URL+")"))...)
	}
	return string(utf16.Decode(u))
}

// commanded are the parts of a text at a desk.
func commanded(ps core.Parts) core.Parts {
	if t, ok := ps[0].(core.Text); ok {
		return core.Parts{core.Text{Body: command(t.Body)}}
	}
	return ps
}

// command makes "/claim@bot x", which Telegram's clients help to type, the
// desk's "!claim x".
func command(text string) string {
	if !strings.HasPrefix(text, "/") || strings.HasPrefix(text, "//") {
		return text
	}
	word, rest, _ := strings.Cut(text[1:], " ")
	word, _, _ = strings.Cut(word, "@")
	return strings.TrimSpace("!" + word + " " + rest)
}
