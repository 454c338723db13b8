package telegram

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"github.com/frontdesk-im/frontdesk/core"
)

// Edit implements core.Editor. ref is a message's, or for a Case its thread.
func (ch *Channel) Edit(ctx context.Context, ref string, env core.Envelope) error {
	home, err := ch.group.home(ctx)
	if err != nil {
		return err
	}
	c, isCase := env.Parts[0].(core.Case)
	thread := env.Thread
	if strings.HasPrefix(ref, replies) || !strings.Contains(ref, ".") {
		r, err := ch.notes.room(ctx, ref)
		if err != nil {
			return err
		}
		ref, thread = r.Card, ref
	}
	chat, id, ok := strings.Cut(ref, ".")
	if !ok || strings.HasPrefix(chat, "-") && chat != strconv.FormatInt(home, 10) {
		return &core.SendError{Kind: core.KindGone, Err: errors.New("telegram: the message is not known, or stayed in the group that became a supergroup")}
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
	if err := ch.bot.call(ctx, "editMessageText", p, nil); !same(err) {
		return err
	}
	return nil
}

// reactions are from Telegram's fixed list, which has no ⏳, ✅ and ⚠.
var reactions = map[core.Mark]string{core.MarkWaiting: "👀", core.MarkArrived: "👌", core.MarkFailed: "👎", core.MarkUnsure: "🤔"}

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
	err = ch.bot.call(ctx, "setMessageReaction", tgbotapi.Params{"chat_id": chat, "message_id": id,
		"reaction": `[{"type":"emoji","emoji":"` + reactions[m] + `"}]`}, nil)
	if m != core.MarkUnsure || why == "" {
		return err
	}
	p := under(chat, n, at.Thread)
	p["text"] = ch.lang.say("⚠ 可能已送达，请先确认再重发：", "⚠ It may have arrived; look before you repeat it: ") + why
	if err := ch.pace.take(chat); err != nil {
		return err
	}
	return errors.Join(err, ch.bot.call(ctx, "sendMessage", p, nil))
}

// typingShown is how long "is typing" shows.
const typingShown = 5 * time.Second

// Typing implements core.Typist. https://core.telegram.org/bots/api#sendchataction
func (ch *Channel) Typing(ctx context.Context, to core.Peer, thread string) error {
	p := tgbotapi.Params{"chat_id": to.ID, "action": "typing"}
	if ch.group.desk() {
		home, err := ch.group.home(ctx)
		if err != nil {
			return err
		}
		if p["chat_id"] = strconv.FormatInt(home, 10); thread != "" && !strings.HasPrefix(thread, replies) {
			p["message_thread_id"] = thread
		}
	}
	if !ch.pace.open(p["chat_id"]) || ch.typing.shows(p["chat_id"]+"/"+p["message_thread_id"]) {
		return nil
	}
	return ch.bot.call(ctx, "sendChatAction", p, nil)
}

// typing is where "is typing" is on the screen, and until when.
type typing struct {
	now func() time.Time

	mu    sync.Mutex
	until map[string]time.Time
}

// shows reports whether "is typing" is on the screen of where still; otherwise
// it is from now on.
func (t *typing) shows(where string) bool {
	now := t.now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.until[where].After(now) {
		return true
	}
	if t.until == nil || len(t.until) > mostChats {
		t.until = map[string]time.Time{}
	}
	t.until[where] = now.Add(typingShown - time.Second)
	return false
}
