package telegram

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"github.com/frontdesk-im/frontdesk/core"
)

// Edit implements core.Editor. ref is a message's, or for a Case its thread.
func (ch *Channel) Edit(ctx context.Context, ref string, env core.Envelope) error {
	home, err := ch.home(ctx)
	if err != nil {
		return err
	}
	c, isCase := env.Parts[0].(core.Case)
	thread := env.Thread
	if strings.HasPrefix(ref, reply) || !strings.Contains(ref, ".") {
		r, err := ch.room(ctx, ref)
		if err != nil {
			return err
		}
		ref, thread = r.Card, ref
	}
	chat, id, ok := strings.Cut(ref, ".")
	if !ok || strings.HasPrefix(chat, "-") && chat != strconv.FormatInt(home, 10) {
		return &core.SendError{Kind: core.Gone, Err: errors.New("telegram: the message is not known, or stayed in the group that became a supergroup")}
	}
	if err := ch.change(ctx, env, tgbotapi.Params{"chat_id": chat, "message_id": id}); err != nil {
		return err
	}
	if isCase && thread != "" {
		return ch.current(ctx, home, thread, c)
	}
	return nil
}

// change replaces what a message says. That it says so already is no error.
func (ch *Channel) change(ctx context.Context, env core.Envelope, p tgbotapi.Params) error {
	if err := ch.pace.take(p["chat_id"]); err != nil {
		return err
	}
	if m, ok := env.Parts[0].(core.Media); ok {
		return ch.replace(ctx, env, m, p)
	}
	if err := ch.say(ctx, env, p); err != nil {
		return err
	}
	if err := ch.call(ctx, "editMessageText", p, nil); !same(err) {
		return err
	}
	return nil
}

// reactions are from Telegram's fixed list, which has no ⏳, ✅ and ⚠.
var reactions = map[core.Mark]string{core.Waiting: "👀", core.Arrived: "👌", core.Failed: "👎", core.Unsure: "🤔"}

// Mark implements core.Marker: a reaction on the agent's message. That a message
// failed the desk says in words, with a button to try again; that nobody knows
// is said here.
func (ch *Channel) Mark(ctx context.Context, at core.Via, m core.Mark, why string) error {
	chat, id, ok := strings.Cut(strings.TrimPrefix(at.Ref, "m"), ".")
	n, err := strconv.Atoi(id)
	if !ok || err != nil {
		return fmt.Errorf("telegram: %q is not a message's ref", at.Ref)
	}
	if !ch.pace.open(chat) {
		return errors.New("telegram: this chat was told to wait")
	}
	err = ch.call(ctx, "setMessageReaction", tgbotapi.Params{"chat_id": chat, "message_id": id,
		"reaction": `[{"type":"emoji","emoji":"` + reactions[m] + `"}]`}, nil)
	if m != core.Unsure || why == "" {
		return err
	}
	p := tgbotapi.Params{"chat_id": chat, "reply_parameters": replyTo(n),
		"text": ch.own("⚠ 可能已送达，请先确认再重发：", "⚠ It may have arrived; look before you repeat it: ") + why}
	if at.Thread != "" && !strings.HasPrefix(at.Thread, reply) {
		p["message_thread_id"] = at.Thread
	}
	if err := ch.pace.take(chat); err != nil {
		return err
	}
	return errors.Join(err, ch.call(ctx, "sendMessage", p, nil))
}

// typed is how long "is typing" shows.
const typed = 5 * time.Second

// Typing implements core.Typist. https://core.telegram.org/bots/api#sendchataction
func (ch *Channel) Typing(ctx context.Context, to core.Peer, thread string) error {
	p := tgbotapi.Params{"chat_id": to.ID, "action": "typing"}
	if ch.desk() {
		home, err := ch.home(ctx)
		if err != nil {
			return err
		}
		if p["chat_id"] = strconv.FormatInt(home, 10); thread != "" && !strings.HasPrefix(thread, reply) {
			p["message_thread_id"] = thread
		}
	}
	if !ch.pace.open(p["chat_id"]) || ch.shows(p["chat_id"]+"/"+p["message_thread_id"]) {
		return nil
	}
	return ch.call(ctx, "sendChatAction", p, nil)
}

// shows reports whether "is typing" is on the screen of where still; otherwise
// it is from now on.
func (ch *Channel) shows(where string) bool {
	now := ch.deps.Now()
	ch.typing.Lock()
	defer ch.typing.Unlock()
	if ch.typing.until[where].After(now) {
		return true
	}
	if ch.typing.until == nil || len(ch.typing.until) > mostChats {
		ch.typing.until = map[string]time.Time{}
	}
	ch.typing.until[where] = now.Add(typed - time.Second)
	return false
}
