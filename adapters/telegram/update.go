package telegram

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"github.com/frontdesk-im/frontdesk/core"
)

// An update is what Telegram tells: https://core.telegram.org/bots/api#update
type update struct {
	ID       int       `json:"update_id"`
	Message  *message  `json:"message"`
	Edited   *message  `json:"edited_message"`
	Callback *callback `json:"callback_query"`
	Member   *struct {
		Chat tgbotapi.Chat `json:"chat"`
		From tgbotapi.User `json:"from"`
		Date int64         `json:"date"`
		New  struct {
			Status string `json:"status"`
		} `json:"new_chat_member"`
	} `json:"my_chat_member"`
}

type message struct {
	tgbotapi.Message
	Topic   int  `json:"message_thread_id"`
	InTopic bool `json:"is_topic_message"`

	TopicClosed *struct{} `json:"forum_topic_closed"`
}

type callback struct {
	ID      string        `json:"id"`
	From    tgbotapi.User `json:"from"`
	Data    string        `json:"data"`
	Message *message      `json:"message"`
}

// chat is where an update happened, so that one chat's updates stay in order.
func (u *update) chat() int64 {
	switch {
	case u.Message != nil && u.Message.Chat != nil:
		return u.Message.Chat.ID
	case u.Edited != nil && u.Edited.Chat != nil:
		return u.Edited.Chat.ID
	case u.Callback != nil && u.Callback.Message != nil && u.Callback.Message.Chat != nil:
		return u.Callback.Message.Chat.ID
	case u.Member != nil:
		return u.Member.Chat.ID
	}
	return 0
}

// anonymous is who speaks for the group itself: nobody we could know.
const anonymous = 1087968824

// read turns an update into an envelope; ok is false for what nobody said.
// Media is still to be copied: its Handle is Telegram's file_id.
func (ch *Channel) read(raw []byte) (env core.Envelope, ok bool, err error) {
	var u update
	if err := json.Unmarshal(raw, &u); err != nil {
		return env, false, fmt.Errorf("telegram: %w: not an update: %w", core.ErrInvalid, err)
	}
	desk := ch.conf.Group != 0
	private := func(c *tgbotapi.Chat) bool { return c != nil && c.Type == "private" }
	ours := func(c *tgbotapi.Chat) bool { return c != nil && (private(c) || desk && c.ID == ch.conf.Group) }
	switch {
	case u.Message != nil && ours(u.Message.Chat):
		env, ok = ch.said(u.Message, u.Message.Date)
	case u.Edited != nil && ours(u.Edited.Chat):
		if env, ok = ch.said(u.Edited, u.Edited.EditDate); ok {
			env.Replaces, env.Ref = env.Ref, fmt.Sprintf("%s/e%d", env.Ref, u.Edited.EditDate)
		}
	case u.Callback != nil && u.Callback.Message != nil && ours(u.Callback.Message.Chat):
		env, ok = ch.pressed(u.Callback), true
	case u.Member != nil && private(&u.Member.Chat) && !desk:
		env, ok = ch.envelope(&u.Member.From, u.Member.Date), true
		env.Ref, env.Parts = fmt.Sprintf("u%d", u.ID), core.Parts{core.Joined{}}
		if u.Member.New.Status == "kicked" {
			env.Parts = core.Parts{core.Left{}}
		}
	}
	return env, ok, nil
}

func (ch *Channel) envelope(from *tgbotapi.User, date int64) core.Envelope {
	return core.Envelope{
		Channel: ch.deps.Name, At: time.Unix(date, 0).UTC(), Cause: core.CauseMessage,
		Peer: core.Peer{ID: strconv.FormatInt(from.ID, 10), Name: strings.TrimSpace(from.FirstName + " " + from.LastName), Lang: from.LanguageCode},
	}
}

func (ch *Channel) said(m *message, date int) (core.Envelope, bool) {
	if m.From == nil || m.From.IsBot || m.From.ID == anonymous {
		return core.Envelope{}, false
	}
	env := ch.envelope(m.From, int64(date))
	env.Ref = fmt.Sprintf("m%d.%d", m.Chat.ID, m.MessageID)
	env.Thread = ch.thread(m)
	if env.Parts = parts(m); m.TopicClosed != nil && ch.conf.Group != 0 {
		env.Parts = core.Parts{core.Pick{Option: "close"}}
	}
	return env, len(env.Parts) > 0
}

// thread is the ticket's: the topic, or, in a group without topics, the message
// that was replied to. The library's ReplyToMessage has no topic; it is enough.
func (ch *Channel) thread(m *message) string {
	switch {
	case ch.conf.Group == 0 || m.Chat.ID != ch.conf.Group:
		return ""
	case m.InTopic:
		return strconv.Itoa(m.Topic)
	case m.ReplyToMessage != nil:
		return replyTo + strconv.Itoa(m.ReplyToMessage.MessageID)
	}
	return ""
}

