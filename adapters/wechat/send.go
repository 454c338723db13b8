package wechat

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/frontdesk-im/frontdesk/core"
)

// Reply implements core.Replier. What has to be uploaded first is for Send.
func (a *Account) Reply(ctx context.Context, env core.Envelope) (string, error) {
	if len(env.Parts) != 1 || uploads(env.Parts[0]) {
		return "", nil
	}
	m, err := a.composer.compose(ctx, env)
	if err != nil || m.reply == nil {
		return "", nil // Send says what is wrong with it
	}
	return a.answer(ctx, env, m)
}

// uploads reports whether composing p calls the platform.
func uploads(p core.Part) bool {
	switch p := p.(type) {
	case core.Media:
		return p.Handle != ""
	case core.Card:
		return strings.HasPrefix(p.URL, SchemeMini)
	}
	return false
}

// answer answers a push of the peer that is held open, if there is one.
func (a *Account) answer(ctx context.Context, env core.Envelope, m outgoing) (string, error) {
	b, err := json.Marshal(m.reply)
	if err != nil {
		return "", rejected("%w", err)
	}
	ref, err := a.holds.Answer(ctx, env.Peer.ID, env.ID, b)
	if ref != "" || err != nil {
		a.handed(ctx, env, m, err)
	}
	return ref, err
}

// Send implements core.Adapter. If a push of the peer is held open it is
// answered with env; the ref starts with core.FreeRef then, as it does for template
// and subscription messages. Otherwise env goes out as a customer service message.
func (a *Account) Send(ctx context.Context, env core.Envelope) (string, error) {
	m, err := a.composer.compose(ctx, env)
	if err != nil {
		return "", err
	}
	if m.reply != nil {
		if ref, err := a.answer(ctx, env, m); ref != "" || err != nil {
			return ref, err
		}
	}
	if a.conf.PassiveOnly {
		return "", &core.SendError{Kind: core.KindClosed, Err: errors.New("此公众号只能在客户来信时回复，客户下次来信时发送 / the account can only answer when the customer writes: it goes out then")}
	}
	if m.path == "" {
		return "", rejected("this can only be sent in answer to a message")
	}
	if _, err := a.api.tokens.get(ctx, ""); err != nil { // before Begin: nothing can have left until there is one
		return "", err
	}
	if env.ID != "" {
		if err := a.holds.BeginOther(ctx, env.Peer.ID, env.ID); err != nil {
			return "", &core.SendError{Kind: core.KindTransient, Err: a.veil.hide(err)}
		}
	}
	ref, err := a.deliver(ctx, env, m)
	if err != nil && core.KindOf(err) != core.KindUnknown && env.ID != "" {
		_ = a.holds.CancelOther(context.WithoutCancel(ctx), env.ID) // if this fails, Recall says that it may have been sent
	}
	a.handed(ctx, env, m, err)
	return ref, err
}

// handed notes that a hand-over to WeChat's own desk has succeeded. If that
// fails, the platform's own event that the session began says it again.
func (a *Account) handed(ctx context.Context, env core.Envelope, m outgoing, err error) {
	if err != nil || m.reply == nil || m.reply.Type != "transfer_customer_service" {
		return
	}
	if err := a.people.leave(ctx, env.Peer.ID, m.reply.Kf); err != nil {
		a.deps.Log.Warn("a hand-over to WeChat's own desk is not remembered", "channel", a.deps.Name, "err", a.veil.clean(err.Error()))
	}
}

// deliver calls the API. What is certainly wrong with a detail is mended once:
// media that has expired, an agent's account that does not exist.
func (a *Account) deliver(ctx context.Context, env core.Envelope, m outgoing) (string, error) {
	ref, err := a.attempt(ctx, env, m)
	switch {
	case code(err) == expiredMedia && m.media != "":
		if err := a.files.forgetMedia(ctx, m.media); err != nil {
			return "", err
		}
		if m, err = a.composer.compose(ctx, env); err != nil {
			return "", err
		}
		return a.attempt(ctx, env, m)
	case m.name != "" && kfTrouble(err):
		a.deps.Log.Warn("sent without the agent's name: WeChat does not know the account", "channel", a.deps.Name, "kf_account", m.name, "code", code(err))
		m.body = m.nameless
		return a.attempt(ctx, env, m)
	}
	return ref, err
}

func (a *Account) attempt(ctx context.Context, env core.Envelope, m outgoing) (string, error) {
	var out struct {
		MsgID json.Number `json:"msgid"`
	}
	if err := a.api.call(ctx, request{path: m.path, in: m.body, out: &out, sure: true}); err != nil {
		return "", err
	}
	switch {
	case m.free && out.MsgID != "":
		return core.FreeRef + "template/" + out.MsgID.String(), nil
	case m.free:
		return core.FreeRef + or(env.ID, "sent"), nil
	}
	return or(env.ID, "sent"), nil // the platform has no name for customer service messages
}

// Fetch implements core.Fetcher for media that could not be copied at once.
// Media that the platform has deleted is core.ErrNotFound.
func (a *Account) Fetch(ctx context.Context, m core.Media) (io.ReadCloser, error) {
	id, ok := strings.CutPrefix(m.Handle, handlePrefix)
	if !ok {
		return nil, core.ErrNotFound
	}
	resp, err := a.files.source(ctx, m, id)
	if err != nil {
		return nil, err
	}
	return resp.Body, nil
}
