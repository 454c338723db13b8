package telegram

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

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
	if c, ok := env.Parts[0].(core.Case); ok && env.Thread == "" && ch.group.desk() {
		return ch.open(ctx, env, c)
	}
	home, err := ch.group.home(ctx)
	if err != nil {
		return "", err
	}
	switch {
	case !ch.group.desk():
		return ch.post(ctx, env, tgbotapi.Params{"chat_id": env.Peer.ID})
	case env.Thread != "":
		return ch.inside(ctx, env, home)
	case env.Peer.ID != "":
		ref, err := ch.post(ctx, env, tgbotapi.Params{"chat_id": env.Peer.ID})
		if core.KindOf(err) != core.KindGone || err == nil {
			return ref, err
		} // an agent who never started the bot reads it in the group
	}
	return ch.post(ctx, env, chatID(home))
}

// post sends one part to where p says.
func (ch *Channel) post(ctx context.Context, env core.Envelope, p tgbotapi.Params) (string, error) {
	if err := ch.pace.take(p["chat_id"]); err != nil {
		return "", err
	}
	if err := ch.begin(ctx, env); err != nil {
		return "", err
	}
	s, err := ch.part(ctx, env, p)
	if err != nil {
		ch.refrain(ctx, env, err)
		return "", err
	}
	return p["chat_id"] + "." + strconv.Itoa(s.ID), nil
}

func (ch *Channel) part(ctx context.Context, env core.Envelope, p tgbotapi.Params) (s sent, err error) {
	switch part := env.Parts[0].(type) {
	case core.Media:
		return ch.media(ctx, env, part, p)
	case core.Place:
		err = ch.bot.call(ctx, locate(part, p), p, &s)
	default:
		if err = ch.say(ctx, env, p); err == nil {
			err = ch.bot.call(ctx, "sendMessage", p, &s)
		}
	}
	return s, err
}

// locate puts a place into p and says how it is sent.
func locate(part core.Place, p tgbotapi.Params) (method string) {
	p["latitude"], p["longitude"] = strconv.FormatFloat(part.Lat, 'f', -1, 64), strconv.FormatFloat(part.Lon, 'f', -1, 64)
	if part.Name == "" {
		return "sendLocation"
	}
	p["title"], p["address"] = part.Name, part.Name
	return "sendVenue"
}

const noPreview = `{"is_disabled":true}`

// say puts words and buttons into p. No parse_mode: what people write is never
// markup.
func (ch *Channel) say(ctx context.Context, env core.Envelope, p tgbotapi.Params) (err error) {
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
		return &core.SendError{Kind: core.KindRejected, Err: fmt.Errorf("telegram: cannot carry %T", part)}
	}
	p["link_preview_options"] = noPreview
	p["text"], p["entities"] = voice(env, cmp.Or(strings.TrimSpace(text), "…"), p["chat_id"]) // Telegram refuses an empty text
	if p["entities"] == "" {
		delete(p, "entities")
	}
	if len(buttons) > 0 {
		p["reply_markup"], err = ch.notes.keyboard(ctx, buttons)
	}
	return err
}

const longName = 32 // runes of a name that a text is given at a desk

// voice is a text as the group reads it: who speaks, and, as entities, whose
// phone rings. In a private chat nothing is added.
func voice(env core.Envelope, text, chat string) (said, entities string) {
	if !strings.HasPrefix(chat, "-") {
		return text, ""
	}
	who := map[core.AuthorKind]string{core.ByPeer: "👤", core.ByAgent: "💬", core.ByBot: "🤖"}[env.By.Kind]
	ring := core.UTF16.Len(who) // of the text, from its beginning: it carries the mention
	switch {
	case who == "" && env.Peer.ID == "":
	case who == "":
		at := "@" + cmp.Or(clip(env.Peer.Name), env.Peer.ID)
		text, ring = at+" "+text, core.UTF16.Len(at)
	case env.By.Name != "" && text != "":
		text = who + " " + clip(env.By.Name) + ": " + text
	default:
		text = strings.TrimSpace(who + " " + clip(env.By.Name) + " " + text)
	}
	if env.Peer.ID == "" {
		return text, ""
	}
	return text, mention(env.Peer, ring)
}

// mention makes a phone ring: https://core.telegram.org/bots/api#messageentity
func mention(who core.Peer, length int) string {
	id, err := strconv.ParseInt(who.ID, 10, 64)
	if err != nil {
		return ""
	}
	return fmt.Sprintf(`[{"type":"text_mention","offset":0,"length":%d,"user":{"id":%d,"is_bot":false,"first_name":"."}}]`, length, id)
}

func clip(name string) string {
	if rs := []rune(name); len(rs) > longName {
		return string(rs[:longName-1]) + "…"
	}
	return name
}

const (
	mostText = 4096           // UTF-16 units
	mostCard = mostText - 296 // of a card, for what is said before it
)

// caseText is a ticket's card without its buttons, cut to what a message takes.
func caseText(c core.Case) string {
	c.Actions = nil
	s := c.String()
	for core.UTF16.Len(s) > mostCard && len(c.Lines) > 0 { // the oldest lines go first: they are in the topic
		c.Lines = c.Lines[1:]
		s = c.String()
	}
	return core.Limits{Text: mostCard, Unit: core.UTF16}.Fit(core.Parts{core.Text{Body: s}})[0].Text()
}

// mostData is how many bytes a button carries.
// https://core.telegram.org/bots/api#inlinekeyboardbutton
const mostData = 64

// stored starts a button's data that is the name of what it stands for.
const stored = "~"

// keyboard is inline buttons, two in a row. An id that a button cannot carry is
// kept under a short name.
func (n notes) keyboard(ctx context.Context, options []core.Option) (string, error) {
	type button struct {
		Text string `json:"text"`
		Data string `json:"callback_data"`
	}
	rows := [][]button{}
	for i, o := range options {
		data := cmp.Or(o.ID, o.Label)
		if len(data) > mostData || strings.HasPrefix(data, stored) {
			sum := sha256.Sum256([]byte(data))
			name := stored + hex.EncodeToString(sum[:16])
			if err := n.of("pick", name).put(ctx, data, month); err != nil {
				return "", &core.SendError{Kind: core.KindTransient, Err: fmt.Errorf("telegram: a button: %w", err)}
			}
			data = name
		}
		if i%2 == 0 {
			rows = append(rows, nil)
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], button{cmp.Or(o.Label, o.ID), data})
	}
	b, err := json.Marshal(map[string]any{"inline_keyboard": rows})
	return string(b), err
}
