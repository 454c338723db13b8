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
	"ratelimited": core.Throttled, "rate_limited": core.Throttled, "message_limit_exceeded": core.Throttled,

	"invalid_auth": core.Denied, "not_authed": core.Denied, "account_inactive": core.Denied, "token_revoked": core.Denied, "token_expired": core.Denied,
	"no_permission": core.Denied, "missing_scope": core.Denied, "not_allowed_token_type": core.Denied, "ekm_access_denied": core.Denied, "access_denied": core.Denied,
	"org_login_required": core.Denied, "team_access_not_granted": core.Denied, "two_factor_setup_required": core.Denied, "team_added_to_org": core.Denied,

	"channel_not_found": core.Denied, "not_in_channel": core.Denied, "is_archived": core.Denied, "restricted_action": core.Denied,
	"restricted_action_read_only_channel": core.Denied, "restricted_action_thread_only_channel": core.Denied,

	"message_not_found": core.Gone, "cant_update_message": core.Gone, "edit_window_closed": core.Gone, "thread_not_found": core.Gone,
	"cannot_reply_to_message": core.Gone, "thread_locked": core.Gone, "restricted_action_thread_locked": core.Gone, "restricted_action_non_threadable_channel": core.Gone,

	"internal_error": core.Transient, "fatal_error": core.Transient, "service_unavailable": core.Transient, "request_timeout": core.Transient, "team_not_found": core.Transient,
}

// advice is what an operator can do about a desk that cannot be written to.
var advice = map[string]string{
	"channel_not_found": "the desk's channel is not there, or is private and the app was not invited: check channel, or say /invite @app in it",
	"not_in_channel":    "the app is not a member of the desk's channel: say /invite @app in it",
	"is_archived":       "the desk's channel is archived: unarchive it in Slack, or set channel to another",
	"missing_scope":     "the app lacks a scope: compare its manifest with adapters/slack/manifest.yaml and reinstall it",
	"restricted_action": "the workspace does not let the app post in the desk's channel: see the channel's posting permissions",
}

// refused classifies what a call came to, nil if nothing went wrong. No error of
// it has a secret.
func (ch *Channel) refused(err error) error {
	if err == nil {
		return nil
	}
	out := &core.SendError{Err: ch.redact(err)}
	if e, ok := errors.AsType[*api.RateLimitedError](err); ok {
		out.Kind, out.Code, out.After = core.Throttled, "ratelimited", e.RetryAfter
		return out
	}
	if e, ok := errors.AsType[api.StatusCodeError](err); ok {
		out.Kind, out.Code = ofStatus(e.Code), fmt.Sprint(e.Code)
		return out
	}
	if e, ok := errors.AsType[api.SlackErrorResponse](err); ok {
		var known bool
		if out.Kind, known = kinds[e.Err]; !known {
			out.Kind = core.Rejected
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

func ofStatus(code int) core.Kind {
	switch {
	case code == http.StatusTooManyRequests:
		return core.Throttled
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		return core.Denied
	case code >= 500:
		return core.Transient
	}
	return core.Rejected
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
func (ch *Channel) redact(err error) error {
	return hidden{err, ch.hide("slack: " + strings.TrimPrefix(err.Error(), "slack: "))}
}

type hidden struct {
	error
	text string
}

func (h hidden) Error() string { return h.text }
func (h hidden) Unwrap() error { return h.error }

// tickets are in the addresses of sockets, tokens of any kind begin like these.
var secrets = regexp.MustCompile(`(ticket=|xox[a-z]-|xapp-|xoxe\.)[^&\s"']+`)

func (ch *Channel) hide(s string) string {
	for _, secret := range []core.Secret{ch.conf.Token, ch.conf.App, ch.conf.Secret} {
		if secret != "" {
			s = strings.ReplaceAll(s, string(secret), "<secret>")
		}
	}
	return secrets.ReplaceAllString(s, "$1<secret>")
}

// doubtful remembers a message that may have been taken although its sending
// failed, and forgets one that certainly was not.
func (ch *Channel) doubtful(id string, err error) {
	if id == "" {
		return
	}
	ch.mu.Lock()
	defer ch.mu.Unlock()
	if k := core.KindOf(err); err == nil || k != core.Unknown && k != core.Transient {
		delete(ch.doubt, id)
		return
	}
	if len(ch.doubt) > 10_000 {
		clear(ch.doubt)
	}
	ch.doubt[id] = true
}

// over reports that the reason for an error is that we were told to stop.
func over(ctx context.Context, err error) bool {
	return ctx.Err() != nil && errors.Is(err, context.Canceled)
}