// replyTo starts a thread that is the message which agents reply to.
const replyTo = "r"

func (ch *Channel) pressed(c *callback) core.Envelope {
	env := ch.envelope(&c.From, int64(c.Message.Date))
	env.Ref, env.Cause = "c"+c.ID, core.CauseEvent
	pick := core.Pick{Option: c.Data}
	if kb := c.Message.ReplyMarkup; kb != nil {
		for _, b := range slices.Concat(kb.InlineKeyboard...) {
			if b.CallbackData != nil && *b.CallbackData == c.Data {
				pick.Label = b.Text
			}
		}
	}
	if ch.conf.Group != 0 && c.Message.Chat.ID == ch.conf.Group {
		if env.Thread = ch.thread(c.Message); env.Thread == "" || !c.Message.InTopic {
			env.Thread = replyTo + strconv.Itoa(c.Message.MessageID)
		}
	}
	env.Parts = core.Parts{pick}
	return env
}

// parts are what a message says; none for what Telegram says of the chat.
func parts(m *message) (ps core.Parts) {
	media := func(typ, id, name string, size int) {
		ps = append(ps, core.Media{Type: cmp.Or(typ, "application/octet-stream"), Handle: id, Name: name, Size: int64(size), Words: m.Caption})
	}
	switch {
	case m.Text != "":
		if from, ok := strings.CutPrefix(m.Text, "/start"); ok && (from == "" || from[0] == ' ') {
			return core.Parts{core.Joined{From: strings.TrimSpace(from)}}
		}
		return core.Parts{core.Text{Body: command(m.Text)}}
	case len(m.Photo) > 0:
		p := m.Photo[len(m.Photo)-1]
		media("image/jpeg", p.FileID, "photo.jpg", p.FileSize)
	case m.Voice != nil:
		media(m.Voice.MimeType, m.Voice.FileID, "voice.ogg", m.Voice.FileSize)
	case m.Video != nil:
		media(m.Video.MimeType, m.Video.FileID, m.Video.FileName, m.Video.FileSize)
	case m.VideoNote != nil:
		media("video/mp4", m.VideoNote.FileID, "video.mp4", m.VideoNote.FileSize)
	case m.Audio != nil:
		media(m.Audio.MimeType, m.Audio.FileID, m.Audio.FileName, m.Audio.FileSize)
	case m.Document != nil: // also animations
		media(m.Document.MimeType, m.Document.FileID, m.Document.FileName, m.Document.FileSize)
	case m.Location != nil:
		p := core.Place{Lat: m.Location.Latitude, Lon: m.Location.Longitude}
		if m.Venue != nil {
			p.Name = m.Venue.Title
		}
		return core.Parts{p}
	case m.Contact != nil:
		return core.Parts{core.Text{Body: strings.TrimSpace(m.Contact.FirstName + " " + m.Contact.PhoneNumber)}}
	case m.Sticker != nil:
		return core.Parts{core.Other{Kind: "sticker"}}
	case m.Poll != nil:
		return core.Parts{core.Other{Kind: "poll"}}
	case m.Dice != nil:
		return core.Parts{core.Other{Kind: "dice"}}
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

const mostFile = 20 << 20 // bytes that getFile gives out

// copied puts the media of an envelope into Blobs, for Telegram's links end.
func (ch *Channel) copied(ctx context.Context, env *core.Envelope) error {
	for i, p := range env.Parts {
		m, ok := p.(core.Media)
		if !ok {
			continue
		}
		kept, err := ch.fetch(ctx, m)
		if err != nil {
			if ctx.Err() != nil || core.KindOf(err) == core.Transient {
				return err
			}
			ch.deps.Log.Warn("a file could not be copied from Telegram", "peer", env.Peer.ID, "err", err)
			env.Parts[i] = core.Other{Kind: "file over 20 MB"}
			continue
		}
		env.Parts[i] = kept
	}
	return nil
}

func (ch *Channel) fetch(ctx context.Context, m core.Media) (core.Media, error) {
	var f tgbotapi.File
	if err := ch.call(ctx, "getFile", tgbotapi.Params{"file_id": m.Handle}, &f); err != nil {
		return m, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, ch.conf.API+"/file/bot"+string(ch.conf.Token)+"/"+f.FilePath, nil)
	if err != nil {
		return m, ch.redact(err)
	}
	resp, err := ch.deps.HTTP.Do(req)
	if err != nil {
		return m, &core.SendError{Kind: core.Transient, Err: ch.redact(err)}
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return m, &core.SendError{Kind: core.Rejected, Err: fmt.Errorf("telegram: the file: %s", resp.Status)}
	}
	m.Handle = ""
	return ch.deps.Blobs.Save(ctx, m, io.Reader(resp.Body), mostFile)
}
