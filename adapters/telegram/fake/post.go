package fake

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// post is every way of sending.
func (p *Platform) post(q *request, chat int64) (any, string) {
	kind, ok := kinds[q.method]
	if !ok {
		return nil, refusal(404, "Not Found", nil)
	}
	m := &Message{ID: p.next(), Chat: chat, From: Bot, At: p.now(), Kind: kind, Topic: q.int("message_thread_id")}
	if t := p.topic(m.Topic); m.Topic != 0 {
		if chat != p.group || t == nil || t.Deleted {
			return nil, bad("message thread not found")
		}
	}
	if no := p.fill(m, q); no != "" {
		return nil, no
	}
	var reply struct {
		ID      int64 `json:"message_id"`
		Without bool  `json:"allow_sending_without_reply"`
	}
	if s := q.params["reply_parameters"]; s != "" {
		if err := json.Unmarshal([]byte(s), &reply); err != nil {
			return nil, bad("can't parse reply parameters")
		}
		if p.find(chat, reply.ID) != nil {
			m.ReplyTo = reply.ID
		} else if !reply.Without {
			return nil, bad("message to be replied not found")
		}
	}
	if no := p.counted(chat); no != "" {
		return nil, no
	}
	p.chats[chat] = append(p.chats[chat], m)
	return p.doc(m), ""
}

// fill takes what a message says, or says why it may not be said.
func (p *Platform) fill(m *Message, q *request) string {
	text, most := q.params["text"], mostText
	if m.Kind != "text" {
		text, most = q.params["caption"], mostCaption
	}
	if m.Kind == "location" {
		text = strings.TrimSpace(q.params["latitude"] + " " + q.params["longitude"] + " " + q.params["title"])
	}
	switch n := len(utf16.Encode([]rune(text))); {
	case n > most && m.Kind == "text":
		return bad("message is too long")
	case n > most:
		return bad("message caption is too long")
	case m.Kind == "text" && strings.TrimSpace(text) == "":
		return bad("message text is empty")
	}
	m.Text = text
	if no := p.buttons(m, q.params["reply_markup"]); no != "" {
		return no
	}
	for _, x := range mention.FindAllStringSubmatch(q.params["entities"]+q.params["caption_entities"], -1) {
		id, _ := strconv.ParseInt(x[1], 10, 64)
		m.Mentions = append(m.Mentions, id)
	}
	if m.Kind == "text" || m.Kind == "location" {
		return ""
	}
	f, ok := q.files[strings.TrimPrefix(q.params[m.Kind], "attach://")]
	if !ok {
		f, ok = q.files[m.Kind]
	}
	if !ok {
		f = File{URL: q.params[m.Kind]}
	}
	m.File = f
	switch {
	case f.URL == "" && len(f.Body) == 0:
		return bad("file must be non-empty")
	case len(f.Body) > mostPost, m.Kind == "photo" && len(f.Body) > mostPhoto:
		return refusal(413, "Request Entity Too Large", nil)
	case strings.Contains(f.URL, ".invalid/"):
		return bad("failed to get HTTP URL content")
	}
	return ""
}

var mention = regexp.MustCompile(`"user":\{"id":(\d+)`)

// buttons takes an inline keyboard.
func (p *Platform) buttons(m *Message, markup string) string {
	if markup == "" {
		return ""
	}
	var kb struct {
		Rows [][]Button `json:"inline_keyboard"`
	}
	if err := json.Unmarshal([]byte(markup), &kb); err != nil {
		return bad("can't parse reply keyboard markup JSON object")
	}
	m.Buttons = nil
	for _, row := range kb.Rows {
		for _, b := range row {
			if len(b.Data) < 1 || len(b.Data) > 64 {
				return bad("BUTTON_DATA_INVALID")
			}
			m.Buttons = append(m.Buttons, b)
		}
		if len(row) > 8 || len(m.Buttons) > 100 {
			return bad("REPLY_MARKUP_TOO_LONG")
		}
	}
	return ""
}

// edit replaces what the bot said.
func (p *Platform) edit(q *request, chat int64) (any, string) {
	m := p.find(chat, q.int("message_id"))
	switch {
	case m == nil:
		return nil, bad("message to edit not found")
	case !m.From.Bot:
		return nil, bad("message can't be edited")
	case q.method == "editMessageText" && m.Kind != "text":
		return nil, bad("there is no text in the message to edit")
	case q.method == "editMessageCaption" && m.Kind == "text":
		return nil, bad("there is no caption in the message to edit")
	}
	now := *m
	if q.method == "editMessageMedia" {
		var media struct{ Type, Media, Caption string }
		if err := json.Unmarshal([]byte(q.params["media"]), &media); err != nil {
			return nil, bad("can't parse InputMedia")
		}
		q.params["caption"], now.Kind = media.Caption, media.Type
		q.params[media.Type] = media.Media
	} else if m.Kind != "text" {
		q.params[m.Kind] = "kept"
	}
	if no := p.fill(&now, q); no != "" {
		return nil, no
	}
	if q.method != "editMessageMedia" {
		now.File = m.File
	}
	if now.Text == m.Text && slices.Equal(now.Buttons, m.Buttons) && q.method != "editMessageMedia" {
		return nil, bad("message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message")
	}
	if no := p.counted(chat); no != "" {
		return nil, no
	}
	*m, m.Edited = now, true
	return p.doc(m), ""
}
