package telegram

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"github.com/frontdesk-im/frontdesk/core"
)

// Check implements core.Checker: the token is a bot's, its webhook is where it
// should be, and a desk's bot is in its group. It only reads:
// https://core.telegram.org/bots/api#getwebhookinfo
func (ch *Channel) Check(ctx context.Context) error {
	var me struct {
		ID int64 `json:"id"`
	}
	if err := ch.bot.call(ctx, "getMe", nil, &me); err != nil {
		if core.KindOf(err) == core.KindDenied {
			return fmt.Errorf("%w; write the token that @BotFather shows under /mybots", err)
		}
		return fmt.Errorf("%w; see whether this machine reaches %s", err, ch.conf.API)
	}
	if err := ch.hooked(ctx); err != nil {
		return err
	}
	if ch.group.desk() {
		return ch.inGroup(ctx, me.ID)
	}
	return nil
}

// hooked compares the webhook that Telegram has with ours. It is set by the
// program when it starts, and taken away where it polls.
func (ch *Channel) hooked(ctx context.Context) error {
	var hook struct {
		URL   string `json:"url"`
		Error string `json:"last_error_message"`
	}
	if err := ch.bot.call(ctx, "getWebhookInfo", nil, &hook); err != nil {
		return fmt.Errorf("%w; check again later", err)
	}
	switch {
	case ch.conf.Webhook != "" && hook.URL == "":
		return errors.New("telegram: the webhook is not set, so nothing arrives; start frontdesk, which sets it")
	case hook.URL != "" && hook.URL != ch.conf.Webhook: // an address may hold a key: it is not repeated
		return errors.New("telegram: the bot's webhook is another address than ours: what customers write goes there; start frontdesk, which changes it, or make a bot of its own for each program")
	case hook.Error != "":
		return fmt.Errorf("telegram: Telegram last said of the webhook: %s; see whether it is reached from outside with a valid certificate", hook.Error)
	}
	return nil
}

// inGroup finds out whether the bot is in the desk's group and may write there.
func (ch *Channel) inGroup(ctx context.Context, me int64) error {
	home, err := ch.group.home(ctx)
	if err != nil {
		return err
	}
	var m struct {
		Status string `json:"status"`
		Is     bool   `json:"is_member"` // of the restricted
	}
	err = ch.bot.call(ctx, "getChatMember", tgbotapi.Params{"chat_id": strconv.FormatInt(home, 10), "user_id": strconv.FormatInt(me, 10)}, &m)
	if err != nil {
		return fmt.Errorf("%w; add the bot to the staff's group as an administrator, and compare group with its id", err)
	}
	if m.Status == "left" || m.Status == "kicked" || m.Status == "restricted" && !m.Is {
		return errors.New("telegram: the bot is not in the staff's group; add it there as an administrator")
	}
	return nil
}
