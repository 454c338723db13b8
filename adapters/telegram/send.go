package telegram

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"github.com/frontdesk-im/frontdesk/core"
)

// sent is what Telegram answers to a message.
type sent struct {
	ID int `json:"message_id"`
}

// Send implements core.Adapter. A ref is "<chat>.<message>"; of a Case that
// opens a thread it is the thread's name.
func (ch *Channel) Send(ctx context.Context, env core.Envelope) (string, error) {
	if c, ok := env.Parts[0].(core.Case); ok && env.Thread == "" && ch.conf.Group != 0 {
		return ch.open(ctx, env, c)
	}
	p, err := ch.target(env)
	if err != nil {
		return "", err
	}
	return ch.post(ctx, env, p)
}

// target addresses a message: a customer's chat, or a thread of the group.
func (ch *Channel) target(env core.Envelope) (tgbotapi.Params, error) {
	if ch.conf.Group == 0 || env.Thread == "" && env.Peer.ID != "" {
		return tgbotapi.Params{"chat_id": env.Peer.ID}, nil
	}
	p := tgbotapi.Params{"chat_id": strconv.FormatInt(ch.conf.Group, 10)}
	if env.Thread == "" {
		return p, nil // the whole group: a digest
	}
	root, reply := strings.CutPrefix(env.Thread, replyTo)
	if _, err := strconv.Atoi(root); err != nil {
		return nil, &core.SendError{Kind: core.Rejected, Err: fmt.Errorf("telegram: %q is not a thread of this group", env.Thread)}
	}
	if reply {
		p["reply_parameters"] = `{"message_id":` + root + `,"allow_sending_without_reply":true}`
	} else {
		p["message_thread_id"] = root
	}
	return p, nil
}

// post sends one part to where p says.
func (ch *Channel) post(ctx context.Context, env core.Envelope, p tgbotapi.Params) (string, error) {
	if err := ch.pace.take(p["chat_id"]); err != nil {
		return "", err
	}
	var s sent
	var err error
	switch part := env.Parts[0].(type) {
	case core.Media:
		s, err = ch.file(ctx, part, p)
	case core.Place:
		p["latitude"], p["longitude"] = strconv.FormatFloat(part.Lat, 'f', -1, 64), strconv.FormatFloat(part.Lon, 'f', -1, 64)
		err = ch.call(ctx, "sendLocation", p, &s)
	default:
		if err := ch.say(env, p); err != nil {
			return "", err
		}
		err = ch.call(ctx, "sendMessage", p, &s)
	}
	if err != nil {
		return "", err
	}
	if strings.HasPrefix(env.Thread, replyTo) { // agents may reply to this one, too
		if err := ch.deps.Values.Put(ctx, ch.key("root", strconv.Itoa(s.ID)), env.Thread, month); err != nil {
			ch.deps.Log.Warn("a reply to this message will not be understood", "thread", env.Thread, "err", err)
		}
	}
	return p["chat_id"] + "." + strconv.Itoa(s.ID), nil
}

const month = 31 * 24 * time.Hour

func (ch *Channel) key(kind, id string) string {
	return "telegram/" + ch.deps.Name + "/" + kind + "/" + id
}

// rooted finds the thread that a replied-to message belongs to.
func (ch *Channel) rooted(ctx context.Context, thread string) (string, error) {
	id, ok := strings.CutPrefix(thread, replyTo)
	if !ok {
		return thread, nil
	}
	root, ok, err := ch.deps.Values.Get(ctx, ch.key("root", id))
	if err != nil || !ok {
		return thread, err
	}
	return root, nil
}

