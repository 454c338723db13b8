package telegram

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"github.com/frontdesk-im/frontdesk/core"
)

// refused classifies an answer that is not ok. Descriptions are not a stable
// API: what is not known is permanent for 400 and 403.
// https://core.telegram.org/bots/api#making-requests
func refused(e *tgbotapi.Error) error {
	out := &core.SendError{Code: strconv.Itoa(e.Code), Err: fmt.Errorf("telegram: %w", e)}
	text := strings.ToLower(e.Message)
	switch {
	case e.RetryAfter > 0 || e.Code == 429:
		out.Kind, out.After = core.KindThrottled, time.Duration(e.RetryAfter)*time.Second
	case e.MigrateToChatID != 0:
		out.Kind = core.KindTransient
	case e.Code == 409:
		out.Kind, out.Err = core.KindTransient, fmt.Errorf("telegram: another program uses this bot, stop it or make a bot for each: %w", e)
	case e.Code == 401 || e.Code == 404 || containsAny(text, "not enough rights", "no rights to", "need administrator rights", "chat_admin_required", "chat_write_forbidden", "kicked from the", "not a member of the"):
		out.Kind = core.KindDenied
	case e.Code >= 500 || e.Code == 0:
		out.Kind = core.KindTransient
	case e.Code == 403, containsAny(text, "chat not found", "user is deactivated", "message to edit not found", "message_id_invalid", "message can't be edited", "to edit"), goneTopic(text):
		out.Kind = core.KindGone
	default:
		out.Kind = core.KindRejected
	}
	return out
}

func containsAny(text string, parts ...string) bool {
	for _, s := range parts {
		if strings.Contains(text, s) {
			return true
		}
	}
	return false
}

func goneTopic(text string) bool {
	return containsAny(text, "message thread not found", "topic_deleted", "topic_id_invalid", "thread not found")
}

// answered reports whether err is an answer of Telegram's with one of these texts.
func answered(err error, texts ...string) bool {
	e, ok := errors.AsType[*tgbotapi.Error](err)
	return ok && containsAny(strings.ToLower(e.Message), texts...)
}

// same reports whether an edit was refused because nothing had changed.
func same(err error) bool { return answered(err, "message is not modified", "topic_not_modified") }
