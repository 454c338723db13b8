package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"github.com/frontdesk-im/frontdesk/core"
)

// outcome classifies what a request came to. No error of it has the token.
func (ch *Channel) outcome(r *tgbotapi.APIResponse, err error, out any) error {
	if err == nil {
		if out == nil {
			return nil
		}
		if err := json.Unmarshal(r.Result, out); err != nil {
			return &core.SendError{Kind: core.Unknown, Err: fmt.Errorf("telegram: its answer: %w", err)}
		}
		return nil
	}
	if e, ok := errors.AsType[*tgbotapi.Error](err); ok {
		if e.Code == 0 && r != nil {
			e.Code = r.ErrorCode // UploadFiles leaves it out
		}
		return refused(e)
	}
	return &core.SendError{Kind: core.DialKind(err), Err: ch.redact(err)}
}

// redact takes the token out of an error: the address that it is part of is not
// wrapped either.
func (ch *Channel) redact(err error) error {
	text := strings.ReplaceAll("telegram: "+err.Error(), string(ch.conf.Token), "<token>")
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	return hidden{err, text}
}

type hidden struct {
	err  error
	text string
}

func (h hidden) Error() string { return h.text }
func (h hidden) Unwrap() error { return h.err }

// refused classifies an answer that is not ok. Descriptions are not a stable
// API: what is not known is permanent for 400 and 403.
// https://core.telegram.org/bots/api#making-requests
func refused(e *tgbotapi.Error) error {
	out := &core.SendError{Code: strconv.Itoa(e.Code), Err: fmt.Errorf("telegram: %w", e)}
	text := strings.ToLower(e.Message)
	switch {
	case e.RetryAfter > 0 || e.Code == 429:
		out.Kind, out.After = core.Throttled, time.Duration(e.RetryAfter)*time.Second
	case e.MigrateToChatID != 0:
		out.Kind = core.Transient
	case e.Code == 409:
		out.Kind, out.Err = core.Transient, fmt.Errorf("telegram: another program uses this bot, stop it or make a bot for each: %w", e)
	case e.Code == 401 || e.Code == 404 || has(text, "not enough rights", "no rights to", "need administrator rights", "chat_admin_required", "chat_write_forbidden", "kicked from the", "not a member of the"):
		out.Kind = core.Denied
	case e.Code >= 500 || e.Code == 0:
		out.Kind = core.Transient
	case e.Code == 403, has(text, "chat not found", "user is deactivated", "message to edit not found", "message_id_invalid", "message can't be edited", "to edit"), goneTopic(text):
		out.Kind = core.Gone
	default:
		out.Kind = core.Rejected
	}
	return out
}

func has(text string, any ...string) bool {
	for _, s := range any {
		if strings.Contains(text, s) {
			return true
		}
	}
	return false
}

func goneTopic(text string) bool {
	return has(text, "message thread not found", "topic_deleted", "topic_id_invalid", "thread not found")
}

// said reports whether err is an answer of Telegram's with one of these texts.
func said(err error, texts ...string) bool {
	e, ok := errors.AsType[*tgbotapi.Error](err)
	return ok && has(strings.ToLower(e.Message), texts...)
}

// same reports whether an edit was refused because nothing had changed.
func same(err error) bool { return said(err, "message is not modified", "topic_not_modified") }

// heed remembers what a refusal says of the chat: that it has moved, or that it
// takes nothing for a while.
func (ch *Channel) heed(ctx context.Context, chat string, err error) error {
	e, ok := errors.AsType[*tgbotapi.Error](err)
	if !ok {
		return err
	}
	home, _ := ch.home(ctx)
	ours := ch.desk() && chat == strconv.FormatInt(home, 10)
	switch {
	case e.RetryAfter > 0 && chat != "":
		ch.pace.shut(chat, time.Duration(e.RetryAfter)*time.Second)
		if refusal, ok := errors.AsType[*core.SendError](err); ok {
			refusal.Only = !ours
		}
	case e.MigrateToChatID != 0 && ours:
		if err := ch.move(ctx, e.MigrateToChatID); err != nil {
			return &core.SendError{Kind: core.Transient, Err: fmt.Errorf("telegram: the group's new id: %w", err)}
		}
	case ours && has(strings.ToLower(e.Message), "chat not found"):
		return &core.SendError{Kind: core.Denied, Code: strconv.Itoa(e.Code),
			Err: fmt.Errorf("telegram: group %s is not known to this bot; add it to the group, as an administrator, and look at the id in the configuration: %w", chat, e)}
	}
	return err
}