// say puts words and buttons into p. No parse_mode: what people write is never
// markup.
func (ch *Channel) say(env core.Envelope, p tgbotapi.Params) error {
	p["link_preview_options"] = `{"is_disabled":true}`
	var text string
	var buttons []core.Option
	switch part := env.Parts[0].(type) {
	case core.Text:
		text = part.Body
	case core.Choice:
		text, buttons = part.Prompt, part.Options
	case core.Case:
		text, buttons = caseText(part), part.Actions
	default:
		return &core.SendError{Kind: core.Rejected, Err: fmt.Errorf("telegram: cannot carry %T", part)}
	}
	if ch.conf.Group != 0 && env.By.Kind == core.ByPeer {
		text = cmp.Or(env.By.Name, env.Peer.Name, "→") + ": " + text
	}
	p["text"] = cmp.Or(strings.TrimSpace(text), "…") // Telegram refuses an empty text
	if len(buttons) > 0 {
		kb, err := keyboard(buttons)
		if err != nil {
			return err
		}
		p["reply_markup"] = kb
	}
	return nil
}

// caseText is a ticket's card without its buttons, cut to what a message takes.
func caseText(c core.Case) string {
	c.Actions = nil
	s := c.String()
	for core.UTF16.Len(s) > 4000 && len(c.Lines) > 0 { // the oldest lines go first: they are in the topic
		c.Lines = c.Lines[1:]
		s = c.String()
	}
	return s
}

// keyboard is inline buttons, two in a row.
// https://core.telegram.org/bots/api#inlinekeyboardbutton
func keyboard(options []core.Option) (string, error) {
	type button struct {
		Text string `json:"text"`
		Data string `json:"callback_data"`
	}
	var rows [][]button
	for i, o := range options {
		if len(o.ID) > 64 || o.ID == "" {
			return "", &core.SendError{Kind: core.Rejected, Err: fmt.Errorf("telegram: a button's id has 1 to 64 bytes: %q", o.ID)}
		}
		if i%2 == 0 {
			rows = append(rows, nil)
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], button{cmp.Or(o.Label, o.ID), o.ID})
	}
	b, err := json.Marshal(map[string]any{"inline_keyboard": rows})
	return string(b), err
}

// file sends a picture, a recording or a file: from Blobs, or by its address.
func (ch *Channel) file(ctx context.Context, m core.Media, p tgbotapi.Params) (sent, error) {
	method, field := "sendDocument", "document"
	switch {
	case m.Type == "image/jpeg" || m.Type == "image/png" || m.Type == "image/webp":
		if m.Size <= 10<<20 {
			method, field = "sendPhoto", "photo"
		}
	case m.Type == "audio/ogg":
		method, field = "sendVoice", "voice"
	case strings.HasPrefix(m.Type, "audio/"):
		method, field = "sendAudio", "audio"
	case m.Type == "video/mp4":
		method, field = "sendVideo", "video"
	}
	if m.Words != "" && core.UTF16.Len(m.Words) <= 1024 {
		p["caption"] = m.Words
	}
	if m.Handle == "" {
		p[field] = m.URL
		var s sent
		return s, ch.call(ctx, method, p, &s)
	}
	r, _, err := ch.deps.Blobs.Open(ctx, m.Handle)
	if err != nil {
		return sent{}, &core.SendError{Kind: core.Rejected, Err: fmt.Errorf("telegram: the file: %w", err)}
	}
	defer r.Close()
	return ch.upload(ctx, method, p, tgbotapi.RequestFile{Name: field, Data: tgbotapi.FileReader{Name: cmp.Or(m.Name, "file"), Reader: io.NopCloser(r)}})
}

// open makes a topic for a ticket and puts its card into it. The topic is noted
// before the card is sent, so that trying again does not make a second one.
func (ch *Channel) open(ctx context.Context, env core.Envelope, c core.Case) (string, error) {
	topics, err := ch.topics(ctx)
	if err != nil {
		return "", err
	}
	p := tgbotapi.Params{"chat_id": strconv.FormatInt(ch.conf.Group, 10)}
	thread := ""
	if topics {
		if thread, err = ch.topic(ctx, env.ID, c, p); err != nil {
			return "", err
		}
		p["message_thread_id"] = thread
	}
	env.Thread = thread
	ref, err := ch.post(ctx, env, p)
	if err != nil {
		return "", err
	}
	_, card, _ := strings.Cut(ref, ".")
	if !topics {
		thread = replyTo + card
	}
	return thread, ch.deps.Values.Put(ctx, ch.key("card", thread), card, 0)
}

