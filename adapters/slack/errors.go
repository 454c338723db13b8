package slack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	api "github.com/slack-go/slack"

	"github.com/frontdesk-im/frontdesk/core"
)

// kinds are what Slack's error codes mean for a message. What is not listed is
// refused for good: https://docs.slack.dev/reference/methods/chat.postMessage#errors
var kinds = map[string]core.Kind{
	"ratelimited": core.KindThrottled, "rate_limited": core.KindThrottled, "message_limit_exceeded": core.KindThrottled,

	"invalid_auth": core.KindDenied, "not_authed": core.KindDenied, "account_inactive": core.KindDenied, "token_revoked": core.KindDenied, "token_expired": core.KindDenied,
	"no_permission": core.KindDenied, "missing_scope": core.KindDenied, "not_allowed_token_type": core.KindDenied, "ekm_access_denied": core.KindDenied, "access_denied": core.KindDenied,
	"org_login_required": core.KindDenied, "team_access_not_granted": core.KindDenied, "two_factor_setup_required": core.KindDenied, "team_added_to_org": core.KindDenied,

	"channel_not_found": core.KindDenied, "not_in_channel": core.KindDenied, "is_archived": core.KindDenied, "restricted_action": core.KindDenied,
	"restricted_action_read_only_channel": core.KindDenied, "restricted_action_thread_only_channel": core.KindDenied,

	"message_not_found": core.KindGone, "cant_update_message": core.KindGone, "edit_window_closed": core.KindGone, "thread_not_found": core.KindGone,
	"cannot_reply_to_message": core.KindGone, "thread_locked": core.KindGone, "restricted_action_thread_locked": core.KindGone, "restricted_action_non_threadable_channel": core.KindGone,

	"internal_error": core.KindTransient, "fatal_error": core.KindTransient, "service_unavailable": core.KindTransient, "request_timeout": core.KindTransient, "team_not_found": core.KindTransient,
}

// advice is what an operator can do about a desk that cannot be written to.
var advice = map[string]string{
	"channel_not_found": "the desk's channel is not there, or is private and the app was not invited: check channel, or say /invite @app in it",
	"not_in_channel":    "the app is not a member of the desk's channel: say /invite @app in it",
	"is_archived":       "the desk's channel is archived: unarchive it in Slack, or set channel to another",
	"missing_scope":     "the app lacks a scope: compare its manifest with adapters/slack/manifest.yaml and reinstall it",
	"restricted_action": "the workspace does not let the app post in the desk's channel: see the channel's posting permissions",
}

// A mask keeps our credentials out of what is said of a failure.
type mask []core.Secret

// refused classifies what a call came to, nil if nothing went wrong. No error of
// it has a secret.
func (m mask) refused(err error) error {
	if err == nil {
		return nil
	}
	out := &core.SendError{Err: m.redact(err)}
	if e, ok := errors.AsType[*api.RateLimitedError](err); ok {
		out.Kind, out.Code, out.After = core.KindThrottled, "ratelimited", e.RetryAfter
		return out
	}
	if e, ok := errors.AsType[api.StatusCodeError](err); ok {
		out.Kind, out.Code = ofStatus(e.Code), fmt.Sprint(e.Code)
		return out
	}
	if e, ok := errors.AsType[api.SlackErrorResponse](err); ok {
		var known bool
		if out.Kind, known = kinds[e.Err]; !known {
			out.Kind = core.KindRejected
		}
		if out.Code = e.Err; advice[e.Err] != "" {
			out.Err = errors.New("slack: " + advice[e.Err])
		}
		if e.Needed != "" {
			out.Err = fmt.Errorf("%w (it needs %s)", out.Err, e.Needed)
		}
		return out
	}
	out.Kind = core.DialKind(err)
	return out
}

// sure is refused for a step after which nothing shows yet: what may have
// happened can happen again.
func (m mask) sure(err error) error {
	e := m.refused(err)
	if s, ok := errors.AsType[*core.SendError](e); ok && s.Kind == core.KindUnknown && !errors.Is(err, context.Canceled) {
		s.Kind = core.KindTransient
	}
	return e
}

func ofStatus(code int) core.Kind {
	switch {
	case code == http.StatusTooManyRequests:
		return core.KindThrottled
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		return core.KindDenied
	case code >= 500:
		return core.KindTransient
	}
	return core.KindRejected
}

// codeOf is Slack's word for what went wrong, if it said one.
func codeOf(err error) string {
	if e, ok := errors.AsType[*core.SendError](err); ok {
		return e.Code
	}
	return ""
}

// wrong is a failure of ours: nobody was asked.
func wrong(k core.Kind, format string, args ...any) error {
	return &core.SendError{Kind: k, Err: fmt.Errorf("slack: "+format, args...)}
}

// redact takes what is secret out of an error's text; what it wraps stays.
func (m mask) redact(err error) error {
	return hidden{err, m.hide("slack: " + strings.TrimPrefix(err.Error(), "slack: "))}
}

type hidden struct {
	error
	text string
}

func (h hidden) Error() string { return h.text }
func (h hidden) Unwrap() error { return h.error }

// secrets: tickets are in the addresses of sockets, tokens of any kind begin like these.
var secrets = regexp.MustCompile(`(ticket=|xox[a-z]-|xapp-|xoxe\.)[^&\s"']+`)

// hide takes what is secret out of a text.
func (m mask) hide(s string) string {
	for _, secret := range m {
		if secret != "" {
			s = strings.ReplaceAll(s, string(secret), "<secret>")
		}
	}
	return secrets.ReplaceAllString(s, "$1<secret>")
}

// over reports that the reason for an error is that we were told to stop.
func over(ctx context.Context, err error) bool {
	return ctx.Err() != nil && errors.Is(err, context.Canceled)
}
