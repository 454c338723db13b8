package telegram

import (
	"context"
	"strconv"
	"strings"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"github.com/frontdesk-im/frontdesk/core"
)

const (
	hintZh = "以群身份（匿名管理员或频道）发的话无法对应到坐席，未处理。请在群设置里关掉匿名，再以本人身份发送。"
	hintEn = "What is written in the name of the group or a channel cannot be attributed to anybody and was not processed. Switch off \"remain anonymous\" and write as yourself."
)

// unmask tells an anonymous admin why nothing happens.
func (ch *Channel) unmask(ctx context.Context, m *message) {
	chat := strconv.FormatInt(m.Chat.ID, 10)
	if !ch.group.hint() || ch.pace.take(chat) != nil {
		return
	}
	topic := ""
	if m.InTopic {
		topic = strconv.Itoa(m.Topic)
	}
	p := under(chat, m.MessageID, topic)
	p["text"] = ch.lang.say(hintZh, hintEn)
	if err := ch.bot.call(ctx, "sendMessage", p, nil); err != nil {
		ch.deps.Log.Debug("an anonymous admin was not told", "err", err)
	}
}

// under addresses a message of the group, to say something about it there.
func under(chat string, message int, thread string) tgbotapi.Params {
	p := tgbotapi.Params{"chat_id": chat, "reply_parameters": replyTo(message)}
	if thread != "" && !strings.HasPrefix(thread, replies) {
		p["message_thread_id"] = thread
	}
	return p
}

// unsent tells an agent what of their message in a ticket's thread does not go
// out, best effort.
func (ch *Channel) unsent(ctx context.Context, env core.Envelope) {
	var kinds []string
	for _, p := range env.Parts {
		if o, ok := p.(core.Other); ok && !o.Quiet {
			kinds = append(kinds, o.Kind)
		}
	}
	chat, id, _ := strings.Cut(strings.TrimPrefix(env.Ref, "m"), ".")
	n, err := strconv.Atoi(id)
	if len(kinds) == 0 || env.Thread == "" || err != nil || ch.pace.take(chat) != nil {
		return
	}
	p := under(chat, n, env.Thread)
	p["text"] = ch.lang.say("⚠ 没有发给客户：", "⚠ The customer does not get this: ") + strings.Join(kinds, ", ")
	if err := ch.bot.call(ctx, "sendMessage", p, nil); err != nil {
		ch.deps.Log.Debug("an agent was not told", "err", err)
	}
}
