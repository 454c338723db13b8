package telegram

import (
	"encoding/json"
	"errors"
	"fmt"
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

// redact takes the token out of an error's text; what it wraps stays.
func (ch *Channel) redact(err error) error {
	return hidden{err, strings.ReplaceAll("telegram: "+err.Error(), string(ch.conf.Token), "<token>")}
}

type hidden struct {
	error
	text string
}

func (h hidden) Error() string { return h.text }
func (h hidden) Unwrap() error { return h.error }

// refused classifies an answer that is not ok. Descriptions are not a stable
// API: what is not known is permanent for 400 and 403.
// https://core.telegram.org/bots/api#making-requests
func refused(e *tgbotapi.Error) error {
	out := &core.SendError{Code: strconv.Itoa(e.Code), Err: errors.New("telegram: " + e.Message)}
	text := strings.ToLower(e.Message)
	switch {
	case e.RetryAfter > 0 || e.Code == 429:
		out.Kind, out.After = core.Throttled, time.Duration(e.RetryAfter)*time.Second
	case e.MigrateToChatID != 0:
		out.Kind = core.Denied
		out.Err = fmt.Errorf("telegram: the group is now a supergroup; put group: %d into the configuration", e.MigrateToChatID)
	case e.Code == 401 || e.Code == 404 || strings.Contains(text, "not enough rights") || strings.Contains(text, "kicked from the"):
		out.Kind = core.Denied
	case e.Code >= 500 || e.Code == 0:
		out.Kind = core.Transient
	case e.Code == 403, has(text, "chat not found", "thread not found", "topic_deleted", "message to edit not found", "message can't be edited", "user is deactivated"):
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

// same reports whether an edit was refused because nothing had changed.
func same(err error) bool {
	return err != nil && has(strings.ToLower(err.Error()), "message is not modified", "topic_not_modified")
}