func (ch *Channel) topic(ctx context.Context, id string, c core.Case, p tgbotapi.Params) (string, error) {
	noted := ch.key("topic", id)
	if thread, ok, err := ch.deps.Values.Get(ctx, noted); err != nil || ok {
		return thread, err
	}
	if err := ch.pace.take(p["chat_id"]); err != nil {
		return "", err
	}
	var t struct {
		ID int `json:"message_thread_id"`
	}
	name := core.Limits{Text: 128}.Fit(core.Parts{core.Text{Body: "#" + c.Ticket + " " + c.Title}})[0].Text()
	if err := ch.call(ctx, "createForumTopic", tgbotapi.Params{"chat_id": p["chat_id"], "name": name}, &t); err != nil {
		return "", err
	}
	thread := strconv.Itoa(t.ID)
	return thread, ch.deps.Values.Put(ctx, noted, thread, 24*time.Hour)
}

// topics asks once whether the group has topics.
func (ch *Channel) topics(ctx context.Context) (bool, error) {
	ch.forum.Lock()
	defer ch.forum.Unlock()
	if ch.forum.known {
		return ch.forum.yes, nil
	}
	var chat struct {
		Forum bool `json:"is_forum"`
	}
	if err := ch.call(ctx, "getChat", tgbotapi.Params{"chat_id": strconv.FormatInt(ch.conf.Group, 10)}, &chat); err != nil {
		return false, err
	}
	ch.forum.known, ch.forum.yes = true, chat.Forum
	return chat.Forum, nil
}

// Edit implements core.Editor. ref is a message's, or for a Case its thread.
func (ch *Channel) Edit(ctx context.Context, ref string, env core.Envelope) error {
	chat, id, ok := strings.Cut(ref, ".")
	if !ok {
		card, found, err := ch.deps.Values.Get(ctx, ch.key("card", ref))
		if err != nil {
			return &core.SendError{Kind: core.Transient, Err: err}
		}
		if !found {
			return &core.SendError{Kind: core.Gone, Err: errors.New("telegram: the card is not known")}
		}
		chat, id = strconv.FormatInt(ch.conf.Group, 10), card
	}
	if err := ch.pace.take(chat); err != nil {
		return err
	}
	p := tgbotapi.Params{"chat_id": chat, "message_id": id}
	if err := ch.say(env, p); err != nil {
		return err
	}
	if err := ch.call(ctx, "editMessageText", p, nil); !same(err) {
		return err
	}
	return nil
}

// reactions are from Telegram's fixed list, which has no ✅ and no ⚠.
var reactions = map[core.Mark]string{core.Waiting: "👀", core.Arrived: "👌", core.Failed: "👎", core.Unsure: "🤔"}

// Mark implements core.Marker: a reaction on the agent's message, and words for
// what went wrong.
func (ch *Channel) Mark(ctx context.Context, at core.Via, m core.Mark, why string) error {
	chat, id, ok := strings.Cut(strings.TrimPrefix(at.Ref, "m"), ".")
	if !ok {
		return nil
	}
	err := ch.call(ctx, "setMessageReaction", tgbotapi.Params{"chat_id": chat, "message_id": id,
		"reaction": `[{"type":"emoji","emoji":"` + reactions[m] + `"}]`}, nil)
	if why == "" || m != core.Failed && m != core.Unsure {
		return err
	}
	p := tgbotapi.Params{"chat_id": chat, "text": "⚠ " + why, "reply_parameters": `{"message_id":` + id + `,"allow_sending_without_reply":true}`}
	if at.Thread != "" && !strings.HasPrefix(at.Thread, replyTo) {
		p["message_thread_id"] = at.Thread
	}
	return errors.Join(err, ch.call(ctx, "sendMessage", p, nil))
}

// Typing implements core.Typist. https://core.telegram.org/bots/api#sendchataction
func (ch *Channel) Typing(ctx context.Context, to core.Peer, thread string) error {
	p, err := ch.target(core.Envelope{Peer: to, Thread: thread})
	if err != nil {
		return err
	}
	delete(p, "reply_parameters")
	p["action"] = "typing"
	return ch.call(ctx, "sendChatAction", p, nil)
}
